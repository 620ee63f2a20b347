"""Deeds on one case. Each locks the case, checks who may, moves the state and writes an event.

`expected_version` is the version that the person saw: somebody else's deed in between is a CaseChanged,
so that two people never answer at once without knowing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Forbidden, Kind, NotFound
from core.ids import new_id
from core.people import staff
from core.people.roles import permissions_of
from core.webhooks import service as webhooks
from reviews.cases import calls, clocks, events, machine, queries, rules
from reviews.cases.clocks import Cycle
from reviews.cases.contact import telling
from reviews.cases.machine import Deed, State
from reviews.cases.people import person
from reviews.cases.tables import CaseMessage
from reviews.cases.targets import rules as targets
from reviews.cases.targets import service as target_service


class CaseChanged(DomainError):
    """Somebody did something on this case since it was looked at."""

    code = "case_changed"
    kind = Kind.CONFLICT
    title = "Somebody else was faster; look at the case again"


class CaseStateRefuses(DomainError):
    """This cannot be done in the state that the case is in."""

    code = "case_state_refuses"
    kind = Kind.CONFLICT
    title = "The case is not in a state for that"


class TextUnfit(DomainError):
    """A message without text, or with too much."""

    code = "case_text_unfit"
    kind = Kind.INVALID
    title = "The text is empty or too long"


class DuplicateUnfit(DomainError):
    """There is no such case, it is this one, or it is done."""

    code = "duplicate_unfit"
    kind = Kind.INVALID
    title = "The case cannot be a duplicate of that one"


class SnoozeUnfit(DomainError):
    """Not in the future, or too far in it."""

    code = "snooze_unfit"
    kind = Kind.INVALID
    title = "A case sleeps until a moment within the next month"


WaitsOn = Literal["customer", "third_party"]
Channel = Literal["portal", "mail", "chat"]


@dataclass(frozen=True)
class Case:
    """A case, locked to the end of the transaction."""

    id: UUID
    number: int
    state: State
    cycle: int
    version: int
    owner_id: UUID | None
    customer_id: UUID | None
    review_id: UUID | None
    source: str | None
    """Where its review lives."""
    account: str | None
    urgency: int


async def lock(case_id: UUID, expected_version: int | None = None) -> Case:
    """The case, locked. Raises NotFound or CaseChanged."""
    row = await db.fetchrow(queries.LOCK, case_id)
    if row is None:
        raise NotFound(f"no case {case_id}")
    case = Case(**row)
    if expected_version is not None and case.version != expected_version:
        raise CaseChanged(version=case.version)
    return case


async def goes_on_in(case_id: UUID) -> UUID:
    """Where the same person's matter goes on, if this case was found to be a duplicate; else itself.

    Asked before anything is locked: who locks several cases does so in the order of their ids.
    """
    for _ in range(rules.DUPLICATES_DEEP):
        further: UUID | None = await db.fetchval(queries.GOES_ON_IN, case_id)
        if further is None:
            break
        case_id = further
    return case_id


async def about(case: Case, review_id: UUID | None) -> Case:
    """The case as it is about another of its reviews; None: the one that opened it. Raises NotFound."""
    if review_id is None or review_id == case.review_id:
        return case
    row = await db.fetchrow(queries.REVIEW_OF, case.id, review_id)
    if row is None:
        raise NotFound(f"no review {review_id} in this case")
    return replace(case, **row)


def text_of(text: str, limit_chars: int = rules.TEXT_LIMIT_CHARS, limit_bytes: int = 0) -> str:
    """The text to send, without space around it; `limit_bytes` of UTF-8, 0: any. Raises TextUnfit."""
    text = text.replace("\0", "").strip()
    if not text or len(text) > limit_chars:
        raise TextUnfit(f"a text has 1 to {limit_chars} characters", limit_chars=limit_chars)
    if limit_bytes and len(text.encode()) > limit_bytes:
        raise TextUnfit(f"a text has at most {limit_bytes} bytes", limit_bytes=limit_bytes)
    return text


async def move(
    case: Case,
    deed: Deed,
    now: datetime,
    *,
    owner_id: UUID | None = None,
    duplicate_of: UUID | None = None,
    noticed: bool = True,
) -> Case:
    """Let the deed change the state, and the owner where one is given. Raises CaseStateRefuses.

    Unless it is `noticed`, whoever is writing need not look again.
    """
    state = machine.after(deed, case.state)
    if state is None:
        raise CaseStateRefuses(f"{deed} while the case is {case.state}", state=case.state)
    owner = owner_id or case.owner_id
    version = await db.fetchval(queries.MOVE, case.id, state, int(noticed), owner, now, duplicate_of)
    moved = replace(case, state=state, version=version, owner_id=owner)
    if state != case.state:
        await clocks.follow(case.id, case.cycle, state, now)
    return moved


async def touch(case: Case, now: datetime) -> None:
    """Something happened that whoever is writing should see first."""
    await db.execute(queries.TOUCH, case.id, now)


async def assign(
    case_id: UUID, to: UUID, by: UUID, expected_version: int, now: datetime, told_after_s: float = 0
) -> int:
    """Give a case to somebody; `to` = `by` is to take it over. Answers the new version.

    The customer hears that somebody looks after it `told_after_s` later, if that is still so.
    """
    case = await lock(case_id, expected_version)
    mine = to == by
    await person(by, "take_over" if mine else "assign")
    receiver = await staff.find(to)
    if receiver is None:
        raise NotFound(f"nobody with the id {to} works here")
    if machine.PERMISSIONS["reply"] not in permissions_of(receiver.role):
        raise Forbidden("this person cannot work on cases")
    moved = await move(case, "assign", now, owner_id=to)
    kind = "taken_over" if mine and case.owner_id not in (None, by) else "assigned"
    await events.add(case.id, case.cycle, kind, now, staff_id=by, to=to, before=case.owner_id)
    if case.owner_id is None:
        await telling.later("taken", case.id, case.cycle, now, delay_s=told_after_s)
    return moved.version


async def note(case_id: UUID, text: str, by: UUID, now: datetime) -> UUID:
    """Write something for colleagues. Answers the note's id."""
    await person(by, "note")
    case = await lock(case_id)
    note_id = await add_message(case, "note", text_of(text), by, now)
    await events.add(case.id, case.cycle, "note", now, staff_id=by, message=note_id)
    return note_id


