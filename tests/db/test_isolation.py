"""Merchants are kept apart by the database itself, whatever the code above it asks for."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions import PostgresError

from core import clock, db
from core.embedded import Services
from core.ids import new_id
from core.people import api_keys, customers
from core.people.customers import CustomerRow
from core.people.tables import Customer
from tests.conftest import new_merchant

TENANT_TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND (c.relname = 'merchants' OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
       AND a.attname = 'merchant_id' AND NOT a.attisdropped))
ORDER BY c.relname
"""


@pytest.fixture
async def app_role(database: Services) -> AsyncIterator[asyncpg.Connection]:
    """A bare connection as the application connects, without core.db around it."""
    connection = await asyncpg.connect(database.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def _tenant_tables(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(TENANT_TABLES)
    return rows


async def test_every_table_of_a_merchant_is_forced_under_row_level_security(
    app_role: asyncpg.Connection,
) -> None:
    tables = await _tenant_tables(app_role)
    assert {"merchants", "customers", "outbox", "idempotency_keys"} <= {row["relname"] for row in tables}
    open_ones = [r["relname"] for r in tables if not (r["relrowsecurity"] and r["relforcerowsecurity"])]
    assert open_ones == []


async def test_every_policy_of_the_application_names_the_merchant(app_role: asyncpg.Connection) -> None:
    rows = await app_role.fetch(
        "SELECT tablename, qual, with_check FROM pg_policies WHERE 'regulars_app' = ANY (roles)"
    )
    assert rows
    loose = [
        row["tablename"]
        for row in rows
        if "current_merchant()" not in (row["qual"] or "current_merchant()")
        or "current_merchant()" not in (row["with_check"] or "current_merchant()")
        or not (row["qual"] or row["with_check"])
    ]
    assert loose == []


async def test_tables_without_a_merchant_are_none_of_the_applications(app_role: asyncpg.Connection) -> None:
    """But for the names of the migrations, nobody's data: `regulars doctor` reads them and writes none."""
    rows = await app_role.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relrowsecurity"
        # Such a view shows what its reader may see of the tables below.
        " AND NOT (c.relkind = 'v' AND 'security_invoker=true' = ANY (coalesce(c.reloptions, '{}')))"
        " AND (has_table_privilege('regulars_app', c.oid, 'SELECT')"
        "      OR has_table_privilege('regulars_app', c.oid, 'INSERT'))"
    )
    assert [row["relname"] for row in rows] == ["migration"]
    rights = await app_role.fetch(
        "SELECT privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'regulars_app' AND table_schema = 'public' AND table_name = 'migration'"
    )
    assert [row["privilege_type"] for row in rights] == ["SELECT"]


async def test_the_application_is_an_ordinary_role_that_owns_nothing(app_role: asyncpg.Connection) -> None:
    role = await app_role.fetchrow(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert role is not None
    assert tuple(role) == ("regulars_app", False, False, False, False)
    assert (
        await app_role.fetchval(
            "SELECT count(*) FROM pg_class"
            " WHERE relowner = 'regulars_app'::regrole AND relpersistence <> 't'"  # what a session stages in
        )
        == 0
    )
    assert (
        await app_role.fetchval("SELECT count(*) FROM pg_proc WHERE proowner = 'regulars_app'::regrole") == 0
    )
    members = "SELECT count(*) FROM pg_auth_members WHERE member = 'regulars_app'::regrole"
    assert await app_role.fetchval(members) == 0


async def test_the_roles_that_functions_run_as_cannot_log_in_or_bypass(app_role: asyncpg.Connection) -> None:
    rows = await app_role.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname IN ('regulars_owner', 'regulars_ledger', 'regulars_gate')"
        " AND NOT rolcanlogin AND NOT rolsuper AND NOT rolbypassrls"
    )
    assert len(rows) == 3


async def test_without_a_merchant_no_table_shows_a_row(app_role: asyncpg.Connection, merchant: UUID) -> None:
    for row in await _tenant_tables(app_role):
        table = row["relname"]
        if not await app_role.fetchval("SELECT has_table_privilege($1, 'SELECT')", table):
            continue
        # The policy asks for the merchant at the first row: an empty table stays silent.
        try:
            assert await app_role.fetch(f'SELECT * FROM "{table}"') == [], table
        except PostgresError as error:
            assert "no merchant is set" in str(error), table
    with pytest.raises(PostgresError, match="no merchant is set"):
        await app_role.fetch("SELECT * FROM merchants")
    # The same after a merchant was set and has gone with its transaction.
    async with app_role.transaction():
        await app_role.execute("SELECT set_config('app.merchant', $1, true)", str(merchant))
        assert await app_role.fetchval("SELECT count(*) FROM merchants") == 1
    with pytest.raises(PostgresError, match="no merchant is set"):
        await app_role.fetch("SELECT * FROM merchants")


async def test_another_merchants_ids_show_and_change_nothing(merchant: UUID) -> None:
    other = await new_merchant()
    async with db.transaction(other):
        ids = await customers.upsert([CustomerRow("c-1", clock.now(), email="a@example.test", name="Ada")])
    async with db.transaction(merchant):
        assert await customers.find(ids["c-1"]) is None
        assert await db.fetch("SELECT 1 FROM customers WHERE id = $1", ids["c-1"]) == []
        assert await db.fetch("SELECT 1 FROM merchants WHERE id = $1", other) == []
        changed = await db.execute("UPDATE customers SET deleted_at = now() WHERE id = $1", ids["c-1"])
        erased = await db.execute("DELETE FROM customer_profiles WHERE customer_id = $1", ids["c-1"])
        assert (changed, erased) == ("UPDATE 0", "DELETE 0")
        assert await Customer.select().where(Customer.id == ids["c-1"]) == []
    async with db.transaction(other):
        found = await customers.find(ids["c-1"])
    assert found is not None
    assert found.name == "Ada"


async def test_rows_cannot_be_put_into_another_merchant_or_moved_there(merchant: UUID) -> None:
    other = await new_merchant()
    insert = "INSERT INTO customers (merchant_id, external_id, created_at) VALUES ($1, 'x', now())"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(merchant):
            await db.execute(insert, other)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(merchant):
            await db.execute(insert, merchant)
            await db.execute("UPDATE customers SET merchant_id = $1", other)
    for one in (merchant, other):
        async with db.transaction(one):
            assert await db.fetchval("SELECT count(*) FROM customers") == 0


async def test_a_row_cannot_refer_to_another_merchants(merchant: UUID) -> None:
    other = await new_merchant()
    async with db.transaction(other):
        ids = await customers.upsert([CustomerRow("c-1", clock.now())])
    # Foreign keys do not see policies: they name the merchant, too.
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with db.transaction(merchant):
            await db.execute(
                "INSERT INTO sessions (merchant_id, token_hash, customer_id, created_at, expires_at)"
                " VALUES ($1, $2, $3, now(), now())",
                merchant,
                new_id().bytes,
                ids["c-1"],
            )
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_transactions_of_two_merchants_do_not_nest(merchant: UUID) -> None:
    other = await new_merchant()
    with pytest.raises(db.OtherMerchant):
        async with db.transaction(merchant), db.transaction(other):
            pass


async def test_the_gate_tells_what_signing_in_needs_and_no_more(
    app_role: asyncpg.Connection, merchant: UUID
) -> None:
    async with db.transaction(merchant):
        key = await api_keys.create("till", ["events:write"], clock.now())
    prefix = key.split("_")[1]
    row = await app_role.fetchrow("SELECT * FROM gate_api_key($1)", prefix)
    assert row is not None
    assert set(row.keys()) == {"id", "merchant_id", "secret_hash", "scopes", "expires_at", "last_used_at"}
    for role in ("regulars_gate", "regulars_owner", "regulars_ledger"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app_role.execute(f"SET ROLE {role}")
    with pytest.raises(PostgresError):
        await app_role.fetch("SELECT * FROM api_keys")
