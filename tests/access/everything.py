"""A row in every table for one merchant, so that whatever asks for an id has something that it could find.

The rows are written by the database's administrator past foreign keys, triggers and checks: they tell no
story, they are only there, and somebody's. They have to go again before anything else looks at the database.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

MARK = "somebody-elses-secret"
"""Stands in every text of the rows."""

COLUMNS = """
SELECT c.relname AS table, a.attname AS column, t.typname AS type,
       t.typcategory::text AS category, a.atttypmod AS size,
       (SELECT min(enumlabel) FROM pg_enum e WHERE e.enumtypid = t.oid) AS label
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' OR a.attname = 'merchant_id')
ORDER BY c.relname, a.attnum
"""
CHECKS = """
SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = $1::regclass AND contype = 'c' AND conislocal
"""


@dataclass(frozen=True)
class Everything:
    """A merchant's rows by table."""

    merchant: UUID
    rows: dict[str, dict[str, Any]]

    def ids(self) -> set[str]:
        """Every id in the rows but the merchant's own, as text."""
        found = {
            str(value) for row in self.rows.values() for value in row.values() if isinstance(value, UUID)
        }
        return found - {str(self.merchant)}


async def fill(admin: asyncpg.Connection, merchant: UUID, only: Collection[str] | None = None) -> Everything:
    """Write a row into each table that has a merchant, or into some of them."""
    columns: dict[str, list[asyncpg.Record]] = {}
    for row in await admin.fetch(COLUMNS):
        columns.setdefault(row["table"], []).append(row)
    rows = {}
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table, of_it in columns.items():
            has_one = "merchant_id" in {each["column"] for each in of_it}
            if has_one and (only is None or table in only):
                rows[table] = await _one(admin, table, of_it, merchant)
    return Everything(merchant, rows)


async def remove(admin: asyncpg.Connection, everything: Everything) -> None:
    """Take the rows away again."""
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table in everything.rows:
            await admin.execute(f"DELETE FROM {table} WHERE merchant_id = $1", everything.merchant)


async def _one(
    admin: asyncpg.Connection, table: str, columns: list[asyncpg.Record], merchant: UUID
) -> dict[str, Any]:
    """One row, past the checks, which hold again afterwards."""
    checks = await admin.fetch(CHECKS, table)
    for check in checks:
        await admin.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{check["conname"]}"')
    names = ", ".join(column["column"] for column in columns)
    values = ", ".join(_value(column, merchant) for column in columns)
    row = await admin.fetchrow(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING *")
    for check in checks:
        definition = check["definition"].removesuffix(" NOT VALID")
        await admin.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{check["conname"]}" {definition} NOT VALID')
    assert row
    return dict(row)


def _value(column: asyncpg.Record, merchant: UUID) -> str:
    """Some value of the column's type, in SQL."""
    kind: str = column["type"]
    if column["column"] == "merchant_id":
        return f"'{merchant}'"
    if column["label"]:
        return f"'{column['label']}'"
    match kind:
        case "uuid":
            return "uuidv7()"
        case "text":
            return f"'{MARK}-{_unique(column)}'"
        case "jsonb":
            return f"""'{{"{MARK}": 1}}'"""
        case "halfvec" | "vector":
            return f"('[' || repeat('0,', {column['size'] - 1}) || '1]')::{kind}"
        case "time":
            return "'08:00'"
        case "date" | "timestamptz":
            return "'2026-01-01'"
        case "interval":
            return "'1 day'"
    return {"A": "'{}'", "B": "false", "N": "1"}.get(str(column["category"]), "''")


def _unique(column: asyncpg.Record) -> str:
    """A text that is unique where texts have to be."""
    return f"{column['table']}-{column['column']}"
