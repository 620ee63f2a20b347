"""The database: one engine, one place that opens a transaction.

Every transaction names its merchant; row-level security shows the rows of that merchant and no
others. Work that runs before a merchant is known (sign-in, key look-up, the relay) opens
`transaction(None)` and can only call the gate functions of core/migrations/0001_core.sql.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions import InterfaceError, InternalClientError, InvalidCachedStatementError
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from core.audit import acting
from core.telemetry import traces

Row = asyncpg.Record
T = TypeVar("T")

AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.TransactionRollbackError,
    asyncpg.OperatorInterventionError,
    InternalClientError,  # the connection broke in the middle of a statement
    InvalidCachedStatementError,  # a migration changed a table since the statement was prepared
    InterfaceError,
    ConnectionError,
    TimeoutError,
)
"""The server is gone, going, full, or asks us to try again."""


class NoTransaction(RuntimeError):
    """A query was made outside transaction(): a mistake in the code."""


class OtherMerchant(RuntimeError):
    """A transaction of one merchant was opened inside that of another: a mistake in the code."""


class MerchantTransaction(PostgresTransaction):
    """BEGIN and the merchant in one round trip; a failed COMMIT gives the connection back all the same."""

    merchant_id: UUID | None
    opening = "BEGIN"

    async def __aenter__(self) -> "MerchantTransaction":
        pool = self.engine.pool
        self.connection = await (pool.acquire() if pool else self.engine.get_new_connection())
        try:
            await self.begin()
        except BaseException:
            await self._release()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def begin(self) -> None:
        merchant = "" if self.merchant_id is None else str(UUID(str(self.merchant_id)))
        actor = acting.told().replace("'", "''")
        also = f", set_config('app.actor', '{actor}', true)" if actor else ""
        if place := traces.here():
            also += f", set_config('app.trace', '{place}', true)"
        await self.connection.execute(
            f"{self.opening}; SELECT set_config('app.merchant', '{merchant}', true){also}"
        )

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        try:
            if exception is None:
                await self.commit()
            elif not self.connection.is_closed():
                await self.rollback()
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._release()
        return False

    async def _release(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


class Engine(PostgresEngine):
    """Piccolo's engine, whose address is known only when the process connects."""

    migrating = False

    def __init__(self) -> None:
        super().__init__(config={}, extensions=())

    async def check_version(self) -> None:
        """Nothing to ask yet: the address is not known when this object is made."""

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        """Closed but to migrations: everything else opens core.db.transaction()."""
        if not self.migrating:
            raise NoTransaction("use core.db.transaction(merchant_id)")
        return super().transaction(allow_nested)


DB = Engine()


@contextmanager
def as_owner() -> Iterator[None]:
    """For core.migrate alone: Piccolo opens the transactions of its migrations itself."""
    DB.migrating = True
    try:
        yield
    finally:
        DB.migrating = False


def owners_transaction() -> PostgresTransaction:
    """For core.migrate alone, within as_owner(): those that Piccolo opens inside are parts of this one."""
    return DB.transaction()


async def _keep(connection: Any) -> None:
    """Nothing to reset on release: we set only what ends with the transaction."""


async def connect(url: str, pool_size: int) -> None:
    """Open the pool of this process.

    Raises OSError or asyncpg.PostgresError when the server cannot be reached or refuses.
    """
    DB.config = {"dsn": url}
    DB.pool = await asyncpg.create_pool(
        url, min_size=1, max_size=pool_size, reset=_keep, command_timeout=60, init=_prepare
    )


async def _prepare(connection: asyncpg.Connection) -> None:
    """Our queries are short: compiling one costs more than it saves."""
    await connection.execute("SET jit = off")
    if traces.on():
        connection.add_query_logger(traces.sql)


async def disconnect() -> None:
    """Close the pool of this process, if there is one."""
    if DB.pool:
        pool, DB.pool = DB.pool, None
        await pool.close()


def pool_size() -> tuple[int, int]:
    """Connections of this process's pool: how many there are, and how many of them are free."""
    pool = DB.pool
    return (pool.get_size(), pool.get_idle_size()) if pool else (0, 0)


