"""Opening balances by a file that somebody of the staff sends: with a reason, and approved by another person
where the shop asks for one, or where a member would get more than its sender may give alone. Nothing of the
file is kept once it was decided on, or after a week."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db, tenancy
from core.days import zone_of
from core.errors import DomainError, Forbidden, Kind, NotFound
from core.files import reader
from core.files.errors import FieldInvalid, FileUnreadable, RowRejected
from core.ids import new_id
from core.people.roles import permissions_of
from loyalty.adjustments import service as adjustments
from loyalty.changes import service as changes
from loyalty.changes.errors import ApprovalNeeded
from loyalty.openings import queries, service
from loyalty.openings.files import rows_of
from loyalty.openings.rules import Opening, opening_of
from loyalty.openings.service import Outcome

NEEDED = "adjustments.decide"
"""Whoever may decide on points that others give may bring many along."""
FILE_LIMIT_BYTES = 2 << 20
ROWS_LIMIT = 5_000
"""What is taken in while somebody waits; the command line takes any size."""
REASON_LIMIT = 500
KEPT_REJECTS = 50
KEPT_WAITING = timedelta(days=7)
COLUMN_LIMIT = 60
Gets = Counter[UUID]
"""Points of new rows, by member."""


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
    """What becomes of rows: `rows` = new + known + rejected; `points` of new ones, `largest` of these that
    one member gets; the first rejects."""

    rows: int
    new: int
    known: int
    rejected: int
    points: int
    largest: int
    rejects: tuple[Reject, ...] = ()

    def gives_as(self, other: "Found") -> bool:
        """Both give the same."""
        return (self.new, self.points, self.largest) == (other.new, other.points, other.largest)


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `found`: what was tried while it waits, what was done since; `decided_by` None: nobody had
    to, or nobody did."""

    id: UUID
    file_name: str
    reason: str
    create_members: bool
    state: Literal["waiting", "done", "rejected", "lapsed"]
    found: Found
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None


class Waiting(msgspec.Struct, frozen=True):
    """A file that can still be looked at."""

    file_name: str
    content: bytes


async def send(
    file_name: str, content: bytes, reason: str, create_members: bool, by: UUID, now: datetime
) -> Sent:
    """Try a file, and take it in or let it wait for a second person: where the shop asks for one, or where a
    member would get more than this role may give alone (adjustments.limits), with all that this person gave
    them alone within the last day.

    Raises Forbidden, OpeningsInvalid, FileUnreadable, ProgrammeMissing, TimeZoneUnknown.
    """
    role = await _allowed(by)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LIMIT:
        raise OpeningsInvalid(f"a reason of 1 to {REASON_LIMIT} characters says why")
    if len(content) > FILE_LIMIT_BYTES:
        raise OpeningsInvalid(f"at most {FILE_LIMIT_BYTES >> 20} MB")
    sent_id, rows = new_id(), await _rows(content, now)
    await adjustments.one_at_a_time(by)
    two, limit_points = await changes.second_person(), (await adjustments.limits())[role]

    async def alone(_: Found, gets: Gets) -> bool:
        given = await adjustments.given_alone(list(gets), by, now)
        before = {member: sum(max(each, 0) for each in of.values()) for member, of in given.items()}
        return not two and all(
            points + before.get(member, 0) <= limit_points for member, points in gets.items()
        )

    found, done = await _take_in(rows, create_members, now, sent_id, alone)
    state, kept = ("done", None) if done else ("waiting", content)
    args = (file_name[:200] or "file", reason, create_members, state, kept, db.to_json(found), by, now)
    await db.execute(queries.SEND, sent_id, *args)
    return await find(sent_id)


async def decide(sent_id: UUID, approve: bool, by: UUID, now: datetime) -> Sent:
    """Take in what waits, or reject it; whoever sent it can only reject it. The file goes either way.

    It goes on waiting where it would give something else by now than whoever approves it was shown. Raises
    NotFound, Forbidden, ApprovalNeeded, OpeningsDecided and as send().
    """
    await _allowed(by)
    content = await db.fetchval(queries.LOCK_SENT, sent_id)
    sent = await find(sent_id)
    if sent.state != "waiting":
        raise OpeningsDecided(sent.state)
    found = sent.found
    if approve:
        if sent.asked_by == by:
            raise ApprovalNeeded("whoever sends a file cannot approve it")
        rows = await _rows(content, now)

        async def as_shown(tried: Found, _: Gets) -> bool:
            return sent.found.gives_as(tried)

        found, done = await _take_in(rows, sent.create_members, now, sent_id, as_shown)
        if not done:
            await db.execute(queries.TRIED_AGAIN, sent_id, db.to_json(found))
            return await find(sent_id)
    state = "done" if approve else "rejected"
    await db.execute(queries.DECIDE_SENT, sent_id, state, db.to_json(found), by, now)
    return await find(sent_id)


