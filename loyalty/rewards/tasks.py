"""What time ends: holds of rewards, and vouchers that nobody used."""

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async
from loyalty.rewards import queries, service

BATCH = 500


def end() -> None:
    """End what is due, merchant by merchant, one a transaction: a hold waits for no other."""
    run_async(_end)


async def _end() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    while await end_due(merchant):
        pass


async def end_due(merchant: tenancy.Merchant) -> int:
    """Up to BATCH that are due; answers how many there were, so that the caller goes on until 0."""
    now, ended = clock.now(), 0
    async with db.transaction(merchant.id):
        due = await db.fetch(queries.ENDED, now, BATCH)
    for row in due:
        async with db.transaction(merchant.id):
            ended += await service.end(row["member_id"], row["id"], now)
    return ended


shared_task(end, name="loyalty.rewards", ignore_result=True)
