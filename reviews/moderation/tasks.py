"""Work that follows a review that was written, edited or deleted here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.outbox import Turn, handles_batch
from reviews.intake.service import JUDGE, JUDGE_BULK
from reviews.moderation import service


@handles_batch(JUDGE, queue="events", size=100)
@handles_batch(JUDGE_BULK, queue="events", size=100, turn=Turn.BULK)
class JudgeReviews:
    """Payload: review (id)."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[UUID]:
        """The ids; see core.outbox.registry.Batch."""
        return [UUID(each["review"]) for each in payloads]

    def compute(self, items: list[UUID]) -> Sequence[None]:
        """Nothing: the policy reads what the reviews are when they are locked."""
        return [None] * len(items)

    async def store(self, loaded: list[UUID], results: list[None], now: datetime) -> None:
        """Decide, and let points follow."""
        await service.judge(loaded, now)
