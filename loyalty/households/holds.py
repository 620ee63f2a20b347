"""Points held for somebody's purchase by themselves and, for what they lack, by others of their household.

Each holds on an account of their own, as each pays in service.redeem(). Whoever leaves the household while
points are held has promised them: they are captured or released like all others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from loyalty.households import queries, service
from loyalty.ledger import Capture, Hold, Posting, Release, Reverse, post
from loyalty.ledger.errors import AlreadyReversed, HoldExceeded, ReverseExceedsRedemption


async def hold(
    member_id: UUID, points: int, key: str, until: datetime, reason: Mapping[str, Any], now: datetime
) -> Posting:
    """Set points aside; all of them or nothing. Answers the first posting, whose key is `key`.

    Raises what the ledger refuses.
    """
    parts = await service.payers(member_id, points, now)
    commands = [
        Hold(
            key=key if number == 0 else f"{key}:{payer}",
            member=payer,
            points=part,
            until=until,
            effective_at=now,
            reason=service.reason_of(reason, payer, member_id),
        )
        for number, (payer, part) in enumerate(parts.items())
    ]
    return await service.post_shares(commands, now)


async def capture(
    held: str, points: int | None, key: str, reason: Mapping[str, Any], now: datetime
) -> Posting:
    """Spend what the hold of the key `held` holds, or so many points of it, in the order of paying.

    Answers the first posting: service.undo() finds the others by it. Raises what the ledger refuses.
    """
    parts = await _parts(held)
    commands = [
        Capture(
            **_part(key, number, row),
            points=part,
            effective_at=now,
            reason=service.reason_of(reason, row["member_id"], row["for_member"] or row["member_id"]),
        )
        for number, (row, part) in enumerate(_spread(parts, points))
    ]
    return await service.post_shares(commands, now)


async def release(held: str, points: int | None, key: str, reason: Mapping[str, Any], now: datetime) -> None:
    """Give up what is held, or so many points of it, who would pay last first; nothing may be left of it.

    Raises what the ledger refuses.
    """
    parts = await _parts(held)
    commands = [
        Release(
            **_part(key, number, row),
            points=part,
            effective_at=now,
            reason=dict(reason),
        )
        for number, (row, part) in enumerate(_spread(parts[::-1], points))
    ]
    await post(commands, now)


async def reverse(held: str, points: int | None, key: str, reason: Mapping[str, Any], now: datetime) -> None:
    """Give back what was captured of the hold of the key `held`, or so many points, the last spent first.

    Every lot gets its own points, with the expiry that it had. Raises AlreadyReversed when nothing is left
    to give back, ReverseExceedsRedemption, or what the ledger refuses.
    """
    await db.execute(queries.TURN, held)
    spent = [row for row in await db.fetch(queries.CAPTURED, held) if row["points_left"]]
    left = sum(row["points_left"] for row in spent)
    if not left:
        raise AlreadyReversed("nothing that was captured is left to give back")
    if points is not None and points > left:
        raise ReverseExceedsRedemption(f"{points} of {left} left")
    commands = [
        Reverse(
            **_part(key, number, row),
            points=part,
            effective_at=now,
            reason=dict(reason),
        )
        for number, (row, part) in enumerate(_spread(spent, left if points is None else points))
    ]
    await post(commands, now)


def _part(key: str, number: int, row: db.Row) -> dict[str, Any]:
    """The key of one of several postings, and what it is about."""
    own = key if number == 0 else f"{key}:{number}"
    return {"key": own, "member": row["member_id"], "wallet": row["wallet"], "parent": row["key"]}


async def _parts(held: str) -> Sequence[db.Row]:
    """The hold and those of the others; of several only one transaction takes at a time."""
    parts = await db.fetch(queries.HELD, held)
    if len(parts) < 2:
        return parts
    await db.execute(queries.TURN, held)
    return await db.fetch(queries.HELD, held)


def _spread(parts: Sequence[db.Row], points: int | None) -> list[tuple[db.Row, int | None]]:
    """Who gives how much, in their order; one alone is asked for all of it. Raises HoldExceeded."""
    left = sum(row["points_left"] for row in parts)
    if len(parts) == 1 or not left:
        return [(parts[0], points)]  # the ledger knows what to say
    missing = left if points is None else points
    if missing > left:
        raise HoldExceeded(f"{missing} of {left} left")
    given: list[tuple[db.Row, int | None]] = []
    for row in parts:
        part = min(missing, row["points_left"])
        if part:
            given.append((row, part))
            missing -= part
    return given
