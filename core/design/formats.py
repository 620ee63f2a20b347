"""Numbers, money, dates and times as a reader of one language writes them."""

import datetime as dt
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import babel
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_datetime_format,
    get_timezone_name,
)
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from core.i18n import Locale, Translator, babel_locale, translator


@dataclass(frozen=True)
class Formats:
    """The formats of one language."""

    babel_locale: babel.Locale
    translator: Translator

    def number(self, value: int | float) -> str:
        """1,240"""
        return format_decimal(value, locale=self.babel_locale)

    def signed(self, value: int) -> str:
        """+120, −50 (with a real minus), 0"""
        sign = "+" if value > 0 else "−" if value < 0 else ""
        return sign + self.number(abs(value))

    def points(self, value: int) -> str:
        """1,240 points"""
        return self.translator.ngettext("%(num)s point", "%(num)s points", value, num=self.number(value))

    def money(self, amount_minor: int, currency: str) -> str:
        """€12.30 from 1230 minor units; ¥1,230 where the currency has none."""
        amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=self.babel_locale)

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
        return format_percent(share, locale=self.babel_locale)

    def date(self, moment: datetime, time_zone: str) -> str:
        """21 Nov 2026, in the time zone."""
        return format_date(self._local(moment, time_zone).date(), "medium", self.babel_locale)

    def date_time(self, moment: datetime, time_zone: str) -> str:
        """21 Nov 2026, 10:30, in the time zone."""
        local = self._local(moment, time_zone)
        pattern = str(get_datetime_format("medium", locale=self.babel_locale)).replace("'", "")
        day = format_date(local.date(), "medium", self.babel_locale)
        return pattern.replace("{1}", day).replace(
            "{0}", format_time(local, "short", locale=self.babel_locale)
        )

    def month(self, day: dt.date) -> str:
        """November 2026, of any day in it."""
        return format_skeleton("yMMMM", day, locale=self.babel_locale)

    def zone(self, moment: datetime, time_zone: str) -> str:
        """The time zone's name, such as "China Time"."""
        if time_zone == "UTC":
            return time_zone
        return get_timezone_name(ZoneInfo(time_zone), width="long", locale=self.babel_locale)

    def relative(self, moment: datetime, now: datetime) -> str:
        """in 3 hours, 2 days ago; never rounded up to a larger unit, since clocks are read from it"""
        return format_timedelta(moment - now, add_direction=True, threshold=1, locale=self.babel_locale)

    def language(self, tag: str) -> str:
        """The name of a language; the tag itself where it is unknown."""
        try:
            return babel.Locale.parse(tag, sep="-").get_display_name(self.babel_locale) or tag
        except (babel.UnknownLocaleError, ValueError):
            return tag

    @staticmethod
    def _local(moment: datetime, time_zone: str) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a time without time zone")
        return moment.astimezone(ZoneInfo(time_zone))


def formats(locale: Locale) -> Formats:
    """The formats of a language."""
    return Formats(babel_locale(locale), translator(locale))
