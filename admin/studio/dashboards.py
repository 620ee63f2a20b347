"""Dashboards: months of points, members and reviews, compared with those before; each figure has its rows."""

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromQuery

from admin.studio import dashboard_present as present
from admin.studio.present import PERIOD_DAYS
from api.auth import StaffUser, requires_permission
from api.pages import locale_of, page
from core import clock, db
from core.days import day_of, zone_of
from core.design import dashboard_views as views
from core.design.formats import formats
from core.errors import NotFound
from core.files.formulas import defused
from core.i18n import in_language, translator
from loyalty.figures import service as figures
from loyalty.figures.rules import FLOWS, Flow
from loyalty.figures.service import MemberRow, PostingRow, Stretch
from loyalty.liability.rules import next_month
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from reviews.figures import service as reviews
from reviews.proof.service import month_of

Staff = Request[StaffUser, Any, Any]

PATH = present.PATH
CHOICES = (3, 6, 12, 24)
ROWS = 50
DAYS_MOST = 366
reads = requires_permission("studio.read")


@dataclass(frozen=True)
class Asked:
    """What the page shows: a stretch, one as long before it, and its boards."""

    to: present.Reader
    boards: tuple[views.Board, ...]
    figures: tuple[views.Compared, ...]


@get("/dashboards", guards=[reads])
async def show(request: Staff, months: FromQuery[int] = 12, until: FromQuery[str] = "") -> Response[Any]:
    """All boards of so many months, of which the last is `until`."""
    now = clock.now()
    found = await _asked(request, months, until)
    over, count = found.to.over, len(found.to.over.months)
    shown = formats(found.to.locale)
    later = next_month(over.last)

    def href(months: int, last: date) -> str:
        return f"{PATH}?{urlencode({'months': months, 'until': f'{last:%Y-%m}'})}"

    today = day_of(now, zone_of(request.user.shop.time_zone))
    view = views.Dashboards(
        stretch=f"{shown.month(over.first)} – {shown.month(over.last)}",
        earlier_href=href(count, _month_before(over.first)),
        later_href=href(count, min(_on(over.last, count), today.replace(day=1))) if later <= today else "",
        choices=tuple((each, href(each, over.last), each == count) for each in CHOICES),
        figures=found.figures,
        boards=found.boards,
    )
    return page(request, "staff/dashboards.html", view, section="studio", now=now)


