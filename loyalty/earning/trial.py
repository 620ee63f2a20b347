"""Try rules on an event that has not happened: what they would give, and why each other one would not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import tenancy
from core.days import zone_of
from core.i18n import Locale
from loyalty.earning.posting import used_by, used_up
from loyalty.members import service as members
from loyalty.programme import service as programme
from loyalty.rules import model as m
from loyalty.rules import service as rules_of
from loyalty.rules.evaluate import Outcome, evaluate
from loyalty.rules.facts import Facts, Happening, MemberFacts
from loyalty.rules.model import Active
from loyalty.rules.sentence import Words
from loyalty.segments import service as segments
from loyalty.wallets.service import wallets as all_wallets


class Gave(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule would give, out of what. `points_due`: without its limit; `sentence`: in words."""

    code: str
    version: int
    points: int
    points_due: int
    inputs: dict[str, Any]
    sentence: str


class GaveNot(msgspec.Struct, frozen=True, kw_only=True):
    """Why one rule would give nothing: the type of the first condition that fails, or another reason.

    `condition` is that condition in words.
    """

    code: str
    version: int
    because: str
    condition: str | None


class WalletTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What one wallet would get."""

    wallet: str
    points: int
    rules: list[Gave]
    not_applied: list[GaveNot]


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    """The member to try with: their tier (None: the lowest), since when they are one, and their segments.

    `id`: of one whose limits and the programme's budgets are to be looked at, too; None: all are untouched.
    """

    tier: str | None = None
    joined_at: datetime
    segments: frozenset[UUID] = frozenset()
    id: UUID | None = None


async def try_out(
    what: Happening,
    who: Somebody,
    at: datetime,
    locale: Locale,
    given: Sequence[m.Rule] | None = None,
) -> list[WalletTrial]:
    """Evaluate an event at a moment against the rules in force then, or against `given` ones; posts nothing.

    Limits and budgets are taken as untouched but for a member with an id. Raises ProgrammeMissing.
    """
    terms = (await programme.live()).tiers
    tier = next((each for each in terms if each.code == who.tier), terms[0])
    zone = zone_of((await tenancy.shop()).time_zone)
    facts = Facts(
        occurred_at=at,
        local_at=at.astimezone(zone).replace(tzinfo=None),
        member=MemberFacts(
            joined_at=who.joined_at,
            tier_code=tier.code,
            multiplier_percent=tier.multiplier_percent,
            segments=who.segments,
        ),
        what=what,
    )
    rules = await rules_of.in_force(at, at) if given is None else [_active(n, r) for n, r in enumerate(given)]
    say = await rules_of.words(locale)
    used = await used_by(who.id, rules, at) if who.id else {}
    dry = await used_up(rules) if who.id else {}
    found = []
    for wallet in await all_wallets():
        mine = [each for each in rules if each.rule.gives_to(wallet.code, wallet.earns_on_orders)]
        if mine:
            outcome = evaluate(facts, mine, wallet.code, used.get(wallet.code), dry)
            found.append(_trial(wallet.code, outcome, say))
    return found


def _active(number: int, rule: m.Rule) -> Active:
    key = UUID(int=number)
    return Active(rule_id=key, version_id=key, version=0, code=f"given-{number + 1}", rule=rule)


def _trial(wallet: str, outcome: Outcome, say: Words) -> WalletTrial:
    return WalletTrial(
        wallet=wallet,
        points=outcome.points,
        rules=[
            Gave(
                code=each.rule.code,
                version=each.rule.version,
                points=each.points,
                points_due=each.points_due,
                inputs=dict(each.inputs),
                sentence=say.rule(each.rule.rule),
            )
            for each in outcome.contributions
        ],
        not_applied=[
            GaveNot(
                code=each.rule.code,
                version=each.rule.version,
                because=each.because,
                condition=say.condition(each.condition) if each.condition else None,
            )
            for each in outcome.skipped
        ],
    )


async def somebody(customer_id: str, asked: Sequence[UUID], at: datetime, limits: bool = False) -> Somebody:
    """A member as they are now, with those of the asked segments that they are in. Raises NotFound.

    `limits`: what they had of limited rules counts, too.
    """
    found = await members.find(customer_id)
    within = await segments.memberships(asked, [found.id], at)
    return Somebody(
        tier=found.tier_code,
        joined_at=found.joined_at,
        segments=frozenset(within.get(found.id, ())),
        id=found.id if limits else None,
    )
