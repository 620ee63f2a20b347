"""Work that failed too often or can never succeed: people look at it and try again.

Nothing here discards a row: what was promised with a committed change stays promised.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from core.errors import NotFound
from core.outbox import store


@dataclass(frozen=True)
class Parked:
    """One piece of work that waits for somebody."""

    id: UUID
    topic: str
    payload: dict[str, Any]
    attempts: int
    last_error: str
    created_at: datetime
    parked_at: datetime


async def newest(limit: int = 100) -> list[Parked]:
    """What is parked of the transaction's merchant, newest first."""
    rows = await store.parked(limit)
    return [Parked(**{**row, "payload": db.from_json(row["payload"])}) for row in rows]


async def retry(row_id: UUID, now: datetime) -> None:
    """Send it again, with all attempts before it. Raises NotFound when no such row is parked."""
    if not await store.unpark(row_id, now):
        raise NotFound(f"no work {row_id} is parked")
