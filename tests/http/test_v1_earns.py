"""Points given by API: many requests at once, or many lines in one; each once, each with its own outcome."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from api.app import App, create_app
from api.v1 import earns
from api.v1.earns import v1_earns
from api.v1.members import v1_members
from core import db
from core.embedded import Services
from core.idempotency import Asked, Outcome
from core.ids import new_id
from loyalty.giving import service as giving
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, joined, open_shop, send
from tests.http.test_errors import problem

THANKS = {"points": 5, "note": "Thanks"}
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_members, v1_earns))


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    shop = await open_shop(merchant)
    await send(shop, joined("ada", shop.now), joined("eve", shop.now))
    return shop


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "ledger:write", "ledger:read", "members:read")


def lines(*told: dict[str, Any] | str) -> bytes:
    return "\n".join(
        each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in told
    ).encode()


async def send_lines(client: httpx.AsyncClient, key: dict[str, str], body: bytes) -> list[dict[str, Any]]:
    answer = await client.post("/v1/earns/", content=body, headers=key | NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON["content-type"])
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


async def sound(shop: Shop) -> bool:
    async with db.transaction(shop.merchant):
        return not await db.fetch("SELECT * FROM ledger_check()")


async def test_many_at_once_are_each_posted_once(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    inner = earns.once_each

    async def counted(merchant: UUID, asked: list[Asked], *more: Any) -> list[Outcome]:
        groups.append(len(asked))
        return await inner(merchant, asked, *more)

    monkeypatch.setattr(earns, "once_each", counted)
    keys = [str(new_id()) for _ in range(20)]

    async def give(each: str, customer: str) -> httpx.Response:
        return await client.post(f"/v1/members/{customer}/earn", json=THANKS, headers=write(key, each))

    answers = await asyncio.gather(*(give(each, "ada") for each in keys), give("to-nobody", "nobody"))
    assert [each.status_code for each in answers] == [201] * 20 + [404]
    problem(answers[-1], 404, "not_found")
    assert sum(groups) == 21 and len(groups) < 10, groups
    assert await balance(shop, "ada") == (100, 0)
    again = await asyncio.gather(*(give(each, "ada") for each in keys))
    assert [each.content for each in again] == [each.content for each in answers[:20]]
    assert {each.headers.get("idempotency-replayed") for each in again} == {"true"}
    problem(await give(keys[0], "eve"), 422, "idempotency_key_reused")
    assert (await balance(shop, "ada"), await balance(shop, "eve")) == ((100, 0), (0, 0))
    assert await sound(shop)


async def test_the_same_key_at_the_same_time_is_posted_once(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    headers = write(key)
    answers = await asyncio.gather(
        *(client.post("/v1/members/ada/earn", json=THANKS, headers=headers) for _ in range(8))
    )
    assert {each.status_code for each in answers} <= {201, 409}
    assert (
        sum(each.status_code == 201 and "idempotency-replayed" not in each.headers for each in answers) == 1
    )
    for each in answers:
        if each.status_code == 409:
            problem(each, 409, "idempotency_key_running")
    assert await balance(shop, "ada") == (5, 0)


async def test_what_the_ledger_refuses_fails_alone(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = giving.give

    async def no_thirteen(gifts: list[giving.Gift], *more: Any) -> Any:
        if any(gift.points == 13 for gift in gifts):
            raise RuntimeError("a mistake of ours")
        return await inner(gifts, *more)

    monkeypatch.setattr(earns, "give", no_thirteen)

    async def give(points: int) -> httpx.Response:
        body = {"points": points, "note": "Thanks"}
        return await client.post("/v1/members/ada/earn", json=body, headers=write(key))

    answers = await asyncio.gather(*(give(points) for points in (1, 13, 2, 3)))
    assert [each.status_code for each in answers] == [201, 500, 201, 201]
    assert await balance(shop, "ada") == (6, 0)
    assert await rows(shop.merchant, "idempotency_keys") == 3


async def test_a_client_that_goes_away_neither_loses_nor_doubles(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    headers = write(key)
    task = asyncio.create_task(client.post("/v1/members/ada/earn", json=THANKS, headers=headers))
    await asyncio.sleep(0.002)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        answer = await client.post("/v1/members/ada/earn", json=THANKS, headers=headers)
        if answer.status_code != 409:
            break
    assert answer.status_code == 201
    assert await balance(shop, "ada") == (5, 0)


async def test_the_entry_names_who_gave(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    given = (await client.post("/v1/members/ada/earn", json=THANKS, headers=write(key))).json()
    entry = (await client.get(f"/v1/members/ada/entries/{given['entry_id']}", headers=key)).json()
    async with db.transaction(shop.merchant):
        key_id = await db.fetchval("SELECT id FROM api_keys")
    assert entry["line"]["reason"] == {"rule": "api", "note": "Thanks", "actor": f"key:{key_id}"}


async def test_lines_are_each_answered_in_their_order(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    body = lines(
        {"key": "a", "customer_id": "ada", **THANKS},
        "",
        {"key": "b", "customer_id": "nobody", **THANKS},
        "{not json",
        {"key": "c", "customer_id": "eve", "points": 0, "note": "Thanks"},
        {
            "key": "d",
            "customer_id": "eve",
            "points": 7,
            "note": "Thanks",
            "expires_at": "2001-01-01T00:00:00Z",
        },
        {"key": "a", "customer_id": "ada", **THANKS},
        {"key": "e", "customer_id": "eve", "points": 7, "note": "Thanks"},
    )
    results = await send_lines(client, key, body)
    assert [(each["line"], each["status"], each.get("code")) for each in results] == [
        (1, "posted", None),
        (3, "rejected", "not_found"),
        (4, "rejected", "malformed_json"),
        (5, "rejected", "invalid_request"),
        (6, "rejected", "expires_at_invalid"),
        (7, "replayed", None),
        (8, "posted", None),
    ]
    assert results[0]["points_active"] == 5 and UUID(results[0]["entry_id"])
    assert (await balance(shop, "ada"), await balance(shop, "eve")) == ((5, 0), (7, 0))


async def test_lines_sent_again_post_what_is_missing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    first = {"key": "a", "customer_id": "ada", **THANKS}
    [posted] = await send_lines(client, key, lines(first))
    again, new, reused = await send_lines(
        client,
        key,
        lines(first, {"key": "b", "customer_id": "ada", **THANKS})
        + b"\n"
        + lines(first | {"key": "a", "points": 6}),
    )
    assert again == posted | {"status": "replayed"}
    assert (new["status"], new["points_active"]) == ("posted", 10)
    assert (reused["status"], reused["code"]) == ("rejected", "idempotency_key_reused")
    [reused] = await send_lines(client, key, lines(first | {"points": 6}))
    assert (reused["status"], reused["code"]) == ("rejected", "idempotency_key_reused")
    assert await balance(shop, "ada") == (10, 0)


async def test_more_lines_than_one_transaction_takes(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    told = [{"key": f"k{n}", "customer_id": ("ada", "eve")[n % 2], **THANKS} for n in range(1100)]
    results = await send_lines(client, key, lines(*told))
    assert [each["line"] for each in results] == list(range(1, 1101))
    assert {each["status"] for each in results} == {"posted"}
    assert (await balance(shop, "ada"), await balance(shop, "eve")) == ((2750, 0), (2750, 0))
    assert await sound(shop)
    answer = await client.post("/v1/earns/", content=b"{}\n" * 5001, headers=key | NDJSON)
    problem(answer, 413, "too_many_lines")


async def test_lines_of_one_merchant_are_not_anothers(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    other = await open_shop(await new_merchant())
    theirs = await new_key(other.merchant, "ledger:write")
    line = lines({"key": "a", "customer_id": "ada", **THANKS})
    (mine, [refused]) = await asyncio.gather(send_lines(client, key, line), send_lines(client, theirs, line))
    assert (mine[0]["status"], refused["code"]) == ("posted", "not_found")
    reader = await new_key(shop.merchant, "members:read")
    problem(await client.post("/v1/earns/", content=line, headers=reader | NDJSON), 403, "scope_missing")
    assert await rows(other.merchant, "ledger_journal") == 0
