"""The sweep over all merchants."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.settling.service import settle_due


def settle() -> None:
    """Settle what is due, merchant by merchant, a batch a transaction."""
    run_async(_settle)


async def _settle() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    more = 1
    while more:
        async with db.transaction(merchant.id):
            more = await settle_due(clock.now())


shared_task(settle, name="loyalty.settling", ignore_result=True)
