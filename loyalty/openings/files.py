"""Opening balances from a file: any size, some ten thousand rows a transaction, as often as one likes.

What was taken in before is recognised by its id, so a crashed import is simply run again.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from core import db, tenancy
from core.days import zone_of
from core.files import reader
from core.files.chunks import in_chunks
from core.files.errors import FieldInvalid, FileUnreadable, RowRejected
from core.files.opening import opened
from core.files.reader import Lines, Row
from core.files.rejects import Rejects
from loyalty.openings import service
from loyalty.openings.rules import COLUMNS, REQUIRED, Opening, opening_of
from loyalty.openings.service import Outcome

CHUNK_ROWS = 20_000
AT_ONCE = 2
"""Chunks that are posted side by side while the next one is read."""

OnProgress = Callable[[int, int], None]
Numbered = tuple[int, Opening]
"""A row and its line in the file."""


@dataclass(frozen=True)
class Report:
    """What became of a file: `rows` = new + known + rejected."""

    rows: int
    new: int
    known: int
    rejected: int
    points: int
    """Of the new ones."""
    unmapped: tuple[str, ...]
    """Columns that nothing reads."""
    rejects_path: Path | None
    dry_run: bool


@dataclass
class _Import:
    """One run."""

    merchant_id: UUID
    zone: ZoneInfo
    now: datetime
    create_members: bool
    dry_run: bool
    rejects: Rejects
    statuses: Counter[str]
    points: int
    unmapped: dict[str, None]
    begun_at_s: float

    def time(self) -> datetime:
        """What comes late in a long file is learnt late: a day that ends waits ten minutes, no longer."""
        return self.now + timedelta(seconds=monotonic() - self.begun_at_s)


async def import_file(
    path: Path,
    merchant_id: UUID,
    on_progress: OnProgress,
    *,
    now: datetime,
    create_members: bool = False,
    dry_run: bool = False,
) -> Report:
    """Take the opening balances of a CSV or NDJSON file in; rows that cannot be go to `<file>.rejects.csv`.

    `on_progress(bytes_done, bytes_total)` is called after each chunk. A dry run does everything
    and keeps nothing. Raises FileUnreadable, TimeZoneUnknown, ProgrammeMissing or OSError: then nothing more
    is taken in.
    """
    async with db.transaction(merchant_id):
        zone = zone_of((await tenancy.shop()).time_zone)
    with opened(path) as file, Rejects(path) as rejects:
        run = _Import(merchant_id, zone, now, create_members, dry_run, rejects, Counter(), 0, {}, monotonic())
        lines = reader.lines_of(file.stream)
        chunks = in_chunks(_openings(run, file.stream, lines), CHUNK_ROWS)
        await _post_all(run, chunks, lambda: on_progress(file.done(lines.offset), file.size))
        on_progress(file.size, file.size)
    return Report(
        rows=run.statuses.total() + rejects.count,
        new=run.statuses["new"],
        known=run.statuses["known"],
        rejected=rejects.count,
        points=run.points,
        unmapped=tuple(run.unmapped),
        rejects_path=rejects.path if rejects.count else None,
        dry_run=dry_run,
    )


async def _post_all(run: _Import, chunks: Iterator[list[Numbered]], on_chunk: Callable[[], None]) -> None:
    """Post all chunks, some at once. Who makes members or only tries takes turns: two may meet in one row."""
    at_once = 1 if run.create_members or run.dry_run else AT_ONCE
    posting: set[asyncio.Task[None]] = set()
    try:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            posting.add(asyncio.create_task(_post(run, chunk)))
            if len(posting) >= at_once:
                done, posting = await asyncio.wait(posting, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
                on_chunk()
        await asyncio.gather(*posting)
    except BaseException:
        for each in posting:
            each.cancel()
        await asyncio.gather(*posting, return_exceptions=True)
        raise


async def _post(run: _Import, chunk: Sequence[Numbered]) -> None:
    rows = [row for _, row in chunk]
    try:
        outcomes = await _take_in(run, rows)
    except asyncpg.DeadlockDetectedError:  # the other chunk has one of these ids, for somebody else
        outcomes = await _take_in(run, rows)
    for (line, row), outcome in zip(chunk, outcomes, strict=True):
        if outcome.status == "rejected":
            run.rejects.add(RowRejected(line, outcome.field or "", outcome.code or "", outcome.detail or ""))
        else:
            run.statuses[outcome.status] += 1
            run.points += row.points if outcome.status == "new" else 0


async def _take_in(run: _Import, rows: Sequence[Opening]) -> list[Outcome]:
    async with db.transaction(run.merchant_id):
        return await service.take_in(rows, run.create_members, run.time(), run.dry_run)


def _openings(run: _Import, file: BinaryIO, lines: Lines) -> Iterator[Numbered | None]:
    for row in rows_of(file, lines, run.unmapped):
        try:
            if isinstance(row, RowRejected):
                raise row
            yield row.line, _opening(run, row)
        except RowRejected as rejected:
            run.rejects.add(rejected)
            yield None


def _opening(run: _Import, row: Row) -> Opening:
    try:
        return opening_of(row.cells, run.zone, run.now)
    except FieldInvalid as error:
        raise RowRejected(row.line, error.field, "invalid", error.reason) from error


def rows_of(file: BinaryIO, lines: Lines, unmapped: dict[str, None]) -> Iterator[Row | RowRejected]:
    """The rows of a CSV or NDJSON file; columns that nothing reads are added to `unmapped`.

    Raises FileUnreadable.
    """
    head = file.read(64)
    file.seek(0)
    if head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
        for row in reader.ndjson_rows(lines):
            if isinstance(row, Row):
                unmapped |= dict.fromkeys(name for name in row.cells if name not in COLUMNS)
            yield row
        return
    header, delimiter = reader.csv_header(lines)
    if missing := [name for name in REQUIRED if name not in header]:
        raise FileUnreadable(f"no column {', '.join(missing)} among: {', '.join(header)[:500]}")
    unmapped |= dict.fromkeys(name for name in header if name not in COLUMNS)
    yield from reader.csv_rows(lines, header, delimiter)