async def waiting(sent_id: UUID, by: UUID) -> Waiting:
    """The file of one that waits, for whoever may decide on it. Raises NotFound, Forbidden."""
    await _allowed(by)
    row = await db.fetchrow(queries.CONTENT, sent_id)
    if row is None:
        raise NotFound("no such import waits")
    return Waiting(row["file_name"], row["content"])


async def lapse(now: datetime) -> int:
    """Drop files that nobody decided on for a week; how many."""
    return len(await db.fetch(queries.LAPSE, now, now - KEPT_WAITING))


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


async def _allowed(by: UUID) -> str:
    role: str | None = await db.fetchval(queries.ROLE, by)
    if role is None or NEEDED not in permissions_of(role):
        raise Forbidden(f"this needs {NEEDED}")
    return role


class _Rows(msgspec.Struct, frozen=True):
    """Of a file: those that can be read, with their lines, and the others."""

    openings: list[tuple[int, Opening]]
    rejects: list[Reject]


class _Undo(Exception):
    """Ends what was only tried."""


async def _take_in(
    rows: _Rows,
    create_members: bool,
    now: datetime,
    sent_id: UUID,
    fits: Callable[[Found, Gets], Awaitable[bool]],
) -> tuple[Found, bool]:
    """What becomes of the rows, and whether it stays: nothing does where it does not fit."""
    try:
        async with db.savepoint():
            openings = [each for _, each in rows.openings]
            outcomes = await service.take_in(openings, create_members, now, sent_id=sent_id)
            gets = await _gets(openings, outcomes)
            found = _found(rows, outcomes, gets)
            if not await fits(found, gets):
                raise _Undo
    except _Undo:
        return found, False
    return found, True


async def _gets(openings: Sequence[Opening], outcomes: Sequence[Outcome]) -> Gets:
    """Several customer numbers can be one member's."""
    known, gets = await service.members_of(openings), Counter[UUID]()
    for opening, outcome in zip(openings, outcomes, strict=True):
        if outcome.status == "new":
            gets[known[opening.customer_id].id] += opening.points
    return gets


def _found(rows: _Rows, outcomes: Sequence[Outcome], gets: Gets) -> Found:
    statuses = Counter(outcome.status for outcome in outcomes)
    rejected = list(rows.rejects)
    for (line, _), outcome in zip(rows.openings, outcomes, strict=True):
        if outcome.status == "rejected":
            rejected.append(Reject(line, outcome.field or "", outcome.detail or ""))
    return Found(
        rows=len(outcomes) + len(rows.rejects),
        new=statuses["new"],
        known=statuses["known"],
        rejected=len(rejected),
        points=gets.total(),
        largest=max(gets.values(), default=0),
        rejects=tuple(sorted(rejected, key=lambda each: each.line)[:KEPT_REJECTS]),
    )


async def _rows(content: bytes, now: datetime) -> _Rows:
    zone = zone_of((await tenancy.shop()).time_zone)
    return await asyncio.to_thread(_read, content, zone, now)


def _read(content: bytes, zone: ZoneInfo, now: datetime) -> _Rows:
    found, file = _Rows([], []), BytesIO(content)
    for n, row in enumerate(islice(rows_of(file, reader.lines_of(file), {}), ROWS_LIMIT + 1)):
        if n == ROWS_LIMIT:
            raise FileUnreadable(f"more than {ROWS_LIMIT} rows")
        if isinstance(row, RowRejected):
            found.rejects.append(Reject(row.line, row.column[:COLUMN_LIMIT], row.reason))
            continue
        try:
            found.openings.append((row.line, opening_of(row.cells, zone, now)))
        except FieldInvalid as error:
            found.rejects.append(Reject(row.line, error.field, error.reason))
    if not found.openings and not found.rejects:
        raise FileUnreadable("it has no rows")
    return found


def _sent(row: db.Row) -> Sent:
    return Sent(**dict(row) | {"found": msgspec.json.decode(row["found"], type=Found)})
