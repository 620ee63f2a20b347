"""The API: keys and scopes, idempotency keys, and that no route forgot either."""

from uuid import UUID

import httpx
import pytest
from litestar.routes import HTTPRoute

from api.app import App
from api.keys import WRITES
from core import clock, db
from core.people import staff
from tests.conftest import new_merchant
from tests.http.conftest import Browser, new_key, rows, write
from tests.http.test_errors import problem

THING = {"name": "one"}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic cms6cms=", f"Bearer rk_{'0' * 16}_{'x' * 43}", "Bearer \u00e9"],
)
async def test_without_a_valid_key_nothing_opens(
    client: httpx.AsyncClient, merchant: UUID, header: str
) -> None:
    headers = [(b"idempotency-key", b"k"), (b"authorization", header.encode())]
    answer = await client.post("/v1/things", json=THING, headers=headers)
    problem(answer, 401, "api_key_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await rows(merchant, "stores") == 0


async def test_a_key_does_what_its_scopes_say(client: httpx.AsyncClient, merchant: UUID) -> None:
    reader, writer = await new_key(merchant, "members:read"), await new_key(merchant, "members:write")
    assert (await client.get("/v1/things", headers=reader)).status_code == 200
    problem(await client.get("/v1/things", headers=writer), 403, "scope_missing")
    problem(await client.post("/v1/things", json=THING, headers=write(reader)), 403, "scope_missing")
    assert await rows(merchant, "stores") == 0
    assert (await client.post("/v1/things", json=THING, headers=write(writer))).status_code == 201
    assert await rows(merchant, "stores") == 1


async def test_a_session_is_no_key_and_a_key_is_no_session(
    browser: Browser, client: httpx.AsyncClient, merchant: UUID
) -> None:
    async with db.transaction(merchant):
        await staff.create(f"{merchant}@example.test", "Olga", "owner", "a good long password", clock.now())
    form = {"email": f"{merchant}@example.test", "password": "a good long password"}
    assert (await browser.post("/staff/sign-in", form)).status_code == 303
    problem(await browser.client.get("/v1/things"), 401, "api_key_invalid")
    key = await new_key(merchant, "members:read")
    answer = await client.get("/staff/publish", headers=key)
    problem(answer, 401, "sign_in_needed")


async def test_a_write_without_an_idempotency_key_does_nothing(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    key = await new_key(merchant, "members:write")
    problem(await client.post("/v1/things", json=THING, headers=key), 400, "idempotency_key_missing")
    for bad in ("", "with space", "x" * 256, "é"):
        headers = [(b"authorization", key["authorization"].encode()), (b"idempotency-key", bad.encode())]
        answer = await client.post("/v1/things", json=THING, headers=headers)
        problem(answer, 400, "idempotency_key_invalid")
    assert await rows(merchant, "stores") == 0


async def test_a_repeat_gets_the_first_answer(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "members:write")
    first = await client.post("/v1/things", json=THING, headers=write(key, "k1"))
    again = await client.post("/v1/things", json=THING, headers=write(key, "k1"))
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    other = await client.post("/v1/things", json={"name": "two"}, headers=write(key, "k1"))
    problem(other, 422, "idempotency_key_reused")
    other = await client.post("/v1/things?x=1", json=THING, headers=write(key, "k1"))
    problem(other, 422, "idempotency_key_reused")
    assert await rows(merchant, "stores") == 1


async def test_two_programs_and_two_merchants_may_pick_the_same_word(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    foreign = await new_merchant()
    for owner in (merchant, merchant, foreign):
        key = await new_key(owner, "members:write")
        answer = await client.post("/v1/things", json={"name": str(owner)}, headers=write(key, "k1"))
        assert answer.status_code == 201
    assert (await rows(merchant, "stores"), await rows(foreign, "stores")) == (2, 1)


async def test_no_route_of_the_api_forgot_its_guards(app: App, client: httpx.AsyncClient) -> None:
    seen = 0
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/v1/"):
            continue
        for method in route.methods - {"OPTIONS"}:
            path = route.path_format.format_map(dict.fromkeys(route.path_parameters, merchant_like()))
            if route.path == "/v1/boom":
                continue
            seen += 1
            answer = await client.request(method, path, headers={"idempotency-key": "k"})
            problem(answer, 401, "api_key_invalid")
            if method in WRITES:
                problem(await client.request(method, path), 400, "idempotency_key_missing")
    assert seen >= 4


def merchant_like() -> str:
    """A value for a path parameter."""
    return "01a20071-2f82-7367-8a99-7351c7845d8a"


async def test_the_description_is_served_from_here(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/v1/events"]["post"]
    assert operation["security"] == [{"api_key": ["events:write"]}]
    assert {"400", "401", "403", "409", "413", "422"} <= set(operation["responses"])
    assert document["components"]["securitySchemes"]["api_key"]["scheme"] == "bearer"
    fields = document["components"]["schemas"]["ProblemDocument"]["properties"]
    assert fields["code"]["description"] == "Stable: programs decide by it."
    assert not any(path.startswith(("/staff", "/portal", "/static")) for path in document["paths"])
