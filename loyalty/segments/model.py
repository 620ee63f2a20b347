"""The language of segments: a closed set of conditions over a member as they are now."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from loyalty.rules.check import OPINION, OPINION_FIELDS, names
from loyalty.rules.model import AmountMinor, Codes, Count, Currency, Part

Origin = Literal["shop", "review", "case", "survey"]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Fifths = Annotated[tuple[Annotated[int, Meta(ge=1, le=5)], ...], Meta(max_length=5)]
"""Which fifths of all who bought, 5 the best; none named: any."""
Feeling = Literal["negative", "neutral", "positive"]
TAINTS: frozenset[str] = frozenset({"review", "case", "survey"})


class TierNow(Part, frozen=True, kw_only=True):
    """The member is in one of these tiers."""

    tiers: Codes


class Joined(Part, frozen=True, kw_only=True):
    """How many days ago the member joined."""

    at_least_days: Count = 0
    below_days: Count | None = None


class OrderCount(Part, frozen=True, kw_only=True):
    """How many orders the customer paid, of the last `within_days` or in all."""

    at_least: Count = 0
    at_most: Count | None = None
    within_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None


class Spend(Part, frozen=True, kw_only=True):
    """What the customer paid in money and was not paid back, in one currency."""

    currency: Currency
    at_least_minor: AmountMinor = 0
    below_minor: AmountMinor | None = None
    within_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None


class LastOrder(Part, frozen=True, kw_only=True):
    """How many days ago the customer paid the last order; nobody without one."""

    at_least_days: Count = 0
    below_days: Count | None = None


class FirstOrder(Part, frozen=True, kw_only=True):
    """How many days ago the customer paid the first order; nobody without one."""

    at_least_days: Count = 0
    below_days: Count | None = None


class Scored(Part, frozen=True, kw_only=True):
    """Recency, frequency and money (RFM): where the customer stands among all who ever bought.

    Recency is of the last order; frequency and money are of the last 365 days, money in the shop's currency.
    """

    recency: Fifths = ()
    frequency: Fifths = ()
    money: Fifths = ()


class Discounted(Part, frozen=True, kw_only=True):
    """Which share of the customer's orders was reduced (or paid in part with points), in per cent.

    Nobody with fewer than `orders_at_least` orders: of one order nothing follows.
    """

    at_least_percent: Percent = 0
    below_percent: Percent | None = None
    orders_at_least: Annotated[int, Meta(ge=1, le=1000)] = 2
    within_days: Days | None = None


class BoughtIn(Part, frozen=True, kw_only=True):
    """The customer paid an order in one of these stores, as the shop calls them."""

    stores: Codes
    within_days: Days | None = None


class Happened(Part, frozen=True, kw_only=True):
    """How often an event of this type was about the customer. One named after opinions taints."""

    event: Annotated[str, Meta(pattern=r"^[a-z][a-z_.]{0,99}\Z")]
    at_least: Count = 1
    at_most: Count | None = None
    within_days: Days | None = None


class Opinion(Part, frozen=True, kw_only=True):
    """How many of the customer's reviews feel so, as the model reads them. Taints by reviews."""

    feeling: Feeling
    at_least: Count = 1
    at_most: Count | None = None
    within_days: Days | None = None


class Listed(Part, frozen=True, kw_only=True):
    """The member was in a segment when this list was taken of it; what that used, this uses."""

    list: UUID


class Language(Part, frozen=True, kw_only=True):
    """The customer's language, such as en or zh-Hans; en is also en-GB."""

    languages: Codes


class Country(Part, frozen=True, kw_only=True):
    """The country of the customer's locale, such as GB of en-GB."""

    countries: Annotated[tuple[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], ...], Meta(min_length=1)]


class Tagged(Part, frozen=True, kw_only=True):
    """The member has one of these tags of this origin. One named after opinions taints."""

    tags: Codes
    origin: Origin = "shop"


class AllOf(Part, frozen=True, kw_only=True):
    """Each of them holds."""

    of: Annotated[tuple["Who", ...], Meta(min_length=1, max_length=20)]


class OneOf(Part, frozen=True, kw_only=True):
    """At least one of them holds."""

    of: Annotated[tuple["Who", ...], Meta(min_length=1, max_length=20)]


class NotSo(Part, frozen=True, kw_only=True):
    """It does not hold."""

    of: "Who"


OfOrders = OrderCount | Spend | LastOrder | FirstOrder | Scored | Discounted | BoughtIn
Who = (
    TierNow
    | Joined
    | OfOrders
    | Language
    | Country
    | Tagged
    | Happened
    | Opinion
    | Listed
    | AllOf
    | OneOf
    | NotSo
)


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members for whom all conditions hold."""

    where: Annotated[tuple[Who, ...], Meta(min_length=1, max_length=20)]


class SegmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a segment as it is stored.

    `taints`: what it uses that no points for reviews may depend on.

    `base` is the code of its first version; `newest`: there is no later one. A version never changes, and
    whatever names it keeps it.
    """

    id: UUID
    code: str
    name: str
    segment: Segment
    taints: list[str]
    base: str = ""
    version: int = 1
    newest: bool = True
    created_at: datetime | None = None

    @property
    def label(self) -> str:
        """The name, with the version where another one has it, too."""
        return self.name if self.newest and self.version == 1 else f"{self.name} · {self.version}"


def parts(segment: Segment) -> list[Who]:
    """All conditions, those inside of others included."""
    todo: list[Who] = list(segment.where)
    found: list[Who] = []
    while todo:
        each = todo.pop()
        found.append(each)
        match each:
            case AllOf(of=of) | OneOf(of=of):
                todo += of
            case NotSo(of=one):
                todo.append(one)
    return found


def size(segment: Segment) -> int:
    """How many conditions there are, those inside of others included."""
    return len(parts(segment))


def taints(segment: Segment) -> list[str]:
    """Which of review, case and survey data the segment uses itself; of lists see lists()."""
    return sorted({found for each in segment.where for found in _taints(each)})


def lists(segment: Segment) -> list[UUID]:
    """The lists of members that it names."""
    return sorted({each.list for each in parts(segment) if isinstance(each, Listed)})


def _taints(who: Who) -> frozenset[str]:
    match who:
        case AllOf(of=of) | OneOf(of=of):
            return frozenset(found for each in of for found in _taints(each))
        case NotSo(of=one):
            return _taints(one)
        case Tagged(tags=tags, origin=origin):
            said = any(names(tag.replace("-", "_"), OPINION) for tag in tags)
            return TAINTS & {origin} or frozenset({"review"} if said else ())
        case Opinion():
            return frozenset({"review"})
        case Happened(event=event):
            found = frozenset(each for each in TAINTS if each in event)
            return found or frozenset({"review"} if names(event, OPINION_FIELDS) else ())
    return frozenset()
