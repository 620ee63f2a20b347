"""Do the work of outbox rows, in a worker.

The row ends in the transaction of its effect, so the effect happens once however often a row is
delivered. Delivered again, it is gone; delivered twice at once, the second worker finds it locked;
delivered late, after it failed elsewhere, its attempts differ: each time nothing is done.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby

import structlog

from core import clock, db
from core.outbox import batch, failures, registry, store
from core.outbox.registry import Handle
from core.outbox.store import Item
from core.telemetry import metrics, traces

HANDLER_TIMEOUT_S = 60.0

log = structlog.get_logger(__name__)


async def run(items: Sequence[Item], redelivered: bool = False) -> None:
    """Do what is still to be done of these rows; failures are written to the rows, not raised.

    `redelivered`: an earlier worker got these rows and did not finish. One of them may be what ended
    it, so each is counted as an attempt before it starts, and starts alone: the guilty one is parked
    in the end and its neighbours are done.

    Raises OSError or asyncpg errors when the database is away: the rows come back with their lease.
    """
    for topic, group in groupby(sorted(items, key=lambda item: item.topic), key=lambda item: item.topic):
        for part in ([each] for each in group) if redelivered else [list(group)]:
            counted = await _count(part) if redelivered else part
            if counted:
                with metrics.WORK.labels(topic).time():
                    await _run_topic(topic, counted)


async def _count(part: Sequence[Item]) -> list[Item]:
    """The same rows with one more attempt; without those that are parked, done or in other hands."""
    now = clock.now()
    counted = [await failures.record(item, failures.WorkerEnded(), now) for item in part]
    return [item for item in counted if item]


async def _run_topic(name: str, items: Sequence[Item]) -> None:
    try:
        topic = registry.find(name)
    except registry.UnknownTopic as error:
        for item in items:
            await failures.record(item, error, clock.now())
        return
    if topic.batch:
        await batch.run(topic.batch, items)
    elif topic.handle:
        for item in items:
            await _run_one(topic.handle, item)


async def _run_one(handle: Handle, item: Item) -> None:
    now, begun, taken = clock.now(), traces.moment(), None
    with structlog.contextvars.bound_contextvars(merchant_id=str(item.merchant_id), outbox_id=str(item.id)):
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S), db.transaction(item.merchant_id):
                taken = await store.take(item)
                if taken:
                    with traces.work(item.topic, [taken.trace], begun):
                        await db.follow_trace()
                        await handle(taken.payload, now)
        except Exception as error:
            await failures.record(item, error, now)
        else:
            if taken:
                metrics.ROWS.labels(item.topic, "done").inc()
