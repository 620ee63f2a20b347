"""Keep what was read in reviews, and open the cases that it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import db, outbox
from core.settings import settings
from core.telemetry import traces
from reviews import similar
from reviews.cases import opening
from reviews.cases.opening import Flagged
from reviews.intake.service import RECEIVED, SCORE, SCORE_BULK
from reviews.moderation import service as moderation
from reviews.scoring import queries, rules
from reviews.scoring.rules import Flag, Reading
from sentiment.types import Text

EXPLAIN = "review.explain"
"""Topic: review (id), version (number)."""
EXPLAIN_AFTER_S = 30.0
"""Explaining costs several times as much as scoring: the scores of a burst come first."""
EMBED = "review.embed"
"""Topic: review (id), version (number)."""
EMBED_AT_ONCE = 1_000
"""So many reviews of a merchant are queued for it in one go."""
SHADOW = "review.shadow"
"""Topic: review (id), version (number)."""
SHADOW_AFTER_S = 60.0


@dataclass(frozen=True)
class Wording:
    """One version of a review; `text` is all that the model sees of it."""

    review_id: UUID
    version: int
    rating_norm: Decimal | None
    text: Text


@dataclass(frozen=True)
class Progress:
    """How many of all wordings are scored."""

    scored: int
    total: int


async def load(wanted: Sequence[tuple[UUID, int]]) -> list[Wording | None]:
    """The wordings (review, version) in this order; None for one that does not exist."""
    rows = await db.fetch(queries.TEXTS, *columns(wanted, 2))
    found: list[Wording | None] = [None] * len(wanted)
    for row in rows:
        text = rules.text_of(row["title"], row["body"], row["lang"])
        found[row["n"] - 1] = Wording(row["review_id"], row["number"], row["rating_norm"], text)
    return found


async def store(wordings: Sequence[Wording], readings: Sequence[Reading], now: datetime) -> None:
    """Scores, flags and cases in one transaction; doing it again changes nothing."""
    # In the order of their ids, so that two workers with the same reviews never wait for each other.
    pairs = sorted(
        zip(wordings, readings, strict=True), key=lambda pair: (pair[0].review_id, pair[0].version)
    )
    flagged = [_flagged(wording, reading) for wording, reading in pairs]
    scores = [_score(wording, reading) for wording, reading in pairs]
    await db.execute(queries.INSERT_SCORES, db.merchant_id(), now, *columns(scores, 12))
    flags = [_flag(each, flag) for each in flagged for flag in each.flags]
    await db.execute(queries.INSERT_FLAGS, db.merchant_id(), now, *columns(flags, 4))
    await embed(pairs)
    await _have_explained(pairs, flagged, now)
    await _have_shadowed(pairs, now)
    with traces.span("case judge", reviews=len(flagged)):
        await opening.judge(flagged, now)
    await moderation.compare([wording.review_id for wording, _ in pairs], now)


async def progress() -> Progress:
    """How far scoring is for this merchant, in the open transaction."""
    row = await db.fetchrow(queries.PROGRESS)
    assert row is not None
    return Progress(scored=row["scored"], total=row["total"])


async def progress_if_any() -> Progress | None:
    """The same while reviews wait to be scored; None when none does, for to count them all takes its time."""
    waits = await db.fetchval(queries.WAITING, [RECEIVED, SCORE, SCORE_BULK])
    return await progress() if waits else None


async def _have_explained(
    pairs: Sequence[tuple[Wording, Reading]], flagged: Sequence[Flagged], now: datetime
) -> None:
    """Queue what is flagged and says something; see reviews.scoring.evidence."""
    told = [
        {"review": wording.review_id, "version": wording.version}
        for (wording, _), each in zip(pairs, flagged, strict=True)
        if each.flags and _says_something(wording)
    ]
    await outbox.add_many(EXPLAIN, told, now, EXPLAIN_AFTER_S)


async def _have_shadowed(pairs: Sequence[tuple[Wording, Reading]], now: datetime) -> None:
    """Queue what a second model is to read, too; see reviews.versions. Without a word all models agree."""
    if settings().shadow_model_dir:
        read = [
            {"review": wording.review_id, "version": wording.version}
            for wording, _ in pairs
            if _says_something(wording)
        ]
        await outbox.add_many(SHADOW, read, now, SHADOW_AFTER_S)


async def have_embedded(model: str, now: datetime) -> int:
    """Queue reviews that another model embedded: only those of one compare. How many were queued."""
    rows = await db.fetch(queries.OUTDATED, db.merchant_id(), model, EMBED, EMBED_AT_ONCE)
    await outbox.add_many(EMBED, [{"review": row["id"], "version": row["version"]} for row in rows], now)
    return len(rows)


async def embed(pairs: Sequence[tuple[Wording, Reading]]) -> None:
    """Keep what current wordings are about, in the order of their ids; nothing of one that says nothing."""
    known: list[tuple[Any, ...]] = []
    empty: list[tuple[Any, ...]] = []
    for wording, reading in pairs:
        place = (wording.review_id, wording.version)
        if reading.embedding is None or len(reading.embedding) != similar.WIDTH:
            empty.append(place)
        else:
            known.append((*place, reading.score.model, similar.vector(reading.embedding)))
    if known:
        await db.execute(queries.EMBED, db.merchant_id(), *columns(known, 4))
    if empty:
        await db.execute(queries.FORGET_EMBEDDINGS, *columns(empty, 2))


def _says_something(wording: Wording) -> bool:
    return bool(wording.text.text.strip() or wording.text.title.strip())


def _flagged(wording: Wording, reading: Reading) -> Flagged:
    return Flagged(
        wording.review_id,
        wording.version,
        wording.rating_norm,
        reading.score.probabilities.negative,
        rules.flags(wording.rating_norm, reading),
    )


def _score(wording: Wording, reading: Reading) -> tuple[Any, ...]:
    score = reading.score
    return (
        wording.review_id,
        wording.version,
        score.model,
        db.to_json(score.stars),
        score.stars_expected,
        score.stars_predicted,
        score.sentiment,
        score.probabilities.negative,
        score.probabilities.neutral,
        score.probabilities.positive,
        db.to_json(score.aspects),
        score.lang,
    )


def _flag(flagged: Flagged, flag: Flag) -> tuple[Any, ...]:
    return flagged.review_id, flagged.version, flag.reason, db.to_json(flag.detail)


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as arguments of unnest(); `width` arrays also when there are none."""
    return [[row[column] for row in rows] for column in range(width)]
