"""Bring a database to this version: roles and extensions as its administrator, the rest as its owner."""

import asyncio
import contextlib
import io
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration as Migration
from piccolo.conf.apps import MigrationModule

from core import db
from core.audit.attach import attach
from core.errors import DomainError, Kind

ROLES = ("regulars_owner", "regulars_ledger", "regulars_gate", "regulars_eraser", "regulars_audit")
LOCK_TIMEOUT_MS = 2_000
LOCK_ATTEMPTS = 8
LOCK_PAUSE_S = 1.0
"""Times the number of the attempt: all in all a migration is tried for three quarters of a minute."""

TURN = "SELECT pg_try_advisory_lock(hashtext('regulars.migrate'))"
TURN_PAUSE_S = 0.2
HOLDERS = "SELECT pid, usename, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start LIMIT 5"
ONE_WAY = (
    "run the older version on this schema, which it understands, or restore a backup (docs/migrations.md)"
)

os.environ["PICCOLO_CONF"] = "core.piccolo_conf"  # where Piccolo looks for us

log = structlog.get_logger(__name__)


class MigrationFailed(DomainError):
    """A migration could not be applied; nothing of it remains."""

    code = "migration_failed"
    kind = Kind.UNAVAILABLE
    title = "The database could not be migrated"


def run_sql(file: Path) -> Callable[[], Awaitable[None]]:
    """A raw step of a Piccolo migration that runs a whole SQL file in the migration's transaction."""

    sql = file.read_text(encoding="utf-8")

    async def run() -> None:
        await db.connection().execute(sql)

    return run


def run_alone(file: Path) -> Callable[[], Awaitable[None]]:
    """A raw step: the one statement of a file without a transaction, as for CREATE INDEX CONCURRENTLY.

    Its migration has `wrap_in_transaction=False`. It may be run again after it was cut off, so it says IF NOT
    EXISTS, and what it may have left unfinished is dropped by a step before it.
    """

    sql = file.read_text(encoding="utf-8")

    async def run() -> None:
        connection = await db.DB.get_new_connection()
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    return run


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def migrate(admin_url: str, app_url: str) -> str:
    """Bring the database to this version; answers what was done, one line a package. Safe to repeat.

    `admin_url` is of a superuser, or of a role that may create roles and extensions. Raises
    MigrationFailed, or asyncpg.PostgresError for a failing statement.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        await _take_turn(connection)
        await _prepare(connection, app_url)
        before = await applied(connection)
        await _run_migrations(admin_url)
        await _patiently("audit", partial(_attach_audit, connection))
        await connection.execute("GRANT SELECT ON migration TO regulars_app")  # for `regulars doctor`
        after = (await applied(connection)).items()
    finally:
        await connection.close()
    return "\n".join(
        f"{name}: {len(ids - before.get(name, set()))} new of {len(ids)} migrations" for name, ids in after
    )


async def _take_turn(connection: asyncpg.Connection) -> None:
    """Two migrators on one database (a deploy that starts twice) take turns to the very end.

    Asked again and again: a statement that waits holds a snapshot, and CREATE INDEX CONCURRENTLY of the other
    one would wait for that.
    """
    while True:
        if await connection.fetchval(TURN):
            return
        await asyncio.sleep(TURN_PAUSE_S)


async def prepare(admin_url: str, app_url: str) -> None:
    """Only the roles, extensions and grants that the tables need. Raises MigrationFailed."""
    connection = await asyncpg.connect(admin_url)
    try:
        await _prepare(connection, app_url)
    finally:
        await connection.close()


async def _prepare(connection: asyncpg.Connection, app_url: str) -> None:
    """Make roles, extension and grants."""
    app = urlsplit(app_url)
    app_role, password = unquote(app.username or ""), unquote(app.password or "")
    if app_role != "regulars_app":
        raise MigrationFailed(f"the application must connect as regulars_app, not as {app_role or 'nobody'}")
    for role in ROLES:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = 'regulars_app'"):
        await connection.execute("CREATE ROLE regulars_app LOGIN")
    await connection.execute(f"ALTER ROLE regulars_app PASSWORD {_quoted(password)}")
    for extension in ("vector", "btree_gin"):
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    await connection.execute(
        "GRANT regulars_owner TO CURRENT_USER;"
        # To give them functions, not to have their rights: the owner may not write the ledger.
        f"GRANT {', '.join(ROLES[1:])} TO regulars_owner WITH INHERIT FALSE;"
        f"GRANT CREATE, USAGE ON SCHEMA public TO {', '.join(ROLES)};"
        "GRANT USAGE ON SCHEMA public TO regulars_app"
    )


async def _run_migrations(admin_url: str) -> None:
    """What this database has not had, as the owner of the tables."""
    with _owning(admin_url):
        await BaseMigrationManager().create_migration_table()
        for package, modules in _modules().items():
            had = set(await Migration.get_migrations_which_ran(package))
            for each in sorted(modules.keys() - had):
                await _patiently(each, partial(_forwards, package, each, modules[each]))


async def _forwards(package: str, name: str, module: MigrationModule) -> None:
    """One migration, and that it was had: both or neither, unless it says that it must run on its own."""
    manager = await module.forwards()
    async with AsyncExitStack() as together:
        if manager.wrap_in_transaction:
            await together.enter_async_context(db.owners_transaction())
        await manager.run()
        await Migration.insert().add(Migration(name=name, app_name=package)).run()


async def undo(admin_url: str) -> str:
    """Take back the newest migration that this database had; answers which. Raises MigrationFailed."""
    connection = await asyncpg.connect(admin_url)
    try:
        await _take_turn(connection)
        had = [(name, package) for package, names in (await applied(connection)).items() for name in names]
        newest, package = max(had, default=("nothing", ""))
        with _owning(admin_url):
            module = _modules().get(package, {}).get(newest)
            manager = await module.forwards() if module else None
            if manager is None or not manager.raw_backwards:
                raise MigrationFailed(f"{newest} cannot be taken back: {ONE_WAY}")
            await _patiently(newest, partial(_backwards, package, newest, manager))
    finally:
        await connection.close()
    return f"{package} {newest}"


async def _backwards(package: str, name: str, manager: MigrationManager) -> None:
    async with db.owners_transaction():
        await manager.run(backwards=True)
        await Migration.delete().where(Migration.name == name, Migration.app_name == package).run()


async def _patiently(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Try again for a while when somebody uses the table: a long wait for a lock keeps all others waiting.

    Raises MigrationFailed.
    """
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                await step()
            return
        except asyncpg.LockNotAvailableError as error:
            if attempt == LOCK_ATTEMPTS:
                raise MigrationFailed(
                    f"{name}: a table is in use for long. Run it again, or end who holds it: {HOLDERS}"
                ) from error
            log.warning("migration waits for a lock", migration=name, attempt=attempt)
            await asyncio.sleep(LOCK_PAUSE_S * attempt)


