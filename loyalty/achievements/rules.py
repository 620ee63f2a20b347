"""Pure: what an achievement is. A closed set of goals; reviews count, whatever they say."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Period = Literal["ever", "week", "month", "quarter", "year"]
EVER = date(1970, 1, 1)
YEARS = (1970, 2199)

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Points = Annotated[int, Meta(ge=0, le=10**9)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Locale = Annotated[str, Meta(max_length=35)]
Names = Annotated[Mapping[Locale, Text], Meta(min_length=1, max_length=10)]


class _Typed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    pass


class Orders(_Typed, frozen=True, tag="orders"):
    """Orders that were delivered and of which something was kept."""


class Spend(_Typed, frozen=True, tag="spend"):
    """What delivered orders in one currency cost, less refunds; in minor units."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Events(_Typed, frozen=True, tag="events"):
    """Events of the shop's own kinds, such as custom.workout_done, whose subject is the customer."""

    type: Annotated[str, Meta(pattern=r"^custom\.[a-z_.]+\Z", max_length=100)]


class Entries(_Typed, frozen=True, tag="entries"):
    """Entries of the ledger by the rule that made them: approved reviews, qualified referrals."""

    rule: Literal["review", "referral"]


Metric = Orders | Spend | Events | Entries


class Challenge(_Typed, frozen=True, tag="challenge"):
    """Reach `target` within the period; once in each."""

    metric: Metric
    target: Annotated[int, Meta(ge=1, le=10**12)]
    period: Period = "ever"


class Streak(_Typed, frozen=True, tag="streak"):
    """Reach `each` in so many periods one after the other; once for every so many."""

    metric: Metric
    each: Annotated[int, Meta(ge=1, le=10**12)]
    period: Literal["week", "month"]
    periods: Annotated[int, Meta(ge=2, le=120)]


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An achievement. Names and descriptions by locale; `points` 0: a badge alone.

    What happened before `starts_at` or at or after `ends_at` does not count, nor what happened before the
    member joined.
    """

    name: Names
    description: Annotated[Mapping[Locale, Text], Meta(max_length=10)] = {}
    goal: Challenge | Streak
    points: Points = 0
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None


def period_start(day: date, period: Period) -> date:
    """The first day of the period that a day lies in; weeks begin on Monday."""
    if period == "ever":
        return EVER
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return day.replace(day=1) if period == "month" else date(day.year, 1, 1)


def before(start: date, period: Literal["week", "month"]) -> date:
    """The start of the period before the one that starts on this day."""
    return period_start(start - timedelta(days=1), period)


def run_length(reached: frozenset[date], today: date, period: Literal["week", "month"]) -> int:
    """How many periods in a row were reached, up to the present one or, while it is open, the one before."""
    start = period_start(today, period)
    if start not in reached:
        start = before(start, period)
    length = 0
    while start in reached:
        length += 1
        start = before(start, period)
    return length
