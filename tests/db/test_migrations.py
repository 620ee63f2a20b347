"""Migrations that go there and back, wait for locks only briefly, and leave nothing half done."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from admin.backup import digests
from core import db, migrate
from core.embedded import Services
from core.ids import new_id
from tests.access import everything
from tests.unit.test_migrations import ID, MODULES

NAME = "regulars_migrations_test"
COLUMNS = """
SELECT format('%I.%I', n.nspname, c.relname) AS table,
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migration'
GROUP BY 1
"""


SCHEMA = """
SELECT format('table %s %s %s %s %s %s', oid::regclass, relkind, relowner::regrole, relacl, relrowsecurity,
              relforcerowsecurity)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
UNION ALL
SELECT format('column %s %s %s %s %s %s', attrelid::regclass, attname,
              format_type(atttypid, atttypmod), attnotnull, pg_get_expr(d.adbin, d.adrelid),
              row_number() OVER (PARTITION BY attrelid ORDER BY attnum))
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid AND c.relkind IN ('r', 'p')
LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('constraint %s %s %s', conrelid::regclass, conname,
              translate(replace(pg_get_constraintdef(oid), ' NOT VALID', ''), '()', ''))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT format('index %s', pg_get_indexdef(indexrelid)) FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('function %s %s %s %s', oid::regprocedure, proowner::regrole, proacl,
              md5(pg_get_functiondef(oid)))
FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
UNION ALL
SELECT format('policy %s %s', polrelid::regclass, to_jsonb(p) - 'oid' - 'polrelid') FROM pg_policy p
UNION ALL
SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
"""


IDS = [
    (ID.search(module.read_text("utf-8"))[1], module.parent.parent.name)  # type: ignore[index]
    for module in MODULES
]
"""With the package: two may have the same id."""


@pytest.fixture
def that_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have no way back and lie between those that do are left out: nothing later needs them."""
    first, _ = min(IDS)
    kept = {
        package: {name: module for name, module in modules.items() if name < first or (name, package) in IDS}
        for package, modules in migrate._modules().items()
    }
    monkeypatch.setattr(migrate, "_modules", lambda: kept)


@pytest.fixture
async def own(database: Services, that_go_back: None) -> AsyncIterator[Services]:
    """A migrated database with a row in each table."""
    admin = await asyncpg.connect(database.database_admin_url)
    await admin.execute(f"CREATE DATABASE {NAME}")
    made = replace(
        database,
        database_url=database.database_url.rpartition("/")[0] + f"/{NAME}",
        database_admin_url=database.database_admin_url.rpartition("/")[0] + f"/{NAME}",
    )
    await migrate.migrate(made.database_admin_url, made.database_url)
    inside = await asyncpg.connect(made.database_admin_url)
    merchant = new_id()
    await inside.execute(
        "INSERT INTO merchants (id, code, name, currency, created_at)"
        " VALUES ($1, 'shop', '{}', 'USD', now())",
        merchant,
    )
    await everything.fill(inside, merchant)
    # Their checks are proved again on the way.
    await inside.execute("SET session_replication_role = replica; UPDATE case_goals SET kind = 'csat'")
    await inside.execute("UPDATE changes SET kind = 'rule'")
    await inside.close()
    yield made
    await admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    await admin.close()


async def schema(url: str) -> str:
    """All that is in the schema, a line each; whether a check was proved on old rows is not.

    Nor are parentheses of constraints: PostgreSQL leaves some out when everything.fill() puts a check back.
    """
    connection = await asyncpg.connect(url)
    try:
        return "\n".join(sorted(row[0] for row in await connection.fetch(SCHEMA)))
    finally:
        await connection.close()


async def rows(url: str, columns: dict[str, list[str]]) -> dict[str, str]:
    """What stands in these columns, by table."""
    connection = await asyncpg.connect(url, server_settings=digests.SAME_TEXT)
    try:
        found = {}
        for table, names in columns.items():
            lines = await connection.fetch(f"SELECT ({', '.join(names)}, 0)::text FROM {table} ORDER BY 1")
            found[table] = "\n".join(line[0] for line in lines)
        return found
    finally:
        await connection.close()


