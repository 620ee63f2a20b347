"""What a connector is, and what may go wrong with one. How to write another: docs/connectors.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from core.errors import DomainError, Kind
from reviews.connectors.quotas import Budget
from reviews.connectors.wire import Wire
from reviews.intake import IncomingReview
from reviews.sources import Source

Given = Mapping[str, str]
"""What an account was connected with: the fields of its source that are not empty, secrets included."""


@dataclass(frozen=True)
class Field:
    """One thing that connecting an account asks for. A secret goes in and never comes out again."""

    name: str
    secret: bool = False
    required: bool = True


@dataclass(frozen=True)
class Delivery:
    """A webhook of a source as it came; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    token: str
    """What stood in its address."""


Hints = Callable[[Delivery, str], list[str]]
"""Ids of the reviews that a webhook, signed with this secret, is about. Raises HintUnsigned."""


@dataclass(frozen=True)
class About:
    """What is known of a source before an account of it is connected."""

    source: Source
    fields: tuple[Field, ...]
    account_of: Callable[[Given], str]
    """How its reviews name the account. Raises AccountUnfit."""
    budgets: Callable[[Given], tuple[Budget, ...]]
    """How often the source may be called; the first is what staff see."""
    interval: timedelta = timedelta(minutes=15)
    """Between two looks for what is new."""
    hints: Hints | None = None
    tells_replies: bool = False
    """A review that it gives without a reply has none: one that was deleted there is gone here, too."""
    hook_token: bool = False
    """Its webhooks are signed by nothing but the secret in the address that it was told."""


@dataclass(frozen=True)
class Page:
    """A part of the list. `next`: the cursor of the next one, '' at the end of what was asked for."""

    reviews: tuple[IncomingReview, ...]
    next: str = ""
    rejects: tuple[str, ...] = ()
    """Why others of this page could not be read."""
    total: int | None = None
    """How many reviews the source has, where it says so."""


class Connector(Protocol):
    """One account of one source; every method raises SourceFailure."""

    about: ClassVar[About]

    def __init__(self, given: Given, wire: Wire) -> None:
        """`wire` goes to the source, within its quotas."""

    async def page(self, since: datetime | None, cursor: str) -> Page:
        """A part of the reviews that were written or changed since then; None: of all there are.

        Reviews may come twice and pages may overlap: the intake knows what it has. What a source cannot
        tell (edits, removals) is found by listing all.
        """

    async def find(self, external_id: str) -> IncomingReview | None:
        """One review as it is now; None: the source has no such review any more."""

    async def reply(self, external_id: str, text: str) -> None:
        """Answer a review in public; returns when the source has acknowledged it.

        Called again after an unknown outcome, with the same text, it leaves one reply.
        """


class AccountUnfit(DomainError):
    """A field of a new account is missing or has no meaning; `extra["field"]` names it."""

    code = "account_unfit"
    kind = Kind.INVALID
    title = "The account cannot be connected like this"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", field=field)


class HintUnsigned(DomainError):
    """A webhook of a source that is not signed well: never told apart from an unknown account."""

    code = "webhook_signature_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "The signature does not fit"
