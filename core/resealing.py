"""Every column that holds values sealed with a key of the installation, and how all are sealed anew.

The columns are declared beside the code that seals and opens them, as SEALED of each of MODULES; a test
compares them with the database and with the source, so that none is forgotten when the key is replaced.
"""

import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from core import db, tenancy
from core.vault import Sealed, vault

MODULES = (
    "core.notifications.settings",
    "core.people.company.settings",
    "core.people.handoff",
    "core.people.keys",
    "core.people.second_factor",
    "core.people.webhooks",
    "core.webhooks.endpoints",
    "reviews.accounts.service",
)
"""Named, not imported: core knows no package above it."""

BATCH = 500
"""Rows that are locked at a time."""


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values, or NULL."""

    table: str
    column: str
    key: str
    """The column that tells the rows of one merchant apart."""
    place: Callable[[db.Row], str]
    """What the value of a row is sealed for; called in a transaction of its merchant."""
    also: tuple[str, ...] = ()
    """Further columns that `place` reads."""

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Done:
    """What became of a column, over all merchants."""

    column: SealedColumn
    sealed: int
    """Values that another key had sealed, and the first one has now."""
    lost: Sequence[str]
    """Keys of rows whose value none of the installation's keys opens: they are as they were."""


@lru_cache
def columns() -> Sequence[SealedColumn]:
    """All of them."""
    modules = [importlib.import_module(name) for name in MODULES]
    return [each for module in modules for each in cast("Sequence[SealedColumn]", module.SEALED)]


async def reseal() -> AsyncIterator[Done]:
    """Seal with the first key whatever another one has sealed, of all merchants, column by column.

    Each batch is committed by itself: whoever is cut off runs it again, and it goes on. When everything is
    sealed with the first key it changes nothing.
    """
    merchants = await tenancy.merchants()
    for column in columns():
        sealed, lost = 0, list[str]()
        for merchant in merchants:
            last = None
            while True:
                async with db.transaction(merchant.id):
                    rows = await db.fetch(_found(column, last), *([] if last is None else [last]))
                    missed = await _seal(column, rows)
                sealed += len(rows) - len(missed)
                lost += missed
                if len(rows) < BATCH:
                    break
                last = rows[-1][column.key]
        yield Done(column, sealed, lost)


def _found(column: SealedColumn, last: object) -> str:
    """The next rows that the first key has not sealed. One that cannot be opened must not come again."""
    read = ", ".join(dict.fromkeys((column.key, column.column, *column.also)))
    first = vault().first.hex()
    after = "" if last is None else f"AND {column.key} > $1"
    return (
        f"SELECT {read} FROM {column.table}"
        f" WHERE substr({column.column}, 1, {len(vault().first)}) <> '\\x{first}' {after}"
        f" ORDER BY {column.key} LIMIT {BATCH} FOR UPDATE"
    )


async def _seal(column: SealedColumn, rows: Sequence[db.Row]) -> list[str]:
    """Keys of the rows whose value cannot be opened."""
    missed = []
    for row in rows:
        at = column.place(row)
        try:
            anew = vault().seal(vault().open(bytes(row[column.column]), at), at)
        except Sealed:
            missed.append(str(row[column.key]))
            continue
        await db.execute(
            f"UPDATE {column.table} SET {column.column} = $2 WHERE {column.key} = $1", row[column.key], anew
        )
    return missed
