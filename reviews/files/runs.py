"""Runs through files, as the database remembers them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core import db
from core.files.reader import START, Place
from reviews.files import queries
from reviews.files.errors import ImportBusy
from reviews.files.rules import Choices
from reviews.files.taking import Chunk

State = Literal["checking", "checked", "running", "done", "failed", "dropped"]


@dataclass
class Run:
    """One run: of which file, said what about it, and how far it came."""

    id: UUID | None
    """None: a dry run by command, which nobody remembers."""
    file_name: str
    size_bytes: int
    format: str
    encoding: str
    choices: Choices
    state: State
    place: Place = START
    rows: int = 0
    bytes_done: int = 0
    rejects_bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by what became of them."""
    findings: dict[str, Any] = field(default_factory=dict)
    failure: str = ""
    staff_id: UUID | None = None
    created_at: datetime | None = None


async def unfinished(fingerprint: bytes, like: Run) -> Run | None:
    """The run of this file by command, with the same said about it, that did not come to its end."""
    said = (like.format, like.encoding, db.to_json(like.choices))
    row = await db.fetchrow(queries.UNFINISHED, db.merchant_id(), fingerprint, *said)
    return run_of(row) if row else None


async def start(run: Run, fingerprint: bytes, now: datetime) -> Run:
    """A run that begins as this one says, in the open transaction."""
    row = await db.fetchrow(
        queries.START, db.merchant_id(), run.file_name, fingerprint, run.size_bytes, run.format, run.encoding,
        db.to_json(run.choices), run.state, run.staff_id, now,
    )  # fmt: skip
    assert row is not None
    return run_of(row)


async def advance(run: Run, chunk: Chunk, counts: Counter[str], rejects_bytes: int, now: datetime) -> None:
    """Note that a chunk is taken in, in the transaction that takes it in. Raises ImportBusy."""
    before = run.rows
    run.rows, run.place, run.bytes_done = before + chunk.rows, chunk.place, chunk.bytes_done
    run.counts, run.rejects_bytes = run.counts + counts, rejects_bytes
    if run.id is None:
        return
    moved = await db.fetchval(
        queries.ADVANCE, run.id, before, chunk.place.offset, chunk.place.line, run.rows,
        db.to_json(run.counts), rejects_bytes, run.bytes_done, now,
    )  # fmt: skip
    if moved is None:
        raise ImportBusy()


async def end(
    run: Run, state: State, now: datetime, findings: Mapping[str, Any] | None = None, failure: str = ""
) -> None:
    """Note that there is nothing left to read."""
    run.state, run.failure = state, failure
    if run.id is None:
        return
    found = db.to_json(findings) if findings else None
    await db.execute(queries.END, run.id, state, db.to_json(run.counts), found, failure or None, now)


async def give_up(run: Run, now: datetime) -> None:
    """Nobody will go on with it."""
    await db.execute(queries.GIVE_UP, run.id, now)


def run_of(row: db.Row) -> Run:
    """A row with queries.RUN."""
    return Run(
        id=row["id"],
        file_name=row["file_name"],
        size_bytes=row["size_bytes"],
        format=row["format"],
        encoding=row["encoding"],
        choices=db.from_json_as(row["choices"], Choices),
        state=row["state"],
        place=Place(row["offset_bytes"], row["line"]),
        rows=row["rows"],
        bytes_done=row["bytes_done"],
        rejects_bytes=row["rejects_bytes"],
        counts=Counter(db.from_json(row["counts"])),
        findings=db.from_json(row["findings"]) if row["findings"] else {},
        failure=row["failure"] or "",
        staff_id=row["staff_id"],
        created_at=row["created_at"],
    )
