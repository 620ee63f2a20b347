"""Inactivity: lots without a date end when their member has neither earned nor spent for too long.

The end is only reached, never announced in the lot: each movement in the account puts it off. What is learnt
after the end, however early it happened, brings nothing back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from core import db, tenancy
from core.days import zone_of
from loyalty.expiry import queries
from loyalty.ledger import sets
from loyalty.wallets.rules import days_after

PAGE = 500


@dataclass(frozen=True)
class IdleLot:
    """A lot that waits for inactivity, and when it ends if nothing happens before."""

    account_id: UUID
    seq: int
    member_id: UUID
    wallet_type_id: UUID
    warn_days: int | None
    journal_id: UUID
    line: int
    points: int
    ends_at: datetime


async def page(after: UUID | None) -> tuple[list[IdleLot], UUID | None]:
    """The lots of the next accounts of the open merchant; the id to go on after, None at the end."""
    accounts = [row["id"] for row in await db.fetch(queries.IDLE_PAGE, after, PAGE)]
    rows = await db.fetch(queries.IDLE_LOTS, accounts) if accounts else []
    return await _lots(rows), (accounts[-1] if len(accounts) == PAGE else None)


async def of_member(member_id: UUID, wallet_type_id: UUID) -> list[IdleLot]:
    """The lots of one member's wallet that wait for inactivity."""
    return await _lots(await db.fetch(queries.IDLE_LOTS_OF, member_id, wallet_type_id))


async def end(lots: Sequence[IdleLot], now: datetime) -> int:
    """Expire those whose end has come, unless their account has moved since; answers how many."""
    over = [lot for lot in lots if lot.ends_at <= now]
    return await sets.expire_idle(
        [sets.IdleLot(lot.account_id, lot.seq, lot.journal_id, lot.line, lot.ends_at) for lot in over], now
    )


async def _lots(rows: Sequence[db.Row]) -> list[IdleLot]:
    if not rows:
        return []
    zone = zone_of((await tenancy.shop()).time_zone)
    return [_lot(row, zone) for row in rows]


def _lot(row: db.Row, zone: ZoneInfo) -> IdleLot:
    return IdleLot(
        account_id=row["account_id"],
        seq=row["seq"],
        member_id=row["member_id"],
        wallet_type_id=row["wallet_type_id"],
        warn_days=row["warn_days"],
        journal_id=row["journal_id"],
        line=row["line"],
        points=row["points_active"],
        ends_at=days_after(row["active_at"], row["days"], zone),
    )
