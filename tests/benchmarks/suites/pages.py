"""Pages: the server's time for the slowest of them, and how soon many open inboxes hear of something."""

import asyncio
import contextlib
import itertools
import os
import string
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from statistics import median
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from admin.demo import forms, history
from admin.demo import shop as shops
from admin.demo.shop import SEED, Shop
from admin.demo.story import build_story
from api.cookies import CUSTOMER_SESSION, STAFF_SESSION
from core import clock, db
from core.people import sessions
from core.settings import settings
from reviews.cases import events
from tests.benchmarks import frames
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate
from tests.benchmarks.served import served, surroundings
from tests.benchmarks.suites.cases import FEW, NOW, _fill
from tests.browser.site import work_off
from tests.browser.test_pages import PAGES, WHO

MEMBERS, FEWEST_MEMBERS = 5000, 60
LOOKS = 7
CLIENTS = 200
TOLD, FEWEST_TOLD = 60, 10
HEARD_WITHIN_S = 30
FRAMES = (sys.executable, "-m", "tests.benchmarks.frames")
TOLD_OF = 8
"""So many of the slowest pages are named."""
DEMO_ALONE = ("/demo", "/staff/demo", "/staff/design")
"""Pages that are served by `make demo` and nowhere else."""
_IDS = """
WITH best AS (
    SELECT m.id, m.customer_id, c.external_id, min(r.id::text)::uuid AS review_id
    FROM members m JOIN customers c ON c.id = m.customer_id
    JOIN reviews r ON r.customer_id = m.customer_id AND r.source = 'first_party' AND r.state = 'live'
    JOIN orders o ON o.customer_id = m.customer_id
    GROUP BY m.id, c.external_id ORDER BY count(*) DESC, m.id LIMIT 1)
SELECT b.customer_id, (SELECT id FROM cases WHERE open ORDER BY rank_at LIMIT 1) AS waiting,
       b.review_id AS review, r.store_id AS store, b.id AS member_id, b.external_id AS member,
       (SELECT j.id FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
        WHERE a.member_id = b.id ORDER BY j.id DESC LIMIT 1) AS entry,
       (SELECT id FROM vouchers WHERE member_id = b.id ORDER BY id LIMIT 1) AS voucher
FROM best b JOIN reviews r ON r.id = b.review_id
"""
"""Of what the demo has and pages are of; the customer is the member who wrote and bought most."""


@benchmark(
    "pages.server",
    "one request of the slowest page, signed in, on the demo's data",
    "a page of the same application with nothing on it: somebody is signed in, and its frame is drawn",
    "s",
    at_most(8),
)
def server(rig: Rig) -> Figures:
    members = max(FEWEST_MEMBERS, round(MEMBERS * rig.scale))
    with rig.alone(100, 1) as database, _settings(rig, database), served(rig, database, FRAMES) as at:
        signed, ids = asyncio.run(_demo(database, members))
        database.execute("VACUUM ANALYZE")
        with _clients(at.url, signed) as clients:
            pages = [page for page in _addresses(ids) if _is_there(clients[page[0]], page[1])]
            taken = sorted(((_seconds(clients[who], path), who, path) for who, path in pages), reverse=True)
            for seconds, _, path in taken[:TOLD_OF]:
                print(f"  {1000 * seconds:.1f} ms: {path}", file=sys.stderr)
            slowest = taken[0][1:]
            return alternate(
                lambda: _seconds(clients[slowest[0]], slowest[1]),
                lambda: _seconds(clients["manager"], frames.PATH),
                rig.rounds,
            )


@benchmark(
    "inbox.fanout",
    f"p99 of the seconds from a deed on a case to each of {CLIENTS} open inboxes",
    "the same with one open inbox",
    "s",
    at_most(10),
)
def fanout(rig: Rig) -> Figures:
    told = max(FEWEST_TOLD, round(TOLD * rig.scale))
    with rig.alone(100, 1) as database, served(rig, database) as at:
        _fill(database, FEW, 2)
        return alternate(
            lambda: asyncio.run(_heard(database, at.url, CLIENTS, told)),
            lambda: asyncio.run(_heard(database, at.url, 1, told)),
            max(1, rig.rounds // 2),
        )


# --- pages.server -------------------------------------------------------------------------------------


@contextmanager
def _settings(rig: Rig, database: Database) -> Iterator[None]:
    """This process does the workers' work, too."""
    with patch.dict(os.environ, surroundings(rig, database)):
        settings.cache_clear()
        try:
            yield
        finally:
            settings.cache_clear()


async def _demo(database: Database, members: int) -> tuple[dict[str, str], dict[str, str]]:
    """The demo's history, and who is signed in by the names of WHO; ids for the addresses."""
    await db.connect(database.app_url, pool_size=4)
    try:
        shop = await shops.create(clock.now())
        story = build_story(SEED, shop.began_at, members)
        await history.load_events(shop, story, shop.began_at, lambda *_: None)
        await history.redeem(shop, shop.began_at)
        await history.load_reviews(shop, story, lambda *_: None)
        while await _waiting(shop):
            await work_off(shop)
        await forms.fill_in(shop.merchant_id, shop.began_at)
        await history.add_up(shop)
        async with db.transaction(shop.merchant_id):
            row = await db.fetchrow(_IDS)
            assert row is not None
            signed = {who: await _session(email, row["customer_id"]) for who, email in WHO.items() if email}
        return signed, {name: str(value) for name, value in row.items() if value is not None}
    finally:
        await db.disconnect()


async def _waiting(shop: Shop) -> bool:
    async with db.transaction(shop.merchant_id):
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE topic LIKE 'review%')"))


