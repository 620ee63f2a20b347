"""The language of earning rules: a closed set of triggers, conditions and effects.

A rule is data. What a condition means is said in three places that must agree: conditions.py (one
event), compile.py (SQL over all stored ones) and sentence.py (words). Property tests compare them.
"""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag=_tag):
    """A piece of a rule; in JSON its `type` names it."""


Code = Annotated[str, Meta(min_length=1, max_length=200)]
Codes = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=200)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
AmountMinor = Annotated[int, Meta(ge=0, le=10**13)]
Points = Annotated[int, Meta(ge=1, le=10**9)]
Hour = Annotated[int, Meta(ge=0, le=24)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
"""1 is Monday."""
Weekdays = Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
FieldName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
Exact = Annotated[int, Meta(ge=-(2**53), le=2**53)]

# ---------------------------------------------------------------- conditions on one line of an order


class SkuIn(Part, frozen=True, kw_only=True):
    """The line is one of these articles."""

    skus: Codes


class CategoryIn(Part, frozen=True, kw_only=True):
    """The line is of one of these categories."""

    categories: Codes


class LineAmount(Part, frozen=True, kw_only=True):
    """What was paid for the line, net of its share of the order's discounts."""

    currency: Currency
    at_least_minor: AmountMinor = 0
    below_minor: AmountMinor | None = None


class LineQuantity(Part, frozen=True, kw_only=True):
    """How many pieces the line has."""

    at_least: Count = 1
    at_most: Count | None = None


LineCondition = SkuIn | CategoryIn | LineAmount | LineQuantity
Lines = Annotated[tuple[LineCondition, ...], Meta(min_length=1, max_length=10)]
"""All of them hold for one and the same line."""

# ---------------------------------------------------------------- triggers


class Order(Part, frozen=True, kw_only=True):
    """A paid order, once."""


class OrderLine(Part, frozen=True, kw_only=True):
    """Each line of a paid order for which all of `where` hold."""

    where: Lines


class CustomEvent(Part, frozen=True, kw_only=True):
    """An event of the shop's own, `custom.…`, about a customer."""

    name: Annotated[str, Meta(pattern=r"^custom\.[a-z_.]+\Z", max_length=100)]


class SocialShare(Part, frozen=True, kw_only=True):
    """The event custom.social_share."""


class Review(Part, frozen=True, kw_only=True):
    """A review written here. What it says and how many stars it gives are not known to any rule."""


class Referral(Part, frozen=True, kw_only=True):
    """A friend's first kept order: the advocate's side or the friend's."""

    side: Literal["advocate", "friend"]


class Birthday(Part, frozen=True, kw_only=True):
    """A member's birthday, once a year."""


class ProfileCompleted(Part, frozen=True, kw_only=True):
    """A member has said everything the programme asks for, once."""


class Enrolment(Part, frozen=True, kw_only=True):
    """A customer became a member, once."""


Trigger = (
    Order
    | OrderLine
    | CustomEvent
    | SocialShare
    | Review
    | Referral
    | Birthday
    | ProfileCompleted
    | Enrolment
)

# ---------------------------------------------------------------- conditions


class TierIn(Part, frozen=True, kw_only=True):
    """The member was in one of these tiers when the event was first counted."""

    tiers: Codes


class MemberFor(Part, frozen=True, kw_only=True):
    """How long the member had been one, in whole periods of 24 hours."""

    at_least_days: Count = 0
    below_days: Count | None = None


class WeekdayIn(Part, frozen=True, kw_only=True):
    """The day of the week in the merchant's time zone."""

    days: Weekdays


class HourBetween(Part, frozen=True, kw_only=True):
    """The hour in the merchant's time zone, from `from_hour` until just before `until_hour`.

    Over midnight where `until_hour` is the smaller one.
    """

    from_hour: Hour
    until_hour: Hour


class Between(Part, frozen=True, kw_only=True):
    """Not before `start`, and before `end`."""

    start: Moment | None = None
    end: Moment | None = None


class InSegment(Part, frozen=True, kw_only=True):
    """The member was in this segment when the event was first counted."""

    segment: UUID


class CurrencyIn(Part, frozen=True, kw_only=True):
    """The order was paid in one of these currencies."""

    currencies: Annotated[tuple[Currency, ...], Meta(min_length=1, max_length=50)]


class StoreIn(Part, frozen=True, kw_only=True):
    """The order was placed in one of these stores (the shop's own ids)."""

    stores: Codes


class ChannelIn(Part, frozen=True, kw_only=True):
    """The order came through one of these channels, as the shop names them."""

    channels: Codes


class AmountBetween(Part, frozen=True, kw_only=True):
    """What was paid in money for the whole order, in one currency."""

    currency: Currency
    at_least_minor: AmountMinor = 0
    below_minor: AmountMinor | None = None


class FirstOrder(Part, frozen=True, kw_only=True):
    """The customer's first order."""


class OrderNumber(Part, frozen=True, kw_only=True):
    """Which order of the customer's it is, counted from 1."""

    at_least: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    at_most: Count | None = None


class AnyLine(Part, frozen=True, kw_only=True):
    """The order has a line for which all of `where` hold."""

    where: Lines


class FieldIs(Part, frozen=True, kw_only=True):
    """A field of the event's data is exactly this text, number or yes/no."""

    field: FieldName
    value: Annotated[str, Meta(max_length=200)] | bool | Exact


class FieldBetween(Part, frozen=True, kw_only=True):
    """A field of the event's data is a number, at least `at_least` and below `below`."""

    field: FieldName
    at_least: Exact | None = None
    below: Exact | None = None


class VerifiedPurchase(Part, frozen=True, kw_only=True):
    """The review is of something that its author bought here."""


class WithPhoto(Part, frozen=True, kw_only=True):
    """The review has a photo."""


class ProductIn(Part, frozen=True, kw_only=True):
    """The review is of one of these articles."""

    skus: Codes


class All(Part, frozen=True, kw_only=True):
    """Each of them holds."""

    of: Annotated[tuple["Condition", ...], Meta(min_length=1, max_length=20)]


class AnyOf(Part, frozen=True, kw_only=True):
    """At least one of them holds."""

    of: Annotated[tuple["Condition", ...], Meta(min_length=1, max_length=20)]


class Not(Part, frozen=True, kw_only=True):
    """It does not hold."""

    of: "Condition"


Condition = (
    TierIn
    | MemberFor
    | WeekdayIn
    | HourBetween
    | Between
    | InSegment
    | CurrencyIn
    | StoreIn
    | ChannelIn
    | AmountBetween
    | FirstOrder
    | OrderNumber
    | AnyLine
    | FieldIs
    | FieldBetween
    | VerifiedPurchase
    | WithPhoto
    | ProductIn
    | All
    | AnyOf
    | Not
)

# ---------------------------------------------------------------- effects


class Fixed(Part, frozen=True, kw_only=True):
    """So many points: once, or for each line with the trigger `order_line`."""

    points: Points


class PerAmount(Part, frozen=True, kw_only=True):
    """Points per 100 currency units of what was paid in money; nothing for other currencies.

    `by_tier`: times the multiplier of the member's tier (not for the qualifying wallet: reaching a
    tier is not made easier by the tier).
    """

    points_per_100_units: Annotated[
        dict[Currency, Annotated[int, Meta(ge=0, le=10**7)]], Meta(min_length=1, max_length=50)
    ]
    by_tier: bool = False


class Multiply(Part, frozen=True, kw_only=True):
    """As many times the points of all rules before it in stacking order, in percent; 200 is double."""

    percent: Annotated[int, Meta(ge=101, le=10_000)]


class PerTier(Part, frozen=True, kw_only=True):
    """So many points by tier; nothing in the others."""

    points: Annotated[dict[Code, Points], Meta(min_length=1, max_length=50)]


Effect = Fixed | PerAmount | Multiply | PerTier


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one member gets of one rule at most, in a calendar period of the merchant's time zone.

    Counted when granted: a refund does not make room for more.
    """

    per: Literal["day", "week", "month", "ever"]
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    points: Points | None = None

    def __post_init__(self) -> None:
        if self.times is None and self.points is None:
            raise ValueError("a limit needs `times` or `points`")

    def period(self, day: date) -> tuple[date, date]:
        """The calendar period of a day: its first day and the first day after it."""
        match self.per:
            case "day":
                return day, day + timedelta(days=1)
            case "week":
                first = day - timedelta(days=day.weekday())
                return first, first + timedelta(days=7)
            case "month":
                first = day.replace(day=1)
                return first, (first + timedelta(days=31)).replace(day=1)
            case "ever":
                return date.min, date.max


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a rule is at work: from `start` until just before `end`, on these days, in these hours."""

    start: Moment | None = None
    end: Moment | None = None
    weekdays: Weekdays | None = None
    hours: HourBetween | None = None

    def conditions(self) -> tuple[Condition, ...]:
        """The same, said in conditions."""
        found: list[Condition] = []
        if self.start or self.end:
            found.append(Between(start=self.start, end=self.end))
        if self.weekdays:
            found.append(WeekdayIn(days=self.weekdays))
        if self.hours:
            found.append(self.hours)
        return tuple(found)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the trigger happens and all conditions hold, the effect gives points to the member's wallets.

    `priority` is the stacking order: a smaller number comes first; of equals the older rule. Of the
    rules of one `exclusive_group` only the first whose conditions hold gives points. No `wallets`: every
    wallet that earns on orders.
    """

    trigger: Trigger
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()
    effect: Effect
    limit: Limit | None = None
    schedule: Schedule = Schedule()
    priority: Annotated[int, Meta(ge=0, le=1000)] = 100
    exclusive_group: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    wallets: Annotated[tuple[Code, ...], Meta(max_length=10)] = ("points",)

    def requirements(self) -> tuple[Condition, ...]:
        """Everything that must hold: the schedule first."""
        return (*self.schedule.conditions(), *self.conditions)

    def gives_to(self, wallet: str, earns_on_orders: bool) -> bool:
        """Whether the points go to this wallet."""
        return wallet in self.wallets or (not self.wallets and earns_on_orders)


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule and when it is in force."""

    rule_id: UUID
    version_id: UUID
    version: int
    code: str
    rule: Rule
    campaign_id: UUID | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether the version is in force at a moment."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )

    @property
    def rounding(self) -> UUID | None:
        """Rules with the same are rounded down once, together: those of one earn.

        A rule with a limit is rounded alone, so that what the limit cuts is a whole number of points.
        """
        return self.rule_id if self.rule.limit else self.campaign_id

    def requirements(self) -> tuple[Condition, ...]:
        """Everything that must hold: being in force first."""
        if self.valid_from is None and self.valid_until is None:
            return self.rule.requirements()
        return (Between(start=self.valid_from, end=self.valid_until), *self.rule.requirements())


def stacked(rules: "list[Active] | tuple[Active, ...]") -> list[Active]:
    """In stacking order."""
    return sorted(rules, key=lambda each: (each.rule.priority, each.rule_id))
