"""The embedded server as it was at any moment: a copy of its files, and its log from then on."""

import asyncio
import shlex
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import asyncpg

from admin.backup import tools
from admin.backup.errors import BackupFailed, BackupUnfit, NotEmpty, StillInUse
from core.embedded import record
from core.embedded.account import account_for, give
from core.embedded.errors import EmbeddedError
from core.embedded.lifecycle import is_running
from core.embedded.postgres import query

OLD = "postgres.before-restore"
SIGNED_OUT = Path(__file__).with_name("signed_out.sql")
POLL_S = 0.2


async def base(admin_url: str, folder: Path) -> None:
    """Copy the server's files to a new folder, while it runs. Raises BackupFailed, ToolsMissing."""
    connection = await asyncpg.connect(admin_url)
    major = connection.get_server_version().major
    await connection.close()
    target = tools.target(admin_url)
    argv = [tools.find(major)["pg_basebackup"], f"--pgdata={folder}", "--checkpoint=fast", "--no-password"]
    argv.append(f"--dbname={target.address}")
    done = await asyncio.to_thread(
        subprocess.run, argv, env=target.environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise BackupFailed(f"pg_basebackup: {done.stderr.strip()}")


def prepare(copied: Path, wal_dir: Path, data_dir: Path, until: datetime | None) -> None:
    """Put a copy in the place of the server's files; when it starts next, it follows its log to that moment.

    The files that were there are kept beside it. Raises BackupUnfit, NotEmpty or StillInUse.
    """
    if not (copied / "PG_VERSION").exists() or not (copied / "backup_label").exists():
        raise BackupUnfit(f"{copied} is no copy by `regulars wal base`")
    if record.read(data_dir) is None:
        raise BackupUnfit(f"{data_dir}/services.json is missing: it holds the password of the database")
    if is_running(data_dir):
        raise StillInUse(f"a command uses {data_dir}: stop serve, worker, scheduler and the demo first")
    folder, old = data_dir / "postgres", data_dir / OLD
    if old.exists():
        raise NotEmpty(f"{old} is there of a restore before: move it away")
    account = account_for(folder)
    fresh = data_dir / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(copied, fresh, symlinks=True)
    _tell(fresh, wal_dir, until)
    for path in (fresh, *fresh.rglob("*")):
        give(path, account)
    fresh.chmod(0o700)
    folder.replace(old)
    fresh.replace(folder)


def _tell(fresh: Path, wal_dir: Path, until: datetime | None) -> None:
    """What the server reads at its next start, and then no more."""
    kept = shlex.quote(str(wal_dir.absolute())) + "/%f"
    lines = {"restore_command": f"cp {kept} %p", "recovery_target_action": "promote"}
    if until:
        lines["recovery_target_time"] = until.isoformat()
    text = "".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in lines.items())
    with (fresh / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write(text)
    (fresh / "recovery.signal").touch(mode=0o600)


def put_back(data_dir: Path) -> None:
    """Undo prepare(): the server did not come to its moment."""
    shutil.rmtree(data_dir / "postgres")
    (data_dir / OLD).replace(data_dir / "postgres")


def settle(admin_url: str) -> None:
    """After the start: wait until the server has come to its moment, then sign everybody out.

    Raises BackupFailed when it cannot come there.
    """
    try:
        while query(admin_url, "SELECT pg_is_in_recovery()") == "t":
            time.sleep(POLL_S)
    except EmbeddedError as error:
        raise BackupFailed("the log does not reach to that moment; see logs/postgres.log") from error
    query(admin_url, SIGNED_OUT.read_text(encoding="utf-8"))
