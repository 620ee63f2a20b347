"""What is set for a date goes live when it comes."""

import structlog

from core import clock, db, tenancy
from core.sweeps import sweep
from loyalty.changes import service
from loyalty.programme.service import ProgrammeMissing
from loyalty.tiers import service as tiers

log = structlog.get_logger(__name__)


@sweep("loyalty.changes")
async def of_merchant(merchant: tenancy.Merchant) -> None:
    """Publish changes whose date has come."""
    async with db.transaction(merchant.id):
        if not await service.any_due(clock.now()):
            return
        await tiers.lock(None)  # before the clock is read: others may be placing members
        try:
            for each in await service.publish_due(clock.now()):
                log.info("change_published", merchant=merchant.code, kind=each.kind, subject=each.subject)
        except ProgrammeMissing:
            pass  # nothing can be due yet
