"""The liability month by month: computed from the ledger, closed for ever, checked against the ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from core import db, tenancy
from core.errors import DomainError, Kind
from loyalty.liability import queries, rolling, rules
from loyalty.liability.rules import SETTLES_AFTER, WALLET, MonthFigures, Movement
from loyalty.programme import service as programme


class MonthNotOver(DomainError):
    """Its end, and ten minutes for what is on the way, have not passed."""

    code = "month_not_over"
    kind = Kind.CONFLICT
    title = "The month is not over"


class MonthNotNext(DomainError):
    """Months are closed one after the other, from the first with a posting; each once."""

    code = "month_not_next"
    kind = Kind.CONFLICT
    title = "Another month is the next to close"


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A closed month: its figures are kept as they were reported."""

    month: date
    ends_at: datetime
    point_cost_micros: int
    points_outstanding: int
    liability_micros: int
    breakage_micros: int
    closed_at: datetime
    closed_by: str | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All months from the first posting to now, the newest first; `currency` is that of a point's cost."""

    wallet: str
    currency: str
    time_zone: str
    months: tuple[MonthFigures, ...]
    closed: tuple[Closed, ...]
    next_to_close: date | None
    """None: the month that runs now is the first open one."""


async def report(now: datetime, wallet: str = WALLET) -> Report:
    """Every month's figures: closed ones as they were closed, open ones as the ledger says now."""
    shop = await tenancy.shop()
    closed = await _closed(wallet)
    since = closed[-1].ends_at if closed else None
    movements = [*await _stored(wallet), *await rolling.months(since, now, wallet)]
    cost = await _point_cost()
    costs = {each.month: each.point_cost_micros for each in closed}
    months = [
        rules.figures(movements, month, costs.get(month, cost))
        for month in _months(movements, closed, _running(closed, shop.time_zone, now))
    ]
    return Report(
        wallet=wallet,
        currency=shop.currency,
        time_zone=shop.time_zone,
        months=tuple(reversed(months)),
        closed=closed,
        next_to_close=_next_to_close(months, closed, shop.time_zone, now),
    )


async def running(now: datetime, wallet: str = WALLET) -> MonthFigures:
    """The month that runs, as the ledger says now: the first of report(), without the work for the others."""
    shop = await tenancy.shop()
    closed = await _closed(wallet)
    movements = [
        *await _stored(wallet),
        *await rolling.months(closed[-1].ends_at if closed else None, now, wallet),
    ]
    return rules.figures(movements, _running(closed, shop.time_zone, now), await _point_cost())


async def close(month: date, by: UUID | None, now: datetime, wallet: str = WALLET) -> MonthFigures:
    """Close the next open month for ever, in the open transaction. Raises MonthNotNext or MonthNotOver."""
    await db.execute(queries.ALONE)
    found = await report(now, wallet)
    if month > rules.month_of(now, found.time_zone):  # there may be no month after it to begin
        raise MonthNotOver(f"{month:%Y-%m} has not begun")
    ends_at = rules.starts_at(rules.next_month(month), found.time_zone)
    if now < ends_at + SETTLES_AFTER:
        raise MonthNotOver(f"{month:%Y-%m} ends at {ends_at.isoformat()}")
    if month != found.next_to_close:
        raise MonthNotNext(f"{found.next_to_close:%Y-%m}" if found.next_to_close else "none is over")
    movements = await _movements(wallet, found.closed, found.time_zone, ends_at)
    cost = await _point_cost()
    made = rules.figures(movements, month, cost)
    await db.execute(
        queries.CLOSE, wallet, month, ends_at, cost, made.points_closing,
        str(made.liability_micros), str(made.breakage_micros), by, now,
    )  # fmt: skip
    own = [each for each in movements if each.month == month]
    await db.execute(
        queries.ADD_MOVEMENTS, wallet, month,
        [each.cohort for each in own], [each.kind for each in own], [each.points for each in own],
    )  # fmt: skip
    await db.execute(queries.UNROLL_OTHERS, wallet, found.time_zone)
    return made


async def check(wallet: str = WALLET) -> list[date]:
    """Closed months that the ledger no longer bears out; empty when all is well."""
    closed = await _closed(wallet)
    if not closed:
        return []
    zone = (await tenancy.shop()).time_zone
    stored = set(await _stored(wallet))
    found = set(await _recorded(wallet, zone, None, closed[-1].ends_at))
    wrong = {each.month for each in stored ^ found}
    for each in closed:
        if each.points_outstanding != await db.fetchval(queries.OUTSTANDING, wallet, each.ends_at):
            wrong.add(each.month)
    return sorted(wrong)


async def _closed(wallet: str) -> tuple[Closed, ...]:
    rows = await db.fetch(queries.CLOSED, wallet)
    return tuple(
        Closed(**dict(row) | {name: int(row[name]) for name in ("liability_micros", "breakage_micros")})
        for row in rows
    )


async def _movements(wallet: str, closed: Sequence[Closed], zone: str, until: datetime) -> list[Movement]:
    """Closed months as they were stored, the rest from the ledger."""
    since = closed[-1].ends_at if closed else None
    return [*await _stored(wallet), *await _recorded(wallet, zone, since, until)]


async def _stored(wallet: str) -> list[Movement]:
    return [Movement(**row) for row in await db.fetch(queries.CLOSED_MOVEMENTS, wallet)]


async def _recorded(wallet: str, zone: str, since: datetime | None, until: datetime) -> list[Movement]:
    rows = await db.fetch(queries.MOVEMENTS, wallet, zone, since, until, *await rolling.calendar(wallet))
    return [Movement(**row) for row in rows]


async def _point_cost() -> int:
    return (await programme.live()).point_cost_micros


def _running(closed: Sequence[Closed], zone: str, now: datetime) -> date:
    """The month that runs now; never a closed one, should the shop have moved to an earlier time zone."""
    month = rules.month_of(now, zone)
    return max(month, rules.next_month(closed[-1].month)) if closed else month


def _months(movements: Sequence[Movement], closed: Sequence[Closed], now: date) -> list[date]:
    """Every month from the first movement to now, those without any included."""
    month = min([each.month for each in movements] + [each.month for each in closed], default=now)
    months = []
    while month <= now:
        months.append(month)
        month = rules.next_month(month)
    return months


def _next_to_close(
    months: Sequence[MonthFigures], closed: Sequence[Closed], zone: str, now: datetime
) -> date | None:
    done = {each.month for each in closed}
    open_months = [each.month for each in months if each.month not in done]
    if not open_months:
        return None
    ends_at = rules.starts_at(rules.next_month(open_months[0]), zone)
    return open_months[0] if now >= ends_at + SETTLES_AFTER else None
