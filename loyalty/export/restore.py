"""Bring an export back into an empty merchant: all of it in one transaction, or nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions import PostgresError

from core import db
from core.people import staff
from loyalty.export.catalogue import LEDGER, WITHHELD, Noun, nouns
from loyalty.export.errors import ExportIsHere, ExportUnreadable, MerchantNotEmpty
from loyalty.export.service import FORMAT, MANIFEST, PLAIN, File, Manifest, OnProgress
from loyalty.ledger.service import REFUSED
from loyalty.liability import rolling

BLOCK = 1 << 20
MADE_BY_TRIGGER = frozenset({"wallet_versions"})
"""Rows that the row they belong to has brought along already, as they were."""


async def read(folder: Path, merchant_id: UUID, on_progress: OnProgress) -> Manifest:
    """Restore an export of the same version; `on_progress(files_done, files_total)`.

    Raises ExportUnreadable, MerchantNotEmpty, ExportIsHere or OSError; then nothing has changed.
    """
    manifest = _manifest(folder)
    for file in manifest.files:
        _check(folder / file.name, file)
    async with db.transaction(merchant_id) as connection:
        known = await nouns()
        _compare(known, manifest)
        await _expect_empty(known)
        await db.execute(
            "UPDATE merchants SET name = $1, time_zone = $2, currency = $3, locale = $4",
            db.to_json(manifest.merchant.name),
            manifest.merchant.time_zone,
            manifest.merchant.currency,
            manifest.merchant.locale,
        )
        try:
            await _restore(connection, folder, known, on_progress)
        except asyncpg.UniqueViolationError as error:
            raise ExportIsHere(error.as_dict().get("detail") or "") from error
        except PostgresError as error:
            raise _told(error) from error
        await _count(known, manifest)
        await rolling.forget()
    on_progress(len(known), len(known))
    return manifest


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise ExportUnreadable(f"{MANIFEST}: {error}") from error
    if manifest.format != FORMAT:
        raise ExportUnreadable(f"{MANIFEST}: the format is {manifest.format}, not {FORMAT}")
    return manifest


def _check(path: Path, file: File) -> None:
    if Path(file.name).name != file.name or not path.is_file():
        raise ExportUnreadable(f"{file.name} is missing")
    digest = hashlib.sha256()
    with path.open("rb") as data:
        while block := data.read(BLOCK):
            digest.update(block)
    if digest.hexdigest() != file.sha256:
        raise ExportUnreadable(f"{file.name} was changed since it was exported")


def _compare(known: Sequence[Noun], manifest: Manifest) -> None:
    """Nothing may be left over on either side: a column that is not known would be lost."""
    here = {f"{noun.name}.ndjson": noun.columns for noun in known}
    there = {file.name: file.columns for file in manifest.files}
    differing = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if differing:
        raise ExportUnreadable(f"of another version: {', '.join(differing)}")


async def _expect_empty(known: Sequence[Noun]) -> None:
    for noun in known:
        if await db.fetchval(f'SELECT EXISTS (SELECT FROM "{noun.name}")'):
            raise MerchantNotEmpty(noun.name)


async def _restore(
    connection: asyncpg.Connection, folder: Path, known: Sequence[Noun], on_progress: OnProgress
) -> None:
    ledger = [noun for noun in known if noun.name.startswith(LEDGER)]
    for done, noun in enumerate(known):
        on_progress(done, len(known))
        if noun in ledger:
            if noun == ledger[0]:
                for each in ledger:
                    await _stage(connection, folder, each)
                await db.execute("SELECT ledger_restore($1)", [each.name for each in ledger])
            continue
        await _stage(connection, folder, noun)
        withheld = [await staff.no_password()] if noun.name in WITHHELD else []
        await db.execute(_insert(noun), *withheld)


async def _stage(connection: asyncpg.Connection, folder: Path, noun: Noun) -> None:
    """The file into a temporary table, as it is."""
    await db.execute(
        f'CREATE TEMPORARY TABLE "restore_{noun.name}"'
        " (n bigint GENERATED ALWAYS AS IDENTITY, row jsonb) ON COMMIT DROP"
    )
    await db.execute(f'GRANT SELECT ON "restore_{noun.name}" TO regulars_ledger')
    with (folder / f"{noun.name}.ndjson").open("rb") as source:
        await connection.copy_to_table(f"restore_{noun.name}", source=source, columns=["row"], **PLAIN)


def _insert(noun: Noun) -> str:
    columns = ", ".join(f'"{column}"' for column in noun.columns)
    withheld = WITHHELD.get(noun.name)
    names, values = (f', "{withheld}"', ", $1::text") if withheld else ("", "")
    return (
        f'INSERT INTO "{noun.name}" (merchant_id, {columns}{names})'
        f" SELECT current_merchant(), {columns}{values}"
        f' FROM (SELECT (jsonb_populate_record(NULL::"{noun.name}", r.row)).*, r.n AS restored_n'
        f' FROM "restore_{noun.name}" r) x ORDER BY restored_n'
        + (" ON CONFLICT DO NOTHING" if noun.name in MADE_BY_TRIGGER else "")
    )


async def _count(known: Sequence[Noun], manifest: Manifest) -> None:
    rows = {file.name: file.rows for file in manifest.files}
    for noun in known:
        found = await db.fetchval(f'SELECT count(*) FROM "{noun.name}"')
        if found != rows[f"{noun.name}.ndjson"]:
            raise ExportUnreadable(f"{noun.name}: {found} rows came back of {rows[f'{noun.name}.ndjson']}")


def _told(error: PostgresError) -> Exception:
    """What is wrong with the content; anything that is none of the content's fault stays as it is."""
    fields = error.as_dict()
    state = str(fields.get("sqlstate", ""))
    if state == REFUSED:
        return ExportUnreadable(f"{fields.get('message')}: {fields.get('detail')}")
    if state[:2] in ("22", "23"):  # data that do not fit, constraints that do not hold
        return ExportUnreadable(f"{fields.get('message')} {fields.get('context') or ''}".strip())
    return error
