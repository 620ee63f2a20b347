"""Buy rewards with points: quote, redeem, cancel, use.

Rows are locked in one order: the member, the voucher, a part of the stock, a code, the member's account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import zone_of
from core.errors import NotFound
from core.ids import new_id
from loyalty.ledger import Redeem, Reverse, post
from loyalty.rewards import catalogue, codes, credit, queries, rules, vouchers
from loyalty.rewards.catalogue import RewardView
from loyalty.rewards.errors import (
    AmountInvalid,
    CodePoolEmpty,
    RedemptionKeyReused,
    RewardChanged,
    RewardSoldOut,
    VoucherExpired,
    VoucherSpent,
)
from loyalty.rewards.kinds import Money, StoreCredit
from loyalty.rewards.rules import Facts
from loyalty.rewards.vouchers import VoucherView

PARTS = 8
"""Of a counted reward's stock: so many members can take one at once."""


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


async def quote(member_id: UUID, reward_code: str, now: datetime, points: int | None = None) -> Quote:
    """What it would cost, allowed or why not; `points` is the choice for cash back (None: the least).

    Nothing is reserved. Raises NotFound, PointsChoiceInvalid.
    """
    reward = await catalogue.find(reward_code)
    facts = await _facts(member_id, now, reward.id)
    return _quote(reward, facts, now, points)


async def quotes(member_id: UUID, now: datetime) -> list[Quote]:
    """Every reward on offer as this member sees it, the cheapest first. Raises NotFound."""
    offered = await catalogue.catalogue()
    facts = await _facts(member_id, now, None)
    return [_quote(reward, facts, now, None) for reward in offered]


async def redeem(
    member_id: UUID,
    reward_id: UUID,
    key: str,
    now: datetime,
    *,
    points: int | None = None,
    version: int | None = None,
) -> VoucherView:
    """Buy a reward and issue its voucher; the same `key` answers the same voucher.

    `points` is the choice for cash back; `version` the one that was looked at, None: whichever is live.
    Raises NotFound, RedemptionKeyReused, RewardChanged, PointsChoiceInvalid and what a quote would say;
    nothing is then changed.
    """
    known = await _locked(member_id, now, reward_id)
    if before := await db.fetchrow(queries.VOUCHER_BY_KEY, member_id, key):
        return _same(before, reward_id, key)
    reward = await _wanted(reward_id, version)
    cost = rules.cost(reward, points)
    for refusal in rules.refusals(reward, known.of(reward), cost, now):
        raise refusal
    voucher_id = new_id()
    await _take_unit(reward, voucher_id)
    code = await _take_code(reward, voucher_id)
    reason = _reason(reward)
    command = Redeem(
        key=f"redeem:{voucher_id}", member=member_id, points=cost, effective_at=now, reason=reason
    )
    [posting] = await post([command], now)
    value = rules.worth(reward.terms, cost)
    credited = isinstance(reward.terms, StoreCredit)
    await db.execute(
        queries.ADD_VOUCHER,
        voucher_id,
        code,
        reward.id,
        reward.version,
        member_id,
        key,
        cost,
        value.amount_minor if value else None,
        value.currency if value else None,
        posting.journal_id,
        "used" if credited else "issued",
        now,
        now if credited else None,
        rules.expires_at(reward, now, known.zone),
    )
    if value and credited:
        await credit.grant(voucher_id, member_id, known.joined_at, value, reason, now)
    return await vouchers.voucher(member_id, voucher_id)


async def cancel(member_id: UUID, voucher_id: UUID, now: datetime) -> VoucherView:
    """Give an unused voucher back: the same lots get their points, with the expiry they had.

    Raises NotFound, VoucherSpent, VoucherExpired.
    """
    await _locked_member(member_id)
    row = await db.fetchrow(queries.LOCK_VOUCHER, voucher_id)
    if row is None or row["member_id"] != member_id:
        raise NotFound("there is no such voucher")
    _expect_unused(row, now)
    await db.execute(queries.SET_STATE, voucher_id, "cancelled", None)
    await _give_unit_back(row["reward_id"], voucher_id)
    cancelled = await vouchers.voucher(member_id, voucher_id)
    command = Reverse(
        key=f"cancel:{voucher_id}",
        member=member_id,
        parent=await db.fetchval(queries.JOURNAL_KEY, row["journal_id"]),
        effective_at=now,
        reason={"rule": "voucher_cancelled", "reward": cancelled.reward_code},
    )
    await post([command], now)
    return cancelled


