"""The sweep over all merchants."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from reviews.surveys import service


def ask() -> None:
    """Ask whom it is time to ask, merchant by merchant."""
    run_async(_ask)


async def _ask() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    async with db.transaction(merchant.id):
        await service.sweep(clock.now())


shared_task(ask, name="reviews.surveys", ignore_result=True)
