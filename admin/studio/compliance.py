"""The compliance report: are good and bad reviews treated alike, and is everybody asked?"""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery

from admin.inbox.present import excerpt
from api.auth import StaffUser, requires_permission
from api.pages import page
from core import clock, db
from core.design import compliance_views as views
from reviews.compliance import rules
from reviews.compliance import service as compliance
from reviews.compliance.rules import ByStars, Rows
from reviews.compliance.service import Period, Report
from reviews.proof import service as proof
from reviews.publishing.rules import POLICIES
from reviews.reading import ReviewView
from reviews.wording import shown

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/compliance"
PERIODS = (30, 90, 365, 0)
"""Days to choose from; 0: all of time."""
STARS = (1, 2, 3, 4, 5, None)
CODE = "SELECT code FROM merchants WHERE id = $1"
reads = requires_permission("studio.read")


@get("/compliance", guards=[reads])
async def show(request: Staff, days: FromQuery[int] = 90) -> Response[Any]:
    """All figures; each leads to its rows."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        found = await compliance.report(period(days, now))
        code = str(await db.fetchval(CODE, db.merchant_id()))
    return page(request, "staff/compliance.html", present(found, days, code), section="studio", now=now)


@get("/compliance.csv", guards=[reads])
async def as_csv(request: Staff, days: FromQuery[int] = 90) -> Response[str]:
    """The same as a table: a line a figure."""
    async with db.transaction(request.user.merchant_id):
        found = await compliance.report(period(days, clock.now()))
    out = io.StringIO()
    csv.writer(out).writerows([("section", "stars", "figure", "value"), *lines(found)])
    headers = {"Content-Disposition": 'attachment; filename="compliance.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@get("/compliance.json", guards=[reads])
async def as_json(request: Staff, days: FromQuery[int] = 90) -> Response[bytes]:
    """The same as JSON."""
    async with db.transaction(request.user.merchant_id):
        found = await compliance.report(period(days, clock.now()))
    rates = [{"stars": part.stars, "hide_rate": part.hide_rate} for part in found.by_stars]
    document = msgspec.to_builtins(found) | {"hide_rates": rates, "policy_version": POLICIES[-1].version}
    headers = {"Content-Disposition": 'attachment; filename="compliance.json"'}
    return Response(msgspec.json.encode(document), media_type="application/json", headers=headers)


@get("/compliance/reviews", guards=[reads])
async def show_reviews(
    request: Staff,
    rows: FromQuery[Rows] = "all",
    days: FromQuery[int] = 90,
    stars: FromQuery[int | None] = None,
    reason: FromQuery[str] = "",
    after: FromQuery[str] = "",
    month: FromQuery[str] = "",
) -> Response[Any]:
    """The reviews that a figure counts, of the last days or of a month (2026-11). Raises CursorInvalid."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        when = await _of_month(month) or period(days, now)
        found = await compliance.rows(when, rows, stars, reason or None, after)
    asked: dict[str, object] = {"rows": rows, "days": days} | ({"month": month} if month else {})
    asked |= {} if stars is None else {"stars": stars}
    asked |= {"reason": reason} if reason else {}
    view = views.ComplianceRows(
        title=rows,
        back_href=f"{PATH}?days={days}",
        reviews=tuple(map(_counted, found.rows)),
        next_href=f"{PATH}/reviews?{urlencode(asked | {'after': found.next})}" if found.next else "",
        first_href=f"{PATH}/reviews?{urlencode(asked)}" if after else "",
    )
    return page(request, "staff/compliance_rows.html", view, section="studio", now=now)


