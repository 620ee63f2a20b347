"""Pure: what a tier set is, and which stretch of time counts for it at a moment."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from core.days import day_of, months_on, start_of_day
from core.errors import DomainError, Kind
from loyalty.rules.check import RuleLoops, RuleTriggerReserved, check_event

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2300, 1, 1, tzinfo=UTC)
"""Between them lies all that the ledger can hold."""

_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SHORTEST_DAYS = {"month": 28, "quarter": 90, "year": 365}

Names = Mapping[str, str]
"""Text by locale: en, zh-Hans, zh-Hant."""
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Threshold = Annotated[int, Meta(ge=0, le=10**13)]


class TiersInvalid(DomainError):
    """The tiers of a set, or what it asks for, do not fit together; see check()."""

    code = "tiers_invalid"
    kind = Kind.INVALID
    title = "The tiers do not make a ladder"


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    pass


# ---------------------------------------------------------------- what is measured


class Points(_Rule, frozen=True, tag="points"):
    """Points of a wallet that became active, less those taken back."""

    wallet: Code = "qualifying"


class Spend(_Rule, frozen=True, tag="spend"):
    """What was paid for orders in one currency and not paid back, in its minor units."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Orders(_Rule, frozen=True, tag="orders"):
    """Paid orders that were not paid back whole."""


class Events(_Rule, frozen=True, tag="events"):
    """Events of one type whose data name the customer (`customer_id`)."""

    type: Annotated[str, Meta(pattern=r"^[a-z]+\.[a-z_.]+\Z", max_length=100)]


Metric = Points | Spend | Orders | Events


# ---------------------------------------------------------------- since when


class RollingDays(_Rule, frozen=True, tag="rolling_days"):
    """Today and the days before it, so many together."""

    days: Annotated[int, Meta(ge=1, le=36_500)]


class RollingMonths(_Rule, frozen=True, tag="rolling_months"):
    """From the day after today's date so many months ago."""

    months: Annotated[int, Meta(ge=1, le=1_188)]


class Calendar(_Rule, frozen=True, tag="calendar"):
    """The calendar year, quarter or month of today."""

    period: Literal["month", "quarter", "year"]


class Anniversary(_Rule, frozen=True, tag="anniversary"):
    """The year of membership; who joined on 29 February begins a new one on the 28th in common years."""


class Lifetime(_Rule, frozen=True, tag="lifetime"):
    """Everything."""


Window = RollingDays | RollingMonths | Calendar | Anniversary | Lifetime


def period_of(window: Window, at: datetime, zone: ZoneInfo, joined_at: datetime) -> tuple[datetime, datetime]:
    """The stretch of time, in UTC, that counts at a moment: from its start until just before its end.

    It begins and ends with days of the zone (see core.days). Of a rolling window the end is that of the
    day of `at`; every other window has the same answer for all moments within its period.
    """
    today = day_of(at, zone)
    match window:
        case RollingDays() | RollingMonths():
            first, following = first_day(window, today), today + _DAY
        case Calendar(period):
            first = months_on(today.replace(day=1), -((today.month - 1) % _MONTHS[period]))
            following = months_on(first, _MONTHS[period])
        case Anniversary():
            first, following = _year_of_membership(day_of(joined_at, zone), today)
        case Lifetime():
            return BEGINNING, END
    return start_of_day(first, zone), start_of_day(following, zone)


def months_of(window: Window) -> int:
    """How many months a period has that ends whatever happens; of a lifetime, more than there will be."""
    match window:
        case Calendar(period):
            return _MONTHS[period]
        case Anniversary():
            return 12
        case _:
            return 12 * 1_000


def first_day(window: RollingDays | RollingMonths, today: date) -> date:
    """The first day that a rolling window counts on a day."""
    if isinstance(window, RollingDays):
        return today - timedelta(days=window.days - 1)
    return months_on(today, -window.months) + _DAY


def leaves_on(window: RollingDays | RollingMonths, day: date) -> date:
    """The first day for which a rolling window no longer counts what happened on `day`."""
    if isinstance(window, RollingDays):
        return day + timedelta(days=window.days)
    found = months_on(day, window.months)
    while months_on(found, -window.months) < day:
        found += _DAY
    return found


def _year_of_membership(joined: date, today: date) -> tuple[date, date]:
    years = today.year - joined.year
    if months_on(joined, 12 * years) > today:
        years -= 1
    return months_on(joined, 12 * years), months_on(joined, 12 * (years + 1))


# ---------------------------------------------------------------- tiers and what comes with them


