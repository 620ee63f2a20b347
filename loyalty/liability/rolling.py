"""Days of the ledger, added up once they are over; what is newer is read from the ledger itself.

So the answers are the same whether or not, and when, anybody has added up: a test compares them.
"""

from datetime import UTC, date, datetime

import msgspec

from core import db, tenancy
from core.days import day_of, start_of_day, zone_of
from loyalty.liability import queries
from loyalty.liability.rules import SETTLES_AFTER, WALLET, Movement

EVER = datetime(9999, 1, 1, tzinfo=UTC)


class Happened(msgspec.Struct, frozen=True):
    """A change of outstanding points that happened in one day of the shop's; kinds as in rules.Movement."""

    happened: date
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


async def forget() -> None:
    """Add all days up anew when next it is time: the ledger has got a past."""
    await db.execute(queries.UNROLL)


async def months(since: datetime | None, until: datetime, wallet: str = WALLET) -> list[Movement]:
    """Movements by month of what was recorded from `since` (a midnight of the shop's; None: ever)."""
    name = (await tenancy.shop()).time_zone
    zone = zone_of(name)
    first = day_of(since, zone) if since else None
    rolled = await db.fetchval(queries.ROLLED, wallet, name)
    if first and since != start_of_day(first, zone):
        rolled = None  # the midnight of a time zone that was: no day of ours begins there
    kept = await db.fetch(queries.KEPT_MONTHS, wallet, first) if rolled else []
    later = max((each for each in (since, rolled) if each), default=None)
    new = await db.fetch(queries.MOVEMENTS, wallet, name, later, until)
    return [Movement(**row) for row in (*kept, *new)]


async def happened(first: date, until: date, wallet: str = WALLET) -> list[Happened]:
    """What happened in the days from `first` to before `until`, whenever it was recorded."""
    name = (await tenancy.shop()).time_zone
    rolled = await db.fetchval(queries.ROLLED, wallet, name)
    kept = await db.fetch(queries.KEPT_HAPPENED, wallet, first, until) if rolled else []
    new = await db.fetch(queries.NEW_HAPPENED, wallet, name, rolled, EVER, first, until)
    return [Happened(**row) for row in (*kept, *new)]
