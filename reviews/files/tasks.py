"""Files that staff sent: the worker goes on with them, and forgets those that nobody wants."""

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, tenancy
from core.outbox import Turn, handles
from core.worker import run_async
from reviews.files import uploads


@handles(uploads.TOPIC, size=1, turn=Turn.BULK)
async def go_on(payload: dict[str, Any], now: datetime) -> None:
    """Some thousand rows of a file more."""
    await uploads.step(UUID(payload["import"]), now)


async def tidy(now: datetime) -> int:
    """Drop what nobody has come back to, of all merchants; how many."""
    dropped = 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal dropped
        async with db.transaction(merchant.id):
            dropped += await uploads.tidy(now)

    await tenancy.for_each(of_merchant)
    return dropped


def run() -> None:
    """The task."""
    run_async(tidy, clock.now())


shared_task(run, name="reviews.files.tidy", ignore_result=True)
