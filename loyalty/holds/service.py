"""Hold points for a checkout; capture them in whole or in part, release them, give captured ones back.

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
from loyalty.households import holds as together
from loyalty.ledger import Hold, post
from loyalty.members import service as members
from loyalty.members.errors import MemberLeft

SHARED = "points"
"""The wallet that households spend from together."""

State = Literal["held", "ended"]


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it is now; `points` = held + captured + released."""

    id: UUID
    wallet: str
    points: int
    points_held: int
    points_captured: int
    points_released: int
    points_returned: int
    """Of what was captured, given back since."""
    held_at: datetime
    ends_at: datetime
    state: State
    """held: it can be captured; ended: nothing is left, or its time is over."""


async def hold(
    member_id: UUID, wallet: str, points: int, until: datetime, note: str, now: datetime
) -> HoldView:
    """Set points aside, those that expire first before the others; what lacks, others of a household hold.

    Raises MemberLeft, PointsInsufficient, WalletUnknown.
    """
    if (await members.get(member_id)).left_at is not None:
        raise MemberLeft()
    key, reason = f"checkout:{new_id()}", {"rule": "checkout", "note": note}
    if wallet == SHARED:
        posting = await together.hold(member_id, points, key, until, reason, now)
    else:
        command = Hold(
            key=key,
            member=member_id,
            wallet=wallet,
            points=points,
            until=until,
            effective_at=now,
            reason=reason,
        )
        [posting] = await post([command], now)
    assert posting.journal_id is not None  # a hold always posts
    return await find(member_id, posting.journal_id, now)


async def capture(member_id: UUID, hold_id: UUID, points: int | None, note: str, now: datetime) -> HoldView:
    """Spend what is held, or so many points of it; the rest stays held.

    Raises NotFound, HoldEnded, HoldExceeded.
    """
    row = await _row(member_id, hold_id)
    reason = {"rule": "checkout", "note": note}
    await together.capture(row["key"], points, f"checkout-capture:{new_id()}", reason, now)
    return await find(member_id, hold_id, now)


async def release(member_id: UUID, hold_id: UUID, points: int | None, now: datetime) -> HoldView:
    """Give up what is held, or so many points of it: the same lots get them back, if any are left.

    Raises NotFound, HoldExceeded.
    """
    row = await _row(member_id, hold_id)
    reason = {"rule": "hold_released"}
    await together.release(row["key"], points, f"checkout-release:{new_id()}", reason, now)
    return await find(member_id, hold_id, now)


async def reverse(member_id: UUID, hold_id: UUID, points: int | None, note: str, now: datetime) -> HoldView:
    """Give back what was captured, or so many points of it: the order was called off, or goods came back.

    The same lots get them back, with the expiry they had. Raises NotFound, AlreadyReversed when nothing is
    left to give back, ReverseExceedsRedemption.
    """
    row = await _row(member_id, hold_id)
    reason = {"rule": "checkout_returned", "note": note}
    await together.reverse(row["key"], points, f"checkout-return:{new_id()}", reason, now)
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
        points_returned=row["points_returned"],
        held_at=row["held_at"],
        ends_at=row["ends_at"],
        state="held" if left and now < row["ends_at"] else "ended",
    )


async def _row(member_id: UUID, hold_id: UUID) -> db.Row:
    row = await db.fetchrow(queries.HOLD, hold_id, member_id)
    if row is None:
        raise NotFound("there is no such hold")
    return row
