"""Ledger commands with short keys, and what the ledger then says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from loyalty.ledger import AnyCommand, Clawback, Earn, Expire, Posting, Redeem, Reverse, Settle, post
from loyalty.ledger.commands import Policy
from tests.factories.shop import START

WHY: dict[str, Any] = {"rule": "test"}


def earn(key: str, member: UUID, points: int, at: datetime = START, **more: Any) -> Earn:
    """Active points without expiry, unless `more` says otherwise."""
    return Earn(key=key, member=member, points=points, effective_at=at, reason=WHY, **more)


def settle(key: str, member: UUID, parent: str, points: int | None = None, at: datetime = START) -> Settle:
    return Settle(key=key, member=member, parent=parent, points=points, effective_at=at, reason=WHY)


def clawback(
    key: str, member: UUID, parent: str, points: int, policy: Policy = "debt", at: datetime = START
) -> Clawback:
    return Clawback(
        key=key, member=member, parent=parent, points=points, policy=policy, effective_at=at, reason=WHY
    )


def redeem(key: str, member: UUID, points: int, at: datetime = START) -> Redeem:
    return Redeem(key=key, member=member, points=points, effective_at=at, reason=WHY)


def reverse(key: str, member: UUID, parent: str, at: datetime = START) -> Reverse:
    return Reverse(key=key, member=member, parent=parent, effective_at=at, reason=WHY)


def expire(key: str, member: UUID, parent: str, at: datetime) -> Expire:
    return Expire(key=key, member=member, parent=parent, effective_at=at, reason=WHY)


async def one(command: AnyCommand, now: datetime | None = None) -> Posting:
    """Post one command, learnt at once unless `now` is given."""
    [posting] = await post([command], now or command.effective_at)
    return posting


async def balance(member: UUID, wallet: str = "points") -> tuple[int, int, int]:
    """Pending, active and debt of a member."""
    row = await db.fetchrow(
        "SELECT points_pending, points_active, points_debt FROM ledger_accounts a"
        " JOIN wallet_types w ON w.id = a.wallet_type_id WHERE member_id = $1 AND w.code = $2",
        member,
        wallet,
    )
    return (row["points_pending"], row["points_active"], row["points_debt"]) if row else (0, 0, 0)


Lot = tuple[int, int, int, datetime | None]


async def lots(member: UUID, wallet: str = "points") -> dict[str, Lot]:
    """By the key of its earn, each lot's pending, active and taken-back points, and its expiry."""
    rows = await db.fetch(
        "SELECT j.key, l.points_pending, l.points_active, l.points_clawed_back, l.expires_at"
        " FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id"
        " JOIN ledger_accounts a ON a.id = l.account_id JOIN wallet_types w ON w.id = a.wallet_type_id"
        " WHERE a.member_id = $1 AND w.code = $2",
        member,
        wallet,
    )
    return {
        row["key"]: (
            row["points_pending"],
            row["points_active"],
            row["points_clawed_back"],
            row["expires_at"],
        )
        for row in rows
    }
