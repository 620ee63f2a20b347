"""Days of the ledger, added up as they go by; what is newer is read from the ledger itself.

So the answers are the same whether or not, and when, anybody has added up: a test compares them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

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
    """Add up what was recorded since the last time; answers whether that is any later.

    Also of today, for a large shop's page would else read all of its day. When the shop's time zone is
    another than it was, all days are added up anew.
    """
    zone = (await tenancy.shop()).time_zone
    zone_of(zone)  # one that nobody knows is refused here, not by SQL
    end = now - SETTLES_AFTER
    await db.execute(queries.ALONE)
    since = await db.fetchval(queries.ROLLED, wallet, zone)
    if since and since >= end:
        return False
    if since is None:
        await db.execute(queries.FORGET, wallet)
    await db.execute(queries.KEEP, wallet, zone, since, end, *await calendar(wallet))
    await db.execute(queries.NOTE_ROLLED, wallet, zone, end)
    return True


async def forget() -> None:
    """Add all days up anew when next it is time: the ledger has got a past."""
    await db.execute(queries.ALONE)  # in the order of roll(): or each could wait for the other
    await db.execute(queries.UNROLL)


async def calendar(wallet: str = WALLET) -> tuple[Sequence[datetime], Sequence[date], date | None]:
    """The ends of the closed months, their first days, and that of the month after them (None: none is)."""
    row = await db.fetchrow(queries.CALENDAR, wallet)
    assert row is not None  # an aggregate always answers a row
    return row["ends"], row["months"], row["next"]


async def months(since: datetime | None, until: datetime, wallet: str = WALLET) -> list[Movement]:
    """Movements by month of what was recorded from `since` (a midnight of the shop's; None: ever)."""
    name = (await tenancy.shop()).time_zone
    zone = zone_of(name)
    first = day_of(since, zone) if since else None
    closed = await calendar(wallet)
    rolled, kept = await _kept(queries.KEPT_MONTHS, wallet, name, first, closed[2])
    if first and since != start_of_day(first, zone):
        rolled, kept = None, []  # the midnight of a time zone that was: no day of ours begins there
    later = max((each for each in (since, rolled) if each), default=None)
    new = await db.fetch(queries.MOVEMENTS, wallet, name, later, until, *closed)
    return [Movement(**row) for row in [*kept, *map(dict, new)]]


async def happened(first: date, until: date, wallet: str = WALLET) -> list[Happened]:
    """What happened in the days from `first` to before `until`, whenever it was recorded."""
    name = (await tenancy.shop()).time_zone
    rolled, kept = await _kept(queries.KEPT_HAPPENED, wallet, name, first, until)
    new = await db.fetch(queries.NEW_HAPPENED, wallet, name, rolled, EVER, first, until)
    return [Happened(**row) for row in [*kept, *map(dict, new)]]


async def _kept(sql: str, *arguments: object) -> tuple[datetime | None, list[dict[str, Any]]]:
    """Up to when days are kept, and what the statement finds in them."""
    rows = [dict(row) for row in await db.fetch(sql, *arguments)]
    ends = [row.pop("ends_at") for row in rows]
    return ends[0] if ends else None, [row for row in rows if row["kind"] is not None]