async def _session(email: str, customer_id: UUID) -> str:
    if email == "customer":
        return await sessions.start(clock.now(), customer_id=customer_id)
    staff_id = await db.fetchval("SELECT id FROM staff WHERE email = $1", email)
    return await sessions.start(clock.now(), staff_id=staff_id)


def _addresses(ids: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Who asks for which address, of all pages whose places can be filled in."""
    for _, who, path, status in PAGES:
        places = {name for _, name, _, _ in string.Formatter().parse(path) if name}
        if who != "nobody" and status == 200 and places <= set(ids) and not path.startswith(DEMO_ALONE):
            yield who, path.format(**ids)


def _cookies(who: str, token: str) -> dict[str, str]:
    return {CUSTOMER_SESSION if who == "customer" else STAFF_SESSION: token}


@contextmanager
def _clients(url: str, signed: dict[str, str]) -> Iterator[dict[str, httpx.Client]]:
    with contextlib.ExitStack() as stack:
        yield {
            who: stack.enter_context(
                httpx.Client(base_url=url, cookies=_cookies(who, token), trust_env=False, timeout=60)
            )
            for who, token in signed.items()
        }


def _is_there(client: httpx.Client, path: str) -> bool:
    """False for the page of something that the demo's programme does not have: it leads elsewhere."""
    status = client.get(path, headers={"accept": "text/html"}).status_code
    assert status in (200, 303), (path, status)
    return status == 200


def _seconds(client: httpx.Client, path: str) -> float:
    """Median of some requests over one connection."""
    taken = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        answer = client.get(path, headers={"accept": "text/html"})
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 200, (path, answer.status_code)
    return median(taken)


# --- inbox.fanout ----------------------------------------------------------------------------------------


async def _heard(database: Database, url: str, clients: int, told: int) -> float:
    """p99 over all that was heard by everybody, in seconds from the commit."""
    await db.connect(database.app_url, pool_size=1)
    merchant = database.content.merchant
    try:
        async with db.transaction(merchant):
            agent = await db.fetchval("SELECT bench_id('5a', 1)")
            cases = [row["id"] for row in await db.fetch("SELECT id FROM cases WHERE open LIMIT $1", told)]
            token = await sessions.start(clock.now(), staff_id=agent)
        async with _listening(url, token, clients) as inboxes:
            taken: list[float] = []
            for case_id in itertools.islice(itertools.cycle(cases), told):
                async with db.transaction(merchant):
                    await events.add(case_id, 1, "note", NOW, staff_id=agent)
                at = time.perf_counter()
                waits = [_until(inbox, str(case_id)) for inbox in inboxes]
                taken += [heard - at for heard in await asyncio.gather(*waits)]
        return sorted(taken)[int(0.99 * (len(taken) - 1))]
    finally:
        await db.disconnect()


Inbox = asyncio.Queue[tuple[str, float]]


async def _until(inbox: Inbox, case_id: str) -> float:
    async with asyncio.timeout(HEARD_WITHIN_S):
        while True:
            said, at = await inbox.get()
            if case_id in said:
                return at


@asynccontextmanager
async def _listening(url: str, token: str, clients: int) -> AsyncIterator[Sequence[Inbox]]:
    """So many open inboxes, each on a connection of its own, which comes again when it is ended."""
    inboxes: list[Inbox] = [asyncio.Queue() for _ in range(clients)]
    ready = [asyncio.Event() for _ in inboxes]
    tasks = [
        asyncio.create_task(_listen(url, token, inbox, there))
        for inbox, there in zip(inboxes, ready, strict=True)
    ]
    try:
        async with asyncio.timeout(HEARD_WITHIN_S):
            await asyncio.gather(*(each.wait() for each in ready))
        yield inboxes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(url: str, token: str, inbox: Inbox, ready: asyncio.Event) -> None:
    """A browser's EventSource, as far as this needs one."""
    at, last = urlsplit(url), ""
    while True:
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        asked = f"GET /staff/inbox/live HTTP/1.1\r\nHost: {at.netloc}\r\nCookie: {STAFF_SESSION}={token}\r\n"
        writer.write(f"{asked}Accept: text/event-stream\r\nLast-Event-ID: {last}\r\n\r\n".encode())
        try:
            while line := (await reader.readline()).decode():
                if line.startswith("id: "):
                    last = line[4:].strip()
                elif line.startswith("data: "):
                    inbox.put_nowait((line, time.perf_counter()))
                elif line.startswith(": "):
                    ready.set()
        finally:
            writer.close()
