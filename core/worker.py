"""A Celery worker process: one event loop and one database pool in each of its children."""

import asyncio
import contextvars
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import structlog
from asyncpg.exceptions import PostgresError
from celery import signals

from core import db, health, logs
from core.celery_app import app
from core.outbox.registry import warm_up
from core.settings import settings
from core.telemetry import shelf, traces

POOL_SIZE = 2
"""A child works on one transaction at a time."""
CONNECT_TIMEOUT_S = 10.0

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)
_runner: asyncio.Runner | None = None
_children = 1


def run_async(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run an async function from a task, on this child's loop with the database pool open.

    Raises what the function raises; OSError or PostgresError when the database is away.
    """

    async def connected() -> T:
        await _connect()
        return await function(*args, **kwargs)

    return _loop().run(connected(), context=contextvars.copy_context())


def processors() -> int:
    """How many processors a child of this worker has to itself, at least one; in no worker: all."""
    return max(1, (os.cpu_count() or 1) // _children)


def run_worker(queues: Sequence[str], concurrency: int | None = None) -> int:
    """Work on these queues until TERM or INT; answers the exit code.

    `concurrency`: child processes; None: one for each processor. What a child has begun is finished.
    """
    global _children
    _children = concurrency or os.cpu_count() or 1
    logs.configure(settings().log_level, settings().log_format)
    shelf.begin(health.worker_role(queues))
    signals.heartbeat_sent.connect(lambda **_: health.beat(health.worker_role(queues)), weak=False)
    signals.worker_process_init.connect(lambda **_: warm_up(queues), weak=False)
    worker = app.Worker(
        hostname=f"{'-'.join(queues)}-{os.getpid()}@{socket.gethostname()}",
        queues=list(queues),
        concurrency=_children,
        pool="prefork",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    try:
        worker.start()
    finally:
        health.rest(health.worker_role(queues))
    return int(worker.exitcode or 0)


async def _connect() -> None:
    if db.DB.pool is None:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await db.connect(settings().database_url, POOL_SIZE)


def _loop() -> asyncio.Runner:
    global _runner
    if _runner is None:
        _runner = asyncio.Runner()
    return _runner


def _open(**_: Any) -> None:
    """The first task should not wait for a connection; without a database each task tries again."""
    traces.begin("worker")
    try:
        _loop().run(_connect())
    except (OSError, TimeoutError, PostgresError) as error:
        log.warning("worker starts without the database", error=str(error))


def _close(**_: Any) -> None:
    global _runner
    traces.end()
    if _runner:
        _runner.run(db.disconnect())
        _runner.close()
        _runner = None


def _configure_logs(**_: Any) -> None:
    """Celery leaves logging alone once somebody listens to this signal."""


def _begin_task(task_id: str = "", task: Any = None, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(task_id=task_id, task=task.name)


def _end_task(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()


signals.worker_process_init.connect(_open)
signals.worker_process_shutdown.connect(_close)
signals.setup_logging.connect(_configure_logs)
signals.task_prerun.connect(_begin_task)
signals.task_postrun.connect(_end_task)
