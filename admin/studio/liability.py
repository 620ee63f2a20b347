"""Liability: what outstanding points will cost, month by month; closing a month."""

import csv
import io
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import get_currency_precision
from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.problems import RequestRefused
from core import clock, db
from core.design import ledger_views as views
from core.design.formats import formats
from core.design.views import Notice
from core.i18n import translator
from core.ids import new_id
from loyalty.liability import service as liability
from loyalty.liability.rules import SCALE, CohortFigures, MonthFigures
from loyalty.liability.service import Closed, Report

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/liability"
MICROS = 1_000_000
_EARNED = ("issued", "goodwill", "opening")
_TAKEN_BACK = ("clawed_back", "voided")
_NAMED = {*_EARNED, *_TAKEN_BACK, "redeemed", "expired"}


class CloseMonth(KeyedForm):
    """Which month to close: its first day."""

    month: str


@get("/liability", guards=[requires_permission("studio.read")])
async def months(request: Staff, month: FromQuery[str] = "", closed: FromQuery[str] = "") -> Response[Any]:
    """All months, and the cohorts of one of them."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await liability.report(now)
    may_close = "liability.close" in request.user.permissions
    view = present(found, month, str(new_id()) if may_close else "")
    said = []
    if closed and any(each.month.isoformat() == closed for each in found.closed):
        name = formats(locale).month(date.fromisoformat(closed))
        said = [Notice("good", translator(locale).gettext("%(month)s is closed.", month=name))]
    return page(request, "staff/liability.html", view, section="studio", notices=said, now=now)


@get("/liability.csv", guards=[requires_permission("studio.read")])
async def table(request: Staff) -> Response[str]:
    """The same as a file: a line for each cohort of each month."""
    async with db.transaction(request.user.merchant_id):
        found = await liability.report(clock.now())
    headers = {"Content-Disposition": 'attachment; filename="liability.csv"'}
    return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


@post("/liability/close", guards=[requires_permission("liability.close")], status_code=303)
async def close(request: Staff, data: URLEncodedBody[CloseMonth]) -> Response[Any]:
    """Close the next month. Raises MonthNotNext or MonthNotOver."""
    now = clock.now()
    month = _month(data.month)

    async def effect() -> str:
        await liability.close(month, request.user.member.id, now)
        return f"{PATH}?closed={month.isoformat()}"

    return await once_to(request, data.idempotency_key, data.month, effect, now)


handlers = [months, table, close]


def _month(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestRefused("invalid_request", "The form is not right", "month", status=422) from None


def present(found: Report, chosen: str, close_key: str) -> views.Liability:
    """The page, with the cohorts of the chosen month, else of the newest."""
    shown = next((m for m in found.months if m.month.isoformat() == chosen), None) or found.months[0]
    closed = {each.month: each for each in found.closed}
    rows = tuple(_row(m, closed.get(m.month), m is shown, found.currency) for m in found.months)
    return views.Liability(
        currency=found.currency,
        months=rows,
        shown=next(row for row in rows if row.current),
        cohorts=tuple(_cohort(each, found.currency) for each in reversed(shown.cohorts)),
        close_month=found.next_to_close,
        close_key=close_key if found.next_to_close else "",
        csv_href=f"{PATH}.csv",
    )


def minor(micros: int, currency: str) -> int:
    """Millionths of a currency's unit in its minor unit, a half rounded up."""
    exact = Decimal(micros) * 10 ** get_currency_precision(currency) / MICROS
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _row(month: MonthFigures, closed: Closed | None, current: bool, currency: str) -> views.LiabilityMonth:
    changes = month.changes
    return views.LiabilityMonth(
        month=month.month,
        href=f"{PATH}?month={month.month.isoformat()}",
        points_opening=month.points_opening,
        points_earned=sum(changes.get(kind, 0) for kind in _EARNED),
        points_redeemed=changes.get("redeemed", 0),
        points_expired=changes.get("expired", 0),
        points_taken_back=sum(changes.get(kind, 0) for kind in _TAKEN_BACK),
        points_other=sum(points for kind, points in changes.items() if kind not in _NAMED),
        points_closing=month.points_closing,
        liability_minor=minor(month.liability_micros, currency),
        breakage_minor=minor(month.breakage_micros, currency),
        closed_at=closed.closed_at if closed else None,
        closed_by=(closed.closed_by or "Regulars") if closed else "",
        current=current,
    )


def _cohort(cohort: CohortFigures, currency: str) -> views.LiabilityCohort:
    return views.LiabilityCohort(
        month=cohort.cohort,
        points_issued=cohort.points_issued,
        points_redeemed=cohort.points_redeemed,
        points_lapsed=cohort.points_lapsed,
        points_outstanding=cohort.points_outstanding,
        expected=cohort.expected_share / SCALE,
        liability_minor=minor(cohort.liability_micros, currency),
        breakage_minor=minor(cohort.breakage_micros, currency),
    )


def as_csv(found: Report) -> str:
    """Month, cohort and figures in points and in millionths of the currency unit; the oldest first."""
    closed = {each.month for each in found.closed}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["month", "closed", "earned_in", "points_issued", "points_redeemed", "points_lapsed",
         "points_outstanding", "expected_redemption", "liability_micros", "breakage_micros", "currency"]
    )  # fmt: skip
    for month in reversed(found.months):
        for each in month.cohorts:
            writer.writerow(
                [month.month, month.month in closed, each.cohort or "owed", each.points_issued,
                 each.points_redeemed, each.points_lapsed, each.points_outstanding,
                 Decimal(each.expected_share) / SCALE, each.liability_micros, each.breakage_micros,
                 found.currency]
            )  # fmt: skip
    return out.getvalue()
