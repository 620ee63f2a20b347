"""From the outbox to the workers: claim due rows, send their ids, never their contents.

A claim is a lease. A row whose work is not done when the lease ends is sent again, so what Valkey or
a worker loses comes back by itself, and what is sent twice is done once (see core.outbox.work).
Several relays share the rows: each claim skips what another one holds.

Back-pressure. Before a claim the relay asks Valkey how many messages wait for each turn of each queue, and
claims for a topic only what fits below ROWS_WAITING rows; the rest stays in PostgreSQL, where it costs
nothing. The measure is the queue itself and not a count of our own: it holds for all relays
together, falls to zero when Valkey was emptied, and stops sending the same rows again and again
while no worker runs. So a short lease is safe: a turn of a queue is first in, first out, therefore a
second message about a row is read after the first one and finds the row gone. While it is full,
rows gather and messages grow to their full size.

It looks some twenty times a second. NOTIFY would wake it at once, but takes a lock on the whole database that
is held while a commit is flushed: commits would be flushed one by one, and never together.

Within a topic the oldest row goes first. Retries and several workers break any order: handlers
must not rely on one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import asyncpg
import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from core import clock
from core.broker import Broker, BrokerAway
from core.outbox import registry
from core.outbox.registry import Topic, Turn
from core.telemetry import metrics

APPLICATION_NAME = "regulars relay"
TASK = "core.outbox.run"

LEASE_S = 60.0
POLL_S = 0.04
"""The longest that due work waits here."""
RETRY_S = 1.0
ROWS_WAITING = 2000

log = structlog.get_logger(__name__)

SentItem = tuple[str, str, str, int]
"""Id, merchant, topic and attempts of a row, as JSON carries them."""


@dataclass(frozen=True)
class Message:
    """Rows that travel together."""

    queue: str
    turn: Turn
    rows: Sequence[asyncpg.Record]

    def items(self) -> list[SentItem]:
        """The arguments of the task."""
        return [(str(row[0]), str(row[1]), row[2], row[3]) for row in self.rows]


class Relay:
    """One relay: run() until stop(). `alive` is called whenever its loop turns."""

    def __init__(
        self,
        database_url: str,
        broker: Broker,
        topics: Mapping[str, Topic] | None = None,
        lease_s: float = LEASE_S,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._database_url = database_url
        self._broker = broker
        self._topics = registry.topics() if topics is None else topics
        self._lease = timedelta(seconds=lease_s)
        self._alive = alive
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let run() return after the pass at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Relay until stop(); PostgreSQL and Valkey may come and go."""
        while not self._stopping.is_set():
            self._alive()
            try:
                async with self._connected() as connection:
                    await self._relay(connection)
            except (OSError, TimeoutError, PostgresError, InterfaceError) as error:
                metrics.PASSES.labels("database_away").inc()
                log.warning("relay lost the database", error=str(error))
                await _within(self._stopping.wait(), RETRY_S)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=10,
            command_timeout=30,
            server_settings={"application_name": APPLICATION_NAME},
        )
        try:
            log.info("relay runs", topics=sorted(self._topics))
            yield connection
        finally:
            connection.terminate()

    async def _relay(self, connection: asyncpg.Connection) -> None:
        while not self._stopping.is_set():
            self._alive()
            try:
                await self._pass(connection)
                metrics.PASSES.labels("ok").inc()
                pause_s = POLL_S
            except BrokerAway as error:
                metrics.PASSES.labels("valkey_away").inc()
                log.warning("relay cannot reach Valkey", error=str(error))
                pause_s = RETRY_S
            await _within(self._stopping.wait(), pause_s)

    async def _pass(self, connection: asyncpg.Connection) -> None:
        """Send what is due and fits."""
        room = await self._room()
        if not room:
            return
        rows = await connection.fetch(
            "SELECT id, merchant_id, topic, attempts FROM gate_outbox_claim($1, $2, $3, $4) ORDER BY id",
            clock.now(),
            list(room),
            list(room.values()),
            self._lease,
        )
        await self._send(connection, list(self._messages(rows)))

    async def _room(self) -> dict[str, int]:
        """How many rows of each topic may be sent now; topics of a full list are missing."""
        lists = list({(topic.queue, topic.turn) for topic in self._topics.values()})
        waiting = dict(zip(lists, await self._broker.waiting(lists), strict=True))
        room = {
            name: (max(1, ROWS_WAITING // topic.size) - waiting[topic.queue, topic.turn]) * topic.size
            for name, topic in self._topics.items()
        }
        return {name: rows for name, rows in room.items() if rows > 0}

    def _messages(self, rows: Iterable[asyncpg.Record]) -> Iterable[Message]:
        """Rows of a batch topic travel alone, others with all of their queue, turn and size."""

        def company(row: asyncpg.Record) -> tuple[str, Turn, int, str]:
            topic = self._topics[row["topic"]]
            return topic.queue, topic.turn, topic.size, topic.name if topic.batch else ""

        for (queue, turn, size, _), group in groupby(sorted(rows, key=company), key=company):
            together = list(group)
            for start in range(0, len(together), size):
                yield Message(queue, turn, together[start : start + size])

    async def _send(self, connection: asyncpg.Connection, messages: Sequence[Message]) -> None:
        for number, message in enumerate(messages):
            try:
                await self._broker.send(TASK, [message.items()], message.queue, message.turn)
            except BrokerAway:
                unsent = [row["id"] for each in messages[number:] for row in each.rows]
                await self._release(connection, unsent)
                raise
            metrics.SENT.labels(message.queue, message.turn.name.lower()).inc(len(message.rows))

    async def _release(self, connection: asyncpg.Connection, ids: list[UUID]) -> None:
        """Make rows due again that could not be sent, rather than wait for their lease to end."""
        await connection.execute("SELECT gate_outbox_release($1, $2)", ids, clock.now())


async def _within(waiting: Awaitable[object], seconds: float) -> None:
    """Wait for something, but not longer than this."""
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        pass
