"""Post what rules give: limits kept, and without a campaign whose budget has run dry."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import start_of_day, zone_of
from loyalty.earning import queries
from loyalty.earning.rules import Due, InForce, Use
from loyalty.ledger import Earn, post
from loyalty.ledger.errors import BudgetExhausted
from loyalty.rules import model as m
from loyalty.rules.check import every
from loyalty.rules.evaluate import Used
from loyalty.rules.model import Active
from loyalty.wallets.rules import Wallet

DRY = "budget_exhausted"
CROWD = 100
"""So many batches of the same size may be under way: a budget with less than that for each may run dry."""
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
    work = _Work(claims, rules, plan, limits, budgets, now)
    dues = await work.with_budgets() if budgets else await work.together()
    await limits.save()
    return [dues[place] for place in range(len(claims))]


async def used_by(
    member_id: UUID, rules: Sequence[Active], at: datetime
) -> Mapping[str, Mapping[UUID, Used]]:
    """What a member had of limited rules by wallet, in the periods of a moment. Nothing is locked."""
    zone = zone_of((await tenancy.shop()).time_zone)
    limits = _Limits([each for each in rules if each.rule.limit], zone)
    claim = Claim(id=member_id, member_id=member_id, at=at, fresh=True)
    await limits.read([claim])
    return limits.used(claim)


async def used_up(rules: Sequence[Active]) -> dict[UUID | None, str]:
    """The campaigns whose budgets have nothing left, each with the reason that evaluate() takes."""
    return {row["id"]: DRY for row in await _budgets(rules) if row["used_up"]}


async def _budgets(rules: Sequence[Active]) -> Sequence[db.Row]:
    campaigns = sorted({each.campaign_id for each in rules if each.campaign_id})
    return await db.fetch(queries.BUDGETS, campaigns) if campaigns else []


class _Probed(Exception):
    """Ends a probe: what was posted in it is undone."""


class _Work:
    """One batch of claims, in order of time."""

    def __init__(
        self, claims: Sequence[Claim], rules: Sequence[Active], plan: Plan, limits: "_Limits",
        budgets: Sequence[db.Row], now: datetime,
    ) -> None:  # fmt: skip
        self.claims, self.rules, self.plan, self.limits, self.now = claims, rules, plan, limits, now
        self.budgets: dict[UUID, UUID] = {row["id"]: row["budget_id"] for row in budgets}
        self.left: dict[UUID, int | None] = {row["budget_id"]: row["points_left"] for row in budgets}
        self.used_up = {row["id"]: DRY for row in budgets if row["used_up"]}
        self.order = sorted(range(len(claims)), key=lambda place: (claims[place].at, claims[place].id))

    def due(self, place: int, dry: Mapping[UUID | None, str]) -> Due:
        """What the claim lacks when these campaigns give nothing."""
        claim = self.claims[place]
        used = self.limits.used(claim)
        known = InForce(rules=self.rules, used=used, dry={**self.used_up, **dry}, budgets=self.budgets)
        return self.plan(place, known)

    async def together(self) -> dict[int, Due]:
        """All in one call of the ledger."""
        dues: dict[int, Due] = {}
        for place in self.order:
            dues[place] = self.due(place, {})
            self.limits.add(dues[place].uses, self.claims[place])
        await post([command for place in self.order for command in dues[place].commands], self.now)
        return dues

    async def with_budgets(self) -> dict[int, Due]:
        """All in one call; where a budget lacks points for all of it, one claim after the other."""
        await self._queue_for_budgets()
        mark = self.limits.mark()
        try:
            async with db.savepoint():
                return await self.together()
        except BudgetExhausted:
            self.limits.back_to(mark)
        by_member = sorted(self.order, key=lambda place: self.claims[place].member_id)
        return {place: await self._alone(place) for place in by_member}

    async def _queue_for_budgets(self) -> None:
        """Before any row of the ledger is locked: a batch that may run a budget dry is alone at that budget.

        It makes several calls, and who waits for one that was undone still waits for all of its transaction:
        those who met there would wait for each other in a circle. In sorted order, so nobody does here.
        """
        wanted: Counter[UUID] = Counter()
        for place in self.order:
            for command in self.due(place, {}).commands:
                if isinstance(command, Earn):
                    wanted.update(dict.fromkeys(command.budgets, command.points))
        for budget in sorted(wanted):
            left = self.left[budget]
            dry_soon = left is not None and left < CROWD * wanted[budget]
            alone = dry_soon and len(self.claims) > 1
            await db.execute(queries.TAKE_BUDGET if alone else queries.SHARE_BUDGET, budget)

    async def _alone(self, place: int) -> Due:
        """One claim, without the campaigns whose budgets lack the points for it."""
        dry: dict[UUID | None, str] = {}
        while True:
            due = self.due(place, dry)
            try:
                async with db.savepoint():
                    await post(due.commands, self.now)
            except BudgetExhausted:
                dry |= dict.fromkeys(await self._dry(due), DRY)
                continue
            self.limits.add(due.uses, self.claims[place])
            return due

    async def _dry(self, due: Due) -> list[UUID]:
        """Which campaigns lack the points; where each has enough by itself, the last."""
        found = [campaign for campaign in due.campaigns if not await self._fits(due, campaign)]
        return found or [due.campaigns[-1]]

    async def _fits(self, due: Due, campaign: UUID) -> bool:
        budget = self.budgets.get(campaign)
        earns = [each for each in due.commands if isinstance(each, Earn) and budget in each.budgets]
        try:
            async with db.savepoint():
                await post(earns, self.now)
                raise _Probed
        except _Probed:
            return True
        except BudgetExhausted:
            return False


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
        if self.rules and claims:
            await db.execute(queries.LOCK_LIMITS, [each.member_id for each in claims])
            await self.read(claims)

    async def read(self, claims: Sequence[Claim]) -> None:
        """Read what was used of them."""
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

    def mark(self) -> tuple[dict[Place, Used], int]:
        """What is known now, for back_to()."""
        return dict(self.known), len(self.new)

    def back_to(self, mark: tuple[dict[Place, Used], int]) -> None:
        """Forget what was added since."""
        self.known, count = dict(mark[0]), mark[1]
        del self.new[count:]

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
