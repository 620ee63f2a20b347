"""Rows of the outbox, in and out; everything runs in the open transaction of the rows' merchant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from core import db


@dataclass(frozen=True)
class Item:
    """A row as it was sent. A row that has failed since then has more attempts, and is not this one."""

    id: UUID
    merchant_id: UUID
    topic: str
    attempts: int


class Taken(NamedTuple):
    """What a row says, and the place in a trace where it was written; empty: in none."""

    payload: dict[str, Any]
    trace: str


# Rows that wait are due, or in a worker's hands; `delayed` ones are not due for a minute or longer.
LAG = """
    SELECT coalesce(sum(waiting), 0)::bigint AS waiting, coalesce(sum(retrying), 0)::bigint AS retrying,
           coalesce(sum(delayed), 0)::bigint AS delayed, coalesce(sum(parked), 0)::bigint AS parked,
           greatest(max(oldest_s), 0) AS oldest_s
    FROM gate_outbox_topics($1)
"""


async def insert(merchant_id: UUID, topic: str, payloads: Sequence[str], due_at: datetime) -> None:
    """Add rows; `payloads` are JSON texts. Their age counts from `due_at`: what was delayed is not late."""
    await db.execute(
        "INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)"
        " SELECT $1, $2, p::jsonb, $4, $4 FROM unnest($3::text[]) WITH ORDINALITY AS t (p, n) ORDER BY n",
        merchant_id,
        topic,
        payloads,
        due_at,
    )


async def take(item: Item) -> Taken | None:
    """End the row and answer what it said; None when it is done, changed, or in other hands now."""
    taken = await take_many([item])
    return taken.get(item.id)


async def take_many(items: Sequence[Item]) -> dict[UUID, Taken]:
    """End those rows that are still as they were sent and in nobody's hands; what they said, by id."""
    rows = await db.fetch(
        "DELETE FROM outbox WHERE id IN ("
        " SELECT o.id FROM outbox o JOIN unnest($1::uuid[], $2::smallint[]) AS sent (id, attempts)"
        " ON o.id = sent.id AND o.attempts = sent.attempts"
        " WHERE o.parked_at IS NULL ORDER BY o.id FOR UPDATE OF o SKIP LOCKED)"
        " RETURNING id, payload, traceparent",
        *_columns(items),
    )
    return _taken(rows)


async def read_many(items: Sequence[Item]) -> dict[UUID, Taken]:
    """What those rows say that are still as they were sent, by id; nothing is locked."""
    rows = await db.fetch(
        "SELECT o.id, o.payload, o.traceparent FROM outbox o"
        " JOIN unnest($1::uuid[], $2::smallint[]) AS sent (id, attempts)"
        " ON o.id = sent.id AND o.attempts = sent.attempts WHERE o.parked_at IS NULL",
        *_columns(items),
    )
    return _taken(rows)


async def fail(item: Item, error: str, available_at: datetime, parked_at: datetime | None) -> bool:
    """Note one more failed attempt; False when the row is done, changed, or in other hands now."""
    row = await db.fetchval(
        "UPDATE outbox SET attempts = attempts + 1, last_error = $3, available_at = $4, parked_at = $5"
        " WHERE id = (SELECT id FROM outbox WHERE id = $1 AND attempts = $2 AND parked_at IS NULL"
        " FOR UPDATE SKIP LOCKED) RETURNING id",
        item.id,
        item.attempts,
        error,
        available_at,
        parked_at,
    )
    return row is not None


async def parked(limit: int) -> Sequence[db.Row]:
    """Parked rows of this merchant, newest first."""
    return await db.fetch(
        "SELECT id, topic, payload, attempts, last_error, created_at, parked_at FROM outbox"
        " WHERE parked_at IS NOT NULL ORDER BY parked_at DESC, id DESC LIMIT $1",
        limit,
    )


async def unpark(row_id: UUID, now: datetime) -> bool:
    """Make a parked row due, with all its attempts before it."""
    row = await db.fetchval(
        "UPDATE outbox SET parked_at = NULL, attempts = 0, available_at = $2"
        " WHERE id = $1 AND parked_at IS NOT NULL RETURNING id",
        row_id,
        now,
    )
    return row is not None


def _taken(rows: Sequence[db.Row]) -> dict[UUID, Taken]:
    return {row["id"]: Taken(db.from_json(row["payload"]), row["traceparent"] or "") for row in rows}


def _columns(items: Sequence[Item]) -> tuple[list[UUID], list[int]]:
    return [item.id for item in items], [item.attempts for item in items]
