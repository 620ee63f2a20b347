"""Opening balances by a file that somebody of the staff sends: with a reason, and approved by another person
where the shop asks for one. Nothing of the file is kept once it was decided on."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import zone_of
from core.errors import DomainError, Forbidden, Kind, NotFound
from core.files import reader
from core.files.errors import FieldInvalid, FileUnreadable, RowRejected
from core.people.roles import permissions_of
from loyalty.changes import service as changes
from loyalty.changes.errors import ApprovalNeeded
from loyalty.openings import queries, service
from loyalty.openings.rules import REQUIRED, Opening, opening_of

NEEDED = "adjustments.decide"
"""Whoever may decide on points that others give may bring many along."""
FILE_LIMIT_BYTES = 2 << 20
ROWS_LIMIT = 5_000
"""What is taken in while somebody waits; the command line takes any size."""
REASON_LIMIT = 500
KEPT_REJECTS = 50


class OpeningsInvalid(DomainError):
    """It says no reason, or too long a one, or the file is too large for a page."""

    code = "openings_invalid"
    kind = Kind.INVALID
    title = "The import cannot be like this"


class OpeningsDecided(DomainError):
    """Somebody decided on it before."""

    code = "openings_decided"
    kind = Kind.CONFLICT
    title = "The import was decided on before"


class Reject(msgspec.Struct, frozen=True):
    """A row that cannot be taken in; `column` '' for the whole row."""

    line: int
    column: str
    reason: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of rows: `rows` = new + known + rejected; `points` of new ones; the first rejects."""

    rows: int
    new: int
    known: int
    rejected: int
    points: int
    rejects: tuple[Reject, ...] = ()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `found`: what was tried while it waits, what was done since; `decided_by` None: nobody had
    to."""

    id: UUID
    file_name: str
    reason: str
    create_members: bool
    state: Literal["waiting", "done", "rejected"]
    found: Found
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None


async def send(
    file_name: str, content: bytes, reason: str, create_members: bool, by: UUID, now: datetime
) -> Sent:
    """Take a file in, or, where the shop asks for a second person, try it and let it wait for one.

    Raises Forbidden, OpeningsInvalid, FileUnreadable, ProgrammeMissing, TimeZoneUnknown.
    """
    await _allowed(by)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LIMIT:
        raise OpeningsInvalid(f"a reason of 1 to {REASON_LIMIT} characters says why")
    if len(content) > FILE_LIMIT_BYTES:
        raise OpeningsInvalid(f"at most {FILE_LIMIT_BYTES >> 20} MB")
    waits = await changes.second_person()
    found = await _take_in(content, create_members, now, dry_run=waits)
    state, kept = ("waiting", content) if waits else ("done", None)
    args = (file_name[:200] or "file", reason, create_members, state, kept, db.to_json(found), by, now)
    return await find(await db.fetchval(queries.SEND, *args))


async def decide(sent_id: UUID, approve: bool, by: UUID, now: datetime) -> Sent:
    """Take in what waits, or reject it; whoever sent it cannot. The file goes either way.

    Raises NotFound, Forbidden, ApprovalNeeded, OpeningsDecided and as send().
    """
    await _allowed(by)
    content = await db.fetchval(queries.LOCK_SENT, sent_id)
    sent = await find(sent_id)
    if sent.state != "waiting":
        raise OpeningsDecided(sent.state)
    if sent.asked_by == by:
        raise ApprovalNeeded("whoever sends a file cannot approve it")
    found = await _take_in(content, sent.create_members, now) if approve else sent.found
    state = "done" if approve else "rejected"
    await db.execute(queries.DECIDE_SENT, sent_id, state, db.to_json(found), by, now)
    return await find(sent_id)


async def find(sent_id: UUID) -> Sent:
    """One file. Raises NotFound."""
    row = await db.fetchrow(queries.SENT, sent_id)
    if row is None:
        raise NotFound("there is no such import")
    return _sent(row)


async def newest(limit: int = 50) -> list[Sent]:
    """The newest first."""
    return [_sent(row) for row in await db.fetch(queries.NEWEST_SENT, limit)]


def digest(content: bytes) -> str:
    """What a form says of its file."""
    return hashlib.sha256(content).hexdigest()


async def _allowed(by: UUID) -> None:
    role = await db.fetchval(queries.ROLE, by)
    if role is None or NEEDED not in permissions_of(role):
        raise Forbidden(f"this needs {NEEDED}")


async def _take_in(content: bytes, create_members: bool, now: datetime, dry_run: bool = False) -> Found:
    openings, rejected = _read(content, zone_of((await tenancy.shop()).time_zone), now)
    outcomes = await service.take_in([each for _, each in openings], create_members, now, dry_run=dry_run)
    new = known = points = 0
    for (line, opening), outcome in zip(openings, outcomes, strict=True):
        if outcome.status == "rejected":
            rejected.append(Reject(line, outcome.field or "", outcome.detail or ""))
        elif outcome.status == "new":
            new, points = new + 1, points + opening.points
        else:
            known += 1
    shown = tuple(sorted(rejected, key=lambda each: each.line)[:KEPT_REJECTS])
    return Found(
        rows=new + known + len(rejected),
        new=new,
        known=known,
        rejected=len(rejected),
        points=points,
        rejects=shown,
    )


def _read(content: bytes, zone: ZoneInfo, now: datetime) -> tuple[list[tuple[int, Opening]], list[Reject]]:
    openings: list[tuple[int, Opening]] = []
    rejected: list[Reject] = []
    for row in _rows(content):
        if len(openings) + len(rejected) == ROWS_LIMIT:
            raise FileUnreadable(f"more than {ROWS_LIMIT} rows")
        if isinstance(row, RowRejected):
            rejected.append(Reject(row.line, row.column, row.reason))
            continue
        try:
            openings.append((row.line, opening_of(row.cells, zone, now)))
        except FieldInvalid as error:
            rejected.append(Reject(row.line, error.field, error.reason))
    if not openings and not rejected:
        raise FileUnreadable("it has no rows")
    return openings, rejected


def _rows(content: bytes) -> Sequence[reader.Row | RowRejected]:
    lines = reader.Lines(BytesIO(content))
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return list(reader.ndjson_rows(lines))
    header, delimiter = reader.csv_header(lines)
    if missing := [name for name in REQUIRED if name not in header]:
        raise FileUnreadable(f"no column {', '.join(missing)} among: {', '.join(header)[:500]}")
    return list(reader.csv_rows(lines, header, delimiter))


def _sent(row: db.Row) -> Sent:
    return Sent(**dict(row) | {"found": msgspec.json.decode(row["found"], type=Found)})
