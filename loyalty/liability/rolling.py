"""Days of the ledger, added up once they are over; what is newer is read from the ledger itself.

So the answers are the same whether or not, and when, anybody has added up: a test compares them.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from core import db, tenancy
from core.days import day_of, start_of_day, zone_of
from loyalty.liability import queries
from loyalty.liability.rules import SETTLES_AFTER, WALLET, Movement


class Day(msgspec.Struct, frozen=True):
    """A change of outstanding points in one day of the shop's; see rules.Movement."""

    day: date
    cohort: date | None
    kind: str
    points: int


async def roll(now: datetime, wallet: str = WALLET) -> bool:
    """Add up the days that are over since the last time; answers whether there were any.

    When the shop's time zone is another than it was, all days are added up anew.
    """
    zone = (await tenancy.shop()).time_zone
    end = start_of_day(day_of(now - SETTLES_AFTER, zone_of(zone)), zone_of(zone))
    await db.execute(queries.ALONE)
    since = await db.fetchval(queries.ROLLED, wallet, zone)
    if since and since >= end:
        return False
    if since is None:
        await db.execute(queries.FORGET, wallet)
    await db.execute(queries.KEEP, wallet, zone, since, end)
    await db.execute(queries.NOTE_ROLLED, wallet, zone, end)
    return True


async def months(since: datetime | None, until: datetime, wallet: str = WALLET) -> list[Movement]:
    """Movements by month of what was recorded from `since` (a midnight of the shop's; None: ever)."""
    rows = await _read(queries.KEPT_MONTHS, queries.MOVEMENTS, since, until, wallet)
    return [Movement(**row) for row in rows]


async def days(since: datetime | None, until: datetime, wallet: str = WALLET) -> list[Day]:
    """The same by day."""
    return [Day(**row) for row in await _read(queries.KEPT_DAYS, queries.DAYS, since, until, wallet)]


async def _read(
    kept: str, new: str, since: datetime | None, until: datetime, wallet: str
) -> Sequence[db.Row]:
    name = (await tenancy.shop()).time_zone
    zone = zone_of(name)
    first = day_of(since, zone) if since else None
    rolled = await db.fetchval(queries.ROLLED, wallet, name)
    if first and since != start_of_day(first, zone):
        rolled = None  # the midnight of a time zone that was: no day of ours begins there
    known = await db.fetch(kept, wallet, first) if rolled else []
    later = max((each for each in (since, rolled) if each), default=None)
    return [*known, *await db.fetch(new, wallet, name, later, until)]
