"""Post what rules give: limits kept, and without a campaign whose budget has run dry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db
from core.days import start_of_day, zone_of
from loyalty.earning import queries
from loyalty.earning.rules import Due, InForce, Use
from loyalty.ledger import post
from loyalty.rules import model as m
from loyalty.rules.check import every
from loyalty.rules.evaluate import Used
from loyalty.rules.model import Active
from loyalty.wallets.rules import Wallet

EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """An order or event that may give points to a member. `fresh`: it has never been evaluated."""

    id: UUID
    member_id: UUID
    at: datetime
    fresh: bool


Plan = Callable[[int, InForce], Due]
"""What the claim at this place lacks, under these rules."""


def segments_in(rules: Iterable[Active]) -> list[UUID]:
    """The segments that rules ask for."""
    found = {
        each.segment
        for active in rules
        for each in every(active.rule.conditions)
        if isinstance(each, m.InSegment)
    }
    return sorted(found)


async def make(
    claims: Sequence[Claim], rules: Sequence[Active], wallets: Sequence[Wallet], plan: Plan, now: datetime
) -> list[Due]:
    """Post what all claims lack, in order of time; answers what was posted for each, in their order.

    Raises what the ledger refuses; a campaign's empty budget is not refused but does without it.
    """
    if not claims:
        return []
    zone = zone_of(wallets[0].zone) if wallets else ZoneInfo("UTC")
    limits = _Limits([each for each in rules if each.rule.limit], zone)
    await limits.load([each for each in claims if each.fresh])
    budgets = await _budgets(rules)
    order = sorted(range(len(claims)), key=lambda place: (claims[place].at, claims[place].id))
    dues: dict[int, Due] = {}
    for place in order:
        known = InForce(rules=rules, used=limits.used(claims[place]), budgets=budgets)
        dues[place] = plan(place, known)
        limits.add(dues[place].uses, claims[place])
    await post([command for place in order for command in dues[place].commands], now)
    await limits.save()
    return [dues[place] for place in range(len(claims))]


async def _budgets(rules: Sequence[Active]) -> dict[UUID, UUID]:
    campaigns = sorted({each.campaign_id for each in rules if each.campaign_id})
    if not campaigns:
        return {}
    return {row["id"]: row["budget_id"] for row in await db.fetch(queries.BUDGETS, campaigns)}


Place = tuple[str, UUID, UUID, datetime]
"""Wallet, rule, member, and when the period began."""


class _Limits:
    """What members had of limited rules, kept up to date while a batch is worked through."""

    def __init__(self, rules: Sequence[Active], zone: ZoneInfo) -> None:
        self.rules, self.zone = rules, zone
        self.known: dict[Place, Used] = {}
        self.new: list[tuple[Use, UUID]] = []

    async def load(self, claims: Sequence[Claim]) -> None:
        """Lock the members' limits and read what was used of them."""
        if not self.rules or not claims:
            return
        await db.execute(queries.LOCK_LIMITS, [each.member_id for each in claims])
        asked = [
            (active.rule_id, claim.member_id, *self._period(active, claim.at))
            for claim in claims
            for active in self._of(claim).values()
        ]
        if not asked:
            return
        for row in await db.fetch(queries.USED, *map(list, zip(*asked, strict=True))):
            place = (row["wallet"], row["rule_id"], row["member_id"], row["since"])
            self.known[place] = Used(row["times"], row["points"])

    def used(self, claim: Claim) -> Mapping[str, Mapping[UUID, Used]]:
        """By wallet and rule, for the period in which the claim lies."""
        found: dict[str, dict[UUID, Used]] = {}
        starts = {key: self._period(each, claim.at)[0] for key, each in self._of(claim).items()}
        for (wallet, rule, member, since), used in self.known.items():
            if member == claim.member_id and starts.get(rule) == since:
                found.setdefault(wallet, {})[rule] = used
        return found

    def add(self, uses: Iterable[Use], claim: Claim) -> None:
        """What a claim took."""
        mine = self._of(claim)
        for use in uses:
            since, _ = self._period(mine[use.rule_id], claim.at)
            place = (use.wallet, use.rule_id, use.member_id, since)
            before = self.known.get(place, Used())
            self.known[place] = Used(before.times + 1, before.points + use.points)
            self.new.append((use, claim.id))

    async def save(self) -> None:
        """Note what this batch took."""
        rows = [(u.rule_id, u.member_id, u.wallet, key, u.occurred_at, u.points) for u, key in self.new]
        if rows:
            await db.execute(queries.ADD_USES, *map(list, zip(*rows, strict=True)))

    def _of(self, claim: Claim) -> dict[UUID, Active]:
        """The version of each limited rule that is in force for a claim."""
        return {each.rule_id: each for each in self.rules if each.covers(claim.at)}

    def _period(self, active: Active, at: datetime) -> tuple[datetime, datetime]:
        """From when to when the rule's limit counts, as moments."""
        limit = active.rule.limit
        if limit is None or limit.per == "ever":
            return EVER
        first, after = limit.period(at.astimezone(self.zone).date())
        return start_of_day(first, self.zone), start_of_day(after, self.zone)
