"""Expiry: a million lots whose time has come."""

import asyncio
from datetime import timedelta

from core import clock, db
from core.worker import POOL_SIZE
from loyalty.expiry.service import expire_all
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import seconds

PLAIN = "UPDATE ledger_lots SET points_active = 0 WHERE expires_at IS NOT NULL"


@benchmark(
    "loyalty.expire",
    "expire one lot of each member: posting, entry, lot, balance, hash, outbox; one worker, two connections",
    "a plain UPDATE of these lots",
    "s",
    at_most(4),
)
def expire(rig: Rig) -> Figures:
    # What is expired does not come back for a second turn: each turn has a copy of its own.
    with rig.copy(rig.database()) as mine:
        baseline = seconds(lambda: mine.execute(PLAIN))
    with rig.copy(rig.database()) as mine:
        value = seconds(lambda: asyncio.run(_expire_all(mine)))
    with rig.copy(rig.database()) as mine:
        again = seconds(lambda: mine.execute(PLAIN))
    return Figures(value, (baseline + again) / 2)


async def _expire_all(database: Database) -> None:
    """As the periodic task does it, three years from now."""
    await db.connect(database.app_url, pool_size=POOL_SIZE)
    try:
        expired = await expire_all(database.content.merchant, clock.now() + timedelta(days=3 * 366))
        assert expired == database.content.members, f"{expired} lots expired"
    finally:
        await db.disconnect()