async def resolve(case_id: UUID, by: UUID, expected_version: int, now: datetime, text: str = "") -> int:
    """The matter is settled; `text` says how. Answers the new version. Raises calls.CallRequired."""
    await person(by, "resolve")
    case = await lock(case_id, expected_version)
    moved = await move(case, "resolve", now, owner_id=case.owner_id or by)
    await calls.check(case.id)
    await clocks.satisfy(case.id, case.cycle, ("resolution",), now)
    await clocks.stop(case.id, case.cycle, now)
    agreed = text_of(text) if text.strip() else ""
    await events.add(case.id, case.cycle, "resolved", now, staff_id=by, text=agreed)
    await telling.later("resolved", case.id, case.cycle, now)
    await webhooks.emit("case.resolved", [case.id], now)
    return moved.version


async def wait(case_id: UUID, on: WaitsOn, text: str, by: UUID, expected_version: int, now: datetime) -> int:
    """Nothing can be done until somebody has acted; `text` says what is awaited. Answers the new version."""
    await person(by, "wait")
    case = await lock(case_id, expected_version)
    deed: Deed = "wait_for_customer" if on == "customer" else "wait_for_third_party"
    moved = await move(case, deed, now, owner_id=case.owner_id or by)
    await events.add(case.id, case.cycle, deed, now, staff_id=by, text=text_of(text))
    return moved.version


async def take_up(case_id: UUID, by: UUID, expected_version: int, now: datetime) -> int:
    """What was awaited has come: the case goes on. Answers the new version."""
    await person(by, "take_up")
    case = await lock(case_id, expected_version)
    moved = await move(case, "take_up", now, owner_id=case.owner_id or by)
    await events.add(case.id, case.cycle, "taken_up", now, staff_id=by)
    return moved.version


async def snooze(case_id: UUID, until: datetime, by: UUID, expected_version: int, now: datetime) -> int:
    """Keep a case out of the queue for a while; its clocks run on. Answers the new version."""
    await person(by, "snooze")
    case = await lock(case_id, expected_version)
    if case.state in machine.DONE:
        raise CaseStateRefuses(f"snooze while the case is {case.state}", state=case.state)
    if not now < until <= now + rules.LONGEST_SNOOZE:
        raise SnoozeUnfit()
    await touch(case, now)
    await db.execute(queries.SNOOZE, case.id, until)
    await events.add(case.id, case.cycle, "snoozed", now, staff_id=by, until=until)
    return case.version + 1


