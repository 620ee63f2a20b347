"""View model of the page about the design itself."""

from dataclasses import dataclass
from datetime import datetime

from core.design import inbox_views, portal_review_views, portal_views, staff_case_views


@dataclass(frozen=True)
class DesignPage:
    """`staff/design.html`: names of the custom properties, and something for each component to show."""

    colours: tuple[str, ...]
    spaces: tuple[str, ...]
    texts: tuple[str, ...]
    now: datetime
    rewards: tuple[portal_views.Reward, ...]
    lines: tuple[portal_views.LedgerLine, ...]
    clocks: tuple[inbox_views.Clock, ...]
    sentiments: tuple[inbox_views.Sentiment | None, ...]
    aspects: tuple[inbox_views.Aspect, ...]
    tiers: tuple[portal_views.TierProgress, ...]
    reviews: tuple[portal_review_views.MyReview, ...]
    events: tuple[staff_case_views.CaseEvent, ...]
    cases: tuple[portal_review_views.MyCase, ...]