@asynccontextmanager
async def transaction(merchant_id: UUID | None) -> AsyncIterator[asyncpg.Connection]:
    """One transaction of one merchant; inside another of the same merchant, a part of that one.

    Commits at the end, rolls back on any exception. Raises OtherMerchant when nested wrongly.
    """
    outer = DB.current_transaction.get()
    if outer is not None:
        if _merchant_of(outer) != merchant_id:
            raise OtherMerchant(f"{merchant_id} inside {_merchant_of(outer)}")
        yield outer.connection
        return
    opened = MerchantTransaction(DB)
    opened.merchant_id = merchant_id
    async with opened:
        yield opened.connection


@asynccontextmanager
async def snapshot(merchant_id: UUID) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that only reads and sees one moment throughout; never inside another."""
    if DB.current_transaction.get() is not None:
        raise OtherMerchant(f"a snapshot of {merchant_id} inside a transaction")
    opened = MerchantTransaction(DB)
    opened.merchant_id = merchant_id
    opened.opening = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    async with opened:
        yield opened.connection


@asynccontextmanager
async def whole(admin_url: str, server_settings: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """One moment of all merchants' rows, for backups: a connection of a role that no policy holds.

    It only reads. Raises asyncpg.InsufficientPrivilegeError in the block for a role that policies hold.
    """
    alone = await asyncpg.connect(admin_url, server_settings={**server_settings, "row_security": "off"})
    try:
        async with alone.transaction(isolation="repeatable_read", readonly=True):
            yield alone
    finally:
        await alone.close()


@asynccontextmanager
async def owners(connection: asyncpg.Connection, lock_timeout_ms: int) -> AsyncIterator[None]:
    """For core.migrate alone: a transaction of the owner of the tables, on an administrator's connection."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = {lock_timeout_ms}; SET LOCAL ROLE regulars_owner")
        yield


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """A part of the open transaction that can fail alone: what it raises undoes this part and goes on up."""
    await execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if not connection().is_closed():
            await execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
        raise
    await execute("RELEASE SAVEPOINT part")


def _merchant_of(current: PostgresTransaction | None) -> UUID | None:
    return current.merchant_id if isinstance(current, MerchantTransaction) else None


async def follow_trace() -> None:
    """Rows of the outbox that the open transaction writes from now on continue the trace at hand."""
    if traces.on():
        await execute("SELECT set_config('app.trace', $1, true)", traces.here())


def connection() -> asyncpg.Connection:
    """The connection of the transaction that is open. Raises NoTransaction without one."""
    current = DB.current_transaction.get()
    if current is None:
        raise NoTransaction("open core.db.transaction(merchant_id) first")
    opened: asyncpg.Connection = current.connection
    return opened


def merchant_id() -> UUID:
    """The merchant of the transaction that is open. Raises NoTransaction without one."""
    merchant = _merchant_of(DB.current_transaction.get())
    if merchant is None:
        raise NoTransaction("no merchant is set")
    return merchant


async def fetch(sql: str, *args: Any) -> Sequence[Row]:
    """All rows of one statement, in the open transaction."""
    rows: Sequence[Row] = await connection().fetch(sql, *args)
    return rows


async def fetchrow(sql: str, *args: Any) -> Row | None:
    """The first row of one statement, in the open transaction."""
    row: Row | None = await connection().fetchrow(sql, *args)
    return row


async def fetchval(sql: str, *args: Any) -> Any:
    """The first column of the first row, in the open transaction."""
    return await connection().fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> str:
    """Run one statement in the open transaction; answers PostgreSQL's command tag."""
    return str(await connection().execute(sql, *args))


def to_json(value: Any) -> str:
    """JSON text of a value, for a jsonb argument."""
    return msgspec.json.encode(value).decode()


def from_json(text: str) -> Any:
    """The value of a jsonb column read by fetch()."""
    return msgspec.json.decode(text)


def from_json_as(text: str, type: type[T]) -> T:
    """The same as a type that msgspec knows."""
    return msgspec.json.decode(text, type=type)
