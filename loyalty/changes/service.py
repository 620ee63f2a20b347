"""Draft a change, ask for it, approve it, set it for a date, publish it, bring an earlier version back."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from core import db
from core.days import LAST_YEAR, usable
from core.errors import DomainError, NotFound
from loyalty.changes import queries
from loyalty.changes.errors import ApprovalNeeded, ChangeInvalid, ChangeStale, ChangeState, ChangeUnseen
from loyalty.changes.kinds import KINDS, VERSIONED, KindCode
from loyalty.tiers.service import Seen

log = structlog.get_logger(__name__)

NAME_LIMIT = 100
NOTE_LIMIT = 500
FAILED = "error:"
"""Begins the note of what could not go live on its date; the error's code follows."""
BROKEN = "change_failed"
"""That code where there is no other: nobody expected it, and the log says more."""
PENDING = ("draft", "asked", "approved", "scheduled")
LIST_LIMIT = 100


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one tier set, rule or wallet, or a campaign's start; see the table for its columns."""

    id: UUID
    kind: KindCode
    subject: str
    name: str
    definition: Any
    base: int
    back_to: int | None
    state: str
    shown: str
    moved: str
    note: str
    version: int | None
    created_at: datetime
    asked_at: datetime | None
    decided_at: datetime | None
    publish_at: datetime | None
    published_at: datetime | None
    ended_at: datetime | None
    asked_by: UUID | None
    decided_by: UUID | None
    published_by: UUID | None
    author: str | None
    asker: str | None
    approver: str | None
    publisher: str | None

    @property
    def mark(self) -> str:
        """Stands for what it says and what it was made on; see as_seen()."""
        said = msgspec.json.encode((self.definition, self.base), order="sorted")
        return hashlib.sha256(said).hexdigest()


# ---------------------------------------------------------------- reading


async def find(change_id: UUID) -> Change:
    """One change. Raises NotFound."""
    row = await db.fetchrow(queries.ONE, change_id, KINDS)
    if row is None:
        raise NotFound("there is no such change")
    return _change(row)


async def pending(
    kind: KindCode | None = None, subject: str | None = None, limit: int = LIST_LIMIT
) -> list[Change]:
    """What is on its way, the oldest first."""
    return [_change(row) for row in await db.fetch(queries.PENDING, kind, subject, limit, KINDS)]


async def done(
    kind: KindCode | None = None, subject: str | None = None, limit: int = LIST_LIMIT
) -> list[Change]:
    """What was published, the newest first."""
    return [_change(row) for row in await db.fetch(queries.DONE, kind, subject, limit, KINDS)]


async def second_person() -> bool:
    """Whether nothing goes live without somebody else's approval."""
    return bool(await db.fetchval(queries.SECOND_PERSON))


async def is_stale(change: Change) -> bool:
    """Whether what the change was made on is no longer what is live."""
    versioned = VERSIONED[change.kind]
    current = await versioned.current(change.subject)
    if current == change.base or 0 in (current, change.base):
        return current != change.base
    try:
        was = await versioned.at(change.subject, change.base)
    except NotFound:  # a tier set that there was not yet
        was = None
    try:
        return bool(await versioned.at(change.subject, current) != was)
    except NotFound:
        return was is not None


# ---------------------------------------------------------------- the way of a change


async def set_second_person(on: bool, by: UUID, now: datetime) -> None:
    """Ask for a second person from now on, or no longer. What was approved stays so; what was set for a
    date without approval does not go live any more."""
    await db.execute(queries.SET_SECOND_PERSON, on, by, now)


async def draft(
    kind: KindCode,
    subject: str,
    name: str,
    definition: Any,
    by: UUID | None,
    now: datetime,
    shown: str = "",
    back_to: int | None = None,
    base: int | None = None,
) -> Change:
    """Keep a change under a name. `base`: the version that it was made on; None: what is live.

    Raises ChangeInvalid, and what its kind says is wrong with it.
    """
    versioned = VERSIONED[kind]
    await versioned.check(definition, now)
    base = await versioned.current(subject) if base is None else base
    row_id = await db.fetchval(
        queries.ADD, kind, subject, _name(name), db.to_json(definition), base, back_to, shown, by, now
    )
    return await find(row_id)


