"""Referrals follow the friends' orders: every ten minutes."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.referrals import rewards


def settle() -> None:
    """Reward what was kept and withdraw what went back, merchant by merchant, a batch a transaction."""
    run_async(_settle)


async def _settle() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    changed = 1
    while changed:
        async with db.transaction(merchant.id):
            changed = await rewards.settle(clock.now())


shared_task(settle, name="loyalty.referrals", ignore_result=True)
