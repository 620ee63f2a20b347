"""Working time against a reference that looks at the wall clock minute by minute and shares no code."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reviews.cases.calendars import rules
from reviews.cases.calendars.public_days import check_country, countries, day_kind
from reviews.cases.calendars.rules import Calendar, CalendarUnfit, CalendarWithoutHours, Shift

MINUTE = timedelta(minutes=1)
# Clocks that change at two, at midnight, by half an hour, on another continent's days, or never.
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe"),
    *("Asia/Shanghai", "Asia/Kolkata", "Africa/Cairo", "Asia/Beirut", "Pacific/Auckland"),
)


def is_open(calendar: Calendar, moment: datetime) -> bool:
    """What a passer-by sees who reads the sign on the door and looks at a clock."""
    local = moment.astimezone(ZoneInfo(calendar.zone))
    minute = local.hour * 60 + local.minute
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        if day in calendar.closed or _free(calendar.country, day):
            continue
        at = minute + back * 1440
        for shift in calendar.shifts:
            if shift.weekday == day.weekday() and shift.begins_min <= at < shift.ends_min:
                return True
    return False


GERMAN_HOLIDAYS_2026 = {
    date(2026, month, day)
    for month, day in ((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26))
}


def _free(country: str, day: date) -> bool:
    return country == "DE" and day in GERMAN_HOLIDAYS_2026


def reference_due(calendar: Calendar, start: datetime, minutes: int) -> datetime | None:
    moment = start
    for _ in range(60 * 24 * 25):
        if minutes == 0:
            return moment
        minutes -= is_open(calendar, moment)
        moment += MINUTE
    return None


shifts = st.builds(
    lambda weekday, begins, long: Shift(weekday, begins, begins + long),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 1440),
)
# Around the days on which the clocks of these zones change.
starts = st.builds(
    lambda day, minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute),
    st.sampled_from([0, 60, 66, 85, 87, 90, 112, 114, 248, 270, 295, 296, 302, 304, 350]),
    st.integers(0, 2 * 1440),
)
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    shifts=st.lists(shifts, min_size=1, max_size=6).map(tuple),
    country=st.sampled_from(["", "DE"]),
    closed=st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 20)), max_size=4).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(0, 700))
@example(Calendar("Europe/Berlin", (Shift(6, 135, 240),)), datetime(2026, 3, 28, 20, tzinfo=UTC), 60)
@example(Calendar("Europe/Berlin", (Shift(6, 60, 180),)), datetime(2026, 10, 24, 20, tzinfo=UTC), 170)
@example(Calendar("America/Santiago", (Shift(5, 1320, 1500),)), datetime(2026, 4, 4, tzinfo=UTC), 200)
def test_due_and_worked_against_the_reference(calendar: Calendar, start: datetime, minutes: int) -> None:
    expected = reference_due(calendar, start, minutes)
    assume(expected is not None)
    assert expected is not None
    due_at = rules.due_at(calendar, start, timedelta(minutes=minutes), day_kind)
    assert due_at == expected
    assert rules.worked(calendar, start, due_at, day_kind) == timedelta(minutes=minutes)
    assert rules.worked(calendar, start, due_at + timedelta(hours=3), day_kind) == timedelta(
        minutes=minutes + sum(is_open(calendar, due_at + n * MINUTE) for n in range(180))
    )


def test_lunch_and_night_shift_and_the_end_of_the_week() -> None:
    split = Calendar("Asia/Shanghai", (Shift(0, 9 * 60, 12 * 60), Shift(0, 13 * 60 + 30, 18 * 60)))
    monday = datetime(2026, 3, 2, 1, tzinfo=UTC)  # nine in Shanghai
    assert rules.due_at(split, monday, timedelta(hours=4), day_kind) == monday + timedelta(hours=5.5)
    night = Calendar("UTC", (Shift(4, 22 * 60, 30 * 60),))
    friday = datetime(2026, 3, 6, 23, tzinfo=UTC)
    assert rules.due_at(night, friday, timedelta(hours=7), day_kind) == datetime(2026, 3, 7, 6, tzinfo=UTC)
    assert rules.due_at(night, friday, timedelta(hours=8), day_kind) == datetime(2026, 3, 13, 23, tzinfo=UTC)


def test_china_works_on_some_weekends_and_rests_on_some_weekdays() -> None:
    assert day_kind("CN", date(2026, 2, 17)) == "holiday"
    assert day_kind("CN", date(2026, 2, 28)) == "workday"  # a Saturday
    assert day_kind("CN", date(2026, 3, 7)) == "plain"
    assert day_kind("CN", date(2028, 10, 1)) == "holiday"  # before its exchange days are published
    office = Calendar("Asia/Shanghai", tuple(Shift(day, 9 * 60, 18 * 60) for day in range(5)), country="CN")
    saturday = datetime(2026, 2, 28, 0, tzinfo=UTC)
    assert rules.due_at(office, saturday, timedelta(hours=1), day_kind) == saturday + timedelta(hours=2)


def test_parts_of_countries() -> None:
    epiphany = date(2026, 1, 6)
    assert (day_kind("DE", epiphany), day_kind("DE-BY", epiphany)) == ("plain", "holiday")
    assert {"CN", "DE", "TW", "HK", "US"} <= set(countries())
    for unknown in ("XX", "DE-ZZ"):
        with pytest.raises(CalendarUnfit):
            check_country(unknown)


TODAY = date(2026, 3, 1)


def test_a_calendar_without_a_single_hour_is_refused() -> None:
    with pytest.raises(CalendarWithoutHours):
        rules.check(Calendar("UTC", ()), day_kind, TODAY)
    with pytest.raises(CalendarWithoutHours):
        rules.due_at(Calendar("UTC", ()), datetime(2026, 3, 1, tzinfo=UTC), MINUTE, day_kind)


@pytest.mark.parametrize("shift", [Shift(7, 0, 60), Shift(0, 60, 60), Shift(0, -1, 60), Shift(0, 600, 2100)])
def test_shifts_that_cannot_be(shift: Shift) -> None:
    with pytest.raises(CalendarUnfit):
        rules.check(Calendar("UTC", (shift,)), day_kind, TODAY)
