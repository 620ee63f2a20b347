"""When points expire and settle, against a slow reference that only ever asks the clock on the wall."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import TimeZoneUnknown, zone_of
from loyalty.wallets.rules import (
    AfterPayment,
    Anniversary,
    AtOnce,
    Expiry,
    Inactivity,
    Never,
    OnDate,
    OnDelivery,
    OnEvent,
    PeriodEnd,
    RollingDays,
    RollingMonths,
    Settling,
    Wallet,
    expires_at,
    settles_at,
)

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Shanghai",
    "Asia/Beirut",  # the clock skips midnight in spring
    "America/Havana",  # and here; in autumn midnight comes twice
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # left a whole day out in 2011
    "Asia/Kathmandu",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ---------------------------------------------------------------- the reference


def _walk(around: datetime, before: timedelta, after: timedelta) -> Iterator[datetime]:
    """Moments of UTC, a quarter of an hour apart: no clock has changed by less since 1975."""
    moment, end = around - before, around + after
    while moment <= end:
        yield moment
        moment += timedelta(minutes=15)


def first_moment_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment whose date on the wall is `day` or later."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return next(
        m for m in _walk(noon, timedelta(days=2), timedelta(days=2)) if m.astimezone(zone).date() >= day
    )


def last_moment_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which the wall shows this; if it never does, as if no clock had been changed."""
    moments = list(_walk(wall.replace(tzinfo=UTC), timedelta(hours=40), timedelta(hours=40)))
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]
    if wall in shown:
        return max(moment for moment, seen in zip(moments, shown, strict=True) if seen == wall)
    before = max(n for n, seen in enumerate(shown) if seen < wall)
    return moments[before] + (wall - shown[before])


def date_on(year: int, month: int, day: int) -> date:
    """That day of that month, or the last one that the month has."""
    while month > 12:
        year, month = year + 1, month - 12
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def reference(policy: Expiry, earned_at: datetime, zone: ZoneInfo, joined_at: datetime) -> datetime | None:
    wall = earned_at.astimezone(zone).replace(tzinfo=None)
    joined = joined_at.astimezone(zone).date()
    if isinstance(policy, RollingDays):
        day = wall.date()
        for _ in range(policy.days):
            day += timedelta(days=1)
        return last_moment_at(datetime.combine(day, wall.time()), zone)
    if isinstance(policy, RollingMonths):
        day = date_on(wall.year, wall.month + policy.months, wall.day)
        return last_moment_at(datetime.combine(day, wall.time()), zone)
    if isinstance(policy, PeriodEnd):
        firsts = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[policy.period]
        coming = (date(y, m, 1) for y in range(wall.year, wall.year + 120) for m in firsts)
        starts = [day for day, _ in zip((d for d in coming if d > wall.date()), range(100), strict=False)]
        return first_moment_of(starts[policy.later], zone)
    if isinstance(policy, Anniversary):
        days = (date_on(joined.year + n, joined.month, joined.day) for n in range(1, 300))
        return first_moment_of([day for day in days if day > wall.date()][policy.later], zone)
    return None


MOMENTS = st.integers(0, 4 * 24 * 365 * 40).map(
    lambda n: datetime(1990, 1, 1, tzinfo=UTC) + n * timedelta(minutes=15)
)
# Where the calendar is not regular: leap days, ends of months, nights in which clocks change.
EDGES = st.sampled_from(
    [
        *("2024-02-29T23:59:45+00:00", "2024-01-31T12:00:00+00:00", "2023-12-31T23:45:00+00:00"),
        *("2024-01-01T00:00:00+00:00", "2025-03-09T02:30:00-05:00", "2025-11-02T01:30:00-04:00"),
        *("2025-11-02T01:30:00-05:00", "2026-03-29T00:30:00+02:00", "2011-12-29T12:00:00-10:00"),
    ]
).map(utc)
POLICIES: st.SearchStrategy[Expiry] = st.one_of(
    st.builds(RollingDays, st.integers(1, 400)),
    st.builds(RollingMonths, st.integers(1, 40)),
    st.builds(PeriodEnd, st.sampled_from(["month", "quarter", "year"]), st.integers(0, 5)),
    st.builds(Anniversary, st.integers(0, 3)),
    st.sampled_from([Never(), Inactivity(30)]),
)


@given(policy=POLICIES, earned_at=EDGES | MOMENTS, zone=st.sampled_from(ZONES), joined_at=EDGES | MOMENTS)
def test_expiry_is_that_of_the_reference(
    policy: Expiry, earned_at: datetime, zone: str, joined_at: datetime
) -> None:
    found = expires_at(policy, earned_at, ZoneInfo(zone), joined_at)
    assert found == reference(policy, earned_at, ZoneInfo(zone), joined_at)
    if not isinstance(policy, Never | Inactivity):
        assert found and found > earned_at


