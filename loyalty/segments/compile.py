"""A segment as SQL over members. Expressions read `m`, a member, and what is joined to it.

Whatever has to be counted of a customer is a column of one of three sources: orders, events, opinions. For
everybody a source is one pass over its table, grouped by customer; for a few members it is looked up for
each. The expressions are the same.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

from loyalty.rules.compile import Arguments, number_range
from loyalty.segments import model as s
from loyalty.segments.rfm import FREQUENCY, MONEY, RECENCY, Bounds

Source = Literal["orders", "events", "opinions"]
# Which rows, and whose they are: also those of whoever was merged into the customer of m.
_FROM: dict[Source, str] = {
    "orders": "FROM orders o {merged} {stores} WHERE o.paid_at <= {now} AND o.cancelled_at IS NULL",
    "events": "FROM events o JOIN customers k ON k.external_id = o.customer WHERE o.occurred_at <= {now}"
    " AND o.type = ANY ({types})",
    "opinions": "FROM member_opinions o {merged} WHERE o.at <= {now}",
}
_CUSTOMER: dict[Source, str] = {"orders": "o.customer_id", "events": "k.id", "opinions": "o.customer_id"}
_MERGED = "LEFT JOIN customers k ON k.id = o.customer_id AND k.merged_into IS NOT NULL"
_OWN = """ANY (ARRAY(SELECT m.customer_id
                      UNION ALL SELECT x.id FROM customers x WHERE x.merged_into = m.customer_id))"""
_STORES = "LEFT JOIN stores t ON t.id = o.store_id"


class Compiled(NamedTuple):
    """`FROM members m {joins} WHERE {where}`; `where` is never NULL, joins change no number of rows."""

    joins: str
    where: str


def members(
    segment: s.Segment, at: datetime, args: Arguments, bounds: Bounds | None = None, everybody: bool = False
) -> Compiled:
    """Who is in the segment as of `at`. Without `bounds` nobody has a score."""
    made = _Statement(at, args, bounds)
    where = " AND ".join(made.who(each) for each in segment.where)
    return Compiled(made.joins(everybody), where)


class _Statement:
    def __init__(self, at: datetime, args: Arguments, bounds: Bounds | None) -> None:
        self.args, self.bounds, self.at = args, bounds, at
        self.columns: dict[Source, list[str]] = {}
        self.types: list[str] = []
        self.profiles = self.stores = False

    @cached_property
    def now(self) -> str:
        """An argument only where it is asked for: PostgreSQL wants no others."""
        return self.args.add(self.at, "timestamptz")

    def who(self, who: s.Who) -> str:
        match who:
            case s.AllOf(of=of):
                return "(" + " AND ".join(self.who(each) for each in of) + ")"
            case s.OneOf(of=of):
                return "(" + " OR ".join(self.who(each) for each in of) + ")"
            case s.NotSo(of=one):
                return f"(NOT {self.who(one)})"
        found = self.of_member(who) or self.of_orders(who) or self.of_others(who)
        return f"coalesce({found}, false)"

    def of_member(self, who: s.Who) -> str | None:
        args = self.args
        match who:
            case s.TierNow(tiers=tiers):
                return f"m.tier_code = ANY ({args.add(list(tiers), 'text[]')})"
            case s.Joined(at_least_days=least, below_days=below):
                return number_range(self.days("m.joined_at"), least, below, args)
            case s.Language(languages=languages):
                self.profiles = True
                wanted = args.add(list(languages), "text[]")
                like = "p.locale = t OR starts_with(p.locale, t || '-')"
                return f"EXISTS (SELECT FROM unnest({wanted}) t WHERE {like})"
            case s.Country(countries=countries):
                self.profiles = True
                country = "substring(p.locale FROM '-([A-Z]{2})(?:-|$)')"
                return f"{country} = ANY ({args.add(list(countries), 'text[]')})"
            case s.Tagged(tags=tags, origin=origin):
                one_of = args.add(list(tags), "text[]")
                of = f"t.origin = {args.add(origin, 'text')} AND t.tag = ANY ({one_of})"
                return f"EXISTS (SELECT FROM member_tags t WHERE t.member_id = m.id AND {of})"
            case s.Listed(list=wanted):
                of = f"t.list_id = {args.add(wanted, 'uuid')}"
                return f"EXISTS (SELECT FROM member_list_members t WHERE t.member_id = m.id AND {of})"
        return None

    def of_orders(self, who: s.Who) -> str | None:
        args = self.args
        match who:
            case s.OrderCount(at_least=least, at_most=most, within_days=days):
                return self.counted("orders", [], days, least, most)
            case s.Spend(currency=currency, at_least_minor=least, below_minor=below, within_days=days):
                return number_range(self.spent(currency, days), least, below, args)
            case s.LastOrder(at_least_days=least, below_days=below):
                return number_range(self.days(self.orders("max(o.paid_at)")), least, below, args)
            case s.FirstOrder(at_least_days=least, below_days=below):
                return number_range(self.days(self.orders("min(o.paid_at)")), least, below, args)
            case s.Discounted():
                return self.discounted(who)
            case s.BoughtIn(stores=stores, within_days=days):
                self.stores = True
                one_of = f"t.external_id = ANY ({args.add(list(stores), 'text[]')})"
                return self.counted("orders", [one_of], days, 1, None)
            case s.Scored():
                return self.scored(who)
        return None

    def of_others(self, who: s.Who) -> str | None:
        match who:
            case s.Happened(event=event, at_least=least, at_most=most, within_days=days):
                self.types.append(event)
                return self.counted("events", [f"o.type = {self.args.add(event, 'text')}"], days, least, most)
            case s.Opinion(feeling=feeling, at_least=least, at_most=most, within_days=days):
                so = f"o.sentiment = {self.args.add(feeling, 'text')}"
                return self.counted("opinions", [so], days, least, most)
        return None

    # ------------------------------------------------------------ columns of the sources

    def column(self, source: Source, value: str) -> str:
        """`value`, an aggregate over the rows of one customer; NULL where there are none."""
        mine = self.columns.setdefault(source, [])
        if value not in mine:
            mine.append(value)
        return f"{source}.v{mine.index(value)}"

    def filtered(self, value: str, which: list[str], days: int | None, moment: str) -> str:
        """An aggregate of some rows, of the last `days`."""
        if days is not None:
            since = f"{self.now} - make_interval(days => {self.args.add(days, 'int')})"
            which = [*which, f"{moment} > {since}"]
        return f"{value} FILTER (WHERE {' AND '.join(which)})" if which else value

    def counted(
        self, source: Source, which: list[str], days: int | None, least: int, most: int | None
    ) -> str:
        moment = {"orders": "o.paid_at", "events": "o.occurred_at", "opinions": "o.at"}[source]
        count = self.column(source, self.filtered("count(*)", which, days, moment))
        return number_range(f"coalesce({count}, 0)", least, None if most is None else most + 1, self.args)

    def orders(self, value: str, which: list[str] | None = None, days: int | None = None) -> str:
        return self.column("orders", self.filtered(value, which or [], days, "o.paid_at"))

    def spent(self, currency: str, days: int | None) -> str:
        money = (
            "sum(div((o.amount_minor - o.points_paid_minor)::numeric"
            " * greatest(0, o.amount_minor - o.refunded_minor), greatest(1, o.amount_minor)))"
        )
        of = f"o.currency = {self.args.add(currency, 'text')}"
        return f"coalesce({self.orders(money, [of], days)}, 0)"

    def days(self, since: str) -> str:
        """Full days from a moment to now."""
        return f"floor(extract(epoch FROM {self.now} - {since}) / 86400)"

    def discounted(self, who: s.Discounted) -> str:
        count = self.orders("count(*)", [], who.within_days)
        less = self.orders("count(*)", ["o.discount_minor + o.points_paid_minor > 0"], who.within_days)
        enough = number_range(f"coalesce({count}, 0)", who.orders_at_least, None, self.args)
        # Compared as wholes: the share is never rounded.
        least = f"{less} * 100 >= {count} * {self.args.add(who.at_least_percent, 'bigint')}"
        parts = [enough, least]
        if who.below_percent is not None:
            parts.append(f"{less} * 100 < {count} * {self.args.add(who.below_percent, 'bigint')}")
        return "(" + " AND ".join(parts) + ")"

    def scored(self, who: s.Scored) -> str:
        bounds = self.bounds
        if bounds is None:
            return "false"
        values: list[tuple[tuple[int, ...], list[int], Callable[[], str], bool]] = [
            (who.recency, bounds.recency, lambda: self.days(self.orders(RECENCY)), True),
            (who.frequency, bounds.frequency, lambda: self.year(FREQUENCY, None), False),
            (who.money, bounds.money, lambda: self.year(MONEY, bounds.currency), False),
        ]
        bought = f"{self.orders('count(*)')} > 0"
        tests = [bought] + [
            f"{self.fifth(value(), of, low)} = ANY ({self.args.add(list(wanted), 'int[]')})"
            for wanted, of, value, low in values
            if wanted
        ]
        return "(" + " AND ".join(tests) + ")"

    def year(self, value: str, currency: str | None) -> str:
        which = [f"o.currency = {self.args.add(currency, 'text')}"] if currency else []
        return f"coalesce({self.orders(value, which, 365)}, 0)"

    def fifth(self, value: str, bounds: list[int], low_is_best: bool) -> str:
        # A bound belongs to the fifth below it.
        bucket = f"width_bucket(({value})::bigint - 1, {self.args.add(bounds, 'bigint[]')})"
        return f"(5 - {bucket})" if low_is_best else f"(1 + {bucket})"

    # ------------------------------------------------------------ joins

    def joins(self, everybody: bool) -> str:
        found = ["LEFT JOIN customer_profiles p ON p.customer_id = m.customer_id"] if self.profiles else []
        for source, values in self.columns.items():
            columns = ", ".join(f"{value} AS v{n}" for n, value in enumerate(values))
            customer = _CUSTOMER[source]
            if everybody:
                whose = f"coalesce(k.merged_into, {customer}) AS customer_id"
                rows = f"SELECT {whose}, {columns} {self.rows(source, _MERGED)} GROUP BY 1"
                found.append(f"LEFT JOIN ({rows}) {source} ON {source}.customer_id = m.customer_id")
            else:
                rows = f"SELECT {columns} {self.rows(source, '')} AND {customer} = {_OWN}"
                found.append(f"LEFT JOIN LATERAL ({rows}) {source} ON true")
        return " ".join(found)

    def rows(self, source: Source, merged: str) -> str:
        types = self.args.add(sorted(set(self.types)), "text[]") if source == "events" else ""
        stores = _STORES if self.stores else ""
        return _FROM[source].format(now=self.now, merged=merged, types=types, stores=stores)


def uses_scores(segment: s.Segment) -> bool:
    """Whether it asks where members stand among all."""
    return any(isinstance(each, s.Scored) for each in s.parts(segment))
