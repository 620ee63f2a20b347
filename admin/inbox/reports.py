"""Reports: how soon, how well, and whether it brought customers back; each figure with its number."""

import csv
import io
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from admin.inbox import report_boards as boards
from admin.inbox import report_present as present
from admin.inbox.pages import Staff
from api.auth import requires_permission
from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.days import day_of, start_of_day, zone_of
from core.errors import DomainError, Kind
from core.files.formulas import defused
from core.i18n import translator
from reviews.cases.remedies import holdout
from reviews.figures import service as reviews
from reviews.proof import service
from reviews.proof.figures import HEADS, figures
from reviews.proof.service import Only, Report
from reviews.trends import service as trends

PATH = "/staff/inbox/reports"
GOALS = "/staff/studio/goals"
DASHBOARDS = "/staff/studio/dashboards"
TRENDS = "/staff/inbox/trends"
reads = requires_permission("inbox.read")
sets = requires_permission("inbox.settings")


class ReportUnfit(DomainError):
    """What was typed is no share."""

    code = "report_unfit"
    kind = Kind.INVALID
    title = "What was typed cannot be read"


@get("/reports", guards=[reads])
async def show_reports(
    request: Staff,
    month: FromQuery[str] = "",
    team: FromQuery[str] = "",
    person: FromQuery[str] = "",
    aspect: FromQuery[str] = "",
) -> Response[Any]:
    """A month of the shop's, of all cases or of some."""
    return await _page(request, month, team, person, aspect)


@get("/reports.csv", guards=[reads])
async def as_csv(
    request: Staff,
    month: FromQuery[str] = "",
    team: FromQuery[str] = "",
    person: FromQuery[str] = "",
    aspect: FromQuery[str] = "",
) -> Response[str]:
    """The same as a table: a line a figure."""
    day, found = await _report(request, month, _only(team, person, aspect))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS)
    for each in figures(found):
        cells = (getattr(each, name) for name in HEADS)
        writer.writerow(["" if cell is None else defused(str(cell)) for cell in cells])
    name = f"cases-{day:%Y-%m}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@post("/reports/holdout", guards=[sets], status_code=303)
async def set_holdout(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Which share of customers by chance gets no remedy, from now on."""
    now = clock.now()

    async def effect() -> str:
        await holdout.change(_percent(data.get("holdout", "")), request.user.member.id, now)
        return PATH

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except (ReportUnfit, holdout.HoldoutUnfit) as error:
        words = translator(locale_of(request))
        because = words.gettext("Something does not fit: look at the numbers. Nothing was saved.")
        return await _page(request, problem=because, typed=data, status=STATUS[error.kind])


handlers = [show_reports, as_csv, set_holdout]


async def _page(
    request: Staff, month: str = "", team: str = "", person: str = "", aspect: str = "", problem: str = "",
    typed: dict[str, str] | None = None, status: int = 200,
) -> Response[Any]:  # fmt: skip
    now, locale, zone = clock.now(), locale_of(request), request.user.shop.time_zone
    day, found = await _report(request, month, _only(team, person, aspect))
    may = request.user.permissions
    to = present.Reader(translator(locale), locale, zone)
    async with db.transaction(request.user.merchant_id):
        choices = present.Choices(await service.teams(), await service.people())
        held = await holdout.current()
        first, end = start_of_day(boards.first_month(day), zone_of(zone)), (await service.month(day))[1]
        stars = (await reviews.compared(first, first, end, zone)).months
        risen = await trends.judged(now)
    kept = {"team": team, "person": person, "aspect": aspect}
    asked = {name: value for name, value in kept.items() if value}

    def href(path: str, of: date) -> str:
        return f"{path}?{urlencode({'month': f'{of:%Y-%m}'} | asked)}"

    today = day_of(now, zone_of(zone))
    later = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    view = present.reports(
        found,
        day,
        kept,
        choices,
        to,
        earlier_href=href(PATH, day.replace(day=1) - timedelta(days=1)),
        later_href=href(PATH, later) if later <= today else "",
        csv_href=href(f"{PATH}.csv", day),
        goals_href=GOALS if "studio.read" in may else "",
        forms=(present.form(held, to, typed, problem),) if "inbox.settings" in may else (),
        boards=(
            (boards.rating(stars, day, to), DASHBOARDS if "studio.read" in may else ""),
            (boards.topics(risen, to), TRENDS),
        ),
    )
    return page(request, "staff/reports.html", view, section="inbox", status=status, now=now)


async def _report(request: Staff, month: str, only: Only) -> tuple[date, Report]:
    """The day with which the month begins, and its report; what is no month is the current one."""
    now = clock.now()
    day = day_of(now, zone_of(request.user.shop.time_zone)).replace(day=1)
    with suppress(ValueError):
        day = service.month_of(month)
    async with db.transaction(request.user.merchant_id):
        start, end = await service.month(day)
        return day, await service.report(start, end, only, now)


def _only(team: str, person: str, aspect: str) -> Only:
    return Only(_uuid(team), _uuid(person), aspect if aspect in present.ASPECTS else "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _percent(typed: str) -> Decimal:
    """Per cent as people type it; empty is none."""
    typed = typed.strip().removesuffix("%").strip().replace(",", ".")
    try:
        share = Decimal(typed or "0") / 100
    except InvalidOperation as error:
        raise ReportUnfit(typed) from error
    if not share.is_finite() or not 0 <= share <= 1:
        raise ReportUnfit(typed)
    return share.quantize(Decimal("0.001"))
