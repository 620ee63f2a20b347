"""Care, merchant by merchant, and what is told after it."""

from datetime import datetime
from typing import Any, get_args

from celery import shared_task

from core import clock, db, tenancy
from core.outbox import handles
from core.worker import run_async
from reviews.cases.care import service


@handles(service.TELL)
async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Payload: see reviews.cases.care.service.tell()."""
    await service.tell(payload, now)


async def look(now: datetime) -> int:
    """Read and sweep for all merchants; answers how many customers will be told."""
    told = 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal told
        async with db.transaction(merchant.id):
            await service.read(now)
        for reason in get_args(service.Reason):
            found = service.LIMIT
            while found == service.LIMIT:
                async with db.transaction(merchant.id):
                    found = await service.sweep(reason, now)
                told += found

    await tenancy.for_each(of_merchant)
    return told


def run() -> None:
    """The task."""
    run_async(look, clock.now())


shared_task(run, name="reviews.cases.care", ignore_result=True)
