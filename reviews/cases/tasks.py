"""Work on cases that nobody has to start."""

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, tenancy
from core.outbox import handles
from core.worker import run_async
from reviews.cases import clocks, delivery, escalation, service
from reviews.cases.contact import telling
from reviews.cases.drafting import service as drafting
from reviews.cases.patrol import service as patrols
from reviews.cases.remedies import holdout
from reviews.cases.routing import service as routing


@handles(delivery.DUE)
async def send_message(payload: dict[str, Any], now: datetime) -> None:
    """Payload: message (id)."""
    await delivery.deliver(UUID(payload["message"]), now)


@handles(delivery.POST, size=1)
async def post_reply(payload: dict[str, Any], now: datetime) -> None:
    """Payload: message (id)."""
    await delivery.post(UUID(payload["message"]))


@handles(telling.TELL)
async def tell_customer(payload: dict[str, Any], now: datetime) -> None:
    """Payload: see reviews.cases.contact.telling.tell()."""
    await telling.tell(payload, now)


@handles(drafting.WRITE, size=1)
async def write_draft(payload: dict[str, Any], now: datetime) -> None:
    """Payload: draft (id)."""
    await drafting.write(UUID(payload["draft"]), now)


@handles(clocks.ESCALATE)
async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Payload: see reviews.cases.escalation.tell()."""
    await escalation.tell(payload, now)


async def sweep(now: datetime) -> tuple[int, int, int]:
    """Clocks that passed a mark and cases that stayed quiet, of all merchants; how many warned,
    breached, closed."""
    warned = breached = closed = 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal warned, breached, closed
        more = (clocks.SWEEP_LIMIT, 0)
        while sum(more) >= clocks.SWEEP_LIMIT:
            async with db.transaction(merchant.id):
                more = await clocks.sweep(now)
            warned, breached = warned + more[0], breached + more[1]
        async with db.transaction(merchant.id):
            closed += await service.close_quiet(now)
            await routing.wake(now)
        async with db.transaction(merchant.id):
            await routing.give_out(now)
            await holdout.assign(now)

    await tenancy.for_each(of_merchant)
    return warned, breached, closed


async def patrol(now: datetime) -> None:
    """The daily pass of all merchants whose day has begun."""

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        async with db.transaction(merchant.id):
            await patrols.patrol(now)

    await tenancy.for_each(of_merchant)


def run_patrol() -> None:
    """The task."""
    run_async(patrol, clock.now())


def run() -> None:
    """The task."""
    run_async(sweep, clock.now())


shared_task(run, name="reviews.cases.sweep", ignore_result=True)
shared_task(run_patrol, name="reviews.cases.patrol", ignore_result=True)
