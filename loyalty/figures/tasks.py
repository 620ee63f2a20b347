"""Once an hour: what has gone by is added up, merchant by merchant."""

import structlog

from core import clock, db, tenancy
from core.days import TimeZoneUnknown
from core.sweeps import sweep
from loyalty.liability import rolling
from loyalty.segments import rfm

log = structlog.get_logger(__name__)


@sweep("loyalty.figures")
async def of_merchant(merchant: tenancy.Merchant) -> None:
    """Days of the ledger, and the bounds of the fifths of buyers."""
    try:
        async with db.transaction(merchant.id):
            await rolling.roll(clock.now())
    except TimeZoneUnknown:
        log.warning("time_zone_unknown", merchant=merchant.code, time_zone=merchant.time_zone)
    async with db.transaction(merchant.id):
        await rfm.renew(clock.now())
