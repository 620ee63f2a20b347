"""Take reviews in: each wording once, however often and in whatever order it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core import db, outbox
from core.ids import new_id
from reviews.intake import links, queries, rules
from reviews.intake.links import Links
from reviews.intake.model import IncomingReview, Received
from reviews.intake.rules import Content, Known, Plan
from reviews.sources import FIRST_PARTY

Key = tuple[str, str, str]

JUDGE = "review.judge"
"""Topic of reviews written here: moderation, and the points that follow it."""

PROOF_WAIT = timedelta(days=7)


@dataclass
class Change:
    """One review of a batch: what is known, what came, what is to be written."""

    review_id: UUID
    known: Known
    stored: bool
    positions: list[int]
    plan: Plan


async def receive(reviews: Sequence[IncomingReview], received_at: datetime) -> list[Received]:
    """Take reviews in, in the open transaction; one answer each, in their order.

    Repeating any of it, in any order, changes nothing. New wordings are queued for scoring.
    Raises ReviewInvalid for the first review that cannot be taken in: then nothing is written.
    """
    return await take_in([rules.content_of(review, received_at) for review in reviews], received_at)


async def take_in(contents: Sequence[Content], received_at: datetime) -> list[Received]:
    """receive() for reviews that rules.content_of() has checked."""
    found = await links.find([content.review for content in contents])
    answers: dict[int, Received] = {}
    while waiting := [n for n in range(len(contents)) if n not in answers]:
        changes = await _plan(contents, waiting)
        new = await _insert([change for change in changes if not change.stored], contents, found, received_at)
        await _update([c for c in changes if c.stored and c.plan.current], contents, found)
        # Those that somebody else inserted in this very moment go round once more.
        written = [change for change in changes if change.stored or change.review_id in new]
        await _add_versions(written, received_at)
        for change in written:
            for n, (number, status) in zip(change.positions, change.plan.answers, strict=True):
                answers[n] = Received(change.review_id, number, status)
    return [answers[n] for n in range(len(contents))]


async def remove(
    source: str, account: str, external_id: str, at: datetime, received_at: datetime | None = None
) -> bool:
    """The author or the source removed the review at `at`: it becomes a tombstone, in the open transaction.

    Its wordings stay. False: nothing changed (known already, or written anew since).
    """
    known_at = received_at or at
    row = await db.fetchrow(queries.REMOVE, db.merchant_id(), source, account, external_id, at, known_at)
    if row and source == FIRST_PARTY:
        await outbox.add(JUDGE, {"review": row["id"]}, known_at)
    return row is not None


async def prove_late(now: datetime) -> int:
    """Verify the merchant's recent reviews whose order came later than they did; how many.

    In the open transaction; a review waits for its order for PROOF_WAIT.
    """
    return len(await db.fetch(queries.PROVE_LATE, db.merchant_id(), now - PROOF_WAIT))


async def _plan(contents: Sequence[Content], waiting: Sequence[int]) -> list[Change]:
    positions: dict[Key, list[int]] = {}
    for n in waiting:
        positions.setdefault(contents[n].key, []).append(n)
    ids, known = await _known(sorted(positions))
    changes = []
    for key, places in positions.items():
        state = known.get(key, Known())
        plan = rules.plan(state, [contents[n] for n in places])
        changes.append(Change(ids.get(key) or new_id(), state, key in known, places, plan))
    return changes


async def _known(keys: Sequence[Key]) -> tuple[dict[Key, UUID], dict[Key, Known]]:
    rows = await db.fetch(queries.KNOWN, db.merchant_id(), *_columns(keys))
    ids: dict[Key, UUID] = {}
    known: dict[Key, Known] = {}
    by_id: dict[UUID, Known] = {}
    for row in rows:
        key = (row["source"], row["account"], row["external_id"])
        ids[key] = row["id"]
        known[key] = by_id[row["id"]] = Known({}, row["version"], row["edited_at"], row["removed_at"])
    if by_id:
        for row in await db.fetch(queries.KNOWN_VERSIONS, list(by_id)):
            by_id[row["review_id"]].versions[row["fingerprint"]] = row["number"]
    return ids, known


async def _insert(
    changes: Sequence[Change], contents: Sequence[Content], found: Sequence[Links], received_at: datetime
) -> set[UUID]:
    if not changes:
        return set()
    # In the order of their keys, so that two intakes of the same reviews never wait for each other.
    facts = _columns(sorted((_facts(change, contents, found) for change in changes), key=lambda row: row[:3]))
    rows = await db.fetch(queries.INSERT, db.merchant_id(), *facts, received_at)
    return {row["id"] for row in rows}


async def _update(changes: Sequence[Change], contents: Sequence[Content], found: Sequence[Links]) -> None:
    if changes:
        facts = _columns([_facts(change, contents, found) for change in changes])
        await db.execute(queries.UPDATE, db.merchant_id(), *facts)


def _facts(change: Change, contents: Sequence[Content], found: Sequence[Links]) -> tuple[Any, ...]:
    """The columns of queries._FACTS, out of the wording that is current now."""
    assert change.plan.current is not None
    number, content = change.plan.current
    link = found[next(n for n in change.positions if contents[n] is content)]
    review = content.review
    return (
        *content.key,
        change.review_id,
        link.store_id,
        review.product_sku,
        review.product_name,
        link.customer_id,
        content.author,
        link.order_id,
        link.order_line_id,
        review.solicited,
        review.incentivised,
        content.rating_norm,
        review.written_at.astimezone(UTC),
        content.edited_at,
        number,
        change.plan.state,
        rules.storable(review.reply),
        review.replied_at if review.reply else None,
        review.kind,
        "hidden" if review.hidden else "approved",
    )


async def _add_versions(changes: Sequence[Change], received_at: datetime) -> None:
    rows = [(change.review_id, *version) for change in changes for version in change.plan.versions]
    if not rows:
        return
    await db.execute(
        queries.INSERT_VERSIONS,
        db.merchant_id(),
        received_at,
        *_columns([_version(review_id, number, content) for review_id, number, content in rows]),
    )
    payloads = [{"review": review_id, "version": number} for review_id, number, _ in rows]
    await outbox.add_many("review.score", payloads, received_at)
    ours = {review_id for review_id, _, content in rows if content.review.source == FIRST_PARTY}
    await outbox.add_many(JUDGE, [{"review": review_id} for review_id in sorted(ours)], received_at)


def _version(review_id: UUID, number: int, content: Content) -> tuple[Any, ...]:
    review, rated = content.review, content.rating is not None
    return (
        review_id,
        number,
        content.fingerprint,
        content.rating,
        review.scale_min if rated else None,
        review.scale_max if rated else None,
        content.rating_norm,
        content.title,
        content.body,
        content.lang,
        content.edited_at,
        db.to_json(rules.storable_json(review.extra)),
        db.to_json(review.photo_urls),
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
