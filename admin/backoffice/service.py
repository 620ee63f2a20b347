"""Rows of plain tables, and their repair: one row, with a reason, written down for ever."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg.exceptions import IntegrityConstraintViolationError

from admin.backoffice.tables import Plain
from core import db
from core.errors import DomainError, Kind, NotFound
from core.i18n import LOCALES

REASON_CHARS = 500
VALUE_CHARS = 500
_KEEP = """
    INSERT INTO repairs (merchant_id, staff_id, table_name, row_id, was, became, reason, at)
    VALUES (current_merchant(), $1, $2, $3, $4::jsonb, $5::jsonb, $6, $7)
"""
_OF_ROW = """
    SELECT r.at, s.name AS by, r.was::text AS was, r.became::text AS became, r.reason
    FROM repairs r JOIN staff s ON s.id = r.staff_id
    WHERE r.merchant_id = current_merchant() AND r.table_name = $1 AND r.row_id = $2
    ORDER BY r.id DESC LIMIT 50
"""


class RepairUnfit(DomainError):
    """No reason, too long a text, or the table refuses the value."""

    code = "repair_unfit"
    kind = Kind.INVALID
    title = "This cannot be put there"


class RepairMoved(DomainError):
    """Somebody has changed the row since it was shown."""

    code = "repair_moved"
    kind = Kind.CONFLICT
    title = "The row is not as it was"


async def rows(table: Plain, before: UUID | date | None, limit: int) -> Sequence[db.Row]:
    """Rows with `key` and `columns` as texts, those with the highest key first, below `before`.

    At least `limit` if there are so many: rows that share a key come together.
    """
    # Names come out of tables.py, never out of a request.
    columns = ", ".join(f"{column}::text AS {column}" for column in table.columns)
    below = f"WHERE {table.key} < $2" if before else f"WHERE $2::{table.key_type} IS NULL"
    return await db.fetch(
        f"SELECT {table.key}::text AS key, {columns} FROM {table.name} {below}"
        f" ORDER BY {table.key} DESC FETCH FIRST ($1) ROWS WITH TIES",
        limit,
        before,
    )


async def row(table: Plain, key: UUID, lock: bool = False) -> dict[str, Any]:
    """One row of a table that can be put right. Raises NotFound."""
    columns = ", ".join(f"{column}::text AS {column}" for column in table.columns)
    tail = "FOR NO KEY UPDATE" if lock else ""
    found = await db.fetchrow(f"SELECT {columns} FROM {table.name} WHERE id = $1 {tail}", key)
    if found is None:
        raise NotFound(f"{table.name} has no such row")
    return dict(found)


async def repairs(table: Plain, key: UUID) -> Sequence[db.Row]:
    """What was put right in a row, the newest first."""
    return await db.fetch(_OF_ROW, table.name, key)


def fields(table: Plain, of: Mapping[str, Any]) -> dict[str, str]:
    """What a form shows of the columns that can be put right: `name`, or `name.en` for each language."""
    found: dict[str, str] = {}
    for column, kind in table.repairs.items():
        if kind == "text":
            found[column] = of[column] or ""
            continue
        names = db.from_json(of[column])
        found |= {f"{column}.{locale}": names.get(locale, "") for locale in LOCALES}
    return found


async def repair(
    table: Plain, key: UUID, seen: Mapping[str, str], wanted: Mapping[str, str], reason: str, by: UUID,
    now: datetime,
) -> bool:  # fmt: skip
    """Put `wanted` where `seen` stood, in the open transaction; answers whether anything changed.

    Raises NotFound, RepairMoved, RepairUnfit.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_CHARS or any(len(v) > VALUE_CHARS for v in wanted.values()):
        raise RepairUnfit("a reason is needed, and texts have at most 500 characters")
    old = await row(table, key, lock=True)
    known = fields(table, old)
    if any(known[name] != seen.get(name, "") for name in known):
        raise RepairMoved(table.name)
    changes = _changes(table, old, known, wanted)
    if not changes:
        return False
    sets = ", ".join(
        f"{column} = ${n}{'::jsonb' if table.repairs[column] == 'names' else ''}"
        for n, column in enumerate(changes, 2)
    )
    try:
        async with db.savepoint():
            await db.execute(f"UPDATE {table.name} SET {sets} WHERE id = $1", key, *changes.values())
    except IntegrityConstraintViolationError as error:
        raise RepairUnfit("the table does not take it") from error
    was = {column: old[column] for column in changes}
    await db.execute(_KEEP, by, table.name, key, db.to_json(was), db.to_json(changes), reason, now)
    return True


def _changes(
    table: Plain, old: Mapping[str, Any], known: Mapping[str, str], wanted: Mapping[str, str]
) -> dict[str, str]:
    """New values of the columns that change, as texts."""
    found: dict[str, str] = {}
    for column, kind in table.repairs.items():
        if kind == "text":
            if wanted.get(column, known[column]).strip() != known[column]:
                found[column] = wanted[column].strip()
            continue
        names = db.from_json(old[column])
        new = {locale: wanted.get(f"{column}.{locale}", "").strip() for locale in LOCALES}
        merged = names | {locale: said for locale, said in new.items() if said}
        if merged != names:
            found[column] = db.to_json(merged)
    return found
