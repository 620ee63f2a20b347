"""Holds whose time is over: their points are the members' again."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.ledger import release_due


def end() -> None:
    """Release what is due, merchant by merchant, a batch a transaction."""
    run_async(_end)


async def _end() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    more = 1
    while more:
        async with db.transaction(merchant.id):
            more = await release_due(clock.now())


shared_task(end, name="loyalty.holds", ignore_result=True)
