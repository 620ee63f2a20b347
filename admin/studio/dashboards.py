"""Dashboards: months of points, members and reviews, compared with those before; each figure has its rows."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromQuery

from admin.studio import dashboard_present as present
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
from loyalty.figures.service import MemberRow, Stretch
from loyalty.liability.rules import next_month
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from reviews.figures import service as reviews
from reviews.proof.service import month_of

Staff = Request[StaffUser, Any, Any]

PATH = present.PATH
CHOICES = (3, 6, 12, 24)
ROWS = 50
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
    after: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """What a figure counts: postings, or members. Raises NotFound for a figure that there is not."""
    source = str(request.query_params.get("from", ""))
    async with db.transaction(request.user.merchant_id):
        if figure == "points" and flow in FLOWS:
            view = await _postings(request, await _stretch(request, 1, month), flow, after)
        elif figure == "moves":
            over = await _stretch(request, months, until)
            found = await figures.movers(over, source or None, to, after, ROWS + 1)
            view = await _members(request, found)
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


def _month_before(month: date) -> date:
    return _on(month, -1)


def _on(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


async def _postings(request: Staff, over: Stretch, flow: Flow, after: UUID | None) -> views.DashboardRows:
    locale = locale_of(request)
    shown, words = formats(locale), translator(locale)
    found = await figures.postings(over, flow, after, ROWS + 1)
    titles: dict[Flow, Callable[[], str]] = {
        "earned": lambda: words.gettext("Points earned in %(month)s", month=shown.month(over.first)),
        "redeemed": lambda: words.gettext("Points redeemed in %(month)s", month=shown.month(over.first)),
        "expired": lambda: words.gettext("Points expired in %(month)s", month=shown.month(over.first)),
        "taken_back": lambda: words.gettext("Points taken back in %(month)s", month=shown.month(over.first)),
        "other": lambda: words.gettext("Other changes in %(month)s", month=shown.month(over.first)),
    }
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
    heads = (words.gettext("When"), words.gettext("Customer number"), words.gettext("Points"))
    return _paged(request, titles[flow](), heads, lines, found[ROWS - 1].id if len(found) > ROWS else None)


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
