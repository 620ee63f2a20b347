"""The outbox end to end: real PostgreSQL, Valkey, workers and schedulers, each in its own process."""

import asyncio
import json
import os
import signal
import socket
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from celery import Celery

from core import clock, db, outbox
from core.celery_app import PERIODIC
from core.embedded import Services
from core.outbox.relay import APPLICATION_NAME
from tests.conftest import new_merchant
from tests.worker.handlers import count
from tests.worker.servers import Processes, Valkey, children, running, until

pytestmark = pytest.mark.slow

KIND = "effect"


async def add(merchant: UUID, rows: int, topic: str = "test.write", **payload: object) -> None:
    async with db.transaction(merchant):
        await outbox.add_many(topic, [{"kind": KIND, **payload}] * rows, clock.now())


async def waiting(merchant: UUID) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval("SELECT count(*) FROM outbox WHERE parked_at IS NULL"))


async def effects(merchant: UUID) -> int:
    async with db.transaction(merchant):
        return await count(KIND)


async def all_done(merchant: UUID) -> None:
    async def empty() -> bool:
        return await waiting(merchant) == 0

    await until(empty, f"{merchant} has no work left")


async def test_two_schedulers_two_workers_duplicates(
    merchant: UUID, processes: Processes, valkey: Valkey
) -> None:
    """2,000 rows and each of 100 more delivered five times: every effect happens once."""
    other = await new_merchant()
    for _ in range(2):
        processes.scheduler()
        processes.worker()
    for _ in range(20):
        await add(merchant, 50)
        await add(other, 50, topic="test.score")
    async with db.transaction(merchant):
        await outbox.add_many("test.write", [{"kind": KIND}] * 100, clock.now(), delay_s=3600)
        rows = await db.fetch(
            "SELECT id, topic, attempts FROM outbox WHERE available_at > $1",
            clock.now() + timedelta(minutes=50),
        )
    assert len(rows) == 100
    items = [[str(row["id"]), str(merchant), row["topic"], row["attempts"]] for row in rows]
    producer = Celery(broker=valkey.url)
    for queue in ("events", "scoring", "events", "scoring", "events"):
        await asyncio.to_thread(producer.send_task, "core.outbox.run", args=[items], queue=queue)
    producer.close()
    await all_done(merchant)
    await all_done(other)
    assert await effects(merchant) == 1100
    assert await effects(other) == 1000
    assert processes.end() == [0, 0, 0, 0], processes.logs()


async def test_child_killed_in_the_middle(merchant: UUID, processes: Processes, tmp_path: Path) -> None:
    """A handler's process dies; its neighbours in the same message and then itself are done once."""
    processes.scheduler(lease_s=2)
    processes.worker()
    async with db.transaction(merchant):
        now = clock.now()
        await outbox.add_many("test.write", [{"kind": KIND}] * 10, now)
        await outbox.add("test.kill", {"kind": KIND, "file": str(tmp_path / "marks"), "times": 1}, now)
        await outbox.add_many("test.write", [{"kind": KIND}] * 10, now)
    await all_done(merchant)
    assert await effects(merchant) == 21
    assert (tmp_path / "marks").read_text() == "x"


async def test_worker_killed_in_the_middle(merchant: UUID, processes: Processes) -> None:
    """The whole worker dies by kill -9 with work in its hands; another one does it, once."""
    processes.scheduler(lease_s=2)
    doomed = processes.worker()
    await add(merchant, 1, sleep_s=3)
    await add(merchant, 20)

    async def begun() -> bool:
        return await locked(merchant) > 0

    await until(begun, "a worker has begun")
    os.killpg(doomed.pid, signal.SIGKILL)
    doomed.wait()
    assert await waiting(merchant) > 0
    processes.worker()
    await all_done(merchant)
    assert await effects(merchant) == 21


async def locked(merchant: UUID) -> int:
    """Rows of the outbox that are in some worker's hands."""
    async with db.transaction(merchant):
        free = await db.fetch("SELECT id FROM outbox FOR UPDATE SKIP LOCKED")
        return int(await db.fetchval("SELECT count(*) FROM outbox")) - len(free)


async def test_children_do_not_outlive_their_worker(processes: Processes, merchant: UUID) -> None:
    worker = processes.worker()
    processes.scheduler()
    await add(merchant, 1)
    await all_done(merchant)
    pids = children(worker.pid)
    assert len(pids) == 2
    worker.kill()
    worker.wait()

    async def ended() -> bool:
        return not any(running(pid) for pid in pids)

    await until(ended, "the children end")


