"""Cases: the views of a full inbox, the clocks of a hundred thousand open cases, care for as many orders."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import get_args
from uuid import UUID

from core import db
from reviews.cases import clocks, reading
from reviews.cases.care import service as care
from reviews.cases.contact.settings import Contact
from reviews.cases.reading import VIEWS
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MANY, FEW, CLOCKED, ORDERED = 1_000_000, 1_000, 100_000, 100_000
FEWEST_CLOCKED = 10_000
"""Of fewer cases the clocks are read in so little time that only the cost of a statement would be seen."""
LOOKS = 20
DUE_SHARE = 1000
"""Of the clocks of a hundred thousand cases so many pass a mark between two sweeps: one of each thousand."""

# Half of them done, a quarter answered, some late, unowned or snoozed; ten people. Each has a worded review.
_STAFF = """
INSERT INTO staff (id, merchant_id, email, name, role, password_hash, created_at)
SELECT bench_id('5a', n), $1, 'agent' || n || '@bench.test', 'Agent ' || n, 'agent', 'x', $2
FROM generate_series(1, 10) n
"""
_REVIEWS = """
INSERT INTO reviews (id, merchant_id, source, account, external_id, author, rating_norm, written_at,
                     edited_at, received_at, version, state)
SELECT bench_id('7e', n), $1, 'import', '', 'case-' || n, 'Ana', 1, $2, $2, $2, 1, 'live'
FROM generate_series(1, $3::int) n
"""
_WORDINGS = """
INSERT INTO review_versions (merchant_id, review_id, number, fingerprint, rating_raw, scale_min, scale_max,
                             rating_norm, title, body, lang, edited_at, received_at)
SELECT $1, bench_id('7e', n), 1, int4send(n), 1, 1, 5, 1, '', 'It broke on the first day.', 'en', $2, $2
FROM generate_series(1, $3::int) n
"""
_CASES = """
INSERT INTO cases (id, merchant_id, number, review_id, state, priority, priority_parts, owner_id, opened_at,
                   updated_at, resolved_at, answered_at, due_at, snoozed_until)
SELECT bench_id('c5', n), $1, n, bench_id('7e', n),
       CASE WHEN n % $4::int = 1 THEN 'resolved' ELSE 'assigned' END,
       (n::bigint * 7919 % 100)::smallint, '{}', CASE WHEN n % 50 <> 2 THEN bench_id('5a', 1 + n % 10) END,
       $2::timestamptz - n % 5000 * interval '1 minute', $2,
       CASE WHEN n % $4::int = 1 THEN $2::timestamptz - n * interval '1 second' END,
       CASE WHEN n % 4 = 0 THEN $2::timestamptz END,
       CASE WHEN n % $4::int <> 1 THEN $2::timestamptz + (n % 20000 - 400) * interval '1 minute' END,
       CASE WHEN n % 100 = 4 THEN $2::timestamptz + interval '1 day' END
FROM generate_series(1, $3::int) n
"""
_CLOCKS = """
INSERT INTO case_clocks (merchant_id, case_id, cycle, kind, target_s, started_at, counted_from, marks, due_at)
SELECT $1, bench_id('c5', n), 1, kind, target_s, $2, $2,
       ARRAY(SELECT $2::timestamptz + target_s * share * interval '1 s'
             FROM unnest(ARRAY[0.5, 0.8, 1, 1.5, 2]) share),
       $2::timestamptz + target_s * interval '1 s'
FROM generate_series(1, $3::int) n
CROSS JOIN LATERAL (VALUES ('first_reply', 86400 + (n::bigint * 86400 / $3)::int), ('resolution', 864000))
    k (kind, target_s)
"""
_SCAN = """
SELECT count(*) FILTER (WHERE breached_at IS NULL AND said < 5), max(due_at), max(cardinality(marks))
FROM case_clocks WHERE merchant_id = $1 AND satisfied_at IS NULL AND stopped_at IS NULL
"""

# Paid and promised: most were to come within the last ten days and did; one in a hundred is to come within
# the next day and never does, each for a customer of its own.
_ORDERS = """
INSERT INTO orders (id, merchant_id, external_id, store_id, customer_id, currency, amount_minor, paid_at,
                    created_at, delivered_at)
SELECT bench_id('0d', n), $1, 'o-' || n, bench_id('57', 1), bench_id('cc', 1 + n / 100), 'USD', 5000,
       $2::timestamptz - interval '20 days', $2::timestamptz - interval '20 days',
       CASE WHEN n % 100 <> 0 THEN $2::timestamptz - interval '11 days' END
FROM generate_series(1, $3::int) n
"""
_PARCELS = """
INSERT INTO case_parcels (merchant_id, order_word, tracking, carrier, promised_at, promised_as_of, moved_at)
SELECT $1, 'o-' || n, 'T' || n, 'Post',
       CASE WHEN n % 100 = 0 THEN $2::timestamptz + n * interval '1 day' / $3::int
            ELSE $2::timestamptz - (n % 14400) * interval '1 minute' END, $2, $2
