"""The sweep over all merchants."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.expiry.service import expire_due


def expire() -> None:
    """Expire what is due, merchant by merchant, a batch a transaction."""
    run_async(_expire)


async def _expire() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    more = 1
    while more:
        async with db.transaction(merchant.id):
            more = await expire_due(clock.now())


shared_task(expire, name="loyalty.expiry", ignore_result=True)