async def use(code: str, now: datetime, amount_minor: int | None = None, reference: str = "") -> VoucherView:
    """Use a voucher at the till: all of it, or `amount_minor` of a gift card; `reference` is the till's.

    Raises NotFound, VoucherSpent, VoucherExpired, AmountInvalid.
    """
    found = await vouchers.by_code(code)
    row = await db.fetchrow(queries.LOCK_VOUCHER, found.id)
    assert row is not None  # vouchers are never deleted
    _expect_good(row, now)
    left: int | None = row["worth_left_minor"]
    taken = left if amount_minor is None else amount_minor
    if amount_minor is not None and (
        left is None or amount_minor > left or (amount_minor < left and not rules.in_parts(found.terms))
    ):
        raise AmountInvalid(left_minor=left)
    if left is not None:
        await db.execute(queries.TAKE_OFF, found.id, taken)
    if taken == left:
        await db.execute(queries.SET_STATE, found.id, "used", now)
    await db.execute(queries.NOTE_USE, found.id, taken, reference, now)
    return await vouchers.by_code(code)


def _quote(reward: RewardView, known: "_Known", now: datetime, points: int | None) -> Quote:
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


@dataclass(frozen=True)
class _Known:
    """One member at one moment."""

    tiers: frozenset[str]
    joined_at: datetime
    left: bool
    points: int
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
            taken=ever,
            taken_in_period=in_period,
            points=self.points,
        )


async def _facts(member_id: UUID, now: datetime, reward_id: UUID | None) -> _Known:
    return await _known(await db.fetchrow(queries.MEMBER, member_id), member_id, now, reward_id)


async def _locked(member_id: UUID, now: datetime, reward_id: UUID) -> _Known:
    """One redemption of a member at a time: limits are counted, and a key sent twice finds its voucher."""
    return await _known(await _locked_member(member_id), member_id, now, reward_id)


async def _locked_member(member_id: UUID) -> db.Row | None:
    return await db.fetchrow(queries.LOCK_MEMBER, member_id)


async def _known(member: db.Row | None, member_id: UUID, now: datetime, reward_id: UUID | None) -> _Known:
    if member is None:
        raise NotFound("there is no such member")
    zone = zone_of((await tenancy.shop()).time_zone)
    starts = [rules.period_start(period, now, zone) for period in rules.PERIODS]
    rows = await db.fetch(queries.TAKEN, member_id, reward_id, *starts)
    return _Known(
        tiers=frozenset(member["tiers"]),
        joined_at=member["joined_at"],
        left=member["has_left"],
        points=await db.fetchval(queries.SPENDABLE, member_id, now) or 0,
        taken={row["reward_id"]: (row["taken"], row["taken_in_period"]) for row in rows},
        zone=zone,
    )


def _same(before: db.Row, reward_id: UUID, key: str) -> VoucherView:
    if before["reward_id"] != reward_id:
        raise RedemptionKeyReused(key)
    return vouchers.view(before)


async def _wanted(reward_id: UUID, version: int | None) -> RewardView:
    row = await db.fetchrow(queries.BY_ID, reward_id)
    if row is None:
        raise NotFound("there is no such reward")
    if version is not None and row["version"] != version:
        raise RewardChanged(version=row["version"])
    return catalogue.view(row)


async def _take_unit(reward: RewardView, voucher_id: UUID) -> None:
    """One of the stock, if it is counted. Raises RewardSoldOut."""
    part = voucher_id.int % PARTS
    for statement in (queries.TAKE_QUICKLY, queries.TAKE):
        if await db.fetchval(statement, reward.id, part) is not None:
            return
    if await db.fetchval(queries.COUNTED, reward.id):
        raise RewardSoldOut()


async def _give_unit_back(reward_id: UUID, voucher_id: UUID) -> None:
    await db.execute(queries.GIVE_BACK, reward_id, voucher_id.int % PARTS)


async def _take_code(reward: RewardView, voucher_id: UUID) -> str:
    """A code out of the reward's pool, or one made up. Raises CodePoolEmpty."""
    if reward.pool is None:
        return codes.made_up()
    for statement in (queries.TAKE_CODE_QUICKLY, queries.TAKE_CODE):
        code: str | None = await db.fetchval(statement, reward.pool, voucher_id)
        if code is not None:
            return code
    raise CodePoolEmpty()


def _expect_good(row: db.Row, now: datetime) -> None:
    """Raises VoucherSpent or VoucherExpired."""
    if row["state"] == "expired" or (row["expires_at"] and row["expires_at"] <= now):
        raise VoucherExpired()
    if row["state"] != "issued":
        raise VoucherSpent()


def _expect_unused(row: db.Row, now: datetime) -> None:
    """Good, and nothing taken off it. Raises VoucherSpent or VoucherExpired."""
    _expect_good(row, now)
    if row["worth_left_minor"] != row["worth_minor"]:
        raise VoucherSpent()


def _reason(reward: RewardView) -> dict[str, Any]:
    return {
        "rule": "reward",
        "reward": reward.code,
        "reward_id": str(reward.id),
        "version": reward.version,
    }
