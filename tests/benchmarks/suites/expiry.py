"""Expiry: a million lots whose time has come."""

import asyncio
from datetime import timedelta

from core import clock, db
from loyalty.expiry.service import expire_due
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import seconds
from tests.benchmarks.scripts import plain_rows

PLAIN = "UPDATE bench_rows SET points = points + 1"


@benchmark(
    "loyalty.expire",
    "expire one lot of each member: posting, entry, lot, balance, outbox; one worker",
    "a plain UPDATE of as many rows",
    "s",
    at_most(4),
)
def expire(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as mine:
        plain_rows(mine)
        mine.execute(PLAIN)
        # What is expired does not come back for a second turn; the baseline is measured around it.
        before = seconds(lambda: mine.execute(PLAIN))
        value = seconds(lambda: asyncio.run(_expire_all(mine)))
        after = seconds(lambda: mine.execute(PLAIN))
        return Figures(value, (before + after) / 2)


async def _expire_all(database: Database) -> None:
    """As the periodic task does it, three years from now."""
    await db.connect(database.app_url, pool_size=1)
    try:
        now = clock.now() + timedelta(days=3 * 366)
        expired, more = 0, 1
        while more:
            async with db.transaction(database.content.merchant):
                more = await expire_due(now)
            expired += more
        assert expired == database.content.members, f"{expired} lots expired"
    finally:
        await db.disconnect()
