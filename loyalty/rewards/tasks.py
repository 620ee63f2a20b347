"""What time ends: holds of rewards, and vouchers that nobody used."""

import structlog

from core import clock, db, tenancy
from core.errors import DomainError
from core.sweeps import sweep
from loyalty.rewards import queries, service

BATCH = 500

log = structlog.get_logger(__name__)


@sweep("loyalty.rewards")
async def of_merchant(merchant: tenancy.Merchant) -> None:
    """End what is due, one a transaction: a hold waits for no other."""
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
