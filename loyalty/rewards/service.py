"""Buy rewards with points: redeem at once, or hold and capture; cancel, use.

Rows are locked in one order: the member, the voucher, a part of the stock, a code, the member's account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from core.errors import NotFound
from core.ids import new_id
from core.webhooks import service as webhooks
from loyalty.households import holds
from loyalty.households import service as households
from loyalty.ledger.errors import HoldEnded
from loyalty.rewards import catalogue, credit, queries, quotes, rules, stock, vouchers
from loyalty.rewards.catalogue import RewardView
from loyalty.rewards.errors import (
    AmountInvalid,
    RedemptionKeyReused,
    RewardChanged,
    VoucherExpired,
    VoucherSpent,
)
from loyalty.rewards.kinds import Kind, Money, StoreCredit
from loyalty.rewards.quotes import Known
from loyalty.rewards.vouchers import VoucherView


@dataclass(frozen=True)
class _Order:
    """What is asked for."""

    member_id: UUID
    reward_id: UUID
    key: str
    points: int | None
    version: int | None


@dataclass(frozen=True)
class _Sale:
    """Nothing stands against it, and one of the reward is put by."""

    order: _Order
    voucher_id: UUID
    reward: RewardView
    known: Known
    cost_points: int


async def redeem(
    member_id: UUID,
    reward_id: UUID,
    key: str,
    now: datetime,
    *,
    points: int | None = None,
    version: int | None = None,
) -> VoucherView:
    """Buy a reward and issue its voucher; the same `key` of a member answers the same voucher.

    `points` is the choice for cash back; `version` the one that was looked at, None: whichever is live.
    Raises NotFound, RedemptionKeyReused, RewardChanged, PointsChoiceInvalid and what a quote would say;
    nothing is then changed.
    """
    sale = await _sell(_Order(member_id, reward_id, key, points, version), now)
    if isinstance(sale, VoucherView):
        return sale
    posting = await households.redeem(
        member_id, sale.cost_points, f"redeem:{sale.voucher_id}", _reason(sale.reward), now
    )
    assert posting.journal_id is not None  # a redemption always posts
    await _put_down(sale, now, now)
    await _issue(sale.voucher_id, sale.reward.terms, posting.journal_id, sale.known, now)
    return await vouchers.voucher(member_id, sale.voucher_id)


async def hold(
    member_id: UUID,
    reward_id: UUID,
    key: str,
    until: datetime,
    now: datetime,
    *,
    points: int | None = None,
    version: int | None = None,
) -> VoucherView:
    """Set a reward aside for a checkout, with its points, until it is captured or `until` comes.

    Otherwise as redeem().
    """
    sale = await _sell(_Order(member_id, reward_id, key, points, version), now)
    if isinstance(sale, VoucherView):
        return sale
    await holds.hold(member_id, sale.cost_points, f"hold:{sale.voucher_id}", until, _reason(sale.reward), now)
    await _put_down(sale, until, now)
    return await vouchers.voucher(member_id, sale.voucher_id)


async def capture(member_id: UUID, voucher_id: UUID, now: datetime) -> VoucherView:
    """What was held is bought, and its voucher issued; captured again, it is the same voucher.

    Raises NotFound, or HoldEnded when it was released or its time is over.
    """
    member, row = await _locked(member_id, voucher_id)
    found = await vouchers.voucher(member_id, voucher_id)
    if row["issued_at"] is not None:
        return found
    if row["state"] != "held" or row["held_until"] <= now:
        raise HoldEnded()
    known = await quotes.known_of(member_id, member, [], now)
    reason = {"rule": "reward", "reward": found.reward_code, "version": found.version}
    posting = await holds.capture(f"hold:{voucher_id}", None, f"capture:{voucher_id}", reason, now)
    assert posting.journal_id is not None  # what is held can be captured
    await _issue(voucher_id, found.terms, posting.journal_id, known, now)
    return await vouchers.voucher(member_id, voucher_id)


async def cancel(member_id: UUID, voucher_id: UUID, now: datetime) -> VoucherView:
    """Give an unused voucher back, or up what is only held: the same lots get their points.

    Raises NotFound, VoucherSpent, VoucherExpired.
    """
    _, row = await _locked(member_id, voucher_id)
    if row["state"] in ("held", "released"):
        await _release(row, now)
    else:
        _expect_unused(row, now)
        await _undo(row, "cancelled", now)
        await webhooks.emit("voucher.cancelled", [voucher_id], now)
    return await vouchers.voucher(member_id, voucher_id)


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
    await webhooks.emit("voucher.used", [found.id], now)
    return await vouchers.by_code(code)


async def end(member_id: UUID, voucher_id: UUID, now: datetime) -> bool:
    """What time does: a hold is released, an unused voucher expires; answers whether it did."""
    _, row = await _locked(member_id, voucher_id)
    if row["state"] == "held" and row["held_until"] <= now:
        await _release(row, now)
    elif row["state"] == "issued" and row["expires_at"] and row["expires_at"] <= now:
        if row["points_back"] and row["worth_left_minor"] == row["worth_minor"]:
            await _undo(row, "expired", now)
        else:
            await db.execute(queries.SET_STATE, voucher_id, "expired", None)
        await webhooks.emit("voucher.expired", [voucher_id], now)
    else:
        return False
    return True


# ---------------------------------------------------------------- steps


async def _sell(order: _Order, now: datetime) -> _Sale | VoucherView:
    """Put one by for a member, or find what they have under this key."""
    # One redemption of a member at a time: limits are counted, and a key sent twice finds its voucher.
    member = await db.fetchrow(queries.LOCK_MEMBER, order.member_id)
    if before := await db.fetchrow(queries.VOUCHER_BY_KEY, order.member_id, order.key):
        if before["reward_id"] != order.reward_id:
            raise RedemptionKeyReused(order.key)
        return vouchers.view(before)
    reward = await _wanted(order)
    known = await quotes.known_of(order.member_id, member, [reward], now)
    cost = rules.cost(reward, order.points)
    for refusal in rules.refusals(reward, known.of(reward), cost, now):
        raise refusal
    voucher_id = new_id()
    await stock.take_unit(reward, voucher_id)
    await stock.put_code_by(reward, voucher_id)
    return _Sale(order, voucher_id, reward, known, cost)


async def _wanted(order: _Order) -> RewardView:
    row = await db.fetchrow(queries.BY_ID, order.reward_id)
    if row is None:
        raise NotFound("there is no such reward")
    if order.version is not None and row["version"] != order.version:
        raise RewardChanged(version=row["version"])
    return catalogue.view(row)


async def _put_down(sale: _Sale, until: datetime, now: datetime) -> None:
    value = rules.worth(sale.reward.terms, sale.cost_points)
    await db.execute(
        queries.ADD_VOUCHER,
        sale.voucher_id,
        sale.reward.id,
        sale.reward.version,
        sale.order.member_id,
        sale.order.key,
        sale.cost_points,
        value.amount_minor if value else None,
        value.currency if value else None,
        now,
        until,
    )


async def _issue(voucher_id: UUID, terms: Kind, journal_id: UUID, known: Known, now: datetime) -> None:
    """Give a held voucher its code. Store credit goes where it belongs at once, and is used with that."""
    code = await stock.code_of(voucher_id)
    row = await db.fetchrow(queries.ISSUE, voucher_id, code, journal_id, now)
    assert row is not None  # it is there, and locked
    good_until = rules.good_until(row["valid_days"], row["valid_until"], now, known.zone)
    await db.execute(queries.SET_EXPIRY, voucher_id, good_until)
    await webhooks.emit("voucher.issued", [voucher_id], now)
    if isinstance(terms, StoreCredit):
        amount = Money(amount_minor=row["worth_minor"], currency=row["currency"])
        reason = {"rule": "store_credit", "reward": row["reward_code"]}
        await credit.grant(voucher_id, row["member_id"], known.joined_at, amount, reason, now)
        await db.execute(queries.TAKE_OFF, voucher_id, row["worth_minor"])
        await db.execute(queries.SET_STATE, voucher_id, "used", now)


async def _release(row: db.Row, now: datetime) -> None:
    """Give up a hold, its points and what was put by; released before, there is nothing to do."""
    if row["state"] == "released":
        return
    await db.execute(queries.SET_STATE, row["id"], "released", None)
    await stock.give_unit_back(row["reward_id"], row["id"])
    await stock.free_code(row["id"])
    reason = {"rule": "hold_released", "reward": row["reward_code"]}
    await holds.release(f"hold:{row['id']}", None, f"release:{row['id']}", reason, now)


async def _undo(row: db.Row, state: str, now: datetime) -> None:
    """Give the points of a voucher back to whoever paid; its code was seen and stays its own."""
    await db.execute(queries.SET_STATE, row["id"], state, None)
    await stock.give_unit_back(row["reward_id"], row["id"])
    reason = {"rule": f"voucher_{state}", "reward": row["reward_code"]}
    await households.undo(row["journal_id"], f"cancel:{row['id']}", reason, now)


async def _locked(member_id: UUID, voucher_id: UUID) -> tuple[db.Row | None, db.Row]:
    """A member and one of their vouchers, or of whoever they stand for, locked. Raises NotFound."""
    member = await db.fetchrow(queries.LOCK_MEMBER, member_id)
    row = await db.fetchrow(queries.LOCK_VOUCHER, voucher_id)
    if row is None or member_id not in (row["member_id"], row["survivor_id"]):
        raise NotFound("there is no such voucher")
    return member, row


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
