"""PostgreSQL: can it be used, is it the right one, and does it keep merchants apart?"""

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
from asyncpg.exceptions import PostgresError

from admin.doctor import sealed
from admin.doctor.report import Finding, ok, problem, warning
from core import clock, migrate
from core.embedded.record import APP_ROLE
from core.settings import Settings

OLDEST = 18
SKEW_WARNING_S, SKEW_PROBLEM_S = 2.0, 30.0
CONNECTIONS_WARNING = 0.8
WRAPAROUND_WARNING = 1_000_000_000
EXTENSIONS = {"vector", "btree_gin"}
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}

OPEN_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'merchant_id' AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1
"""
ROLE = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = r.oid) AS owned,
       pg_has_role(r.oid, 'regulars_owner', 'MEMBER') AS owner
FROM pg_roles r WHERE r.rolname = current_user
"""
ROOM = """
SELECT current_setting('max_connections')::int AS most,
       (SELECT sum(numbackends) FROM pg_stat_database) AS now,
       (SELECT max(age(datfrozenxid)) FROM pg_database) AS age
"""


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """All of it, each as the application's role sees it."""
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=10)
    except (OSError, TimeoutError, PostgresError, ValueError) as error:
        yield problem(
            "database",
            f"cannot be used: {str(error) or type(error).__name__}",
            "Start PostgreSQL; correct REGULARS_DATABASE_URL; run `regulars migrate` if it is new.",
        )
        return
    try:
        yield await _version(connection)
        yield await _role(connection)
        yield await _extensions(connection)
        yield await _migrations(connection)
        yield await _row_security(connection)
        yield await _durability(connection)
        yield await _clock(connection)
        yield await _zones(connection)
        yield await _room(connection)
        yield await sealed.look(connection, settings)
    finally:
        await connection.close()


async def _version(connection: asyncpg.Connection) -> Finding:
    found = await connection.fetchval("SHOW server_version")
    if connection.get_server_version().major < OLDEST:
        return problem(
            "database", f"PostgreSQL {found}", "Use PostgreSQL 18 or newer: uuidv7() is built in there."
        )
    return ok("database", f"PostgreSQL {found} answers")


async def _role(connection: asyncpg.Connection) -> Finding:
    role = await connection.fetchrow(ROLE)
    assert role is not None
    can = [
        word
        for word, true in {
            "is a superuser": role["rolsuper"],
            "bypasses row-level security": role["rolbypassrls"],
            f"owns {role['owned']} tables": role["owned"] > 0,
            "is a member of regulars_owner": role["owner"],
        }.items()
        if true
    ]
    if can:
        return problem(
            "database_role",
            f"{role['rolname']} {', '.join(can)}: merchants would see each other's rows",
            f"REGULARS_DATABASE_URL has to name {APP_ROLE}; `regulars migrate` makes this role.",
        )
    return ok("database_role", f"{role['rolname']} owns nothing and bypasses nothing")


async def _extensions(connection: asyncpg.Connection) -> Finding:
    there = {row[0] for row in await connection.fetch("SELECT extname FROM pg_extension")}
    if missing := sorted(EXTENSIONS - there):
        return problem(
            "extensions", f"missing: {', '.join(missing)}", "Install pgvector, run `regulars migrate`."
        )
    return ok("extensions", ", ".join(sorted(EXTENSIONS)))


async def _migrations(connection: asyncpg.Connection) -> Finding:
    had = await migrate.applied(connection)
    known = migrate.known()
    lacking = sum(len(ids - had.get(name, set())) for name, ids in known.items())
    newer = sum(len(ids - known.get(name, set())) for name, ids in had.items())
    if lacking:
        return problem(
            "migrations", f"{lacking} are missing", "Run `regulars migrate`, then restart the processes."
        )
    if newer:
        return warning(
            "migrations",
            f"the database has had {newer} that this version does not know",
            "Right while a new version is rolled out; else install the newer version here, too.",
        )
    return ok("migrations", f"all {sum(len(ids) for ids in known.values())} are there")


async def _row_security(connection: asyncpg.Connection) -> Finding:
    if tables := [row[0] for row in await connection.fetch(OPEN_TABLES)]:
        return problem(
            "row_security",
            f"not forced on {', '.join(tables)}: merchants see each other's rows there",
            "Somebody switched it off: ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY.",
        )
    return ok("row_security", "forced on every table of a merchant")


async def _durability(connection: asyncpg.Connection) -> Finding:
    found = {name: await connection.fetchval(f"SHOW {name}") for name in SAFE}
    if wrong := [f"{name} = {value}" for name, value in found.items() if value == "off"]:
        return problem(
            "durability",
            f"{', '.join(wrong)}: what was answered with success is lost in a crash",
            "Switch it on in postgresql.conf and reload.",
        )
    return ok("durability", "what is committed is on the disk")


async def _clock(connection: asyncpg.Connection) -> Finding:
    before = clock.now()
    there: datetime = await connection.fetchval("SELECT clock_timestamp()")
    after = clock.now()
    skew_s = (there - (before + (after - before) / 2)).total_seconds()
    said = f"the database's clock and this machine's are {abs(skew_s):.1f} s apart"
    mend = "Let both follow one time server (chrony, systemd-timesyncd)."
    if abs(skew_s) > SKEW_PROBLEM_S:
        return problem("clock", said, mend)
    if abs(skew_s) > SKEW_WARNING_S:
        return warning("clock", said, mend)
    return ok("clock", said)


async def _zones(connection: asyncpg.Connection) -> Finding:
    try:
        unknown = await connection.fetch(
            "SELECT DISTINCT m.time_zone FROM gate_merchants() m"
            " WHERE NOT EXISTS (SELECT 1 FROM pg_timezone_names z WHERE z.name = m.time_zone) ORDER BY 1"
        )
    except asyncpg.UndefinedFunctionError:
        unknown = []
    if unknown:
        return problem(
            "merchants_zones",
            f"PostgreSQL does not know {', '.join(row[0] for row in unknown)}",
            "Update PostgreSQL, or its tzdata, and restart it.",
        )
    return ok("merchants_zones", "PostgreSQL knows the time zones of all merchants")


async def _room(connection: asyncpg.Connection) -> Finding:
    room = await connection.fetchrow(ROOM)
    assert room is not None
    said = f"{room['now']} of {room['most']} connections are used"
    if room["age"] > WRAPAROUND_WARNING:
        return problem(
            "database_room",
            f"{said}; the oldest transaction id is {room['age']:,} back",
            "Autovacuum does not keep up: end old transactions and replication slots, then VACUUM FREEZE.",
        )
    if room["now"] > CONNECTIONS_WARNING * room["most"]:
        return warning(
            "database_room",
            said,
            "Lower REGULARS_DATABASE_POOL_SIZE or raise max_connections.",
        )
    return ok("database_room", said)
