"""What one event gives under a set of rules, and why.

All amounts of one evaluation are whole numbers of the same small fraction of a point, so that
nothing is rounded before the end: each earn (the programme's, and each campaign's) rounds down once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from loyalty.rules import model as m
from loyalty.rules.conditions import holds, line_fits, lines
from loyalty.rules.facts import (
    CustomFacts,
    Facts,
    MomentFacts,
    OrderFacts,
    ReferralFacts,
    ReviewFacts,
)
from loyalty.rules.model import Active, stacked

QUALIFYING = "qualifying"
SHARE_EVENT = "custom.social_share"


class Used(msgspec.Struct, frozen=True):
    """What a member had of a limited rule in the period of the event."""

    times: int = 0
    points: int = 0


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule gave. `cut`: its limit left less than `points_due`."""

    rule: Active
    points: int
    points_due: int
    inputs: Mapping[str, Any]

    @property
    def cut(self) -> bool:
        """Whether the limit left less than was due."""
        return self.points < self.points_due


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Why one rule gave nothing.

    `because` is the type of the first condition that failed, or exclusive_group, no_line,
    currency_without_rate, tier_without_points, budget_exhausted, review_points_off or nothing_kept;
    `condition` is that condition.
    """

    rule: Active
    because: str
    condition: m.Condition | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What all rules of the event's trigger made of it, in stacking order."""

    contributions: tuple[Contribution, ...]
    skipped: tuple[Skipped, ...]

    @property
    def points(self) -> int:
        """All points together."""
        return sum(each.points for each in self.contributions)

    def of(self, campaign_id: UUID | None) -> tuple[Contribution, ...]:
        """What belongs to one earn: the programme's (None) or a campaign's."""
        return tuple(each for each in self.contributions if each.rule.campaign_id == campaign_id)


def concerns(trigger: m.Trigger, facts: Facts) -> bool:
    """Whether an event is what a rule waits for."""
    what = facts.what
    match trigger:
        case m.Order() | m.OrderLine():
            return isinstance(what, OrderFacts)
        case m.CustomEvent(name=name):
            return isinstance(what, CustomFacts) and what.name == name
        case m.SocialShare():
            return isinstance(what, CustomFacts) and what.name == SHARE_EVENT
        case m.Review():
            return isinstance(what, ReviewFacts)
        case m.Referral(side=side):
            return isinstance(what, ReferralFacts) and what.side == side
        case m.Birthday() | m.ProfileCompleted() | m.Enrolment():
            return isinstance(what, MomentFacts) and what.name == type(trigger).__struct_config__.tag


def evaluate(
    facts: Facts,
    rules: Iterable[Active],
    wallet: str,
    used: Mapping[UUID, Used] | None = None,
    dry: Mapping[UUID | None, str] | None = None,
    whole: Facts | None = None,
) -> Outcome:
    """What the rules of this event's trigger give to one wallet; all of `rules` give to it.

    `used` is by rule id; `dry` says why a rule or campaign gives nothing whatever the event; `whole` is
    the order as it was paid when `facts` is what is kept of it.
    """
    concerned = [each for each in rules if concerns(each.rule.trigger, facts)]
    stack = _Stack(
        facts, whole or facts, wallet, sum(isinstance(each.rule.effect, m.Multiply) for each in concerned)
    )
    given: list[Contribution] = []
    skipped: list[Skipped] = []
    for active in stacked(concerned):
        if failed := stack.failed(active, dry or {}):
            skipped.append(failed)
        else:
            given.append(stack.give(active, (used or {}).get(active.rule_id, Used())))
    return Outcome(contributions=tuple(given), skipped=tuple(skipped))


