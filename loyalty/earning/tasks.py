"""The sweep over all merchants."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.earning.service import birthdays


def celebrate() -> None:
    """Give what rules give for birthdays, merchant by merchant."""
    run_async(_celebrate)


async def _celebrate() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    async with db.transaction(merchant.id):
        await birthdays(clock.now())


shared_task(celebrate, name="loyalty.birthdays", ignore_result=True)
