"""Read the log; everything runs in the open transaction of the merchant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core import db

Op = Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Asked:
    """Which entries; None or empty: any. `before`: older than this entry."""

    actor_id: UUID | None = None
    table: str = ""
    row_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None


@dataclass(frozen=True)
class Entry:
    """One row that somebody changed; `before` and `after` have the columns that differ."""

    id: UUID
    deed: str
    actor: str
    actor_id: UUID | None
    actor_name: str
    """Of the person or the key as it is called now, or who ran a command."""
    address: str
    door: str
    table_name: str
    row_id: str
    op: Op
    before: dict[str, Any]
    after: dict[str, Any]
    at: datetime


_ENTRIES = """
SELECT e.id, e.deed, e.actor, e.actor_id, e.address, e.door, e.table_name, e.row_id, e.op, e.before,
       e.after, e.at, coalesce(s.name, k.name, e.actor_name) AS actor_name
FROM audit_entries e
LEFT JOIN staff s ON e.actor = 'staff' AND s.id = e.actor_id
LEFT JOIN api_keys k ON e.actor = 'key' AND k.id = e.actor_id
WHERE e.merchant_id = current_merchant()
  AND ($2::uuid IS NULL OR e.actor_id = $2) AND ($3 = '' OR e.table_name = $3) AND ($4 = '' OR e.row_id = $4)
  AND ($5::timestamptz IS NULL OR e.at >= $5) AND ($6::timestamptz IS NULL OR e.at < $6)
  AND ($7::uuid IS NULL OR e.id < $7)
ORDER BY e.id DESC LIMIT $1
"""
# Over all of time: the names are few and the index has them in order.
_TABLES = """
WITH RECURSIVE t AS (
    SELECT min(table_name) AS name FROM audit_entries WHERE merchant_id = current_merchant()
    UNION ALL
    SELECT (SELECT min(e.table_name) FROM audit_entries e
            WHERE e.merchant_id = current_merchant() AND e.table_name > t.name)
    FROM t WHERE t.name IS NOT NULL)
SELECT name FROM t WHERE name IS NOT NULL
"""
_ACTORS = "SELECT id, name FROM staff ORDER BY name, id"


async def entries(asked: Asked, limit: int) -> list[Entry]:
    """The newest first."""
    told = asked.actor_id, asked.table, asked.row_id, asked.since, asked.until, asked.before
    return [_entry(row) for row in await db.fetch(_ENTRIES, limit, *told)]


async def tables() -> list[str]:
    """Tables that there are entries of."""
    return [row["name"] for row in await db.fetch(_TABLES)]


async def actors() -> list[tuple[UUID, str]]:
    """Staff, by name."""
    return [(row["id"], row["name"]) for row in await db.fetch(_ACTORS)]


def _entry(row: db.Row) -> Entry:
    changed = {name: db.from_json(row[name]) if row[name] else {} for name in ("before", "after")}
    return Entry(**(dict(row) | changed))
