"""Rules as SQL over all stored events: which match and how many points they give.

Values are always arguments of the statement. Expressions read `f`, the event with its member, in the
columns of queries.ORDER_FACTS or queries.EVENT_FACTS, and `l`, a line of an order.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

from babel.numbers import get_currency_precision

from core.days import by_clock
from core.db import to_json
from loyalty.rules import model as m
from loyalty.rules.evaluate import QUALIFYING, SHARE_EVENT
from loyalty.rules.model import Active, stacked


class Arguments:
    """The statement's arguments; adding one answers how to refer to it."""

    def __init__(self, *first: Any) -> None:
        self.values: list[Any] = list(first)

    def add(self, value: Any, kind: str) -> str:
        """`$3::text`: the value as an argument of this type."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def condition(wanted: m.Condition, args: Arguments) -> str:
    """A boolean expression that is never NULL."""
    match wanted:
        case m.All(of=of):
            return "(" + " AND ".join(condition(each, args) for each in of) + ")"
        case m.AnyOf(of=of):
            return "(" + " OR ".join(condition(each, args) for each in of) + ")"
        case m.Not(of=of):
            return f"(NOT {condition(of, args)})"
        case m.AnyLine(where=where):
            return f"EXISTS (SELECT FROM lines l WHERE l.order_id = f.id AND {line_conditions(where, args)})"
    found = _of_member(wanted, args) or _of_order(wanted, args) or _of_event(wanted, args)
    return f"coalesce({found}, false)"


def _of_member(wanted: m.Condition, args: Arguments) -> str | None:
    match wanted:
        case m.TierIn(tiers=tiers):
            return f"f.tier_code = ANY ({args.add(list(tiers), 'text[]')})"
        case m.MemberFor(at_least_days=least, below_days=below):
            days = "floor(extract(epoch FROM f.occurred_at - f.joined_at) / 86400)"
            return number_range(days, least, below, args)
        case m.InSegment(segment=segment):
            return f"f.segments @> ARRAY[{args.add(segment, 'uuid')}]"
        case m.WeekdayIn(days=days):
            return f"extract(isodow FROM f.local_at)::int = ANY ({args.add(list(days), 'int[]')})"
        case m.HourBetween(from_hour=start, until_hour=end):
            hour = "extract(hour FROM f.local_at)"
            first, last = args.add(start, "int"), args.add(end, "int")
            return f"({hour} >= {first} {'AND' if start < end else 'OR'} {hour} < {last})"
        case m.Between(start=start, end=end):
            first_at, last_at = (at and by_clock(at, UTC) for at in (start, end))
            return number_range("f.occurred_at", first_at, last_at, args, "timestamptz")
    return None


def _of_order(wanted: m.Condition, args: Arguments) -> str | None:
    match wanted:
        case m.CurrencyIn(currencies=currencies):
            return f"f.currency = ANY ({args.add(list(currencies), 'text[]')})"
        case m.StoreIn(stores=stores):
            return f"f.store = ANY ({args.add(list(stores), 'text[]')})"
        case m.ChannelIn(channels=channels):
            return f"f.channel = ANY ({args.add(list(channels), 'text[]')})"
        case m.AmountBetween(currency=currency, at_least_minor=least, below_minor=below):
            amount = number_range("f.amount_minor", least, below, args)
            return f"(f.currency = {args.add(currency, 'text')} AND {amount})"
        case m.FirstOrder():
            return "f.number = 1"
        case m.OrderNumber(at_least=least, at_most=most):
            return number_range("f.number", least, None if most is None else most + 1, args)
    return None


def _of_event(wanted: m.Condition, args: Arguments) -> str | None:
    match wanted:
        case m.FieldIs(field=field, value=value):
            return f"f.data -> {args.add(field, 'text')} = {args.add(to_json(value), 'jsonb')}"
        case m.FieldBetween(field=field, at_least=least, below=below):
            name = args.add(field, "text")
            number = number_range(f"(f.data ->> {name})::numeric", least, below, args)
            return f"CASE WHEN jsonb_typeof(f.data -> {name}) = 'number' THEN {number} END"
        case m.VerifiedPurchase():
            return "(f.data ->> 'verified_purchase')::bool"
        case m.WithPhoto():
            return "(f.data ->> 'has_photo')::bool"
        case m.ProductIn(skus=skus):
            return f"f.data ->> 'product' = ANY ({args.add(list(skus), 'text[]')})"
    return None


def line_conditions(where: Iterable[m.LineCondition], args: Arguments) -> str:
    """Whether all of these hold for the line `l`."""
    return " AND ".join(f"coalesce({_of_line(each, args)}, false)" for each in where)


def _of_line(wanted: m.LineCondition, args: Arguments) -> str:
    match wanted:
        case m.SkuIn(skus=skus):
            return f"l.sku = ANY ({args.add(list(skus), 'text[]')})"
        case m.CategoryIn(categories=categories):
            return f"l.category = ANY ({args.add(list(categories), 'text[]')})"
        case m.LineAmount(currency=currency, at_least_minor=least, below_minor=below):
            amount = number_range("l.amount_minor", least, below, args)
            return f"(f.currency = {args.add(currency, 'text')} AND {amount})"
        case m.LineQuantity(at_least=least, at_most=most):
            return number_range("l.quantity", least, None if most is None else most + 1, args)


def number_range(value: str, least: Any, below: Any, args: Arguments, kind: str = "bigint") -> str:
    """At least `least` and below `below`, each where it is not None."""
    parts = [f"{value} >= {args.add(least, kind)}"] if least is not None else []
    if below is not None:
        parts.append(f"{value} < {args.add(below, kind)}")
    return "(" + (" AND ".join(parts) or "true") + ")"


def trigger(wanted: m.Trigger, args: Arguments) -> str:
    """Whether the event is what a rule waits for; orders are all of one kind."""
    match wanted:
        case m.Order() | m.OrderLine():
            return "true"
        case m.CustomEvent(name=name):
            return f"(f.trigger = 'custom_event' AND f.name = {args.add(name, 'text')})"
        case m.SocialShare():
            return f"(f.trigger = 'custom_event' AND f.name = {args.add(SHARE_EVENT, 'text')})"
        case m.Referral(side=side):
            return f"(f.trigger = 'referral' AND f.name = {args.add(side, 'text')})"
        case _:
            return f"f.trigger = {args.add(str(type(wanted).__struct_config__.tag), 'text')}"


def of_orders(active: Active) -> bool:
    """Whether a rule is about orders; the others are about other events."""
    return isinstance(active.rule.trigger, m.Order | m.OrderLine)


def points(rules: Sequence[Active], wallet: str, zone: str, args: Arguments) -> str:
    """A query over a relation `facts` (and `lines`): what each rule gives for each event.

    Its rows: rule_id, version_id, id (of the event), member_id, occurred_at, points_due, points. Rules
    must all give to the wallet, and be all of orders or all of other events. Rows of rules that did not
    apply are left out.
    """
    stack = _Compiled(stacked(list(rules)), wallet, args)
    if not stack.rules:
        return _NOTHING
    zone_ref = args.add(zone, "text")
    return f"""
