"""Which code does the work of a topic. Modules register theirs when they are imported."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, runtime_checkable

QUEUES = ("events", "scoring")
"""`events`: short work of the database. `scoring`: long work of the processor, in batches."""


class Turn(IntEnum):
    """When a message of a queue is taken: a later one only while no earlier one waits."""

    NOW = 0
    """Somebody waits for it."""
    BULK = 1
    """It comes by the thousand, with an import or a sweep: nobody waits for one of them alone."""
    LAST = 2
    """Nobody waits for it."""


Handle = Callable[[dict[str, Any], datetime], Awaitable[None]]


class Batch(Protocol):
    """Work that is cheaper for many at once, whichever merchants they belong to."""

    async def load(self, payloads: list[dict[str, Any]], /) -> Sequence[Any]:
        """What compute() needs for each payload of one merchant, in this order, in a transaction.

        None where nothing is left to do (the thing was erased): that row is done.
        """

    def compute(self, items: list[Any], /) -> Sequence[Any]:
        """One result for each loaded item, in this order; outside of any transaction, in a thread."""

    async def store(self, loaded: list[Any], results: list[Any], now: datetime, /) -> None:
        """Keep the results of one merchant's items, in a transaction that also ends their rows.

        These may be fewer than were loaded: others may be done already.
        """


@runtime_checkable
class Warm(Protocol):
    """A batch with something to load, once a process."""

    def warm_up(self) -> None:
        """Load it; what goes wrong is logged, and met again by the first work."""


@dataclass(frozen=True)
class Topic:
    """A kind of work; exactly one of `handle` and `batch` is set."""

    name: str
    queue: str
    size: int
    """Rows in one message, at most: what is urgent waits for one message in each worker's hands."""
    turn: Turn = Turn.NOW
    handle: Handle | None = None
    batch: Batch | None = None


class DuplicateTopic(RuntimeError):
    """Two handlers want the same topic: a mistake in the code."""


class UnknownTopic(LookupError):
    """No imported module handles this topic: a row of another version, or a missing import."""


H = TypeVar("H", bound=Handle)
B = TypeVar("B", bound=Batch)
_topics: dict[str, Topic] = {}


def handles(topic: str, queue: str = "events", size: int = 50, turn: Turn = Turn.NOW) -> Callable[[H], H]:
    """Register `async def handle(payload, now)`; it runs in one transaction of the row's merchant.

    The row ends in that same transaction. A raised exception undoes both: the row is retried later,
    at once parked if it is a domain error of kind INVALID or NOT_FOUND. Raises DuplicateTopic.
    """

    def register(handle: H) -> H:
        _register(Topic(topic, queue, size, turn, handle=handle))
        return handle

    return register


def handles_batch(
    topic: str, queue: str = "scoring", size: int = 256, turn: Turn = Turn.NOW
) -> Callable[[type[B]], type[B]]:
    """Register a class (see Batch), made once without arguments. Raises DuplicateTopic."""

    def register(batch: type[B]) -> type[B]:
        _register(Topic(topic, queue, size, turn, batch=batch()))
        return batch

    return register


def topics() -> Mapping[str, Topic]:
    """All that is registered now, by name."""
    return MappingProxyType(_topics)


def find(name: str) -> Topic:
    """The topic of this name. Raises UnknownTopic."""
    if name not in _topics:
        raise UnknownTopic(f"nothing handles the topic {name!r}")
    return _topics[name]


def warm_up(queues: Collection[str]) -> None:
    """Let batches of these queues load what their first work would wait for: those that have a warm_up()."""
    batches = {type(topic.batch): topic.batch for topic in _topics.values() if topic.queue in queues}
    for batch in batches.values():
        if isinstance(batch, Warm):
            batch.warm_up()


def _register(topic: Topic) -> None:
    if topic.name in _topics:
        raise DuplicateTopic(topic.name)
    if topic.queue not in QUEUES:
        raise ValueError(f"{topic.name}: {topic.queue!r} is none of {QUEUES}")
    _topics[topic.name] = topic
