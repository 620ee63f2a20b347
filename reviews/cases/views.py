"""What the pages of cases are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from reviews.cases.history import EarlierCase, EarlierReview
from reviews.reading import OwnCase, ReviewView
from reviews.similar import Alike
from reviews.versions.service import Corrected


@dataclass(frozen=True)
class ClockView:
    """A clock of the present cycle."""

    kind: str
    state: str
    """running, warning, breached, satisfied or satisfied_late."""
    started_at: datetime
    due_at: datetime
    target_s: int


@dataclass(frozen=True)
class InboxRow:
    """One case in a list."""

    id: UUID
    number: int
    state: str
    cycle: int
    version: int
    priority: int
    priority_parts: dict[str, int]
    owner_id: UUID | None
    owner_name: str
    customer_id: UUID | None
    customer_name: str
    """Of the profile, else the name that the review shows."""
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    answered_at: datetime | None
    due_at: datetime | None
    urgent: bool
    clock: ClockView | None
    """The one that runs out next."""
    review: ReviewView | None
    cause: str
    """review, or what else opened it."""


@dataclass(frozen=True)
class CustomerView:
    """What staff see of a customer; points of the wallet `points`, money in the minor unit of `currency`."""

    id: UUID
    name: str
    email: str
    member_id: UUID | None
    tier_code: str
    points_active: int
    orders: int
    spend_minor: int
    """Paid less refunded, in the currency of the last order."""
    currency: str
    last_order_at: datetime | None
    reviews: int
    cases: int


@dataclass(frozen=True)
class EventView:
    """A line of the timeline."""

    kind: str
    actor: str
    person: str
    cycle: int
    at: datetime
    detail: dict[str, Any]
    text: str
    points: int
    delivery: str
    """Of what was sent: queued, sent, failed or cancelled."""
    message_id: UUID | None
    channel: str = ""
    """By which way a customer wrote."""
    attachments: Sequence[str] = ()
    """Names of what came along and was not kept."""
    about: str = ""
    """Who got the case or was told, or the team that it went to; also of those who have left since."""
    pictures: Sequence[UUID] = ()
    """Of those that came along, kept under /media/cases."""
    unmailed: str = ""
    """Why a private message stands on the customer's page alone: the reason for which no mail went out."""


@dataclass(frozen=True)
class Outgoing:
    """A message that waits to be sent; until `send_after` it can be taken back."""

    id: UUID
    kind: str
    body: str
    staff_id: UUID
    send_after: datetime


@dataclass(frozen=True)
class Undelivered:
    """A public reply that its source has not acknowledged: `sending`, or `failed`."""

    id: UUID
    body: str
    state: str
    failure: str | None
    """Code of why it failed, or of what was wrong the last time."""
    attempts: int


@dataclass(frozen=True)
class OnItsWay:
    """What of a case has not arrived, the newest first; of replies to each review the last."""

    outgoing: tuple[Outgoing, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()

    @property
    def reply_waits(self) -> bool:
        """No other public reply can be sent before."""
        queued = any(each.kind == "public_reply" for each in self.outgoing)
        return queued or any(each.state == "sending" for each in self.undelivered)


@dataclass(frozen=True)
class Person:
    """Somebody who may own a case."""

    id: UUID
    name: str


@dataclass(frozen=True)
class CaseView:
    """Everything that the page of one case shows."""

    row: InboxRow
    customer: CustomerView | None
    clocks: tuple[ClockView, ...]
    events: tuple[EventView, ...]
    """The oldest first."""
    on_its_way: OnItsWay
    answerable: frozenset[UUID]
    """Of all reviews of the case those to which a reply can be delivered."""
    people: tuple[Person, ...]
    joined: tuple[ReviewView, ...]
    """Further reviews of the case, the oldest first."""
    points_given: int
    """As goodwill on this case by the person who looks, who may give `points_left` more."""
    points_left: int
    corrected: Corrected | None = None
    """What a person last said that the review says."""
    alike: tuple[Alike, ...] = ()
    """Reviews that say much the same as the case's."""
    call_owed: bool = False
    """The customer is to be called before it is resolved."""
    teams: tuple[Person, ...] = ()
    team: str = ""
    """Which has the case."""
    order: str = ""
    """About which order, where no review opened the case."""
    earlier_reviews: tuple[EarlierReview, ...] = ()
    """The last others of the same customer, the newest first."""
    earlier_cases: tuple[EarlierCase, ...] = ()


@dataclass(frozen=True)
class MessageView:
    """One message as the customer sees it; kind customer_message is their own."""

    kind: str
    author: str
    text: str
    points: int
    at: datetime
    attachments: Sequence[str] = ()
    """Names of what they sent along and was not kept."""
    pictures: Sequence[UUID] = ()
    """Kept under /media/cases."""


@dataclass(frozen=True)
class StepView:
    """Something that happened to a customer's case: opened, assigned (`name`: to whom), reply, goodwill, …"""

    kind: str
    name: str
    at: datetime


@dataclass(frozen=True)
class OwnCaseView:
    """A case as its customer sees it."""

    case: OwnCase
    review: ReviewView | None
    """None: something else opened it."""
    steps: tuple[StepView, ...]
    """What has happened so far, the oldest first."""
    messages: tuple[MessageView, ...]