WITH {stack.given()}, limited AS (
    SELECT g.*, x.rule_id, x.times, x.points AS points_limit, x.period,
           CASE WHEN x.period = 'ever' THEN '-infinity'::timestamp
                ELSE date_trunc(x.period, g.occurred_at AT TIME ZONE {zone_ref}) END AS since
    FROM given g JOIN {stack.limits()} AS x (place, rule_id, period, times, points) USING (place)
), counted AS (
    SELECT place, id, CASE
        WHEN points_due = 0 OR row_number() OVER w > times THEN 0
        WHEN points_limit IS NULL THEN points_due
        ELSE least(points_limit, sum(points_due) OVER w)
             - least(points_limit, sum(points_due) OVER w - points_due) END AS points
    FROM limited
    WINDOW w AS (PARTITION BY rule_id, member_id, since, points_due > 0 ORDER BY occurred_at, id)
)
SELECT r.rule_id, r.version_id, g.id, g.member_id, g.occurred_at, g.points_due,
       coalesce(c.points, g.points_due) AS points
FROM given g LEFT JOIN counted c USING (place, id)
JOIN {stack.names()} AS r (place, rule_id, version_id) USING (place)
"""


_NOTHING = """
SELECT NULL::uuid AS rule_id, NULL::uuid AS version_id, NULL::uuid AS id, NULL::uuid AS member_id,
       NULL::timestamptz AS occurred_at, 0::bigint AS points_due, 0::bigint AS points WHERE false
