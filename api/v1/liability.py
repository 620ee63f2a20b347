"""What outstanding points are expected to cost, month by month; months are closed for ever."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.liability import service as liability
from loyalty.liability.rules import WALLET, CohortFigures, MonthFigures
from loyalty.liability.service import Closed, Report


class LiabilityMonth(msgspec.Struct, frozen=True, kw_only=True):
    """One month, by when postings were recorded: opening + changes = closing, to the point.

    `changes`: by the side that points came from or went to, signed. `cohorts`: by the month in which the
    points were earned (null: what members owe). Money is in millionths of the currency's unit.
    """

    month: date
    points_opening: int
    changes: Mapping[str, int]
    points_closing: int
    liability_micros: int
    breakage_micros: int
    closed_at: datetime | None
    """null: open; figures of a closed month never change."""
    closed_by: str | None
    """null: a program closed it, or nobody has."""
    cohorts: tuple[CohortFigures, ...]


class Liability(msgspec.Struct, frozen=True, kw_only=True):
    """All months from the first posting to now, the newest first. Shares are billionths."""

    wallet: str
    currency: str
    time_zone: str
    next_to_close: date | None
    months: list[LiabilityMonth]


class CloseMonth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which month: its first day."""

    month: date
    wallet: Annotated[str, Meta(min_length=1, max_length=40)] = WALLET


@get("/", guards=[requires_scope("ledger:read")], responses=problems(401, 403))
async def months(user: NamedDependency[Integrator], wallet: FromQuery[str] = WALLET) -> Liability:
    """The liability and the breakage by month and cohort, as the page of the studio shows them."""
    async with db.transaction(user.merchant_id):
        return _view(await liability.report(clock.now(), wallet))


@post("/close", guards=[requires_scope("liability:close")], status_code=200, responses=WRITE_PROBLEMS)
async def close(data: JSONBody[CloseMonth], once: NamedDependency[Once[Liability]]) -> Response[Liability]:
    """Close the next open month for ever, ten minutes after its end at the earliest.

    Another month is refused with `month_not_next`, one that runs still with `month_not_over`.
    """

    async def effect() -> Liability:
        now = clock.now()
        await liability.close(data.month, None, now, data.wallet)
        return _view(await liability.report(now, data.wallet))

    return await once(effect)


v1_liability = Router("/liability", route_handlers=[months, close], tags=["Liability"])


def _view(found: Report) -> Liability:
    closed = {each.month: each for each in found.closed}
    return Liability(
        wallet=found.wallet,
        currency=found.currency,
        time_zone=found.time_zone,
        next_to_close=found.next_to_close,
        months=[_month(each, closed.get(each.month)) for each in found.months],
    )


def _month(each: MonthFigures, closed: Closed | None) -> LiabilityMonth:
    return LiabilityMonth(
        month=each.month,
        points_opening=each.points_opening,
        changes=each.changes,
        points_closing=each.points_closing,
        liability_micros=each.liability_micros,
        breakage_micros=each.breakage_micros,
        closed_at=closed.closed_at if closed else None,
        closed_by=closed.closed_by if closed else None,
        cohorts=each.cohorts,
    )
