"""Goals of the month, of cases and of the programme, with what they lack, and the busy hours of the week."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from babel.dates import get_day_names
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from admin.inbox.report_present import Reader, said, share
from admin.studio import goal_forms as forms
from admin.studio.dashboard_present import heat
from admin.studio.goal_forms import PATH
from api.auth import StaffUser, requires_permission
from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page
from core import clock, db
from core.days import day_of, zone_of
from core.design.dashboard_views import Board, BoardRow, Cell
from core.design.goal_board_views import GoalBoard, GoalLine
from core.i18n import babel_locale, translator
from reviews.proof import busy, goals, service
from reviews.proof.busy import DAYS, HOURS, Week
from reviews.proof.goals import Goal, Reached
from reviews.proof.rules import Share

Staff = Request[StaffUser, Any, Any]

PROGRAMME, CASES = "programme.edit", "inbox.settings"
SHORT_MOST = 5
reads = requires_permission("studio.read")


@get("/goals", guards=[reads])
async def show(request: Staff) -> Response[Any]:
    """This month, and the last eight weeks."""
    return await _page(request, "", {}, "")


@post("/goals", guards=[requires_permission(PROGRAMME)], status_code=303)
async def change(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Set the goals of the programme, from now on; empty: none."""
    return await _change(request, data, forms.programme_goals, forms.PATH)


