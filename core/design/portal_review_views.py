"""What the customer's pages about own reviews and cases are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.review_views import Picture, ToReview


@dataclass(frozen=True)
class MyCase:
    """A customer's case: where it stands and what happens next."""

    id: str
    state: str
    """Code of kind "customer_case"; also chooses the sentence about what happens next."""
    about: str
    updated_at: datetime
    next_by: datetime | None = None
    """Until when the shop means to act."""
    settled_by: datetime | None = None
    """Until when the shop means to have it settled."""


@dataclass(frozen=True)
class CaseStep:
    """`code` of kind "customer_step"; `name` of who looks after it."""

    code: str
    at: datetime
    name: str = ""


@dataclass(frozen=True)
class MyReview:
    id: str
    at: datetime
    product: str
    stars: int | None
    text: str
    state: str
    """Code of kind "review_state"."""
    reply: str = ""
    replied_at: datetime | None = None
    points: int = 0
    incentivised: bool = False
    verified: bool = False
    case: MyCase | None = None
    pictures: tuple[Picture, ...] = ()
    attributes: tuple[tuple[str, int], ...] = ()
    """Name and stars."""
    insider: bool = False
    earned: int = 0
    """Points for having written it."""
    earned_state: str = ""
    """Code of kind "entry_state" of these points."""
    edit_href: str = ""


@dataclass(frozen=True)
class PortalReviews:
    """`portal/reviews.html`."""

    reviews: tuple[MyReview, ...] = ()
    next_href: str = ""
    first_href: str = ""
    waiting: tuple[ToReview, ...] = ()
    """What was delivered and has no review yet."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    at: datetime
    author: str
    mine: bool
    text: str
    points: int = 0
    """Goodwill that came with it."""
    attachments: tuple[str, ...] = ()
    """Names of what came along and was not kept."""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class CaseThread:
    """`portal/thread.html`: the messages of a case, which ask for themselves again."""

    case_id: str
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class PortalCase:
    """`portal/case.html`. Answering posts text to /portal/cases/{id}/answer."""

    case: MyCase
    review: MyReview | None
    """None: something else opened the case."""
    thread: CaseThread = CaseThread("")
    answer_key: str = ""
    """Empty: cannot be answered any more."""
    text: str = ""
    """What was typed before a problem."""
    problem: str = ""
    limit_chars: int = 4000
    steps: tuple[CaseStep, ...] = ()
