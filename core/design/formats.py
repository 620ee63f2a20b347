"""Numbers, money, dates and times as a reader of one language writes them.

To write one takes Babel 10 to 100 µs, and a page of fifty rows says the same ones again and again: so what
was written lately is remembered, by all that it depends on.
"""

import datetime as dt
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import babel
from babel import dates, numbers
from babel.numbers import get_currency_precision

from core.days import by_clock
from core.i18n import Locale, Translator, babel_locale, translator

REMEMBERED = 4096
"""Of each kind."""

_decimal = lru_cache(REMEMBERED, typed=True)(numbers.format_decimal)
_currency = lru_cache(REMEMBERED)(numbers.format_currency)
_percent = lru_cache(REMEMBERED)(numbers.format_percent)
_date = lru_cache(REMEMBERED)(dates.format_date)
_time = lru_cache(REMEMBERED)(dates.format_time)
_date_and_time = lru_cache(dates.get_datetime_format)
_skeleton = lru_cache(REMEMBERED)(dates.format_skeleton)
_timedelta = lru_cache(REMEMBERED)(dates.format_timedelta)
_zone = lru_cache(dates.get_timezone_name)


@dataclass(frozen=True)
class Formats:
    """The formats of one language."""

    babel_locale: babel.Locale
    translator: Translator

    def number(self, value: int | float) -> str:
        """1,240"""
        return _decimal(value, locale=self.babel_locale)

    def signed(self, value: int, currency: str = "") -> str:
        """+120, −50 (with a real minus), 0; with a currency of its minor units: +€1.20."""
        sign = "+" if value > 0 else "−" if value < 0 else ""
        return sign + self.figure(abs(value), currency)

    def figure(self, value: int, currency: str = "") -> str:
        """1,240, or with a currency of its minor units: €12.40."""
        return self.money(value, currency) if currency else self.number(value)

    def points(self, value: int) -> str:
        """1,240 points"""
        return self.translator.ngettext("%(num)s point", "%(num)s points", value, num=self.number(value))

    def money(self, amount_minor: int, currency: str) -> str:
        """€12.30 from 1230 minor units; ¥1,230 where the currency has none."""
        amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
        return _currency(amount, currency, locale=self.babel_locale)

    def metric(self, value: int, metric: str, currency: str = "") -> str:
        """A tier metric with its unit; spend in minor units."""
        if metric == "spend":
            return self.money(value, currency)
        if metric == "events":
            return self.number(value)
        if metric == "orders":
            return self.translator.ngettext("%(num)s order", "%(num)s orders", value, num=self.number(value))
        return self.points(value)

    def percent(self, share: float) -> str:
        """93% from 0.93"""
        return _percent(share, locale=self.babel_locale)

    def date(self, moment: datetime, time_zone: str) -> str:
        """21 Nov 2026, in the time zone."""
        return _date(self._local(moment, time_zone).date(), "medium", self.babel_locale)

    def date_time(self, moment: datetime, time_zone: str) -> str:
        """21 Nov 2026, 10:30, in the time zone."""
        local = self._local(moment, time_zone)
        pattern = str(_date_and_time("medium", self.babel_locale)).replace("'", "")
        day = _date(local.date(), "medium", self.babel_locale)
        time = _time(local.time().replace(second=0, microsecond=0), "short", locale=self.babel_locale)
        return pattern.replace("{1}", day).replace("{0}", time)

    def month(self, day: dt.date) -> str:
        """November 2026, of any day in it."""
        return _skeleton("yMMMM", day, locale=self.babel_locale)

    def zone(self, moment: datetime, time_zone: str) -> str:
        """The time zone's name, such as "China Time"."""
        if time_zone == "UTC":
            return time_zone
        return _zone(ZoneInfo(time_zone), width="long", locale=self.babel_locale)

    def relative(self, moment: datetime, now: datetime) -> str:
        """in 3 hours, 2 days ago; never rounded up to a larger unit, since clocks are read from it"""
        told = timedelta(seconds=_told((moment - now) // timedelta(seconds=1)))
        return _timedelta(told, add_direction=True, threshold=1, locale=self.babel_locale)

    def language(self, tag: str) -> str:
        """The name of a language; the tag itself where it is unknown."""
        return _language(tag, self.babel_locale)

    @staticmethod
    def _local(moment: datetime, time_zone: str) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a time without time zone")
        return by_clock(moment, ZoneInfo(time_zone))


@lru_cache
def formats(locale: Locale) -> Formats:
    """The formats of a language."""
    return Formats(babel_locale(locale), translator(locale))


@lru_cache(REMEMBERED)
def _language(tag: str, locale: babel.Locale) -> str:
    try:
        return babel.Locale.parse(tag, sep="-").get_display_name(locale) or tag
    except (babel.UnknownLocaleError, ValueError):
        return tag


def _told(seconds: int) -> int:
    """Whole years, months … or seconds, of which as many are told: a time that many others share."""
    size, above = abs(seconds), None
    for _, unit in dates.TIMEDELTA_UNITS:
        if size >= unit:
            break
        above = unit
    whole = round(size / unit) * unit
    whole = whole if above is None else min(whole, above - 1)
    return whole if seconds >= 0 else -whole