@post("/goals/cases", guards=[requires_permission(CASES)], status_code=303)
async def change_of_cases(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Set the goals of cases, from now on; empty: none."""
    return await _change(request, data, forms.case_goals, forms.CASES)


@get("/goals.csv", guards=[reads])
async def as_csv(request: Staff) -> Response[str]:
    """The hours of the week: what came in, what was answered, people at work, people needed."""
    found = await _week(request, clock.now())
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["weekday", "hour", "came", "answered", "people_hours", "weeks", "people_needed"])
    for day in DAYS:
        for hour in HOURS:
            load = found.load((day, hour))
            writer.writerow(
                [day, hour, load.came, load.answered, load.people, found.weeks, found.needed((day, hour))]
            )
    headers = {"Content-Disposition": 'attachment; filename="busy-hours.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


handlers = [show, change, change_of_cases, as_csv]


async def _change(
    request: Staff, data: dict[str, str], read: Callable[[dict[str, str]], list[Goal]], tried: str
) -> Response[Any]:
    now = clock.now()

    async def effect() -> str:
        for goal in read(data):
            await goals.change(goal, request.user.member.id, now)
        return PATH

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except (forms.GoalTyped, goals.GoalUnfit):
        words = translator(locale_of(request))
        because = words.gettext("Something does not fit: look at the numbers. Nothing was saved.")
        return await _page(request, tried, data, because)


async def _week(request: Staff, now: datetime) -> Week:
    async with db.transaction(request.user.merchant_id):
        return await busy.week(now, request.user.shop.time_zone)


async def _page(request: Staff, tried: str, typed: dict[str, str], problem: str) -> Response[Any]:
    """The board; `tried` is where the form posted that came back as it was `typed`."""
    now, locale, zone = clock.now(), locale_of(request), request.user.shop.time_zone
    to = Reader(translator(locale), locale, zone)
    async with db.transaction(request.user.merchant_id):
        start, end = await service.month(day_of(now, zone_of(zone)))
        found = await goals.reached(start, end, now)
        wanted = {each.kind: each for each in await goals.goals()}
        week = await busy.week(now, zone)
    back = (typed, problem) if tried == forms.CASES else ({}, "")
    of_cases = forms.case_form(wanted, *back, to.words)
    back = (typed, problem) if tried == forms.PATH else ({}, "")
    of_programme = forms.programme_form(wanted, *back, to.words, to.shown.number(4.9))
    may = request.user.permissions
    view = GoalBoard(
        month=to.shown.month(day_of(now, zone_of(zone))),
        goals=tuple(_line(each, end, to) for each in found),
        forms=tuple(form for form, needed in ((of_cases, CASES), (of_programme, PROGRAMME)) if needed in may),
        young=""
        if week.whole
        else to.words.gettext(
            "There is less than one whole week to look at yet: hours that have not been are empty."
        ),
        boards=_boards(week, to),
        short=tuple(_short(hour, lacking, to) for hour, lacking in week.short(SHORT_MOST)),
    )
    status = 422 if problem else 200
    return page(request, "staff/goal_board.html", view, section="studio", status=status, now=now)


# ---------------------------------------------------------------- goals


def _line(each: Reached, end: datetime, to: Reader) -> GoalLine:
    goal, number = each.goal, to.shown.number
    if goal.kind == "rating":
        label = to.words.gettext("Average stars of reviews")
        wanted, now = number(float(goal.share * 5)), _average(each, to)
    else:
        label, wanted = said(goal, to), to.shown.percent(float(goal.share))
        now = share(Share(min(each.count, each.of), each.of), to)
    whole = float(goal.share) * each.of
    done = min(1.0, each.count / whole) if whole else 0.0
    return GoalLine(label, wanted, now, done, _lacks(each, end, to), bool(each.of) and not each.short)


def _average(each: Reached, to: Reader) -> str:
    return to.shown.number(round(5 * each.count / each.of, 2)) if each.of else "–"


def _lacks(each: Reached, end: datetime, to: Reader) -> str:
    """12 more replies within target by 30 November."""
    words = to.words
    if not each.of:
        return words.gettext("Nothing to count yet.")
    if not each.short:
        return words.gettext("Reached.")
    by = to.shown.date(end - timedelta(seconds=1), to.time_zone)
    n, values = each.short, {"num": to.shown.number(each.short), "date": by}
    match each.goal.kind:
        case "reply":
            return words.ngettext(
                "%(num)s more reply within target by %(date)s",
                "%(num)s more replies within target by %(date)s", n, **values,
            )  # fmt: skip
        case "resolve":
            return words.ngettext(
                "%(num)s more case resolved within target by %(date)s",
                "%(num)s more cases resolved within target by %(date)s", n, **values,
            )  # fmt: skip
        case "csat":
            return words.ngettext(
                "%(num)s more satisfied answer by %(date)s",
                "%(num)s more satisfied answers by %(date)s", n, **values,
            )  # fmt: skip
        case "rating":
            return words.ngettext(
                "%(num)s more review with five stars by %(date)s",
                "%(num)s more reviews with five stars by %(date)s", n, **values,
            )  # fmt: skip
        case "redemption":
            return words.ngettext(
                "%(num)s more point redeemed by %(date)s",
                "%(num)s more points redeemed by %(date)s", n, **values,
            )  # fmt: skip


# ---------------------------------------------------------------- hours of the week


def _boards(week: Week, to: Reader) -> tuple[Board, ...]:
    words = to.words
    came = words.ngettext(
        "Cases and messages of customers in an hour of the last week.",
        "Cases and messages of customers in an hour, on average of %(num)s weeks.",
        week.weeks, num=week.weeks,
    )  # fmt: skip
    people = words.gettext("People who answered something in the hour, on average.")
    return (
        _week_table(
            "came", words.gettext("What comes in"), came, lambda h: week.load(h).came / week.weeks, to
        ),
        _week_table(
            "people", words.gettext("Who is there"), people, lambda h: week.load(h).people / week.weeks, to
        ),
    )


def _week_table(code: str, title: str, lead: str, value: Callable[[busy.Hour], float], to: Reader) -> Board:
    most = max(value((day, hour)) for day in DAYS for hour in HOURS)
    rows = tuple(
        BoardRow(_day(day, to), tuple(_hour(value((day, hour)), most, to) for hour in HOURS)) for day in DAYS
    )
    heads = (to.words.gettext("Weekday"), *(f"{hour:02}" for hour in HOURS))
    return Board(code, title, lead, "", "", heads, rows, f"{PATH}.csv")


def _hour(value: float, most: float, to: Reader) -> Cell:
    return Cell(to.shown.number(round(value, 1)) if value else "·", heat=heat(value, most))


def _day(day: int, to: Reader) -> str:
    return str(get_day_names("abbreviated", locale=babel_locale(to.locale))[day - 1])


def _short(hour: busy.Hour, lacking: float, to: Reader) -> str:
    day = str(get_day_names("wide", locale=babel_locale(to.locale))[hour[0] - 1])
    return to.words.gettext(
        "%(day)s from %(hour)s: %(people)s more people",
        day=day, hour=f"{hour[1]:02}:00", people=to.shown.number(round(lacking, 1)),
    )  # fmt: skip
