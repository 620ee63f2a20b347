"""The language of segments: a closed set of conditions over a member as they are now."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from loyalty.rules.model import AmountMinor, Codes, Count, Currency, Part

Origin = Literal["shop", "review", "case", "survey"]
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


class Language(Part, frozen=True, kw_only=True):
    """The customer's language, such as en or zh-Hans; en is also en-GB."""

    languages: Codes


class Country(Part, frozen=True, kw_only=True):
    """The country of the customer's locale, such as GB of en-GB."""

    countries: Annotated[tuple[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], ...], Meta(min_length=1)]


class Tagged(Part, frozen=True, kw_only=True):
    """The member has one of these tags of this origin."""

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


Who = TierNow | Joined | OrderCount | Spend | LastOrder | Language | Country | Tagged | AllOf | OneOf | NotSo


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members for whom all conditions hold."""

    where: Annotated[tuple[Who, ...], Meta(min_length=1, max_length=20)]


class SegmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as it is stored. `taints`: what it uses that no points for reviews may depend on."""

    id: UUID
    code: str
    name: str
    segment: Segment
    taints: list[str]


def size(segment: Segment) -> int:
    """How many conditions there are, those inside of others included."""
    todo, found = list(segment.where), 0
    while todo:
        match todo.pop():
            case AllOf(of=of) | OneOf(of=of):
                todo += of
            case NotSo(of=one):
                todo.append(one)
        found += 1
    return found


def taints(segment: Segment) -> list[str]:
    """Which of review, case and survey data the segment uses."""
    return sorted({found for each in segment.where for found in _taints(each)})


def _taints(who: Who) -> frozenset[str]:
    match who:
        case AllOf(of=of) | OneOf(of=of):
            return frozenset(found for each in of for found in _taints(each))
        case NotSo(of=one):
            return _taints(one)
        case Tagged(origin=origin):
            return TAINTS & {origin}
    return frozenset()
