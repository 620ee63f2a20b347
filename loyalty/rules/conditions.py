"""Whether a condition holds for one event."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from loyalty.rules import model as m
from loyalty.rules.facts import CustomFacts, Facts, Line, OrderFacts, ReviewFacts


def holds(condition: m.Condition, facts: Facts, whole: Facts) -> bool:
    """Whether it holds.

    `whole` is the order as it was paid, `facts` what is kept of it; for everything else they are the
    same. Lower bounds look at what is kept and upper bounds at the whole, so that paying something
    back can only ever end what held: an order does not become small enough by a refund.
    """
    match condition:
        case m.All(of=of):
            return all(holds(each, facts, whole) for each in of)
        case m.AnyOf(of=of):
            return any(holds(each, facts, whole) for each in of)
        case m.Not(of=of):
            return not holds(of, whole, facts)
    return _of_member(condition, facts) or _of_event(condition, facts, whole)


def _of_member(condition: m.Condition, facts: Facts) -> bool:
    member = facts.member
    match condition:
        case m.TierIn(tiers=tiers):
            return member.tier_code in tiers
        case m.MemberFor(at_least_days=least, below_days=below):
            return _within((facts.occurred_at - member.joined_at) // timedelta(days=1), least, below)
        case m.InSegment(segment=segment):
            return segment in member.segments
        case m.WeekdayIn(days=days):
            return facts.local_at.isoweekday() in days
        case m.HourBetween(from_hour=start, until_hour=end):
            hour = facts.local_at.hour
            return start <= hour < end if start < end else hour >= start or hour < end
        case m.Between(start=first, end=last):
            return (first is None or facts.occurred_at >= first) and (
                last is None or facts.occurred_at < last
            )
    return False


def _of_event(condition: m.Condition, facts: Facts, whole: Facts) -> bool:
    what, before = facts.what, whole.what
    if isinstance(what, OrderFacts) and isinstance(before, OrderFacts):
        return _of_order(condition, what, before)
    if isinstance(what, CustomFacts):
        return _of_data(condition, what.data)
    return isinstance(what, ReviewFacts) and _of_review(condition, what)


def _of_order(condition: m.Condition, order: OrderFacts, whole: OrderFacts) -> bool:
    match condition:
        case m.CurrencyIn(currencies=currencies):
            return order.currency in currencies
        case m.StoreIn(stores=stores):
            return order.store in stores
        case m.ChannelIn(channels=channels):
            return order.channel in channels
        case m.AmountBetween(currency=currency, at_least_minor=least, below_minor=below):
            return (
                order.currency == currency
                and order.amount_minor >= least
                and (below is None or whole.amount_minor < below)
            )
        case m.FirstOrder():
            return order.number == 1
        case m.OrderNumber(at_least=least, at_most=most):
            return order.number >= least and (most is None or order.number <= most)
        case m.AnyLine(where=where):
            return any(line_fits(where, *pair, order.currency) for pair in lines(order, whole))
    return False


def lines(order: OrderFacts, whole: OrderFacts) -> Iterable[tuple[Line, Line]]:
    """Each line that is kept, with itself as it was paid."""
    if order is whole:
        return ((line, line) for line in order.lines)
    return ((a, b) for a, b in zip(order.lines, whole.lines, strict=True) if a.quantity)


def line_fits(where: Iterable[m.LineCondition], line: Line, whole: Line, currency: str) -> bool:
    """Whether all of these hold for the line."""
    return all(_of_line(each, line, whole, currency) for each in where)


def _of_line(condition: m.LineCondition, line: Line, whole: Line, currency: str) -> bool:
    match condition:
        case m.SkuIn(skus=skus):
            return line.sku in skus
        case m.CategoryIn(categories=categories):
            return line.category in categories
        case m.LineAmount(currency=wanted, at_least_minor=least, below_minor=below):
            return (
                currency == wanted
                and line.amount_minor >= least
                and (below is None or whole.amount_minor < below)
            )
        case m.LineQuantity(at_least=least, at_most=most):
            return line.quantity >= least and (most is None or whole.quantity <= most)


def _of_data(condition: m.Condition, data: Any) -> bool:
    match condition:
        case m.FieldIs(field=field, value=value):
            found = data.get(field)
            return isinstance(found, bool) == isinstance(value, bool) and bool(found == value)
        case m.FieldBetween(field=field, at_least=least, below=below):
            found = data.get(field)
            if isinstance(found, bool) or not isinstance(found, int | float):
                return False
            return (least is None or found >= least) and (below is None or found < below)
    return False


def _of_review(condition: m.Condition, review: ReviewFacts) -> bool:
    match condition:
        case m.VerifiedPurchase():
            return review.verified_purchase
        case m.WithPhoto():
            return review.has_photo
        case m.ProductIn(skus=skus):
            return review.product in skus
    return False


def _within(value: int, least: int, below: int | None) -> bool:
    return value >= least and (below is None or value < below)
