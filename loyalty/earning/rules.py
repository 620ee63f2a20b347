"""Pure: what rules gave becomes earns that say why, and is read back from them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.ledger.commands import AnyCommand, Earn
from loyalty.rules import model as m
from loyalty.rules.evaluate import Outcome, Used, evaluate
from loyalty.rules.facts import Facts
from loyalty.rules.model import Active
from loyalty.wallets.rules import Wallet


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule gave in an earn; less than was due where its limit cut it."""

    rule: Active
    points: int
    points_due: int


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a member had of a rule with a limit."""

    rule_id: UUID
    member_id: UUID
    wallet: str
    occurred_at: datetime
    points: int


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may give points, once: an order or another event.

    `key` is natural and names its earns; `reason` is what their postings say of it besides the rules.
    """

    key: str
    member_id: UUID
    joined_at: datetime
    facts: Facts
    reason: Mapping[str, Any]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One earn of an occasion: the programme's (no campaign) or that of one campaign."""

    earn: Earn
    campaign_id: UUID | None
    granted: tuple[Granted, ...]
    basis: tuple[Active, ...]
    """Rules of the other earns, whose points a multiplier of this one multiplied."""
    uses: tuple[Use, ...]


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The rules to evaluate with. `used` is by wallet and rule, `dry` by campaign, `budgets` by campaign."""

    rules: Sequence[Active]
    used: Mapping[str, Mapping[UUID, Used]] = {}
    dry: Mapping[UUID | None, str] = {}
    budgets: Mapping[UUID, UUID] = {}


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger lacks of an occasion: postings, and dates of pending points that are only known now."""

    commands: tuple[AnyCommand, ...] = ()
    dates: tuple[tuple[str, datetime], ...] = ()
    """Key of the earn, and when its points settle."""
    uses: tuple[Use, ...] = ()
    """What the earns take of the rules' limits."""
    campaigns: tuple[UUID, ...] = ()
    """Those that give points for it now."""


def earn_key(key: str, wallet: str, campaign_id: UUID | None = None) -> str:
    """The natural key: one earn for each occasion, wallet and campaign."""
    return f"earn:{key}:{wallet}" + (f":{campaign_id}" if campaign_id else "")


def parts(
    occasion: Occasion,
    wallet: Wallet,
    rules: InForce,
    pending: bool,
    settles_at: datetime | None,
) -> list[Part]:
    """The earns of one occasion in one wallet, those without points left out."""
    given = [each for each in rules.rules if each.rule.gives_to(wallet.code, wallet.earns_on_orders)]
    outcome = evaluate(occasion.facts, given, wallet.code, rules.used.get(wallet.code), rules.dry)
    campaigns = dict.fromkeys(each.rule.campaign_id for each in outcome.contributions)
    made = []
    for campaign in sorted(campaigns, key=lambda each: (each is not None, str(each))):
        points = sum(each.points for each in outcome.of(campaign))
        if points:
            made.append(_part(occasion, wallet, outcome, campaign, points, rules, pending, settles_at))
    return made


def _part(
    occasion: Occasion, wallet: Wallet, outcome: Outcome, campaign: UUID | None, points: int,
    rules: InForce, pending: bool, settles_at: datetime | None,
) -> Part:  # fmt: skip
    own, at = outcome.of(campaign), occasion.facts.occurred_at
    multiplies = any(isinstance(each.rule.rule.effect, m.Multiply) for each in own)
    basis = tuple(e.rule for e in outcome.contributions if multiplies and e.rule.campaign_id != campaign)
    budget = rules.budgets.get(campaign) if campaign else None
    earn = Earn(
        key=earn_key(occasion.key, wallet.code, campaign),
        member=occasion.member_id,
        wallet=wallet.code,
        points=points,
        pending=pending,
        settles_at=settles_at if pending else None,
        effective_at=at,
        expires_at=wallet.expires_at(at, occasion.joined_at),
        budgets=(budget,) if budget else (),
        reason=dict(occasion.reason) | _why(outcome, campaign, basis),
    )
    return Part(
        earn=earn,
        campaign_id=campaign,
        granted=tuple(Granted(rule=e.rule, points=e.points, points_due=e.points_due) for e in own),
        basis=basis,
        uses=tuple(
            Use(
                rule_id=each.rule.rule_id,
                member_id=occasion.member_id,
                wallet=wallet.code,
                occurred_at=at,
                points=each.points,
            )
            for each in own
            if each.rule.rule.limit and each.points
        ),
    )


def _why(outcome: Outcome, campaign: UUID | None, basis: Sequence[Active]) -> dict[str, Any]:
    """Which rules gave how much out of which inputs, and why each other one gave nothing."""
    gave = [
        {
            "id": str(each.rule.rule_id),
            "code": each.rule.code,
            "version": each.rule.version,
            "version_id": str(each.rule.version_id),
            "points": each.points,
            **({"points_due": each.points_due} if each.cut else {}),
            **each.inputs,
        }
        for each in outcome.of(campaign)
    ]
    skipped = [
        {"code": each.rule.code, "version": each.rule.version, "because": each.because}
        for each in outcome.skipped
    ]
    why: dict[str, Any] = {"rules": gave}
    if campaign:
        why["campaign"] = str(campaign)
    if basis:
        why["basis"] = [str(each.version_id) for each in basis]
    return why | ({"not": skipped} if skipped else {})


def versions_in(reason: Mapping[str, Any]) -> list[UUID]:
    """The rule versions that an earn's reason names."""
    return [UUID(each["version_id"]) for each in reason.get("rules", ())] + [
        UUID(each) for each in reason.get("basis", ())
    ]


def granted_in(reason: Mapping[str, Any], versions: Mapping[UUID, Active]) -> tuple[Granted, ...]:
    """What an earn's reason says that each rule gave."""
    if "rules" not in reason:
        return (_before_rules(reason),)
    return tuple(
        Granted(
            rule=versions[UUID(each["version_id"])],
            points=each["points"],
            points_due=each.get("points_due", each["points"]),
        )
        for each in reason["rules"]
    )


def _before_rules(reason: Mapping[str, Any]) -> Granted:
    """Earns from before there were rules name a rate: the rule that would have given the same."""
    rate = {reason["currency"]: reason["points_per_100_units"]}
    rule = m.Rule(trigger=m.Order(), effect=m.PerAmount(points_per_100_units=rate, by_tier=True), wallets=())
    nobody = UUID(int=0)
    active = Active(rule_id=nobody, version_id=nobody, version=0, code="orders", rule=rule)
    return Granted(rule=active, points=0, points_due=0)


def kept_points(
    granted: Sequence[Granted], basis: Sequence[Active], kept: Facts, whole: Facts, wallet: str
) -> int:
    """What an earn still gives when only `kept` is left of `whole`, by the rules that gave it.

    Points per amount follow the amount that is kept. Fixed points stay as long as what is kept still
    meets the rule's conditions. What a limit had cut is not given later.
    """
    own = {each.rule.rule_id: each for each in granted}
    outcome = evaluate(kept, [*(each.rule for each in granted), *basis], wallet, whole=whole)
    total = 0
    for each in outcome.contributions:
        given = own.get(each.rule.rule_id)
        if given:
            cut = given.points < given.points_due
            total += min(each.points_due, given.points) if cut else each.points_due
    return total