"""


class _Compiled:
    """The stack of evaluate._Stack as a chain of LATERAL steps: r1 says whether rule 1 applies, v1 what
    it gives, in fractions of a point of which `k.unit` are one.

    OFFSET 0 keeps each step one: PostgreSQL would write its expression out wherever a later step names
    it, and each step names all before it, so that twenty multipliers filled the server's memory.
    """

    def __init__(self, rules: Sequence[Active], wallet: str, args: Arguments) -> None:
        self.rules, self.wallet, self.args = rules, wallet, args
        self.multipliers = sum(isinstance(each.rule.effect, m.Multiply) for each in rules)

    def given(self) -> str:
        """`given`: place of the rule, id, member_id, occurred_at, points_due."""
        steps = "\n".join(self._step(place) for place in range(1, len(self.rules) + 1))
        rows = ", ".join(
            f"({place}, r{place}.ok, {self._due(place)})" for place in range(1, len(self.rules) + 1)
        )
        return f"""given AS (
    SELECT x.place, f.id, f.member_id, f.occurred_at, x.due AS points_due
    FROM facts f
    CROSS JOIN LATERAL (SELECT {self._units()} * {10_000 * 100**self.multipliers}::numeric AS unit) k
{steps}
    CROSS JOIN LATERAL (VALUES {rows}) AS x (place, ok, due)
    WHERE x.ok
)"""

    def _step(self, place: int) -> str:
        active = self.rules[place - 1]
        tests = [trigger(active.rule.trigger, self.args)]
        tests += [condition(each, self.args) for each in active.requirements()]
        tests += self._effective(active.rule)
        # Of a group the first that applies takes it: later ones ask whether an earlier one did.
        tests += [
            f"NOT r{other}.ok"
            for other in range(1, place)
            if active.rule.exclusive_group
            and self.rules[other - 1].rule.exclusive_group == active.rule.exclusive_group
        ]
        ok = " AND ".join(tests)
        value = f"CASE WHEN r{place}.ok THEN {self._value(place)} ELSE 0 END"
        return f"""    CROSS JOIN LATERAL (SELECT {ok} AS ok OFFSET 0) r{place}
    CROSS JOIN LATERAL (SELECT {value} AS v OFFSET 0) v{place}"""

    def _effective(self, rule: m.Rule) -> list[str]:
        tests = []
        if isinstance(rule.trigger, m.OrderLine):
            tests.append(f"{self._lines('count(*)', rule.trigger)} > 0")
        match rule.effect:
            case m.PerAmount(points_per_100_units=rates):
                tests.append(f"coalesce(f.currency = ANY ({self.args.add(list(rates), 'text[]')}), false)")
            case m.PerTier(points=by_tier):
                tests.append(f"f.tier_code = ANY ({self.args.add(list(by_tier), 'text[]')})")
        return tests

    def _value(self, place: int) -> str:
        rule = self.rules[place - 1].rule
        match rule.effect:
            case m.Fixed(points=number):
                return f"{self.args.add(number, 'bigint')} * {self._times(rule)} * k.unit"
            case m.PerTier(points=table):
                return f"{self._case('f.tier_code', table)} * {self._times(rule)} * k.unit"
            case m.Multiply(percent=percent):
                before = " + ".join(f"v{other}.v" for other in range(1, place)) or "0"
                return f"div(({before}) * {self.args.add(percent - 100, 'bigint')}, 100)"
            case m.PerAmount(points_per_100_units=rates, by_tier=by_tier):
                amount = "f.amount_minor"
                if isinstance(rule.trigger, m.OrderLine):
                    amount = self._lines("coalesce(sum(l.amount_minor), 0)", rule.trigger)
                factored = by_tier and self.wallet != QUALIFYING
                share = "f.multiplier_percent" if factored else "100"
                factor = f"{100**self.multipliers}::numeric"
                return f"{amount} * {self._case('f.currency', rates)} * {share} * {factor}"

    def _times(self, rule: m.Rule) -> str:
        return self._lines("count(*)", rule.trigger) if isinstance(rule.trigger, m.OrderLine) else "1"

    def _lines(self, what: str, wanted: m.OrderLine) -> str:
        fits = line_conditions(wanted.where, self.args)
        return f"(SELECT {what} FROM lines l WHERE l.order_id = f.id AND {fits})"

    def _case(self, value: str, table: dict[str, int]) -> str:
        whens = " ".join(
            f"WHEN {self.args.add(key, 'text')} THEN {self.args.add(number, 'bigint')}"
            for key, number in table.items()
        )
        return f"(CASE {value} {whens} END)::numeric"

    def _units(self) -> str:
        """Minor units of a currency unit, of the currencies that have a rate."""
        currencies = sorted(
            {c for each in self.rules if isinstance(each.rule.effect, m.PerAmount)
             for c in each.rule.effect.points_per_100_units}
        )  # fmt: skip
        if not currencies:
            return "1"
        table = {each: 10 ** get_currency_precision(each) for each in currencies}
        return f"coalesce({self._case('f.currency', table)}, 1)"

    def _due(self, place: int) -> str:
        """What the whole points of the rule's earn grow by."""
        group = self.rules[place - 1].rounding
        same = [f"v{i}.v" for i, each in enumerate(self.rules[:place], 1) if each.rounding == group]
        after, before = " + ".join(same), " + ".join(same[:-1]) or "0"
        return f"div({after}, k.unit) - div({before}, k.unit)"

    def limits(self) -> str:
        """A table of the limited rules: place, rule_id, period, times, points."""
        places, rules, periods, times, most = [], [], [], [], []
        for place, each in enumerate(self.rules, 1):
            if each.rule.limit:
                places.append(place)
                rules.append(each.rule_id)
                periods.append(each.rule.limit.per)
                times.append(each.rule.limit.times)
                most.append(each.rule.limit.points)
        columns = (
            (places, "int[]"),
            (rules, "uuid[]"),
            (periods, "text[]"),
            (times, "int[]"),
            (most, "bigint[]"),
        )
        return "unnest(" + ", ".join(self.args.add(values, kind) for values, kind in columns) + ")"

    def names(self) -> str:
        """A table of the rules: place, rule_id, version_id."""
        places = self.args.add(list(range(1, len(self.rules) + 1)), "int[]")
        rules = self.args.add([each.rule_id for each in self.rules], "uuid[]")
        versions = self.args.add([each.version_id for each in self.rules], "uuid[]")
        return f"unnest({places}, {rules}, {versions})"
