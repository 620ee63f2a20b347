"""Which stretch of time counts for a tier, against a slow reference that only asks the clock on the wall."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import TimeZoneUnknown, day_of, start_of_day, starts_of_days, zone_of
from loyalty.tiers.rules import (
    Anniversary,
    Benefit,
    Calendar,
    Events,
    Lifetime,
    RollingDays,
    RollingMonths,
    Tier,
    TierSet,
    TiersInvalid,
    Window,
    check,
    granted,
    leaves_on,
    period_of,
)
from tests.factories.tier_model import DAY, SECOND, first_moment, slow_period, today

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "America/Sao_Paulo",  # skipped midnight until 2018
    "Africa/Cairo",  # and does so
    "America/Havana",  # in autumn midnight comes twice
    "America/St_Johns",  # went back over midnight until 2011
    "Pacific/Apia",  # left a whole day out in 2011
]
JOINED = datetime(2020, 2, 29, 12, tzinfo=UTC)


WINDOWS: list[Window] = [
    RollingDays(1),
    RollingDays(30),
    RollingDays(365),
    RollingMonths(1),
    RollingMonths(12),
    Calendar("month"),
    Calendar("quarter"),
    Calendar("year"),
    Anniversary(),
    Lifetime(),
]
moments = st.datetimes(datetime(1999, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))
windows = st.sampled_from(WINDOWS) | st.builds(RollingDays, st.integers(1, 800)) | st.builds(
    RollingMonths, st.integers(1, 30)
)  # fmt: skip


@given(windows, st.sampled_from(ZONES), moments, moments)
def test_periods_are_those_of_the_wall_clock(
    window: Window, zone: str, at: datetime, joined_at: datetime
) -> None:
    assert period_of(window, at, zone_of(zone), joined_at) == slow_period(window, at, zone, joined_at)


@given(
    st.sampled_from(WINDOWS),
    st.sampled_from(ZONES),
    st.integers(2000, 2030),
    st.integers(1, 12),
    st.integers(-2, 2),
)
def test_periods_change_with_the_very_second(
    window: Window, zone: str, year: int, month: int, second: int
) -> None:
    at = first_moment(date(year, month, 1), zone) + second * SECOND
    assert period_of(window, at, zone_of(zone), JOINED) == slow_period(window, at, zone, JOINED)


@given(st.sampled_from(ZONES), st.dates(date(1999, 1, 1), date(2031, 1, 1)))
def test_days_begin_when_the_wall_clock_says_so(zone: str, day: date) -> None:
    start = start_of_day(day, zone_of(zone))
    assert start == first_moment(day, zone)
    assert day_of(start - SECOND, zone_of(zone)) == today(start - SECOND, zone) < day
    assert starts_of_days(day, day + DAY, zone_of(zone)) == [start, first_moment(day + DAY, zone)]


@given(st.sampled_from(WINDOWS[:5]), st.dates(date(2019, 1, 1), date(2025, 1, 1)))
def test_a_day_leaves_a_rolling_window_once(window: Window, day: date) -> None:
    assert isinstance(window, RollingDays | RollingMonths)
    left = leaves_on(window, day)
    begins = [
        slow_period(window, first_moment(d, "UTC"), "UTC", JOINED)[0].date() for d in (left - DAY, left)
    ]
    assert begins[0] <= day < begins[1]


# --- examples -----------------------------------------------------------------------------------


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "zone", "moment", "start", "end"),
    [
        # In March Berlin's month is 743 hours long, in October 745.
        (Calendar("month"), "Europe/Berlin", "2026-03-29T12:00Z", "2026-02-28T23:00Z", "2026-03-31T22:00Z"),
        (Calendar("month"), "Europe/Berlin", "2026-10-25T12:00Z", "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
        (Calendar("year"), "Europe/Berlin", "2025-12-31T22:59:59Z", "2024-12-31T23:00Z", "2025-12-31T23:00Z"),
        (Calendar("year"), "Europe/Berlin", "2025-12-31T23:00:00Z", "2025-12-31T23:00Z", "2026-12-31T23:00Z"),
        (Calendar("quarter"), "America/New_York", "2026-03-08T00Z", "2026-01-01T05:00Z", "2026-04-01T04:00Z"),
        (Calendar("year"), "Asia/Kathmandu", "2026-06-01T00:00Z", "2025-12-31T18:15Z", "2026-12-31T18:15Z"),
        (RollingDays(1), "Australia/Lord_Howe", "2026-10-04T12:59Z", "2026-10-03T13:30Z", "2026-10-04T13Z"),
        # 4 November 2018 began at one o'clock in São Paulo.
        (RollingDays(1), "America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
        (RollingDays(1), "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03Z", "2018-11-04T03Z"),
        (RollingDays(1), "Africa/Cairo", "2026-04-24T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"),
        # At 00:01 the clock of St. John's went back to 23:01; the day had begun all the same.
        (RollingDays(1), "America/St_Johns", "2010-11-07T03:00Z", "2010-11-07T02:30Z", "2010-11-08T03:30Z"),
        (RollingMonths(1), "UTC", "2026-03-31T12:00Z", "2026-03-01T00:00Z", "2026-04-01T00:00Z"),
        (RollingMonths(12), "UTC", "2024-02-29T12:00Z", "2023-03-01T00:00Z", "2024-03-01T00:00Z"),
    ],
)  # fmt: skip
def test_periods_by_example(window: Window, zone: str, moment: str, start: str, end: str) -> None:
    found = period_of(window, datetime.fromisoformat(moment), zone_of(zone), JOINED)
    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2021-02-27T23:59:59", "2020-02-29", "2021-02-28"),
        ("2021-02-28T00:00:00", "2021-02-28", "2022-02-28"),
        ("2024-02-28T23:59:59", "2023-02-28", "2024-02-29"),
        ("2024-02-29T00:00:00", "2024-02-29", "2025-02-28"),
    ],
)
def test_who_joined_on_a_leap_day_has_anniversaries_on_the_28th(moment: str, start: str, end: str) -> None:
    zone = "Europe/Berlin"
    found = period_of(Anniversary(), at(moment, zone), zone_of(zone), at("2020-02-29T08:00", zone))
    assert found == (at(start, zone), at(end, zone))


@pytest.mark.parametrize("name", ["US/Pacific-New", "Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_zone_that_is_no_more_is_refused(name: str) -> None:
    with pytest.raises(TimeZoneUnknown):
        zone_of(name)


# --- sets ---------------------------------------------------------------------------------------


def tiers(*thresholds: int) -> tuple[Tier, ...]:
    return tuple(
        Tier(rank=n, code=f"t{n}", name={}, threshold=threshold) for n, threshold in enumerate(thresholds)
    )


def a_set(**more: object) -> TierSet:
    return TierSet(**{"code": "main", "name": {}, "tiers": tiers(0, 100), **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tiers": ()},
        {"tiers": tiers(1, 2)},
        {"tiers": tiers(0, 5, 5)},
        {"requalification": "period_end"},
        {"requalification": "period_end", "window": RollingMonths(3)},
        {"downgrade": "one_step"},
        {"grace_days": 5, "window": Calendar("year")},
        {"grace_days": 365},
        {"metric": Events("custom.five_star_review")},
        {"metric": Events("custom.points_earned")},
        {"requalification": "period_end", "window": Calendar("month"), "grace_days": 28},
        {"tiers": (Tier(rank=0, code="t0", name={}, threshold=0, multiplier_percent=99),)},
        {"tiers": (Tier(rank=0, code="t0", name={}, threshold=0,
                        benefits=(Benefit(code="a", kind="custom"),) * 2),)},
        {"tiers": (Tier(rank=0, code="t0", name={}, threshold=0,
                        benefits=(Benefit(code="m", kind="multiplier", value=200),)),)},
    ],
)  # fmt: skip
def test_a_set_that_does_not_fit_together_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(TiersInvalid):
        check(a_set(**wrong))


def test_sound_sets_are_taken() -> None:
    check(a_set())
    check(a_set(requalification="period_end", window=Lifetime(), downgrade="one_step", grace_days=364))
    check(a_set(requalification="period_end", window=Calendar("month"), grace_days=27))


def test_a_move_grants_what_is_new_and_withdraws_what_is_not_there_any_more() -> None:
    ship, gift = (
        Benefit(code="ship", kind="free_shipping"),
        Benefit(code="gift", kind="birthday_gift", value=50),
    )
    low = Tier(rank=0, code="a", name={}, threshold=0, benefits=(ship,))
    high = Tier(rank=1, code="b", name={}, threshold=1, multiplier_percent=150, benefits=(ship, gift))
    assert [each.code for each in granted(low, high)] == ["multiplier", "gift"]
    assert granted(high, low) == ()
