"""What each page is rendered from: frozen, plain values only.

Times are timezone-aware (UTC); the page shows them in `Frame.time_zone`. Points are integers, money is
an integer in the currency's minor unit beside its ISO 4217 code. A field that is documented as a code
takes one of `core.design.words.codes(kind)`. An empty string means "there is none"; a `*_key` is the
idempotency key that the form of that action carries. Texts that come from data (names, reviews, rule
sentences) are shown as they are, escaped.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from core.design.case_views import SurveySaid
from core.design.desk_views import FilterFields, NamedView
from core.design.review_views import Picture, ToReview

# --- what every page has --------------------------------------------------------------------------


@dataclass(frozen=True)
class Notice:
    """A message at the top of a page, already in the reader's language."""

    kind: str
    """info, good, warning or problem."""
    text: str


@dataclass(frozen=True)
class Frame:
    """What surrounds a page."""

    path: str
    """Path and query of this page; the language switch returns to it."""
    now: datetime
    time_zone: str
    """IANA name."""
    shop: str = ""
    """The merchant's or store's name; empty before sign-in."""
    who: str = ""
    """The same person in all pages of this browser, and nobody else: what is typed is kept by it."""
    person: str = ""
    """Who is signed in; empty: nobody, and then there is no sign-out and no navigation."""
    role: str = ""
    """Code of kind "role"; staff pages only."""
    sections: tuple[str, ...] = ()
    """What the role may open: inbox, moderation, studio, mails, parked, demo; staff pages only."""
    section: str = ""
    """Where this page is: one of `sections`, or home, activity, rewards, reviews in the portal."""
    notices: tuple[Notice, ...] = ()
    theme: str = ""
    """light or dark; empty: as the device is set."""


# --- signing in -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class StaffSignIn:
    """`signin/staff.html`. Posts email, password, next to /staff/sign-in."""

    email: str = ""
    next_path: str = ""
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class CustomerSignIn:
    """`signin/customer.html`. Posts email, next to /portal/sign-in."""

    email: str = ""
    next_path: str = ""
    problem: str = ""
    """Code of kind "sign_in_problem"."""


@dataclass(frozen=True)
class LinkSent:
    """`signin/sent.html`: the same answer whether or not the address is known."""

    email: str
    valid_minutes: int
    mails_href: str = ""
    """The demo's page of outgoing mails."""


@dataclass(frozen=True)
class LinkConfirm:
    """`signin/confirm.html`: a mail scanner that opens the link must not use it up, so a person posts it."""

    action: str
    """Where the form posts token and csrf_token."""
    token: str
    name: str = ""
    """Whom the link signs in; empty: nobody, which is said when it is used."""
    current: str = ""
    """Somebody else who is signed in here now."""


@dataclass(frozen=True)
class HandoffConfirm:
    """`signin/handoff.html`: somebody comes with a link of the shop, which can be somebody else's."""

    action: str
    """Where the form posts token, next and csrf_token."""
    token: str
    next: str
    name: str
    """Whom the link signs in."""
    shop: str
    current: str = ""
    """Who is signed in here now."""


# --- the customer's portal ------------------------------------------------------------------------


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
    """Active points after this entry."""
    about: str = ""
    """Order number, product or reward it belongs to."""
    rule: str = ""
    """The rule's sentence."""
    state: str = "active"
    """Code of kind "entry_state": what the points it made are now; empty: it made none."""
    settles_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class MyCase:
    """A customer's case: where it stands and what happens next."""

    id: str
    state: str
    """Code of kind "customer_case"; also chooses the sentence about what happens next."""
    about: str
    updated_at: datetime
    next_by: datetime | None = None
    """Until when the shop means to act."""
    settled_by: datetime | None = None
    """Until when the shop means to have it settled."""


@dataclass(frozen=True)
class CaseStep:
    """`code` of kind "customer_step"; `name` of who looks after it."""

    code: str
    at: datetime
    name: str = ""


@dataclass(frozen=True)
class MyReview:
    id: str
    at: datetime
    product: str
    stars: int | None
    text: str
    state: str
    """Code of kind "review_state"."""
    reply: str = ""
    replied_at: datetime | None = None
    points: int = 0
    incentivised: bool = False
    verified: bool = False
    case: MyCase | None = None
    pictures: tuple[Picture, ...] = ()
    attributes: tuple[tuple[str, int], ...] = ()
    """Name and stars."""
    insider: bool = False
    earned: int = 0
    """Points for having written it."""
    earned_state: str = ""
    """Code of kind "entry_state" of these points."""
    edit_href: str = ""


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


