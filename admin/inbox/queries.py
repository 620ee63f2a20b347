"""The cases before and after one case in the queue."""

from uuid import UUID

from core import db

_NEIGHBOUR = """
    SELECT n.id FROM cases c JOIN cases n ON n.merchant_id = c.merchant_id AND n.open
        AND n.snoozed_until IS NULL AND (n.rank_at, n.id) {beyond} (c.rank_at, c.id)
    WHERE c.id = $1
    ORDER BY n.rank_at {direction}, n.id {direction} LIMIT 1
"""
_BEFORE = _NEIGHBOUR.format(beyond="<", direction="DESC")
_AFTER = _NEIGHBOUR.format(beyond=">", direction="ASC")


async def neighbours(case_id: UUID) -> tuple[UUID | None, UUID | None]:
    """The open cases that come before and after this one by priority, in the open transaction."""
    return await db.fetchval(_BEFORE, case_id), await db.fetchval(_AFTER, case_id)