class _Stack:
    """Points so far, in fractions of a point: `unit` of them are one point."""

    def __init__(self, facts: Facts, whole: Facts, wallet: str, multipliers: int) -> None:
        self.facts, self.whole, self.wallet = facts, whole, wallet
        order = facts.what if isinstance(facts.what, OrderFacts) else None
        units = 10 ** get_currency_precision(order.currency) if order else 1
        self.unit = units * 100 * 100 * 100**multipliers
        self.amount_unit = 100**multipliers
        self.total = 0
        self.groups: dict[UUID | None, int] = {}
        self.exclusive: set[str] = set()

    def failed(self, active: Active, dry: Mapping[UUID | None, str]) -> Skipped | None:
        """Why the rule does not apply; None: it does, and its exclusive group is taken."""
        rule = active.rule
        what = self.facts.what
        if isinstance(what, OrderFacts) and what.empty:
            return Skipped(rule=active, because="nothing_kept")
        for condition in active.requirements():
            if not holds(condition, self.facts, self.whole):
                tag = str(type(condition).__struct_config__.tag)
                return Skipped(rule=active, because=tag, condition=condition)
        because = self._without_effect(rule)
        if because is None and rule.exclusive_group in self.exclusive:
            because = "exclusive_group"
        if because is None and rule.exclusive_group:
            self.exclusive.add(rule.exclusive_group)
        for key in (active.rule_id, active.campaign_id):
            if because is None and key in dry:
                because = dry[key]
        return Skipped(rule=active, because=because) if because else None

    def _without_effect(self, rule: m.Rule) -> str | None:
        what = self.facts.what
        if isinstance(rule.trigger, m.OrderLine) and not self._lines(rule.trigger):
            return "no_line"
        match rule.effect:
            case m.PerAmount(points_per_100_units=rates):
                if isinstance(what, OrderFacts) and what.currency not in rates:
                    return "currency_without_rate"
            case m.PerTier(points=points):
                if self.facts.member.tier_code not in points:
                    return "tier_without_points"
        return None

    def give(self, active: Active, used: Used) -> Contribution:
        """Add what the rule gives; its points are what its earn's whole points grow by."""
        value, inputs = self._value(active.rule)
        before = self.groups.get(active.rounding, 0)
        self.groups[active.rounding] = before + value
        self.total += value
        due = (before + value) // self.unit - before // self.unit
        return Contribution(
            rule=active, points=left(active.rule.limit, due, used), points_due=due, inputs=inputs
        )

    def _value(self, rule: m.Rule) -> tuple[int, dict[str, Any]]:
        match rule.effect:
            case m.Fixed(points=points):
                times = self._times(rule)
                return points * times * self.unit, {"fixed": points, "times": times}
            case m.PerTier(points=by_tier):
                points = by_tier[self.facts.member.tier_code]
                times = self._times(rule)
                return points * times * self.unit, {
                    "fixed": points,
                    "times": times,
                    "tier": self.facts.member.tier_code,
                }
            case m.PerAmount(points_per_100_units=rates, by_tier=by_tier):
                return self._per_amount(rule, rates, by_tier)
            case m.Multiply(percent=percent):
                return self.total * (percent - 100) // 100, {"percent": percent}

    def _per_amount(
        self, rule: m.Rule, rates: Mapping[str, int], by_tier: bool
    ) -> tuple[int, dict[str, Any]]:
        order = self.facts.what
        if not isinstance(order, OrderFacts):  # refused when the rule is saved
            return 0, {}
        amount = order.amount_minor
        if isinstance(rule.trigger, m.OrderLine):
            amount = sum(line.amount_minor for line in self._lines(rule.trigger))
        percent = self.facts.member.multiplier_percent if by_tier and self.wallet != QUALIFYING else 100
        rate = rates[order.currency]
        inputs = {
            "amount_minor": amount,
            "currency": order.currency,
            "points_per_100_units": rate,
            "multiplier_percent": percent,
        }
        return amount * rate * percent * self.amount_unit, inputs

    def _times(self, rule: m.Rule) -> int:
        return len(self._lines(rule.trigger)) if isinstance(rule.trigger, m.OrderLine) else 1

    def _lines(self, trigger: m.OrderLine) -> Sequence[Any]:
        order, whole = self.facts.what, self.whole.what
        if not isinstance(order, OrderFacts) or not isinstance(whole, OrderFacts):
            return []
        pairs = lines(order, whole)
        return [a for a, b in pairs if line_fits(trigger.where, a, b, order.currency)]


def left(limit: m.Limit | None, points: int, used: Used) -> int:
    """How many of these points a rule's limit allows."""
    if limit is None:
        return points
    if limit.times is not None and used.times >= limit.times:
        return 0
    if limit.points is not None:
        return min(points, max(0, limit.points - used.points))
    return points
