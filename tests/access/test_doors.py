"""Nobody passes a door without what it asks for, and whoever is refused has changed nothing."""

import re
from typing import Any, get_args, get_type_hints
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from core.people.api_keys import SCOPES
from core.people.roles import PERMISSIONS, ROLES, Role
from tests.access.conftest import fingerprint
from tests.access.doors import Door
from tests.http.conftest import PAGE, Browser, new_key, write
from tests.http.shop import enter_as_customer, enter_as_staff, member_with, open_shop

OPEN = {
    "/": "leads to a sign-in",
    "/docs/api": "the description of the API, for people",
    "/handoff": "a token that the shop has signed, once; who comes from elsewhere is asked",
    "/health/live": "the process answers",
    "/health/ready": "what it stands on answers; no one's data",
    "/language": "the visitor's own cookie",
    "/media/reviews/{photo_id:uuid}": "asks inside: published, one's own, or staff",
    "/media/reviews/{photo_id:uuid}/small": "asks inside: published, one's own, or staff",
    "/media/cases/{picture_id:uuid}": "asks inside: one's own, or staff",
    "/media/cases/{picture_id:uuid}/small": "asks inside: one's own, or staff",
    "/messages/unsubscribe": "a signed link out of a mail",
    "/openapi.json": "the description of the API",
    "/openapi.json/openapi.json": "the description of the API",
    "/openapi.json/{path:str}": "there is nothing",
    "/portal/enter": "a link out of a mail, once",
    "/portal/sign-in": "to ask for that link; throttled",
    "/portal/sign-in/shop": "a token that the shop has signed, once",
    "/public/widget/member.js": "the widget's script",
    "/public/widget/reviews.js": "the widget's script",
    "/public/{shop:str}/feeds/{name:str}": "published reviews",
    "/public/{shop:str}/feeds/{name:str}/parts": "published reviews",
    "/public/{shop:str}/member": "asks inside: a token signed for one member",
    "/public/{shop:str}/reviews": "published reviews",
    "/public/{shop:str}/reviews.jsonld": "published reviews",
    "/public/{shop:str}/reviews/{review_id:uuid}/helpful": "a vote on a published review; one a visitor",
    "/reviews/thanks": "after writing",
    "/reviews/write": "a signed link out of a mail",
    "/shops/{shop:str}/review-policy": "the shop's published policy",
    "/shops/{shop:str}/reviews": "published reviews",
    "/sign-out": "ends the visitor's own session",
    "/staff/sign-in": "to sign in; throttled",
    "/staff/sign-in/code": "asks inside: who has given the password; counted",
    "/staff/sign-in/company": "to sign in elsewhere; throttled",
    "/staff/sign-in/company/back": "asks inside: what the browser left with, and a signed token",
    "/staff/sign-in/enrol": "asks inside: who is signed in or has only this left to do",
    "/staff/welcome": "a link out of a mail, once",
    "/static/{file_path:path}": "our own files",
    "/surveys/answer": "a signed link out of a mail",
    "/webhooks/in/{source_id:uuid}": "signed by the shop",
    "/webhooks/mail/{source_id:uuid}": "signed by the shop's mail server",
    "/webhooks/reviews/{account_id:uuid}": "signed by the source, or by a secret address",
    "/webhooks/unsubscribe": "a signed link out of a mail (RFC 8058)",
}
"""Doors without a lock, and why: a new one has to be argued for here."""


def test_every_door_has_a_lock_or_a_reason(every_door: list[Door]) -> None:
    assert {door.path for door in every_door if not door.asks} == set(OPEN)


def test_there_is_no_way_in_that_is_no_door(every_door: list[Door], app: Litestar) -> None:
    """A mounted application or a websocket would pass by all that is tried here."""
    assert {type(route) for route in app.routes} == {HTTPRoute}
    assert len(every_door) > 300


def test_every_body_refuses_what_it_does_not_know(every_door: list[Door]) -> None:
    """Mass assignment: no field of a body is read by chance, however deep."""
    open_ended = {
        f"{door}: {found.__name__}"
        for door in every_door
        for found in structs_of(door.handler)
        if not found.__struct_config__.forbid_unknown_fields
    }
    assert open_ended == set()


def structs_of(handler: Any) -> set[type[msgspec.Struct]]:
    """Every Struct that a handler reads a body into."""
    taken = handler.parsed_fn_signature.parameters.get("data")
    found: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = [taken.annotation] if taken else []
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found.add(kind)
            waiting += get_type_hints(kind, include_extras=True).values()
    return found


def test_programs_are_asked_for_scopes_and_people_for_permissions(every_door: list[Door]) -> None:
    for door in every_door:
        if door.asks:
            assert (door.asks in SCOPES) == door.is_program, str(door)
    asked = {door.asks for door in every_door}
    assert set(PERMISSIONS) - asked <= ASKED_INSIDE


