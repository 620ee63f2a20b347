"""What a reward would cost a member, and what stands against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import zone_of
from core.errors import NotFound
from loyalty.households import service as households
from loyalty.rewards import catalogue, queries, rules
from loyalty.rewards.catalogue import RewardView
from loyalty.rewards.kinds import Money
from loyalty.rewards.rules import Facts
from loyalty.segments import service as segments


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why something cannot be bought: the code of the error that redeeming would raise, and its figures."""

    code: str
    detail: str
    figures: Mapping[str, Any]


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a reward would cost a member now, and what stands against it."""

    reward: RewardView
    cost_points: int
    worth: Money | None
    points_after: int
    """What the member could still spend; negative: so many are missing."""
    short_points: int
    allowed: bool
    refusals: list[Refusal]
    """Everything that stands against it, the weightiest first; empty: it is allowed."""


@dataclass(frozen=True)
class Known:
    """One member at one moment."""

    tiers: frozenset[str]
    joined_at: datetime
    left: bool
    points: int
    segments: frozenset[str]
    taken: Mapping[UUID, tuple[int, int]]
    """By reward: how often ever, and in its period."""
    zone: ZoneInfo

    def of(self, reward: RewardView) -> Facts:
        """What the rules want to know of one reward."""
        ever, in_period = self.taken.get(reward.id, (0, 0))
        return Facts(
            active=reward.active,
            stock=reward.stock,
            has_code=reward.has_code,
            left=self.left,
            tiers=self.tiers,
            segments=self.segments,
            taken=ever,
            taken_in_period=in_period,
            points=self.points,
        )


async def quote(member_id: UUID, reward_code: str, now: datetime, points: int | None = None) -> Quote:
    """What it would cost, allowed or why not; `points` is the choice for cash back (None: the least).

    Nothing is reserved. Raises NotFound, PointsChoiceInvalid.
    """
    reward = await catalogue.find(reward_code)
    known = await known_of(member_id, await db.fetchrow(queries.MEMBER, member_id), [reward], now)
    return _quote(reward, known, now, points)


async def quotes(member_id: UUID, now: datetime) -> list[Quote]:
    """Every reward on offer as this member sees it, the cheapest first. Raises NotFound."""
    offered = await catalogue.catalogue()
    known = await known_of(member_id, await db.fetchrow(queries.MEMBER, member_id), offered, now)
    return [_quote(reward, known, now, None) for reward in offered]


def _quote(reward: RewardView, known: Known, now: datetime, points: int | None) -> Quote:
    cost = rules.least_cost(reward) if points is None else rules.cost(reward, points)
    facts = known.of(reward)
    against = rules.refusals(reward, facts, cost, now)
    return Quote(
        reward=reward,
        cost_points=cost,
        worth=rules.worth(reward.terms, cost),
        points_after=facts.points - cost,
        short_points=max(0, cost - facts.points),
        allowed=not against,
        refusals=[Refusal(code=each.code, detail=each.detail, figures=each.extra) for each in against],
    )


async def known_of(
    member_id: UUID, member: db.Row | None, offered: Sequence[RewardView], now: datetime
) -> Known:
    """What these rewards ask about a member, who is a row of queries.MEMBER. Raises NotFound."""
    if member is None:
        raise NotFound("there is no such member")
    zone = zone_of((await tenancy.shop()).time_zone)
    starts = [rules.period_start(period, now, zone) for period in rules.PERIODS]
    rows = await db.fetch(queries.TAKEN, member_id, [reward.id for reward in offered], *starts)
    return Known(
        tiers=frozenset(member["tiers"]),
        joined_at=member["joined_at"],
        left=member["has_left"],
        points=(await db.fetchval(queries.SPENDABLE, member_id, now) or 0)
        + await households.spendable(member_id, now),
        segments=await _segments(member_id, {code for reward in offered for code in reward.segments}, now),
        taken={row["reward_id"]: (row["taken"], row["taken_in_period"]) for row in rows},
        zone=zone,
    )


async def _segments(member_id: UUID, codes: set[str], now: datetime) -> frozenset[str]:
    """Which of these the member is in."""
    if not codes:
        return frozenset()
    ids = {row["id"]: row["code"] for row in await db.fetch(queries.SEGMENTS, list(codes))}
    found = await segments.memberships(list(ids), [member_id], now)
    return frozenset(ids[each] for each in found.get(member_id, set()))