async def save(
    change_id: UUID, name: str, definition: Any, now: datetime, shown: str = "", base: int | None = None
) -> Change:
    """Change a draft. `base`: what this was made on, if that is older than what the draft was made on.

    Only rebase() makes it a change of something newer: there somebody has looked at the difference. What says
    something else brings no version back. Raises NotFound, ChangeState and as draft().
    """
    found = await _locked(change_id, "draft")
    await VERSIONED[found.kind].check(definition, now)
    base = found.base if base is None else min(base, found.base)
    back_to = found.back_to if definition == found.definition else None
    await db.execute(queries.SAVE, change_id, _name(name), db.to_json(definition), base, back_to, shown)
    return await find(change_id)


async def duplicate(change_id: UUID, name: str, by: UUID, now: datetime) -> Change:
    """Another draft of the same, made on what that was made on; on what is live now, if that went live.

    Raises NotFound, what begins once, and as draft().
    """
    found = await find(change_id)
    await VERSIONED[found.kind].again(found.subject)
    base = found.base if found.state in PENDING else None
    return await draft(found.kind, found.subject, name, found.definition, by, now, found.shown, base=base)


async def back_to(kind: KindCode, subject: str, number: int, name: str, by: UUID, now: datetime) -> Change:
    """A draft that brings an earlier version back. Raises NotFound, what begins once, and as draft()."""
    await VERSIONED[kind].again(subject)
    definition = await VERSIONED[kind].at(subject, number)
    return await draft(kind, subject, name, definition, by, now, back_to=number)


async def discard(change_id: UUID) -> None:
    """Throw a draft away. Raises NotFound, ChangeState."""
    await _locked(change_id, "draft")
    await db.execute(queries.DROP, change_id)


async def rebase(change_id: UUID) -> Change:
    """Publish it in the place of what is live by now, although it was made on something else.

    Raises NotFound, ChangeState, and what begins once.
    """
    found = await _locked(change_id, "draft")
    await VERSIONED[found.kind].again(found.subject)
    current = await VERSIONED[found.kind].current(found.subject)
    await db.execute(queries.PUT_BASE, change_id, current)
    return await find(change_id)


async def as_seen(change_id: UUID, mark: str, publishing: bool = False) -> Change:
    """The change that somebody was shown, before their step: it stays so until the transaction ends.

    Where it is about to be published, and where that keeps few waiting, its subject is locked before it, as
    publish() does. Raises NotFound, ChangeUnseen.
    """
    found = await find(change_id)
    if publishing or found.kind != "tiers":
        await _lock_subject(found)
    await db.execute(queries.LOCK, change_id)
    found = await find(change_id)
    if found.mark != mark:
        raise ChangeUnseen("it says something else by now")
    return found


async def ask(change_id: UUID, by: UUID, now: datetime) -> Change:
    """Ask a second person. Raises NotFound, ChangeState, ChangeStale."""
    found = await _locked(change_id, "draft")
    await _refuse_stale(found)
    await db.execute(queries.ASK, change_id, by, now)
    return await find(change_id)


async def approve(change_id: UUID, by: UUID, now: datetime) -> Change:
    """Say yes; not to what one has asked for oneself. Raises NotFound, ChangeState, ApprovalNeeded."""
    found = await _locked(change_id, "asked")
    if by == found.asked_by:
        raise ApprovalNeeded("whoever asks cannot approve")
    await db.execute(queries.APPROVE, change_id, by, now)
    return await find(change_id)


async def send_back(change_id: UUID, note: str) -> Change:
    """Back to a draft, saying why. Raises NotFound, ChangeState, ChangeInvalid."""
    await _locked(change_id, "asked", "approved", "scheduled")
    if len(note) > NOTE_LIMIT:
        raise ChangeInvalid(f"at most {NOTE_LIMIT} characters")
    await db.execute(queries.BACK, change_id, note.strip())
    return await find(change_id)


async def schedule(change_id: UUID, at: datetime, by: UUID, now: datetime) -> Change:
    """Publish it on a date.

    Raises NotFound, ChangeState, ChangeStale, ApprovalNeeded, ChangeInvalid, and what its kind would say is
    wrong with it on that date.
    """
    found = await _ready(change_id)
    if at <= now or not usable(at):
        raise ChangeInvalid(f"the date must be to come, in {LAST_YEAR} at the latest")
    await VERSIONED[found.kind].check(found.definition, at)
    await _refuse_stale(found)
    await db.execute(queries.SCHEDULE, change_id, at, by)
    return await find(change_id)


async def take_back(change_id: UUID) -> Change:
    """No longer on that date. Raises NotFound, ChangeState."""
    await _locked(change_id, "scheduled")
    await db.execute(queries.TAKE_BACK, change_id)
    return await find(change_id)


