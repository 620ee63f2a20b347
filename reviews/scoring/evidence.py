"""Keep which words a flagged review was flagged for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from reviews.scoring import queries, rules
from reviews.scoring.service import columns
from sentiment.evidence import Evidence
from sentiment.types import Text


@dataclass(frozen=True)
class Unexplained:
    """A wording that this model has not explained yet."""

    review_id: UUID
    version: int
    text: Text


async def load(wanted: Sequence[tuple[UUID, int]], model: str) -> list[Unexplained | None]:
    """The wordings (review, version) in this order; None for one that is explained or does not exist."""
    found: list[Unexplained | None] = [None] * len(wanted)
    for row in await db.fetch(queries.TO_EXPLAIN, *columns(wanted, 2), model):
        text = rules.text_of(row["title"], row["body"], row["lang"])
        found[row["n"] - 1] = Unexplained(row["review_id"], row["number"], text)
    return found


async def store(
    explained: Sequence[Unexplained], found: Sequence[Evidence], model: str, now: datetime
) -> None:
    """In the open transaction; doing it again changes nothing."""
    rows = [
        (
            each.review_id,
            each.version,
            evidence.sentiment,
            evidence.probability,
            db.to_json(evidence.words),
            evidence.without,
            db.to_json(evidence.aspects),
        )
        for each, evidence in zip(explained, found, strict=True)
    ]
    await db.execute(queries.INSERT_EVIDENCE, db.merchant_id(), model, now, *columns(sorted(rows), 7))
