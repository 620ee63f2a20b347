"""What the page of trends in complaints is rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Complaint:
    """A review that a trend rests on."""

    excerpt: str
    language: str
    at: datetime
    case_href: str = ""
    case_number: str = ""


@dataclass(frozen=True)
class TrendRow:
    """Complaints about one thing."""

    dimension: str
    """Code of kind "trend_dimension"."""
    name: str
    """Of an aspect its code."""
    reviews: int
    complaints: int
    share: float
    share_before: float
    spike: bool
    enough: bool
    evidence: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Trends:
    """`staff/trends.html`: the last days against those before."""

    days: int
    days_before: int
    spikes: tuple[TrendRow, ...] = ()
    others: tuple[TrendRow, ...] = ()