def test_no_scope_for_reading_lets_anybody_write(every_door: list[Door]) -> None:
    writes = {str(door) for door in every_door if door.method != "GET" and door.asks.endswith(":read")}
    assert writes == ONLY_READ_ALTHOUGH_POSTED


ASKED_INSIDE = {"customers.email", "inbox.assign"}
ONLY_READ_ALTHOUGH_POSTED = {"POST /v1/rules/try", "POST /v1/rules/{code:str}/backtest"}
ANYTHING = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "str": "x",
    "int": "1",
    "path": "x",
    "date": "2026-01-01",
}


def address(door: Door) -> str:
    """The door's path with something in each place."""
    return re.sub(r"{\w+:(\w+)}", lambda place: ANYTHING[place[1]], door.path)


async def knock(client: httpx.AsyncClient, door: Door, headers: dict[str, str]) -> httpx.Response:
    """Ask for a door with a body that says nothing."""
    more: dict[str, Any] = {}
    if door.is_program:
        headers = write(headers)
    if door.method != "GET":
        more = {"json": {}} if door.is_program else {"data": {"csrf_token": headers.get("x-csrf-token", "")}}
    return await client.request(door.method, address(door), headers=headers, **more)


async def expect_sign_in(visitor: httpx.AsyncClient, door: Door, headers: dict[str, str]) -> None:
    """The door is shut, and says where to sign in."""
    answer = await knock(visitor, door, headers)
    if door.is_program:
        assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid"), str(door)
        assert answer.headers["content-type"] == "application/problem+json", str(door)
    else:
        side = "portal" if door.asks == "customer" else "staff"
        assert answer.status_code == 303, (str(door), answer.status_code)
        assert answer.headers["location"].startswith(f"/{side}/sign-in"), str(door)


@pytest.mark.parametrize("role", ROLES)
async def test_staff_are_refused_what_their_role_does_not_allow(
    merchant: UUID, browser: Browser, every_door: list[Door], role: Role
) -> None:
    await open_shop(merchant)
    await enter_as_staff(browser, merchant, role)
    headers = PAGE | {"x-csrf-token": await browser.token("/nowhere")}
    may = {"", "staff", *(name for name, roles in PERMISSIONS.items() if role in roles)}
    before = await fingerprint(merchant)
    for door in every_door:
        if door.asks in PERMISSIONS and door.asks not in may:
            answer = await knock(browser.client, door, headers)
            assert answer.status_code == 403, (str(door), answer.status_code)
        elif door.asks not in may:
            await expect_sign_in(browser.client, door, headers)
    assert await fingerprint(merchant) == before


async def test_customers_pass_none_of_the_staffs_doors(
    merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    shop = await open_shop(merchant)
    await enter_as_customer(browser, shop, await member_with(shop, 300))
    headers = PAGE | {"x-csrf-token": await browser.token("/nowhere")}
    before = await fingerprint(merchant)
    for door in every_door:
        if door.asks and door.asks != "customer":
            await expect_sign_in(browser.client, door, headers)
    assert await fingerprint(merchant) == before


async def test_nobody_passes_a_door_with_a_lock(
    merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    await open_shop(merchant)
    headers = PAGE | {"x-csrf-token": await browser.token("/nowhere")}
    before = await fingerprint(merchant)
    for door in every_door:
        if door.asks:
            await expect_sign_in(browser.client, door, headers)
    assert await fingerprint(merchant) == before


async def test_no_form_is_taken_from_elsewhere(
    merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    shop = await open_shop(merchant)
    await enter_as_customer(browser, shop, await member_with(shop, 300))
    await enter_as_staff(browser, merchant, "owner")
    before = await fingerprint(merchant)
    for door in every_door:
        if door.method != "GET" and door.path.startswith(("/staff", "/portal", "/sign-out", "/language")):
            answer = await knock(browser.client, door, PAGE)
            assert answer.status_code == 403, (str(door), answer.status_code)
    assert await fingerprint(merchant) == before


@pytest.mark.parametrize("scope", SCOPES)
async def test_keys_are_refused_what_their_scopes_do_not_allow(
    merchant: UUID, client: httpx.AsyncClient, every_door: list[Door], scope: str
) -> None:
    await open_shop(merchant)
    key = await new_key(merchant, *(set(SCOPES) - {scope}))
    before = await fingerprint(merchant)
    shut = [door for door in every_door if door.asks == scope]
    for door in shut:
        answer = await knock(client, door, key)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), str(door)
    assert shut and await fingerprint(merchant) == before


async def test_keys_open_no_pages_and_sessions_no_api(
    merchant: UUID, browser: Browser, every_door: list[Door]
) -> None:
    await open_shop(merchant)
    key = await new_key(merchant, *SCOPES)
    for door in every_door:
        if door.asks and not door.is_program:
            await expect_sign_in(
                browser.client, door, PAGE | key | {"x-csrf-token": await browser.token("/nowhere")}
            )
    await enter_as_staff(browser, merchant, "owner")
    for door in every_door:
        if door.is_program:
            await expect_sign_in(browser.client, door, PAGE)
