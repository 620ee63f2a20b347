"""Write the reviews of a merchant into a file, in any of the formats that are read.

All are those of one moment, each in its current wording; those that were removed are left out. What a format
has no place for is lost: docs/formats.md says what.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from core import db
from reviews.files import queries
from reviews.files.errors import ExportTooLarge
from reviews.files.formats import format_of
from reviews.files.formats.form import Format
from reviews.files.outgoing import Outgoing
from reviews.intake.model import IncomingReview

BATCH_ROWS = 1000

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Exported:
    """What was written."""

    rows: int
    skipped: int
    """Mentions, for which the format has no place."""


async def export_file(
    path: Path,
    format: str,
    merchant_id: UUID,
    on_progress: OnProgress,
    *,
    sources: Sequence[str] = (),
    account: str | None = None,
    emails: bool = False,
) -> Exported:
    """Write a new file; a file of this name is replaced once the new one is whole.

    `sources`: only reviews of these; none: all, or the format's own if it has no place for our names of
    reviews. With `emails` known customers' addresses stand in it. `on_progress(rows_done, rows_total)`.
    Raises UnknownFormat, ExportTooLarge or OSError: then no file was written.
    """
    form = format_of(format)
    part = path.with_name(f"{path.name}.part")
    try:
        written = await _write(part, form, merchant_id, on_progress, _sources(form, sources), account, emails)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(path)
    return written


def _sources(form: Format, sources: Sequence[str]) -> list[str] | None:
    return list(sources) or ([form.source] if form.own_only else None)


async def _write(
    part: Path,
    form: Format,
    merchant_id: UUID,
    on_progress: OnProgress,
    sources: list[str] | None,
    account: str | None,
    emails: bool,
) -> Exported:
    writer, rows, skipped = form.writer(), 0, 0
    async with db.snapshot(merchant_id):
        total = int(await db.fetchval(queries.OUTGOING_COUNT, merchant_id, sources, account))
        with _for_its_owner(part) as file:
            file.write(writer.begin())
            async for out in _reviews(merchant_id, sources, account, emails):
                written = writer.row(out, rows == 0)
                file.write(written)
                rows, skipped = rows + bool(written), skipped + (not written)
                if form.limit_bytes and file.tell() > form.limit_bytes:
                    raise ExportTooLarge(f"a file of this format has at most {form.limit_bytes} bytes")
                if (rows + skipped) % BATCH_ROWS == 0:
                    on_progress(rows + skipped, total)
            file.write(writer.end())
    on_progress(total, total)
    return Exported(rows, skipped)


@contextmanager
def _for_its_owner(path: Path) -> Iterator[BinaryIO]:
    """A new file that nobody else may read: there are people in it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file


async def _reviews(
    merchant_id: UUID, sources: list[str] | None, account: str | None, emails: bool
) -> AsyncIterator[Outgoing]:
    arguments = (merchant_id, sources, account)
    async for row in db.connection().cursor(queries.OUTGOING, *arguments, prefetch=BATCH_ROWS):
        yield _outgoing(row, emails)


def _outgoing(row: db.Row, emails: bool) -> Outgoing:
    written_at, edited_at, reply = row["written_at"], row["edited_at"], row["reply"]
    review = IncomingReview(
        source=row["source"],
        account=row["account"],
        external_id=row["external_id"],
        kind=row["kind"],
        written_at=written_at,
        edited_at=edited_at if edited_at != written_at else None,
        rating=row["rating_raw"],
        scale_min=row["scale_min"] if row["scale_min"] is not None else Decimal(1),
        scale_max=row["scale_max"] if row["scale_max"] is not None else Decimal(5),
        title=row["title"],
        body=row["body"],
        lang=row["lang"],
        author=row["author"],
        customer=row["customer"] or "",
        email=(row["email"] or "") if emails else "",
        store=row["store"] or "",
        product_sku=row["product_sku"],
        product_name=row["product_name"],
        order=row["order_word"] or "",
        photo_urls=tuple(row["photo_urls"]),
        hidden=row["moderation"] != "approved",
        solicited=row["solicited"],
        incentivised=row["incentivised"],
        reply=reply,
        replied_at=row["replied_at"] if reply else None,
        extra=db.from_json(row["extra"]),
    )
    return Outgoing(review, row["rating_norm"], row["verified"])
