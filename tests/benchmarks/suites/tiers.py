"""Placing everybody in the tiers of a set, against only adding up what they collected."""

import asyncio
import itertools
from datetime import datetime, timedelta

from core import clock, db
from loyalty.tiers import service as tiers
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate, seconds

# What a member collected in the last year, with nothing done about it.
SCAN = """
SELECT count(*), sum(points) FROM (
    SELECT a.member_id, sum(CASE e.credit WHEN 'active' THEN e.points ELSE -e.points END) AS points
    FROM ledger_accounts a JOIN ledger_journal j ON j.account_id = a.id
    JOIN ledger_entries e ON e.journal_id = j.id AND 'active' IN (e.debit, e.credit)
    WHERE a.wallet_type_id = (SELECT id FROM wallet_types WHERE code = 'qualifying')
      AND j.effective_at > $1::timestamptz - interval '365 days' AND j.effective_at <= $1
    GROUP BY a.member_id) x
"""
WHOLE_DAYS, STEP_DAYS = 65, 30
"""All that was collected still counts for so long; then, with each step, a tenth of it no longer does."""


@benchmark(
    "loyalty.tiers",
    "recalculate the tiers of all members, some 6% of whom move",
    "one aggregate scan of their qualifying entries",
    "s",
    at_most(5),
)
def recalculate(rig: Rig) -> Figures:
    """The first turn places everybody for the first time and only warms up; each other is a month later."""
    with rig.copy(rig.database()) as database:
        now = clock.now()
        later = (now + timedelta(days=WHOLE_DAYS + STEP_DAYS * n) for n in itertools.count(1))
        # The scan that follows a turn is of the same day.
        placed, scanned = itertools.tee(itertools.chain([now], later))
        return alternate(
            lambda: seconds(lambda: asyncio.run(_recalculate(database, next(placed)))),
            lambda: seconds(lambda: asyncio.run(scan(database, next(scanned)))),
            rig.rounds,
        )


async def _recalculate(database: Database, at: datetime) -> None:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            await tiers.recalculate(None, "window", at)
    finally:
        await db.disconnect()


async def scan(database: Database, at: datetime) -> None:
    """What is compared with: one aggregate over all members."""
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            await db.connection().fetchrow(SCAN, at, timeout=300)
    finally:
        await db.disconnect()
