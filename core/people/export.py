"""Everything that is kept of a person, as a zip: JSON by area, files of packages, a page to read.

Made by the outbox, sealed under the person's key in parts, and kept for KEPT.
"""

import os
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import msgspec

from core import db, outbox, tenancy
from core.design.pages import render
from core.errors import DomainError, Kind, NotFound
from core.i18n import Locale, negotiate
from core.ids import new_id
from core.people import customers, keys
from core.people.personal import finding, registry
from core.people.personal.model import WORDS, Person, Place

TOPIC = "person.export"
KEPT = timedelta(days=7)
PART_BYTES = 1 << 20
PAGE_ROWS = 500
ROWS_SHOWN = 200
"""Of each table on the page to read; the JSON has them all."""

_ADD = """
INSERT INTO person_exports (id, merchant_id, customer_id, asked_at) VALUES ($1, current_merchant(), $2, $3)
"""
_ADD_PART = """
INSERT INTO person_export_parts (merchant_id, export_id, number, sealed)
VALUES (current_merchant(), $1, $2, $3)
"""
_READY = "UPDATE person_exports SET ready_at = $2, size_bytes = $3 WHERE id = $1"
_OF = """
SELECT id, customer_id, asked_at, ready_at, size_bytes FROM person_exports
WHERE customer_id = $1 ORDER BY id DESC LIMIT 5
"""
_ONE = "SELECT id, customer_id, asked_at, ready_at, size_bytes FROM person_exports WHERE id = $1"
_PART = "SELECT sealed FROM person_export_parts WHERE export_id = $1 AND number = $2"


class ExportNotReady(DomainError):
    """It is still being made."""

    code = "export_not_ready"
    kind = Kind.CONFLICT
    title = "The export is not ready yet"


@dataclass(frozen=True)
class Export:
    """One file that was asked for; `ready_at` is None while it is being made."""

    id: UUID
    customer_id: UUID
    asked_at: datetime
    ready_at: datetime | None
    size_bytes: int | None

    @property
    def until(self) -> datetime:
        """When it is deleted."""
        return self.asked_at + KEPT

    def expect_ready(self) -> None:
        """Raises ExportNotReady."""
        if self.ready_at is None:
            raise ExportNotReady()


async def ask(customer_id: UUID, now: datetime) -> Export:
    """Have an export made, in the open transaction; while one is being made, that one. Raises NotFound."""
    if await customers.find(customer_id) is None:
        raise NotFound(f"no customer {customer_id}")
    newest = await of(customer_id)
    if newest and newest[0].ready_at is None:
        return newest[0]
    made = Export(new_id(), customer_id, now, None, None)
    await db.execute(_ADD, made.id, customer_id, now)
    await outbox.add(TOPIC, {"export": made.id}, now)
    return made


async def of(customer_id: UUID) -> list[Export]:
    """The newest exports of a customer, the newest first."""
    return [Export(**row) for row in await db.fetch(_OF, customer_id)]


async def get(export_id: UUID, customer_id: UUID) -> Export:
    """One of theirs. Raises NotFound, for that of somebody else, too."""
    row = await db.fetchrow(_ONE, export_id)
    if row is None or row["customer_id"] != customer_id:
        raise NotFound(f"no export {export_id}")
    return Export(**row)


async def make(export_id: UUID, now: datetime) -> None:
    """Write an export and keep it, in the open transaction; one that is ready or gone stays as it is."""
    row = await db.fetchrow(_ONE, export_id)
    if row is None or row["ready_at"] is not None:
        return
    sealer = await keys.of(row["customer_id"])
    with TemporaryFile() as file:
        await write(row["customer_id"], file, now)
        size, number = file.tell(), 0
        file.seek(0)
        while part := file.read(PART_BYTES):
            await db.execute(_ADD_PART, export_id, number, sealer.seal(part, _place(export_id, number)))
            number += 1
    await db.execute(_READY, export_id, now, size)