@dataclass(frozen=True)
class PortalActivity:
    """`portal/activity.html`."""

    points_active: int
    points_pending: int
    lines: tuple[LedgerLine, ...] = ()
    next_href: str = ""
    first_href: str = ""
    """Empty on the first page."""
    show: str = "all"
    """Code of kind "entries_shown", as are `shows`."""
    shows: tuple[str, ...] = ()
    csv_href: str = ""


@dataclass(frozen=True)
class Input:
    """One value that a rule looked at, both in the reader's language."""

    name: str
    value: str


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
    other_rules: tuple[OtherRule, ...] = ()


@dataclass(frozen=True)
class PortalRewards:
    """`portal/rewards.html`."""

    points_active: int
    rewards: tuple[Reward, ...] = ()
    vouchers: tuple["Voucher", ...] = ()
    """The member's vouchers, the newest first."""


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


@dataclass(frozen=True)
class PortalReviews:
    """`portal/reviews.html`."""

    reviews: tuple[MyReview, ...] = ()
    next_href: str = ""
    first_href: str = ""
    waiting: tuple[ToReview, ...] = ()
    """What was delivered and has no review yet."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    at: datetime
    author: str
    mine: bool
    text: str
    points: int = 0
    """Goodwill that came with it."""
    attachments: tuple[str, ...] = ()
    """Names of what came along and was not kept."""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class CaseThread:
    """`portal/thread.html`: the messages of a case, which ask for themselves again."""

    case_id: str
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class PortalCase:
    """`portal/case.html`. Answering posts text to /portal/cases/{id}/answer."""

    case: MyCase
    review: MyReview | None
    """None: something else opened the case."""
    thread: CaseThread = CaseThread("")
    answer_key: str = ""
    """Empty: cannot be answered any more."""
    text: str = ""
    """What was typed before a problem."""
    problem: str = ""
    limit_chars: int = 4000
    steps: tuple[CaseStep, ...] = ()


# --- the inbox ------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Scoring:
    """`staff/scoring.html` (a fragment, as its view): how far the worker is."""

    scored: int
    total: int
    href: str
    """Serves this fragment; asked every few seconds while something is left."""


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
    """The query that leads to this list."""
    more: tuple[NamedView, ...] = ()
    filter: FilterFields = field(default_factory=FilterFields)
    undo: str = ""
    """The deed on many that was just done and can be taken back; posts to /staff/inbox/bulk/undo."""
    undo_key: str = ""
    bulk_key: str = ""
    """Of a deed on the ticked cases; empty: this person may not."""
    people: tuple["Person", ...] = ()
    """To whom this person may assign them."""
    mails_parked: int = 0
    """Mails from customers that wait for a person."""
    live_href: str = ""
    """Where the page hears that something happened."""


@dataclass(frozen=True)
class Composer:
    """A form that sends a text (field `text`)."""

    idempotency_key: str
    text: str = ""
    """What was typed before a problem."""
    problem: str = ""
    """In the reader's language; the form opens with it."""
    limit_chars: int = 4000
    blocked: str = ""
    """Why it cannot be used now, in the reader's language; empty: it can."""
    limit_bytes: int = 0
    """In UTF-8, where the source counts so; 0: it does not."""
    templates: tuple[tuple[str, str], ...] = ()
    """Code and name of what can be put in."""
    confirm: bool = False
    """The problem is a wording that may be meant: the form asks to confirm it."""


@dataclass(frozen=True)
class Suggestion:
    """Something that can be put into a composer: posts `insert` = `key` with it. `href`: where it is from."""

    key: str
    title: str
    href: str
    text: str
    language: str = ""
    article: bool = False
    """Of the knowledge base; else what was said in another case."""


@dataclass(frozen=True)
class Draft:
    """What a language model wrote, from these sources (title, href); inserted like a suggestion, by `key`."""

    state: str = ""
    """asked, ready or failed; "": nobody has asked yet."""
    key: str = ""
    text: str = ""
    model: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    because: str = ""
    """Why it failed, in the reader's language."""
    asks: bool = False
    """Another one can be asked for: posts to …/draft."""


@dataclass(frozen=True)
class Goodwill:
    """The form that gives points (fields `points`, `reason`)."""

    idempotency_key: str
    limit_points: int
    """What this person may still give on this case; 0: nothing."""
    given_points: int = 0
    """Given on this case so far."""
    points: str = ""
    """What was typed before a problem."""
    reason: str = ""
    problem: str = ""
    blocked: str = ""
    """Why it cannot be used now, in the reader's language; empty: it can."""


