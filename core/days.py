"""Pure: days and months of a merchant's calendar, in the merchant's time zone.

A day begins with the first moment at which the zone's clock shows its date: 01:00 where the clock skips
midnight, the earlier midnight where there are two. All that follows until the next day begins belongs to
it, also when the clock is put back over midnight and shows the evening before once more.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from core.errors import DomainError, Kind

FIRST_YEAR, LAST_YEAR = 1971, 2199
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class TimeZoneUnknown(DomainError):
    """The merchant's time zone is not in this installation's time-zone data (any more)."""

    code = "time_zone_unknown"
    kind = Kind.INVALID
    title = "There is no such time zone"


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises TimeZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneUnknown(name) from error


@cache
def zone_names() -> frozenset[str]:
    """Of every time zone of this installation; looked for once, since each is a file."""
    return frozenset(available_timezones())


def usable(moment: datetime) -> bool:
    """Whether it lies in the years that somebody may ask for: far from where the calendars of zones end."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def by_clock(moment: datetime, zone: tzinfo) -> datetime:
    """What the zone's clock shows then; as it is said if the zone's calendar has ended by then."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a calendar day, in UTC. A day that the zone left out begins with the next one."""
    midnight = datetime.combine(day, time(), zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    # The clock skips midnight: the day begins when it jumps, at the earliest with the offset after the jump.
    earlier = midnight.replace(fold=1).astimezone(UTC)
    while start - earlier > _SECOND:
        middle = earlier + (start - earlier) // 2
        if middle.astimezone(zone).date() >= day:
            start = middle.replace(microsecond=0)
        else:
            earlier = middle.replace(microsecond=0)
    return start


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day to which a moment belongs."""
    day = moment.astimezone(zone).date()
    return day + _DAY if start_of_day(day + _DAY, zone) <= moment else day


def starts_of_days(first: date, last: date, zone: ZoneInfo) -> Sequence[datetime]:
    """The first moments of all days from `first` to `last`."""
    starts = _starts_of_year
    years = [starts(year, zone) for year in range(first.year, last.year + 1)]
    every = [moment for year in years for moment in year]
    begin = (first - date(first.year, 1, 1)).days
    return every[begin : begin + (last - first).days + 1]


@lru_cache(maxsize=1024)
def _starts_of_year(year: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return tuple(start_of_day(date(year, 1, 1) + timedelta(days=n), zone) for n in range(days))


def months_on(day: date, months: int) -> date:
    """The same day so many months later (or earlier); the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
