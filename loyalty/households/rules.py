"""Pure: who pays how much of a redemption."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

SIZE_LIMIT = 10


class Spendable(msgspec.Struct, frozen=True):
    """Active points of one lot of a member."""

    member_id: UUID
    expires_at: datetime | None
    points: int


def shares(payer: UUID, cost: int, lots: Iterable[Spendable]) -> dict[UUID, int]:
    """Points by member: the payer's own first, then those of the others that expire first.

    What all of them lack stays with the payer, whom the ledger will refuse.
    """
    found: dict[UUID, int] = {}
    left = cost
    for lot in sorted(lots, key=lambda lot: _turn(payer, lot)):
        part = min(left, lot.points)
        if part > 0:
            found[lot.member_id] = found.get(lot.member_id, 0) + part
            left -= part
    if left:
        found[payer] = found.get(payer, 0) + left
    return found


def _turn(payer: UUID, lot: Spendable) -> tuple[bool, bool, datetime, UUID]:
    return lot.member_id != payer, lot.expires_at is None, lot.expires_at or datetime.max, lot.member_id
