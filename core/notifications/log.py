"""What was said to customers, as staff read it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.notifications import queries


@dataclass(frozen=True)
class Entry:
    """One message by one channel; `mail_id` leads to its text, `name` is empty where nobody knows it."""

    id: UUID
    kind: str
    channel: str
    state: str
    reason: str
    attempts: int
    due_at: datetime | None
    mail_id: UUID | None
    created_at: datetime
    external_id: str
    name: str
    subject: str
    locale: str
    """Of the subject."""


async def newest(limit: int, before: UUID | None = None, state: str = "") -> list[Entry]:
    """The newest first; `state` as it was noted, empty: all."""
    if state:
        rows = await db.fetch(queries.LOG_IN_STATE, limit, before, state)
    else:
        rows = await db.fetch(queries.LOG, limit, before)
    return [Entry(**row) for row in rows]


async def counts() -> dict[str, int]:
    """How many there are in each state."""
    return {row["state"]: row["count"] for row in await db.fetch(queries.COUNTS)}
