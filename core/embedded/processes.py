"""Child processes that never outlive us: start, watch, restart, stop."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

import structlog

from core.embedded.account import guarded

LOG_LIMIT_BYTES = 20 * 1024 * 1024
LONGEST_DELAY_S = 10.0

log = structlog.get_logger(__name__)


class ChildGaveUp(RuntimeError):
    """A child died too often to be started again."""

    def __init__(self, name: str, exit_code: int | None, log_file: Path) -> None:
        super().__init__(
            f"{name} ended again and again (last exit code {exit_code}); see {log_file}\n{tail(log_file)}"
        )
        self.name = name


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C, TERM and HUP raise KeyboardInterrupt once; while we then clean up, more are ignored.

    For the main thread of a command that owns processes.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def spawn(
    argv: Sequence[str], log_file: Path, env: Mapping[str, str] | None = None, keep_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, away from the terminal's signals; output goes to a file."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))
    with log_file.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            pass_fds=keep_fds,
        )


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals, grace_s: float) -> None:
    """Ask a process of spawn() to end, wait, then kill what is left of its group."""
    if process.returncode is not None:
        return  # its end was seen before, and its number may be another's by now
    if process.poll() is None:
        process.send_signal(with_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process of spawn() with all its children, also those that it left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log_file: Path, lines: int = 10) -> str:
    """The last lines of a log, for an error message."""
    if not log_file.exists():
        return ""
    with log_file.open("rb") as file:
        file.seek(max(0, log_file.stat().st_size - 8192))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


@dataclass
class _Child:
    name: str
    argv: list[str]
    env: Mapping[str, str] | None
    log_file: Path
    process: subprocess.Popen[bytes]
    restarts: deque[float] = field(default_factory=deque)
    """When it was restarted, within the last minute (monotonic seconds)."""
    retry_at: float | None = None


class Supervisor:
    """Keeps named child processes running.

    A child that ends is started again, later each time; after `restarts_per_minute` restarts in a
    minute it is given up and wait() raises ChildGaveUp. Output goes to `log_dir`/NAME.log. When this
    process dies without a word, each child gets TERM from the kernel (Linux).

    The kernel's signal follows the thread that started a child: call start() from the main thread.
    """

    def __init__(
        self, log_dir: Path, restarts_per_minute: int = 5, first_delay_s: float = 0.5, grace_s: float = 15.0
    ) -> None:
        self._log_dir = log_dir
        self._limit = restarts_per_minute
        self._first_delay_s = first_delay_s
        self._grace_s = grace_s
        self._children: dict[str, _Child] = {}
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._gave_up: ChildGaveUp | None = None
        self._changed = threading.Event()
        # This thread lives until every child has ended: children that it restarted die with it.
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a child; `env` is added to our environment. Raises OSError, ValueError for a name in use."""
        with self._lock:
            if name in self._children or self._done.is_set():
                raise ValueError(f"{name} is already running, or all children are being stopped")
            log_file = self._log_dir / f"{name}.log"
            command = guarded(argv, "TERM")
            self._children[name] = _Child(name, command, env, log_file, spawn(command, log_file, env))

    def pid(self, name: str) -> int:
        """The process id of a child. Raises KeyError."""
        with self._lock:
            return self._children[name].process.pid

    def wait(self, timeout_s: float | None = None) -> None:
        """Sleep until stop_all() or the time-out. Raises ChildGaveUp as soon as a child is given up."""
        self._changed.wait(timeout_s)
        if self._gave_up:
            raise self._gave_up

    def stop_all(self) -> None:
        """Stop the children, last started first: TERM, wait, KILL. Safe to call again."""
        with self._lock:
            children = list(reversed(self._children.values()))
            self._children.clear()
        try:
            for child in children:
                stop(child.process, signal.SIGTERM, self._grace_s)
        finally:
            self._done.set()
            self._changed.set()
            self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            with self._lock:
                for child in self._children.values():
                    self._look_after(child)

    def _look_after(self, child: _Child) -> None:
        if child.retry_at is not None:
            if time.monotonic() >= child.retry_at:
                self._restart(child)
        elif child.process.returncode is None and child.process.poll() is not None:
            kill_group(child.process)
            self._plan_restart(child)

    def _plan_restart(self, child: _Child) -> None:
        now = time.monotonic()
        while child.restarts and now - child.restarts[0] > 60:
            child.restarts.popleft()
        exit_code = child.process.returncode
        if len(child.restarts) >= self._limit:
            log.error("child given up", child=child.name, exit_code=exit_code, log=str(child.log_file))
            self._gave_up = ChildGaveUp(child.name, exit_code, child.log_file)
            self._changed.set()
            return
        delay_s = min(self._first_delay_s * 2 ** len(child.restarts), LONGEST_DELAY_S)
        log.warning("child ended", child=child.name, exit_code=exit_code, restart_in_s=delay_s)
        child.restarts.append(now)
        child.retry_at = now + delay_s

    def _restart(self, child: _Child) -> None:
        child.retry_at = None
        try:
            child.process = spawn(child.argv, child.log_file, child.env)
        except OSError as error:
            log.error("child cannot be started", child=child.name, error=str(error))
            self._plan_restart(child)
