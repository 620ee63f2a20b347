"""What is said in a case: public replies and private messages, each with ten seconds to take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from core import db, outbox
from core.errors import DomainError, Kind, NotFound
from core.people.roles import permissions_of
from core.people.staff import StaffMember
from reviews.cases import calls, clocks, delivery, events, lint, machine, queries, rules, service
from reviews.cases.answered import answered
from reviews.cases.calls import Outcome
from reviews.cases.service import Case, Channel
from reviews.sources import source_of


class ReplyWaiting(DomainError):
    """A public reply of this case has not gone out yet."""

    code = "reply_waiting"
    kind = Kind.CONFLICT
    title = "A reply is already waiting to be sent"


class TooLateToUndo(DomainError):
    """It was sent, taken back, or its ten seconds are over."""

    code = "too_late_to_undo"
    kind = Kind.CONFLICT
    title = "It can no longer be taken back"


class NobodyToAnswer(DomainError):
    """A public reply without a review or to one that is gone, or a private message to nobody who is known."""

    code = "nobody_to_answer"
    kind = Kind.CONFLICT
    title = "There is nobody to whom this could be sent"


@dataclass(frozen=True)
class Queued:
    """A message that will go out."""

    message_id: UUID
    undo_until: datetime
    version: int
    """Of the case, from now on."""


async def reply(
    case_id: UUID,
    text: str,
    by: UUID,
    expected_version: int,
    now: datetime,
    review_id: UUID | None = None,
    confirmed: bool = False,
) -> Queued:
    """Answer a review of the case in public, where it lives; None: the one that opened the case.

    `confirmed`: the person has looked at a wording that is questionable. Raises what lint.check() does.
    """
    member = await service.person(by, "reply")
    case = await service.about(await service.lock(case_id, expected_version), review_id)
    version = await db.fetchval(queries.VERSION, case.review_id) if case.source else None
    if case.source is None or version is None:
        raise NobodyToAnswer()
    if await db.fetchval(queries.WAITING, case.id):
        raise ReplyWaiting()
    source = source_of(case.source)
    body = service.text_of(text, source.reply_limit_chars, source.reply_limit_bytes)
    seen = _looked_at(body, confirmed, member)
    return await _queue(case, "public_reply", body, by, now, review_id, seen, version)


async def message(
    case_id: UUID, text: str, by: UUID, expected_version: int, now: datetime, confirmed: bool = False
) -> Queued:
    """Write to the customer alone: on their page, and by mail where an address is known; see reply()."""
    member = await service.person(by, "message")
    case = await service.lock(case_id, expected_version)
    if case.customer_id is None or await db.fetchval(queries.IS_ERASED, case.customer_id):
        raise NobodyToAnswer()
    body = service.text_of(text)
    return await _queue(case, "private_message", body, by, now, seen=_looked_at(body, confirmed, member))


def _looked_at(body: str, confirmed: bool, member: StaffMember) -> tuple[str, ...]:
    """What of the wording this person has confirmed."""
    may_approve = machine.PERMISSIONS["approve"] in permissions_of(member.role)
    return tuple(each.reason for each in lint.check(body, confirmed, may_approve))


async def _queue(
    case: Case,
    kind: Literal["public_reply", "private_message"],
    body: str,
    by: UUID,
    now: datetime,
    review_id: UUID | None = None,
    seen: tuple[str, ...] = (),
    version: int | None = None,
) -> Queued:
    deed: Literal["reply", "message"] = "reply" if kind == "public_reply" else "message"
    moved = await service.move(case, deed, now, owner_id=case.owner_id or by)
    until = now + timedelta(seconds=rules.UNDO_S)
    message_id = await service.add_message(
        case, kind, body, by, now, send_after=until, review_id=review_id, review_version=version
    )
    said: dict[str, Any] = {"confirmed": seen} if seen else {}
    await events.add(case.id, case.cycle, deed, now, staff_id=by, message=message_id, **said)
    await outbox.add(delivery.DUE, {"message": message_id}, now, delay_s=rules.UNDO_S)
    return Queued(message_id, until, moved.version)


async def undo(case_id: UUID, message_id: UUID, by: UUID, now: datetime) -> None:
    """Take a message back that has not gone out. Raises TooLateToUndo."""
    await service.person(by, "undo")
    case = await service.lock(case_id)
    if await db.fetchval(queries.CANCEL, message_id, case.id, now) is None:
        raise TooLateToUndo()
    await service.touch(case, now)
    await events.add(case.id, case.cycle, "undone", now, staff_id=by, message=message_id)


@dataclass(frozen=True)
class TakenBack:
    """A message that was not sent; `review_id`: which further review of the case it answers, if one."""

    kind: Literal["public_reply", "private_message"]
    body: str
    review_id: UUID | None


async def taken_back(case_id: UUID, message_id: UUID) -> TakenBack | None:
    """A message of the case that somebody took back, in the open transaction; None: there is none."""
    row = await db.fetchrow(queries.TAKEN_BACK, message_id, case_id)
    return TakenBack(**row) if row else None


async def call(
    case_id: UUID,
    text: str,
    by: UUID,
    expected_version: int,
    now: datetime,
    outcome: Outcome = "reached",
) -> UUID:
    """Log a telephone call: what became of it, and in `text` what was said. Answers the message's id.

    Only who was reached was spoken with; a call that is owed is made by calls.settles().
    """
    await service.person(by, "call")
    case = await service.lock(case_id, expected_version)
    moved = await service.move(case, "call", now, owner_id=case.owner_id or by)
    message_id = await service.add_message(case, "call", service.text_of(text), by, now, outcome=outcome)
    await events.add(case.id, case.cycle, "call", now, staff_id=by, message=message_id, outcome=outcome)
    await calls.logged(case.id, case.cycle)
    if outcome == "reached":
        await answered(moved, "call", now)
    return message_id


async def customer_message(case_id: UUID, customer_id: UUID, text: str, now: datetime) -> UUID:
    """The customer writes: the case goes on, or is reopened. Raises NotFound for another's case.

    What they write to a duplicate goes where their matter goes on; see service.goes_on_in().
    """
    case = await service.lock(await service.goes_on_in(case_id))
    if not await db.fetchval(queries.IS_CUSTOMERS, case.customer_id, customer_id):
        raise NotFound(f"no case {case_id}")
    return await heard(case, Heard(text), now)


@dataclass(frozen=True)
class Heard:
    """Words of a customer, whichever way they came."""

    text: str
    channel: Channel = "portal"
    attachments: Sequence[str] = ()
    """Names of what came along and is not kept."""


async def heard(case: Case, words: Heard, now: datetime) -> UUID:
    """Take a customer's words into a locked case: it goes on, or is reopened, and an answer is owed.

    Answers the message's id. Raises TextUnfit.
    """
    body = service.text_of(words.text)
    await db.execute(queries.UNANSWERED, case.id)
    again = case.state in machine.DONE
    case = await (service.begin_cycle if again else service.move)(case, "customer_message", now)
    # Where a review waits for its first answer that clock runs already.
    untouched = case.state in machine.UNTOUCHED
    await clocks.owe_reply(case.id, case.cycle, untouched, rules.is_urgent(case.urgency), now)
    message_id = await service.add_message(
        case, "customer_message", body, None, now, channel=words.channel, attachments=words.attachments
    )
    await events.add(
        case.id, case.cycle, "customer_message", now, by_customer=True,
        message=message_id, channel=words.channel,
    )  # fmt: skip
    return message_id
