"""Concurrent requests of one kind done together: while one group is in the database, the next one gathers.

A commit costs the same for one request as for thirty. Nobody waits for company: the first request of an
idle merchant starts at once, alone. A group is of one merchant, since a transaction is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any, Generic, TypeVar
from uuid import UUID

from core import db

Q = TypeVar("Q")
A = TypeVar("A")

GROUP_LIMIT = 64

Lane = tuple[UUID, int]
"""Of a merchant, and which of their lanes."""


class Gather(Generic[Q, A]):
    """`work` does a group: in a transaction of its own, with an answer or an error for each request.

    So many groups of a merchant at once as there are `lanes`. What is asked for together stays in one lane,
    in its order.

    If it raises, nothing was done, and the requests are done one by one: what is wrong with one of them
    never fails its neighbours. If the database is away, all of them are told so.
    """

    def __init__(
        self,
        work: Callable[[UUID, Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        limit: int = GROUP_LIMIT,
        lanes: int = 1,
    ) -> None:
        self._work = work
        self._limit = limit
        self._lanes = range(lanes)
        self._waiting: dict[Lane, deque[tuple[Q, asyncio.Future[A]]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def do(self, merchant_id: UUID, request: Q) -> A:
        """The answer to one request; raises its error.

        Who stops waiting for it does not stop the work: it is done once for all of the group.
        """
        [answer] = self._add(merchant_id, [request])
        return await answer

    async def do_all(self, merchant_id: UUID, requests: Sequence[Q]) -> list[A | Exception]:
        """The answers to several requests, an error in the place of one that has none."""
        answers = self._add(merchant_id, requests)
        try:
            if answers:
                await asyncio.wait(answers)
        except asyncio.CancelledError:
            for answer in answers:
                answer.cancel()
            raise
        return [_outcome(answer) for answer in answers]

    def _add(self, merchant_id: UUID, requests: Sequence[Q]) -> list[asyncio.Future[A]]:
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[A]] = [loop.create_future() for _ in requests]
        lane = min(((merchant_id, number) for number in self._lanes), key=self._load)
        idle = lane not in self._waiting
        self._waiting.setdefault(lane, deque()).extend(zip(requests, answers, strict=True))
        if idle:
            # Of no request: neither its cancellation nor its transaction and log fields reach the group.
            task = loop.create_task(self._drain(lane), context=Context())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return answers

    def _load(self, lane: Lane) -> int:
        waiting = self._waiting.get(lane)
        return -1 if waiting is None else len(waiting)

    async def _drain(self, lane: Lane) -> None:
        waiting = self._waiting[lane]
        group: list[tuple[Q, asyncio.Future[A]]] = []
        try:
            while waiting:
                group = [waiting.popleft() for _ in range(min(self._limit, len(waiting)))]
                await self._do(lane[0], group)
        finally:
            del self._waiting[lane]
            for _, answer in [*group, *waiting]:  # none, unless this process is ending
                answer.cancel()

    async def _do(self, merchant_id: UUID, group: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        outcomes: Sequence[A | Exception]
        try:
            outcomes = await self._work(merchant_id, [request for request, _ in group])
        except db.AWAY as error:
            outcomes = [error] * len(group)
        except Exception as error:
            if len(group) > 1:
                for each in group:
                    await self._do(merchant_id, [each])
                return
            outcomes = [error]
        for (_, answer), outcome in zip(group, outcomes, strict=True):
            if answer.done():
                continue  # nobody waits any more
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)


def _outcome(answer: asyncio.Future[Any]) -> Any:
    error = answer.exception()
    return error if isinstance(error, Exception) else answer.result()
