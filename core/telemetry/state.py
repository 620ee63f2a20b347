"""Figures that nobody counts, since PostgreSQL and Valkey know them: asked for when they are wanted."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError
from prometheus_client.core import GaugeMetricFamily, Metric
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import health
from core.outbox.registry import QUEUES, Turn, topics
from core.settings import settings
from core.transport import Channel

TIMEOUT_S = 5.0
UNKNOWN = "unknown"
"""Queue and turn of a topic that this version does not handle."""

OUTBOX = {
    "waiting": "Rows of the outbox that are due, or in a worker's hands, and have not failed.",
    "retrying": "Rows that failed and will be tried again.",
    "delayed": "Rows that are not due for a minute or longer.",
    "parked": "Rows that failed for good: somebody has to look at them.",
}


async def figures(now: datetime) -> list[Metric]:
    """All of them. What is away is told by regulars_up; its other figures are then missing."""
    database, valkey = await asyncio.gather(_of(_database(now)), _of(_valkey()))
    up = GaugeMetricFamily("regulars_up", "1 if it answers, else 0.", labels=["part"])
    up.add_metric(["database"], 1.0 if database else 0.0)
    up.add_metric(["valkey"], 1.0 if valkey else 0.0)
    return [up, *database, *valkey, _beats(now)]


async def _of(asking: "asyncio.Future[list[Metric]] | object") -> list[Metric]:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found: list[Metric] = await asking  # type: ignore[misc]
            return found
    except (OSError, TimeoutError, PostgresError, InterfaceError, RedisError):
        return []


async def _database(now: datetime) -> list[Metric]:
    connection = await asyncpg.connect(settings().database_url, timeout=TIMEOUT_S)
    try:
        rows = await connection.fetch("SELECT * FROM gate_outbox_topics($1)", now)
        check = await connection.fetchrow("SELECT * FROM gate_ledger_checks()")
    finally:
        await connection.close()
    assert check is not None
    return [*_outbox(rows), *_ledger(check, now)]


def _outbox(rows: Sequence[asyncpg.Record]) -> Iterable[Metric]:
    labels = ["topic", "queue", "turn"]
    counts = {
        name: GaugeMetricFamily(f"regulars_outbox_{name}_rows", said, labels=labels)
        for name, said in OUTBOX.items()
    }
    oldest = GaugeMetricFamily(
        "regulars_outbox_oldest_seconds",
        "For how long the oldest waiting row has been due.",
        labels=labels,
    )
    # A topic without rows is told of as well: a figure that is missing raises no alarm.
    found = {row["topic"]: row for row in rows}
    for name in sorted(topics().keys() | found.keys()):
        topic, row = topics().get(name), found.get(name)
        place = [name, topic.queue if topic else UNKNOWN, topic.turn.name.lower() if topic else UNKNOWN]
        for kind, family in counts.items():
            family.add_metric(place, row[kind] if row else 0)
        oldest.add_metric(place, max(row["oldest_s"], 0) if row else 0)
    return [*counts.values(), oldest]


def _ledger(check: asyncpg.Record, now: datetime) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "regulars_ledger_faults", "Faults that the last check of each merchant found.", value=check["faults"]
    )
    yield GaugeMetricFamily(
        "regulars_ledger_unchecked_merchants",
        "Merchants whose ledger was never checked.",
        value=check["unchecked"],
    )
    if check["oldest"]:
        yield GaugeMetricFamily(
            "regulars_ledger_check_age_seconds",
            "How long ago the merchant was checked whose check is the oldest.",
            value=(now - check["oldest"]).total_seconds(),
        )


async def _valkey() -> list[Metric]:
    queued = GaugeMetricFamily(
        "regulars_valkey_messages", "Messages that no worker has fetched.", labels=["queue", "turn"]
    )
    async with Redis.from_url(settings().valkey_url) as client:
        for queue in QUEUES:
            for turn in Turn:
                key = f"{queue}{Channel.sep}{turn:d}" if turn else queue
                queued.add_metric([queue, turn.name.lower()], await client.llen(key))
    return [queued]


def _beats(now: datetime) -> Metric:
    beats = GaugeMetricFamily(
        "regulars_heartbeat_age_seconds",
        "How long ago a worker or scheduler of this host's data folder turned its loop.",
        labels=["process"],
    )
    for name, age_s in health.beats(now).items():
        beats.add_metric([name], age_s)
    return beats
