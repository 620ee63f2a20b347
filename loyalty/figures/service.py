"""Figures of a stretch of months and the rows behind them, in the open transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from core import db, tenancy
from core.days import start_of_day, zone_of
from loyalty.figures import queries, rules
from loyalty.figures.rules import Flow, Points
from loyalty.liability import rolling
from loyalty.liability.rules import WALLET, next_month
from loyalty.programme import service as programme


class Stretch(msgspec.Struct, frozen=True):
    """Whole months of the shop's, from `first` to `last`, each given by its first day; and their moments.

    Of days() it is these days.
    """

    first: date
    last: date
    start: datetime
    end: datetime

    @property
    def months(self) -> list[date]:
        """The first day of each."""
        found = [self.first]
        while found[-1] < self.last:
            found.append(next_month(found[-1]))
        return found

    def holds(self, month: date) -> bool:
        """Whether the month is one of them."""
        return self.first <= month <= self.last


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How many members went from one tier to another; from None: they joined."""

    from_code: str | None
    to_code: str
    members: int


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Who joined in a month, and how many of them bought in it and in the months since, where any did."""

    month: date
    size: int
    bought: dict[date, int]


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member that a figure has counted."""

    id: UUID
    external_id: str
    joined_at: datetime
    tier_code: str


class PostingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A posting that a figure has added up; `points` as the figure counts them."""

    id: UUID
    member_id: UUID
    external_id: str
    effective_at: datetime
    verb: str
    points: int


async def stretch(last: date, months: int) -> Stretch:
    """So many months, of which the last has the day `last`."""
    zone = zone_of((await tenancy.shop()).time_zone)
    last = last.replace(day=1)
    number = last.year * 12 + last.month - months
    first = date(number // 12, number % 12 + 1, 1)
    return Stretch(first, last, start_of_day(first, zone), start_of_day(next_month(last), zone))


async def days(first: date, last: date) -> Stretch:
    """The days from `first` to `last` of the shop's."""
    zone = zone_of((await tenancy.shop()).time_zone)
    return Stretch(first, last, start_of_day(first, zone), start_of_day(last + timedelta(days=1), zone))


async def points(over: Stretch, wallet: str = WALLET) -> dict[date, Points]:
    """Points by the month in which it happened."""
    return rules.by_month(await rolling.happened(over.first, next_month(over.last), wallet), over.months)


async def points_of(first: date, last: date, wallet: str = WALLET) -> Points:
    """Points of the days from `first` to `last` of the shop's."""
    found = await rolling.happened(first, last + timedelta(days=1), wallet)
    return rules.added_up((each.kind, each.points) for each in found)


async def lately(
    over: Stretch, first: date, last: date, wallet: str = WALLET
) -> tuple[Points, dict[date, Points]]:
    """Points of the days from `first` to `last`, and by month as points() has them: read in one go."""
    until = max(next_month(over.last), last + timedelta(days=1))
    found = await rolling.happened(min(over.first, first), until, wallet)
    own = rules.added_up((each.kind, each.points) for each in found if first <= each.happened <= last)
    return own, rules.by_month(found, over.months)


async def moves(over: Stretch) -> list[Move]:
    """Moves between the tiers of the first set, from each member's place before to that after."""
    code = (await programme.live()).primary.code
    return [Move(**row) for row in await db.fetch(queries.MOVES, code, over.start, over.end)]


async def movers(
    over: Stretch, from_code: str | None, to_code: str, after: UUID | None, limit: int
) -> list[MemberRow]:
    """Who is counted in a move, by id."""
    code = (await programme.live()).primary.code
    args = (code, over.start, over.end, from_code, to_code, after, limit)
    return [MemberRow(**row) for row in await db.fetch(queries.MOVERS, *args)]


async def in_tier(code: str, after: UUID | None, limit: int) -> list[MemberRow]:
    """Who is in a tier of the first set, by id."""
    return [MemberRow(**row) for row in await db.fetch(queries.IN_TIER, code, after, limit)]


async def retention(over: Stretch) -> list[Cohort]:
    """Who joined in each of the months and how many bought when, by month."""
    zone = (await tenancy.shop()).time_zone
    found: dict[date, Cohort] = {}
    for row in await db.fetch(queries.RETENTION, zone, over.start, over.end):
        cohort = found.setdefault(row["cohort"], Cohort(month=row["cohort"], size=row["size"], bought={}))
        if row["month"]:
            cohort.bought[row["month"]] = row["members"]
    return list(found.values())


async def buyers(joined: Stretch, bought: Stretch, after: UUID | None, limit: int) -> list[MemberRow]:
    """Who joined in one stretch and bought in another, by id."""
    args = (joined.start, joined.end, bought.start, bought.end, after, limit)
    return [MemberRow(**row) for row in await db.fetch(queries.BUYERS, *args)]


async def postings(
    over: Stretch, flow: Flow, after: UUID | None, limit: int, wallet: str = WALLET
) -> Sequence[PostingRow]:
    """What a figure of points adds up, the newest first."""
    rows = await db.fetch(queries.postings(flow), wallet, over.start, over.end, after, limit)
    return [PostingRow(**row) for row in rows]


async def pending(before: UUID | None, limit: int, wallet: str = WALLET) -> list[PostingRow]:
    """What brought points that are not settled yet, the newest first; `points` are those that are left."""
    return [PostingRow(**row) for row in await db.fetch(queries.PENDING, wallet, before, limit)]


async def expiring(
    until: datetime, before: UUID | None, limit: int, wallet: str = WALLET
) -> list[PostingRow]:
    """What brought points that expire before a moment; `points` are those that are left, `effective_at` is
    when they expire."""
    return [PostingRow(**row) for row in await db.fetch(queries.EXPIRING, wallet, before, limit, until)]
