"""Rules that contradict themselves, and what two rules do to each other."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings

from core.errors import DomainError
from loyalty.rules import model as m
from loyalty.rules.check import Overlap, RuleTooLarge, check, overlaps
from tests.factories import rules as make

FIXED = m.Fixed(points=1)
USD = m.PerAmount(points_per_100_units={"USD": 100})


def order(*conditions: m.Condition, effect: m.Effect = FIXED, **more: Any) -> m.Rule:
    return m.Rule(trigger=m.Order(), conditions=conditions, effect=effect, **more)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (order(m.CurrencyIn(currencies=("EUR",)), effect=USD), "rule_never_applies"),
        (order(m.TierIn(tiers=("a",)), m.TierIn(tiers=("b",))), "rule_never_applies"),
        (order(m.TierIn(tiers=("a",)), effect=m.PerTier(points={"b": 1})), "rule_never_applies"),
        (order(m.AmountBetween(currency="USD", at_least_minor=2, below_minor=2)), "rule_never_applies"),
        (order(m.FirstOrder(), m.OrderNumber(at_least=2)), "rule_never_applies"),
        (order(m.WeekdayIn(days=(1,)), schedule=m.Schedule(weekdays=(2,))), "rule_never_applies"),
        (order(m.Between(start=make.TO, end=make.FROM)), "rule_never_applies"),
        (order(m.HourBetween(from_hour=9, until_hour=9)), "rule_never_applies"),
        (
            order(m.HourBetween(from_hour=22, until_hour=4), m.HourBetween(from_hour=9, until_hour=12)),
            "rule_never_applies",
        ),
        (order(m.AnyLine(where=(m.SkuIn(skus=("A",)), m.SkuIn(skus=("B",))))), "rule_never_applies"),
        (order(m.All(of=(m.StoreIn(stores=("a",)), m.StoreIn(stores=("b",))))), "rule_never_applies"),
        (order(m.WithPhoto()), "rule_condition_unfitting"),
        (order(m.Not(of=m.FieldIs(field="x", value=1))), "rule_condition_unfitting"),
        (m.Rule(trigger=m.Birthday(), effect=USD), "rule_effect_unfitting"),
        (
            m.Rule(trigger=m.OrderLine(where=(m.SkuIn(skus=("A",)),)), effect=m.Multiply(percent=200)),
            "rule_effect_unfitting",
        ),
        (m.Rule(trigger=m.CustomEvent(name="custom.social_share"), effect=FIXED), "rule_trigger_reserved"),
        (m.Rule(trigger=m.CustomEvent(name="custom.low_sentiment"), effect=FIXED), "rule_trigger_reserved"),
    ],
)
def test_what_no_rule_may_be(rule: m.Rule, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check(rule)
    assert refusal.value.code == code


@pytest.mark.parametrize("field", ["start_date", "restart", "steps"])
def test_a_field_that_says_no_opinion_can_be_looked_at(field: str) -> None:
    condition = m.FieldIs(field=field, value=1)
    check(m.Rule(trigger=m.CustomEvent(name="custom.walked"), conditions=(condition,), effect=FIXED))


def test_a_rule_that_is_too_deep_or_too_wide_is_refused() -> None:
    deep: m.Condition = m.FirstOrder()
    for _ in range(300):
        deep = m.Not(of=deep)
    wide = m.All(of=(m.All(of=(m.FirstOrder(),) * 20),) * 5)
    for each in (deep, wide):
        with pytest.raises(RuleTooLarge):
            check(order(each))


@given(rule=make.order_rules | make.event_rules)
@settings(max_examples=150, deadline=None, database=None)
def test_what_is_refused_says_so_with_a_stable_code(rule: m.Rule) -> None:
    try:
        check(rule)
    except DomainError as refusal:
        assert refusal.code in ("rule_never_applies",)


def active(number: int, rule: m.Rule, **more: Any) -> m.Active:
    key = UUID(int=number)
    return m.Active(rule_id=key, version_id=key, version=1, code=f"r{number}", rule=rule, **more)


GROUP: dict[str, Any] = {"exclusive_group": "x"}
RATES = m.PerAmount(points_per_100_units={"USD": 100})
LINE = m.OrderLine(where=(m.SkuIn(skus=("tea",)),))


@pytest.mark.parametrize(
    ("mine", "other", "kind"),
    [
        (order(), order(), "adds_up"),
        (order(effect=m.Multiply(percent=200)), order(), "multiplies"),
        (order(priority=1), order(effect=m.Multiply(percent=200), priority=2), "multiplied"),
        (order(m.FirstOrder(), **GROUP), order(**GROUP), "shadowed"),
        (order(m.FirstOrder()), order(m.OrderNumber(at_least=2)), None),
        (order(m.CurrencyIn(currencies=("USD",))), order(m.CurrencyIn(currencies=("EUR",))), None),
        # The younger of equals comes after; a smaller number before.
        (order(**GROUP), order(m.FirstOrder(), **GROUP), "gives_way"),
        (order(priority=1, **GROUP), order(m.FirstOrder(), **GROUP), "shadows"),
        (order(m.FirstOrder(), priority=1, **GROUP), order(**GROUP), "goes_first"),
        (order(effect=m.Multiply(percent=200), priority=1, **GROUP), order(**GROUP), "shadows"),
        # It does not always take the group: another currency, another wallet, an order without such a line.
        (order(**GROUP), order(effect=RATES, **GROUP), "gives_way"),
        (order(wallets=("a", "b"), **GROUP), order(wallets=("b",), **GROUP), "gives_way"),
        (order(wallets=("b",), **GROUP), order(wallets=("a", "b"), **GROUP), "shadowed"),
        (order(**GROUP), m.Rule(trigger=LINE, effect=FIXED, **GROUP), "gives_way"),
        (order(exclusive_group="y"), order(**GROUP), "adds_up"),
        (order(m.FirstOrder(), **GROUP), order(m.OrderNumber(at_least=2), **GROUP), None),
        (order(wallets=("a",)), order(wallets=("b",)), None),
        (order(), m.Rule(trigger=m.Birthday(), effect=FIXED), None),
        (order(effect=m.Multiply(percent=200), priority=1), order(priority=2), None),
    ],
)
def test_overlaps(mine: m.Rule, other: m.Rule, kind: str | None) -> None:
    found = overlaps(active(9, mine), [active(1, other)], make.FROM)
    assert found == ([Overlap(kind=kind, code="r1")] if kind else [])  # type: ignore[arg-type]


def test_what_ends_or_is_yet_to_begin_does_not_take_the_group_for_ever() -> None:
    mine, first = active(9, order(**GROUP)), active(1, order(**GROUP))
    later, until = make.FROM + timedelta(days=1), {"valid_until": make.FROM + timedelta(days=9)}
    for other in (active(1, order(**GROUP), valid_from=later), active(1, order(**GROUP), **until)):
        assert [each.kind for each in overlaps(mine, [other], make.FROM)] == ["gives_way"]
    begun = msgspec.structs.replace(first, valid_from=make.FROM)
    assert [each.kind for each in overlaps(mine, [begun], make.FROM)] == ["shadowed"]


def test_a_rule_that_has_ended_overlaps_nothing() -> None:
    ended = active(1, order(), valid_until=make.FROM)
    assert overlaps(active(9, order()), [ended], make.FROM) == []
    assert overlaps(active(9, order()), [ended], make.FROM - timedelta(seconds=1))
    again = msgspec.structs.replace(ended, rule_id=UUID(int=9), valid_until=None)
    assert overlaps(active(9, order()), [again], make.FROM) == []
