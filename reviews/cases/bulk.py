"""One deed on many cases of a list: what refuses it stays as it is, the others go on.

A case is chosen as it stood in the list: what somebody did on it since is looked at first. Whoever did it can
take it back while nobody has touched the cases since; what is spam is reopened one by one.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from reviews.cases import events, service, tags
from reviews.cases.people import person

LIMIT = 200
UNDO_WITHIN = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
Undoable = Literal["assign", "snooze", "tag"]
_AS_IT_IS = "SELECT state, owner_id, assigned_at, snoozed_until FROM cases WHERE id = $1"
_KEEP = """
    INSERT INTO case_bulk_deeds (merchant_id, staff_id, deed, cases, done_at)
    VALUES (current_merchant(), $1, $2, $3, $4) RETURNING id
"""
_FORGET = "DELETE FROM case_bulk_deeds WHERE merchant_id = $1 AND done_at < $2"
_FIND = (
    "SELECT deed, cases, done_at, undone_at FROM case_bulk_deeds WHERE id = $1 AND staff_id = $2 FOR UPDATE"
)
_PUT_BACK = """
    UPDATE cases SET owner_id = $2, assigned_at = $3, snoozed_until = $4, state = $5, version = version + 1,
           updated_at = $6 WHERE id = $1
"""


class TooLateToUndo(DomainError):
    """It was long ago, or it was taken back before."""

    code = "bulk_undo_late"
    kind = Kind.CONFLICT
    title = "It is too late to take this back"


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A case before a deed, and the version that the deed made; a tag changes nothing but `tag`."""

    case_id: UUID
    version: int
    state: str = ""
    owner_id: UUID | None = None
    assigned_at: datetime | None = None
    snoozed_until: datetime | None = None
    tag: str = ""


@dataclass(frozen=True)
class Outcome:
    """How many were done, and how many refused: they are not any more as they were chosen."""

    done: int
    refused: int
    undo: UUID | None = None
    """By which it can be taken back."""
    full: int = 0
    """How many could not take one more tag."""


@dataclass(frozen=True, order=True)
class Chosen:
    """A case as somebody saw it."""

    case_id: UUID
    version: int


async def assign(cases: Iterable[Chosen], to: UUID, by: UUID, now: datetime) -> Outcome:
    """Give cases to somebody; customers hear of it once it cannot be taken back any more.

    Raises core.errors.Forbidden, or NotFound for the person.
    """
    told_after_s = UNDO_WITHIN.total_seconds() + 1
    return await _each(
        cases, "assign", by, now,
        lambda each: service.assign(each.case_id, to, by, each.version, now, told_after_s),
    )  # fmt: skip


async def spam(cases: Iterable[Chosen], by: UUID, now: datetime) -> Outcome:
    """Mark cases as spam. Raises core.errors.Forbidden."""
    return await _each(cases, None, by, now, lambda each: service.spam(each.case_id, by, each.version, now))


async def snooze(cases: Iterable[Chosen], until: datetime, by: UUID, now: datetime) -> Outcome:
    """Keep cases out of the queue. Raises service.SnoozeUnfit or core.errors.Forbidden."""
    return await _each(
        cases, "snooze", by, now, lambda each: service.snooze(each.case_id, until, by, each.version, now)
    )


async def tag(cases: Iterable[Chosen], typed: str, by: UUID, now: datetime) -> Outcome:
    """Put a tag on cases, also on those changed since; one that has it is done, one that is full stays.

    Raises tags.TagUnfit for what is no tag, or core.errors.Forbidden.
    """
    word = tags.tag_of(typed)
    wanted, before, done, full = sorted(set(cases)), [], 0, 0
    for each in wanted[:LIMIT]:
        try:
            if await tags.add(each.case_id, word, by, now):
                before.append(Before(case_id=each.case_id, version=each.version, tag=word))
        except NotFound:
            continue
        except tags.TagUnfit:
            full += 1
            continue
        done += 1
    return Outcome(done, len(wanted) - done - full, await _keep("tag", before, by, now), full)


async def _each(
    cases: Iterable[Chosen], kept_as: Undoable | None, by: UUID, now: datetime,
    deed: Callable[[Chosen], Awaitable[int]],
) -> Outcome:  # fmt: skip
    """In the order of their ids, so that two people with the same cases never wait for each other."""
    wanted = sorted(set(cases))
    before: list[Before] = []
    for each in wanted[:LIMIT]:
        try:
            await service.lock(each.case_id, each.version)
        except (NotFound, service.CaseChanged):
            continue
        was: Any = await db.fetchrow(_AS_IT_IS, each.case_id)
        try:
            version = await deed(each)
        except service.CaseStateRefuses:
            continue
        before.append(Before(case_id=each.case_id, version=version, **was))
    undo = await _keep(kept_as, before, by, now) if kept_as else None
    return Outcome(len(before), len(wanted) - len(before), undo)


async def _keep(deed: Undoable, before: list[Before], by: UUID, now: datetime) -> UUID | None:
    await db.execute(_FORGET, db.merchant_id(), now - KEPT_FOR)
    if not before:
        return None
    kept: UUID = await db.fetchval(_KEEP, by, deed, db.to_json(before), now)
    return kept


async def undo(deed_id: UUID, by: UUID, now: datetime) -> Outcome:
    """Take one's own deed on many back; cases that somebody has touched since stay as they are.

    Raises NotFound, TooLateToUndo or core.errors.Forbidden.
    """
    await person(by, "note")
    row = await db.fetchrow(_FIND, deed_id, by)
    if row is None:
        raise NotFound(f"no deed {deed_id}")
    if row["undone_at"] or now > row["done_at"] + UNDO_WITHIN:
        raise TooLateToUndo()
    await db.execute("UPDATE case_bulk_deeds SET undone_at = $2 WHERE id = $1", deed_id, now)
    before = msgspec.json.decode(row["cases"], type=list[Before])
    done = [each for each in sorted(before, key=lambda one: one.case_id) if await _put_back(each, by, now)]
    return Outcome(len(done), len(before) - len(done))


async def _put_back(was: Before, by: UUID, now: datetime) -> bool:
    if was.tag:
        await tags.remove(was.case_id, was.tag, by, now)
        return True
    try:
        case = await service.lock(was.case_id, was.version)
    except service.CaseChanged:
        return False
    await db.execute(_PUT_BACK, case.id, was.owner_id, was.assigned_at, was.snoozed_until, was.state, now)
    await events.add(case.id, case.cycle, "put_back", now, staff_id=by)
    return True


def chosen(texts: Iterable[str]) -> list[Chosen]:
    """Cases as a form brings them, id and version with a colon between; what is none is left out."""
    found: list[Chosen] = []
    for each in texts:
        case_id, _, version = each.partition(":")
        try:
            found.append(Chosen(UUID(case_id), int(version)))
        except ValueError:
            continue
    return found
