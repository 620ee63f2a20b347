"""Once an hour: what is over is added up, merchant by merchant."""

import structlog
from celery import shared_task

from core import clock, db, tenancy
from core.days import TimeZoneUnknown
from core.worker import run_async
from loyalty.liability import rolling
from loyalty.segments import rfm

log = structlog.get_logger(__name__)


def add_up() -> None:
    """Days of the ledger, and the bounds of the fifths of buyers."""
    run_async(_add_up)


async def _add_up() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    try:
        async with db.transaction(merchant.id):
            await rolling.roll(clock.now())
    except TimeZoneUnknown:
        log.warning("time_zone_unknown", merchant=merchant.code, time_zone=merchant.time_zone)
    async with db.transaction(merchant.id):
        await rfm.renew(clock.now())


shared_task(add_up, name="loyalty.figures", ignore_result=True)
