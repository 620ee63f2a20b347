"""From rows to reviews that are taken in: a thousand at a time, each thousand whole or not at all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from core import db
from core.files.errors import FieldInvalid, RowRejected
from core.files.reader import START, Place, Row
from core.webhooks import service as webhooks
from reviews.files import queries
from reviews.files.reading import Reading
from reviews.files.rules import Choices, Columns, Removal, review_of
from reviews.intake import service as intake
from reviews.intake.rules import Content, ReviewInvalid, content_of

CHUNK_ROWS = 1000
SAMPLES = 3


@dataclass
class Chunk:
    """Some rows, and where the file goes on behind them."""

    contents: list[Content] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    rejected: list[RowRejected] = field(default_factory=list)
    place: Place = START
    bytes_done: int = 0
    rows: int = 0


@dataclass
class Taking:
    """One run through a file."""

    reading: Reading
    choices: Choices
    now: datetime
    dry_run: bool
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Account and id of each review of a complete feed; such a file has a limit."""
    whole: bool = True
    """No row was unreadable to its end: each review that is in the file is seen."""
    samples: list[Content] = field(default_factory=list)
    """The first reviews, as they were read."""

    @property
    def is_complete(self) -> bool:
        """Whether the file speaks for its whole source: the feed itself, not a table with its columns."""
        found = self.reading.found
        return found.form.complete and found.container == found.form.container


class _Undo(Exception):
    """Ends the part of a dry run."""


def chunks(taking: Taking, rows: int = 0) -> Iterator[Chunk]:
    """The whole file, CHUNK_ROWS (or `rows`) at a time. Raises FileUnreadable."""
    chunk, most = Chunk(), rows or CHUNK_ROWS
    for number, (row, columns) in enumerate(taking.reading.rows()):
        if number < taking.reading.skip_rows:
            _pass(taking, row, columns)
            continue
        chunk.rows += 1
        try:
            _add(taking, chunk, row, columns)
        except RowRejected as rejected:
            chunk.rejected.append(rejected)
        if chunk.rows == most:
            yield _ended(taking, chunk)
            chunk = Chunk()
    if chunk.rows:
        yield _ended(taking, chunk)


def _ended(taking: Taking, chunk: Chunk) -> Chunk:
    chunk.place, chunk.bytes_done = taking.reading.place, taking.reading.bytes_done
    return chunk


def _pass(taking: Taking, row: Row | RowRejected, columns: Columns) -> None:
    """An earlier run has taken it in; a complete feed must know that it is there."""
    if taking.is_complete:
        with suppress(RowRejected):
            _add(taking, Chunk(), row, columns)


def _add(taking: Taking, chunk: Chunk, row: Row | RowRejected, columns: Columns) -> None:
    if isinstance(row, RowRejected):
        taking.whole = False
        raise row
    form = taking.reading.found.form
    try:
        review = review_of(row.cells, columns, form, taking.choices)
        if taking.is_complete and not isinstance(review, Removal):
            taking.seen.add((review.account, review.external_id))
        if isinstance(review, Removal):
            chunk.removals.append(review)
            return
        content = content_of(review, taking.now)
    except (FieldInvalid, ReviewInvalid) as error:
        _note_rejected(taking, row, columns)
        raise RowRejected(row.line, _column(error.field, columns), "invalid", error.reason) from error
    chunk.contents.append(content)
    if len(taking.samples) < SAMPLES:
        taking.samples.append(content)


def _column(field: str, columns: Columns) -> str:
    """Where in the file it is; a review that was never edited was last written when it was written."""
    known = columns.columns
    return known.get(field) or (known.get("written_at") if field == "edited_at" else None) or field


def _note_rejected(taking: Taking, row: Row, columns: Columns) -> None:
    """A review that we cannot read is in the feed all the same: it is not deleted for that."""
    if taking.is_complete:
        known = row.cells.get(columns.columns.get("external_id", ""), "").strip()
        taking.whole = taking.whole and bool(known)
        taking.seen.add(
            (row.cells.get(columns.columns.get("account", ""), "") or taking.choices.account, known)
        )


async def take_in(taking: Taking, chunk: Chunk) -> Counter[str]:
    """Take one chunk in, in the open transaction; how many rows had which fate. A dry run keeps nothing."""
    counts: Counter[str] = Counter()
    try:
        async with db.savepoint():
            if chunk.contents:
                received = await intake.take_in(chunk.contents, taking.now)
                counts.update(each.status for each in received)
            for removal in chunk.removals:
                counts[await _remove(removal, taking.now)] += 1
            if taking.dry_run:
                raise _Undo
    except _Undo:
        pass
    counts["rejected"] = len(chunk.rejected)
    return counts


async def _remove(removal: Removal, now: datetime) -> str:
    at = min(removal.at or now, now)
    done = await intake.remove(removal.source, removal.account, removal.external_id, at, now)
    return "removed" if done else "unchanged"


async def complete(taking: Taking) -> Counter[str]:
    """Behind a feed that is always complete: what is not in it is gone, what is in it again is back.

    In the open transaction; a dry run only counts. Nothing is deleted for a feed that is empty or broken.
    """
    if not taking.is_complete or not taking.seen:
        return Counter()
    source, counts = taking.reading.found.form.source, Counter[str]()
    try:
        async with db.savepoint():
            for account in sorted({account for account, _ in taking.seen}):
                ids = sorted(word for of, word in taking.seen if of == account and word)
                key = (db.merchant_id(), source, account, ids)
                counts["returned"] += len(await db.fetch(queries.RETURNED, *key))
                if taking.whole:
                    gone = [row["id"] for row in await db.fetch(queries.LEFT_OUT, *key, taking.now)]
                    counts["removed"] += len(gone)
                    await webhooks.emit("review.removed", gone, taking.now)
            if taking.dry_run:
                raise _Undo
    except _Undo:
        pass
    return counts