@pytest.mark.parametrize(
    ("policy", "zone", "earned", "expires"),
    [
        # Clocks go forward on 9 March and back on 2 November.
        (RollingDays(1), "America/New_York", "2025-03-08T12:00:00-05:00", "2025-03-09T12:00:00-04:00"),
        (RollingDays(1), "America/New_York", "2025-03-08T02:30:00-05:00", "2025-03-09T03:30:00-04:00"),
        (RollingDays(1), "America/New_York", "2025-11-01T01:30:00-04:00", "2025-11-02T01:30:00-05:00"),
        (RollingMonths(1), "Asia/Shanghai", "2024-01-31T20:00:01+08:00", "2024-02-29T20:00:01+08:00"),
        (RollingMonths(12), "UTC", "2024-02-29T10:00:00+00:00", "2025-02-28T10:00:00+00:00"),
        (PeriodEnd("year"), "Asia/Shanghai", "2025-12-31T23:59:59+08:00", "2026-01-01T00:00:00+08:00"),
        (PeriodEnd("year"), "Asia/Shanghai", "2026-01-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        (PeriodEnd("quarter", 1), "Europe/Berlin", "2025-03-31T12:00:00+02:00", "2025-07-01T00:00:00+02:00"),
        (PeriodEnd("month"), "Asia/Beirut", "2026-02-10T12:00:00+02:00", "2026-03-01T00:00:00+02:00"),
    ],
)
def test_expiry_to_the_second(policy: Expiry, zone: str, earned: str, expires: str) -> None:
    assert expires_at(policy, utc(earned), ZoneInfo(zone), utc(earned)) == utc(expires)


@pytest.mark.parametrize(
    ("joined", "earned", "later", "expires"),
    [
        ("2020-02-29", "2023-02-27", 0, "2023-02-28"),
        ("2020-02-29", "2023-02-28", 0, "2024-02-29"),
        ("2020-05-10", "2020-05-10", 0, "2021-05-10"),
        ("2020-05-10", "2020-05-09", 0, "2021-05-10"),  # an order from before joining
        ("2020-05-10", "2025-05-09", 1, "2026-05-10"),
    ],
)
def test_anniversaries(joined: str, earned: str, later: int, expires: str) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}T00:00:00+00:00")

    assert expires_at(Anniversary(later), at(earned), ZoneInfo("UTC"), at(joined)) == at(expires)


@pytest.mark.parametrize(
    ("policy", "delivered", "settles"),
    [
        (AtOnce(), None, "2026-03-07T12:00:00-05:00"),
        (OnDelivery(), None, None),
        (OnDelivery(), "2026-03-06T12:00:00-05:00", "2026-03-07T12:00:00-05:00"),  # never before the payment
        (OnDelivery(14), "2026-03-08T01:00:00-05:00", "2026-03-22T01:00:00-04:00"),
        (AfterPayment(1), None, "2026-03-08T12:00:00-04:00"),
        (OnDate(date(2026, 5, 1)), None, "2026-05-01T00:00:00-04:00"),
        (OnDate(date(2026, 1, 1)), None, "2026-03-07T12:00:00-05:00"),
        (OnEvent("review.approved"), "2026-03-08T01:00:00-05:00", None),
    ],
)
def test_settling(policy: Settling, delivered: str | None, settles: str | None) -> None:
    paid_at = utc("2026-03-07T12:00:00-05:00")
    found = settles_at(policy, paid_at, utc(delivered) if delivered else None, ZoneInfo("America/New_York"))
    assert found == (utc(settles) if settles else None)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_points_settle_on_a_day_that_postings_have(day: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "on_date", "day": day}, Settling)


def test_the_latest_lot_still_fits_into_the_ledger() -> None:
    latest = datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
    limits: list[Expiry] = [RollingDays(36_500), RollingMonths(1_188), PeriodEnd("year", 99), Anniversary(99)]
    for policy in limits:
        found = expires_at(policy, latest, ZoneInfo("Pacific/Apia"), latest)
        assert found and found < datetime(2300, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "/etc/passwd", "Europe/../etc"])
def test_a_time_zone_that_is_none_is_refused_by_name(name: str) -> None:
    with pytest.raises(TimeZoneUnknown):
        zone_of(name)
    with pytest.raises(TimeZoneUnknown):
        Wallet(code="points", expiry=Never(), zone=name).expires_at(
            utc("2026-01-01T00:00:00Z"), utc("2026-01-01T00:00:00Z")
        )
