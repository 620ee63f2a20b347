"""What no rule may be, and what two rules do to each other; pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal

import msgspec

from core.days import FIRST_YEAR, LAST_YEAR, usable
from core.errors import DomainError, Kind
from loyalty.rules import model as m
from loyalty.rules.evaluate import SHARE_EVENT
from loyalty.rules.model import Active


class RuleConditionUnfitting(DomainError):
    """The trigger does not know what the condition asks for."""

    code = "rule_condition_unfitting"
    kind = Kind.INVALID
    title = "A condition does not fit the trigger"


class RuleEffectUnfitting(DomainError):
    """Points per amount need an order; a multiplier cannot multiply single lines."""

    code = "rule_effect_unfitting"
    kind = Kind.INVALID
    title = "The effect does not fit the trigger"


class RuleNeverApplies(DomainError):
    """Conditions, schedule and effect contradict each other: no event could ever satisfy them."""

    code = "rule_never_applies"
    kind = Kind.INVALID
    title = "The rule contradicts itself"


class RuleLoops(DomainError):
    """The event would be caused by points: an earn would bring about the next one."""

    code = "rule_loops"
    kind = Kind.INVALID
    title = "Points would earn points"


class RuleTriggerReserved(DomainError):
    """Reviews, ratings, surveys and shares of the shop's own making would pass by their typed trigger."""

    code = "rule_trigger_reserved"
    kind = Kind.INVALID
    title = "This event has a trigger of its own"


class RuleFieldForbidden(DomainError):
    """Points must not depend on what somebody thinks or says of the shop."""

    code = "rule_field_forbidden"
    kind = Kind.INVALID
    title = "Rules cannot look at this field"


class RuleTooLarge(DomainError):
    """So many conditions, or so deep in one another, that not every place which reads rules can follow."""

    code = "rule_too_large"
    kind = Kind.INVALID
    title = "The rule has too many conditions"


class RuleTimeInvalid(DomainError):
    """Its year is none in which everything that shows and compares times can be relied on."""

    code = "rule_time_invalid"
    kind = Kind.INVALID
    title = "A time of the rule lies too far away"


CONDITIONS_MOST = 100
"""Of one rule, those inside of others counted; it bounds how deep they lie, too."""

_ANY: tuple[type, ...] = (
    m.TierIn,
    m.MemberFor,
    m.WeekdayIn,
    m.HourBetween,
    m.Between,
    m.InSegment,
    m.All,
    m.AnyOf,
    m.Not,
)
_ORDER = (
    *_ANY,
    m.CurrencyIn,
    m.StoreIn,
    m.ChannelIn,
    m.AmountBetween,
    m.FirstOrder,
    m.OrderNumber,
    m.AnyLine,
)

ALLOWED: dict[type, tuple[type, ...]] = {
    m.Order: _ORDER,
    m.OrderLine: _ORDER,
    m.CustomEvent: (*_ANY, m.FieldIs, m.FieldBetween),
    m.SocialShare: (*_ANY, m.FieldIs, m.FieldBetween),
    m.Review: (*_ANY, m.VerifiedPurchase, m.WithPhoto, m.ProductIn),
    m.Referral: _ANY,
    m.Birthday: _ANY,
    m.ProfileCompleted: _ANY,
    m.Enrolment: _ANY,
}
"""Which conditions a trigger understands."""

# What Regulars tells a shop of by itself; sent back as an event it would earn for having earned.
LOOPING = ("points", "ledger", "tier", "reward", "voucher", "campaign", "achievement", "referral")
OPINION = ("review", "rating", "survey", "nps", "csat", "feedback", "complaint", "sentiment")
OPINION_FIELDS = (*OPINION, "star", "score", "text", "comment", "body", "case")


def check(rule: m.Rule) -> None:
    """Raises what is wrong with the rule by itself: see the classes above."""
    if len(list(islice(every(rule.requirements()), CONDITIONS_MOST + 1))) > CONDITIONS_MOST:
        raise RuleTooLarge(f"a rule has at most {CONDITIONS_MOST} conditions")
    kinds = ALLOWED[type(rule.trigger)]
    for each in every(rule.requirements()):
        if not isinstance(each, kinds):
            raise RuleConditionUnfitting(f"{tag(each)} does not fit {tag(rule.trigger)}", condition=tag(each))
        if isinstance(each, m.FieldIs | m.FieldBetween) and names(each.field, OPINION_FIELDS):
            raise RuleFieldForbidden(each.field)
        if isinstance(each, m.Between):
            check_times(each.start, each.end)
        if isinstance(each, m.HourBetween) and each.from_hour == each.until_hour:
            raise RuleNeverApplies("from_hour and until_hour are the same")
    _check_trigger(rule.trigger)
    _check_effect(rule)
    if clash := contradiction(bounds(rule)):
        raise RuleNeverApplies(f"nothing satisfies all that is asked of {clash}", of=clash)


