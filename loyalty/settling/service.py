"""Settle lots, in batches; safe to repeat and to run side by side. And one by one, by hand."""

from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.ledger import AnyCommand, Posting, Settle, Void, post, post_found

BATCH = 500

DUE = """
SELECT j.key, a.member_id, w.code AS wallet, l.settles_at, l.journal_id
FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id
JOIN ledger_accounts a ON a.id = l.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE l.merchant_id = current_merchant() AND l.points_pending > 0 AND l.settles_at <= $1
ORDER BY l.settles_at LIMIT $2
"""


# Of whoever has the points now: a merge takes pending ones along.
ENTRY = """
SELECT j.key, w.code AS wallet FROM ledger_journal j
JOIN ledger_lots l ON l.journal_id = j.id AND l.line = 1
JOIN ledger_accounts a ON a.id = l.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE j.id = $1 AND a.member_id = $2 AND j.verb = 'earn'
"""


class NothingPending(DomainError):
    """All points of the entry were settled, voided or taken back before, or never were pending."""

    code = "nothing_pending"
    kind = Kind.CONFLICT
    title = "None of these points are pending"


class PendingExceeded(DomainError):
    """More is asked of the points of an entry than are still pending."""

    code = "pending_exceeded"
    kind = Kind.CONFLICT
    title = "Not so many of these points are pending"


async def settle(
    member_id: UUID, entry_id: UUID, points: int | None, key: str, note: str, now: datetime
) -> Posting:
    """Make pending points of one earn active, all or so many. Raises NotFound, NothingPending or
    PendingExceeded."""
    return await _move(Settle, member_id, entry_id, points, key, note, now)


async def void(
    member_id: UUID, entry_id: UUID, points: int | None, key: str, note: str, now: datetime
) -> Posting:
    """Let pending points of one earn fall away, all or so many. Raises NotFound, NothingPending or
    PendingExceeded."""
    return await _move(Void, member_id, entry_id, points, key, note, now)


async def _move(
    verb: type[Settle | Void],
    member_id: UUID,
    entry_id: UUID,
    points: int | None,
    key: str,
    note: str,
    now: datetime,
) -> Posting:
    row = await db.fetchrow(ENTRY, entry_id, member_id)
    if row is None:
        raise NotFound("there is no such earn")
    command = verb(
        key=key,
        member=member_id,
        wallet=row["wallet"],
        parent=row["key"],
        points=points,
        effective_at=now,
        reason={"rule": "api", "note": note},
    )
    [posting] = await post([command], now)
    if not posting.points:
        raise NothingPending()
    if points is not None and posting.points < points:
        raise PendingExceeded(f"{posting.points} of {points} are pending")
    return posting


async def settle_due(now: datetime) -> int:
    """Settle up to BATCH lots of the open merchant; answers how many, so that the caller goes on until 0."""
    postings = await post_found(lambda: _due(now), now)
    return sum(1 for posting in postings if posting.points)


async def _due(now: datetime) -> list[AnyCommand]:
    return [
        Settle(
            key=f"settle:{row['journal_id']}",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            effective_at=row["settles_at"],
            reason={"rule": "settling"},
        )
        for row in await db.fetch(DUE, now, BATCH)
    ]