@get("/compliance/orders", guards=[reads])
async def show_orders(
    request: Staff, days: FromQuery[int] = 90, reason: FromQuery[str] = ""
) -> Response[Any]:
    """Delivered orders that nobody was asked about."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        found = await compliance.unasked(period(days, now), reason)
    orders = tuple(views.CountedOrder(each.order, each.customer, each.delivered_at) for each in found)
    view = views.ComplianceRows("unasked", f"{PATH}?days={days}", orders=orders)
    return page(request, "staff/compliance_rows.html", view, section="studio", now=now)


handlers = [show, as_csv, as_json, show_reviews, show_orders]


async def _of_month(month: str) -> Period | None:
    with suppress(ValueError):
        return Period(*await proof.month(proof.month_of(month)))
    return None


def period(days: int, now: datetime) -> Period:
    """The last so many days; 0 or less: all of time."""
    since = now - timedelta(days=days) if 0 < days < 36_500 else datetime(1990, 1, 1, tzinfo=UTC)
    return Period(since, now + timedelta(days=1))


def present(found: Report, days: int, code: str) -> views.Compliance:
    """What the page shows."""
    asked = found.invitations
    known = {part.stars: part for part in found.by_stars}
    whole = rules.total(found.by_stars)
    version = POLICIES[-1].version
    orders = f"{PATH}/orders?{urlencode({'days': days})}"
    skipped = [
        views.Skipped(reason, _orders(count, orders, reason)) for reason, count in asked.skipped.items()
    ]
    if asked.unasked:
        skipped.append(views.Skipped("", _orders(asked.unasked, orders, "")))
    return views.Compliance(
        days=days,
        choices=tuple((each, f"{PATH}?days={each}") for each in PERIODS),
        rows=tuple(
            _row(known[stars], days, 0 if stars is None else stars) for stars in STARS if stars in known
        ),
        total=_row(whole, days, None),
        reasons=tuple(_reasons(found, days)),
        delivered=asked.delivered,
        asked=views.Figure(asked.sent, share=asked.sent / asked.delivered if asked.delivered else None),
        waiting=asked.waiting,
        answered=asked.answered,
        skipped=tuple(skipped),
        ledger=views.Figure(whole.ledger, _href("ledger", days, None)),
        insider=views.Figure(whole.insider, _href("insider", days, None)),
        policy_href=f"/shops/{code}/review-policy?version={version}",
        policy_version=version,
        csv_href=f"{PATH}.csv?days={days}",
        json_href=f"{PATH}.json?days={days}",
    )


def lines(found: Report) -> Iterator[tuple[str, str, str, object]]:
    """The report as a table: section, stars, figure, value."""
    for part in found.by_stars:
        stars = "" if part.stars is None else str(part.stars)
        for name, value in msgspec.to_builtins(part).items():
            if name != "stars":
                yield "reviews", stars, name, "" if value is None else value
        yield "reviews", stars, "hide_rate", "" if part.hide_rate is None else f"{part.hide_rate:.4f}"
    for reason in found.reasons:
        yield "hidden", "" if reason.stars is None else str(reason.stars), reason.reason, reason.reviews
    asked = found.invitations
    for name in ("delivered", "sent", "waiting", "answered", "unasked"):
        yield "requests", "", name, getattr(asked, name)
    for why, count in asked.skipped.items():
        yield "requests", "", f"skipped_{why}", count


def _row(part: ByStars, days: int, stars: int | None) -> views.StarsRow:
    def figure(name: Rows, value: int, of: int | None = None) -> views.Figure:
        return views.Figure(value, _href(name, days, stars), value / of if of else None)

    return views.StarsRow(
        stars=part.stars,
        live=figure("all", part.live),
        shown=figure("shown", part.shown),
        waiting=figure("waiting", part.waiting),
        hidden=figure("hidden", part.hidden, part.live - part.hidden_there),
        hidden_there=figure("hidden_there", part.hidden_there),
        removed=figure("removed", part.removed),
        verified=figure("verified", part.verified, part.shown),
        incentivised=figure("incentivised", part.incentivised, part.shown),
        answered=figure("answered", part.answered, part.shown),
        answer_hours=part.answer_hours,
    )


def _reasons(found: Report, days: int) -> Iterable[views.ReasonRow]:
    counts = {(each.reason, each.stars): each.reviews for each in found.reasons}
    for reason in dict.fromkeys(each.reason for each in found.reasons):
        figures = tuple(
            views.Figure(
                counts.get((reason, stars), 0), _href("hidden", days, 0 if stars is None else stars, reason)
            )
            for stars in STARS
        )
        whole = views.Figure(sum(each.value for each in figures), _href("hidden", days, None, reason))
        yield views.ReasonRow(reason, figures, whole)


def _href(rows: Rows, days: int, stars: int | None, reason: str = "") -> str:
    """The page of a figure's rows; `stars` 0: without, None: any."""
    asked: dict[str, object] = {"rows": rows, "days": days}
    if stars is not None:
        asked["stars"] = stars
    if reason:
        asked["reason"] = reason
    return f"{PATH}/reviews?{urlencode(asked)}"


def _orders(count: int, href: str, reason: str) -> views.Figure:
    return views.Figure(count, f"{href}&{urlencode({'reason': reason})}")


def _counted(review: ReviewView) -> views.CountedReview:
    text = shown(review.body or review.title)
    return views.CountedReview(
        href=f"/staff/moderation/reviews/{review.id}",
        stars=review.stars,
        author=review.author,
        excerpt=excerpt(text),
        language=review.lang,
        received_at=review.written_at,
        state="removed"
        if review.state == "tombstone"
        else "shown"
        if review.published
        else review.moderation,
    )