class Benefit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tier brings its members for as long as they are in it.

    `value` by kind: multiplier: percent of points; free_shipping: from so much (minor units; 0: always);
    early_access: hours before others; event_invitation: guests; birthday_gift: points, once a year.
    """

    code: Code
    kind: Literal[
        "multiplier", "free_shipping", "early_access", "event_invitation", "birthday_gift", "custom"
    ]
    name: Names = {}
    value: Annotated[int, Meta(ge=0, le=10**9)] | None = None


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tier. `threshold`: what it takes, in the unit of its set's metric."""

    rank: Annotated[int, Meta(ge=0, le=100)]
    code: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Names
    threshold: Threshold
    multiplier_percent: int = 100
    benefits: tuple[Benefit, ...] = ()

    @property
    def all_benefits(self) -> tuple[Benefit, ...]:
        """With the multiplier, which is a number of its own because earning computes with it."""
        if self.multiplier_percent == 100:
            return self.benefits
        return (Benefit(code="multiplier", kind="multiplier", value=self.multiplier_percent), *self.benefits)


class TierSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ladder of tiers, and how members climb and fall.

    `requalification`: always: the tier is what the metric says at each moment. period_end: a tier is kept
    to the end of the period after the one in which it was reached or confirmed; only with the end of a
    period may a member fall. `downgrade`: then to what the ended period was enough for
    (free_fall), or one tier down (one_step). `grace_days`: the fall comes so many days later; with a
    rolling window, so many after the last day at whose end the tier was reached.
    """

    code: Code
    name: Names
    tiers: tuple[Tier, ...]
    metric: Metric = Points()
    window: Window = RollingDays(365)
    requalification: Literal["always", "period_end"] = "always"
    downgrade: Literal["free_fall", "one_step"] = "free_fall"
    grace_days: Annotated[int, Meta(ge=0, le=364)] = 0

    def at(self, code: str) -> Tier:
        """The tier of this code; the lowest, if there is none (any more)."""
        return next((tier for tier in self.tiers if tier.code == code), self.tiers[0])

    def above(self, tier: Tier) -> Tier | None:
        """The next higher tier."""
        return self.tiers[tier.rank + 1] if tier.rank + 1 < len(self.tiers) else None


def check(tier_set: TierSet) -> None:
    """Raises TiersInvalid unless ranks count up from 0, thresholds rise from 0, codes differ, no tier
    multiplies by less than 1 or more than 100, requalification fits the window, and no events count that
    say what somebody thinks of the shop or that points bring about."""
    check_tiers(tier_set.tiers)
    if isinstance(tier_set.metric, Events):
        try:
            check_event(tier_set.metric.type)
        except (RuleLoops, RuleTriggerReserved) as error:
            raise TiersInvalid(error.detail) from error
    rolling = isinstance(tier_set.window, RollingDays | RollingMonths)
    if tier_set.requalification == "period_end" and rolling:
        raise TiersInvalid("a rolling window has no period at whose end a tier could be confirmed")
    if tier_set.requalification == "always" and tier_set.downgrade == "one_step":
        raise TiersInvalid("soft landing needs tiers that are confirmed at the end of a period")
    if tier_set.requalification == "always" and tier_set.grace_days and not rolling:
        raise TiersInvalid("grace needs tiers that are confirmed at the end of a period, or a rolling window")
    shortest = _SHORTEST_DAYS.get(getattr(tier_set.window, "period", "year"), 0)
    if tier_set.grace_days >= shortest:
        raise TiersInvalid("the grace must be shorter than the period", grace_days=tier_set.grace_days)


def check_tiers(tiers: Sequence[Tier]) -> None:
    """The part of check() that concerns the ladder alone. Raises TiersInvalid."""
    if [tier.rank for tier in tiers] != list(range(len(tiers))) or not tiers:
        raise TiersInvalid("ranks must count up from 0")
    thresholds = [tier.threshold for tier in tiers]
    if thresholds[0] != 0 or any(b <= a for a, b in pairwise(thresholds)):
        raise TiersInvalid("thresholds must rise, from 0 at the lowest tier", thresholds=thresholds)
    if len({tier.code for tier in tiers}) != len(tiers):
        raise TiersInvalid("two tiers have the same code")
    if not all(100 <= tier.multiplier_percent <= 10_000 for tier in tiers):
        raise TiersInvalid("a multiplier is 100 to 10,000 percent")
    for tier in tiers:
        codes = [benefit.code for benefit in tier.benefits]
        if len(set(codes)) != len(codes) or any(benefit.kind == "multiplier" for benefit in tier.benefits):
            raise TiersInvalid(
                f"benefits of {tier.code} need different codes, and the multiplier is multiplier_percent"
            )


def granted(before: Tier, after: Tier) -> tuple[Benefit, ...]:
    """What a member has in one tier and had not in the other, in that form."""
    return tuple(benefit for benefit in after.all_benefits if benefit not in before.all_benefits)
