"""Import a file of reviews: any size, a thousand rows a transaction, as often as one likes.

What was taken in before is recognised, so a crashed import is simply run again.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from core import db
from core.files import reader
from core.files.chunks import in_chunks
from core.files.errors import FieldInvalid, FileUnreadable, RowRejected
from core.files.reader import Lines, Row
from core.files.rejects import Rejects
from reviews.files import rules
from reviews.files.formats import format_of
from reviews.files.formats.form import DateOrder, Format
from reviews.files.rules import Columns
from reviews.intake import service as intake
from reviews.intake.rules import Content, ReviewInvalid, content_of

CHUNK_ROWS = 1000

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """What became of a file: `rows` = new + changed + late + unchanged + rejected."""

    format: str
    columns: dict[str, str]
    """Which column was read as which field (column by field)."""
    unmapped: tuple[str, ...]
    """Columns that are none; kept with the review unless they are about a person."""
    rows: int
    new: int
    changed: int
    late: int
    unchanged: int
    rejected: int
    rejects_path: Path | None
    dry_run: bool


@dataclass
class _Import:
    """One run."""

    form: Format
    merchant_id: UUID
    now: datetime
    account: str
    date_order: DateOrder | None
    chosen: Mapping[str, str]
    dry_run: bool
    statuses: Counter[str]
    columns: dict[str, str]
    unmapped: dict[str, None]


class _Undo(Exception):
    """Ends the transaction of a dry run."""


async def import_file(
    path: Path,
    format: str,
    merchant_id: UUID,
    on_progress: OnProgress,
    dry_run: bool = False,
    *,
    now: datetime,
    account: str = "",
    date_order: DateOrder | None = None,
    columns: Mapping[str, str] | None = None,
) -> Report:
    """Take the reviews of a file in; rows that cannot be go to `<file>.rejects.csv`.

    `on_progress(bytes_done, bytes_total)` is called after each thousand rows. A dry run does everything
    and keeps nothing. `date_order` is what the file declares about dates such as 05/03/2024; `columns`
    (column by field) goes before what is found by name.
    Raises UnknownFormat, FileUnreadable or OSError: then nothing was taken in.
    """
    form = format_of(format)
    run = _Import(
        form,
        merchant_id,
        now,
        account,
        date_order or form.date_order,
        columns or {},
        dry_run,
        Counter(),
        {},
        {},
    )
    with path.open("rb") as file, Rejects(path) as rejects:
        size = os.fstat(file.fileno()).st_size
        lines = Lines(file)
        for chunk in in_chunks(_reviews(run, file, lines, rejects), CHUNK_ROWS):
            await _take_in(run, chunk)
            on_progress(lines.offset, size)
        on_progress(size, size)
    return _report(run, rejects)


def _report(run: _Import, rejects: Rejects) -> Report:
    return Report(
        format=run.form.code,
        columns=run.columns,
        unmapped=tuple(run.unmapped),
        rows=run.statuses.total() + rejects.count,
        new=run.statuses["new"],
        changed=run.statuses["changed"],
        late=run.statuses["late"],
        unchanged=run.statuses["unchanged"],
        rejected=rejects.count,
        rejects_path=rejects.path if rejects.count else None,
        dry_run=run.dry_run,
    )


async def _take_in(run: _Import, chunk: Sequence[Content]) -> None:
    if not chunk:
        return
    try:
        async with db.transaction(run.merchant_id):
            received = await intake.take_in(chunk, run.now)
            run.statuses.update(each.status for each in received)
            if run.dry_run:
                raise _Undo
    except _Undo:
        pass


def _reviews(run: _Import, file: BinaryIO, lines: Lines, rejects: Rejects) -> Iterator[Content | None]:
    for row, found in _rows(run, file, lines):
        try:
            if isinstance(row, RowRejected):
                raise row
            yield _review(run, row, found)
        except RowRejected as rejected:
            rejects.add(rejected)
            yield None


def _rows(run: _Import, file: BinaryIO, lines: Lines) -> Iterator[tuple[Row | RowRejected, Columns]]:
    reader.check_text(file)
    nothing = Columns({}, ())
    if run.form.container == "csv":
        header, delimiter = reader.csv_header(lines)
        found = _mapping(run, header)
        if not {"rating", "body"} & found.columns.keys():
            raise FileUnreadable(f"no column for a rating or a text among: {', '.join(header)[:500]}")
        for row in reader.csv_rows(lines, header, delimiter):
            yield row, found
        return
    known: dict[tuple[str, ...], Columns] = {}
    for row in reader.ndjson_rows(lines):
        if isinstance(row, RowRejected):
            yield row, nothing
            continue
        names = tuple(row.cells)
        if names not in known:
            known = {} if len(known) > 1000 else known
            known[names] = _mapping(run, names)
        yield row, known[names]


def _mapping(run: _Import, names: Sequence[str]) -> Columns:
    chosen = run.chosen
    if run.form.container == "ndjson":
        chosen = {field: name for field, name in chosen.items() if name in names}
    try:
        found = rules.mapping(run.form, names, chosen)
    except FieldInvalid as error:
        raise FileUnreadable(f"{error.field}: {error.reason}") from error
    run.columns |= found.columns
    run.unmapped |= dict.fromkeys(found.unmapped)
    return found


def _review(run: _Import, row: Row, found: Columns) -> Content:
    try:
        review = rules.review_of(row.cells, found, run.form, run.account, run.date_order)
        return content_of(review, run.now)
    except (FieldInvalid, ReviewInvalid) as error:
        column = found.columns.get(error.field, error.field)
        raise RowRejected(row.line, column, "invalid", error.reason) from error