@dataclass(frozen=True)
class Run:
    """A piece of a text; `mark`: why it counts (negative, positive or urgent), empty where it does not."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Why:
    """One reason why a review was flagged."""

    code: str
    """Code of kind "reason"."""
    words: tuple[str, ...] = ()
    """Of the review, that gave it."""


@dataclass(frozen=True)
class StaffReview:
    id: str
    at: datetime
    source: str
    language: str
    stars: int | None
    title: str
    text: str
    product: str = ""
    verified: bool = False
    state: str = "published"
    """Code of kind "review_state"."""
    sentiment: Sentiment | None = None
    aspects: tuple[Aspect, ...] = ()
    title_runs: tuple[Run, ...] = ()
    """The title with its marks; empty: as it is."""
    runs: tuple[Run, ...] = ()
    why: tuple[Why, ...] = ()
    translation: str = ""
    public_reply: str = ""


@dataclass(frozen=True)
class Correction:
    """The form that says what a text says (fields `stars`, `sentiment` and one for each aspect)."""

    idempotency_key: str
    sentiment: str = ""
    """Code of kind "sentiment": what a person last said, else what the model reads."""
    stars: int | None = None
    aspects: tuple[tuple[str, str], ...] = ()
    """Each aspect with its polarity; empty: the text does not speak about it."""
    by: str = ""
    """Who corrected it last; empty: nobody."""
    problem: str = ""


@dataclass(frozen=True)
class AlikeReview:
    """A review that says much the same."""

    excerpt: str
    language: str
    stars: int | None
    at: datetime
    near_duplicate: bool = False
    case_href: str = ""
    """Empty: it opened no case."""
    case_number: str = ""
    case_state: str = ""
    """Code of kind "case_state"."""


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


@dataclass(frozen=True)
class ModelDifference:
    """A review that two models read differently; `answered` and `shadow` are codes of kind "sentiment"."""

    excerpt: str
    language: str
    answered: str
    shadow: str
    case_href: str = ""


@dataclass(frozen=True)
class ModelPair:
    """Two models on the same reviews; `same_…` are shares."""

    answered_by: str
    shadow: str
    reviews: int
    same_sentiment: float
    same_stars: float
    newly_flagged: int
    no_longer_flagged: int
    corrected: int = 0
    answered_right: int = 0
    shadow_right: int = 0
    differences: tuple[ModelDifference, ...] = ()


@dataclass(frozen=True)
class Models:
    """`staff/models.html`."""

    pairs: tuple[ModelPair, ...] = ()


@dataclass(frozen=True)
class CustomerPicture:
    """What staff see of the customer."""

    name: str
    member: bool
    tier: str = ""
    points_active: int = 0
    orders: int = 0
    spend_minor: int = 0
    currency: str = ""
    last_order_at: datetime | None = None
    reviews: int = 0
    cases: int = 0
    email: str = ""
    """Empty: not known, or not for this role."""


@dataclass(frozen=True)
class CaseEvent:
    at: datetime
    kind: str
    """Code of kind "case_event"."""
    actor: str = ""
    """Who; empty: the system."""
    text: str = ""
    points: int = 0
    delivery: str = ""
    """Code of kind "delivery" for what was sent."""
    pictures: tuple[Picture, ...] = ()
    """Which came along."""


@dataclass(frozen=True)
class Outgoing:
    """A reply that can still be taken back. Undoing posts to /staff/inbox/cases/{case}/undo."""

    text: str
    undo_until: datetime
    idempotency_key: str
    message_id: str = ""


@dataclass(frozen=True)
class Undelivered:
    """A reply that its source has not acknowledged. Retrying posts to /staff/inbox/cases/{case}/retry."""

    text: str
    failed: bool
    """False: it is on its way."""
    reason: str = ""
    """Why it failed, or what was wrong the last time, in the reader's language."""
    attempts: int = 0
    retry_key: str = ""
    """Empty: this person cannot retry it, or not now."""
    message_id: str = ""


@dataclass(frozen=True)
class Person:
    id: str
    name: str


@dataclass(frozen=True)
class PriorityPart:
    code: str
    """Code of kind "priority"."""
    points: int


@dataclass(frozen=True)
class JoinedReview:
    """Another review of the same customer or order."""

    id: str
    at: datetime
    source: str
    stars: int | None
    language: str
    excerpt: str
    reply: str = ""
    """What we have answered in public."""


