"""The application as it is served, in one granian process, over a filled database."""

import asyncio
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from core import clock, db
from core.embedded.processes import free_port, spawn, stop, tail
from core.people import api_keys
from tests.benchmarks import wrk
from tests.benchmarks.rig import Database, Rig

SERVE = (sys.executable, "-m", "admin.cli", "serve", "--workers", "1")
UNGUARDED = (sys.executable, "-m", "tests.benchmarks.unguarded")
READY_WITHIN_S = 60


@dataclass(frozen=True)
class Served:
    """A server that answers, and a key for it."""

    url: str
    key: str
    members: int

    def rate(self, clients: int, run_s: int, script: str) -> float:
        """Requests a second of one of the scripts, about random members."""
        return wrk.rate(self.url, clients, run_s, script, str(self.members), self.key)

    def rate_of(self, path: str, clients: int, run_s: int) -> float:
        """Requests a second of GET, signed in as nobody."""
        return wrk.rate(self.url + path, clients, run_s)


@contextmanager
def served(rig: Rig, database: Database, command: Sequence[str] = SERVE) -> Iterator[Served]:
    """Start the server with a key for everything; stop it at the end of the block."""
    port, log = free_port(), rig.folder / "logs" / "serve.log"
    url = f"http://127.0.0.1:{port}"
    environment = surroundings(rig, database) | {"REGULARS_PORT": str(port)}
    key = asyncio.run(_key(database))
    process = spawn(command, log, environment)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not start\n{tail(log)}")
            time.sleep(0.1)
        yield Served(url, key, database.content.members)
    finally:
        stop(process, signal.SIGTERM, grace_s=15)


def surroundings(rig: Rig, database: Database) -> dict[str, str]:
    """What a process of the application is told of this database."""
    return {
        "REGULARS_DATABASE_URL": database.app_url,
        "REGULARS_VALKEY_URL": rig.servers.valkey_url,
        "REGULARS_DATA_DIR": str(rig.folder),
        "REGULARS_SECRET_KEY": secrets.token_hex(32),
        # One program asks for all.
        "REGULARS_API_REQUESTS_PER_MINUTE": "1000000000",
    }


@contextmanager
def background(rig: Rig, database: Database) -> Iterator[None]:
    """The workers and the scheduler beside a server, as they are run in production."""
    environment = surroundings(rig, database)
    commands = {
        "events": ("worker", "--queues", "events", "--concurrency", "1"),
        "scoring": ("worker", "--queues", "scoring", "--concurrency", "1"),
        "scheduler": ("scheduler",),
    }
    processes = [
        spawn((sys.executable, "-m", "admin.cli", *command), rig.folder / "logs" / f"{name}.log", environment)
        for name, command in commands.items()
    ]
    try:
        yield
    finally:
        for process in processes:
            stop(process, signal.SIGTERM, grace_s=15)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).is_success
    except httpx.HTTPError:
        return False


async def _key(database: Database) -> str:
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            return await api_keys.create("bench", sorted(api_keys.SCOPES), clock.now())
    finally:
        await db.disconnect()
