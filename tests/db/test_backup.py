"""A backup brought back is the same in every table, or nothing has changed."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import pytest

from admin.backup import archive, digests, service, tools
from admin.backup.archive import Backup, Manifest
from admin.backup.errors import BackupFailed, BackupUnfit, NotEmpty, StillInUse, ToolsMissing
from core import clock, db, outbox
from core.embedded import Services
from core.embedded.postgres import query
from core.people import sessions, staff
from tests.conftest import new_merchant
from tests.factories.points import earn, one
from tests.factories.shop import new_member, programme

ROOT = Path(__file__).parents[2]
CHANGED = {"public.outbox", "public.sessions", "public.login_links"}
"""Tables in which a restore ends leases and sessions."""


@pytest.fixture
async def shop(database: Services) -> UUID:
    """A merchant with points, work that waits, and somebody of the staff who is signed in."""
    merchant = await new_merchant()
    async with db.transaction(merchant):
        await programme()
        await one(earn("first", await new_member(), 500))
        await outbox.add("test.idle", {"kind": "waits"}, clock.now(), delay_s=3600)
        email = f"{merchant.hex}@example.test"
        olga = await staff.create(email, "Olga", "owner", "a good long password", clock.now())
        await sessions.start(clock.now(), staff_id=olga)
    return merchant


@pytest.fixture
def empty(database: Services) -> Iterator[Services]:
    """A database of its own without anything in it."""
    name = "regulars_restore_test"
    query(database.database_admin_url, f"CREATE DATABASE {name}")
    yield replace(
        database,
        database_url=database.database_url.rpartition("/")[0] + f"/{name}",
        database_admin_url=database.database_admin_url.rpartition("/")[0] + f"/{name}",
    )
    query(database.database_admin_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def taken(database: Services, shop: UUID, tmp_path: Path) -> Path:
    """A backup of the tests' database, with two files."""
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "postgres.log").write_text("passing")
    (folder / "encryption_key").write_text("ab" * 32)
    (folder / "letters").mkdir()
    (folder / "letters" / "a.txt").write_bytes(bytes(range(256)))
    path = tmp_path / "shop.backup"
    await service.backup(database.database_admin_url, folder, path, True, clock.now())
    return path


async def restored(path: Path, into: Services, folder: Path, force: bool = False) -> Manifest:
    return await service.restore(path, into.database_admin_url, into.database_url, folder, force)


async def contents(admin_url: str) -> dict[str, str]:
    """Each table as PostgreSQL writes it out, in an order of its own: shares no code with the digests."""
    connection = await asyncpg.connect(admin_url, server_settings={"search_path": "public"})
    try:
        found = {}
        for row in await connection.fetch(digests.TABLES):
            lines = await connection.fetch(f"SELECT to_jsonb(t)::text AS line FROM {row[0]} t ORDER BY 1")
            found[row[0]] = "\n".join(each["line"] for each in lines)
        return found
    finally:
        await connection.close()


def rewritten(path: Path, **changes: object) -> Path:
    """The same backup with another manifest."""
    with tarfile.open(path) as tar:
        parts = {each.name: tar.extractfile(each).read() for each in tar.getmembers()}  # type: ignore[union-attr]
    manifest = msgspec.structs.replace(msgspec.json.decode(parts[archive.MANIFEST], type=Manifest), **changes)
    files = {name.removeprefix("files/"): data for name, data in parts.items() if name.startswith("files/")}
    other = path.with_name("other.backup")
    with archive.written(other) as file:
        archive.put_stream(file, archive.DUMP, [parts[archive.DUMP]], clock.now())
        archive.put_rest(file, files, manifest)
    return other


