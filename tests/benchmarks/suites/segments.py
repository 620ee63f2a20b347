"""How many members are in a segment, on a million of them: counted anew while a condition is typed."""

import asyncio
from datetime import datetime

from core import clock, db
from loyalty.segments import service as segments
from loyalty.segments.model import Joined, OrderCount, Segment, Spend, TierNow
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate, seconds
from tests.benchmarks.suites.studio import ORDERS

TYPICAL = Segment(
    where=(
        TierNow(tiers=("bronze", "silver")),
        Joined(at_least_days=30),
        OrderCount(at_least=1, within_days=180),
        Spend(currency="USD", at_least_minor=10_000),
    )
)
"""Who bought of late, and for enough: two conditions of the member and two of their orders."""

# What each of them paid, with nothing asked about it.
AGGREGATE = """
SELECT count(*), sum(spent) FROM (
    SELECT m.id, sum(o.amount_minor) AS spent
    FROM members m LEFT JOIN orders o ON o.customer_id = m.customer_id
    WHERE m.left_at IS NULL GROUP BY m.id) x
"""


@benchmark(
    "segments.count",
    "recount of a segment of four conditions (tier, joined, orders, spend), an order a member",
    "one aggregate query over the same members and orders",
    "s",
    at_most(3),
)
def count(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as database:
        database.load(ORDERS, database.content.merchant)
        database.execute("VACUUM (ANALYZE) orders")
        now = clock.now()
        return alternate(
            lambda: seconds(lambda: asyncio.run(_counted(database, now))),
            lambda: seconds(lambda: asyncio.run(_aggregated(database))),
            rig.rounds,
        )


async def _counted(database: Database, at: datetime) -> None:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            found = await segments.count(TYPICAL, at)
            assert 0 < found < database.content.members
    finally:
        await db.disconnect()


async def _aggregated(database: Database) -> None:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            row = await db.connection().fetchrow(AGGREGATE, timeout=300)
            assert row is not None and row["count"] == database.content.members
    finally:
        await db.disconnect()
