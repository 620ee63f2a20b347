"""Files that staff send: looked at at once, tried whole by the worker, then taken in by it.

The file stands in the database, unpacked and in parts, until it is taken in or nobody wants it any more, so
any worker can go on with it. A worker takes some thousand rows at a time, in the transaction of its work.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from pathlib import PurePath
from uuid import UUID

import msgspec

from core import db, outbox
from core.errors import NotFound
from core.files.encodings import shown
from core.files.errors import FileUnreadable, RowRejected
from core.files.opening import Opened
from reviews.files import queries, runs, taking
from reviews.files.detection import look
from reviews.files.errors import ImportNotReady, UploadTooLarge
from reviews.files.reading import Reading
from reviews.files.rules import Choices
from reviews.files.runs import Run
from reviews.files.taking import Chunk, Taking
from reviews.intake.rules import Content, storable

UPLOAD_LIMIT_BYTES = 32 << 20
PART_BYTES = 1 << 20
STEP_CHUNKS = 5
LOOK_ROWS = 200
KEPT_DAYS = 7
REJECTS_KEPT_DAYS = 90
KEPT_REJECTS = 100_000
"""More are only counted."""
TEXT_CHARS = 200
TOPIC = "review.import"


class Sample(msgspec.Struct, frozen=True):
    """A review, as it was read."""

    written_at: datetime
    rating: str
    """As it stands in the file, with its scale; empty: none."""
    product: str
    author: str
    text: str
    hidden: bool


class Findings(msgspec.Struct, frozen=True):
    """What a look at the first rows has found."""

    format: str
    encoding: str
    columns: dict[str, str] = {}
    """Column by field."""
    names: tuple[str, ...] = ()
    """All columns of the file, in their order."""
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Sent:
    """A run with what people want to know of it."""

    run: Run
    by: str
    """Who sent the file; empty: a command."""
    findings: Findings | None


async def send(
    file_name: str,
    content: bytes,
    format: str,
    encoding: str,
    choices: Choices,
    staff_id: UUID,
    now: datetime,
) -> UUID:
    """Keep a file and have it tried, in the open transaction; answers the run.

    A file whose columns mean nothing to us is kept too: somebody may say what they are.
    Raises UploadTooLarge, UnknownFormat, or FileUnreadable for what is no file of rows.
    """
    plain = _unpacked(content)
    findings, failure = _look(plain, format, encoding, choices, now)
    name = storable(PurePath(file_name.replace("\\", "/")).name)[:200] or "file"
    run = Run(None, name, len(plain), format, encoding, choices, "checking", staff_id=staff_id)
    run = await runs.start(run, hashlib.sha256(plain).digest(), now)
    parts = [plain[at : at + PART_BYTES] for at in range(0, len(plain), PART_BYTES)]
    await db.execute(queries.ADD_PARTS, db.merchant_id(), run.id, parts)
    await _begin(run, findings, failure, now)
    assert run.id is not None
    return run.id


async def check(import_id: UUID, format: str, encoding: str, choices: Choices, now: datetime) -> None:
    """Try the file anew with something else said about it.

    Raises NotFound, ImportNotReady, or as send() does.
    """
    run = await _locked(import_id, "checking", "checked", "failed")
    findings, failure = _look(await _content(import_id), format, encoding, choices, now)
    await _begin(replace(run, format=format, encoding=encoding, choices=choices), findings, failure, now)


async def take_in(import_id: UUID, now: datetime) -> None:
    """Take in what was tried, with the same said about it. Raises NotFound or ImportNotReady."""
    run = await _locked(import_id, "checked")
    await db.execute(queries.DROP_REJECTS, import_id)
    await _again(replace(run, state="running"), run.findings, None, now)
    await outbox.add(TOPIC, {"import": import_id}, now)


async def drop(import_id: UUID, now: datetime) -> None:
    """Nobody wants it: the file goes. Raises NotFound or ImportNotReady."""
    await _locked(import_id, "checking", "checked", "failed")
    await _forget(import_id)
    await db.execute(queries.DROP, import_id, now)


async def step(import_id: UUID, now: datetime) -> None:
    """Some thousand rows more, in the open transaction, and the next step if there are any left."""
    row = await db.fetchrow(queries.LOCKED, import_id)
    run = runs.run_of(row) if row else None
    if run is None or run.state not in ("checking", "running"):
        return  # dropped, or done by the same work that came twice
    content = await _content(import_id)
    try:
        ended = await _some(run, content, now)
    except FileUnreadable as error:
        await runs.end(run, "failed", now, failure=error.detail or error.title)
        return
    if not ended:
        await outbox.add(TOPIC, {"import": import_id}, now)


async def find(import_id: UUID) -> Sent:
    """One run. Raises NotFound."""
    found = await newest(1, import_id)
    if not found:
        raise NotFound(f"no import {import_id}")
    return found[0]


async def newest(limit: int, import_id: UUID | None = None) -> list[Sent]:
    """Runs of this merchant, the newest first, by command too."""
    rows = await db.fetch(queries.RUNS, db.merchant_id(), import_id, limit)
    return [Sent(runs.run_of(row), row["by"] or "", _findings(row)) for row in rows]


async def rejects(import_id: UUID, limit: int) -> list[RowRejected]:
    """The first rows of a sent file that could not be taken in."""
    rows = await db.fetch(queries.REJECTS, import_id, limit)
    return [RowRejected(row["line"], row["column_name"], row["code"], row["reason"]) for row in rows]


async def tidy(now: datetime) -> int:
    """Drop files of this merchant that nobody has come back to, and old rejects; how many files."""
    rows = await db.fetch(queries.FORGOTTEN, db.merchant_id(), now - timedelta(days=KEPT_DAYS))
    for row in rows:
        await _forget(row["id"])
        await db.execute(queries.DROP, row["id"], now)
    await db.execute(queries.DROP_OLD_REJECTS, db.merchant_id(), now - timedelta(days=REJECTS_KEPT_DAYS))
    return len(rows)


async def _some(run: Run, content: bytes, now: datetime) -> bool:
    """Whether this was the end."""
    file = _opened(content)
    found = look(file, run.format, run.encoding)
    take = Taking(
        Reading(file, found, run.choices.columns, run.place), run.choices, now, run.state == "checking"
    )
    chunks = taking.chunks(take)
    for chunk in islice(chunks, STEP_CHUNKS):
        await _keep_rejects(run, chunk)
        await runs.advance(run, chunk, await taking.take_in(take, chunk), 0, now)
    if next(chunks, None) is not None:
        return False
    run.counts += await taking.complete(take)
    if run.state == "checking":
        await runs.end(run, "checked", now)
    else:
        # What people wrote stands in the reviews from now on, and nowhere else.
        await runs.end(run, "done", now, run.findings | {"samples": []})
        await db.execute(queries.DROP_PARTS, run.id)
    return True


async def _keep_rejects(run: Run, chunk: Chunk) -> None:
    if chunk.rejected and run.counts["rejected"] < KEPT_REJECTS:
        said = [(each.column, each.code, each.reason) for each in chunk.rejected]
        texts = ([_stored(text) for text in column] for column in zip(*said, strict=True))
        lines = [each.line for each in chunk.rejected]
        await db.execute(queries.ADD_REJECTS, db.merchant_id(), run.id, run.counts["rejected"], lines, *texts)


def _stored(text: str) -> str:
    return storable(text)[:500]


async def _locked(import_id: UUID, *states: str) -> Run:
    row = await db.fetchrow(queries.LOCKED, import_id)
    if row is None or row["staff_id"] is None:
        raise NotFound(f"no import {import_id}")
    if row["state"] not in states:
        raise ImportNotReady(f"it is {row['state']}")
    return runs.run_of(row)


async def _content(import_id: UUID) -> bytes:
    parts = await db.fetch(queries.PARTS, import_id)
    if not parts:
        raise ImportNotReady("the file is gone")
    return b"".join(part["bytes"] for part in parts)


async def _begin(run: Run, findings: Findings, failure: str, now: datetime) -> None:
    """Try the file from its start, unless a look has shown already that it is of no use like that."""
    await db.execute(queries.DROP_REJECTS, run.id)
    run = replace(run, state="failed" if failure else "checking")
    await _again(run, msgspec.to_builtins(findings), failure or None, now)
    if not failure:
        await outbox.add(TOPIC, {"import": run.id}, now)


async def _again(run: Run, findings: object, failure: str | None, now: datetime) -> None:
    await db.execute(
        queries.AGAIN, run.id, run.format, run.encoding, db.to_json(run.choices), run.state,
        db.to_json(findings), failure, now,
    )  # fmt: skip


async def _forget(import_id: UUID) -> None:
    await db.execute(queries.DROP_PARTS, import_id)
    await db.execute(queries.DROP_REJECTS, import_id)


def digest(content: bytes) -> str:
    """Equal for equal contents."""
    return hashlib.sha256(content).hexdigest()


def _opened(content: bytes) -> Opened:
    return Opened(BytesIO(content), len(content))


def _unpacked(content: bytes) -> bytes:
    plain = _opened(content).stream.read(UPLOAD_LIMIT_BYTES + 1)
    if max(len(plain), len(content)) > UPLOAD_LIMIT_BYTES:
        raise UploadTooLarge(f"more than {UPLOAD_LIMIT_BYTES} bytes: import it with the command")
    return plain


def _look(
    content: bytes, format: str, encoding: str, choices: Choices, now: datetime
) -> tuple[Findings, str]:
    """What the first rows tell, and why the file is of no use as it is; empty: it is."""
    file = _opened(content)
    found = look(file, format, encoding)
    reading = Reading(file, found, choices.columns)
    take, failure = Taking(reading, choices, now, dry_run=True), ""
    try:
        next(taking.chunks(take, LOOK_ROWS), None)
    except FileUnreadable as error:
        failure = error.detail or error.title
    return (
        Findings(
            format=found.form.code,
            encoding=shown(found.encoding),
            columns=reading.columns,
            names=tuple(reading.names),
            samples=tuple(_sample(content) for content in take.samples),
        ),
        failure,
    )


def _sample(content: Content) -> Sample:
    review = content.review
    rating = "" if content.rating is None else f"{content.rating}/{review.scale_max}"
    text = " ".join(f"{content.title} {content.body}".split())[:TEXT_CHARS]
    product = review.product_name or review.product_sku
    return Sample(review.written_at, rating, product, content.author, text, review.hidden)


def _findings(row: db.Row) -> Findings | None:
    return db.from_json_as(row["findings"], Findings) if row["findings"] else None
