"""Public holidays of a country, and weekend days that are worked in exchange; from packages, offline.

China publishes each year's exchange days late in the year before. Until the package `chinese_calendar` knows
a year, its holidays are those of the package `holidays`, without exchange days.
"""

from datetime import date
from functools import lru_cache

import chinese_calendar
import holidays as packaged

from reviews.cases.calendars.rules import CalendarUnfit, DayKind

_WEEKEND_FROM = 5


def countries() -> list[str]:
    """Codes of countries whose holidays are known (ISO 3166-1, two letters)."""
    return sorted(code for code in packaged.list_supported_countries() if len(code) == 2)


def check_country(code: str) -> None:
    """Raises CalendarUnfit for a country or a part of one that is not known; "" is no country."""
    if code:
        _of_year(code, 2026)


@lru_cache(maxsize=16384)
def day_kind(code: str, day: date) -> DayKind:
    """What a day is in a country such as DE, or a part of it such as DE-BY. Raises CalendarUnfit."""
    if not code:
        return "plain"
    if code == "CN" and (known := _in_china(day)):
        return known
    found = _of_year(code, day.year)
    if day in found:
        return "holiday"
    exchanged = day.weekday() >= _WEEKEND_FROM and day in found.weekend_workdays
    return "workday" if exchanged else "plain"


def _in_china(day: date) -> DayKind | None:
    try:
        free, festival = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    if festival is None:
        return "plain"
    return "holiday" if free else "workday"


@lru_cache(maxsize=1024)
def _of_year(code: str, year: int) -> packaged.HolidayBase:
    country, _, part = code.partition("-")
    try:
        return packaged.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError as error:
        raise CalendarUnfit(f"no holidays are known of {code}") from error
