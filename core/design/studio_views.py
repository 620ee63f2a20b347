"""What the studio's first page is rendered from; see views."""

from dataclasses import dataclass
from datetime import date, datetime

from core.design.change_views import Back


@dataclass(frozen=True)
class TierCount:
    name: str
    members: int
    threshold: int
    """In the unit of the tier set's metric (spend: minor units)."""
    code: str = ""
    """Leads to its members."""


@dataclass(frozen=True)
class ProgrammeVersion:
    number: int
    published_at: datetime
    by: str
    note: str
    live: bool
    backs: tuple[Back, ...] = ()
    """One for each tier set that was other than it is now."""


@dataclass(frozen=True)
class PointsMonth:
    """What a month earned, redeemed and let expire, in points; `month` is its first day."""

    month: date
    earned: int
    redeemed: int
    expired: int


@dataclass(frozen=True)
class Studio:
    """`staff/studio.html`."""

    programme: str
    currency: str
    points_outstanding: int
    points_pending: int
    points_expiring: int
    period_days: int
    """Of earned and redeemed (backwards) and expiring (forwards)."""
    members: int
    tier_metric: str
    """points, spend or orders."""
    tiers: tuple[TierCount, ...] = ()
    versions: tuple[ProgrammeVersion, ...] = ()
    """The newest first."""
    can_edit: bool = False
    liability_minor: int = 0
    """What outstanding points are expected to cost."""
    breakage_minor: int = 0
    """What they would cost beyond that if every point were redeemed."""
    points_earned: int = 0
    points_redeemed: int = 0
    redemption_rate: float | None = None
    """Redeemed of earned in the period; None: nothing was earned."""
    months: tuple[PointsMonth, ...] = ()
    """The oldest first."""
    hide_rate_low: float | None = None
    """Of reviews with 1 and 2 stars in the period, the share that was hidden here; None: there are none."""
    hide_rate_high: float | None = None
    """The same for 4 and 5 stars."""
    reviews_hidden: int = 0
