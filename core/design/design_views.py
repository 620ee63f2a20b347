"""View model of the page about the design itself."""

from dataclasses import dataclass
from datetime import datetime

from core.design import views


@dataclass(frozen=True)
class DesignPage:
    """`staff/design.html`: names of the custom properties, and something for each component to show."""

    colours: tuple[str, ...]
    spaces: tuple[str, ...]
    texts: tuple[str, ...]
    now: datetime
    rewards: tuple[views.Reward, ...]
    lines: tuple[views.LedgerLine, ...]
    clocks: tuple[views.Clock, ...]
    sentiments: tuple[views.Sentiment | None, ...]
    aspects: tuple[views.Aspect, ...]
    tiers: tuple[views.TierProgress, ...]
    reviews: tuple[views.MyReview, ...]
    events: tuple[views.CaseEvent, ...]
    cases: tuple[views.MyCase, ...]
