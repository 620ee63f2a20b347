"""A dump into a database in one transaction, which is committed only if every table is as it was."""

import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from admin.backup import digests
from admin.backup.archive import BLOCK_BYTES, Backup
from admin.backup.digests import SAME_TEXT, Digest
from admin.backup.errors import BackupFailed
from admin.backup.tools import Target, Tools
from core.outbox.relay import LEASE_S

BEFORE = Path(__file__).with_name("before.sql")
SIGNED_OUT = Path(__file__).with_name("signed_out.sql")
AFTER = Path(__file__).with_name("after.sql")
END = "-- all tables --"
ERROR_CHARS = 2000


def dumped(tools: Tools, target: Target, snapshot: str, others: Iterable[str]) -> Iterator[bytes]:
    """A dump in PostgreSQL's custom format of what the snapshot sees, but for `others`: schemas not of ours.

    Raises BackupFailed.
    """
    argv = [
        tools["pg_dump"],
        "--format=custom",
        *[f'--exclude-schema="{name}"' for name in others],
        f"--snapshot={snapshot}",
        f"--dbname={target.address}",
        "--no-password",
    ]
    with _Program("pg_dump", argv, target.environment) as dump:
        dump.stdin.close()
        while block := dump.stdout.read(BLOCK_BYTES):
            yield block
        dump.ended()


def replace(backup: Backup, tools: Tools, target: Target) -> None:
    """Put what the backup holds in the place of all that the database has.

    Raises BackupFailed, also when a table has other rows than it had; then nothing has changed.
    """
    variables = {"ON_ERROR_STOP": "1", "taken_at": backup.manifest.taken_at.isoformat(), "lease_s": LEASE_S}
    argv = [tools["psql"], "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"]
    argv += [f"--set={name}={value}" for name, value in variables.items()]
    argv += [f"--dbname={target.address}", "--file=-"]
    with _Program("psql", argv, target.environment) as psql:
        psql.write(BEFORE.read_bytes())
        _load(backup, tools, target, psql)
        if different := digests.differing(backup.manifest.tables, _found(backup, psql)):
            raise BackupFailed("the database would not be as it was: " + "; ".join(different))
        psql.write(SIGNED_OUT.read_bytes() + AFTER.read_bytes())
        psql.stdin.close()
        psql.ended()


def _load(backup: Backup, tools: Tools, target: Target, psql: "_Program") -> None:
    """What pg_restore makes of the dump. If it fails, psql has seen no end of the transaction."""
    argv = [tools["pg_restore"], "--file=-"]
    with _Program("pg_restore", argv, target.environment) as restore:
        feeder = threading.Thread(target=restore.feed, args=(backup.dump(),))
        feeder.start()
        try:
            while block := restore.stdout.read(BLOCK_BYTES):
                psql.write(block)
        finally:
            restore.stdout.close()
            feeder.join()
        restore.ended()


def _found(backup: Backup, psql: "_Program") -> dict[str, Digest]:
    """The tables as they are now, within psql's transaction."""
    settings = "".join(f"SET {name} = '{value}';\n" for name, value in SAME_TEXT.items())
    listing = digests.sql(backup.manifest.tables)
    psql.write(f"{settings}\\o\n{listing};\n\\echo '{END}'\n\\o /dev/null\n".encode())
    found: dict[str, Digest] = {}
    for line in iter(psql.stdout.readline, b""):
        text = line.decode().strip()
        if text == END:
            return found
        name, rows, total = text.split("|")
        found[name] = Digest(int(rows), total)
    raise psql.failure()


class _Program:
    """One of PostgreSQL's programs while it runs; what it complains of is kept in a file."""

    def __init__(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        self._name = name
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            argv, env=environment, stdin=pipe, stdout=pipe, stderr=self._complaints
        )
        assert self._process.stdin and self._process.stdout
        self.stdin: IO[bytes] = self._process.stdin
        self.stdout: IO[bytes] = self._process.stdout

    def __enter__(self) -> "_Program":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self.stdin, self.stdout, self._complaints):
            with suppress(BrokenPipeError):
                stream.close()

    def write(self, data: bytes) -> None:
        """Hand it something. Raises BackupFailed when it has ended."""
        try:
            self.stdin.write(data)
            self.stdin.flush()
        except BrokenPipeError:
            raise self.failure() from None

    def feed(self, blocks: Iterable[bytes]) -> None:
        """Hand it everything; that it ended meanwhile is for ended() to tell."""
        with suppress(BrokenPipeError):
            for block in blocks:
                self.stdin.write(block)
            self.stdin.close()

    def ended(self) -> None:
        """Wait for its end. Raises BackupFailed unless it is a good one."""
        if self._process.wait() != 0:
            raise self.failure()

    def failure(self) -> BackupFailed:
        """Why it failed, in its own words."""
        self._process.wait()
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip()[-ERROR_CHARS:]
        return BackupFailed(f"{self._name}: {said or f'exit code {self._process.returncode}'}")
