"""Ask in the chat box, and hand what was asked to a person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from reviews.cases import conversation, rules, service, unreviewed
from reviews.cases.chat import queries
from reviews.cases.chat.rules import (
    GOES_ON,
    LINES_LIMIT,
    OFFERED,
    QUESTION_LIMIT_CHARS,
    Line,
    Source,
    transcript,
)
from reviews.cases.conversation import Heard
from reviews.cases.service import TextUnfit
from reviews.cases.unreviewed import Asked
from reviews.knowledge.model import Answer


class ChatFull(DomainError):
    """So much was asked that a person should take it up."""

    code = "chat_full"
    kind = Kind.CONFLICT
    title = "Let a person take this up"


class NothingAsked(DomainError):
    """A person can only take up what was asked or written."""

    code = "chat_nothing_asked"
    kind = Kind.INVALID
    title = "Write what it is about"


def checked(question: str) -> str:
    """The question on one line. Raises TextUnfit."""
    plain = " ".join(question.replace("\0", "").split())
    if not 1 <= len(plain) <= QUESTION_LIMIT_CHARS:
        raise TextUnfit(f"1 to {QUESTION_LIMIT_CHARS} characters", limit_chars=QUESTION_LIMIT_CHARS)
    return plain


async def lines(customer_id: UUID, now: datetime) -> list[Line]:
    """What the customer has asked in the chat that goes on, the oldest first; in the open transaction."""
    chat_id = await db.fetchval(queries.GOING_ON, customer_id, now - GOES_ON)
    return await _lines(chat_id) if chat_id else []


async def ask(customer_id: UUID, question: str, answers: Sequence[Answer], now: datetime) -> None:
    """Keep a question with what the articles say to it; without a chat that goes on, one begins.

    In the open transaction. Raises TextUnfit or ChatFull.
    """
    question = checked(question)
    await db.execute(queries.LOCK_CUSTOMER, customer_id)
    chat_id = await db.fetchval(queries.GOING_ON, customer_id, now - GOES_ON)
    if chat_id is None:
        chat_id = new_id()
        await db.execute(queries.BEGIN_CHAT, chat_id, customer_id, now)
    elif len(await _lines(chat_id)) >= LINES_LIMIT:
        raise ChatFull()
    sure = bool(answers) and answers[0].sure
    shown = [
        Source(each.code, each.version, each.title, each.passage)
        for each in answers[: 1 if sure else OFFERED]
    ]
    await db.execute(queries.ADD_LINE, chat_id, question, db.to_json(shown), sure, now)


async def person(customer_id: UUID, words: str, now: datetime) -> UUID:
    """Let a person take it up: what was asked and shown goes into the customer's open case, or a new one.

    Answers the case; in the open transaction. Raises NothingAsked, TextUnfit or unreviewed.CustomerGone.
    """
    if len(words) > rules.TEXT_LIMIT_CHARS:
        raise TextUnfit("too long", limit_chars=rules.TEXT_LIMIT_CHARS)
    await db.execute(queries.LOCK_CUSTOMER, customer_id)
    chat_id = await db.fetchval(queries.GOING_ON, customer_id, now - GOES_ON)
    text = transcript(await _lines(chat_id) if chat_id else [], words.replace("\0", ""))
    if not text:
        raise NothingAsked()
    [begun] = await unreviewed.begin([Asked(customer_id, "question")], now)
    await conversation.heard(await service.lock(begun.case_id), Heard(text, "chat"), now)
    if chat_id:
        await db.execute(queries.HAND_OVER, chat_id, begun.case_id)
    return begun.case_id


async def _lines(chat_id: UUID) -> list[Line]:
    return [
        Line(
            row["question"],
            tuple(msgspec.convert(db.from_json(row["articles"]), list[Source])),
            row["sure"],
            row["at"],
        )
        for row in await db.fetch(queries.LINES, chat_id)
    ]
