"""Working time: when somebody works, how much of it passes, and when so much will have passed. Pure.

The shop is open at every moment at which the clock on its wall shows an opening time. So a shift that the
clock skips in spring is shorter, and an hour that comes twice in autumn is worked twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from core.days import zone_of
from core.errors import DomainError, Kind

DAY_MIN = 24 * 60
LONGEST_SHIFT_MIN = DAY_MIN
SHIFTS_LIMIT = 70
CLOSED_LIMIT = 400
SEARCH_DAYS = 3 * 366
"""No target reaches further; a calendar that has no hours in all this time has none."""

_DAY = timedelta(days=1)

DayKind = Literal["holiday", "workday", "plain"]
"""A public holiday; a weekend day worked in exchange for one; neither."""
Holidays = Callable[[str, date], DayKind]
"""What a day is in a country (such as DE or US-CA; "": none)."""


class CalendarWithoutHours(DomainError):
    """Nobody ever works: no target could ever be due."""

    code = "calendar_without_hours"
    kind = Kind.INVALID
    title = "A calendar needs working hours"


class CalendarUnfit(DomainError):
    """A shift, a day or a country that cannot be."""

    code = "calendar_unfit"
    kind = Kind.INVALID
    title = "The calendar cannot be like this"


class Shift(msgspec.Struct, frozen=True, order=True):
    """From `begins_min` minutes after midnight of each `weekday` (0 Monday), also past midnight (1440)."""

    weekday: int
    begins_min: int
    ends_min: int


class Calendar(msgspec.Struct, frozen=True):
    """`country`: whose public holidays are free ("": none); `closed`: days on which nobody works besides."""

    zone: str
    shifts: tuple[Shift, ...]
    country: str = ""
    closed: tuple[date, ...] = ()


def check(calendar: Calendar, holidays: Holidays, today: date) -> None:
    """Raises CalendarWithoutHours, CalendarUnfit or core.days.TimeZoneUnknown."""
    zone = zone_of(calendar.zone)
    if len(calendar.shifts) > SHIFTS_LIMIT or len(calendar.closed) > CLOSED_LIMIT:
        raise CalendarUnfit(f"at most {SHIFTS_LIMIT} shifts and {CLOSED_LIMIT} days")
    for shift in calendar.shifts:
        long_min = shift.ends_min - shift.begins_min
        begins = 0 <= shift.weekday <= 6 and 0 <= shift.begins_min < DAY_MIN
        if not (begins and 0 < long_min <= LONGEST_SHIFT_MIN):
            raise CalendarUnfit(f"no such shift: {shift}")
    start = datetime.combine(today, time(), zone).astimezone(UTC)
    # At once and for good: no one-off closure may be all that is left, nor may it hide an empty week.
    due_at(calendar, start, timedelta(minutes=1), holidays)
    due_at(msgspec.structs.replace(calendar, closed=()), start, timedelta(minutes=1), holidays)


def due_at(calendar: Calendar, start: datetime, work: timedelta, holidays: Holidays) -> datetime:
    """When so much working time will have passed since `start`. Raises CalendarWithoutHours."""
    return all_due_at(calendar, start, [work], holidays)[0]


def all_due_at(
    calendar: Calendar, start: datetime, works: Sequence[timedelta], holidays: Holidays
) -> list[datetime]:
    """due_at() of several, the shortest first."""
    found: list[datetime] = []
    passed = timedelta()
    spans = _spans(calendar, start, holidays)
    begin = end = start.astimezone(UTC)
    for work in works:
        while passed + (end - begin) < work:
            passed += end - begin
            begin, end = next(spans)
        found.append(begin + max(work - passed, timedelta()))
    return found


def worked(calendar: Calendar, start: datetime, end: datetime, holidays: Holidays) -> timedelta:
    """Working time from `start` to `end`; none if that is no later."""
    passed = timedelta()
    if end <= start:
        return passed
    for opened, closed in _spans(calendar, start, holidays, until=end):
        if opened >= end:
            break
        passed += min(closed, end) - opened
    return passed


def _spans(
    calendar: Calendar, start: datetime, holidays: Holidays, until: datetime | None = None
) -> Iterator[tuple[datetime, datetime]]:
    """Working time from `start` on in its order, in UTC."""
    start = start.astimezone(UTC)
    day = start.date()
    for _ in range(SEARCH_DAYS if until is None else (until - start).days + 2):
        for opened, closed in _open(calendar, day, holidays):
            if closed > start:
                yield max(opened, start), closed
        day += _DAY
    if until is None:
        raise CalendarWithoutHours(f"nobody works in {SEARCH_DAYS} days after {start:%Y-%m-%d}")


@lru_cache(maxsize=8192)
def _open(calendar: Calendar, day: date, holidays: Holidays) -> tuple[tuple[datetime, datetime], ...]:
    """Working time within one day of UTC."""
    zone = zone_of(calendar.zone)
    start = datetime.combine(day, time(), UTC)
    found: list[tuple[datetime, datetime]] = []
    for begin, end, offset in _even(start, start + _DAY, zone):
        wall, last = (begin + offset).date(), (end + offset).date()
        while wall <= last:
            midnight = datetime.combine(wall, time(), UTC) - offset
            for begins_min, ends_min in _of_day(calendar, wall, holidays):
                opened = max(midnight + timedelta(minutes=begins_min), begin)
                closed = min(midnight + timedelta(minutes=ends_min), end)
                if opened < closed:
                    found.append((opened, closed))
            wall += _DAY
    return tuple(found)


def _even(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime, timedelta]]:
    """A day of UTC in pieces in which the zone's clock is not changed, each with the zone's offset."""
    before, behind = _offset(start, zone), _offset(end, zone)
    if before == behind:
        return [(start, end, before)]
    low, high = start, end
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return [(start, high, before), (high, end, behind)]


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _of_day(calendar: Calendar, day: date, holidays: Holidays) -> list[tuple[int, int]]:
    """Opening times of one day in minutes: its own shifts, and what is left of the day before's."""
    own = [(s.begins_min, min(s.ends_min, DAY_MIN)) for s in _shifts(calendar, day, holidays)]
    rest = [
        (0, shift.ends_min - DAY_MIN)
        for shift in _shifts(calendar, day - _DAY, holidays)
        if shift.ends_min > DAY_MIN
    ]
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted(own + rest):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


def _shifts(calendar: Calendar, day: date, holidays: Holidays) -> list[Shift]:
    """The shifts that begin on a day; one worked in exchange has those of the first working day of a week."""
    kind = holidays(calendar.country, day)
    if kind == "holiday" or day in calendar.closed:
        return []
    weekday = day.weekday()
    if kind == "workday" and not any(shift.weekday == weekday for shift in calendar.shifts):
        weekday = min((shift.weekday for shift in calendar.shifts), default=0)
    return [shift for shift in calendar.shifts if shift.weekday == weekday]
