"""Bring a database to this version: roles and extensions as its administrator, the rest as its owner."""

import contextlib
import io
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from core import db
from core.audit.attach import attach
from core.errors import DomainError, Kind

ROLES = ("regulars_owner", "regulars_ledger", "regulars_gate", "regulars_eraser", "regulars_audit")
LOCK_TIMEOUT_MS = 10_000


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


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def migrate(admin_url: str, app_url: str) -> str:
    """Bring the database to this version; answers what was done, one line a package. Safe to repeat.

    `admin_url` is of a superuser, or of a role that may create roles and extensions. Raises
    MigrationFailed, or asyncpg.PostgresError for a failing statement.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        # Two migrators on one database (a deploy that starts twice) take turns to the very end.
        await connection.execute("SELECT pg_advisory_lock(hashtext('regulars.migrate'))")
        await _prepare(connection, app_url)
        before = await _applied(connection)
        await _run_migrations(admin_url)
        await _attach_audit(connection)
        after = (await _applied(connection)).items()
    finally:
        await connection.close()
    return "\n".join(f"{name}: {total - before[name]} new of {total} migrations" for name, total in after)


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
    """What Piccolo finds to do, as the owner of the tables."""
    os.environ["PICCOLO_CONF"] = "core.piccolo_conf"
    from piccolo.apps.migrations.commands.forwards import run_forwards

    before, db.DB.pool = db.DB.pool, None
    settings = {"role": "regulars_owner", "lock_timeout": str(LOCK_TIMEOUT_MS)}
    db.DB.config = {"dsn": admin_url, "server_settings": settings}
    report = io.StringIO()
    try:
        with contextlib.redirect_stdout(report), db.as_owner():
            result = await run_forwards("all")
    finally:
        db.DB.pool, db.DB.config = before, {}
    if not result.success:
        raise MigrationFailed(result.message or report.getvalue())


async def _attach_audit(connection: asyncpg.Connection) -> None:
    """The log is about every table, whoever's migration made it."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; SET LOCAL ROLE regulars_owner")
        await attach(connection)


async def _applied(connection: asyncpg.Connection) -> Counter[str]:
    """How many migrations of each package this database has had."""
    if not await connection.fetchval("SELECT to_regclass('migration')"):
        return Counter()
    rows = await connection.fetch(
        "SELECT app_name, count(*) AS migrations FROM migration GROUP BY 1 ORDER BY min(id)"
    )
    return Counter({row["app_name"]: row["migrations"] for row in rows})
