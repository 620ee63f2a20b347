"""What the operators' pages of outgoing mails and parked work are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MailRow:
    id: str
    href: str
    to: str
    subject: str
    at: datetime
    state: str
    """Code of kind "delivery"."""
    language: str = ""
    """Of the subject."""


@dataclass(frozen=True)
class Mail:
    to: str
    sender: str
    subject: str
    at: datetime
    state: str
    """Code of kind "delivery"."""
    text: str
    """Plain text; addresses in it become links."""
    language: str


@dataclass(frozen=True)
class Mails:
    """`staff/mails.html`: the list and, when one is chosen, that mail."""

    rows: tuple[MailRow, ...] = ()
    mail: Mail | None = None
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class ParkedItem:
    id: str
    topic: str
    error: str
    attempts: int
    parked_at: datetime
    retry_key: str
    """Retrying posts to /staff/parked/{id}/retry. Empty: this person may only look."""


@dataclass(frozen=True)
class Parked:
    """`staff/parked.html`."""

    items: tuple[ParkedItem, ...] = ()
    next_href: str = ""
    first_href: str = ""
