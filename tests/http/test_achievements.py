"""Achievements by API, on the member's page and in the studio."""

from typing import Any

import httpx
import pytest

from admin import operations, studio
from api import portal
from api.app import App, create_app
from api.v1.achievements import v1_achievements
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.achievements import service as achievements
from tests.http.conftest import PAGE, Browser, new_key, rows, write
from tests.http.shop import Shop, enter_as_customer, enter_as_staff, form, member_with

TWO: dict[str, Any] = {
    "code": "two",
    "name": {"en": "Twice", "zh-Hans": "两次", "zh-Hant": "兩次"},
    "goal": {"kind": "challenge", "metric": {"kind": "orders"}, "target": 2, "period": "year"},
    "points": 25,
}
STUDIO = "/staff/studio/achievements"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, studio.router, operations.router, v1=(v1_achievements,))


async def test_define_reach_and_read(client: httpx.AsyncClient, shop: Shop) -> None:
    key = await new_key(shop.merchant, "members:read", "programme:write")
    once = TWO | {"code": "once", "goal": TWO["goal"] | {"target": 1}}
    for body in (TWO, once):
        made = await client.post("/v1/achievements", json=body, headers=write(key))
        assert made.status_code == 201, made.text
    again = await client.post("/v1/achievements", json=TWO | {"points": 30}, headers=write(key))
    assert again.json()["version"] == 2
    customer = await member_with(shop, 100)
    async with db.transaction(shop.merchant):
        await achievements.evaluate(None, clock.now())
    found = (await client.get(f"/v1/members/{customer}/achievements", headers=key)).json()
    assert [(each["code"], each["value"], each["target"]) for each in found["progress"]] == [
        ("once", 1, 1),
        ("two", 1, 2),
    ]
    assert [(each["code"], each["points"], each["name"]["en"]) for each in found["reached"]] == [
        ("once", 25, "Twice")
    ]
    ended = await client.post("/v1/achievements/once/retire", headers=write(key))
    assert ended.status_code == 200
    listed = (await client.get("/v1/achievements", headers=key)).json()["achievements"]
    assert [each["code"] for each in listed] == ["two"]


@pytest.mark.parametrize(
    "change",
    [
        {"code": "No Code"},
        {"points": -1},
        {"name": {}},
        {"goal": {"kind": "challenge", "metric": {"kind": "stars"}, "target": 1}},
        {"goal": TWO["goal"] | {"rating": 5}},
        {"goal": TWO["goal"] | {"target": 0}},
        {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"},
        {"starts_at": "2026-01-01T00:00:00"},
    ],
    ids=str,
)
async def test_what_is_no_achievement_is_refused(
    client: httpx.AsyncClient, shop: Shop, change: dict[str, Any]
) -> None:
    key = await new_key(shop.merchant, "programme:write")
    answer = await client.post("/v1/achievements", json=TWO | change, headers=write(key))
    assert answer.status_code == 422, answer.text
    assert await rows(shop.merchant, "achievements") == 0


async def test_a_key_without_the_scope_changes_nothing(client: httpx.AsyncClient, shop: Shop) -> None:
    key = await new_key(shop.merchant, "members:read")
    answer = await client.post("/v1/achievements", json=TWO, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert await rows(shop.merchant, "achievements") == 0


def typed(**change: str) -> dict[str, str]:
    fields = {
        "code": "regular",
        "name_en": "Regular",
        "name_zh_hans": "常客",
        "name_zh_hant": "常客",
        "metric": "spend",
        "target": "75.50",
        "period": "month",
        "periods": "1",
        "points": "10",
    }
    return fields | change


async def test_a_marketer_makes_one_and_a_member_sees_it(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = await browser.get(STUDIO)
    made = await browser.post(STUDIO, typed() | form(page.text, STUDIO), STUDIO)
    assert (made.status_code, made.headers["location"]) == (303, f"{STUDIO}?notice=made")
    page = await browser.get(made.headers["location"])
    assert "$75.50 spent in a month" in page.text
    customer = await member_with(shop, 60)
    for locale in LOCALES:
        await enter_as_customer(browser, shop, customer, locale)
        seen = await browser.get("/portal/achievements")
        assert seen.status_code == 200
        assert ("Regular" if locale == "en" else "常客") in seen.text
    await enter_as_staff(browser, shop.merchant, "marketer")
    end = f"{STUDIO}/regular/retire"
    ended = await browser.post(end, form((await browser.get(STUDIO)).text, end), STUDIO)
    assert ended.status_code == 303
    assert "No achievements yet" in (await browser.get(STUDIO)).text


@pytest.mark.parametrize(
    "change",
    [
        {"code": "A B"},
        {"target": "x"},
        {"target": "1.234"},
        {"target": "0"},
        {"periods": "2", "period": "year"},
        {"metric": "rating"},
        {"points": "-5"},
        {"name_en": " ", "name_zh_hans": "", "name_zh_hant": ""},
    ],
    ids=str,
)
async def test_a_wrong_form_is_shown_again(browser: Browser, shop: Shop, change: dict[str, str]) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = typed(**change)
    answer = await browser.post(STUDIO, fields | form((await browser.get(STUDIO)).text, STUDIO), STUDIO)
    assert answer.status_code == 422
    assert "Something does not fit" in answer.text
    assert await rows(shop.merchant, "achievements") == 0


@pytest.mark.parametrize("role", ["community_manager", "auditor", "agent"])
async def test_who_may_not_edit_changes_nothing(browser: Browser, shop: Shop, role: str) -> None:
    await enter_as_staff(browser, shop.merchant, role)
    data = typed() | {"csrf_token": await browser.token("/nowhere"), "idempotency_key": "k"}
    answer = await browser.client.post(STUDIO, data=data, headers=PAGE)
    assert answer.status_code == 403
    assert await rows(shop.merchant, "achievements") == 0
