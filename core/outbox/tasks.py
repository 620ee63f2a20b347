"""The Celery task behind the outbox: it carries ids, core.outbox.work does the rest."""

from typing import Any
from uuid import UUID

from celery import shared_task

from core.outbox import work
from core.outbox.relay import TASK, SentItem
from core.outbox.store import Item
from core.worker import run_async


def run(task: Any, sent: list[SentItem]) -> None:
    """Do the work of rows that the relay sent."""
    items = [
        Item(UUID(row_id), UUID(merchant_id), topic, attempts)
        for row_id, merchant_id, topic, attempts in sent
    ]
    redelivered = bool((task.request.delivery_info or {}).get("redelivered"))
    run_async(work.run, items, redelivered)


# A worker that dies or hangs gives the message back; it is then delivered as `redelivered`.
shared_task(
    run,
    name=TASK,
    bind=True,
    acks_late=True,
    acks_on_timeout=False,
    reject_on_worker_lost=True,
    ignore_result=True,
)