async def publish(change_id: UUID, seen: Seen | None, by: UUID | None, now: datetime) -> Change:
    """Put it in force, now. A tier set moves exactly the members that were seen.

    Raises NotFound, ChangeState, ChangeStale, ApprovalNeeded, and what its kind refuses (PreviewStale).
    """
    await _lock_subject(await find(change_id))
    return await _put_in_force(await _ready(change_id), seen, by, now)


async def at_once(
    kind: KindCode,
    subject: str,
    name: str,
    definition: Any,
    seen: Seen | None,
    by: UUID,
    now: datetime,
    shown: str = "",
    base: int | None = None,
) -> Change:
    """Draft and publish in one; where the shop wants a second person, draft and ask. Raises as these do."""
    made = await draft(kind, subject, name, definition, by, now, shown, base=base)
    return await go_on(made.id, seen, by, now)


async def go_on(change_id: UUID, seen: Seen | None, by: UUID, now: datetime) -> Change:
    """Publish a draft, or ask a second person where the shop wants one. Raises as these do."""
    if await second_person():
        return await ask(change_id, by, now)
    return await publish(change_id, seen, by, now)


async def refuse_alone() -> None:
    """Raises ApprovalNeeded where the shop asks for a second person."""
    if await second_person():
        raise ApprovalNeeded("changes are approved by two people in the studio")


async def by_program(kind: KindCode, subject: str, now: datetime) -> None:
    """A program is about to put a version in force: what a change had put there is followed by it.

    Raises ApprovalNeeded.
    """
    await refuse_alone()
    await VERSIONED[kind].lock(subject)
    await db.execute(queries.END, kind, subject, False, now)


async def any_due(now: datetime) -> bool:
    """Whether something is set for a date that has come."""
    return bool(await db.fetch(queries.DUE, now, KINDS))


async def publish_due(now: datetime) -> list[Change]:
    """Publish what is set for a date that has come; what cannot be goes back to its author, saying why.

    None hinders the others.
    """
    found = []
    for change_id, kind, subject in await db.fetch(queries.DUE, now, KINDS):
        await VERSIONED[kind].lock(subject)
        if not await db.fetchval(queries.LOCK_DUE, change_id, now):
            continue  # moved to another date, or taken back, while this waited
        try:
            async with db.savepoint():
                change = await find(change_id)
                await _refuse_unapproved(change)
                found.append(await _put_in_force(change, None, change.published_by, now))
        except db.AWAY:  # it stays as it is: the next sweep tries again
            log.exception("change_waits", kind=kind, subject=subject)
        except DomainError as error:
            await db.execute(queries.BACK, change_id, f"{FAILED}{error.code}")
        except Exception:  # a mistake of ours stops this change, and none of the others
            log.exception("change_failed", kind=kind, subject=subject)
            await db.execute(queries.BACK, change_id, f"{FAILED}{BROKEN}")
    return found


async def _put_in_force(change: Change, seen: Seen | None, by: UUID | None, now: datetime) -> Change:
    await _refuse_stale(change)
    result = await VERSIONED[change.kind].publish(change.subject, change.definition, seen, by, now)
    await db.execute(queries.END, change.kind, change.subject, change.back_to is not None, now)
    await db.execute(queries.PUBLISH, change.id, result.version, result.moved, by, now)
    return await find(change.id)


async def _ready(change_id: UUID) -> Change:
    found = await _locked(change_id, *PENDING)
    if found.state == "asked":
        raise ApprovalNeeded("it has not been approved")
    await _refuse_unapproved(found)
    return found


async def _refuse_unapproved(change: Change) -> None:
    """Whatever its state: it may have been set for a date before a second person was asked for."""
    if change.decided_by is None and await second_person():
        raise ApprovalNeeded("it has not been approved")


async def _refuse_stale(change: Change) -> None:
    if await is_stale(change):
        raise ChangeStale(f"it was made on version {change.base}")


async def _lock_subject(change: Change) -> None:
    """What is live is compared with what the change was made on, then replaced: nobody may come in between.

    Before the change itself is locked, as whoever publishes by program does.
    """
    await VERSIONED[change.kind].lock(change.subject)


async def _locked(change_id: UUID, *states: str) -> Change:
    await db.execute(queries.LOCK, change_id)
    found = await find(change_id)
    if found.state not in states:
        raise ChangeState(f"it is {found.state}")
    return found


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_LIMIT:
        raise ChangeInvalid(f"a name of 1 to {NAME_LIMIT} characters")
    return name


def _change(row: db.Row) -> Change:
    definition = msgspec.json.decode(row["definition"], type=VERSIONED[row["kind"]].type)
    return Change(**dict(row) | {"definition": definition})
