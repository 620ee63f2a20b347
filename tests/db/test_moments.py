"""The embedded server goes back to a moment: what was committed before is there, what came later is not."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.embedded import services
from core.embedded.postgres import query
from core.settings import Settings

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
SIGNED_IN = """
SET session_replication_role = replica;
INSERT INTO sessions (merchant_id, token_hash, staff_id, created_at, expires_at)
VALUES (uuidv7(), 'x', uuidv7(), now(), now() + interval '1 day')
"""
"""One of the staff, past the foreign keys."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: sockets have short paths."""
    made = Path(tempfile.mkdtemp(prefix="wal-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def regulars(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    place = {"REGULARS_DATA_DIR": str(folder / "data"), "REGULARS_WAL_DIR": str(folder / "kept log")}
    argv = [sys.executable, "-m", "admin.cli", *words]
    return subprocess.run(argv, cwd=ROOT, env=clean | place, capture_output=True, text=True)


def own(folder: Path) -> Settings:
    """Servers of its own, whatever addresses other tests have set."""
    none: dict[str, Any] = {"database_url": "", "database_admin_url": "", "valkey_url": ""}
    return Settings(data_dir=folder / "data", wal_dir=folder / "kept log", **none)


def rows(folder: Path) -> str:
    with services(own(folder)) as running:
        return query(running.database_admin_url, "SELECT string_agg(what, ' ' ORDER BY what) FROM notes")


def test_back_to_a_moment_and_to_the_end(folder: Path) -> None:
    base = str(folder / "base")
    with services(own(folder)) as running:
        url = running.database_admin_url
        assert regulars(folder, "migrate").returncode == 0
        query(url, "CREATE TABLE notes AS SELECT 'a' AS what")
        query(url, SIGNED_IN)
        copied = regulars(folder, "wal", "base", base)
        assert copied.returncode == 0, copied.stderr
        query(url, "INSERT INTO notes VALUES ('b')")
        moment = clock.now()
        query(url, "SELECT pg_sleep(1.1)")  # commits have seconds of their own
        query(url, "INSERT INTO notes VALUES ('c')")
        refused = regulars(folder, "wal", "restore", base)
        assert refused.returncode == 1 and "restore_in_use" in refused.stderr
    assert rows(folder) == "a b c"
    back = regulars(folder, "wal", "restore", base, "--until", moment.isoformat())
    assert back.returncode == 0, back.stderr
    assert rows(folder) == "a b"
    with services(own(folder)) as running:
        signed = "SELECT count(*), count(*) FILTER (WHERE revoked_at IS NULL) FROM sessions"
        assert query(running.database_admin_url, signed) == "1|0"
        assert query(running.database_admin_url, "SELECT count(*) FROM audit_entries") == "0"
    again = regulars(folder, "wal", "restore", base)
    assert again.returncode == 1 and "move it away" in again.stderr
    assert rows(folder) == "a b"


def test_as_far_as_the_log_goes_and_no_farther(folder: Path) -> None:
    base = str(folder / "base")
    with services(own(folder)) as running:
        url = running.database_admin_url
        assert regulars(folder, "migrate").returncode == 0
        query(url, "CREATE TABLE notes AS SELECT 'a' AS what")
        assert regulars(folder, "wal", "base", base).returncode == 0
        query(url, "INSERT INTO notes VALUES ('b')")
    later = regulars(folder, "wal", "restore", base, "--until", "2999-01-01 00:00:00+00:00")
    assert later.returncode == 1, later.stdout
    assert rows(folder) == "a b", "what was there is there"
    wrong = regulars(folder, "wal", "restore", base, "--until", "2027-01-01 00:00:00")
    assert wrong.returncode == 2 and "which time zone" in wrong.stderr
    back = regulars(folder, "wal", "restore", base)
    assert back.returncode == 0, back.stderr
    assert rows(folder) == "a b"