@pytest.mark.slow
async def test_valkey_gone_for_a_minute(merchant: UUID, processes: Processes, valkey: Valkey) -> None:
    """What it held is lost, what is written meanwhile waits; in the end all is done, once."""
    processes.scheduler(lease_s=3)
    processes.worker()
    await add(merchant, 5)
    await all_done(merchant)
    await add(merchant, 200, sleep_s=0.02)
    await asyncio.sleep(0.5)
    valkey.stop()
    await add(merchant, 200)
    await asyncio.sleep(60)
    assert await waiting(merchant) > 0
    valkey.start()
    await all_done(merchant)
    assert await effects(merchant) == 405


async def test_valkey_emptied_after_sending(merchant: UUID, processes: Processes, valkey: Valkey) -> None:
    processes.scheduler(lease_s=2)
    await add(merchant, 60)

    def queued() -> int:
        with valkey.client() as client:
            return int(client.llen("events"))

    async def sent() -> bool:
        return await asyncio.to_thread(queued) >= 2

    await until(sent, "rows are sent")
    with valkey.client() as client:
        # In one go: the scheduler sends what is lost again as soon as its lease is over.
        _, left = client.pipeline().flushall().llen("events").execute()
    assert left == 0
    processes.worker()
    await all_done(merchant)
    assert await effects(merchant) == 60


async def test_queue_stays_short_without_workers(
    merchant: UUID, processes: Processes, valkey: Valkey
) -> None:
    """10,000 rows, no worker, a lease that ends again and again: Valkey holds 40 messages a turn."""
    async with db.transaction(merchant):
        await outbox.add_many("test.write", [{"kind": KIND}] * 7_000, clock.now())
        await outbox.add_many("test.idle", [{"kind": KIND}] * 3_000, clock.now())
    begun = clock.now().timestamp()
    processes.scheduler(lease_s=1)
    with valkey.client() as client:
        lengths, idle = [0], [0]

        async def full() -> bool:
            lengths.append(int(client.llen("events")))
            idle.append(int(client.llen("events\x06\x162")))
            return lengths[-1] >= 40 and idle[-1] >= 40

        await until(full, "both turns are full")
        for _ in range(60):
            await full()
            await asyncio.sleep(0.1)
    # Periodic tasks come on top, one for each stretch of their time that has begun.
    ended = clock.now().timestamp()
    stretches = sum(1 + int(ended // each.every_s) - int(begun // each.every_s) for each in PERIODIC)
    assert max(lengths) <= 40 + stretches
    assert lengths[-1] >= 40
    assert max(idle) == idle[-1] == 40
    async with db.transaction(merchant):
        await db.execute("DELETE FROM outbox")


async def test_relay_survives_the_database(merchant: UUID, database: Services, processes: Processes) -> None:
    processes.scheduler(lease_s=2)
    processes.worker()
    await add(merchant, 10)
    await all_done(merchant)
    admin = await asyncpg.connect(database.database_admin_url)
    ended = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", APPLICATION_NAME
    )
    await admin.close()
    assert len(ended) == 1
    await add(merchant, 10)
    await all_done(merchant)
    assert await effects(merchant) == 20


async def test_logs_are_json_lines_with_ids(merchant: UUID, processes: Processes, tmp_path: Path) -> None:
    processes.scheduler()
    processes.worker()
    await add(merchant, 1, topic="test.refuse")
    await all_done(merchant)
    beats = sorted(file.name for file in (tmp_path / "run").glob("*.alive"))
    processes.end()
    # Celery's signal handler writes this one itself.
    said = [line for line in processes.logs().splitlines() if line and "Warm shutdown" not in line]
    lines = [json.loads(line) for line in said]
    parked = [line for line in lines if line["event"] == "outbox work parked"]
    assert len(parked) == 1
    assert parked[0]["merchant_id"] == str(merchant)
    assert parked[0]["level"] == "error"
    assert {"time", "task_id", "outbox_id", "topic"} <= parked[0].keys()
    assert [name.removeprefix(f"{socket.gethostname()}-") for name in beats] == [
        "scheduler.alive",
        "worker-events-scoring.alive",
    ]
    assert not list((tmp_path / "run").glob("*.alive"))