@get("/dashboards.csv", guards=[reads])
async def as_csv(
    request: Staff, board: FromQuery[str] = "", months: FromQuery[int] = 12, until: FromQuery[str] = ""
) -> Response[str]:
    """One board as a table, its numbers plain. Raises NotFound."""
    found = await _asked(request, months, until)
    shown = next((each for each in found.boards if each.code == board), None)
    if shown is None:
        raise NotFound(f"there is no board {board}")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(defused, shown.heads))
    for row in shown.rows:
        cells = (each.text if each.value is None else each.value for each in row.cells)
        writer.writerow([defused(row.head), *map(defused, cells)])
    headers = {"Content-Disposition": f'attachment; filename="{shown.code}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@get("/dashboards/rows", guards=[reads])
async def rows(
    request: Staff,
    figure: FromQuery[str] = "",
    month: FromQuery[str] = "",
    flow: FromQuery[str] = "",
    joined: FromQuery[str] = "",
    months: FromQuery[int] = 12,
    until: FromQuery[str] = "",
    to: FromQuery[str] = "",
    tier: FromQuery[str] = "",
    days: FromQuery[int] = 0,
    after: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """What a figure counts: postings, or members. Raises NotFound for a figure that there is not."""
    source = str(request.query_params.get("from", ""))
    async with db.transaction(request.user.merchant_id):
        if figure == "points" and flow in FLOWS:
            over = await _days(request, days) if days else await _stretch(request, 1, month)
            found = await figures.postings(over, flow, after, ROWS + 1)
            view = _lines(request, _title(request, flow, over, days > 0), "", found)
        elif figure in ("pending", "expiring"):
            view = await _lots(request, figure, days, after)
        elif figure == "tier":
            view = await _members(request, await figures.in_tier(tier, after, ROWS + 1))
        elif figure == "moves":
            over = await _stretch(request, months, until)
            moved = await figures.movers(over, source or None, to, after, ROWS + 1)
            view = await _members(request, moved)
        elif figure == "buyers":
            cohort, bought = await _stretch(request, 1, joined), await _stretch(request, 1, month)
            view = await _members(request, await figures.buyers(cohort, bought, after, ROWS + 1))
        else:
            raise NotFound("there is no such figure")
    return page(request, "staff/dashboard_rows.html", view, section="studio")


handlers = [show, as_csv, rows]


async def _asked(request: Staff, months: int, until: str) -> Asked:
    locale, zone = locale_of(request), request.user.shop.time_zone
    async with db.transaction(request.user.merchant_id):
        over = await _stretch(request, months if months in CHOICES else 12, until)
        before = await figures.stretch(_month_before(over.first), len(over.months))
        try:
            tiers = {each.code: in_language(each.name, locale) for each in (await programme.live()).tiers}
            moves = await figures.moves(over)
        except ProgrammeMissing:
            tiers, moves = {}, []
        to = present.Reader(locale, over, tiers)
        both = await figures.points(Stretch(before.first, over.last, before.start, over.end))
        points = {month: found for month, found in both.items() if over.holds(month)}
        earlier = present.summed(found for month, found in both.items() if not over.holds(month))
        found = await reviews.compared(before.start, over.start, over.end, zone)
        made = present.boards(points, moves, await figures.retention(over), found.months, to)
    top = present.compared(present.summed(points.values()), earlier, found.new, found.old, to)
    return Asked(to, made, top)


async def _stretch(request: Staff, months: int, until: str) -> Stretch:
    """What is no month is the current one."""
    last = day_of(clock.now(), zone_of(request.user.shop.time_zone))
    with suppress(ValueError):
        last = month_of(until)
    return await figures.stretch(last, months)


async def _days(request: Staff, days: int) -> Stretch:
    """The last days, as the overview counts them."""
    today = day_of(clock.now(), zone_of(request.user.shop.time_zone))
    return await figures.days(today - timedelta(days=min(abs(days), DAYS_MOST)), today)


def _month_before(month: date) -> date:
    return _on(month, -1)


def _on(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _title(request: Staff, flow: Flow, over: Stretch, of_days: bool) -> str:
    locale, zone = locale_of(request), request.user.shop.time_zone
    shown, words = formats(locale), translator(locale)
    days = f"{shown.date(over.start, zone)} – {shown.date(over.end - timedelta(hours=1), zone)}"
    month = days if of_days else shown.month(over.first)
    titles: dict[Flow, Callable[[], str]] = {
        "earned": lambda: words.gettext("Points earned in %(month)s", month=month),
        "redeemed": lambda: words.gettext("Points redeemed in %(month)s", month=month),
        "expired": lambda: words.gettext("Points expired in %(month)s", month=month),
        "taken_back": lambda: words.gettext("Points taken back in %(month)s", month=month),
        "other": lambda: words.gettext("Other changes in %(month)s", month=month),
    }
    return titles[flow]()


async def _lots(request: Staff, figure: str, days: int, before: UUID | None) -> views.DashboardRows:
    """Points that are not settled, or that expire in the next days, by what brought them."""
    words = translator(locale_of(request))
    if figure == "pending":
        found = await figures.pending(before, ROWS + 1)
        return _lines(request, words.gettext("Pending points"), "", found)
    until = clock.now() + timedelta(days=min(abs(days) or PERIOD_DAYS, DAYS_MOST))
    found = await figures.expiring(until, before, ROWS + 1)
    return _lines(request, words.gettext("Points that expire soon"), words.gettext("Expires"), found)


def _lines(request: Staff, title: str, when: str, found: Sequence[PostingRow]) -> views.DashboardRows:
    """Postings, each with its member and its entry."""
    locale = locale_of(request)
    shown, words = formats(locale), translator(locale)
    lines = tuple(
        views.BoardRow(
            shown.date_time(each.effective_at, request.user.shop.time_zone),
            (
                views.Cell(each.external_id, f"/staff/studio/members/{each.member_id}"),
                views.Cell(
                    shown.signed(each.points), f"/staff/studio/members/{each.member_id}/entries/{each.id}"
                ),
            ),
        )
        for each in found[:ROWS]
    )
    heads = (when or words.gettext("When"), words.gettext("Customer number"), words.gettext("Points"))
    return _paged(request, title, heads, lines, found[ROWS - 1].id if len(found) > ROWS else None)


async def _members(request: Staff, found: list[MemberRow]) -> views.DashboardRows:
    locale = locale_of(request)
    shown, words = formats(locale), translator(locale)
    tiers = {each.code: in_language(each.name, locale) for each in (await programme.live()).tiers}
    lines = tuple(
        views.BoardRow(
            shown.date(each.joined_at, request.user.shop.time_zone),
            (
                views.Cell(each.external_id, f"/staff/studio/members/{each.id}"),
                views.Cell(tiers.get(each.tier_code, each.tier_code)),
            ),
        )
        for each in found[:ROWS]
    )
    heads = (words.gettext("Joined"), words.gettext("Customer number"), words.gettext("Tier"))
    title = words.gettext("Members behind the figure")
    return _paged(request, title, heads, lines, found[ROWS - 1].id if len(found) > ROWS else None)


def _paged(
    request: Staff, title: str, heads: tuple[str, ...], lines: tuple[views.BoardRow, ...], last: UUID | None
) -> views.DashboardRows:
    asked = {name: values[-1] for name, values in request.query_params.dict().items() if name != "after"}
    here = f"{PATH}/rows?{urlencode(asked)}"
    kept = {name: str(value) for name, value in asked.items() if name in ("months", "until")}
    return views.DashboardRows(
        title=title,
        back_href=f"{PATH}?{urlencode(kept)}" if kept else PATH,
        heads=heads,
        rows=lines,
        next_href=f"{here}&after={last}" if last else "",
        first_href=here if "after" in request.query_params else "",
    )
