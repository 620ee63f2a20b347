"""Awards follow what members do: everybody's, every ten minutes."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.achievements import service


def evaluate() -> None:
    """Bring the awards of every merchant's members up to date."""
    run_async(_evaluate)


async def _evaluate() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    async with db.transaction(merchant.id):
        await service.evaluate(None, clock.now())


shared_task(evaluate, name="loyalty.achievements", ignore_result=True)
