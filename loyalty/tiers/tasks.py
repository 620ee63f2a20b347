"""Tiers follow points: at once after a posting, and every hour as the window moves on."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, tenancy
from core.outbox import handles
from core.worker import run_async
from loyalty.programme.service import ProgrammeMissing
from loyalty.tiers import service


@handles("points.posted")
async def after_posting(payload: dict[str, Any], now: datetime) -> None:
    """Bring the members of new postings to the tier of their qualifying points."""
    members = {UUID(each["member"]) for each in payload["postings"] if each["wallet"] == "qualifying"}
    if members:
        await service.recalculate(sorted(members), "earned", now)


def recalculate_all() -> None:
    """Bring everybody of every merchant to their tier: the window moves although nobody earns."""
    run_async(_recalculate_all)


async def _recalculate_all() -> None:
    await tenancy.for_each(_of_merchant)


async def _of_merchant(merchant: tenancy.Merchant) -> None:
    with suppress(ProgrammeMissing):
        async with db.transaction(merchant.id):
            await service.recalculate(None, "window", clock.now())


shared_task(recalculate_all, name="loyalty.tiers", ignore_result=True)
