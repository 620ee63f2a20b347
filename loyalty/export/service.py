"""Write everything out: one NDJSON file a table, and a manifest with counts and hashes.

The files are those of one moment. Ids stay, the merchant's own is left out: the same data give the same
bytes, wherever they are. The files have personal data in clear and are readable by their owner alone.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from core import db
from loyalty.export.catalogue import Noun, nouns
from loyalty.export.errors import FolderNotEmpty

MANIFEST = "manifest.json"
FORMAT = "regulars.loyalty/1"
# JSON text has no control characters, so nothing is ever quoted: a line is a row.
PLAIN = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}

OnProgress = Callable[[int, int], None]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of an export."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


class Merchant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of the merchant the programme depends on."""

    name: dict[str, str]
    time_zone: str
    currency: str
    locale: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export has, in the order in which it comes back."""

    format: str
    merchant: Merchant
    files: tuple[File, ...]


async def write(folder: Path, merchant_id: UUID, on_progress: OnProgress) -> Manifest:
    """Export a merchant into a new or empty folder; the manifest is written last.

    `on_progress(files_done, files_total)`. Raises FolderNotEmpty or OSError.
    """
    _make(folder)
    files: list[File] = []
    async with db.snapshot(merchant_id) as connection:
        await db.execute("SET LOCAL timezone = 'UTC'")  # JSON writes times in it
        row = await db.fetchrow("SELECT name, time_zone, currency, locale FROM merchants")
        assert row is not None  # the merchant whose transaction this is
        merchant = Merchant(db.from_json(row["name"]), row["time_zone"], row["currency"], row["locale"])
        found = await nouns()
        for noun in found:
            on_progress(len(files), len(found))
            files.append(await _write(connection, noun, folder / f"{noun.name}.ndjson"))
    manifest = Manifest(FORMAT, merchant, tuple(files))
    with _private(folder / MANIFEST) as out:
        out.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    on_progress(len(files), len(files))
    return manifest


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderNotEmpty(str(folder))


async def _write(connection: asyncpg.Connection, noun: Noun, path: Path) -> File:
    rows, digest = 0, hashlib.sha256()
    columns = ", ".join(f't."{column}"' for column in noun.columns)
    order = ", ".join(f't."{column}"' for column in noun.order)
    query = f'SELECT to_json(x) FROM "{noun.name}" t CROSS JOIN LATERAL (SELECT {columns}) x ORDER BY {order}'
    with _private(path) as out:

        async def take(data: bytes) -> None:
            nonlocal rows
            rows += data.count(b"\n")
            digest.update(data)
            out.write(data)

        sink: Callable[[bytes], Awaitable[None]] = take
        await connection.copy_from_query(query, output=sink, **PLAIN)
    return File(path.name, noun.columns, rows, digest.hexdigest())


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
