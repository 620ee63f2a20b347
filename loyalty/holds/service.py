"""Hold points for a checkout; capture them in whole or in part, or release them.

All of it is postings of the ledger: a hold's id is that of its posting, and what time ends is released by
the ledger's sweep.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from core.ids import new_id
from loyalty.holds import queries
from loyalty.ledger import Capture, Hold, Posting, Release, post

State = Literal["held", "ended"]


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it is now; `points` = held + captured + released."""

    id: UUID
    wallet: str
    points: int
    points_held: int
    points_captured: int
    points_released: int
    held_at: datetime
    ends_at: datetime
    state: State
    """held: it can be captured; ended: nothing is left, or its time is over."""


async def hold(
    member_id: UUID, wallet: str, points: int, until: datetime, note: str, now: datetime
) -> HoldView:
    """Set points aside, those that expire first before the others.

    Raises PointsInsufficient, WalletUnknown.
    """
    command = Hold(
        key=f"checkout:{new_id()}",
        member=member_id,
        wallet=wallet,
        points=points,
        until=until,
        effective_at=now,
        reason={"rule": "checkout", "note": note},
    )
    posting = await _post(command, now)
    assert posting.journal_id is not None  # a hold always posts
    return await find(member_id, posting.journal_id, now)


async def capture(member_id: UUID, hold_id: UUID, points: int | None, note: str, now: datetime) -> HoldView:
    """Spend what is held, or so many points of it; the rest stays held.

    Raises NotFound, HoldEnded, HoldExceeded.
    """
    row = await _row(member_id, hold_id)
    command = Capture(
        key=f"checkout-capture:{new_id()}",
        member=member_id,
        wallet=row["wallet"],
        parent=row["key"],
        points=points,
        effective_at=now,
        reason={"rule": "checkout", "note": note},
    )
    await _post(command, now)
    return await find(member_id, hold_id, now)


async def release(member_id: UUID, hold_id: UUID, points: int | None, now: datetime) -> HoldView:
    """Give up what is held, or so many points of it: the same lots get them back, if any are left.

    Raises NotFound, HoldExceeded.
    """
    row = await _row(member_id, hold_id)
    command = Release(
        key=f"checkout-release:{new_id()}",
        member=member_id,
        wallet=row["wallet"],
        parent=row["key"],
        points=points,
        effective_at=now,
        reason={"rule": "hold_released"},
    )
    await _post(command, now)
    return await find(member_id, hold_id, now)


async def find(member_id: UUID, hold_id: UUID, now: datetime) -> HoldView:
    """A hold as it is at this moment. Raises NotFound."""
    row = await _row(member_id, hold_id)
    left, captured = row["points_left"], row["points_captured"]
    return HoldView(
        id=row["id"],
        wallet=row["wallet"],
        points=row["points"],
        points_held=left,
        points_captured=captured,
        points_released=row["points"] - left - captured,
        held_at=row["held_at"],
        ends_at=row["ends_at"],
        state="held" if left and now < row["ends_at"] else "ended",
    )


async def _row(member_id: UUID, hold_id: UUID) -> db.Row:
    row = await db.fetchrow(queries.HOLD, hold_id, member_id)
    if row is None:
        raise NotFound("there is no such hold")
    return row


async def _post(command: Hold | Capture | Release, now: datetime) -> Posting:
    [posting] = await post([command], now)
    return posting
