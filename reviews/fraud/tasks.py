"""Traces end with their week, whether or not anybody writes."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from reviews.fraud import service


def purge() -> None:
    """Delete traces whose time is over, merchant by merchant."""
    run_async(_purge)


async def _purge() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    async with db.transaction(merchant.id):
        await service.purge(clock.now())


shared_task(purge, name="reviews.fraud.purge", ignore_result=True)
