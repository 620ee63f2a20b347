"""What the studio's pages about members, adjustments and the liability are rendered from; see views."""

from dataclasses import dataclass
from datetime import date, datetime

from core.design.portal_views import Input, LedgerLine, PortalEntry


@dataclass(frozen=True)
class FoundMember:
    """A member that a search found."""

    href: str
    name: str
    customer_id: str
    tier: str
    joined_at: datetime
    left: bool


@dataclass(frozen=True)
class MemberSearch:
    """`staff/members.html`. Searches by `q`."""

    query: str
    members: tuple[FoundMember, ...] = ()
    limit: int = 0
    """So many are shown at most."""


@dataclass(frozen=True)
class WalletBalance:
    """`currency`: of a wallet of money, whose points are minor units of it; empty: it holds points."""

    name: str
    points_active: int
    points_pending: int
    points_held: int
    points_debt: int
    currency: str = ""


@dataclass(frozen=True)
class AdjustmentLine:
    """One adjustment. Deciding posts decision (approve, reject) to `decide_href`."""

    id: str
    member: str
    member_href: str
    points: int
    wallet: str
    """Its name; empty: the points that can be spent."""
    cause: str
    """Code of kind "adjustment_cause"."""
    note: str
    state: str
    """Code of kind "adjustment_state"."""
    asked_by: str
    asked_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decide_key: str = ""
    """Empty: this reader cannot decide on it."""


@dataclass(frozen=True)
class AdjustForm:
    """What is typed into the form of an adjustment, and what is wrong with it. Posts to `action`."""

    action: str
    key: str
    wallets: tuple[tuple[str, str], ...]
    """Codes, with their names in the reader's language."""
    causes: tuple[str, ...]
    """Codes of kind "adjustment_cause"."""
    limit_points: int
    """Above it a second person decides."""
    points: str = ""
    note: str = ""
    cause: str = ""
    wallet: str = ""
    problem: str = ""
    """In the reader's language."""


@dataclass(frozen=True)
class SharesWith:
    """Somebody of a member's household: their number at the shop, their page, what they have of their own."""

    customer_id: str
    href: str
    points_active: int


@dataclass(frozen=True)
class StaffMemberPage:
    """`staff/member.html`."""

    name: str
    customer_id: str
    tiers_href: str
    tier: str
    joined_at: datetime
    left_at: datetime | None
    wallets: tuple[WalletBalance, ...]
    lines: tuple[LedgerLine, ...]
    entry_href: str
    """Of an entry's explanation, without its id."""
    next_href: str = ""
    first_href: str = ""
    adjustments: tuple[AdjustmentLine, ...] = ()
    adjust: AdjustForm | None = None
    """None: this reader may not adjust."""
    household: tuple[SharesWith, ...] = ()
    """The others of it."""


@dataclass(frozen=True)
class StaffEntryPage:
    """`staff/member_entry.html`: the explanation that the member reads, and what else the ledger keeps."""

    member: str
    member_href: str
    entry: PortalEntry
    facts: tuple[Input, ...] = ()


@dataclass(frozen=True)
class RoleLimit:
    role: str
    limit_points: int


@dataclass(frozen=True)
class Adjustments:
    """`staff/adjustments.html`. A limit posts role and limit_points to /staff/studio/adjustments/limits."""

    waiting: tuple[AdjustmentLine, ...]
    decided: tuple[AdjustmentLine, ...]
    next_href: str
    first_href: str
    limits: tuple[RoleLimit, ...]
    limit_key: str
    """Empty: this reader cannot change limits."""


@dataclass(frozen=True)
class LiabilityMonth:
    """A month: opening + earned + redeemed + expired + taken back + other = closing, each signed."""

    month: date
    href: str
    points_opening: int
    points_earned: int
    points_redeemed: int
    points_expired: int
    points_taken_back: int
    points_other: int
    points_closing: int
    liability_minor: int
    breakage_minor: int
    closed_at: datetime | None = None
    closed_by: str = ""
    current: bool = False


@dataclass(frozen=True)
class LiabilityCohort:
    """Points earned in one month, as they stand at the end of another. `month` None: owed by members."""

    month: date | None
    points_issued: int
    points_redeemed: int
    points_lapsed: int
    points_outstanding: int
    expected: float
    """Share of the outstanding points that will be redeemed."""
    liability_minor: int
    breakage_minor: int


@dataclass(frozen=True)
class Liability:
    """`staff/liability.html`. Closing posts month to /staff/studio/liability/close."""

    currency: str
    months: tuple[LiabilityMonth, ...]
    shown: LiabilityMonth | None
    cohorts: tuple[LiabilityCohort, ...] = ()
    close_month: date | None = None
    close_key: str = ""
    """Empty: this reader cannot close months, or none is over."""
    csv_href: str = ""
