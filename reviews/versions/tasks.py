"""A second model reads what the first one answered, when the first one has nothing better to do."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog

from core.health import resident_mb
from core.outbox import Turn, handles_batch
from core.settings import settings
from reviews.scoring.service import SHADOW
from reviews.scoring.tasks import scorer
from reviews.versions import service
from reviews.versions.service import Unshadowed
from sentiment.scorer import Scorer
from sentiment.types import Score

log = structlog.get_logger(__name__)


@cache
def shadow() -> Scorer | None:
    """The second model of this process; None: the setting names none."""
    folder = settings().shadow_model_dir
    if folder is None:
        return None
    model = Scorer.load(folder)
    log.info("shadow model loaded", model=model.model, resident_mb=resident_mb())
    return model


@handles_batch(SHADOW, queue="scoring", size=64, turn=Turn.LAST)
class ShadowScores:
    """Payload: review (id), version (number)."""

    async def load(self, payloads: list[dict[str, Any]]) -> Sequence[Unshadowed | None]:
        """The wordings; none when the shadow is switched off again. See core.outbox.registry.Batch."""
        model = shadow()
        if model is None:
            return [None] * len(payloads)
        wanted = [(UUID(each["review"]), int(each["version"])) for each in payloads]
        return await service.load(wanted, scorer().model, model.model)

    def compute(self, items: list[Unshadowed]) -> list[tuple[Score, bool]]:
        """What the shadow reads, and whether it would flag it."""
        model = shadow()
        assert model is not None
        return [
            (score, score.probabilities.negative >= model.negative_threshold(score.lang))
            for score in model.score([item.text for item in items])
        ]

    async def store(self, loaded: list[Unshadowed], results: list[tuple[Score, bool]], now: datetime) -> None:
        """Its scores, beside the others."""
        await service.store(loaded, results, scorer().model, now)
