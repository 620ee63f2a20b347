"""Valkey as the way to the workers: how much waits there, and sending more."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.outbox.registry import Turn
from core.transport import Channel

TIMEOUT_S = 5.0


class BrokerAway(Exception):
    """Valkey cannot be used at this moment."""


class Broker:
    """What the scheduler needs of Valkey. Every method raises BrokerAway within some seconds."""

    def __init__(self, app: Celery, url: str) -> None:
        self._app = app
        self._valkey: Redis = Redis.from_url(
            url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S, single_connection_client=True
        )

    async def waiting(self, lists: Sequence[tuple[str, Turn]]) -> list[int]:
        """Messages that no worker has fetched, for each queue and turn."""
        with _broker_errors():
            async with self._valkey.pipeline(transaction=False) as asked:
                for queue, turn in lists:
                    asked.llen(f"{queue}{Channel.sep}{turn:d}" if turn else queue)
                return [int(each) for each in await asked.execute()]

    async def send(
        self,
        task: str,
        args: Sequence[Any],
        queue: str,
        turn: Turn = Turn.NOW,
        expires_s: float | None = None,
    ) -> None:
        """Hand a message to the workers of a queue. It may have arrived although this raises."""
        with _broker_errors():
            # Celery blocks; without its retries it does so for a few seconds at most.
            await asyncio.to_thread(
                self._app.send_task,
                task,
                args=list(args),
                queue=queue,
                priority=int(turn),
                expires=expires_s,
                retry=False,
            )

    async def first(self, key: str, ttl_s: int) -> bool:
        """Whether nobody has asked this for the same key within `ttl_s`."""
        with _broker_errors():
            return bool(await self._valkey.set(key, b"1", nx=True, ex=ttl_s))

    async def forget(self, key: str) -> None:
        """Undo first()."""
        with _broker_errors():
            await self._valkey.delete(key)

    async def close(self) -> None:
        """Close the connections."""
        await self._valkey.aclose()
        self._app.pool.force_close_all()


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OperationalError, OSError) as error:
        raise BrokerAway(str(error)) from error
