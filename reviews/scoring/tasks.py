"""Work of the scoring worker: texts of many merchants go through the model together."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from core.outbox import handles_batch
from core.settings import settings
from reviews.scoring import service
from reviews.scoring.rules import Reading
from reviews.scoring.service import Wording
from sentiment.scorer import Scorer
from sentiment.urgency import find_urgency


@cache
def scorer() -> Scorer:
    """The model of this process, loaded on first use."""
    return Scorer.load(settings().model_dir)


@handles_batch("review.score", queue="scoring")
class ScoreReviews:
    """Payload: review (id), version (number)."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[Wording | None]:
        """The wordings; see core.outbox.registry.Batch."""
        return await service.load([(UUID(each["review"]), int(each["version"])) for each in payloads])

    def compute(self, items: list[Wording]) -> list[Reading]:
        """What the model reads in them."""
        return read(scorer(), items)

    async def store(self, loaded: list[Wording], results: list[Reading], now: datetime) -> None:
        """Scores, flags and cases."""
        await service.store(loaded, results, now)


def read(model: Scorer, items: Sequence[Wording]) -> list[Reading]:
    """What the texts say; nothing else of a review reaches the model."""
    texts = [item.text for item in items]
    found = model.read(texts)
    return [
        Reading(score, model.negative_threshold(score.lang), find_urgency(text), embedding)
        for text, score, embedding in zip(texts, found.scores, found.embeddings, strict=True)
    ]
