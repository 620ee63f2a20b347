"""Take a backup, and bring it back."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg

from admin.backup import archive, digests, folder, loading, tools
from admin.backup.archive import Backup, Manifest
from admin.backup.errors import BackupUnfit, NotEmpty, StillInUse
from core import db
from core import migrate as migrations
from core.embedded.record import APP_ROLE
from core.people import erasure, journal

OTHER_SCHEMAS = """
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
"""


async def backup(admin_url: str, data_dir: Path, path: Path, keys: bool, now: datetime) -> Manifest:
    """Write all that must not be lost to a new file: one moment of the database, and the data folder's files.

    Others may read and write meanwhile. Raises DomainError (see errors.py) or asyncpg errors.
    """
    files = folder.files(data_dir, keys)
    target = tools.target(admin_url)
    async with db.whole(admin_url, digests.SAME_TEXT) as connection:
        found = tools.find(connection.get_server_version().major)
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        others = [row["nspname"] for row in await connection.fetch(OTHER_SCHEMAS)]
        tables = await digests.take(connection)
        with archive.written(path) as file:
            dump = loading.dumped(found, target, snapshot, others)
            content = await asyncio.to_thread(archive.put_stream, file, archive.DUMP, dump, now)
            manifest = Manifest(
                format=archive.FORMAT,
                regulars=version("regulars"),
                taken_at=now,
                server=str(await connection.fetchval("SHOW server_version")),
                migrations={
                    name: sorted(ids) for name, ids in (await migrations.applied(connection)).items()
                },
                tables=tables,
                dump=content,
                files={name: archive.content_of(data) for name, data in files.items()},
            )
            archive.put_rest(file, files, manifest)
    return manifest


async def restore(path: Path, admin_url: str, app_url: str, data_dir: Path, force: bool) -> Manifest:
    """Put a backup in the place of what is there: nothing, or with `force` whatever it is.

    The database is replaced in one transaction, after every table was compared; then it is brought to
    this version, and persons who were erased since are erased again. Raises DomainError, asyncpg errors.
    """
    brought = Backup(path)
    try:
        _expect_known(brought.manifest.migrations)
        folder.expect_inside(brought, data_dir)
        if not force:
            folder.expect_room(brought, data_dir)
        major = await _expect_free(admin_url, force)
        await migrations.prepare(admin_url, app_url)
        await asyncio.to_thread(loading.replace, brought, tools.find(major), tools.target(admin_url))
        await asyncio.to_thread(folder.put, brought, data_dir)
    finally:
        brought.close()
    await migrations.migrate(admin_url, app_url)
    return brought.manifest


def _expect_known(had: Mapping[str, list[str]]) -> None:
    known = migrations.known()
    if newer := [f"{name} {each}" for name, ids in had.items() for each in set(ids) - known.get(name, set())]:
        raise BackupUnfit(
            f"it is of a newer version than this one, which lacks: {', '.join(sorted(newer)[:5])}"
        )


async def _expect_free(admin_url: str, force: bool) -> int:
    """The server's major version. Raises NotEmpty or StillInUse."""
    connection = await asyncpg.connect(admin_url)
    try:
        filled = await connection.fetch(digests.TABLES)
        if filled and not force:
            raise NotEmpty(f"the database has {len(filled)} tables; --force replaces all of it")
        used = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1",
            APP_ROLE,
        )
        if used:
            raise StillInUse(f"{used} connections of {APP_ROLE}: stop serve, worker and scheduler first")
        return connection.get_server_version().major
    finally:
        await connection.close()


async def erase_again(now: datetime) -> int | None:
    """Erase once more whoever the journal of erasures names; how many. None: there is no such journal.

    In the application's pool.
    """
    file = journal.path()
    return (await erasure.replay(file, now)).erased if await asyncio.to_thread(file.exists) else None
