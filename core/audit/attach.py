"""Put the triggers of the log on every table; core.migrate does so when it is done."""

import asyncpg

from core.audit import tables

_COLUMNS = """
SELECT c.relname::text AS table, a.attname::text AS column, format_type(a.atttypid, NULL) AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_attribute m WHERE m.attrelid = c.oid AND m.attname = 'merchant_id')
ORDER BY 1, a.attnum
"""


async def columns(connection: asyncpg.Connection) -> dict[str, dict[str, str]]:
    """Columns and their types of each table of a merchant."""
    found: dict[str, dict[str, str]] = {}
    for row in await connection.fetch(_COLUMNS):
        found.setdefault(row["table"], {})[row["column"]] = row["type"]
    return found


async def attach(connection: asyncpg.Connection) -> int:
    """Triggers for tables that are new or have changed; answers how many. As the tables' owner."""
    made = 0
    for table, types in (await columns(connection)).items():
        if tables.is_logged(table):
            kept_back = ",".join(tables.hidden(table, types))
            made += await connection.fetchval(
                "SELECT audit_table($1::text::regclass, $2, $3, $4)", table, kept_back, *tables.rule(table)
            )
    return made
