"""Corrections by people, scores in the shadow, and how two models compare."""

import gzip
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from core import db
from core.errors import NotFound
from reviews.scoring import rules as scoring_rules
from reviews.scoring.service import columns
from reviews.versions import queries, rules
from reviews.versions.rules import Correction
from sentiment.types import Score, Text

DIFFERENCES_LIMIT = 20
_PAGE = 500


@dataclass(frozen=True)
class Corrected:
    """The correction that counts; `person` is empty for one by the API."""

    correction: Correction
    person: str
    at: datetime


@dataclass(frozen=True)
class Unshadowed:
    """A wording that the second model has not read; `flagged`: the first one flagged its text."""

    review_id: UUID
    version: int
    text: Text
    flagged: bool


@dataclass(frozen=True)
class Comparison:
    """Two models on the same wordings. Shifts are of the shadow against the one that answers."""

    answered_by: str
    shadow: str
    reviews: int
    same_sentiment: int
    same_stars: int
    newly_flagged: int
    no_longer_flagged: int
    star_shift: float
    negative_shift: float
    corrected: int
    """Of them people have corrected so many; the next two are of these."""
    answered_right: int
    shadow_right: int


@dataclass(frozen=True)
class Difference:
    """A wording in which two models differ in what they call it or whether they flag it."""

    review_id: UUID
    answered: str
    sentiment: str
    answered_stars: int
    stars: int
    answered_negative: float
    negative: float
    title: str
    body: str
    lang: str
    case_id: UUID | None


async def correct(
    review_id: UUID, correction: Correction, now: datetime, staff_id: UUID | None = None
) -> UUID:
    """Keep what a person says about the current wording, in the open transaction; scores stay as they are.

    Raises CorrectionUnfit, and NotFound for a review without a wording.
    """
    said = rules.checked(correction)
    aspects = None if said.aspects is None else db.to_json(said.aspects)
    found: UUID | None = await db.fetchval(
        queries.INSERT, db.merchant_id(), review_id, said.sentiment, said.stars, aspects, staff_id, now
    )
    if found is None:
        raise NotFound(f"no review {review_id}")
    return found


async def corrected(review_id: UUID) -> Corrected | None:
    """What a person last said about the current wording."""
    row = await db.fetchrow(queries.LAST, review_id)
    if row is None:
        return None
    aspects = None if row["aspects"] is None else db.from_json(row["aspects"])
    return Corrected(Correction(row["sentiment"], row["stars"], aspects), row["person"], row["corrected_at"])


async def rows(merchant_id: UUID) -> AsyncIterator[dict[str, Any]]:
    """Every corrected wording that says something as a labelled row, page by page."""
    place: tuple[UUID, int] = (UUID(int=0), 0)
    while True:
        async with db.transaction(merchant_id):
            page = await db.fetch(queries.CORRECTED, *place, _PAGE)
        for each in page:
            aspects = None if each["aspects"] is None else db.from_json(each["aspects"])
            yield rules.row({**each, "aspects": aspects})
        if len(page) < _PAGE:
            return
        place = (page[-1]["review_id"], page[-1]["version"])


async def export(merchant_id: UUID, target: Path) -> int:
    """Write the rows as gzip of JSON lines; how many. Raises OSError."""
    count = 0
    with gzip.open(target, "wt", encoding="utf-8") as file:
        async for each in rows(merchant_id):
            file.write(json.dumps(each, ensure_ascii=False) + "\n")
            count += 1
    return count


async def load(wanted: Sequence[tuple[UUID, int]], model: str, shadow: str) -> list[Unshadowed | None]:
    """Wordings that `model` answered, in this order; None for one that `shadow` has read already."""
    found: list[Unshadowed | None] = [None] * len(wanted)
    for row in await db.fetch(queries.TO_SHADOW, *columns(wanted, 2), model, shadow):
        text = scoring_rules.text_of(row["title"], row["body"], row["lang"])
        found[row["n"] - 1] = Unshadowed(row["review_id"], row["number"], text, row["flagged"])
    return found


async def store(
    wordings: Sequence[Unshadowed], scores: Sequence[tuple[Score, bool]], model: str, now: datetime
) -> None:
    """The shadow's scores, each with whether it would flag the text; doing it again changes nothing."""
    if not wordings:
        return
    kept = [
        (
            each.review_id,
            each.version,
            score.stars_predicted,
            score.sentiment,
            score.probabilities.negative,
            flagged,
            each.flagged,
        )
        for each, (score, flagged) in zip(wordings, scores, strict=True)
    ]
    shadow = scores[0][0].model
    await db.execute(queries.INSERT_SHADOW, db.merchant_id(), shadow, model, now, *columns(sorted(kept), 7))


async def comparisons() -> list[Comparison]:
    """Every pair of models that have read the same wordings, in the open transaction."""
    return [Comparison(**row) for row in await db.fetch(queries.COMPARISONS)]


async def differences(answered_by: str, shadow: str, limit: int = DIFFERENCES_LIMIT) -> list[Difference]:
    """Where they differ most."""
    return [Difference(**row) for row in await db.fetch(queries.DIFFERENCES, answered_by, shadow, limit)]