@dataclass(frozen=True)
class StaffCase:
    """`staff/case.html`. Forms post to /staff/inbox/cases/{id}/reply|note|message|goodwill|assign|…

    All but undo carry `version`: what was done in between is a conflict.
    """

    id: str
    number: str
    """Short, for people."""
    state: str
    """Code of kind "case_state"."""
    cycle: int
    opened_at: datetime
    reasons: tuple[str, ...]
    """Codes of kind "reason"."""
    review: StaffReview
    customer: CustomerPicture
    reply: Composer
    message: Composer
    note: Composer
    goodwill: Goodwill
    clocks: tuple[Clock, ...] = ()
    events: tuple[CaseEvent, ...] = ()
    """The oldest first."""
    owner: str = ""
    owner_is_me: bool = False
    assign_key: str = ""
    """Of taking over (posts `staff_id` empty: to me)."""
    assign_other_key: str = ""
    """Of giving it to one of `people` (posts `staff_id`)."""
    people: tuple[Person, ...] = ()
    """Whom this person may assign to."""
    team: str = ""
    """Which has the case; empty: none."""
    triage_key: str = ""
    """Of giving it to one of `teams` (posts `team_id`); empty: not by this person, or not now."""
    teams: tuple[Person, ...] = ()
    further_key: str = ""
    """Of waiting, sleeping, calls, spam, duplicates and remedies; empty: this person may not."""
    done: bool = False
    priority: tuple[PriorityPart, ...] = ()
    joined: tuple[JoinedReview, ...] = ()
    also_here: tuple[str, ...] = ()
    """Names of others who look at the case now."""
    held_out: bool = False
    """By chance the customer gets no remedy, unless somebody says why all the same."""
    surveys: tuple[SurveySaid, ...] = ()
    resolve_key: str = ""
    """Empty: cannot be resolved now. The form has an optional field `text`."""
    reopen_key: str = ""
    """Empty: cannot be reopened now."""
    conflict: str = ""
    """Somebody else replied or took over meanwhile, in the reader's language."""
    outgoing: Outgoing | None = None
    undelivered: Undelivered | None = None
    correction: Correction | None = None
    """None: there is nothing to correct, or not for this role."""
    alike: tuple[AlikeReview, ...] = ()
    """Reviews that say much the same, the nearest first."""
    previous_href: str = ""
    next_href: str = ""
    version: int = 0
    """Of the case as it is shown here."""
    agreed: str = ""
    """What was typed into the form that resolves, before a problem; the form opens with it."""
    agreed_problem: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    draft: Draft | None = None
    call_owed: bool = False
    """The customer is to be called before the case is resolved."""
    about: str = ""
    """Which order, where no review opened it."""
    live_href: str = ""
    """Where the page hears that something happened."""
    news_href: str = ""
    """Where it asks what (`staff/case_news.html`)."""
    tags: tuple[str, ...] = ()
    tag_key: str = ""
    """Of adding and removing one (posts `tag` to …/tag and …/untag); empty: not by this person."""
    typed_in: str = ""
    """In which of the further forms something was typed that could not be done: "wait", "reply-<review>" …"""
    typed: tuple[tuple[str, str], ...] = ()
    """What was typed there, by field."""


# --- the studio -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TierCount:
    name: str
    members: int
    threshold: int
    """In the unit of the tier set's metric (spend: minor units)."""


@dataclass(frozen=True)
class ProgrammeVersion:
    number: int
    published_at: datetime
    by: str
    note: str
    live: bool


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


# --- behind the scenes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class MailRow:
    id: str
    href: str
    to: str
    subject: str
    at: datetime
    state: str
    """Code of kind "delivery"."""
    language: str = ""
    """Of the subject."""


@dataclass(frozen=True)
class Mail:
    to: str
    sender: str
    subject: str
    at: datetime
    state: str
    """Code of kind "delivery"."""
    text: str
    """Plain text; addresses in it become links."""
    language: str


@dataclass(frozen=True)
class Mails:
    """`staff/mails.html`: the list and, when one is chosen, that mail."""

    rows: tuple[MailRow, ...] = ()
    mail: Mail | None = None
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class DemoSource:
    name: str
    used_for: str
    """In the reader's language."""
    licence: str
    href: str


@dataclass(frozen=True)
class DemoStore:
    name: str
    languages: tuple[str, ...]
    members: int
    reviews: int


@dataclass(frozen=True)
class Demo:
    """`staff/demo.html`."""

    stores: tuple[DemoStore, ...]
    sources: tuple[DemoSource, ...]
    seed: int
    portal_href: str = "/portal/sign-in"
    example_email: str = ""
    """A customer to sign in as."""


@dataclass(frozen=True)
class ParkedItem:
    id: str
    topic: str
    error: str
    attempts: int
    parked_at: datetime
    retry_key: str
    """Retrying posts to /staff/parked/{id}/retry. Empty: this person may only look."""


@dataclass(frozen=True)
class Parked:
    """`staff/parked.html`."""

    items: tuple[ParkedItem, ...] = ()
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class Problem:
    """`error.html`. Without title and detail the page explains the status in its own words."""

    status: int
    code: str
    request_id: str
    title: str = ""
    detail: str = ""
    back_href: str = "/"
