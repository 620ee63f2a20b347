"""What the pages about tiers are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TierField:
    """One input of a tier; `name` and `value` are the form's, the rest is for people."""

    name: str
    label: str
    value: str
    problem: str = ""
    slider_max: int = 0
    """Not 0: a slider in percent stands beside it, from 100."""


@dataclass(frozen=True)
class TierThreshold:
    """One row of the draft; numbers as the form shows them (spend: whole currency units)."""

    code: str
    """The form's field is `threshold_{code}`."""
    name: str
    threshold: int
    live_threshold: int | None
    """None: the tier is not live."""
    slider_max: int
    slider_step: int = 1
    fixed: bool = False
    """The entry tier: its threshold stays 0."""
    problem: str = ""
    """In the reader's language."""
    extras: tuple[TierField, ...] = ()
    """Multiplier and benefits."""


@dataclass(frozen=True)
class TierMove:
    from_tier: str
    to_tier: str
    members: int
    direction: str
    """up, down or same."""


@dataclass(frozen=True)
class ExampleMember:
    name: str
    from_tier: str
    to_tier: str
    value: int
    """What the member has of the metric (spend: minor units)."""
    why: str = ""


@dataclass(frozen=True)
class TierPreview:
    """Who would move, and what that costs. Amounts in minor units of `currency`; they can be below zero."""

    fingerprint: str
    """Empty: looked up and not counted again yet; it cannot be published like this."""
    members_up: int
    members_down: int
    members_same: int
    as_of: datetime
    moves: tuple[TierMove, ...] = ()
    examples: tuple[ExampleMember, ...] = ()
    currency: str = "USD"
    cost_minor: int = 0
    liability_minor: int = 0
    at_risk_minor: int = 0


@dataclass(frozen=True)
class Difference:
    """A move as it was shown, and as it is by now."""

    move: str
    shown: int
    now: int


@dataclass(frozen=True)
class Row:
    """One thing that a draft can change: what it is live, and in each draft; `differs` for each."""

    label: str
    values: tuple[str, ...]
    differs: tuple[bool, ...]


@dataclass(frozen=True)
class SetLink:
    """Another tier set's draft."""

    name: str
    href: str
    current: bool


@dataclass(frozen=True)
class TierRules:
    """What a set asks for, as the form has it."""

    metric: str
    """points, spend, orders or events."""
    metric_of: str
    """Wallet, currency or type of event."""
    window: str
    """rolling_days, rolling_months, month, quarter, year, anniversary or lifetime."""
    window_length: str
    """Of a rolling window."""
    requalification: str
    downgrade: str
    grace_days: str
    problem: str = ""
    """In the reader's language."""
    grace_most: int = 364


@dataclass(frozen=True)
class TierDraft:
    """`staff/tier_draft.html`, and `staff/tier_preview.html` (the panel alone, for htmx).

    The form GETs /staff/studio/tiers; publishing posts the same fields, fingerprint, as_of and
    idempotency_key to /staff/studio/tiers/publish.
    """

    metric: str
    """points, spend, orders or events."""
    currency: str
    summary: tuple[str, ...]
    """What counts, and how a tier is kept, as sentences in the reader's language."""
    thresholds: tuple[TierThreshold, ...]
    rules: TierRules
    set_code: str = "main"
    sets: tuple[SetLink, ...] = ()
    """When there are several."""
    fields: tuple[tuple[str, str], ...] = ()
    """The whole draft, as publishing posts it."""
    preview: TierPreview | None = None
    """None: the draft equals what is live, or is invalid."""
    publish_key: str = ""
    """Empty: this person may not publish."""
    may_publish: bool = False
    check_href: str = ""
    """Counts exactly who moves, where the preview was only looked up."""
    second_person: bool = False
    """Publishing asks somebody else first."""
    keep_key: str = ""
    """Not empty: this person may keep the draft under a name."""
    base: int = 0
    """The version that the draft was made on."""
    stale: bool = False
    """It is no longer what is live: the draft can be kept, and goes on from its own page."""
    rows: tuple[Row, ...] = ()
    """If so: what it would change of what is live."""
    draft_id: str = ""
    draft_name: str = ""
    """Of the draft that is worked on."""
    draft_mark: str = ""
    """What it said when the form was filled in of it."""
    overtaken: bool = False
    """It was saved since: what is typed can be kept as a new draft alone."""
    shown: str = ""
    """Which moves the preview shows, as forms carry it."""
    differences: tuple[Difference, ...] = ()
    """What the preview before showed otherwise."""
    warm_href: str = ""
    """Has everybody counted before somebody types."""
    conflict: bool = False
    """The base changed since the preview: nothing was published; this is the new preview."""


@dataclass(frozen=True)
class MemberTier:
    """A member in one set; texts in the reader's language."""

    set_code: str
    set_name: str
    tier: str
    since: datetime
    basis: str
    """Code of kind "tier_basis"."""
    standing: str
    next_step: str
    keep: str
    benefits: tuple[str, ...]
    override: str
    """Who gave it, why and until when; empty: there is none."""
    tiers: tuple[tuple[str, str], ...]
    """Codes and names, the lowest first."""
    give_key: str = ""
    end_key: str = ""
    """Empty: this person may not, or there is nothing to end."""


@dataclass(frozen=True)
class TierChange:
    at: datetime
    set_name: str
    from_tier: str
    to_tier: str
    reason: str
    """Code of kind "tier_reason"."""
    note: str


@dataclass(frozen=True)
class TierMember:
    """`staff/tier_member.html`. Overrides post tier, until, reason to
    /staff/studio/tiers/members/{customer}/{set}/override, and to …/override/end."""

    customer: str
    """As the shop knows them; empty: nobody was asked for."""
    path: str
    """Of the member's page; overrides post below it."""
    name: str = ""
    unknown: bool = False
    tiers: tuple[MemberTier, ...] = ()
    changes: tuple[TierChange, ...] = ()
    problem: str = ""
    typed: tuple[str, str, str] = ("", "", "")
    """Tier, day and reason, before a problem."""
