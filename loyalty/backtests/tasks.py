"""Back-tests in the background: a part a message, so that none is long."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.outbox import Turn, handles
from loyalty.backtests import service


@handles(service.TOPIC, turn=Turn.BULK)
async def run_part(payload: dict[str, Any], now: datetime) -> None:
    """Run the next part of a back-test."""
    await service.next_part(UUID(payload["id"]), now)
