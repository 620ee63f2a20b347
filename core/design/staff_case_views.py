"""What staff's page of one case is rendered from; see views."""

from dataclasses import dataclass, field
from datetime import datetime

from core.design.case_views import SurveySaid
from core.design.composer_views import Composer, Draft, Goodwill, Suggestion
from core.design.delivery_views import Delivery
from core.design.inbox_views import Aspect, Clock, Person, Sentiment
from core.design.review_views import Picture


@dataclass(frozen=True)
class Run:
    """A piece of a text; `mark`: why it counts (negative, neutral, positive, urgent), empty: it does not."""

    text: str
    mark: str = ""
    aspects: tuple[tuple[str, str], ...] = ()
    """What the words that end here speak about: codes of kind "aspect" and of kind "sentiment"."""


@dataclass(frozen=True)
class Why:
    """One reason why a review was flagged."""

    code: str
    """Code of kind "reason"."""
    words: tuple[str, ...] = ()
    """Of the review, that gave it."""


@dataclass(frozen=True)
class Translation:
    """The text in the reader's language, as a language model wrote it."""

    state: str = ""
    """asked, ready or failed; "": nobody has asked yet."""
    text: str = ""
    model: str = ""
    because: str = ""
    """Why it failed, in the reader's language."""
    asks: bool = False
    """It can be asked for: posts to …/translate."""
    beginning: bool = False
    """The text is so long that only its beginning was translated."""


@dataclass(frozen=True)
class StaffReview:
    id: str
    at: datetime
    source: str
    language: str
    stars: int | None
    title: str
    text: str
    product: str = ""
    verified: bool = False
    state: str = "published"
    """Code of kind "review_state"."""
    sentiment: Sentiment | None = None
    aspects: tuple[Aspect, ...] = ()
    title_runs: tuple[Run, ...] = ()
    """The title with its marks; empty: as it is."""
    runs: tuple[Run, ...] = ()
    why: tuple[Why, ...] = ()
    translation: Translation | None = None
    """None: the reader speaks its language, or there are no translations here."""
    public_reply: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Correction:
    """The form that says what a text says (fields `stars`, `sentiment` and one for each aspect)."""

    idempotency_key: str
    sentiment: str = ""
    """Code of kind "sentiment": what a person last said, else what the model reads."""
    stars: int | None = None
    aspects: tuple[tuple[str, str], ...] = ()
    """Each aspect with its polarity; empty: the text does not speak about it."""
    by: str = ""
    """Who corrected it last; empty: nobody."""
    problem: str = ""


@dataclass(frozen=True)
class AlikeReview:
    """A review that says much the same."""

    excerpt: str
    language: str
    stars: int | None
    at: datetime
    near_duplicate: bool = False
    case_href: str = ""
    """Empty: it opened no case."""
    case_number: str = ""
    case_state: str = ""
    """Code of kind "case_state"."""


@dataclass(frozen=True)
class EarlierReview:
    """Another review of the same customer."""

    href: str
    """Its page in moderation; empty: it was removed and has none."""
    stars: int | None
    """None: there are none, or its state is pending, and whoever decides about it sees none."""
    at: datetime
    about: str
    """The product, else the store; empty: the shop as a whole."""
    language: str
    excerpt: str
    state: str
    """Code of kind "review_state"."""


@dataclass(frozen=True)
class EarlierCase:
    """Another case of the same customer."""

    href: str
    number: str
    state: str
    """Code of kind "case_state"."""
    opened_at: datetime


@dataclass(frozen=True)
class CustomerPicture:
    """What staff see of the customer."""

    name: str
    member: bool
    tier: str = ""
    points_active: int = 0
    orders: int = 0
    spend_minor: int = 0
    currency: str = ""
    last_order_at: datetime | None = None
    reviews: int = 0
    """All of them, as of the cases; below are the last others."""
    cases: int = 0
    email: str = ""
    """Empty: not known, or not for this role."""
    member_href: str = ""
    """The member's own page; empty: no member, or not for this role."""
    earlier_reviews: tuple[EarlierReview, ...] = ()
    earlier_cases: tuple[EarlierCase, ...] = ()


