"""Take mails in: each once, into the case that it answers, or before a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from reviews.cases import conversation, events, service, unreviewed
from reviews.cases.conversation import Heard
from reviews.cases.inbound import pictures, queries, rules
from reviews.cases.inbound.pictures import Kept
from reviews.cases.inbound.reading import Mail
from reviews.cases.people import person
from reviews.cases.service import Case
from reviews.cases.unreviewed import Asked

NO_WORDS = "—"
"""Stands for the text of a mail that has attachments alone."""


class MailDecided(DomainError):
    """Somebody has put it into a case or dismissed it already."""

    code = "inbound_mail_decided"
    kind = Kind.CONFLICT
    title = "Somebody else was faster: this mail is decided already"


class SenderUnknown(DomainError):
    """No customer, or more than one, has the address of its sender."""

    code = "inbound_sender_unknown"
    kind = Kind.INVALID
    title = "It is not known which customer wrote this"


@dataclass(frozen=True)
class Outcome:
    """What became of a mail."""

    state: Literal["taken", "parked", "refused", "dismissed"]
    reason: str | None
    again: bool
    """It came before: nothing was done now."""
    case_id: UUID | None = None


@dataclass(frozen=True)
class Listed:
    """A mail as staff see it."""

    id: UUID
    received_at: datetime
    from_address: str
    from_name: str
    subject: str
    body: str
    attachments: Sequence[str]
    state: str
    reason: str | None
    case_id: UUID | None
    case_number: int | None
    decided_by: str | None


async def receive(mail: Mail, now: datetime, kept: Sequence[Kept] = ()) -> Outcome:
    """Take a mail in, in the open transaction; the same once more changes nothing.

    `kept`: its pictures, see pictures.made(). Of a mail that waits for a person they are not kept.
    """
    if before := await db.fetchrow(queries.KNOWN, mail.key):
        return Outcome(before["state"], before["reason"], again=True)
    ours, case_id = await _case_of(mail)
    case = await service.lock(await service.goes_on_in(case_id)) if case_id else None
    verdict = rules.judge(await _facts(mail, case, ours, now))
    mail_id = await db.fetchval(
        queries.ADD, mail.key, now, mail.from_address, mail.from_name, mail.subject, mail.text,
        list(mail.attachments), verdict.reason or "none", case.id if case else None,
    )  # fmt: skip
    if mail_id is None:  # another delivery of it was faster by a moment
        return await receive(mail, now)
    if verdict.state == "taken" and case:
        message_id = await _take(mail_id, case, mail.text, _others(mail.attachments, kept), now)
        await pictures.keep(case.id, message_id, kept, now)
    elif verdict.state == "refused":
        await db.execute(queries.REFUSE, mail_id)
        if verdict.reason == "bounce" and case:
            await service.touch(case, now)
            await events.add(case.id, case.cycle, "mail_bounced", now)
    return Outcome(verdict.state, verdict.reason, again=False, case_id=case.id if case else None)


async def hear(key: str, customer: str, text: str, number: int | None, now: datetime) -> bool:
    """What a customer (by the shop's id) told another system of the shop; False: it came before.

    Into the case with this number, which must be theirs; None: their open case, or a new one. In the open
    transaction. Raises unreviewed.CustomerGone, NotFound or TextUnfit.
    """
    # First, so that of two deliveries at once the second waits, and finds nothing left to do.
    row = await db.fetchval(queries.ADD, key, now, "", "", "", text, [], "none", None)
    if row is None:
        return False
    customer_id = await db.fetchval(queries.CUSTOMER, customer)
    if customer_id is None:
        raise unreviewed.CustomerGone(customer)
    if number is None:
        [begun] = await unreviewed.begin([Asked(customer_id, "question")], now)
        case_id = begun.case_id
    else:
        case_id = await db.fetchval(queries.OWN_CASE, number, customer_id)
        if case_id is None:
            raise NotFound(f"no case {number} of {customer}")
    case = await service.lock(await service.goes_on_in(case_id))
    message_id = await conversation.heard(case, Heard(text, "chat"), now)
    await db.execute(queries.TAKE, row, case.id, message_id)
    return True


async def _case_of(mail: Mail) -> tuple[bool, UUID | None]:
    """Whether we sent it ourselves, and the case that it names."""
    named = rules.tokens(mail.to, mail.answers)
    sent = rules.mail_ids([mail.key, *mail.answers])
    ours = False
    for row in await db.fetch(queries.SENT, sent) if sent else ():
        ours = ours or str(row["id"]) == mail.key.partition("@")[0]
        headers: dict[str, str] = db.from_json(row["headers"])
        named += rules.tokens((), headers.get("References", "").strip("<>").split("> <"))
    if not named:
        return ours, None
    return ours, await db.fetchval(queries.CASE_BY_TOKEN, named)


async def _facts(mail: Mail, case: Case | None, ours: bool, now: datetime) -> rules.Facts:
    known = case is not None and bool(mail.from_address)
    return rules.Facts(
        automatic=mail.automatic,
        forged=mail.forged,
        ours=ours,
        has_case=case is not None,
        from_customer=known and await db.fetchval(queries.FROM_CUSTOMER, case and case.id, mail.from_address),
        in_last_hour=await db.fetchval(queries.IN_LAST_HOUR, case.id, now) if case else 0,
        empty=not mail.text and not mail.attachments,
    )


def _others(names: Sequence[str], kept: Sequence[Kept]) -> list[str]:
    """Names of what came along and is not kept."""
    left = list(names)
    for each in kept:
        if each.name in left:
            left.remove(each.name)
    return left


async def _take(mail_id: UUID, case: Case, text: str, attachments: Sequence[str], now: datetime) -> UUID:
    """Answers the message's id."""
    words = Heard(rules.words_of(text) or NO_WORDS, "mail", attachments)
    message_id = await conversation.heard(case, words, now)
    await db.execute(queries.TAKE, mail_id, case.id, message_id)
    return message_id


# ---------------------------------------------------------------- by a person


async def listed(state: str, before: UUID | None = None, limit: int = 50) -> list[Listed]:
    """Mails of one state (parked, refused, taken, dismissed), the newest first."""
    return [Listed(**row) for row in await db.fetch(queries.LISTED, state, before, limit)]


async def parked() -> int:
    """How many wait for a person, counted up to 100."""
    count: int = await db.fetchval(queries.PARKED)
    return count


async def put(mail_id: UUID, number: int | None, by: UUID, now: datetime) -> UUID:
    """Put a mail into the case with this number; None: into the open or a new case of its sender.

    Answers the case. Raises NotFound, MailDecided or SenderUnknown.
    """
    await person(by, "note")
    mail = await _undecided(mail_id)
    if number is None:
        case_id = await _begin(mail, now)
    else:
        case_id = await db.fetchval(queries.CASE_BY_NUMBER, number)
        if case_id is None:
            raise NotFound(f"no case {number}")
    await _take(mail_id, await service.lock(case_id), mail["body"], mail["attachments"], now)
    await db.execute(queries.DECIDED, mail_id, by, now)
    return UUID(str(case_id))


async def _begin(mail: db.Row, now: datetime) -> UUID:
    sender = await db.fetchrow(queries.SENDER, mail["from_address"])
    if sender is None or sender["people"] != 1:
        raise SenderUnknown()
    asked = Asked(sender["id"], "mail", detail={"text": mail["subject"]})
    [begun] = await unreviewed.begin([asked], now)
    return begun.case_id


async def dismiss(mail_id: UUID, by: UUID, now: datetime) -> None:
    """Nothing for a case; it stays on record. Raises NotFound or MailDecided."""
    await person(by, "note")
    await _undecided(mail_id)
    await db.execute(queries.DISMISS, mail_id, by, now)


async def _undecided(mail_id: UUID) -> db.Row:
    mail = await db.fetchrow(queries.LOCK, mail_id)
    if mail is None:
        raise NotFound(f"no mail {mail_id}")
    if mail["state"] not in ("parked", "refused"):
        raise MailDecided()
    return mail
