"""What was held goes out when quiet hours end; what a gateway takes is handed to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, outbox, tenancy
from core.notifications import gateway, service
from core.worker import run_async


@outbox.handles(service.GATEWAY, size=1)
async def hand_over(payload: dict[str, Any], now: datetime) -> None:
    """Hand one message to the merchant's own system."""
    await gateway.deliver(UUID(payload["notification"]), now)


def release() -> None:
    """Send what was held, merchant by merchant, a batch a transaction."""
    run_async(_release)


async def _release() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    more = service.BATCH
    while more == service.BATCH:
        async with db.transaction(merchant.id):
            more = await service.release(clock.now())


shared_task(release, name="core.notifications", ignore_result=True)