async def spam(case_id: UUID, by: UUID, expected_version: int, now: datetime) -> int:
    """Nobody's complaint. The review stays where it is. Answers the new version."""
    await person(by, "spam")
    moved = await move(await lock(case_id, expected_version), "spam", now)
    await clocks.stop(moved.id, moved.cycle, now)
    await events.add(moved.id, moved.cycle, "spam", now, staff_id=by)
    return moved.version


async def duplicate(case_id: UUID, of_number: int, by: UUID, expected_version: int, now: datetime) -> int:
    """The same trouble as in another case, which goes on. Answers the new version. Raises DuplicateUnfit."""
    await person(by, "duplicate")
    other_id: UUID | None = await db.fetchval(queries.BY_NUMBER, of_number)
    # Both, so that two cases never become duplicates of each other.
    states = {row["id"]: row["state"] for row in await db.fetch(queries.LOCK_MANY, [case_id, other_id])}
    case = await lock(case_id, expected_version)
    if other_id is None or other_id == case.id or states[other_id] in machine.DONE:
        raise DuplicateUnfit(number=of_number)
    moved = await move(case, "duplicate", now, duplicate_of=other_id)
    await clocks.stop(case.id, case.cycle, now)
    await events.add(case.id, case.cycle, "duplicate", now, staff_id=by, of=other_id, number=of_number)
    return moved.version


async def reopen(case_id: UUID, by: UUID, expected_version: int, now: datetime) -> int:
    """It was not settled: a new cycle with clocks of its own. Answers the new version."""
    await person(by, "reopen")
    case = await lock(case_id, expected_version)
    return (await begin_cycle(case, "reopen", now, staff_id=by)).version


async def begin_cycle(case: Case, deed: Deed, now: datetime, staff_id: UUID | None = None) -> Case:
    """Reopen a case that was done. Raises CaseStateRefuses."""
    moved = await move(case, deed, now)
    cycle: int = await db.fetchval(queries.NEXT_CYCLE, case.id)
    subject = await target_service.subject_of(case.id, rules.is_urgent(case.urgency))
    (terms,) = await target_service.terms_for([subject])
    await clocks.begin([Cycle(case.id, cycle, terms, targets.first_clocks(terms, subject))], now)
    await calls.forget(case.id)
    await calls.owe([case.id] if terms.call else [])
    await events.add(case.id, cycle, "reopened", now, staff_id=staff_id, because=deed)
    await webhooks.emit("case.reopened", [case.id], now)
    return replace(moved, cycle=cycle)


async def unsettle(case: Case, now: datetime) -> None:
    """The reply to a case that was settled meanwhile has not arrived: its cycle and its clocks go on.

    Raises CaseStateRefuses.
    """
    await clocks.run_on(case.id, case.cycle)
    await move(case, "reply_failed", now)
    await events.add(case.id, case.cycle, "reopened", now, because="reply_failed")
    await webhooks.emit("case.reopened", [case.id], now)


async def close(case_id: UUID, by: UUID, expected_version: int, now: datetime) -> int:
    """Close a resolved case by hand, without waiting for its quiet time. Answers the new version."""
    await person(by, "resolve")
    moved = await move(await lock(case_id, expected_version), "close", now)
    await events.add(moved.id, moved.cycle, "closed", now, staff_id=by)
    return moved.version


async def close_quiet(now: datetime, limit: int = 1000) -> int:
    """Close the merchant's cases that were resolved long ago; answers how many, in the open transaction."""
    return len(await db.fetch(queries.CLOSE_QUIET, db.merchant_id(), now - rules.CLOSE_AFTER, limit, now))


async def add_message(
    case: Case,
    kind: str,
    body: str,
    staff_id: UUID | None,
    now: datetime,
    send_after: datetime | None = None,
    review_id: UUID | None = None,
    review_version: int | None = None,
    channel: Channel = "portal",
    attachments: Sequence[str] = (),
    outcome: str | None = None,
) -> UUID:
    """One row of the conversation; with `send_after` it waits to be sent. Answers its id.

    `attachments`: names of what came with it and was not kept. `outcome`: of a telephone call.
    """
    message_id = new_id()
    await CaseMessage.insert(
        CaseMessage(
            id=message_id,
            merchant_id=db.merchant_id(),
            case_id=case.id,
            cycle=case.cycle,
            kind=kind,
            staff_id=staff_id,
            body=body,
            state="queued" if send_after else None,
            created_at=now,
            send_after=send_after,
            review_id=review_id,
            review_version=review_version,
            channel=channel,
            attachments=list(attachments),
            outcome=outcome,
        )
    )
    return message_id
