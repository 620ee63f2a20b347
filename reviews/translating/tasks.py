"""Work on translations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.outbox import handles
from reviews.translating import service


@handles(service.WRITE, size=1)
async def write_translation(payload: dict[str, Any], now: datetime) -> None:
    """Payload: translation (id)."""
    await service.write(UUID(payload["translation"]), now)
