"""What was held goes out when quiet hours end; what a gateway takes is handed to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import outbox
from core.notifications import gateway, service
from core.sweeps import sweep_by


@outbox.handles(service.GATEWAY, size=1)
async def hand_over(payload: dict[str, Any], now: datetime) -> None:
    """Hand one message to the merchant's own system."""
    await gateway.deliver(UUID(payload["notification"]), now)


of_merchant = sweep_by("core.notifications", service.release, batches=True)
