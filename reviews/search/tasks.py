"""Work that follows a change of reviews: their words are kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import outbox
from reviews.search import service


@outbox.handles("review.index", turn=outbox.Turn.BULK)
async def index(payload: dict[str, Any], now: datetime) -> None:
    """Payload: reviews, the ids of up to 500; the present wording counts, whichever one was meant."""
    await service.index([UUID(each) for each in payload["reviews"]])
