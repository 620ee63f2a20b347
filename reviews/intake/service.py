"""Take reviews in: each wording once, however often and in whatever order it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import db, outbox
from core.ids import new_id
from core.webhooks import service as webhooks
from reviews.intake import columns, links, queries, rules
from reviews.intake.links import Links
from reviews.intake.model import IncomingReview, Received
from reviews.intake.rules import Content, Known, Plan
from reviews.sources import FIRST_PARTY

Key = tuple[str, str, str]

SCORE = "review.score"
"""Topic of one wording: the model is to read it."""

SCORE_BULK = "review.score_bulk"
"""The same for wordings of an import: those of today go before them."""

RECEIVED = "review.received"
"""Topic of many reviews that came together: each is to be queued for scoring."""

JUDGE = "review.judge"
"""Topic of reviews written here: moderation, and the points that follow it."""

JUDGE_BULK = "review.judge_bulk"
"""The same for reviews of an import."""

FRESH = timedelta(days=7)
"""Somebody may wait for what is read in a wording of these last days; older ones are history."""

PROOF_WAIT = timedelta(days=7)

COPY_FROM_ROWS = 50
"""So many reviews come by COPY, and as one line of the outbox."""


@dataclass
class Change:
    """A review that is known: what of it, what came, what is to be written."""

    review_id: UUID
    known: Known
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
    new = await _insert(contents, found, received_at)
    answers = {n: Received(review_id, 1, "new") for n, review_id in new.items()}
    if len(new) < len(contents):
        answers |= await _change(
            [n for n in range(len(contents)) if n not in new], contents, found, received_at
        )
    return [answers[n] for n in range(len(contents))]


async def remove(
    source: str, account: str, external_id: str, at: datetime, received_at: datetime | None = None
) -> bool:
    """The author or the source removed the review at `at`: it becomes a tombstone, in the open transaction.

    Its wordings stay. False: nothing changed (known already, or written anew since).
    """
    known_at = received_at or at
    row = await db.fetchrow(queries.REMOVE, db.merchant_id(), source, account, external_id, at, known_at)
    if row:
        await webhooks.emit("review.removed", [row["id"]], known_at)
    if row and source == FIRST_PARTY:
        await outbox.add(JUDGE, {"review": row["id"]}, known_at)
    return row is not None


async def prove_late(now: datetime) -> int:
    """Verify the merchant's recent reviews whose order came later than they did; how many.

    In the open transaction; a review waits for its order for PROOF_WAIT.
    """
    return len(await db.fetch(queries.PROVE_LATE, db.merchant_id(), now - PROOF_WAIT))


async def _insert(
    contents: Sequence[Content], found: Sequence[Links], received_at: datetime
) -> dict[int, UUID]:
    """Insert the reviews that nobody has yet, each with its first wording; their ids by place."""
    if not contents:
        return {}
    rows = [
        (n, new_id(), *columns.facts(content, found[n]), *columns.wording(content))
        for n, content in enumerate(contents)
    ]
    if len(rows) < COPY_FROM_ROWS:
        made = await db.fetch(queries.INSERT, db.merchant_id(), received_at, *columns.arrays(rows))
    else:
        await db.execute(queries.STAGE)
        await db.connection().copy_records_to_table(
            "review_intake", records=rows, columns=list(queries.STAGED), schema_name="pg_temp"
        )
        made = await db.fetch(queries.INSERT_STAGED, db.merchant_id(), received_at)
        await db.execute(queries.UNSTAGE)
    new = {row["n"]: row["id"] for row in made}
    await _queue([(review_id, 1, contents[n]) for n, review_id in new.items()], received_at)
    return new


async def _change(
    places: Sequence[int], contents: Sequence[Content], found: Sequence[Links], received_at: datetime
) -> dict[int, Received]:
    """What becomes of reviews that are known when these wordings of them come."""
    changes = await _plan(contents, places)
    await _update([change for change in changes if change.plan.current], contents, found)
    told = await _update_facts(changes, contents, found)
    await _add_versions(changes, received_at)
    return {
        n: Received(change.review_id, number, "facts" if told.get(change.review_id) == n else status)
        for change in changes
        for n, (number, status) in zip(change.positions, change.plan.answers, strict=True)
    }


async def _plan(contents: Sequence[Content], places: Sequence[int]) -> list[Change]:
    positions: dict[Key, list[int]] = {}
    for n in places:
        positions.setdefault(contents[n].key, []).append(n)
    return [
        Change(review_id, known, positions[key], rules.plan(known, [contents[n] for n in positions[key]]))
        for key, (review_id, known) in (await _known(sorted(positions))).items()
    ]


async def _known(keys: Sequence[Key]) -> dict[Key, tuple[UUID, Known]]:
    rows = await db.fetch(queries.KNOWN, db.merchant_id(), *columns.arrays(keys))
    known: dict[Key, tuple[UUID, Known]] = {}
    by_id: dict[UUID, Known] = {}
    for row in rows:
        by_id[row["id"]] = Known({}, row["version"], row["edited_at"], row["removed_at"], row["by_author"])
        known[row["source"], row["account"], row["external_id"]] = (row["id"], by_id[row["id"]])
    for row in await db.fetch(queries.KNOWN_VERSIONS, list(by_id)):
        by_id[row["review_id"]].versions[row["fingerprint"]] = row["number"]
    return known


async def _update(changes: Sequence[Change], contents: Sequence[Content], found: Sequence[Links]) -> None:
    rows = []
    for change in changes:
        assert change.plan.current is not None
        number, content = change.plan.current
        n = next(n for n in change.positions if contents[n] is content)
        rating = None if content.rating_norm is None else str(content.rating_norm)
        current = (change.review_id, rating, content.edited_at, number, change.plan.state)
        rows.append(current + columns.facts(content, found[n]))
    if rows:
        await db.execute(queries.UPDATE, db.merchant_id(), *columns.arrays(rows))


async def _update_facts(
    changes: Sequence[Change], contents: Sequence[Content], found: Sequence[Links]
) -> dict[UUID, int]:
    """Take what is told about the current wording where it came once more, last of all; who told news."""
    told = {
        change.review_id: change.positions[-1]
        for change in changes
        if change.plan.answers[-1] == (change.known.current, "unchanged")
    }
    if not told:
        return {}
    rows = [(review_id, *columns.facts(contents[n], found[n])) for review_id, n in told.items()]
    written = await db.fetch(queries.UPDATE_FACTS, db.merchant_id(), *columns.arrays(rows))
    return {row["id"]: told[row["id"]] for row in written}


async def _add_versions(changes: Sequence[Change], received_at: datetime) -> None:
    added = [(change.review_id, *version) for change in changes for version in change.plan.versions]
    if added:
        rows = [(review_id, number, *columns.wording(content)) for review_id, number, content in added]
        await db.execute(queries.INSERT_VERSIONS, db.merchant_id(), received_at, *columns.arrays(rows))
        await _queue(added, received_at)


async def _queue(added: Sequence[tuple[UUID, int, Content]], received_at: datetime) -> None:
    """Have new wordings scored, and those that were written here judged."""
    many = len(added) >= COPY_FROM_ROWS
    urgent: list[tuple[UUID, int, Content]] = []
    bulk: list[tuple[UUID, int, Content]] = []
    for each in added:
        (bulk if many or received_at - each[2].edited_at > FRESH else urgent).append(each)
    if many and all(number == 1 for _, number, _ in added):
        ids = [review_id for review_id, _, _ in added]
        span = {"first": min(ids), "last": max(ids), "received_at": received_at}
        await outbox.add(RECEIVED, span, received_at)
    else:
        await outbox.add_many(SCORE, _wordings(urgent), received_at)
        new = [review_id for review_id, number, _ in urgent if number == 1]
        await webhooks.emit("review.received", new, received_at)
        await outbox.add_many(SCORE_BULK, _wordings(bulk), received_at)
    await outbox.add_many(JUDGE, _written_here(urgent), received_at)
    await outbox.add_many(JUDGE_BULK, _written_here(bulk), received_at)


def _wordings(added: Sequence[tuple[UUID, int, Content]]) -> list[dict[str, Any]]:
    return [{"review": review_id, "version": number} for review_id, number, _ in added]


def _written_here(added: Sequence[tuple[UUID, int, Content]]) -> list[dict[str, Any]]:
    ours = {review_id for review_id, _, content in added if content.review.source == FIRST_PARTY}
    return [{"review": review_id} for review_id in sorted(ours)]


async def spread(first: UUID, last: UUID, received_at: datetime, now: datetime) -> None:
    """Queue each of the reviews that came together for scoring: one that fails there fails alone."""
    rows = await db.fetch(queries.RECEIVED, db.merchant_id(), first, last, received_at)
    await outbox.add_many(SCORE_BULK, [{"review": row["id"], "version": 1} for row in rows], now)
