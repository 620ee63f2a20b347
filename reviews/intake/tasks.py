"""Work on reviews that nobody has to start."""

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, outbox, tenancy
from core.worker import run_async
from reviews.intake import service


@outbox.handles(service.RECEIVED, turn=outbox.Turn.BULK)
async def spread(payload: dict[str, Any], now: datetime) -> None:
    """Queue reviews that came together one by one."""
    received_at = datetime.fromisoformat(payload["received_at"])
    await service.spread(UUID(payload["first"]), UUID(payload["last"]), received_at, now)


async def prove_late(now: datetime) -> int:
    """Reviews of all merchants that an order has verified since they came; how many."""
    proven = 0

    async def prove(merchant: tenancy.Merchant) -> None:
        nonlocal proven
        async with db.transaction(merchant.id):
            proven += await service.prove_late(now)

    await tenancy.for_each(prove)
    return proven


def run() -> None:
    """The task."""
    run_async(prove_late, clock.now())


shared_task(run, name="reviews.intake.prove_late", ignore_result=True)
