"""What a segment means of one member, in plain Python: what SQL has to agree with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from loyalty.segments import model as s
from loyalty.segments.rfm import Bounds

TIERS = ("t0", "t1", "t2")
STORES = ("s1", "s2")
EVENTS = ("custom.walked", "custom.cart", "custom.review.liked")
LOCALES = ("en", "en-GB", "zh-Hant-TW", "de-AT")
FEELINGS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Order:
    currency: str
    amount: int
    by_points: int
    refunded: int
    discount: int
    at: datetime
    cancelled: bool
    store: str


@dataclass
class Picture:
    """Everything that a segment may look at."""

    tier: str
    joined_at: datetime
    locale: str
    tags: set[tuple[str, str]] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    events: list[tuple[str, datetime]] = field(default_factory=list)
    opinions: list[tuple[str, datetime]] = field(default_factory=list)
    lists: set[UUID] = field(default_factory=set)

    def kept(self, at: datetime, days: int | None = None) -> list[Order]:
        return [each for each in self.orders if not each.cancelled and lately(each.at, at, days)]


def lately(moment: datetime, at: datetime, days: int | None) -> bool:
    return moment <= at and (days is None or moment > at - timedelta(days=days))


def between(value: int | None, least: int, below: int | None) -> bool:
    return value is not None and value >= least and (below is None or value < below)


def up_to(value: int, least: int, most: int | None) -> bool:
    return value >= least and (most is None or value <= most)


def full_days(since: datetime | None, at: datetime) -> int | None:
    return None if since is None else (at - since) // timedelta(days=1)


def holds(segment: s.Segment, of: Picture, at: datetime, bounds: Bounds | None) -> bool:
    return all(is_so(each, of, at, bounds) for each in segment.where)


def is_so(who: s.Who, of: Picture, at: datetime, bounds: Bounds | None) -> bool:
    match who:
        case s.AllOf(of=parts):
            return all(is_so(each, of, at, bounds) for each in parts)
        case s.OneOf(of=parts):
            return any(is_so(each, of, at, bounds) for each in parts)
        case s.NotSo(of=one):
            return not is_so(one, of, at, bounds)
        case s.Scored():
            return bounds is not None and scored(who, of, at, bounds)
    return PLAIN[type(who)](who, of, at)


def country(locale: str) -> str:
    return next((part for part in locale.split("-")[1:] if len(part) == 2 and part.isupper()), "")


def spent(who: s.Spend, of: Picture, at: datetime) -> bool:
    money = sum(
        (o.amount - o.by_points) * max(0, o.amount - o.refunded) // max(1, o.amount)
        for o in of.kept(at, who.within_days)
        if o.currency == who.currency
    )
    return between(money, who.at_least_minor, who.below_minor)


def discounted(who: s.Discounted, of: Picture, at: datetime) -> bool:
    kept = of.kept(at, who.within_days)
    less = sum(o.discount + o.by_points > 0 for o in kept)
    enough = len(kept) >= who.orders_at_least and less * 100 >= len(kept) * who.at_least_percent
    return enough and (who.below_percent is None or less * 100 < len(kept) * who.below_percent)


def scored(who: s.Scored, of: Picture, at: datetime, bounds: Bounds) -> bool:
    kept, year = of.kept(at), of.kept(at, 365)
    if not kept:
        return False
    money = sum(max(0, o.amount - o.by_points - o.refunded) for o in year if o.currency == bounds.currency)
    recency = full_days(max(o.at for o in kept), at) or 0
    found = (
        (who.recency, 5 - sum(bound < recency for bound in bounds.recency)),
        (who.frequency, 1 + sum(bound < len(year) for bound in bounds.frequency)),
        (who.money, 1 + sum(bound < money for bound in bounds.money)),
    )
    return all(score in wanted for wanted, score in found if wanted)


def edge(kind: Callable[..., Any]) -> Callable[[Any, Picture, datetime], bool]:
    def so(who: Any, of: Picture, at: datetime) -> bool:
        kept = of.kept(at)
        moment = kind(o.at for o in kept) if kept else None
        return between(full_days(moment, at), who.at_least_days, who.below_days)

    return so


def counted(
    of: Callable[[Picture], list[tuple[str, datetime]]], name: str
) -> Callable[[Any, Picture, datetime], bool]:
    def so(who: Any, picture: Picture, at: datetime) -> bool:
        wanted = getattr(who, name)
        many = sum(each == wanted and lately(when, at, who.within_days) for each, when in of(picture))
        return up_to(many, who.at_least, who.at_most)

    return so


PLAIN: dict[type[Any], Callable[[Any, Picture, datetime], bool]] = {
    s.TierNow: lambda w, of, at: of.tier in w.tiers,
    s.Joined: lambda w, of, at: between(full_days(of.joined_at, at), w.at_least_days, w.below_days),
    s.OrderCount: lambda w, of, at: up_to(len(of.kept(at, w.within_days)), w.at_least, w.at_most),
    s.Spend: spent,
    s.LastOrder: edge(max),
    s.FirstOrder: edge(min),
    s.Discounted: discounted,
    s.BoughtIn: lambda w, of, at: any(o.store in w.stores for o in of.kept(at, w.within_days)),
    s.Language: lambda w, of, at: any(of.locale == x or of.locale.startswith(x + "-") for x in w.languages),
    s.Country: lambda w, of, at: country(of.locale) in w.countries,
    s.Tagged: lambda w, of, at: any((w.origin, tag) in of.tags for tag in w.tags),
    s.Happened: counted(lambda of: of.events, "event"),
    s.Opinion: counted(lambda of: of.opinions, "feeling"),
    s.Listed: lambda w, of, at: w.list in of.lists,
}

# ---------------------------------------------------------------- generated segments

few = st.integers(0, 3)
days = st.none() | st.sampled_from([1, 7, 30, 90, 400])
since = {
    "at_least_days": st.sampled_from([0, 1, 7, 30]),
    "below_days": st.none() | st.sampled_from([1, 30, 90]),
}
often = {"at_least": few, "at_most": st.none() | few, "within_days": days}
money = st.sampled_from([0, 1, 99, 100, 5_000, 9_999])
fifths = st.lists(st.integers(1, 5), max_size=3, unique=True).map(tuple)
percent = st.sampled_from([0, 1, 33, 34, 50, 67, 100])


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


def plain(lists: list[UUID]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(s.TierNow, tiers=some(TIERS)),
        st.builds(s.Joined, **since),
        st.builds(s.OrderCount, **often),
        st.builds(
            s.Spend, currency=st.sampled_from(["USD", "JPY"]), at_least_minor=money,
            below_minor=st.none() | money, within_days=days,
        ),
        st.builds(s.LastOrder, **since),
        st.builds(s.FirstOrder, **since),
        st.builds(s.Scored, recency=fifths, frequency=fifths, money=fifths),
        st.builds(
            s.Discounted, at_least_percent=percent, below_percent=st.none() | percent,
            orders_at_least=st.integers(1, 3), within_days=days,
        ),
        st.builds(s.BoughtIn, stores=some(STORES), within_days=days),
        st.builds(s.Language, languages=some(("en", "zh", "de", "zh-Hant"))),
        st.builds(s.Country, countries=some(("GB", "TW", "AT"))),
        st.builds(s.Tagged, tags=some(("a", "b")), origin=st.sampled_from(["shop", "review"])),
        st.builds(s.Happened, event=st.sampled_from(EVENTS), **often),
        st.builds(s.Opinion, feeling=st.sampled_from(FEELINGS), **often),
        st.builds(s.Listed, list=st.sampled_from(lists)),
    )  # fmt: skip


def segments(lists: list[UUID]) -> st.SearchStrategy[s.Segment]:
    parts = st.recursive(
        plain(lists),
        lambda inner: st.one_of(
            st.builds(s.AllOf, of=st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(s.OneOf, of=st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(s.NotSo, of=inner),
        ),
        max_leaves=5,
    )
    return st.lists(parts, min_size=1, max_size=3).map(lambda where: s.Segment(where=tuple(where)))
