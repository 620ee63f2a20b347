"""The list of what is kept of people is whole: a new table or a new column of words has to be put into it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from asyncpg.exceptions import PostgresError

from core.embedded import Services
from core.people.personal import registry
from core.people.personal.model import Place

COLUMNS = """
SELECT c.relname::text AS table, a.attname::text AS column, t.typname::text AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND (c.relname = 'merchants' OR EXISTS (SELECT FROM pg_attribute m WHERE m.attrelid = c.oid
                                          AND m.attname = 'merchant_id' AND NOT m.attisdropped))
"""
# What cannot hold anybody's words.
PLAIN = frozenset(
    {
        *(
            "uuid",
            "bool",
            "int2",
            "int4",
            "int8",
            "float4",
            "float8",
            "numeric",
            "date",
            "time",
            "timestamptz",
        ),
        *(
            "interval",
            "_uuid",
            "_float4",
            "_timestamptz",
            "_int4",
            "ledger_side",
            "ledger_verb",
            "ledger_payer",
        ),
    }
)


@pytest.fixture
async def app_role(database: Services) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_every_column_of_words_is_in_the_list(app_role: asyncpg.Connection) -> None:
    there: dict[str, set[str]] = {}
    for row in await app_role.fetch(COLUMNS):
        there.setdefault(row["table"], set())
        if row["type"] not in PLAIN:
            there[row["table"]].add(row["column"])
    listed: dict[str, set[str]] = {
        table: set(columns.split()) for table, columns in registry.impersonal().items()
    }
    for place in registry.places():
        listed.setdefault(place.table, set()).update(place.columns())
    new, gone = set(there) - set(listed), {place.table for place in registry.places()} - set(there)
    assert not new, f"in no personal.py; of a person (PLACES), or IMPERSONAL? {' '.join(sorted(new))}"
    assert not gone, f"listed and not there: {' '.join(sorted(gone))}"
    missing = {f"{table}.{column}" for table, columns in there.items() for column in columns - listed[table]}
    assert not missing, f"what becomes of them at an erasure? {' '.join(sorted(missing))}"


def test_no_table_is_personal_and_impersonal() -> None:
    assert {place.table for place in registry.places()} & set(registry.impersonal()) == set()


@pytest.mark.parametrize("place", registry.places(), ids=lambda place: f"{place.table}.{place.by}")
async def test_a_place_names_columns_that_are_there(app_role: asyncpg.Connection, place: Place) -> None:
    names = await app_role.fetch(
        "SELECT attname::text AS name FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        place.table,
    )
    known = {row["name"] for row in names}
    assert {place.by, *place.columns()} <= known
    assert place.what
    assert place.area


async def test_history_can_be_erased_where_the_list_says_so_and_nowhere_else(database: Services) -> None:
    admin = await asyncpg.connect(database.database_admin_url)
    try:
        told = {row["table_name"] for row in await admin.fetch("SELECT table_name FROM erasable_history")}
        grants = await admin.fetch(
            "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = 'regulars_eraser' AND privilege_type IN ('DELETE', 'INSERT', 'TRUNCATE')"
        )
    finally:
        await admin.close()
    assert told == {place.table for place in registry.places() if place.history}
    assert {row["table_name"] for row in grants} <= {p.table for p in registry.places() if p.deletes}


async def test_nothing_else_passes_through_the_function(app_role: asyncpg.Connection) -> None:
    for table in ("ledger_journal", "staff", "customers", "audit_entries"):
        with pytest.raises(PostgresError, match="nothing of"):
            await app_role.execute("SELECT erase_history($1, '{}')", table)
