"""Reading accounts that are due, and what webhooks of sources hint at."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, tenancy
from core.outbox import handles
from core.worker import run_async
from reviews.accounts import hints, sync

SLICE = timedelta(seconds=20)
"""A task ends after it, with the page in its hands: other work waits for this worker, the account does not
mind."""


@handles(hints.TOPIC)
async def follow(payload: dict[str, Any], now: datetime) -> None:
    """Payload: account (id), review (the source's id)."""
    await hints.follow(UUID(payload["account"]), payload["review"], now)


async def read_due(now: datetime) -> None:
    """Read what is due, of all merchants, for SLICE; merchants in another order each time."""
    until = now + SLICE
    merchants = list(await tenancy.merchants())
    random.shuffle(merchants)
    for merchant in merchants:
        while clock.now() < until and (claimed := await sync.claim(merchant.id, clock.now())):
            await sync.read(claimed, until)


def run() -> None:
    """The task."""
    run_async(read_due, clock.now())


shared_task(run, name="reviews.accounts.read", ignore_result=True)
