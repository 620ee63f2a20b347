"""What the inbox's list of cases is rendered from; see views."""

from dataclasses import dataclass, field
from datetime import datetime

from core.design.desk_views import FilterFields, NamedView


@dataclass(frozen=True)
class Sentiment:
    label: str
    """Code of kind "sentiment"."""
    confidence: float
    """Probability of the label, 0 to 1."""
    stars_expected: float | None = None


@dataclass(frozen=True)
class Aspect:
    code: str
    """Code of kind "aspect"."""
    polarity: str
    """Code of kind "sentiment"."""
    confidence: float
    words: str = ""
    """The words of the review that support it."""


@dataclass(frozen=True)
class Clock:
    kind: str
    """Code of kind "clock"."""
    state: str
    """Code of kind "clock_state"."""
    due_at: datetime


@dataclass(frozen=True)
class InboxTab:
    code: str
    """Code of kind "inbox_view"."""
    count: int
    href: str
    current: bool = False


@dataclass(frozen=True)
class CaseRow:
    id: str
    """The row links to /staff/inbox/cases/{id}."""
    customer: str
    source: str
    """Store or site where the review lives."""
    stars: int | None
    language: str
    """BCP 47, such as zh-Hans."""
    excerpt: str
    opened_at: datetime
    state: str
    """Code of kind "case_state"."""
    product: str = ""
    sentiment: Sentiment | None = None
    """None: not scored yet."""
    aspects: tuple[Aspect, ...] = ()
    reasons: tuple[str, ...] = ()
    """Codes of kind "reason"."""
    clock: Clock | None = None
    owner: str = ""
    """Empty: nobody."""
    urgent: bool = False
    looking: str = ""
    """Who else looks at it now."""
    version: int = 0
    """Of the case as it is shown here."""
    tags: tuple[str, ...] = ()
    ticked: bool = False
    """Before a deed that could not be done."""


@dataclass(frozen=True)
class Scoring:
    """`staff/scoring.html` (a fragment, as its view): how far the worker is."""

    scored: int
    total: int
    href: str
    """Serves this fragment; asked every few seconds while something is left."""


@dataclass(frozen=True)
class Person:
    id: str
    name: str


@dataclass(frozen=True)
class Inbox:
    """`staff/inbox.html`."""

    tabs: tuple[InboxTab, ...]
    rows: tuple[CaseRow, ...] = ()
    scoring: Scoring | None = None
    """None, or all scored: no strip."""
    next_href: str = ""
    first_href: str = ""
    asked: str = ""
    """The query that leads to this list, and to this place in it."""
    more: tuple[NamedView, ...] = ()
    filter: FilterFields = field(default_factory=FilterFields)
    undo: str = ""
    """The deed on many that was just done and can be taken back; posts to /staff/inbox/bulk/undo."""
    undo_key: str = ""
    bulk_key: str = ""
    """Of a deed on the ticked cases; empty: this person may not."""
    people: tuple["Person", ...] = ()
    """To whom this person may assign them."""
    within: str = ""
    """With which query a row leads to its case, so that its neighbours are those of this list."""
    problem: str = ""
    """Why nothing was done, in the reader's language; the form opens with it."""
    tag: str = ""
    """What was typed there as a tag before the problem."""
    mails_parked: int = 0
    """Mails from customers that wait for a person."""
    live_href: str = ""
    """Where the page hears that something happened."""
