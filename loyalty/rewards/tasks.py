"""What time ends: holds of rewards, and vouchers that nobody used."""

import structlog
from celery import shared_task

from core import clock, db, tenancy
from core.errors import DomainError
from core.worker import run_async
from loyalty.rewards import queries, service

BATCH = 500

log = structlog.get_logger(__name__)


def end() -> None:
    """End what is due, merchant by merchant, one a transaction: a hold waits for no other."""
    run_async(_end)


async def _end() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    while await end_due(merchant):
        pass


async def end_due(merchant: tenancy.Merchant) -> int:
    """End up to BATCH that are due; answers how many were, so that the caller goes on until 0."""
    now, ended = clock.now(), 0
    async with db.transaction(merchant.id):
        due = await db.fetch(queries.ENDED, now, BATCH)
    for row in due:
        try:
            async with db.transaction(merchant.id):
                ended += await service.end(row["member_id"], row["id"], now)
        except DomainError:
            # The others have their turn; this one is tried again with the next sweep.
            log.exception("voucher_not_ended", voucher_id=str(row["id"]))
    return ended


shared_task(end, name="loyalty.rewards", ignore_result=True)
