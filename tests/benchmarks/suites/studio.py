"""The marketer's studio on a million members: a draft while a slider moves, rules over what has happened."""

import asyncio
import itertools
from datetime import timedelta
from http.cookiejar import CookieJar

import httpx

from api.cookies import STAFF_SESSION
from core import clock, db
from core.people import sessions, staff
from loyalty.rules import service as rules
from loyalty.rules.backtest import by_month
from tests.benchmarks.registry import Figures, at_least, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate, seconds
from tests.benchmarks.scripts import BATCH, EARN_BATCH
from tests.benchmarks.served import Served, served
from tests.benchmarks.suites.tiers import scan

REQUESTS = 10
"""Each with the slider somewhere else."""


@benchmark(
    "studio.draft",
    "tier draft on 1 M members while the slider moves: request to answer, signed in, over HTTP",
    "one aggregate query over the same members",
    "s",
    at_most(3),
)
def draft(rig: Rig) -> Figures:
    """The first turn counts everybody and only warms up: the page does so when it is opened."""
    with rig.copy(rig.database()) as database, served(rig, database) as server:
        ask, places = _asker(database, server), itertools.count(1)

        def moves() -> float:
            return sum(ask(next(places) % 190 + 5, 365) for _ in range(REQUESTS)) / REQUESTS

        return alternate(moves, lambda: _scanned(database), rig.rounds)


@benchmark(
    "studio.count",
    "the first answer to a draft with another window: everybody is counted",
    "one aggregate query over the same members",
    "s",
    at_most(3),
)
def count(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as database, served(rig, database) as server:
        ask, windows = _asker(database, server), itertools.count(1)
        return alternate(lambda: ask(150, 365 - next(windows)), lambda: _scanned(database), rig.rounds)


@benchmark(
    "studio.backtest",
    "orders a second in a back-test of the live rule, by month; one connection",
    "live earning: ledger.post_batch; 8 clients",
    "1/s",
    at_least(1),
)
def backtest(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as database:
        database.load(ORDERS, database.content.merchant)
        database.execute("VACUUM (ANALYZE) orders")

        def tested() -> float:
            return database.content.members / seconds(lambda: asyncio.run(_backtest(database)))

        return alternate(tested, lambda: BATCH * database.tps(EARN_BATCH, 8, rig.run_s), rig.rounds)


# One order of each member in the last 300 days.
ORDERS = """
WITH s AS (
    INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)
    VALUES ($1, 'main', '{"en": "Main"}', 'USD', 'UTC') RETURNING id
)
INSERT INTO orders (merchant_id, external_id, store_id, customer_id, currency, amount_minor, paid_at,
                    created_at, counted_at, tier_code, multiplier_percent, number)
SELECT $1, 'o-' || c.external_id, s.id, c.id, 'USD', 100 * (1 + n * 7919 % 500), t.at, t.at, t.at,
       'bronze', 100, 1
FROM customers c CROSS JOIN s
CROSS JOIN LATERAL (SELECT substr(c.external_id, 3)::bigint AS n) x
CROSS JOIN LATERAL (SELECT now() - make_interval(days => 1 + (n % 300)::int) AS at) t
WHERE c.merchant_id = $1
"""


async def _backtest(database: Database) -> None:
    now = clock.now()
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            [live] = await rules.live(now)
            found = await by_month(live.active, now - timedelta(days=400), now, "points")
            assert found[""].events == database.content.members
    finally:
        await db.disconnect()


def _scanned(database: Database) -> float:
    return seconds(lambda: asyncio.run(scan(database, clock.now())))


class _Asker:
    """A marketer's browser."""

    def __init__(self, url: str, token: str) -> None:
        cookies = httpx.Cookies(CookieJar())
        cookies.set(STAFF_SESSION, token)
        self.client = httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=300)

    def __call__(self, silver: int, days: int) -> float:
        """Seconds until the preview is there."""
        fields = {"threshold_silver": str(silver), "window_length": str(days)}
        answers: list[httpx.Response] = []
        took = seconds(lambda: answers.append(self._get(fields)))
        assert answers[0].status_code == 200 and 'class="stats three"' in answers[0].text, answers[0].text
        return took

    def _get(self, fields: dict[str, str]) -> httpx.Response:
        return self.client.get("/staff/studio/tiers", params=fields, headers={"HX-Request": "true"})


def _asker(database: Database, server: Served) -> _Asker:
    return _Asker(server.url, asyncio.run(_session(database)))


async def _session(database: Database) -> str:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            now = clock.now()
            person = await staff.create("mina@example.test", "Mina", "marketer", "a good long password", now)
            return await sessions.start(now, staff_id=person)
    finally:
        await db.disconnect()
