"""Calendars: hours of each weekday in words such as 09:00-12:30, 13:30-18:00."""

import re
from datetime import date

from admin.inbox.settings.common import (
    ROOT,
    Fields,
    Setting,
    SettingUnfit,
    Staff,
    code_field,
    items,
    name_field,
    section,
)
from api.pages import locale_of
from core import db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Translator, translator
from core.ids import new_id
from reviews.cases.calendars import public_days, service
from reviews.cases.calendars.rules import DAY_MIN, Calendar, Shift
from reviews.cases.calendars.service import Kept

PATH = f"{ROOT}/calendars"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


async def _put(on: Setting, data: Fields) -> None:
    calendar = Calendar(
        data.get("zone", "").strip(), _shifts(data, on.words), data.get("country", ""), _days(data, on.words)
    )
    await service.put(data.get("code", ""), data.get("name", ""), calendar, on.by, on.now)


async def _remove(on: Setting, code: str) -> None:
    await service.remove(code, on.by)


def _shifts(data: Fields, words: Translator) -> tuple[Shift, ...]:
    found: list[Shift] = []
    for weekday in range(7):
        for span in items(data.get(f"day_{weekday}", "")):
            read = _SPAN.fullmatch(span)
            begins, ends = (
                (int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])) if read else (0, -1)
            )
            if read is None or begins >= DAY_MIN or ends > DAY_MIN or int(read[2]) > 59 or int(read[4]) > 59:
                raise SettingUnfit(words.gettext("“%(text)s” are no hours.", text=span))
            # What ends at or before its beginning ends on the next day.
            found.append(Shift(weekday, begins, ends if ends > begins else ends + DAY_MIN))
    return tuple(found)


def _days(data: Fields, words: Translator) -> tuple[date, ...]:
    found: set[date] = set()
    for line in re.split(r"[\s,]+", data.get("closed", "")):
        try:
            found |= {date.fromisoformat(line)} if line else set()
        except ValueError as error:
            raise SettingUnfit(words.gettext("“%(text)s” is no day.", text=line)) from error
    return tuple(sorted(found))


def hours(calendar: Calendar, weekday: int) -> str:
    """The hours of a weekday as they are typed."""
    return ", ".join(
        f"{_clock(shift.begins_min)}-{_clock(shift.ends_min)}"
        for shift in sorted(calendar.shifts)
        if shift.weekday == weekday
    )


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY_MIN else minutes - DAY_MIN
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def _view(request: Staff, edit: str, typed: Fields | None, because: str) -> views.CaseSettings:
    words, user = translator(locale_of(request)), request.user
    async with db.transaction(user.merchant_id):
        kept = await service.every()
    chosen = next((each for each in kept if each.code == edit), None)
    fields = typed or (_fields(chosen) if chosen else {"zone": user.shop.time_zone})
    may = "inbox.settings" in user.permissions
    return views.CaseSettings(
        section="calendars",
        title=words.gettext("Calendars"),
        lead=words.gettext(
            "When somebody works. Targets count working time only; a case keeps the hours of the day"
            " it was opened."
        ),
        tables=(_table(kept, words, may),),
        forms=(_form(fields, words, edit if chosen else "", because),) if may else (),
    )


def _table(kept: list[Kept], words: Translator, may: bool) -> views.SettingsTable:
    lines = tuple(
        views.SettingsLine(
            (each.name, each.calendar.zone, _week(each.calendar, words), each.calendar.country or "–"),
            f"{PATH}?edit={each.code}",
            f"{PATH}/{each.code}/remove",
            str(new_id()) if may else "",
        )
        for each in kept
    )
    heads = (
        words.gettext("Calendar"),
        words.gettext("Time zone"),
        words.gettext("Hours"),
        words.gettext("Holidays of"),
    )
    empty = words.gettext("No calendars yet: every hour counts, day and night.")
    return views.SettingsTable(words.gettext("Calendars"), heads, lines, empty)


def _week(calendar: Calendar, words: Translator) -> str:
    days = [(word(words, "weekday", str(day)), hours(calendar, day)) for day in range(7)]
    return "; ".join(f"{day} {open_}" for day, open_ in days if open_)


def _fields(kept: Kept) -> Fields:
    calendar = kept.calendar
    days = {f"day_{day}": hours(calendar, day) for day in range(7)}
    closed = "\n".join(day.isoformat() for day in calendar.closed)
    return {
        "code": kept.code,
        "name": kept.name,
        "zone": calendar.zone,
        "country": calendar.country,
        "closed": closed,
        **days,
    }


def _form(fields: Fields, words: Translator, known: str, because: str) -> views.SettingsForm:
    country = fields.get("country", "")
    # A part of a country, such as DE-BY, is set by the API.
    codes = sorted({*public_days.countries(), country} - {""})
    countries = (("", words.gettext("none")), *((code, code) for code in codes))
    base = (
        name_field(fields, words),
        code_field(fields, words),
        FormField(
            "zone",
            words.gettext("Time zone"),
            fields.get("zone", ""),
            hint=words.gettext("For example %(example)s.", example="Asia/Shanghai"),
            required=True,
        ),
        FormField(
            "country",
            words.gettext("Public holidays of"),
            country,
            "select",
            words.gettext("China with the weekend days that are worked instead."),
            options=countries,
        ),
        FormField(
            "closed",
            words.gettext("Closed besides"),
            fields.get("closed", ""),
            "textarea",
            words.gettext("Days such as 2026-12-24, one on each line."),
        ),
    )
    week = tuple(
        FormField(
            f"day_{day}",
            word(words, "weekday", str(day)),
            fields.get(f"day_{day}", ""),
            hint=words.gettext("For example %(example)s; empty: closed.", example="09:00-12:30, 13:30-18:00")
            if day == 0
            else words.gettext("A night shift: %(example)s.", example="22:00-06:00")
            if day == 1
            else "",
        )
        for day in range(7)
    )
    return views.SettingsForm(
        PATH,
        words.gettext("Change the calendar") if known else words.gettext("New calendar"),
        words.gettext("Save"),
        str(new_id()),
        (FormGroup(words.gettext("Calendar"), base), FormGroup(words.gettext("Hours"), week)),
        because,
        PATH if known else "",
        known,
    )


handlers = [*section("calendars", _view, _put, _remove)]