async def test_every_table_comes_back(
    database: Services, taken: Path, empty: Services, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    manifest = await restored(taken, empty, folder)
    before, after = await contents(database.database_admin_url), await contents(empty.database_admin_url)
    assert before.keys() == after.keys() == manifest.tables.keys()
    assert before["public.ledger_entries"]
    assert [name for name in before if before[name] != after[name] and name not in CHANGED] == []
    assert {name: digest.rows for name, digest in manifest.tables.items()} == {
        name: text.count("\n") + 1 if text else 0 for name, text in before.items()
    }
    assert (folder / "encryption_key").read_text() == "ab" * 32
    assert (folder / "encryption_key").stat().st_mode & 0o777 == 0o600
    assert (folder / "letters" / "a.txt").read_bytes() == bytes(range(256))
    assert not (folder / "logs").exists()


async def test_owners_rights_and_policies_come_back(
    database: Services, taken: Path, empty: Services, tmp_path: Path
) -> None:
    await restored(taken, empty, tmp_path / "new")

    def schema(url: str) -> str:
        found, target = tools.find(18), tools.target(url)
        argv = [found["pg_dump"], "--schema-only", "--restrict-key=a", f"--dbname={target.address}"]
        done = subprocess.run(argv, env=target.environment, capture_output=True, text=True, check=True)
        # PostgreSQL leaves out parentheses of its own when it writes an expression for the second time.
        return done.stdout.replace("(", "").replace(")", "")

    assert schema(empty.database_admin_url) == schema(database.database_admin_url)


async def test_leases_end_and_delays_stay(
    database: Services, shop: UUID, empty: Services, tmp_path: Path
) -> None:
    now = clock.now()
    async with db.transaction(shop):
        await outbox.add("test.idle", {"kind": "leased"}, now, delay_s=50)
        await db.execute(
            "INSERT INTO sessions (merchant_id, token_hash, customer_id, created_at, expires_at)"
            " SELECT $1, $2, min(id::text)::uuid, $3, $4 FROM customers",
            shop,
            shop.bytes,
            now,
            now + timedelta(days=1),
        )
    path = tmp_path / "leased.backup"
    await service.backup(database.database_admin_url, tmp_path / "none", path, True, now)
    await restored(path, empty, tmp_path / "new")
    connection = await asyncpg.connect(empty.database_admin_url)
    try:
        due = await connection.fetch(
            "SELECT payload->>'kind' AS kind, available_at <= now() AS due FROM outbox"
            " WHERE merchant_id = $1",
            shop,
        )
        assert {row["kind"]: row["due"] for row in due if row["kind"]} == {"leased": True, "waits": False}
        assert await connection.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0
    finally:
        await connection.close()


async def test_nothing_is_replaced_unasked(
    taken: Path, empty: Services, tmp_path: Path, database: Services
) -> None:
    query(empty.database_admin_url, "CREATE TABLE mine AS SELECT 1 AS n")
    with pytest.raises(NotEmpty, match="1 tables"):
        await restored(taken, empty, tmp_path / "new")
    assert query(empty.database_admin_url, "SELECT n FROM mine") == "1"
    query(empty.database_admin_url, "DROP TABLE mine")
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "encryption_key").write_text("cd" * 32)
    with pytest.raises(NotEmpty, match="encryption_key"):
        await restored(taken, empty, folder)
    assert (folder / "encryption_key").read_text() == "cd" * 32
    assert query(empty.database_admin_url, "SELECT to_regclass('outbox') IS NULL") == "t"
    with pytest.raises(StillInUse):
        await restored(taken, database, folder, force=True)


async def test_force_replaces_and_keeps_the_old_key(taken: Path, empty: Services, tmp_path: Path) -> None:
    query(empty.database_admin_url, "CREATE TABLE mine AS SELECT 1 AS n")
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "encryption_key").write_text("cd" * 32)
    await restored(taken, empty, folder, force=True)
    assert query(empty.database_admin_url, "SELECT to_regclass('mine') IS NULL") == "t"
    assert (folder / "encryption_key").read_text() == "ab" * 32
    assert (folder / "encryption_key.before-restore").read_text() == "cd" * 32


async def test_a_table_that_differs_undoes_it_all(taken: Path, empty: Services, tmp_path: Path) -> None:
    query(empty.database_admin_url, "CREATE TABLE mine AS SELECT 1 AS n")
    backup = Backup(taken)
    backup.close()
    tables = backup.manifest.tables
    wrong = tables | {"public.customers": digests.Digest(tables["public.customers"].rows, "1")}
    with pytest.raises(BackupFailed, match=r"public\.customers"):
        await restored(rewritten(taken, tables=wrong), empty, tmp_path / "new", force=True)
    assert query(empty.database_admin_url, "SELECT n FROM mine") == "1"
    assert query(empty.database_admin_url, "SELECT to_regclass('outbox') IS NULL") == "t"
    assert not (tmp_path / "new").exists()


