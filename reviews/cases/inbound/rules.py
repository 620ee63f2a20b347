"""What becomes of a mail. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from reviews.cases import rules
from reviews.cases.inbound.quotes import own_words
from reviews.cases.inbound.reading import Automatic

State = Literal["taken", "parked", "refused"]
Reason = Automatic | Literal["own_mail", "no_case", "other_sender", "forged", "too_many", "empty"]

HOUR_LIMIT = 20
"""So many mails an hour a case takes in; further ones wait for a person."""
_THREAD = "case-"
_PLUS = re.compile(r"[^@+]*\+([0-9a-f]{32})@[^@]+")
_OF_CASE = re.compile(rf"{_THREAD}([0-9a-f]{{32}})@[^@]+")
_OF_MAIL = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^@]+")


@dataclass(frozen=True)
class Facts:
    """What is known of a mail besides its words."""

    automatic: Automatic | None
    ours: bool
    """We have sent it ourselves: it went round in a circle."""
    has_case: bool
    from_customer: bool
    """The case's customer has this address."""
    in_last_hour: int
    """Mails that the case has taken in."""
    empty: bool
    """Neither words nor attachments."""
    forged: bool = False
    """A mail server says that it is not from whom it names."""


@dataclass(frozen=True)
class Verdict:
    """Taken into its case, parked until a person looks, or refused, which a person can still see."""

    state: State
    reason: Reason | None = None


def judge(facts: Facts) -> Verdict:
    """What becomes of a mail. What machines wrote is never answered to and never moves a case."""
    if facts.ours:
        return Verdict("refused", "own_mail")
    if facts.automatic:
        return Verdict("refused", facts.automatic)
    if not facts.has_case:
        return Verdict("parked", "no_case")
    if not facts.from_customer:
        return Verdict("parked", "other_sender")
    if facts.forged:
        return Verdict("parked", "forged")
    if facts.empty:
        return Verdict("parked", "empty")
    if facts.in_last_hour >= HOUR_LIMIT:
        return Verdict("parked", "too_many")
    return Verdict("taken")


def reply_address(address: str, token: UUID) -> str:
    """Where a case's mails are answered to: care@shop.example gives care+<token>@shop.example."""
    local, _, domain = address.partition("@")
    return f"{local}+{token.hex}@{domain}"


def thread_id(token: UUID, domain: str) -> str:
    """What every mail of a case refers to, so that programs show them together."""
    return f"<{_THREAD}{token.hex}@{domain}>"


def tokens(to: Iterable[str], answers: Iterable[str]) -> list[UUID]:
    """Tokens of cases that a mail names, by its address first, then by what it answers."""
    found = [match[1] for each in to if (match := _PLUS.fullmatch(each))]
    found += [match[1] for each in answers if (match := _OF_CASE.fullmatch(each))]
    return [UUID(each) for each in dict.fromkeys(found)]


def mail_ids(ids: Iterable[str]) -> list[UUID]:
    """Those of Message-IDs that have the shape of ours."""
    return [UUID(match[1]) for each in ids if (match := _OF_MAIL.fullmatch(each))]


def words_of(text: str) -> str:
    """What of a mail's text goes into the conversation: the writer's own words, as many as it takes."""
    own = own_words(text)
    if len(own) <= rules.TEXT_LIMIT_CHARS:
        return own
    return own[: rules.TEXT_LIMIT_CHARS - 2].rstrip() + " …"
