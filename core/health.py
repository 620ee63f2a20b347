"""Is it alive, is it ready: what orchestrators ask."""

import asyncio
import resource
import socket
from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from asyncpg.exceptions import InterfaceError, PostgresError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import db
from core.outbox.store import LAG
from core.settings import settings

BEAT_LIMIT_S = 60.0
TIMEOUT_S = 3.0


def worker_role(queues: Sequence[str]) -> str:
    """The name of a worker's heartbeat: workers of other queues on this host have their own."""
    return "worker-" + "-".join(sorted(queues))


def beat(role: str) -> None:
    """Note that the process of this role on this host turns its loop."""
    file = _beat_file(role)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def rest(role: str) -> None:
    """The process of this role ends as it should."""
    _beat_file(role).unlink(missing_ok=True)


def resident_mb() -> float:
    """Memory of this process that is in RAM; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 2**20


def worker_alive(now: datetime, queues: Sequence[str] = ()) -> bool:
    """Whether the worker of these queues on this host fetches from Valkey; without queues: any worker."""
    return _alive(worker_role(queues) if queues else "worker-*", now)


def scheduler_alive(now: datetime) -> bool:
    """Whether the scheduler on this host turns its loop (PostgreSQL and Valkey may be away)."""
    return _alive("scheduler", now)


def beats(now: datetime) -> dict[str, float]:
    """By process (host and role): how many seconds ago it turned its loop. One that ended well has none."""
    folder = _beat_file("").parent
    return {file.stem: now.timestamp() - file.stat().st_mtime for file in sorted(folder.glob("*.alive"))}


async def api_ready(url: str) -> bool:
    """Whether the API answers its readiness page (full URL) with success."""
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


async def readiness(now: datetime) -> dict[str, Any]:
    """What the API stands on: {ready, database, valkey: "ok" or "away", outbox: figures or None}.

    outbox: rows that are `waiting`, `retrying`, `delayed` or `parked`, and `oldest_s`, for how long the
    oldest waiting one has been due. Ready means that the database answers: without Valkey requests still
    commit, and their work waits.
    """
    outbox, valkey = await asyncio.gather(_or_none(_outbox(now)), _or_none(_ping_valkey()))
    return {
        "ready": outbox is not None,
        "database": "away" if outbox is None else "ok",
        "valkey": "away" if valkey is None else "ok",
        "outbox": outbox,
    }


async def _outbox(now: datetime) -> dict[str, Any]:
    async with db.transaction(None):
        row = await db.fetchrow(LAG, now)
    return dict(row or {})


async def _ping_valkey() -> bool:
    async with Redis.from_url(settings().valkey_url) as client:
        return bool(await client.ping())


async def _or_none(question: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await question
    except (OSError, TimeoutError, PostgresError, InterfaceError, RedisError):
        return None


def _beat_file(role: str) -> Path:
    return settings().data_dir / "run" / f"{socket.gethostname()}-{role}.alive"


def _alive(role: str, now: datetime) -> bool:
    pattern = _beat_file(role)
    beats = (file.stat().st_mtime for file in pattern.parent.glob(pattern.name))
    return any(now.timestamp() - last < BEAT_LIMIT_S for last in beats)