async def read(export: Export, merchant_id: UUID) -> AsyncIterator[bytes]:
    """The zip, part by part, each read in a transaction of its own. Raises ExportNotReady or PersonErased."""
    export.expect_ready()
    number = 0
    while True:
        async with db.transaction(merchant_id):
            sealed = await db.fetchval(_PART, export.id, number)
            if sealed is None:
                return
            opened = (await keys.of(export.customer_id)).open(bytes(sealed), _place(export.id, number))
        yield opened
        number += 1


async def write(customer_id: UUID, file: IO[bytes], now: datetime) -> None:
    """The zip of a person into `file`, in the open transaction. Raises NotFound."""
    person = await finding.person(customer_id)
    profile = await customers.find(customer_id)
    if person is None or profile is None:
        raise NotFound(f"no customer {customer_id}")
    locale = negotiate(profile.locale, profile.locale)
    seen: dict[str, list[tuple[Place, list[dict[str, Any]], int]]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for area, places in _areas().items():
            seen[area] = await _area(archive, area, places, person)
        names = [name async for name in _files(archive, person)]
        archive.writestr("index.html", await _page(profile.name, seen, names, locale, now))
    file.flush()


async def write_to(customer_id: UUID, path: Path, now: datetime) -> int:
    """The same into a new file that only its owner may read; answers its bytes. Raises NotFound or OSError.

    What could not be finished is not left behind.
    """
    with open(path, "xb", opener=_private) as file:  # noqa: ASYNC230 -- a command, alone in its process
        try:
            await write(customer_id, file, now)
        except BaseException:
            path.unlink()  # noqa: ASYNC240
            raise
        return file.tell()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _place(export_id: UUID, number: int) -> str:
    return f"export {export_id} part {number}"


def _areas() -> Mapping[str, Sequence[Place]]:
    areas: dict[str, list[Place]] = {}
    for place in registry.places():
        if place.exported:
            areas.setdefault(place.area, []).append(place)
    return areas


async def _area(
    archive: zipfile.ZipFile, area: str, places: Sequence[Place], person: Person
) -> list[tuple[Place, list[dict[str, Any]], int]]:
    """One JSON object of an area: a list of rows by table. Answers what of it the page shows."""
    shown = []
    with archive.open(f"{area}.json", "w") as out:
        out.write(b"{")
        for n, place in enumerate(places):
            out.write(b",\n" if n else b"\n")
            out.write(msgspec.json.encode(place.table) + b": [")
            first, rows, total = True, [], 0
            async for text in _rows(place, person):
                out.write((b"\n" if first else b",\n") + text.encode())
                first, total = False, total + 1
                if total <= ROWS_SHOWN:
                    rows.append(db.from_json(text))
            out.write(b"]")
            shown.append((place, rows, total))
        out.write(b"\n}\n")
    return shown


async def _rows(place: Place, person: Person) -> AsyncIterator[str]:
    """The rows of a place, as JSON, a page at a time: nobody's whole history is in memory."""
    whose = list(person.of(place))
    if not whose:
        return
    kind = "text" if place.whose in WORDS else "uuid"
    sql = (
        f"SELECT (to_jsonb(t) - $2::text[])::text AS row FROM {place.table} t"
        f" WHERE t.{place.by} = ANY ($1::{kind}[]) AND ({place.only})"
    )
    withheld = ["merchant_id", *place.withheld.split()]
    async for row in db.connection().cursor(sql, whose, withheld, prefetch=PAGE_ROWS):
        yield str(row["row"])


async def _files(archive: zipfile.ZipFile, person: Person) -> AsyncIterator[str]:
    for files in registry.files():
        async for name, content in files(person):
            archive.writestr(name, content)
            yield name


async def _page(
    name: str,
    seen: Mapping[str, list[tuple[Place, list[dict[str, Any]], int]]],
    files: Sequence[str],
    locale: Locale,
    now: datetime,
) -> str:
    shop = (await tenancy.shop()).name(locale)
    areas = [(area, [(p, rows, total) for p, rows, total in found if rows]) for area, found in seen.items()]
    return render(
        "person/export.html",
        locale,
        name=name,
        shop=shop,
        now=now,
        areas=areas,
        files=files,
        shown=ROWS_SHOWN,
    )
