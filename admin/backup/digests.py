"""How many rows each table has, and a sum over them that is another one as soon as a row differs."""

from collections.abc import Iterable
from typing import NamedTuple

import asyncpg

TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""

SAME_TEXT = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "search_path": "public",
}
"""Settings under which a value has one text, wherever it is read."""


class Digest(NamedTuple):
    """Of one table: the sum of the first 64 bits of each row's MD5, whatever the rows' order."""

    rows: int
    sum: str


def sql(tables: Iterable[str]) -> str:
    """One statement for all tables (quoted, with their schema): name, rows, sum."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS rows,"
        f" coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text AS sum"
        f" FROM {table} AS t"
        for table in tables
    )


async def take(connection: asyncpg.Connection) -> dict[str, Digest]:
    """Of all tables that the connection's transaction sees; it must have the settings SAME_TEXT."""
    tables = [row[0] for row in await connection.fetch(TABLES)]
    if not tables:
        return {}
    rows = await connection.fetch(sql(tables))
    return {row["name"]: Digest(row["rows"], row["sum"]) for row in rows}


def differing(before: dict[str, Digest], after: dict[str, Digest]) -> list[str]:
    """Tables that are not the same on both sides, each with what there was and is."""
    return [
        f"{name}: {_said(before.get(name))} before, {_said(after.get(name))} now"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _said(digest: Digest | None) -> str:
    return f"{digest.rows} rows ({digest.sum})" if digest else "no table"
