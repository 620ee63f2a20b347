"""What the pages about referrals are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Friend:
    """Somebody whom the member brought. No name: who the friend is, is not the member's to read."""

    claimed_at: datetime
    state: str
    """Code of kind "referral_state"."""
    rewarded_at: datetime | None = None


@dataclass(frozen=True)
class PortalFriends:
    """`portal/friends.html`. Without a link yet, asking for one posts to /portal/friends."""

    code: str
    link: str
    order_within_days: int
    kept_after_days: int
    min_order_minor: int
    currency: str
    rewards: tuple[str, ...] = ()
    """What advocate and friend get, as sentences."""
    friends: tuple[Friend, ...] = ()
    code_key: str = ""
    """The form's key while there is no code."""


@dataclass(frozen=True)
class StaffReferrals:
    """`staff/referrals.html`. Posts the fields to /staff/studio/referrals."""

    fields: dict[str, str]
    """landing_url, min_order, order_within_days, kept_after_days, friends_a_month, active."""
    currency: str
    counts: tuple[tuple[str, int], ...]
    """(code of kind "referral_state", how many)."""
    rewards: tuple[str, ...]
    key: str
    """Empty: this reader cannot change them."""
    problem: str = ""