async def columns_of(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        return {row["table"]: list(row["columns"]) for row in await connection.fetch(COLUMNS)}
    finally:
        await connection.close()


async def undone(url: str) -> list[str]:
    """Take back what can be; the ids."""
    ids = []
    while True:
        try:
            ids.append((await migrate.undo(url)).split()[1])
        except migrate.MigrationFailed as error:
            assert "cannot be taken back" in error.detail
            return ids


async def test_up_down_and_up_again_on_data(own: Services) -> None:
    url = own.database_admin_url
    above, all_columns = await schema(url), await columns_of(url)
    full = await rows(url, all_columns)
    assert [table for table, text in full.items() if not text] == []
    ids = await undone(url)
    assert ids == [name for name, _ in sorted(IDS, reverse=True)]
    left = await columns_of(url)
    assert await schema(url) != above
    before = {table: full[table] for table in left if left[table] == all_columns[table]}
    assert len(before) > 50
    kept = await rows(url, left)
    assert {table: kept[table] for table in before} == before
    said = await migrate.migrate(url, own.database_url)
    assert sum(int(line.split()[1]) for line in said.splitlines()) == len(ids)
    assert await schema(url) == above
    assert await rows(url, left) == kept


async def test_a_lock_is_waited_for_briefly_and_again(own: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a reader holds the table: nothing has changed. When it is done: the migration goes on."""
    url = own.database_admin_url
    await undone(url)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr(migrate, "LOCK_PAUSE_S", 0.01)
    before = await schema(url)
    reader = await asyncpg.connect(url)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("SELECT * FROM outbox")
    with pytest.raises(migrate.MigrationFailed, match="in use"):
        await migrate.migrate(url, own.database_url)
    assert len(await undone(url)) < len(MODULES)
    assert await schema(url) == before
    monkeypatch.setattr(migrate, "LOCK_ATTEMPTS", 10_000)
    waiting = asyncio.create_task(migrate.migrate(url, own.database_url))
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    await reading.rollback()
    await reader.close()
    await waiting
    assert await schema(url) != before


async def test_a_migration_and_its_note_are_one(own: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off between the two, neither remains."""
    url = own.database_admin_url
    await undone(url)
    before = await schema(url)

    class CutOff(Exception):
        pass

    def no_note(*_: object, **__: object) -> None:
        raise CutOff

    with monkeypatch.context() as patch:
        patch.setattr(migrate.Migration, "insert", no_note)
        with pytest.raises(CutOff):
            await migrate.migrate(url, own.database_url)
    assert await schema(url) == before
    await migrate.migrate(url, own.database_url)
    assert await schema(url) != before


async def test_the_first_schema_cannot_be_taken_back(own: Services) -> None:
    url = own.database_admin_url
    await undone(url)
    before = await schema(url)
    with pytest.raises(migrate.MigrationFailed, match="restore a backup"):
        await migrate.undo(url)
    assert await schema(url) == before


async def test_an_index_is_made_beside_readers_and_writers(own: Services, tmp_path: Path) -> None:
    """run_alone(): no transaction, so CONCURRENTLY is possible."""
    file = tmp_path / "index.sql"
    file.write_text("CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_by_date ON outbox (created_at);")

    class Module:
        @staticmethod
        async def forwards() -> MigrationManager:
            manager = MigrationManager(
                migration_id="2999", app_name="core", description="", wrap_in_transaction=False
            )
            manager.add_raw(migrate.run_alone(file))
            return manager

    url = own.database_admin_url
    with migrate._owning(url):
        await migrate._forwards("core", "2999", Module)  # type: ignore[arg-type]
    inside = await asyncpg.connect(url)
    try:
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'outbox_by_date'::regclass"
        assert await inside.fetchval(valid)
        assert await inside.fetchval("SELECT count(*) FROM migration WHERE name = '2999'") == 1
    finally:
        await inside.close()


async def test_a_statement_of_before_is_asked_again(database: Services) -> None:
    """A statement that was prepared before a migration is a matter of trying again, not a fault of ours."""
    admin = await asyncpg.connect(database.database_admin_url)
    pool = await asyncpg.create_pool(database.database_admin_url, min_size=1, max_size=1)
    try:
        await admin.execute("CREATE TABLE stale (n integer)")
        async with pool.acquire() as connection:
            await connection.fetch("SELECT * FROM stale")
        await admin.execute("ALTER TABLE stale ADD COLUMN m integer")
        with pytest.raises(db.AWAY):
            async with pool.acquire() as connection, connection.transaction():
                await connection.fetch("SELECT * FROM stale")
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetch("SELECT * FROM stale")
    finally:
        await admin.execute("DROP TABLE stale")
        await pool.close()
        await admin.close()
