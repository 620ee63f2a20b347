"""What the customer's pages about points, tiers and rewards are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.portal_review_views import MyReview


@dataclass(frozen=True)
class TierProgress:
    """Where the member stands; `have` and `need` are in the unit of `metric`."""

    name: str
    metric: str
    """points (qualifying), spend (minor units), orders or events."""
    have: int
    next_name: str = ""
    """Empty: the highest tier is reached."""
    need: int = 0
    """Threshold of the next tier."""
    by: datetime | None = None
    """When what was counted so far ends to count; None: not all at once."""
    keep: str = ""
    """What keeps the present tier, and until when, as a sentence in the reader's language."""
    benefits: tuple[str, ...] = ()
    """What the present tier brings, each in a few words of the reader's language."""
    currency: str = ""
    """Of a spend metric."""


@dataclass(frozen=True)
class Expiry:
    points: int
    at: datetime


@dataclass(frozen=True)
class Reward:
    """A reward as one member sees it. Redeeming posts to /portal/rewards/{id}/redeem."""

    id: str
    name: str
    description: str
    kind: str
    """Code of kind "reward"; empty: not told."""
    price_points: int
    state: str
    """affordable, short, sold_out, tier_locked, limit_reached, later or left."""
    short_points: int = 0
    tier_needed: str = ""
    stock_left: int | None = None
    """None: without limit."""
    redeem_key: str = ""
    version: int = 1
    """Posted along: a price that has changed meanwhile is not paid."""
    worth: str = ""
    """What the voucher is worth, in words; empty: the name says it."""
    choice: "PointsChoice | None" = None
    """Where the member chooses how many points to spend."""
    begins_at: datetime | None = None
    """Of one that is on offer later."""
    limit_period: str = ""
    """Code of kind "limit_period" of one that can be had again; empty: never again."""


@dataclass(frozen=True)
class PointsChoice:
    """A field `points`: from `least` to `most` in steps; the rate as a sentence."""

    least: int
    most: int
    step: int
    rate: str


@dataclass(frozen=True)
class LedgerLine:
    """One ledger entry in words."""

    id: str
    at: datetime
    kind: str
    """Code of kind "entry"."""
    points: int
    """Signed."""
    balance_points: int
    """What could be spent after this entry."""
    about: str = ""
    """Order number, product or reward it belongs to."""
    rule: str = ""
    """The rule's sentence."""
    state: str = "active"
    """Code of kind "entry_state": what the points it made are now; empty: it made none."""
    settles_at: datetime | None = None
    expires_at: datetime | None = None
    currency: str = ""
    """Of a wallet of money, whose points are minor units of it."""


@dataclass(frozen=True)
class WalletNow:
    """A further wallet that the member has used; `currency` as of a LedgerLine."""

    name: str
    points_active: int
    points_pending: int
    href: str
    """Its entries."""
    currency: str = ""
    expiry: Expiry | None = None
    points_debt: int = 0
    """Taken back after the member had spent them."""


@dataclass(frozen=True)
class PortalHome:
    """`portal/home.html`."""

    name: str
    points_active: int
    points_pending: int
    tier: TierProgress | None
    expiry: Expiry | None = None
    reward: Reward | None = None
    """One in reach, or the nearest."""
    activity: tuple[LedgerLine, ...] = ()
    """The last five."""
    review: MyReview | None = None
    member_qr: str = ""
    """The shop's id of this customer as a picture, SVG made here, for the till's scanner."""
    wallets: tuple[WalletNow, ...] = ()
    """Besides the points."""


@dataclass(frozen=True)
class PortalJoin:
    """`portal/join.html`: a customer who is no member yet. Joining posts to /portal/join."""

    name: str
    rule: str = ""
    """What an order earns, as a sentence in the reader's language."""
    claim_days: int = 0
    """Orders of so many days before joining count, too."""
    join_key: str = ""
    """Empty: the shop has no programme to join."""
    points_kept: int | None = None
    """Of somebody who has left: what they can spend once they are a member again."""


@dataclass(frozen=True)
class PortalActivity:
    """`portal/activity.html`: entries of one wallet; `currency` as of a LedgerLine."""

    points_active: int
    points_pending: int
    currency: str = ""
    lines: tuple[LedgerLine, ...] = ()
    next_href: str = ""
    first_href: str = ""
    """Empty on the first page."""
    show: str = "all"
    """Code of kind "entries_shown", as are `shows`."""
    shows: tuple[str, ...] = ()
    show_href: str = ""
    """Completed by one of `shows`."""
    wallets: tuple[tuple[str, str, bool], ...] = ()
    """Name, address, and whether it is this one; empty: there is one only."""
    csv_href: str = ""
    chain_href: str = ""
    points_debt: int = 0
    """As of a WalletNow."""


@dataclass(frozen=True)
class Input:
    """One value that a rule looked at, both in the reader's language."""

    name: str
    value: str


@dataclass(frozen=True)
class CountedRule:
    """A rule that gave points here, as it was then, in the reader's language."""

    sentence: str
    version: int
    points: int


@dataclass(frozen=True)
class OtherRule:
    """A rule that did not give points here, and why not, in the reader's language."""

    sentence: str
    why_not: str


@dataclass(frozen=True)
class LotUse:
    """A lot that an entry made or took from."""

    points: int
    """Made (positive) or taken (negative)."""
    earned_at: datetime
    expires_at: datetime | None
    left_points: int


@dataclass(frozen=True)
class PortalEntry:
    """`portal/entry.html`: the "Why?" of one entry."""

    line: LedgerLine
    rule_version: int | None = None
    inputs: tuple[Input, ...] = ()
    lots: tuple[LotUse, ...] = ()
    rules: tuple[CountedRule, ...] = ()
    other_rules: tuple[OtherRule, ...] = ()


@dataclass(frozen=True)
class PortalRewards:
    """`portal/rewards.html`. `household_points`: what others of their household would pay, too."""

    points_active: int
    rewards: tuple[Reward, ...] = ()
    vouchers: tuple["Voucher", ...] = ()
    """The member's vouchers, the newest first."""
    household_points: int = 0


@dataclass(frozen=True)
class Voucher:
    """`portal/voucher.html` (as its view). Cancelling posts to /portal/vouchers/{id}/cancel."""

    id: str
    reward: str
    code: str
    state: str
    """Code of kind "voucher_state"."""
    price_points: int
    issued_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    cancel_key: str = ""
    """Empty: can no longer be cancelled."""
    worth: str = ""
    """What it is worth, in words; empty: the reward's name says it."""
    left: str = ""
    """What is left of a gift card that was used in part, as money."""
    qr_svg: str = ""
    """The code as a picture, SVG made here (markupsafe.Markup); empty: nothing to show at a till."""
    kind: str = ""
    """Code of kind "reward"; store_credit is in the account already and needs no code."""
