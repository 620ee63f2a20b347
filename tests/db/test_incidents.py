"""Commands of docs/operations.md and docs/incidents.md do what they say, on an installation of their own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.embedded import Services, services
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "docs" / "operations.md", ROOT / "docs" / "incidents.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)

RUN_ELSEWHERE = {
    "merchant": "tests/http/test_merchant_command.py",
    "rewards": "tests/http/test_rewards_command.py",
    "loyalty": "tests/http/test_loyalty_commands.py",
    "wal": "tests/db/test_moments.py",
}
"""Commands that need a story around them have it in a test of their own."""


def blocks(kind: str) -> list[str]:
    return [
        text for file in DOCUMENTS for found, text in BLOCK.findall(file.read_text("utf-8")) if found == kind
    ]


COMMANDS = [
    line.removeprefix("$ ")
    for text in blocks("console")
    for line in text.splitlines()
    if line.startswith("$ regulars")
]
STATEMENTS = [each.strip() for text in blocks("sql") for each in text.split(";\n") if each.strip()]


@pytest.fixture(scope="module")
def machine() -> Iterator[dict[str, str]]:
    """The environment of an installation with embedded servers that run."""
    folder = Path(tempfile.mkdtemp(prefix="ops-"))
    folder.chmod(0o711)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    here = clean | {"REGULARS_DATA_DIR": str(folder / "data"), "REGULARS_PORT": "1"}
    none: dict[str, Any] = {"database_url": "", "database_admin_url": "", "valkey_url": ""}
    with services(Settings(data_dir=folder / "data", **none)):
        assert regulars(here, folder, "migrate").returncode == 0
        yield here | {"TEST_FOLDER": str(folder)}
    shutil.rmtree(folder, ignore_errors=True)


def regulars(here: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = here | {"PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "admin.cli", *words]
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True)


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 15 and len(STATEMENTS) >= 5
    assert any(line.startswith("regulars backup") for line in COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("line", sorted({each for each in COMMANDS if each.split()[1] not in RUN_ELSEWHERE}))
def test_a_command_does_what_it_says(machine: dict[str, str], line: str) -> None:
    folder = Path(machine["TEST_FOLDER"])
    words = shlex.split(line, comments=True)[1:]
    if words[0] == "restore":
        file = folder / words[1]
        if not file.exists():
            assert regulars(machine, folder, "backup", words[1]).returncode == 0
        elsewhere = machine | {"REGULARS_DATA_DIR": str(folder / "fresh machine")}
        assert regulars(elsewhere, folder, *words).returncode == 0
        return
    if words[0] == "backup":
        (folder / words[1]).unlink(missing_ok=True)
    done = regulars(machine, folder, *words)
    # Nobody works here, and the doctor says so.
    assert done.returncode == (1 if words[0] == "doctor" else 0), done.stdout + done.stderr
    if words[0] == "backup":
        assert (folder / words[1]).exists()


@pytest.mark.parametrize("file", sorted(set(RUN_ELSEWHERE.values())))
def test_others_are_run_where_it_says(file: str) -> None:
    assert (ROOT / file).exists()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda text: text.split("\n")[0][:40])
async def test_a_statement_runs(database: Services, statement: str) -> None:
    connection = await asyncpg.connect(database.database_admin_url)
    undone = connection.transaction()
    try:
        await undone.start()
        await connection.fetch(statement)
    finally:
        await undone.rollback()
        await connection.close()


def test_the_runbooks_are_all_there() -> None:
    text = (ROOT / "docs" / "incidents.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert {
        "Work is late",
        "Work is parked",
        "The ledger's check failed",
        "Valkey is away",
        "The disk is full",
        "A key has leaked",
    } <= set(headings)
