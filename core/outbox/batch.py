"""Work in batches: load per merchant, compute all together, store per merchant.

A step that fails for many is done again one by one, so that a poisoned row fails nobody but itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from core import clock, db
from core.outbox import failures, store
from core.outbox.registry import Batch
from core.outbox.store import Item
from core.telemetry import metrics, traces

STEP_TIMEOUT_S = 60.0


@dataclass
class Work:
    """A row on its way through the steps."""

    item: Item
    trace: str = ""
    value: Any = None
    result: Any = None


class WrongLength(RuntimeError):
    """A batch handler answered more or fewer things than it was given: a mistake in the code."""


T = TypeVar("T")
Step = Callable[[list[Work]], Awaitable[list[Work]]]


async def run(batch: Batch, items: Sequence[Item]) -> None:
    """Do what is still to be done of these rows of one topic."""
    begun = traces.moment()
    loaded = await _by_merchant([Work(item) for item in items], lambda part: _load(batch, part))
    if not loaded:
        return
    with traces.work(items[0].topic, [work.trace for work in loaded], begun):
        gone = [work for work in loaded if work.value is None]
        computed = await _isolate(
            [work for work in loaded if work.value is not None], lambda part: _compute(batch, part)
        )
        await _by_merchant(gone + computed, lambda part: _store(batch, part))


async def _load(batch: Batch, works: list[Work]) -> list[Work]:
    async with asyncio.timeout(STEP_TIMEOUT_S), db.transaction(works[0].item.merchant_id):
        rows = await store.read_many([work.item for work in works])
        waiting = [work for work in works if work.item.id in rows]
        if not waiting:
            return []
        values = await batch.load([rows[work.item.id].payload for work in waiting])
    for work, value in _paired(waiting, values):
        work.value, work.trace = value, rows[work.item.id].trace
    return waiting


async def _compute(batch: Batch, works: list[Work]) -> list[Work]:
    with traces.span(f"compute {works[0].item.topic}", rows=len(works)):
        results = await asyncio.to_thread(batch.compute, [work.value for work in works])
    for work, result in _paired(works, results):
        work.result = result
    return works


async def _store(batch: Batch, works: list[Work]) -> list[Work]:
    now = clock.now()
    async with asyncio.timeout(STEP_TIMEOUT_S), db.transaction(works[0].item.merchant_id):
        taken = await store.take_many([work.item for work in works])
        ours = [work for work in works if work.item.id in taken and work.value is not None]
        if ours:
            await batch.store([work.value for work in ours], [work.result for work in ours], now)
    if taken:
        metrics.ROWS.labels(works[0].item.topic, "done").inc(len(taken))
    return ours


async def _by_merchant(works: list[Work], step: Step) -> list[Work]:
    def merchant(work: Work) -> UUID:
        return work.item.merchant_id

    passed: list[Work] = []
    for _, part in groupby(sorted(works, key=merchant), key=merchant):
        passed += await _isolate(list(part), step)
    return passed


async def _isolate(works: list[Work], step: Step) -> list[Work]:
    """Those that passed the step; a failing one is alone when it is written down as failed."""
    if not works:
        return []
    try:
        return await step(works)
    except Exception as error:
        if len(works) == 1:
            await failures.record(works[0].item, error, clock.now())
            return []
    return [passed for work in works for passed in await _isolate([work], step)]


def _paired(works: list[Work], answers: Sequence[T]) -> list[tuple[Work, T]]:
    if len(works) != len(answers):
        raise WrongLength(f"{len(answers)} answers for {len(works)} rows")
    return list(zip(works, answers, strict=True))
