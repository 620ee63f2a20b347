"""Import a file of reviews: any size, a thousand rows a transaction, as often as one likes.

Where a run is stands in the database, written with the rows themselves: a run that was ended by force goes
on where it was. What was taken in before is recognised, so nothing comes in twice in any case.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from core import db
from core.files import opening
from core.files.encodings import shown
from core.files.rejects import Rejects
from reviews.files import runs, taking
from reviews.files.detection import look
from reviews.files.reading import Reading
from reviews.files.rules import NOTHING_SAID, Choices
from reviews.files.runs import Run
from reviews.files.taking import Chunk, Taking
from reviews.intake.rules import Content

OnProgress = Callable[[int, int], None]

GIVE_WAY_S = 0.0005
"""So soon the thread that reads gives way to the one that talks with the database. In Python's usual 5 ms
each of a dozen short answers for a thousand rows would wait longer than it took."""


@dataclass(frozen=True)
class Report:
    """What became of a file: `rows` = new + changed + facts + late + unchanged + rejected (and removals)."""

    format: str
    encoding: str
    columns: dict[str, str]
    """Which column was read as which field (column by field)."""
    unmapped: tuple[str, ...]
    """Columns that are none; kept with the review unless they are about a person."""
    rows: int
    counts: Counter[str]
    """Reviews by what became of them: a status of the intake, rejected, removed, returned."""
    rejects_path: Path | None
    samples: tuple[Content, ...]
    """The first reviews, as they were read."""
    resumed_rows: int
    """Rows that an earlier run had done before it was ended."""
    dry_run: bool

    @property
    def new(self) -> int:
        """Seen for the first time."""
        return self.counts["new"]

    @property
    def changed(self) -> int:
        """A newer wording of one that is known."""
        return self.counts["changed"]

    @property
    def late(self) -> int:
        """An older wording that was not known."""
        return self.counts["late"]

    @property
    def unchanged(self) -> int:
        """Nothing was written."""
        return self.counts["unchanged"]

    @property
    def rejected(self) -> int:
        """Could not be taken in."""
        return self.counts["rejected"]


async def import_file(
    path: Path,
    format: str,
    merchant_id: UUID,
    on_progress: OnProgress,
    dry_run: bool = False,
    *,
    now: datetime,
    choices: Choices = NOTHING_SAID,
    encoding: str = "",
    restart: bool = False,
) -> Report:
    """Take the reviews of a file in; rows that cannot be go to `<file>.rejects.csv`.

    `format` is the code of one, or "auto". `on_progress(bytes_done, bytes_total)` is called after each
    thousand rows. A dry run does everything and keeps nothing. With `restart` a run that was ended is not
    gone on with.
    Raises UnknownFormat, FileUnreadable, ImportBusy or OSError: what was taken in before that, stays.
    """
    with opening.opened(path) as file:
        found = look(file, format, encoding)
        run = Run(None, path.name, file.size, format, encoding, choices, "checking")
        if not dry_run:
            run = await _begin(path, merchant_id, run, restart, now)
        resumed = run.rows
        reading = Reading(file, found, choices.columns, run.place)
        take = Taking(reading, choices, now, dry_run)
        with Rejects(path, run.rejects_bytes) as rejects:
            await _all(take, run, merchant_id, rejects, on_progress)
        on_progress(file.size, file.size)
    return Report(
        format=found.form.code,
        encoding=shown(found.encoding),
        columns=reading.columns,
        unmapped=tuple(reading.unmapped),
        rows=run.rows,
        counts=run.counts,
        rejects_path=rejects.path if run.counts["rejected"] else None,
        samples=tuple(take.samples),
        resumed_rows=resumed,
        dry_run=dry_run,
    )


async def _begin(path: Path, merchant_id: UUID, run: Run, restart: bool, now: datetime) -> Run:
    """The run to go on with, or a new one."""
    fingerprint = opening.fingerprint(path, run.size_bytes)
    async with db.transaction(merchant_id):
        earlier = await runs.unfinished(fingerprint, run)
        if earlier and not restart:
            return earlier
        if earlier:
            await runs.give_up(earlier, now)
        return await runs.start(replace(run, state="running"), fingerprint, now)


async def _all(take: Taking, run: Run, merchant_id: UUID, rejects: Rejects, on_progress: OnProgress) -> None:
    """Chunk by chunk, the next one read while this one is taken in; then what a complete feed leaves out."""
    chunks = taking.chunks(take)
    with _giving_way():
        chunk = await asyncio.to_thread(next, chunks, None)
        while chunk is not None:
            following = asyncio.ensure_future(asyncio.to_thread(next, chunks, None))
            try:
                await _one(take, run, merchant_id, rejects, chunk)
            finally:
                await asyncio.wait([following])
            on_progress(chunk.bytes_done, take.reading.file.size)
            chunk = following.result()
    async with db.transaction(merchant_id):
        run.counts += await taking.complete(take)
        await runs.end(run, "done", take.now)


@contextmanager
def _giving_way() -> Iterator[None]:
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(GIVE_WAY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)


async def _one(take: Taking, run: Run, merchant_id: UUID, rejects: Rejects, chunk: Chunk) -> None:
    for rejected in chunk.rejected:
        rejects.add(rejected)
    async with db.transaction(merchant_id):
        # Not waited for: should the server crash, rows and place are lost together, and the run goes on
        # there. The last transaction is waited for, and with it all before it.
        await db.execute("SET LOCAL synchronous_commit = off")
        counts = await taking.take_in(take, chunk)
        # The reject file is on disk before the transaction says so.
        await runs.advance(run, chunk, counts, rejects.kept(), take.now)