@contextlib.contextmanager
def _owning(admin_url: str) -> Iterator[None]:
    """Piccolo's transactions are those of the owner of the tables, each on a connection of its own."""
    before, db.DB.pool = db.DB.pool, None
    settings = {"role": "regulars_owner", "lock_timeout": str(LOCK_TIMEOUT_MS)}
    db.DB.config = {"dsn": admin_url, "server_settings": settings}
    try:
        with db.as_owner():
            yield
    finally:
        db.DB.pool, db.DB.config = before, {}


async def _attach_audit(connection: asyncpg.Connection) -> None:
    """The log is about every table, whoever's migration made it."""
    async with db.owners(connection, LOCK_TIMEOUT_MS):
        await attach(connection)


async def applied(connection: asyncpg.Connection) -> dict[str, set[str]]:
    """Ids of the migrations that this database has had, by package in the order of their dependency."""
    if not await connection.fetchval("SELECT to_regclass('migration')"):
        return {}
    rows = await connection.fetch(
        "SELECT app_name, array_agg(name) AS ids FROM migration GROUP BY 1 ORDER BY min(id)"
    )
    return {row["app_name"]: set(row["ids"]) for row in rows}


def known() -> dict[str, set[str]]:
    """Ids of the migrations that this version has, by package in the order of their dependency."""
    return {package: set(modules) for package, modules in _modules().items()}


def _modules() -> dict[str, dict[str, MigrationModule]]:
    """By package, in the order of their dependency, and id."""
    manager = BaseMigrationManager()
    return {
        name: manager.get_migration_modules(manager.get_app_config(name).resolved_migrations_folder_path)
        for name in manager.get_sorted_app_names()
    }
