"""Offer rewards, redeem them, cancel and use vouchers."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from loyalty.ledger import Redeem, Reverse, post
from loyalty.ledger.errors import PostingKeyReused
from loyalty.rewards.tables import Reward, Voucher

# Without the letters and digits that people mistake for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


class RewardSoldOut(DomainError):
    """None is left."""

    code = "reward_sold_out"
    kind = Kind.CONFLICT
    title = "The reward is sold out"


class RewardInactive(DomainError):
    """It was taken off the offer."""

    code = "reward_inactive"
    kind = Kind.CONFLICT
    title = "The reward is not on offer"


class VoucherSpent(DomainError):
    """A voucher can be used or cancelled once."""

    code = "voucher_spent"
    kind = Kind.CONFLICT
    title = "The voucher was used or cancelled before"


class RewardView(msgspec.Struct, frozen=True, kw_only=True):
    """A reward on offer; texts by locale."""

    id: UUID
    code: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    cost_points: int
    stock: int | None
    active: bool


class VoucherView(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher with what it stands for."""

    id: UUID
    code: str
    reward_code: str
    reward_name: Mapping[str, str]
    cost_points: int
    journal_id: UUID
    state: str
    issued_at: datetime
    used_at: datetime | None


async def offer(
    code: str,
    name: Mapping[str, str],
    description: Mapping[str, str],
    cost_points: int,
    stock: int | None = None,
) -> UUID:
    """Put a reward on offer; answers its id."""
    reward = Reward(
        id=new_id(),
        merchant_id=db.merchant_id(),
        code=code,
        name=dict(name),
        description=dict(description),
        cost_points=cost_points,
        stock=stock,
        active=True,
    )
    await reward.save()
    return UUID(str(reward.id))


async def catalogue() -> list[RewardView]:
    """Rewards on offer, the cheapest first."""
    rows = (
        await Reward.select(*_REWARD)
        .where(Reward.active.eq(True))
        .order_by(Reward.cost_points)
        .output(load_json=True)
    )
    return [RewardView(**row) for row in rows]


_REWARD = (
    Reward.id,
    Reward.code,
    Reward.name,
    Reward.description,
    Reward.cost_points,
    Reward.stock,
    Reward.active,
)


async def redeem(member_id: UUID, reward_id: UUID, key: str, now: datetime) -> VoucherView:
    """Buy a reward with points and issue its voucher; the same `key` answers the same voucher.

    Raises NotFound, RewardInactive, RewardSoldOut, PointsInsufficient, PostingKeyReused for another
    reward under the same key; nothing is then changed.
    """
    ledger_key = f"redeem:{member_id}:{key}"
    # One redemption of a member at a time: the same key sent twice at once finds the first one's voucher.
    if not await db.fetchval("SELECT id FROM members WHERE id = $1 FOR NO KEY UPDATE", member_id):
        raise NotFound("there is no such member")
    before = await db.fetchrow(
        "SELECT v.journal_id, v.reward_id FROM ledger_journal j JOIN vouchers v ON v.journal_id = j.id"
        " WHERE j.merchant_id = current_merchant() AND j.key = $1",
        ledger_key,
    )
    if before:
        if before["reward_id"] != reward_id:
            raise PostingKeyReused(key)
        return await _voucher(Voucher.journal_id, before["journal_id"])
    reward = await _take_one(reward_id)
    command = Redeem(
        key=ledger_key,
        member=member_id,
        points=reward.cost_points,
        effective_at=now,
        reason={"rule": "reward", "reward": reward.code, "reward_id": str(reward.id)},
    )
    [posting] = await post([command], now)
    voucher = Voucher(
        id=new_id(),
        merchant_id=db.merchant_id(),
        code="".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
        reward_id=reward.id,
        member_id=member_id,
        journal_id=posting.journal_id,
        state="issued",
        issued_at=now,
    )
    await voucher.save()
    return await _voucher(Voucher.id, voucher.id)


async def _take_one(reward_id: UUID) -> RewardView:
    # Without a limit there is nothing to count, and nobody waits for the reward's row.
    taken = await db.fetchval(
        "UPDATE rewards SET stock = stock - 1 WHERE id = $1 AND active AND stock > 0 RETURNING id", reward_id
    )
    found = await Reward.select(*_REWARD).where(Reward.id == reward_id).first().output(load_json=True)
    if found is None:
        raise NotFound("there is no such reward")
    reward = RewardView(**found)
    if not reward.active:
        raise RewardInactive(reward.code)
    if taken is None and reward.stock is not None:
        raise RewardSoldOut(reward.code)
    return reward


async def cancel(member_id: UUID, voucher_id: UUID, now: datetime) -> VoucherView:
    """Give an unused voucher back: the same lots get their points, with the expiry they had.

    Raises NotFound, VoucherSpent.
    """
    row = await db.fetchrow(
        "UPDATE vouchers SET state = 'cancelled' WHERE id = $1 AND member_id = $2 AND state = 'issued'"
        " RETURNING reward_id, journal_id",
        voucher_id,
        member_id,
    )
    voucher = await _voucher(Voucher.id, voucher_id, member_id)
    if row is None:
        raise VoucherSpent(voucher.code)
    await db.execute("UPDATE rewards SET stock = stock + 1 WHERE id = $1", row["reward_id"])
    key = await db.fetchval("SELECT key FROM ledger_journal WHERE id = $1", row["journal_id"])
    command = Reverse(
        key=f"cancel:{voucher_id}",
        member=member_id,
        parent=key,
        effective_at=now,
        reason={"rule": "voucher_cancelled", "reward": voucher.reward_code},
    )
    await post([command], now)
    return voucher


async def use(code: str, now: datetime) -> VoucherView:
    """Mark a voucher as used at the till. Raises NotFound, VoucherSpent."""
    row = await db.fetchrow(
        "UPDATE vouchers SET state = 'used', used_at = $2 WHERE code = $1 AND state = 'issued' RETURNING id",
        code,
        now,
    )
    voucher = await _voucher(Voucher.code, code)
    if row is None:
        raise VoucherSpent(code)
    return voucher


async def voucher(member_id: UUID, voucher_id: UUID) -> VoucherView:
    """One voucher of a member. Raises NotFound for another member's."""
    return await _voucher(Voucher.id, voucher_id, member_id)


async def names() -> dict[str, Mapping[str, str]]:
    """The names of all rewards by code, those no longer on offer included."""
    rows = await Reward.select(Reward.code, Reward.name).output(load_json=True)
    return {row["code"]: row["name"] for row in rows}


async def vouchers(member_id: UUID) -> list[VoucherView]:
    """A member's vouchers, the newest first."""
    rows = await _select().where(Voucher.member_id == member_id).order_by(Voucher.id, ascending=False)
    return [_view(row) for row in rows]


def _select() -> Any:
    return Voucher.select(
        Voucher.id,
        Voucher.code,
        Voucher.reward_id.code.as_alias("reward_code"),
        Voucher.reward_id.name.as_alias("reward_name"),
        Voucher.reward_id.cost_points.as_alias("cost_points"),
        Voucher.journal_id,
        Voucher.state,
        Voucher.issued_at,
        Voucher.used_at,
    )


def _view(row: dict[str, Any]) -> VoucherView:
    return VoucherView(**row | {"reward_name": db.from_json(row["reward_name"])})


async def _voucher(column: Any, value: Any, member_id: UUID | None = None) -> VoucherView:
    query = _select().where(column == value)
    if member_id is not None:
        query = query.where(Voucher.member_id == member_id)
    row = await query.first()
    if row is None:
        raise NotFound("there is no such voucher")
    return _view(row)