@dataclass(frozen=True)
class CaseEvent:
    at: datetime
    kind: str
    """Code of kind "case_event"."""
    actor: str = ""
    """Who; empty: the system."""
    text: str = ""
    points: int = 0
    delivery: str = ""
    """Code of kind "delivery" for what was sent."""
    pictures: tuple[Picture, ...] = ()
    """Which came along."""


@dataclass(frozen=True)
class PriorityPart:
    code: str
    """Code of kind "priority"."""
    points: int


@dataclass(frozen=True)
class JoinedReview:
    """Another review of the same customer or order."""

    id: str
    at: datetime
    source: str
    stars: int | None
    language: str
    text: str
    title: str = ""
    excerpt: str = ""
    """Its first words, where the text is long; empty: it is shown whole."""
    reply: str = ""
    """What we have answered in public."""
    answer: Composer | None = None
    """None: not by this person, or not now."""


@dataclass(frozen=True)
class StaffCase:
    """`staff/case.html`. Forms post to /staff/inbox/cases/{id}/reply|note|message|goodwill|assign|…

    All but undo carry `version`: what was done in between is a conflict.
    """

    id: str
    number: str
    """Short, for people."""
    state: str
    """Code of kind "case_state"."""
    cycle: int
    opened_at: datetime
    reasons: tuple[str, ...]
    """Codes of kind "reason"."""
    review: StaffReview
    customer: CustomerPicture
    reply: Composer
    message: Composer
    note: Composer
    goodwill: Goodwill
    clocks: tuple[Clock, ...] = ()
    events: tuple[CaseEvent, ...] = ()
    """The oldest first."""
    owner: str = ""
    owner_is_me: bool = False
    assign_key: str = ""
    """Of taking over (posts `staff_id` empty: to me)."""
    assign_other_key: str = ""
    """Of giving it to one of `people` (posts `staff_id`)."""
    people: tuple[Person, ...] = ()
    """Whom this person may assign to."""
    team: str = ""
    """Which has the case; empty: none."""
    triage_key: str = ""
    """Of giving it to one of `teams` (posts `team_id`); empty: not by this person, or not now."""
    teams: tuple[Person, ...] = ()
    further_key: str = ""
    """Of waiting, sleeping, calls, spam, duplicates and remedies; empty: this person may not."""
    done: bool = False
    priority: tuple[PriorityPart, ...] = ()
    joined: tuple[JoinedReview, ...] = ()
    also_here: tuple[str, ...] = ()
    """Names of others who look at the case now."""
    held_out: bool = False
    """By chance the customer gets no remedy, unless somebody says why all the same."""
    surveys: tuple[SurveySaid, ...] = ()
    resolve_key: str = ""
    """Empty: cannot be resolved now. The form has an optional field `text`."""
    reopen_key: str = ""
    """Empty: cannot be reopened now."""
    unsent: str = ""
    """What was typed into a form that this page has no more."""
    conflict: str = ""
    """Somebody else replied or took over meanwhile, in the reader's language."""
    delivery: Delivery = field(default_factory=lambda: Delivery(""))
    correction: Correction | None = None
    """None: there is nothing to correct, or not for this role."""
    alike: tuple[AlikeReview, ...] = ()
    """Reviews that say much the same, the nearest first."""
    previous_href: str = ""
    next_href: str = ""
    list_href: str = "/staff/inbox"
    """The list from which it was opened; its neighbours are those there."""
    href: str = ""
    """This page, in that list."""
    within: str = ""
    """The query of that list, which every form carries; empty: the open cases."""
    version: int = 0
    """Of the case as it is shown here."""
    agreed: str = ""
    """What was typed into the form that resolves, before a problem; the form opens with it."""
    agreed_problem: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    draft: Draft | None = None
    call_owed: bool = False
    """The customer is to be called before the case is resolved."""
    about: str = ""
    """Which order, where no review opened it."""
    live_href: str = ""
    """Where the page hears that something happened."""
    news_href: str = ""
    """Where it asks what (`staff/case_news.html`)."""
    tags: tuple[str, ...] = ()
    tag_key: str = ""
    """Of adding and removing one (posts `tag` to …/tag and …/untag); empty: not by this person."""
    typed_in: str = ""
    """In which of the further forms something was typed that could not be done: "wait", "reply-<review>" …"""
    typed: tuple[tuple[str, str], ...] = ()
    """What was typed there, by field."""
