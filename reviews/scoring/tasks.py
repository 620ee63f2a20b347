"""Work of the scoring worker: texts of many merchants go through the model together."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task

from core import clock, db, tenancy
from core.health import resident_mb
from core.outbox import Turn, handles_batch
from core.settings import settings
from core.telemetry import metrics
from core.worker import processors, run_async
from reviews import similar
from reviews.intake.service import SCORE, SCORE_BULK
from reviews.scoring import evidence, service
from reviews.scoring.evidence import Unexplained
from reviews.scoring.rules import Reading
from reviews.scoring.service import Wording
from sentiment import concerns
from sentiment.evidence import Evidence, explain
from sentiment.model_file import ModelError
from sentiment.scorer import Scorer
from sentiment.types import Text
from sentiment.urgency import find_urgency

THREADS = 2
"""More gain little: two children of one thread each read more than one of two."""


@cache
def scorer() -> Scorer:
    """The model of this process, loaded on first use; children of a worker share the processors."""
    return Scorer.load(settings().model_dir, threads=min(THREADS, processors()))


log = structlog.get_logger(__name__)


@handles_batch(SCORE, queue="scoring")
@handles_batch(SCORE_BULK, queue="scoring", size=64, turn=Turn.BULK)
class ScoreReviews:
    """Payload: review (id), version (number)."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[Wording | None]:
        """The wordings; see core.outbox.registry.Batch."""
        return await service.load([(UUID(each["review"]), int(each["version"])) for each in payloads])

    def warm_up(self) -> None:
        """The model, languages and urgent words, with a line in the log of what they take."""
        find_urgency(Text("Good."))
        try:
            scorer().score([Text("Good."), Text("好"), Text("Gut und günstig, gern wieder.")])
        except ModelError as error:
            log.warning("the model cannot be loaded", code=error.code, error=str(error))
        else:
            log.info("model loaded", model=scorer().model, resident_mb=resident_mb())

    def compute(self, items: list[Wording]) -> list[Reading]:
        """What the model reads in them."""
        return read(scorer(), items)

    async def store(self, loaded: list[Wording], results: list[Reading], now: datetime) -> None:
        """Scores, flags and cases."""
        await service.store(loaded, results, now)
        metrics.SCORED.labels(scorer().model).inc(len(loaded))


@handles_batch(service.EMBED, queue="scoring", size=64, turn=Turn.LAST)
class EmbedReviews:
    """Payload: review (id), version (number). Scores and flags stay those of the model that gave them."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[Wording | None]:
        """The wordings; see core.outbox.registry.Batch."""
        return await service.load([(UUID(each["review"]), int(each["version"])) for each in payloads])

    def compute(self, items: list[Wording]) -> list[Reading]:
        """What the model reads in them."""
        return read(scorer(), items)

    async def store(self, loaded: list[Wording], results: list[Reading], now: datetime) -> None:
        """What they are about, and nothing else."""
        pairs = zip(loaded, results, strict=True)
        await service.embed(sorted(pairs, key=lambda pair: pair[0].review_id))


@handles_batch(service.EXPLAIN, queue="scoring", size=16, turn=Turn.LAST)
class ExplainReviews:
    """Payload: review (id), version (number)."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[Unexplained | None]:
        """The wordings; see core.outbox.registry.Batch."""
        wanted = [(UUID(each["review"]), int(each["version"])) for each in payloads]
        return await evidence.load(wanted, scorer().model)

    def compute(self, items: list[Unexplained]) -> list[Evidence]:
        """The words that count; as much work as several scores."""
        return [explain(scorer(), item.text) for item in items]

    async def store(self, loaded: list[Unexplained], results: list[Evidence], now: datetime) -> None:
        """What was found."""
        await evidence.store(loaded, results, scorer().model, now)


def read(model: Scorer, items: Sequence[Wording]) -> list[Reading]:
    """What the texts say; nothing else of a review reaches the model."""
    texts = [item.text for item in items]
    found = model.read(texts)
    return [
        Reading(
            score,
            model.negative_threshold(score.lang),
            urgencies,
            None if embedding is None else embedding.tolist(),
        )
        for score, embedding, urgencies in zip(
            found.scores, found.embeddings, concerns.find(model, texts, found), strict=True
        )
    ]


def embeds(model: Scorer) -> bool:
    """Whether what a model gives can be kept beside what others gave: of one that gives nothing, or something
    else, the reviews would be read again and again."""
    (found,) = model.read([Text("Good.")]).embeddings
    return found is not None and len(found) == similar.WIDTH


async def refresh(now: datetime) -> int:
    """Have reviews embedded again that another model embedded; how many were queued."""
    model, due = scorer().model, 0
    if not embeds(scorer()):
        return 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal due
        async with db.transaction(merchant.id):
            due += await service.have_embedded(model, now)

    await tenancy.for_each(of_merchant)
    return due


def run() -> None:
    """The task."""
    run_async(refresh, clock.now())


shared_task(run, name="reviews.scoring.refresh", ignore_result=True)
