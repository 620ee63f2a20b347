"""Look for what is odd, note it, and tell what should hold a review; all in the open transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from reviews.fraud import queries, rules
from reviews.fraud.rules import Signal, TraceKind
from reviews.moderation.rules import letters
from reviews.similar import NEAR_DUPLICATE

COMPARED_FOR = timedelta(days=30)
"""Texts are compared when they are new; what came with a history is not news."""

Found = list[tuple[UUID, Signal]]


async def look(review_ids: Sequence[UUID], now: datetime) -> dict[UUID, tuple[str, ...]]:
    """Note the signals of these reviews; the kinds that should hold each, with those noted before."""
    ids = list(review_ids)
    found: Found = []
    for row in await db.fetch(queries.BURSTS, ids, rules.BURST_WINDOW, rules.BURST_BEFORE):
        _add(found, row["id"], rules.burst(row["in_window"], row["before"]))
    for row in await db.fetch(queries.FARMING, ids):
        _add(found, row["id"], rules.farming(row["in_a_day"], row["unproven"]))
    for row in await db.fetch(queries.SHARED, ids, rules.TRACE_DAYS):
        _add(found, row["id"], rules.shared(row["kind"], row["people"]))
    await _note(found, now)
    holding: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    for row in await db.fetch(queries.HOLDING, ids):
        holding[row["id"]] += (row["kind"],)
    return holding


async def compare(review_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Note which of these, whose embeddings are known by now, repeat another customer's words."""
    rows = await db.fetch(queries.NEAR, list(review_ids), NEAR_DUPLICATE, now - COMPARED_FOR)
    found: Found = [
        (row["id"], rules.near_duplicate(str(row["other"]), row["distance"]))
        for row in rows
        if letters(row["title"], row["body"])  # short texts are alike by chance
    ]
    await _note(found, now)
    return [review_id for review_id, _ in found]


async def leave(review_id: UUID, traces: Mapping[TraceKind, bytes], now: datetime) -> None:
    """Keep from where a review was written, as digests."""
    await db.execute(queries.LEAVE, review_id, now, list(traces), list(traces.values()))


async def purge(now: datetime) -> None:
    """Delete the traces whose time is over."""
    await db.execute(queries.PURGE, now - timedelta(days=rules.TRACE_DAYS))


def _add(found: Found, review_id: UUID, signal: Signal | None) -> None:
    if signal:
        found.append((review_id, signal))


async def _note(found: Found, now: datetime) -> None:
    if found:
        await db.execute(
            queries.NOTE,
            now,
            [review_id for review_id, _ in found],
            [signal.kind for _, signal in found],
            [signal.holds for _, signal in found],
            [db.to_json(signal.detail) for _, signal in found],
        )
