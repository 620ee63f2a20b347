"""What is done every so often, for one merchant after the other; core.celery_app says how often."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from celery import shared_task

from core import clock, db, tenancy
from core.worker import run_async

OfMerchant = Callable[[tenancy.Merchant], Awaitable[None]]
Work = Callable[[datetime], Awaitable[object]]


def sweep(task: str) -> Callable[[OfMerchant], OfMerchant]:
    """Decorates what is done for one merchant, without an open transaction: it becomes this task."""

    def register(of_merchant: OfMerchant) -> OfMerchant:
        def run() -> None:
            run_async(tenancy.for_each, of_merchant)

        shared_task(run, name=task, ignore_result=True)
        return of_merchant

    return register


def sweep_by(task: str, work: Work, *, batches: bool = False) -> OfMerchant:
    """A task that does `work`, which gets the time, in a transaction of each merchant.

    `batches`: in one transaction after the other, until it answers 0.
    """

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        while True:
            async with db.transaction(merchant.id):
                done = await work(clock.now())
            if not (batches and done):
                return

    return sweep(task)(of_merchant)
