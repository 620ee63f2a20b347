"""`regulars person` and `regulars erasures`, as an operator types them."""

import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from core import db
from core.people import journal
from core.people.customers import CustomerRow, find, merge, upsert
from core.people.personal import finding
from tests.conftest import new_merchant
from tests.factories import command

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Awaitable[Done]]


@pytest.fixture
def journal_file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "erasures.ndjson"


@pytest.fixture
def regulars(journal_file: Path) -> Run:
    """The command line, in a process of its own; `typed` is what the operator answers."""

    async def run(*words: str | Path, typed: str = "") -> Done:
        where = {"REGULARS_ERASURE_JOURNAL": str(journal_file)}
        return Done(*await command.regulars(*map(str, words), given=typed, **where))

    return run


@pytest.fixture
async def code(merchant: UUID) -> str:
    """A merchant who knows Ana, who was Anna before, and Bob."""
    async with db.transaction(merchant):
        await upsert(
            [
                CustomerRow("ana", NOW, name="Ana", email="ana@mail.test"),
                CustomerRow("anna", NOW, name="Anna"),
                CustomerRow("bob", NOW, name="Bob", email="bob@mail.test"),
            ]
        )
        await merge("anna", "ana", NOW)
        return str(await db.fetchval("SELECT code FROM merchants"))


async def names(merchant: UUID) -> list[str]:
    """Of whom a profile is left."""
    async with db.transaction(merchant):
        rows = await db.fetch("SELECT name FROM customer_profiles ORDER BY name")
    return [row["name"] for row in rows]


async def test_a_person_is_exported_into_a_new_private_file(
    merchant: UUID, code: str, regulars: Run, tmp_path: Path
) -> None:
    file = tmp_path / "ana.zip"
    done = await regulars("person", "export", "ana", file, "--merchant", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: {file.stat().st_size} bytes\n"
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        told = b"".join(archive.read(name) for name in archive.namelist())
        assert "index.html" in archive.namelist()
    assert b"ana@mail.test" in told and b"bob@mail.test" not in told
    before = file.read_bytes()
    again = await regulars("person", "export", "bob", file, "--merchant", code)
    assert again.returncode == 2 and "is there already" in again.stderr
    assert file.read_bytes() == before


async def test_whom_nobody_knows_leaves_no_file(
    merchant: UUID, code: str, regulars: Run, tmp_path: Path
) -> None:
    file = tmp_path / "out.zip"
    other = await new_merchant()
    async with db.transaction(other):
        theirs = await db.fetchval("SELECT code FROM merchants")
    assert (await regulars("person", "erase", "bob", "--yes", "--merchant", code)).returncode == 0
    for who, where in (("nobody", code), ("ana", theirs), ("ana", "no-such-shop"), ("bob", code)):
        done = await regulars("person", "export", who, file, "--merchant", where)
        assert done.returncode == 1 and done.stderr.startswith("Error: "), done.stderr
        assert "Traceback" not in done.stderr
        assert not file.exists()


async def test_a_person_is_erased_when_the_operator_types_who(
    merchant: UUID, code: str, regulars: Run, journal_file: Path
) -> None:
    for typed in ("", "\n", "bob\n", "yes\n"):
        refused = await regulars("person", "erase", "ana", "--merchant", code, typed=typed)
        assert refused.returncode == 1
    assert await names(merchant) == ["Ana", "Anna", "Bob"]
    assert not journal_file.parent.exists()
    done = await regulars("person", "erase", "anna", "--merchant", code, typed="anna\n")
    assert done.returncode == 0 and f"erased; the journal is {journal_file}" in done.stdout, done.stderr
    assert await names(merchant) == ["Bob"], "whoever was merged goes with them"
    lines, faults = journal.read(journal_file)
    async with db.transaction(merchant):
        ids = {row["id"] for row in await db.fetch("SELECT id FROM customers WHERE external_id <> 'bob'")}
        assert [row["via"] for row in await db.fetch("SELECT via FROM erasures")] == ["command"] * 2
        audited = await db.fetch("SELECT DISTINCT actor, door FROM audit_entries")
    assert {line.customer for line in lines} == ids and faults == []
    assert ("command", "regulars person erase") in [tuple(row) for row in audited]
    unknown = await regulars("person", "erase", "nobody", "--yes", "--merchant", code)
    assert unknown.returncode == 1 and "no customer nobody" in unknown.stderr


async def test_whose_customer_has_to_be_said_where_there_are_several_shops(
    merchant: UUID, code: str, regulars: Run, tmp_path: Path
) -> None:
    await new_merchant()
    for words in (("export", "ana", tmp_path / "x.zip"), ("erase", "ana", "--yes")):
        done = await regulars("person", *words)
        assert done.returncode == 1 and "--merchant" in done.stderr
    assert await names(merchant) == ["Ana", "Anna", "Bob"]


async def test_a_journal_is_carried_out_again_after_a_restore(
    merchant: UUID, code: str, regulars: Run, tmp_path: Path, journal_file: Path
) -> None:
    async with db.transaction(merchant):
        ana = await finding.customer("ana")
    assert ana is not None
    old = tmp_path / "old.ndjson"
    journal.append([journal.Line(merchant=merchant, customer=ana, at=NOW)], old)
    done = await regulars("erasures", "replay", old)
    assert (done.returncode, done.stdout) == (0, "1 erased, 0 not in this database\n"), done.stderr
    assert await names(merchant) == ["Bob"]
    async with db.transaction(merchant):
        assert await find(ana) is None
    again = await regulars("erasures", "replay", old)
    assert (again.returncode, again.stdout) == (0, "1 erased, 0 not in this database\n")
    with old.open("ab") as file:
        file.write(b'\n{"cut off')
    torn = await regulars("erasures", "replay", old)
    assert torn.returncode == 1 and "line 4 is no erasure" in torn.stdout
    missing = await regulars("erasures", "replay", tmp_path / "none.ndjson")
    assert missing.returncode == 2 and "does not exist" in missing.stderr
    assert {line.customer for line in journal.read(journal_file)[0]} >= {ana}


async def test_a_journal_is_written_from_the_database(
    merchant: UUID, code: str, regulars: Run, tmp_path: Path
) -> None:
    await regulars("person", "erase", "bob", "--yes", "--keep-reviews", "--merchant", code)
    file = tmp_path / "new.ndjson"
    done = await regulars("erasures", "write", file)
    assert done.returncode == 0 and f"{file}: " in done.stdout, done.stderr
    ours = [line for line in journal.read(file)[0] if line.merchant == merchant]
    assert [line.keeps_reviews for line in ours] == [True]
    assert b"bob" not in file.read_bytes(), "it names nobody"
