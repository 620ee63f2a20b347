"""What the benchmarks run on: servers of their own, filled databases, sizes."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from core.embedded import Services, postgres, services
from core.migrate import migrate
from core.settings import Settings
from tests.benchmarks import fill, pgbench
from tests.benchmarks.fill import Content

ROWS = 1_000_000
FILLED = "_filled"
"""Ends the name of a database that nobody works on: what copies are made of."""

MEMORY_GB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
SERVER = {
    "shared_buffers": f"{max(1, MEMORY_GB // 3)}GB",
    "effective_cache_size": "12GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "fsync": "on",
    "synchronous_commit": "on",
}
"""As on a machine of its own; what is not named here is as PostgreSQL or core.embedded has it."""

_WARM = """
    CREATE EXTENSION IF NOT EXISTS pg_prewarm;
    SELECT sum(pg_prewarm(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i');
"""


@dataclass(frozen=True)
class Database:
    """A filled database; `merchant` is the one with the rows."""

    name: str
    app_url: str
    admin_url: str
    content: Content

    def execute(self, sql: str) -> None:
        """Run statements as its superuser, each committed by itself when there is only one."""
        asyncio.run(_execute(self.admin_url, sql))

    def call(self, sql: str, *arguments: object) -> None:
        """Run one statement as the application, for its merchant."""
        asyncio.run(_call(self.app_url, self.content.merchant, sql, *arguments))

    def load(self, sql: str, *arguments: object) -> None:
        """Run one statement as its superuser without triggers and foreign keys: for many rows that fit."""
        asyncio.run(_load(self.admin_url, sql, *arguments))

    def without_policies(self) -> None:
        """Switch row-level security off: for a copy that guard.cost compares with."""
        self.execute(
            """
            DO $$ DECLARE t regclass; BEGIN
                FOR t IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
                    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t);
                END LOOP;
            END $$
            """
        )

    def tps(self, script: str, clients: int, run_s: int, **variables: int | str) -> float:
        """Transactions a second of a pgbench script, as the application's role; `:members` is defined."""
        known = {"members": self.content.members, **variables}
        return pgbench.tps(self.app_url, script, clients, run_s, self.content.merchant, known)


@dataclass
class Rig:
    """Handed to each benchmark. `scale` 1 is the real thing, less is for trying out.

    `data` is a folder of labelled rows.
    """

    servers: Services
    folder: Path
    scale: float
    data: Path | None = None
    _filled: dict[tuple[int, int], Database] = field(default_factory=dict)
    _copies: int = 0

    @property
    def members(self) -> int:
        """How many members the usual database has: one million at scale 1."""
        return max(100, round(ROWS * self.scale))

    @property
    def run_s(self) -> int:
        """How long one turn of a rate lasts."""
        return 5 if self.scale >= 0.1 else 1

    @property
    def rounds(self) -> int:
        """How many turns of value and baseline count."""
        return 5 if self.scale >= 0.1 else 1

    def database(self, postings: int = 1, members: int | None = None) -> Database:
        """A database with so many members (default: all) and postings for each of their wallets.

        Made on first use, then shared: a benchmark may add to it, but must leave what is there. See copy().
        """
        wanted = (members or self.members, postings)
        if wanted not in self._filled:
            name = f"bench_{wanted[0]}_{postings}"
            content = asyncio.run(self._fill(name + FILLED, *wanted))
            self._filled[wanted] = Database(name, *self._urls(name), content)
            self._copy(self._filled[wanted], name)
        return self._filled[wanted]

    @contextmanager
    def alone(self, members: int, postings: int) -> Iterator[Database]:
        """A database of another size than the usual one; dropped at the end of the block."""
        self._copies += 1
        name = f"bench_alone_{self._copies}"
        content = asyncio.run(self._fill(name, max(100, members), postings))
        try:
            yield Database(name, *self._urls(name), content)
        finally:
            asyncio.run(_execute(self.servers.database_admin_url, f"DROP DATABASE {name} WITH (FORCE)"))

    @contextmanager
    def copy(self, source: Database) -> Iterator[Database]:
        """A copy of what it was filled with, for one benchmark to spoil; dropped at the end of the block."""
        self._copies += 1
        name = f"bench_copy_{self._copies}"
        self._copy(source, name)
        try:
            yield Database(name, *self._urls(name), source.content)
        finally:
            asyncio.run(_execute(self.servers.database_admin_url, f"DROP DATABASE {name} WITH (FORCE)"))

    def _copy(self, source: Database, name: str) -> None:
        """Copied and, like that of a service which has run for a while, in memory as far as it fits."""
        sql = f"CREATE DATABASE {name} TEMPLATE {source.name}{FILLED} STRATEGY = FILE_COPY"
        asyncio.run(_execute(self.servers.database_admin_url, sql))
        asyncio.run(_execute(self._urls(name)[1], _WARM))

    def _urls(self, name: str) -> tuple[str, str]:
        urls = (self.servers.database_url, self.servers.database_admin_url)
        app, admin = (urlsplit(url)._replace(path=f"/{name}").geturl() for url in urls)
        return app, admin

    async def _fill(self, name: str, members: int, postings: int) -> Content:
        await _execute(self.servers.database_admin_url, f"CREATE DATABASE {name}")
        app_url, admin_url = self._urls(name)
        await migrate(admin_url, app_url)
        return await fill.fill(app_url, admin_url, members, postings)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _call(url: str, merchant: UUID, sql: str, *arguments: object) -> None:
    connection = await asyncpg.connect(url, server_settings={"app.merchant": str(merchant)})
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()


async def _load(url: str, sql: str, *arguments: object) -> None:
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()


@contextmanager
def rig(scale: float, data: Path | None = None) -> Iterator[Rig]:
    """Servers in a folder of their own, gone at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-bench-"))
    folder.chmod(0o711)
    try:
        with (
            patch.dict(postgres.SERVER_SETTINGS, SERVER),
            services(
                Settings(data_dir=folder, database_url="", database_admin_url="", valkey_url="")
            ) as running,
        ):
            yield Rig(running, folder, scale, data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
