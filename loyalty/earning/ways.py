"""The ways to earn as one member may read them: the rules in force that give points to be spent."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from core.i18n import Locale
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.check import every

SPENDABLE = "points"


async def ways(segments: Collection[UUID], locale: Locale, now: datetime) -> dict[str, str]:
    """By code of the rule its sentence, in stacking order, for a member who is in these segments."""
    say = await rules.words(locale)
    found = {
        each.code: shown
        for each in await rules.live(now)
        if each.active.covers(now) and each.rule.gives_to(SPENDABLE, True)
        if (shown := as_told(each.rule, segments))
    }
    return {code: say.rule(rule) for code, rule in found.items()}


def as_told(rule: m.Rule, segments: Collection[UUID]) -> m.Rule | None:
    """The rule without the shop's words for groups of customers, which are not for customers to read.

    None: it is for others, or cannot be told without them. Pure.
    """
    asked = [each for each in rule.conditions if isinstance(each, m.InSegment)]
    if any(each.segment not in segments for each in asked):
        return None
    rest = tuple(each for each in rule.conditions if not isinstance(each, m.InSegment))
    if any(isinstance(each, m.InSegment) for each in every(rest)):
        return None
    return msgspec.structs.replace(rule, conditions=rest)
