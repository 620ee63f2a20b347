"""Two of everything, as on two machines: nothing that one of them keeps to itself is missed by the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.cookies import STAFF_SESSION
from core import clock, db
from core.people import throttle
from reviews.cases import news
from tests.fixtures.reviews.shop import open_case
from tests.http.conftest import CSRF_FIELD, PAGE, new_key, rows, write
from tests.http.desk import case_path
from tests.http.shop import form, open_shop
from tests.http.test_signin import PASSWORD, new_staff
from tests.worker.servers import Processes, answers, until

pytestmark = pytest.mark.slow

MEMBERS, ORDERS = 20, 200
EARNS = """
SELECT w.code, count(*) FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
JOIN wallet_types w ON w.id = a.wallet_type_id WHERE j.verb = 'earn' GROUP BY 1
"""


@dataclass(frozen=True)
class Pair:
    """Addresses of two API processes, and a client with one jar of cookies for both."""

    one: str
    other: str
    client: httpx.AsyncClient

    async def post_form(self, form_on: str, to: str, typed: dict[str, str]) -> httpx.Response:
        """Load a page, and send a form with its token."""
        found = CSRF_FIELD.search((await self.client.get(form_on, headers=PAGE)).text)
        assert found
        return await self.client.post(to, data={"csrf_token": found[1], **typed}, headers=PAGE)


@pytest.fixture
async def pair(processes: Processes) -> AsyncIterator[Pair]:
    """Two of each sort of process, each API process with a data folder of its own."""
    one, other = processes.api(), processes.api()
    for _ in range(2):
        processes.scheduler(lease_s=5)
        processes.worker()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        await answers(one)
        await answers(other)
        yield Pair(one, other, client)


def order(number: int, now: str) -> dict[str, Any]:
    data = {
        "order_id": f"o{number}",
        "store_id": "main",
        "customer_id": f"c{number % MEMBERS}",
        "currency": "USD",
        "amount_minor": 1000,
    }
    return {"id": f"paid-{number}", "source": "shop", "type": "order.paid", "time": now, "data": data}


def joined(number: int, now: str) -> dict[str, Any]:
    data = {"customer_id": f"c{number}", "accepts_terms": True}
    return {"id": f"joined-{number}", "source": "shop", "type": "customer.created", "time": now, "data": data}


async def test_every_event_counts_once_whoever_takes_it(pair: Pair, merchant: UUID) -> None:
    """Each order comes to both processes at the same time; the work goes to two workers by two relays."""
    shop = await open_shop(merchant)
    key = await new_key(merchant, "events:write", "members:read")
    now = shop.now.isoformat()
    told = [joined(n, now) for n in range(MEMBERS)]
    assert (await pair.client.post(f"{pair.one}/v1/events", json=told, headers=write(key))).is_success

    async def sent(number: int) -> list[httpx.Response]:
        event, of_key = order(number, now), write(key, f"order-{number}")
        posts = (
            pair.client.post(f"{address}/v1/events", json=event, headers=of_key)
            for address in (pair.one, pair.other)
        )
        return list(await asyncio.gather(*posts))

    for start in range(0, ORDERS, 10):
        for both in await asyncio.gather(*[sent(n) for n in range(start, start + 10)]):
            statuses = sorted(answer.status_code for answer in both)
            assert statuses in ([200, 200], [200, 409]), [answer.text for answer in both]
            bodies = {answer.text for answer in both if answer.status_code == 200}
            assert len(bodies) == 1
    assert await rows(merchant, "events") == MEMBERS + ORDERS
    for n in range(MEMBERS):
        [points] = {
            (await pair.client.get(f"{address}/v1/members/c{n}", headers=key)).json()["balances"][0][
                "points_pending"
            ]
            for address in (pair.one, pair.other)
        }
        assert points == ORDERS // MEMBERS * 10

    async def worked_off() -> bool:
        async with db.transaction(merchant):
            return not await db.fetchval("SELECT count(*) FROM outbox WHERE parked_at IS NULL")

    await until(worked_off, "the outbox is empty")
    async with db.transaction(merchant):
        assert await db.fetch("SELECT * FROM ledger_check()") == []
        assert await db.fetchval("SELECT count(*) FROM outbox") == 0
        # An order earns once in each of the two wallets.
        earns = await db.fetch(EARNS)
    assert {row["code"]: row["count"] for row in earns} == {"points": ORDERS, "qualifying": ORDERS}


async def test_who_comes_in_here_is_in_there(pair: Pair, merchant: UUID) -> None:
    """Cookies, forms and sign-outs hold on both; only a key that both know makes that so."""
    email = await new_staff(merchant, "agent")
    typed = {"email": email, "password": PASSWORD}
    came = await pair.post_form(f"{pair.one}/staff/sign-in", f"{pair.other}/staff/sign-in", typed)
    assert came.status_code == 303, came.text
    token = pair.client.cookies[STAFF_SESSION]
    for address in (pair.one, pair.other):
        assert (await pair.client.get(f"{address}/staff/inbox", headers=PAGE)).status_code == 200
    went = await pair.post_form(f"{pair.other}/staff/inbox", f"{pair.other}/sign-out", {})
    assert went.status_code == 303
    pair.client.cookies.set(STAFF_SESSION, token)
    assert (await pair.client.get(f"{pair.one}/staff/inbox", headers=PAGE)).status_code == 303


async def test_attempts_are_counted_together(pair: Pair, merchant: UUID) -> None:
    email = await new_staff(merchant)
    allowed = throttle.PER_EMAIL.attempts
    statuses = []
    for n in range(allowed + 2):
        address = (pair.one, pair.other)[n % 2]
        typed = {"email": email, "password": "not the password"}
        answer = await pair.post_form(f"{address}/staff/sign-in", f"{address}/staff/sign-in", typed)
        statuses.append(answer.status_code)
    assert statuses == [401] * allowed + [429] * 2


async def test_a_key_that_ends_there_ends_here(pair: Pair, merchant: UUID) -> None:
    """Within the few seconds for which a process remembers a key."""
    await open_shop(merchant)
    key = await new_key(merchant, "members:read")
    path = "/v1/members/nobody"
    for address in (pair.one, pair.other):
        assert (await pair.client.get(address + path, headers=key)).status_code == 404
    async with db.transaction(merchant):
        await db.execute("UPDATE api_keys SET revoked_at = $1", clock.now())

    async def ended() -> bool:
        codes = {
            (await pair.client.get(address + path, headers=key)).status_code
            for address in (pair.one, pair.other)
        }
        return codes == {401}

    await until(ended, "both refuse the key")


async def test_a_page_there_hears_of_a_deed_here(pair: Pair, merchant: UUID) -> None:
    """Server-sent events cross processes: they come from the table, not from the process that wrote it."""
    typed = {"email": await new_staff(merchant, "agent"), "password": PASSWORD}
    await pair.post_form(f"{pair.one}/staff/sign-in", f"{pair.one}/staff/sign-in", typed)

    known = await open_case(merchant)
    async with db.transaction(merchant):
        after = await news.newest()

    async def heard(address: str) -> set[str]:
        path = f"{address}/staff/inbox/live?after={after or UUID(int=0)}"
        async with pair.client.stream("GET", path) as stream:
            assert stream.status_code == 200
            async for line in stream.aiter_lines():
                if line.startswith("data: ["):
                    return set(json.loads(line.removeprefix("data: ")))
        return set()

    listening = [asyncio.create_task(heard(address)) for address in (pair.one, pair.other)]
    path = case_path(str(known))
    page = (await pair.client.get(pair.one + path, headers=PAGE)).text
    note = form(page, f"{path}/note") | {"text": "Seen"}
    answer = await pair.client.post(f"{pair.one}{path}/note", data=note, headers=PAGE)
    assert answer.status_code < 400, answer.text
    assert await asyncio.gather(*listening) == [{str(known)}] * 2