async def test_a_broken_dump_undoes_it_all(taken: Path, empty: Services, tmp_path: Path) -> None:
    """Its hash fits, its contents do not: pg_restore stops in the middle."""
    query(empty.database_admin_url, "CREATE TABLE mine AS SELECT 1 AS n")
    with tarfile.open(taken) as tar:
        half = tar.extractfile(archive.DUMP).read()[:-20_000]  # type: ignore[union-attr]
    backup = Backup(taken)
    backup.close()
    manifest = msgspec.structs.replace(backup.manifest, dump=archive.content_of(half), files={})
    other = tmp_path / "half.backup"
    with archive.written(other) as file:
        archive.put_stream(file, archive.DUMP, [half], clock.now())
        archive.put_rest(file, {}, manifest)
    with pytest.raises(BackupFailed):
        await restored(other, empty, tmp_path / "new", force=True)
    assert query(empty.database_admin_url, "SELECT n FROM mine") == "1"
    assert query(empty.database_admin_url, "SELECT to_regclass('outbox') IS NULL") == "t"


def spoilt(path: Path) -> Iterator[Path]:
    """The same file cut off, with one bit turned over, and a text."""
    data = bytearray(path.read_bytes())
    half = data[: len(data) // 2]
    data[5000] ^= 1
    for name, wrong in (("cut", half), ("flipped", data), ("text", b"not a backup")):
        path.with_name(name).write_bytes(wrong)
        yield path.with_name(name)


async def test_a_file_that_is_not_whole_is_refused(taken: Path, empty: Services, tmp_path: Path) -> None:
    for path in spoilt(taken):
        with pytest.raises(BackupUnfit):
            await restored(path, empty, tmp_path / "new")
    with pytest.raises(BackupUnfit, match="newer version"):
        await restored(rewritten(taken, migrations={"core": ["2999-01-01T00:00:00:000000"]}), empty, tmp_path)
    with pytest.raises(BackupUnfit, match="format"):
        await restored(rewritten(taken, format=2), empty, tmp_path)
    assert query(empty.database_admin_url, "SELECT to_regclass('outbox') IS NULL") == "t"


async def test_a_file_may_not_leave_the_folder(taken: Path, empty: Services, tmp_path: Path) -> None:
    data = b"mine"
    backup = Backup(taken)
    backup.close()
    with tarfile.open(taken) as tar:
        dump = tar.extractfile(archive.DUMP).read()  # type: ignore[union-attr]
    manifest = msgspec.structs.replace(backup.manifest, files={"../escaped": archive.content_of(data)})
    other = tmp_path / "other.backup"
    with archive.written(other) as file:
        archive.put_stream(file, archive.DUMP, [dump], clock.now())
        archive.put_rest(file, {"../escaped": data}, manifest)
    with pytest.raises(BackupUnfit, match="no path"):
        await restored(other, empty, tmp_path / "deep" / "new", force=True)
    assert not (tmp_path / "deep" / "escaped").exists()


def test_programs_older_than_the_server_are_not_used() -> None:
    assert tools.find(18).major >= 18
    with pytest.raises(ToolsMissing, match="PostgreSQL 99"):
        tools.find(99)


def test_no_password_is_in_an_argument() -> None:
    target = tools.target("postgresql://admin:s%40cret@db.example:6432/shop?sslmode=require")
    assert target.address == "postgresql://admin@db.example:6432/shop?sslmode=require"
    assert target.environment["PGPASSWORD"] == "s@cret"


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a fresh machine: no address is set, no data folder is there."""
    folder = tmp_path_factory.mktemp("elsewhere")
    folder.chmod(0o711)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    yield clean | {"REGULARS_DATA_DIR": str(folder / "data")}


@pytest.mark.slow
def test_the_commands_move_a_shop_to_a_fresh_machine(
    database: Services, shop: UUID, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "shop.backup"
    regulars = [sys.executable, "-m", "admin.cli"]

    def said(environment: dict[str, str], *words: str) -> str:
        done = subprocess.run([*regulars, *words], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "tables with" in said(dict(os.environ), "backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"shop-{shop.hex[-12:]}: sum 0, 0 faults" in said(elsewhere, "restore", str(file))
    assert f"shop-{shop.hex[-12:]}: sum 0, 0 faults" in said(elsewhere, "ledger", "verify")
    again = subprocess.run(
        [*regulars, "restore", str(file)], cwd=ROOT, env=elsewhere, capture_output=True, text=True
    )
    assert again.returncode == 1 and "restore_not_empty" in again.stderr
    assert "tables" in said(elsewhere, "restore", str(file), "--force")
