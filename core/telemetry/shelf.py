"""Where processes of this host keep what they count, so that another one can show it.

Each command has a folder of its own in the data folder, and each of its processes (API processes, a worker's
children) files in it, which the kernel shares with whoever reads them: nothing is sent, and nobody waits.
The command holds the folder locked. A folder that nobody holds was of a command that has ended, and goes.
"""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import values

from core.settings import settings

PLACE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own variable; processes that this one starts inherit it."""
LOCK = "held"

_held: list[int] = []
"""Open files: closed by the kernel, when the process and its children have ended."""


def folder() -> Path:
    """Of all commands."""
    return settings().data_dir / "run" / "figures"


def begin(role: str) -> None:
    """Keep what this command and the processes that it starts count; nothing if the settings say so."""
    if not settings().metrics_enabled:
        return
    tidy()
    name = f"{socket.gethostname()}-{role}-{os.getpid()}"
    fresh = folder() / f".{name}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    lock_fd = os.open(fresh / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _held.append(lock_fd)
    fresh.replace(folder() / name)
    os.environ[PLACE] = str((folder() / name).absolute())
    join()


def join() -> None:
    """Count where the command that started this process said; nothing if it did not."""
    if os.environ.get(PLACE):
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def in_use() -> Iterator[Path]:
    """Folders of commands that run."""
    for each in sorted(folder().glob("[!.]*")):
        if _is_held(each):
            yield each


def tidy() -> None:
    """Remove folders of commands that have ended."""
    for each in folder().glob("[!.]*"):
        if not _is_held(each):
            shutil.rmtree(each, ignore_errors=True)


def _is_held(place: Path) -> bool:
    try:
        lock_fd = os.open(place / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock_fd)
    return False
