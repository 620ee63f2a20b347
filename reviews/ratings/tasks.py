"""Folding, which nobody has to start."""

from celery import shared_task

from core import db, tenancy
from core.worker import run_async
from reviews.ratings import service


async def fold_all() -> None:
    """Fold what waits, merchant by merchant, a batch a transaction."""
    await tenancy.for_each(_fold)


async def _fold(merchant: tenancy.Merchant) -> None:
    more = 1
    while more:
        async with db.transaction(merchant.id):
            more = await service.fold()


def run() -> None:
    """The task."""
    run_async(fold_all)


shared_task(run, name="reviews.ratings.fold", ignore_result=True)
