"""Which servers a command uses: given by URL, started by itself, or running already.

One lock file decides who starts them. The servers themselves keep it locked as well, so nobody can
start a second pair on the same files before the last process of the first one is gone.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.embedded import postgres, record, valkey
from core.embedded.errors import EmbeddedError
from core.embedded.record import Services
from core.settings import Settings

WAIT_S = 120.0
"""For servers that another command starts or ends at this moment."""


@dataclass(frozen=True)
class _Wanted:
    """What has no URL in the settings."""

    database: bool
    valkey: bool


@contextmanager
def services(settings: Settings) -> Iterator[Services]:
    """Yield addresses that work: those of the settings, of running servers, or of servers started here.

    Servers started here stop at the end of the block, or with this process however it ends; servers
    that another command of the same data folder owns are left alone. For the main thread: the kernel
    stops the servers when the thread that started them ends. Raises EmbeddedError.
    """
    wanted = _Wanted(not settings.database_url, not settings.valkey_url)
    if wanted.database and settings.database_admin_url:
        raise EmbeddedError("REGULARS_DATABASE_ADMIN_URL is set without REGULARS_DATABASE_URL: set both.")
    given = Services(settings.database_url, settings.database_admin_url, settings.valkey_url)
    if not (wanted.database or wanted.valkey):
        yield given
        return
    data_dir = settings.data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock_fd, running = _lock_or_attach(data_dir, wanted)
        if running is None:
            stack.callback(os.close, lock_fd)
            running = _start(stack, data_dir, wanted, lock_fd, settings.wal_dir)
        yield _merged(given, running)


def is_running(data_dir: Path) -> bool:
    """Whether a command, or a server that it left behind, uses this data folder."""
    lock_fd = os.open(data_dir / "services.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not _locked(lock_fd)
    finally:
        os.close(lock_fd)


def _lock_or_attach(data_dir: Path, wanted: _Wanted) -> tuple[int, Services | None]:
    """Either the lock (and None), or addresses of servers that somebody else runs."""
    lock_fd = os.open(data_dir / "services.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + WAIT_S
    try:
        while True:
            if _locked(lock_fd):
                return lock_fd, None
            running = record.read(data_dir)
            if running and _usable(running, wanted):
                os.close(lock_fd)
                return -1, running
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another command holds {data_dir}/services.lock, but its servers do not answer."
                )
            time.sleep(0.1)
    except BaseException:
        os.close(lock_fd)
        raise


def _locked(lock_fd: int) -> bool:
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _usable(running: Services, wanted: _Wanted) -> bool:
    database = not wanted.database or postgres.answers(running.database_admin_url)
    return database and (not wanted.valkey or valkey.answers(running.valkey_url))


def _start(stack: ExitStack, data_dir: Path, wanted: _Wanted, lock_fd: int, wal_dir: Path | None) -> Services:
    before = record.read(data_dir)
    if before is None and (data_dir / "postgres").exists():
        raise EmbeddedError(f"{data_dir}/services.json is missing: it holds the password of the database.")
    passwords = record.passwords(before)
    # Written at once: a database whose password was lost would be of no use.
    record.write(data_dir, Services(*passwords.database_urls(0), passwords.valkey_url(0)))
    database_port = valkey_port = 0
    if wanted.database:
        database_port = stack.enter_context(postgres.running_postgres(data_dir, passwords, lock_fd, wal_dir))
    if wanted.valkey:
        valkey_port = stack.enter_context(valkey.running_valkey(data_dir, passwords, lock_fd))
    running = Services(*passwords.database_urls(database_port), passwords.valkey_url(valkey_port))
    record.write(data_dir, running)
    return running


def _merged(given: Services, running: Services) -> Services:
    if given.database_url:
        return Services(given.database_url, given.database_admin_url, running.valkey_url)
    return Services(running.database_url, running.database_admin_url, given.valkey_url or running.valkey_url)
