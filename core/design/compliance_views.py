"""What the compliance report is rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Figure:
    """A number and the page of what it counts; `share` of what stands above it, None: of nothing."""

    value: int
    href: str = ""
    share: float | None = None


@dataclass(frozen=True)
class StarsRow:
    """One line of the table by stars."""

    stars: int | None
    """None: without stars, or the sum."""
    live: Figure
    shown: Figure
    waiting: Figure
    hidden: Figure
    """Its share is the hide rate."""
    hidden_there: Figure
    removed: Figure
    verified: Figure
    incentivised: Figure
    answered: Figure
    answer_hours: float | None


@dataclass(frozen=True)
class ReasonRow:
    """One neutral reason, and how many reviews of each number of stars are hidden for it."""

    reason: str
    """Code of kind "moderation_reason"."""
    by_stars: tuple[Figure, ...]
    """1, 2, 3, 4, 5 stars, without."""
    total: Figure


@dataclass(frozen=True)
class Skipped:
    """Delivered orders that nobody was asked about."""

    reason: str
    """Code of kind "skip_reason"; empty: none is on record."""
    figure: Figure


@dataclass(frozen=True)
class Compliance:
    """`staff/compliance.html`."""

    days: int
    """0: of all time."""
    choices: tuple[tuple[int, str], ...]
    """Periods to choose from: days and address."""
    rows: tuple[StarsRow, ...]
    total: StarsRow
    reasons: tuple[ReasonRow, ...]
    delivered: int
    asked: Figure
    waiting: int
    answered: int
    skipped: tuple[Skipped, ...]
    ledger: Figure
    """Of those incentivised: disclosed by the ledger's entry."""
    insider: Figure
    policy_href: str
    policy_version: int
    csv_href: str
    json_href: str


@dataclass(frozen=True)
class CountedReview:
    """One of the reviews that a figure counts."""

    href: str
    stars: int | None
    author: str
    excerpt: str
    language: str
    received_at: datetime
    state: str
    """Code of kind "review_shown"."""


@dataclass(frozen=True)
class CountedOrder:
    """A delivered order that nobody was asked about."""

    order: str
    customer: str
    delivered_at: datetime


@dataclass(frozen=True)
class ComplianceRows:
    """`staff/compliance_rows.html`."""

    title: str
    """Code of kind "compliance_rows"."""
    back_href: str
    reviews: tuple[CountedReview, ...] = ()
    orders: tuple[CountedOrder, ...] = ()
    next_href: str = ""
    first_href: str = ""