FROM generate_series(1, $3::int) n
"""
_CARE = """
INSERT INTO case_contact (merchant_id, settings, changed_at) VALUES ($1, $2::jsonb, $3)
"""
_READ_PARCELS = """
SELECT count(*) FILTER (WHERE o.delivered_at IS NULL), max(o.paid_at), max(p.promised_at)
FROM case_parcels p JOIN orders o ON o.merchant_id = p.merchant_id AND o.external_id = p.order_word
WHERE p.merchant_id = $1
"""


def _fill(database: Database, cases: int, done_every: int) -> None:
    """`done_every`: of so many cases one is done."""
    who = database.content.merchant
    database.call(_STAFF, who, NOW)
    for sql in (_REVIEWS, _WORDINGS):
        database.load(sql, who, NOW, cases)
    database.load(_CASES, who, NOW, cases, done_every)
    for table in ("cases", "reviews", "review_versions"):
        database.execute(f"VACUUM (ANALYZE) {table}")


async def _alone(database: Database, work: Callable[[UUID], Awaitable[float]]) -> float:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            return await work(await db.fetchval("SELECT bench_id('5a', 1)"))
    finally:
        await db.disconnect()


async def _slowest_view(agent: UUID) -> float:
    """Median seconds of one page of the slowest view."""
    times: list[float] = []
    for view in VIEWS:
        taken: list[float] = []
        for _ in range(LOOKS):
            started = time.perf_counter()
            page = await reading.inbox(view, agent, NOW)
            taken.append(time.perf_counter() - started)
        assert page.rows, f"nothing in {view}"
        times.append(median(taken))
    return max(times)


@benchmark(
    "cases.queue",
    "a page of the slowest saved view out of a million cases",
    "the same out of a thousand",
    "s",
    at_most(3),
)
def queue(rig: Rig) -> Figures:
    with rig.alone(100, 1) as many, rig.alone(100, 1) as few:
        _fill(many, max(FEW, round(MANY * rig.scale)), 2)
        _fill(few, FEW, 2)
        return alternate(
            lambda: asyncio.run(_alone(many, _slowest_view)),
            lambda: asyncio.run(_alone(few, _slowest_view)),
            rig.rounds,
        )


@benchmark(
    "cases.clocks",
    "one sweep over the clocks of 100,000 open cases, of which one in a thousand passes a mark",
    "one scan of these clocks",
    "s",
    at_most(3),
)
def sweep(rig: Rig) -> Figures:
    cases = max(FEWEST_CLOCKED, round(CLOCKED * rig.scale))
    with rig.alone(100, 1) as database:
        who = database.content.merchant
        _fill(database, cases, cases + 2)
        database.load(_CLOCKS, who, NOW, cases)
        database.execute("VACUUM (ANALYZE) case_clocks")
        turns = iter(range(1, 1000))
        return alternate(
            lambda: asyncio.run(_alone(database, lambda _: _sweep(cases, next(turns)))),
            lambda: asyncio.run(_alone(database, lambda _: _scan())),
            rig.rounds,
        )


async def _sweep(cases: int, turn: int) -> float:
    """The half times of the first replies pass evenly in half a day, from half a day after the start on."""
    share = turn * 2 / DUE_SHARE
    at = NOW + DAY / 2 * (1 + share)
    await clocks.sweep(NOW)  # nothing is due; a worker's connection knows the statement, too
    started = time.perf_counter()
    warned, breached = await clocks.sweep(at)
    taken = time.perf_counter() - started
    assert warned and not breached, f"{warned} warned, {breached} breached of {cases}"
    return taken


async def _scan() -> float:
    await db.fetchrow(_SCAN, db.merchant_id())
    started = time.perf_counter()
    await db.fetchrow(_SCAN, db.merchant_id())
    return time.perf_counter() - started


@benchmark(
    "cases.care",
    "one look at 100,000 orders with parcels, of which a hundred have just become late, with their cases",
    "one read of these parcels with their orders",
    "s",
    at_most(3),
)
def care_look(rig: Rig) -> Figures:
    # At any scale: of fewer, only the cost of opening cases would be seen.
    orders = ORDERED
    with rig.alone(orders // 100 + 1, 1) as database:
        who = database.content.merchant
        for sql in (_ORDERS, _PARCELS):
            database.load(sql, who, NOW, orders)
        on = Contact(late_after_days=0, silent_after_days=3, stock_gone=True)
        database.load(_CARE, who, db.to_json(on), NOW - 30 * DAY)
        for table in ("orders", "case_parcels"):
            database.execute(f"VACUUM (ANALYZE) {table}")
        turns = iter(range(1, 11))
        return alternate(
            lambda: asyncio.run(_alone(database, lambda _: _look(next(turns)))),
            lambda: asyncio.run(_alone(database, lambda _: _read_parcels())),
            rig.rounds,
        )


async def _look(turn: int) -> float:
    """A tenth of those that are to come within the day is late by each turn."""
    at = NOW + DAY * turn / 10
    started = time.perf_counter()
    await care.read(at)
    told = [await care.sweep(reason, at) for reason in get_args(care.Reason)]
    taken = time.perf_counter() - started
    assert told[0] and not any(told[1:]), f"told of {told}"
    return taken


async def _read_parcels() -> float:
    await db.fetchrow(_READ_PARCELS, db.merchant_id())
    started = time.perf_counter()
    await db.fetchrow(_READ_PARCELS, db.merchant_id())
    return time.perf_counter() - started