def check_times(*times: datetime | None) -> None:
    """Raises RuleTimeInvalid."""
    for at in times:
        if at and not usable(at):
            raise RuleTimeInvalid(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")


def _check_trigger(trigger: m.Trigger) -> None:
    if not isinstance(trigger, m.CustomEvent):
        return
    if trigger.name == SHARE_EVENT:
        raise RuleTriggerReserved("use the trigger social_share")
    check_event(trigger.name)


def check_event(name: str) -> None:
    """Raises RuleLoops or RuleTriggerReserved for an event by which nobody may come to points."""
    words = name.removeprefix("custom.")
    if names(words, LOOPING):
        raise RuleLoops(f"{name} is something that points bring about")
    if names(words, OPINION):
        raise RuleTriggerReserved("use the trigger review, which does not know what a review says")


def names(text: str, words: Iterable[str]) -> bool:
    """Whether a name of an event or field has a part that begins with one of these; a start is no star."""
    parts = [part for part in text.replace(".", "_").split("_") if not part.startswith("start")]
    return any(part.startswith(word) for part in parts for word in words)


def _check_effect(rule: m.Rule) -> None:
    order = isinstance(rule.trigger, m.Order | m.OrderLine)
    if isinstance(rule.effect, m.PerAmount) and not order:
        raise RuleEffectUnfitting("points per amount need an order")
    if isinstance(rule.effect, m.Multiply) and isinstance(rule.trigger, m.OrderLine):
        raise RuleEffectUnfitting("a multiplier is of the whole order")


def every(conditions: Iterable[m.Condition]) -> Iterator[m.Condition]:
    """All conditions with those inside of others."""
    for each in conditions:
        yield each
        match each:
            case m.All(of=of) | m.AnyOf(of=of):
                yield from every(of)
            case m.Not(of=one):
                yield from every((one,))


def asks_for_lines(rule: m.Rule) -> bool:
    """Whether a rule looks at single lines of an order."""
    if isinstance(rule.trigger, m.OrderLine):
        return True
    return any(isinstance(each, m.AnyLine) for each in every(rule.conditions))


def tag(part: m.Part | m.Condition | m.Trigger | m.Effect) -> str:
    """The name of a part's type in JSON."""
    return str(type(part).__struct_config__.tag)


# ---------------------------------------------------------------- what can hold together


class Span(msgspec.Struct, frozen=True):
    """From `low` until just before `high`; None: no end."""

    low: Any = None
    high: Any = None


Bounds = list[tuple[str, frozenset[Any] | Span]]
"""By what is asked of: the values that are allowed. Only what must hold in any case is in it."""


def bounds(rule: m.Rule) -> Bounds:
    """What a rule asks for in any case."""
    found = [bound for each in rule.requirements() for bound in _bounds(each)]
    if isinstance(rule.trigger, m.OrderLine):
        found += [bound for each in rule.trigger.where for bound in _line_bounds(each)]
    match rule.effect:
        case m.PerAmount(points_per_100_units=rates):
            found.append(("currency", frozenset(rates)))
        case m.PerTier(points=points):
            found.append(("tier", frozenset(points)))
    return found


def _bounds(condition: m.Condition) -> Bounds:
    match condition:
        case m.All(of=of):
            return [bound for each in of for bound in _bounds(each)]
        case m.TierIn(tiers=tiers):
            return [("tier", frozenset(tiers))]
        case m.WeekdayIn(days=days):
            return [("weekday", frozenset(days))]
        case m.HourBetween(from_hour=start, until_hour=end):
            hours = range(start, end) if start < end else (*range(start, 24), *range(end))
            return [("hour", frozenset(hours))]
        case m.Between(start=start, end=end):
            return [("time", Span(start, end))]
        case m.MemberFor(at_least_days=least, below_days=below):
            return [("membership", Span(least, below))]
    return _order_bounds(condition) or _event_bounds(condition)


def _order_bounds(condition: m.Condition) -> Bounds:
    match condition:
        case m.CurrencyIn(currencies=currencies):
            return [("currency", frozenset(currencies))]
        case m.StoreIn(stores=stores):
            return [("store", frozenset(stores))]
        case m.ChannelIn(channels=channels):
            return [("channel", frozenset(channels))]
        case m.AmountBetween(currency=currency, at_least_minor=least, below_minor=below):
            return [("currency", frozenset([currency])), ("amount", Span(least, below))]
        case m.FirstOrder():
            return [("order number", Span(1, 2))]
        case m.OrderNumber(at_least=least, at_most=most):
            return [("order number", Span(least, None if most is None else most + 1))]
        case m.AnyLine(where=where):
            inner = [bound for each in where for bound in _line_bounds(each)]
            if clash := contradiction(inner):  # no line could be like this
                return [(clash, frozenset())]
            return [bound for bound in inner if bound[0] == "currency"]
    return []


def _line_bounds(condition: m.LineCondition) -> Bounds:
    match condition:
        case m.SkuIn(skus=skus):
            return [("article", frozenset(skus))]
        case m.CategoryIn(categories=categories):
            return [("category", frozenset(categories))]
        case m.LineAmount(currency=currency, at_least_minor=least, below_minor=below):
            return [("currency", frozenset([currency])), ("line amount", Span(least, below))]
        case m.LineQuantity(at_least=least, at_most=most):
            return [("quantity", Span(least, None if most is None else most + 1))]


def _event_bounds(condition: m.Condition) -> Bounds:
    match condition:
        case m.ProductIn(skus=skus):
            return [("product", frozenset(skus))]
        case m.FieldIs(field=field, value=value):
            # 1 and true are different values of a field, though Python takes them for equal.
            return [(f"field {field}", frozenset([(type(value).__name__, value)]))]
        case m.FieldBetween(field=field, at_least=least, below=below):
            return [(f"number in {field}", Span(least, below))]
    return []


def contradiction(asked: Bounds) -> str | None:
    """What is asked for in a way that nothing satisfies; None: nothing is."""
    sets: dict[str, frozenset[Any]] = {}
    spans: dict[str, Span] = {}
    for name, bound in asked:
        if isinstance(bound, Span):
            spans[name] = _narrow(spans.get(name, Span()), bound)
        else:
            sets[name] = sets[name] & bound if name in sets else bound
    empty = [name for name, found in sets.items() if not found]
    empty += [n for n, s in spans.items() if s.low is not None and s.high is not None and s.low >= s.high]
    return empty[0] if empty else None


def _narrow(one: Span, other: Span) -> Span:
    lows = [each for each in (one.low, other.low) if each is not None]
    highs = [each for each in (one.high, other.high) if each is not None]
    return Span(max(lows) if lows else None, min(highs) if highs else None)


# ---------------------------------------------------------------- two rules together


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule and another that is in force do to one event. `code` of the other rule.

    adds_up: both give points. multiplies, multiplied: one multiplies what the other gives.
    Of one exclusive group: gives_way, goes_first: the other, or the rule, takes it where both hold; shadowed,
    shadows: it does so whenever the one after it holds, which never gives points.
    """

    kind: Literal["adds_up", "multiplies", "multiplied", "gives_way", "goes_first", "shadowed", "shadows"]
    code: str
    name: str = ""


def overlaps(rule: Active, others: Sequence[Active], now: datetime) -> list[Overlap]:
    """What the rule and the others would do to each other from now on; in stacking order of the others."""
    found = [_overlap(rule, each, now) for each in m.stacked(list(others)) if _meet(rule, each, now)]
    return [each for each in found if each]


def _meet(one: Active, other: Active, now: datetime) -> bool:
    """Whether one event could satisfy both."""
    a, b = one.rule, other.rule
    if one.rule_id == other.rule_id or not _same_kind(a.trigger, b.trigger):
        return False
    if a.wallets and b.wallets and not set(a.wallets) & set(b.wallets):
        return False
    if other.valid_until is not None and other.valid_until <= now:
        return False
    lines = ("article", "category", "line amount", "quantity")  # may be of different lines
    asked = [bound for bound in (*bounds(a), *bounds(b)) if bound[0] not in lines]
    return contradiction(asked) is None


def _same_kind(one: m.Trigger, other: m.Trigger) -> bool:
    if isinstance(one, m.Order | m.OrderLine):
        return isinstance(other, m.Order | m.OrderLine)
    return one == other


def _overlap(one: Active, other: Active, now: datetime) -> Overlap | None:
    a, b = one.rule, other.rule
    first = m.stacked([one, other])[0] is other
    if a.exclusive_group and a.exclusive_group == b.exclusive_group:
        if first:
            return Overlap(kind="shadowed" if _covers(other, one, now) else "gives_way", code=other.code)
        return Overlap(kind="shadows" if _covers(one, other, now) else "goes_first", code=other.code)
    if isinstance(a.effect, m.Multiply) and first:
        return Overlap(kind="multiplies", code=other.code)
    if isinstance(b.effect, m.Multiply) and not first:
        return Overlap(kind="multiplied", code=other.code)
    if isinstance(a.effect, m.Multiply) or isinstance(b.effect, m.Multiply):
        return None
    return Overlap(kind="adds_up", code=other.code)


def _covers(first: Active, after: Active, now: datetime) -> bool:
    """Whether the first takes the group whatever the event, from now on and in every wallet of the other."""
    a, b = first.rule, after.rule
    begun = first.valid_from is None or first.valid_from <= now
    always = begun and first.valid_until is None and not a.requirements()
    gives = not isinstance(a.trigger, m.OrderLine) and not isinstance(a.effect, m.PerAmount | m.PerTier)
    return (
        always
        and gives
        and (a.wallets == b.wallets or (bool(b.wallets) and set(b.wallets) <= set(a.wallets)))
    )
