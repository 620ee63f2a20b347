"""What goes in and comes out. Made by `python -m tests.http.client_code`; a test compares."""

# ruff: noqa: E501
from typing import Any, Literal, NotRequired, TypedDict


class Achievement(TypedDict):
    id: "str"
    code: "str"
    version: "int"
    definition: "Definition"
    created_at: "str"
    retired_at: "str | None"
    awards: "int"


class Achievements(TypedDict):
    achievements: "list[Achievement]"


class Adjustment(TypedDict):
    id: "str"
    customer_id: "str"
    customer_name: "str | None"
    member_id: "str"
    wallet: "str"
    points: "int"
    expires_at: "str | None"
    cause: "str"
    note: "str"
    state: "str"
    asked_by: "str"
    asked_by_name: "str"
    asked_at: "str"
    decided_by: "str | None"
    decided_by_name: "str | None"
    decided_at: "str | None"
    entry_id: "str | None"


class Adjustments(TypedDict):
    adjustments: "list[Adjustment]"
    next_before: "str | None"


class AfterPayment(TypedDict):
    days: "int"
    kind: "Literal['after_payment']"


class All(TypedDict):
    of: "list[TierIn | MemberFor | WeekdayIn | HourBetween | Between | InSegment | CurrencyIn | StoreIn | ChannelIn | AmountBetween | RulesModelFirstOrder | OrderNumber | AnyLine | FieldIs | FieldBetween | VerifiedPurchase | WithPhoto | ProductIn | All | AnyOf | Not | Any]"
    type: "Literal['all']"


class AllOf(TypedDict):
    of: "list[TierNow | Joined | OrderCount | SegmentsModelSpend | LastOrder | SegmentsModelFirstOrder | Scored | Discounted | BoughtIn | Language | Country | Tagged | Happened | Opinion | Listed | AllOf | OneOf | NotSo | Any]"
    type: "Literal['all_of']"


class AmountBetween(TypedDict):
    currency: "str"
    at_least_minor: NotRequired["int"]
    below_minor: NotRequired["int | None"]
    type: "Literal['amount_between']"


class AmountOff(TypedDict):
    amount: "Money"
    order_from: NotRequired["Money | None"]
    kind: "Literal['amount_off']"


class Answers(TypedDict):
    answers: "list[FoundAnswer]"


class AnyLine(TypedDict):
    where: "list[SkuIn | CategoryIn | LineAmount | LineQuantity | Any]"
    type: "Literal['any_line']"


class AnyOf(TypedDict):
    of: "list[TierIn | MemberFor | WeekdayIn | HourBetween | Between | InSegment | CurrencyIn | StoreIn | ChannelIn | AmountBetween | RulesModelFirstOrder | OrderNumber | AnyLine | FieldIs | FieldBetween | VerifiedPurchase | WithPhoto | ProductIn | All | AnyOf | Not | Any]"
    type: "Literal['any_of']"


class ArticleVersion(TypedDict):
    number: "int"
    state: "Literal['draft', 'published', 'superseded', 'withdrawn']"
    revision: "int"
    texts: "dict[str, Text]"
    written_at: "str"
    published_at: "str | None"
    ended_at: "str | None"


class Articles(TypedDict):
    articles: "list[KnowledgeArticle]"
    next_after: "str | None"


class Asked(TypedDict):
    full: NotRequired["bool"]
    accept_removals: NotRequired["bool"]


class Aspect(TypedDict):
    aspect: "str"
    polarity: "str"
    confidence: "float"
    words: NotRequired["str"]


class AtOnce(TypedDict):
    kind: "Literal['at_once']"


class AuditEntry(TypedDict):
    id: "str"
    at: "str"
    deed: "str"
    actor: "Literal['staff', 'key', 'command']"
    actor_id: "str | None"
    actor_name: "str"
    address: "str"
    door: "str"
    table: "str"
    row_id: "str"
    op: "Literal['insert', 'update', 'delete']"
    before: "dict[str, Any]"
    after: "dict[str, Any]"


class AuditPage(TypedDict):
    entries: "list[AuditEntry]"
    next_before: "str | None"


class Authorities(TypedDict):
    authorities: "dict[str, AuthorityBody]"


class AuthorityBody(TypedDict):
    points: "int"
    amount_minor: "int"


class Award(TypedDict):
    code: "str"
    name: "dict[str, str]"
    period: "str"
    points: "int"
    reached_at: "str"


class Backtest(TypedDict):
    events: "int"
    members: "int"
    points: "int"
    points_due: "int"


class Balance(TypedDict):
    wallet: "str"
    points_pending: "int"
    points_active: "int"
    points_held: "int"
    points_debt: "int"


class BalancesAsOf(TypedDict):
    customer_id: "str"
    member_id: "str"
    as_of: "str | None"
    known_at: "str | None"
    balances: "list[Balance]"


class Benefit(TypedDict):
    code: "str"
    kind: "Literal['multiplier', 'free_shipping', 'early_access', 'event_invitation', 'birthday_gift', 'custom']"
    name: NotRequired["dict[str, str]"]
    value: NotRequired["int | None"]


class Between(TypedDict):
    start: NotRequired["str | None"]
    end: NotRequired["str | None"]
    type: "Literal['between']"


class Birthday(TypedDict):
    type: "Literal['birthday']"


class BoughtIn(TypedDict):
    stores: "list[str | Any]"
    within_days: NotRequired["int | None"]
    type: "Literal['bought_in']"


class BudgetBody(TypedDict):
    points_per_month: NotRequired["int | None"]
    amount_minor_per_month: NotRequired["int | None"]


class Calendar(TypedDict):
    period: "Literal['month', 'quarter', 'year']"
    kind: "Literal['calendar']"


class CalendarBody(TypedDict):
    name: "str"
    zone: "str"
    shifts: "list[Span]"
    country: NotRequired["str"]
    closed: NotRequired["list[str]"]


class Calendars(TypedDict):
    calendars: "list[KeptCalendar]"


class Campaign(TypedDict):
    rules: "list[Rule | Any]"
    schedule: NotRequired["Schedule"]
    segment: NotRequired["str | None"]
    channels: NotRequired["list[str | Any]"]
    budget: NotRequired["CampaignBudget | None"]


class CampaignBudget(TypedDict):
    points_total: NotRequired["int | None"]
    points_per_member: NotRequired["int | None"]
    period: NotRequired["Literal['day', 'week', 'month', 'quarter', 'year', None]"]
    points_per_period: NotRequired["int | None"]
    points_per_member_period: NotRequired["int | None"]


class CampaignView(TypedDict):
    id: "str"
    code: "str"
    name: "str"
    state: "Literal['draft', 'published', 'ended']"
    campaign: "Campaign"
    created_at: "str"
    published_at: "str | None"
    ended_at: "str | None"
    author: "str | None"
    points_given: NotRequired["int"]
    points_left: NotRequired["int | None"]


class Campaigns(TypedDict):
    campaigns: "list[CampaignView]"
    next_before: "str | None"


class CaseLine(TypedDict):
    id: "str"
    number: "int"
    state: "Literal['new', 'triaged', 'assigned', 'in_progress', 'waiting_for_customer', 'waiting_for_us', 'waiting_for_third_party', 'remedy_offered', 'reopened', 'resolved', 'closed', 'spam', 'duplicate']"
    cycle: "int"
    cause: "str"
    priority: "int"
    owner: "str | None"
    team: "str | None"
    customer_id: "str | None"
    review_id: "str | None"
    opened_at: "str"
    updated_at: "str"
    due_at: "str | None"
    answered_at: "str | None"
    snoozed_until: "str | None"
    resolved_at: "str | None"


class CaseReport(TypedDict):
    month: "str"
    start: "str"
    end: "str"
    figures: "list[Figure]"


class CasesPage(TypedDict):
    cases: "list[CaseLine]"
    next_after: "str | None"


class CashBack(TypedDict):
    step_points: "int"
    step_amount: "Money"
    min_points: "int"
    max_points: "int"
    kind: "Literal['cash_back']"


class CategoryIn(TypedDict):
    categories: "list[str | Any]"
    type: "Literal['category_in']"


class Chain(TypedDict):
    customer_id: "str"
    wallet: "str"
    links: "list[Link]"
    next_after: "int | None"


class Challenge(TypedDict):
    metric: "AchievementsRulesOrders | AchievementsRulesSpend | AchievementsRulesEvents | LoyaltyAchievementsRulesEntries"
    target: "int"
    period: NotRequired["Literal['ever', 'week', 'month', 'quarter', 'year']"]
    kind: "Literal['challenge']"


class Change(TypedDict):
    id: "str"
    set_code: "str"
    from_code: "str | None"
    to_code: "str"
    reason: "str"
    value: "int"
    changed_at: "str"
    version: "int"
    note: "str | None"
    staff: "str | None"


class ChangedReward(TypedDict):
    name: "dict[str, str]"
    description: NotRequired["dict[str, str]"]
    terms: "PercentOff | AmountOff | LoyaltyRewardsKindsProduct | Shipping | GiftCard | StoreCredit | Experience | Donation | CashBack"
    cost_points: NotRequired["int | None"]
    limit_per_member: NotRequired["int | None"]
    limit_per_period: NotRequired["PeriodLimit | None"]
    tiers: NotRequired["list[str]"]
    segments: NotRequired["list[str]"]
    offered_from: NotRequired["str | None"]
    offered_until: NotRequired["str | None"]
    valid_days: NotRequired["int | None"]
    valid_until: NotRequired["str | None"]
    points_back: NotRequired["bool"]
    pool: NotRequired["str | None"]
    based_on: "int"


class ChangedWallet(TypedDict):
    debt_policy: NotRequired["Literal['forbid', 'clamp', 'debt']"]
    expiry: NotRequired[
        "Never | WalletsRulesRollingDays | WalletsRulesRollingMonths | PeriodEnd | Inactivity | WalletsRulesAnniversary"
    ]
    settling: NotRequired["AtOnce | OnDelivery | AfterPayment | OnDate | OnEvent"]
    warn_days: NotRequired["int | None"]
    expected_version: NotRequired["int | None"]


class Changes(TypedDict):
    changes: "list[Change]"
    next_before: "str | None"


class ChannelIn(TypedDict):
    channels: "list[str | Any]"
    type: "Literal['channel_in']"


class Claim(TypedDict):
    code: "str"
    customer_id: "str"


class CloseMonth(TypedDict):
    month: "str"
    wallet: NotRequired["str"]


class CohortFigures(TypedDict):
    cohort: "str | None"
    points_issued: "int"
    points_redeemed: "int"
    points_lapsed: "int"
    points_outstanding: "int"
    expected_share: "int"
    liability_micros: "int"
    breakage_micros: "int"


class Corrected(TypedDict):
    id: "str"


class Counted(TypedDict):
    starts: "str | None"
    reviews: "int"
    ratings: "int"
    mean: "float | None"
    stars: "list[Any]"


class Country(TypedDict):
    countries: "list[str | Any]"
    type: "Literal['country']"


class CurrencyIn(TypedDict):
    currencies: "list[str | Any]"
    type: "Literal['currency_in']"


class CustomEvent(TypedDict):
    name: "str"
    type: "Literal['custom_event']"


class Decided(TypedDict):
    state: "str"


class Decision(TypedDict):
    decision: "Literal['give', 'reject']"
    by: "str"


class DefineAchievement(TypedDict):
    name: "dict[str, str]"
    description: NotRequired["dict[str, str]"]
    goal: "Challenge | Streak"
    points: NotRequired["int"]
    starts_at: NotRequired["str | None"]
    ends_at: NotRequired["str | None"]
    code: "str"


class Definition(TypedDict):
    name: "dict[str, str]"
    description: NotRequired["dict[str, str]"]
    goal: "Challenge | Streak"
    points: NotRequired["int"]
    starts_at: NotRequired["str | None"]
    ends_at: NotRequired["str | None"]


class DeliveryWhole(TypedDict):
    delivery: "WebhookDelivery"
    body: "str"
    attempts: "list[WebhookAttempt]"


class Discounted(TypedDict):
    at_least_percent: NotRequired["int"]
    below_percent: NotRequired["int | None"]
    orders_at_least: NotRequired["int"]
    within_days: NotRequired["int | None"]
    type: "Literal['discounted']"


class Donation(TypedDict):
    recipient: "str"
    amount: "Money"
    kind: "Literal['donation']"


class Draft(TypedDict):
    texts: "dict[str, Text]"
    expected_revision: NotRequired["int | None"]


class EndpointWanted(TypedDict):
    url: "str"
    types: NotRequired["list[str]"]
    note: NotRequired["str"]
    state: NotRequired["Literal['on', 'off']"]


class Enrolment(TypedDict):
    type: "Literal['enrolment']"


class Erase(TypedDict):
    keep_reviews: NotRequired["bool"]


class Erasure(TypedDict):
    customer_id: "str"
    asked_at: "str"


class Event(TypedDict):
    id: "str"
    source: "str"
    type: "str"
    time: "str"
    subject: NotRequired["str | None"]
    data: "dict[str, Any]"


class Evidence(TypedDict):
    sentiment: "str"
    words: "list[str]"


class Example(TypedDict):
    member_id: "str"
    external_id: "str"
    name: "str | None"
    from_code: "str"
    to_code: "str"
    value: "int"


class Experience(TypedDict):
    place: NotRequired["str"]
    starts_at: NotRequired["str | None"]
    kind: "Literal['experience']"


class Expiring(TypedDict):
    points: "int"
    expires_at: "str"


class Explanation(TypedDict):
    line: "StatementLine"
    lots: "list[LotUse]"


class ExportView(TypedDict):
    id: "str"
    asked_at: "str"
    ready_at: "str | None"
    size_bytes: "int | None"
    until: "str"


class FieldBetween(TypedDict):
    field: "str"
    at_least: NotRequired["int | None"]
    below: NotRequired["int | None"]
    type: "Literal['field_between']"


class FieldIs(TypedDict):
    field: "str"
    value: "str | bool | int"
    type: "Literal['field_is']"


class Figure(TypedDict):
    section: "str"
    name: "str"
    figure: "str"
    value: "float | None"
    count: NotRequired["int | None"]
    of: NotRequired["int | None"]
    low: NotRequired["float | None"]
    high: NotRequired["float | None"]
    enough: NotRequired["bool"]


class FitsBody(TypedDict):
    sources: NotRequired["list[str]"]
    tiers: NotRequired["list[str]"]
    languages: NotRequired["list[str]"]
    urgent: NotRequired["bool | None"]


class Fixed(TypedDict):
    points: "int"
    type: "Literal['fixed']"


class Flow(TypedDict):
    from_code: "str"
    to_code: "str"
    members: "int"


class FoundAnswer(TypedDict):
    code: "str"
    version: "int"
    language: "str"
    title: "str"
    passage: "str"
    similarity: "float"
    sure: "bool"


class Gave(TypedDict):
    code: "str"
    version: "int"
    points: "int"
    points_due: "int"
    inputs: "dict[str, Any]"
    sentence: "str"


class GaveNot(TypedDict):
    code: "str"
    version: "int"
    because: "str"
    condition: "str | None"


class Generate(TypedDict):
    count: "int"
    pattern: NotRequired["str"]


class Gift(TypedDict):
    entry_id: "str"
    points: "int"
    points_active: "int"


class GiftCard(TypedDict):
    amount: "Money"
    kind: "Literal['gift_card']"


class Give(TypedDict):
    to_customer_id: "str"
    points: "int"
    note: NotRequired["str"]


class GivePoints(TypedDict):
    points: "int"
    note: "str"
    expires_at: NotRequired["str | None"]
    wallet: NotRequired["str"]
    pending: NotRequired["bool"]
    settles_at: NotRequired["str | None"]


class GiveTier(TypedDict):
    tier: "str"
    until: "str"
    reason: "str"


class Given(TypedDict):
    entry_id: "str"
    points: "int"
    points_active: "int"
    points_pending: "int"


class Happened(TypedDict):
    event: "str"
    at_least: NotRequired["int"]
    at_most: NotRequired["int | None"]
    within_days: NotRequired["int | None"]
    type: "Literal['happened']"


class HoldView(TypedDict):
    id: "str"
    wallet: "str"
    points: "int"
    points_held: "int"
    points_captured: "int"
    points_released: "int"
    points_returned: "int"
    held_at: "str"
    ends_at: "str"
    state: "Literal['held', 'ended']"


class HourBetween(TypedDict):
    from_hour: "int"
    until_hour: "int"
    type: "Literal['hour_between']"


class Household(TypedDict):
    id: "str"
    members: "list[HouseholdMember]"
    points_active: "int"


class HouseholdMember(TypedDict):
    member_id: "str"
    customer_id: "str"
    joined_at: "str"
    points_active: "int"


class Imported(TypedDict):
    lines: "int"
    added: "int"
    rejected: "int"
    rejects: "list[Reject]"


class InSegment(TypedDict):
    segment: "str"
    type: "Literal['in_segment']"


class Inactivity(TypedDict):
    days: "int"
    kind: "Literal['inactivity']"


class Invitation(TypedDict):
    code: "str"
    link: "str"


class Join(TypedDict):
    customer_id: "str"
    email: NotRequired["str | None"]
    name: NotRequired["str | None"]
    locale: NotRequired["str | None"]
    terms_version: NotRequired["str"]


class Joined(TypedDict):
    at_least_days: NotRequired["int"]
    below_days: NotRequired["int | None"]
    type: "Literal['joined']"


class Joining(TypedDict):
    customer_id: "str"


class KeptCalendar(TypedDict):
    name: "str"
    zone: "str"
    shifts: "list[Span]"
    country: NotRequired["str"]
    closed: NotRequired["list[str]"]
    code: "str"


class KeptPolicy(TypedDict):
    name: "str"
    targets: "TargetsBody"
    fits: NotRequired["FitsBody"]
    pauses: NotRequired["list[Literal['waiting_for_customer', 'waiting_for_third_party', 'remedy_offered']]"]
    calendar: NotRequired["str"]
    call: NotRequired["bool"]
    code: "str"


class KeptTeam(TypedDict):
    name: "str"
    aspects: NotRequired[
        "list[Literal['quality', 'price', 'shipping', 'service', 'packaging', 'accuracy', 'usability', 'design']]"
    ]
    languages: NotRequired["list[str]"]
    lead_id: NotRequired["str | None"]
    people: NotRequired["dict[str, int]"]
    id: "str"


class KnowledgeArticle(TypedDict):
    code: "str"
    versions: "list[ArticleVersion]"
    helpful: "int"
    unhelpful: "int"


class Language(TypedDict):
    languages: "list[str | Any]"
    type: "Literal['language']"


class LastOrder(TypedDict):
    at_least_days: NotRequired["int"]
    below_days: NotRequired["int | None"]
    type: "Literal['last_order']"


class Liability(TypedDict):
    wallet: "str"
    currency: "str"
    time_zone: "str"
    next_to_close: "str | None"
    months: "list[LiabilityMonth]"


class LiabilityMonth(TypedDict):
    month: "str"
    points_opening: "int"
    changes: "dict[str, int]"
    points_closing: "int"
    liability_micros: "int"
    breakage_micros: "int"
    closed_at: "str | None"
    closed_by: "str | None"
    cohorts: "list[CohortFigures]"


class Lifetime(TypedDict):
    kind: "Literal['lifetime']"


class Limit(TypedDict):
    per: "Literal['day', 'week', 'month', 'ever']"
    times: NotRequired["int | None"]
    points: NotRequired["int | None"]


class LineAmount(TypedDict):
    currency: "str"
    at_least_minor: NotRequired["int"]
    below_minor: NotRequired["int | None"]
    type: "Literal['line_amount']"


class LineQuantity(TypedDict):
    at_least: NotRequired["int"]
    at_most: NotRequired["int | None"]
    type: "Literal['line_quantity']"


class Link(TypedDict):
    seq: "int"
    content: "str"
    hash: "str"
    forgotten: NotRequired["str"]


class Listed(TypedDict):
    list: "str"
    type: "Literal['listed']"


class LotUse(TypedDict):
    points: "int"
    expires_at: "str | None"
    reason: "dict[str, Any]"
    earned_at: "str"


class MemberAchievements(TypedDict):
    progress: "list[Progress]"
    reached: "list[Award]"


class MemberBenefit(TypedDict):
    set: "str"
    tier: "str"
    benefit: "Benefit"
    until: "str | None"


class MemberBenefits(TypedDict):
    benefits: "list[MemberBenefit]"


class MemberFor(TypedDict):
    at_least_days: NotRequired["int"]
    below_days: NotRequired["int | None"]
    type: "Literal['member_for']"


class MemberTier(TypedDict):
    set: "str"
    metric: "Points | TiersRulesSpend | TiersRulesOrders | TiersRulesEvents"
    tier: "str"
    name: "dict[str, str]"
    since: "str"
    basis: "str"
    value: "int"
    counts_from: "str"
    next_tier: "str | None"
    next_missing: "int | None"
    next_by: "str | None"
    keep_until: "str | None"
    keep_missing: "int"
    benefits: "list[Benefit]"


class MemberTiers(TypedDict):
    customer_id: "str"
    member_id: "str"
    tiers: "list[MemberTier]"
    overrides: "list[Override]"


class MemberToken(TypedDict):
    token: "str"
    expires_at: "str"


class MemberView(TypedDict):
    customer_id: "str"
    member_id: "str"
    joined_at: "str"
    left_at: "str | None"
    terms_version: "str"
    balances: "list[Balance]"
    tier: "str"
    qualifying_points: "int"
    next_tier: "str | None"
    next_tier_missing_points: "int | None"
    next_expiry: "Expiring | None"


class MembersPage(TypedDict):
    members: "list[MemberView]"
    next_after: "str | None"


class MergeInto(TypedDict):
    into_customer_id: "str"


class MergeView(TypedDict):
    customer_id: "str"
    survivor: "MemberView"


class Money(TypedDict):
    amount_minor: "int"
    currency: "str"


class Moved(TypedDict):
    entry_id: "str"
    points: "int"
    points_active: "int"
    points_pending: "int"


class Multiply(TypedDict):
    percent: "int"
    type: "Literal['multiply']"


class Never(TypedDict):
    kind: "Literal['never']"


class NewAccount(TypedDict):
    source: "str"
    name: NotRequired["str"]
    fields: "dict[str, str]"


class NewCampaign(TypedDict):
    code: "str"
    name: "str"
    campaign: "Campaign"


class NewCorrection(TypedDict):
    sentiment: "Literal['negative', 'neutral', 'positive']"
    stars: NotRequired["int | None"]
    aspects: NotRequired["dict[str, Literal['negative', 'neutral', 'positive']] | None"]


class NewHold(TypedDict):
    points: "int"
    wallet: NotRequired["str"]
    minutes: NotRequired["int | None"]
    until: NotRequired["str | None"]
    note: NotRequired["str"]


class NewHousehold(TypedDict):
    customer_ids: "list[str]"


class NewLowWater(TypedDict):
    low_water: "int"


class NewPool(TypedDict):
    code: "str"
    low_water: NotRequired["int"]


class NewReview(TypedDict):
    source: "str"
    external_id: "str"
    account: NotRequired["str"]
    written_at: "str"
    edited_at: NotRequired["str | None"]
    rating: NotRequired["int | float | None"]
    scale_min: NotRequired["int | float"]
    scale_max: NotRequired["int | float"]
    title: NotRequired["str"]
    body: NotRequired["str"]
    lang: NotRequired["str"]
    author: NotRequired["str"]
    customer: NotRequired["str"]
    email: NotRequired["str"]
    store: NotRequired["str"]
    product_sku: NotRequired["str"]
    product_name: NotRequired["str"]
    order: NotRequired["str"]
    kind: NotRequired["Literal['review', 'mention']"]
    photo_urls: NotRequired["list[str | Any]"]
    hidden: NotRequired["bool"]
    solicited: NotRequired["bool | None"]
    incentivised: NotRequired["bool"]
    reply: NotRequired["str"]
    replied_at: NotRequired["str | None"]
    extra: NotRequired["dict[str, Any]"]


class NewReward(TypedDict):
    name: "dict[str, str]"
    description: NotRequired["dict[str, str]"]
    terms: "PercentOff | AmountOff | LoyaltyRewardsKindsProduct | Shipping | GiftCard | StoreCredit | Experience | Donation | CashBack"
    cost_points: NotRequired["int | None"]
    limit_per_member: NotRequired["int | None"]
    limit_per_period: NotRequired["PeriodLimit | None"]
    tiers: NotRequired["list[str]"]
    segments: NotRequired["list[str]"]
    offered_from: NotRequired["str | None"]
    offered_until: NotRequired["str | None"]
    valid_days: NotRequired["int | None"]
    valid_until: NotRequired["str | None"]
    points_back: NotRequired["bool"]
    pool: NotRequired["str | None"]
    code: "str"
    stock: NotRequired["int | None"]


class NewRule(TypedDict):
    code: "str"
    name: "str"
    rule: "Rule"


class NewSegment(TypedDict):
    code: "str"
    name: "str"
    segment: "Segment"


class NewSettings(TypedDict):
    market: "Literal['world', 'cn']"
    review_points: NotRequired["bool | None"]


class NewStock(TypedDict):
    stock: "int | None"


class NewWallet(TypedDict):
    debt_policy: NotRequired["Literal['forbid', 'clamp', 'debt']"]
    expiry: NotRequired[
        "Never | WalletsRulesRollingDays | WalletsRulesRollingMonths | PeriodEnd | Inactivity | WalletsRulesAnniversary"
    ]
    settling: NotRequired["AtOnce | OnDelivery | AfterPayment | OnDate | OnEvent"]
    warn_days: NotRequired["int | None"]
    code: "str"
    name: "dict[str, str]"
    earns_on_orders: NotRequired["bool"]


class NextSegment(TypedDict):
    segment: "Segment"
    based_on: "int"
    name: NotRequired["str | None"]


class NextVersion(TypedDict):
    rule: "Rule"


class Not(TypedDict):
    of: "TierIn | MemberFor | WeekdayIn | HourBetween | Between | InSegment | CurrencyIn | StoreIn | ChannelIn | AmountBetween | RulesModelFirstOrder | OrderNumber | AnyLine | FieldIs | FieldBetween | VerifiedPurchase | WithPhoto | ProductIn | All | AnyOf | Not"
    type: "Literal['not']"


class NotSo(TypedDict):
    of: "TierNow | Joined | OrderCount | SegmentsModelSpend | LastOrder | SegmentsModelFirstOrder | Scored | Discounted | BoughtIn | Language | Country | Tagged | Happened | Opinion | Listed | AllOf | OneOf | NotSo"
    type: "Literal['not_so']"


class OnDate(TypedDict):
    day: "str"
    kind: "Literal['on_date']"


class OnDelivery(TypedDict):
    days: NotRequired["int"]
    kind: "Literal['on_delivery']"


class OnEvent(TypedDict):
    event: "str"
    kind: "Literal['on_event']"


class OneOf(TypedDict):
    of: "list[TierNow | Joined | OrderCount | SegmentsModelSpend | LastOrder | SegmentsModelFirstOrder | Scored | Discounted | BoughtIn | Language | Country | Tagged | Happened | Opinion | Listed | AllOf | OneOf | NotSo | Any]"
    type: "Literal['one_of']"


class Opinion(TypedDict):
    feeling: "Literal['negative', 'neutral', 'positive']"
    at_least: NotRequired["int"]
    at_most: NotRequired["int | None"]
    within_days: NotRequired["int | None"]
    type: "Literal['opinion']"


class OrderCount(TypedDict):
    at_least: NotRequired["int"]
    at_most: NotRequired["int | None"]
    within_days: NotRequired["int | None"]
    type: "Literal['order_count']"


class OrderLine(TypedDict):
    where: "list[SkuIn | CategoryIn | LineAmount | LineQuantity | Any]"
    type: "Literal['order_line']"


class OrderNumber(TypedDict):
    at_least: NotRequired["int"]
    at_most: NotRequired["int | None"]
    type: "Literal['order_number']"


class Overlap(TypedDict):
    kind: "Literal['adds_up', 'multiplies', 'multiplied', 'gives_way', 'goes_first', 'shadowed', 'shadows']"
    code: "str"
    name: NotRequired["str"]


class Override(TypedDict):
    id: "str"
    set_code: "str"
    tier_code: "str"
    starts_at: "str"
    ends_at: "str"
    reason: "str"
    staff: "str | None"


class Part(TypedDict):
    points: NotRequired["int | None"]
    note: NotRequired["str"]


class Pass(TypedDict):
    mode: "str"
    state: "str"
    started_at: "str"
    ended_at: "str | None"
    seen: "int"
    new: "int"
    changed: "int"
    removed: "int"
    rejected: "int"
    reject: "str"


class PerAmount(TypedDict):
    points_per_100_units: "dict[str, int]"
    by_tier: NotRequired["bool"]
    type: "Literal['per_amount']"


class PerTier(TypedDict):
    points: "dict[str, int]"
    type: "Literal['per_tier']"


class PercentOff(TypedDict):
    percent: "int"
    at_most: NotRequired["Money | None"]
    order_from: NotRequired["Money | None"]
    kind: "Literal['percent_off']"


class PeriodEnd(TypedDict):
    period: "Literal['month', 'quarter', 'year']"
    later: NotRequired["int"]
    kind: "Literal['period_end']"


class PeriodLimit(TypedDict):
    times: "int"
    period: "Literal['day', 'week', 'month', 'year']"


class Piece(TypedDict):
    text: "str"
    match: NotRequired["bool"]


class Points(TypedDict):
    wallet: NotRequired["str"]
    kind: "Literal['points']"


class Policies(TypedDict):
    policies: "list[KeptPolicy]"


class PolicyBody(TypedDict):
    name: "str"
    targets: "TargetsBody"
    fits: NotRequired["FitsBody"]
    pauses: NotRequired["list[Literal['waiting_for_customer', 'waiting_for_third_party', 'remedy_offered']]"]
    calendar: NotRequired["str"]
    call: NotRequired["bool"]


class PoolView(TypedDict):
    id: "str"
    code: "str"
    low_water: "int"
    free: "int"
    taken: "int"
    low: "bool"


class Pools(TypedDict):
    pools: "list[PoolView]"


class Previewed(TypedDict):
    as_of: "str"
    tier_set: "TierSet"
    members: "int"
    fingerprint: "str"
    flows: "list[Flow]"
    before: "dict[str, int]"
    after: "dict[str, int]"
    examples: "list[Example]"


class ProductIn(TypedDict):
    skus: "list[str | Any]"
    type: "Literal['product_in']"


class ProfileCompleted(TypedDict):
    type: "Literal['profile_completed']"


class Progress(TypedDict):
    code: "str"
    definition: "Definition"
    value: "int"
    target: "int"
    step: NotRequired["int | None"]
    step_target: NotRequired["int | None"]
    times: NotRequired["int"]
    last_reached_at: NotRequired["str | None"]


class Publish(TypedDict):
    version: "int"
    valid_from: NotRequired["str | None"]
    valid_until: NotRequired["str | None"]


class PublishSet(TypedDict):
    tier_set: "TierSet"
    fingerprint: "str"
    as_of: "str"


class Published(TypedDict):
    version: "int"


class Publishing(TypedDict):
    product_url: "str"


class Quota(TypedDict):
    left: "int"
    calls: "int"
    window_s: "int"


class Quote(TypedDict):
    reward: "RewardView"
    cost_points: "int"
    worth: "Money | None"
    points_after: "int"
    short_points: "int"
    allowed: "bool"
    refusals: "list[Refusal]"


class Quotes(TypedDict):
    quotes: "list[Quote]"


class Ranking(TypedDict):
    products: "list[ApiV1RatingsProduct]"


class Ratings(TypedDict):
    ratings: "list[Counted]"


class Redeem(TypedDict):
    reward: "str"
    points: NotRequired["int | None"]
    version: NotRequired["int | None"]
    hold_minutes: NotRequired["int | None"]


class Referrals(TypedDict):
    referrals: "list[ReferralsServiceReferral]"
    next_before: "str | None"


class Refusal(TypedDict):
    code: "str"
    detail: "str"
    figures: "dict[str, Any]"


class Reject(TypedDict):
    line: "int"
    code: "str"
    text: "str"


class Removal(TypedDict):
    source: "str"
    external_id: "str"
    account: NotRequired["str"]
    removed_at: NotRequired["str | None"]
    by: NotRequired["Literal['author', 'source']"]


class Replayed(TypedDict):
    deliveries: "int"


class Retire(TypedDict):
    at: NotRequired["str | None"]


class ReviewAccount(TypedDict):
    id: "str"
    source: "str"
    account: "str"
    name: "str"
    settings: "dict[str, str]"
    state: "str"
    reviews: "int"
    synced_at: "str | None"
    next_at: "str"
    problem: "str | None"
    problem_detail: "str"
    quota: "Quota | None"
    last: "Pass | None"


class ReviewAccounts(TypedDict):
    accounts: "list[ReviewAccount]"


class ReviewFacts(TypedDict):
    product: NotRequired["str | None"]
    verified_purchase: "bool"
    has_photo: "bool"


class Reviews(TypedDict):
    reviews: "list[ApiV1ReviewsReview]"
    next_after: "str | None"


class RewardView(TypedDict):
    name: "dict[str, str]"
    description: NotRequired["dict[str, str]"]
    terms: "PercentOff | AmountOff | LoyaltyRewardsKindsProduct | Shipping | GiftCard | StoreCredit | Experience | Donation | CashBack"
    cost_points: "int"
    limit_per_member: NotRequired["int | None"]
    limit_per_period: NotRequired["PeriodLimit | None"]
    tiers: NotRequired["list[str]"]
    segments: NotRequired["list[str]"]
    offered_from: NotRequired["str | None"]
    offered_until: NotRequired["str | None"]
    valid_days: NotRequired["int | None"]
    valid_until: NotRequired["str | None"]
    points_back: NotRequired["bool"]
    pool: NotRequired["str | None"]
    id: "str"
    code: "str"
    version: "int"
    active: "bool"
    stock: "int | None"
    has_code: "bool"


class Rewards(TypedDict):
    rewards: "list[RewardView]"


class Rotation(TypedDict):
    overlap_hours: NotRequired["int"]


class Rule(TypedDict):
    trigger: "LoyaltyRulesModelOrder | OrderLine | CustomEvent | SocialShare | LoyaltyRulesModelReview | RulesModelReferral | Birthday | ProfileCompleted | Enrolment"
    conditions: NotRequired[
        "list[TierIn | MemberFor | WeekdayIn | HourBetween | Between | InSegment | CurrencyIn | StoreIn | ChannelIn | AmountBetween | RulesModelFirstOrder | OrderNumber | AnyLine | FieldIs | FieldBetween | VerifiedPurchase | WithPhoto | ProductIn | All | AnyOf | Not | Any]"
    ]
    effect: "Fixed | PerAmount | Multiply | PerTier"
    limit: NotRequired["Limit | None"]
    schedule: NotRequired["Schedule"]
    priority: NotRequired["int"]
    exclusive_group: NotRequired["str | None"]
    wallets: NotRequired["list[str | Any]"]


class Rules(TypedDict):
    rules: "list[Said]"
    next_before: "str | None"


class Said(TypedDict):
    version: "Version"
    sentence: "str"


class Saved(TypedDict):
    version: "Version"
    sentence: "str"
    overlaps: "list[Overlap]"


class SavedCampaign(TypedDict):
    campaign: "CampaignView"
    sentences: "list[str]"
    overlaps: "list[Overlap]"


class SavedSegment(TypedDict):
    segment: "SegmentView"
    members: "int"


class Schedule(TypedDict):
    start: NotRequired["str | None"]
    end: NotRequired["str | None"]
    weekdays: NotRequired["list[int] | None"]
    hours: NotRequired["HourBetween | None"]


class Score(TypedDict):
    sentiment: "str"
    negative: "float"
    neutral: "float"
    positive: "float"
    stars_expected: "float"
    stars_predicted: "int"
    aspects: "list[Aspect]"
    evidence: "Evidence | None"
    model: "str"


class Scored(TypedDict):
    recency: NotRequired["list[int | Any]"]
    frequency: NotRequired["list[int | Any]"]
    money: NotRequired["list[int | Any]"]
    type: "Literal['scored']"


class Segment(TypedDict):
    where: "list[TierNow | Joined | OrderCount | SegmentsModelSpend | LastOrder | SegmentsModelFirstOrder | Scored | Discounted | BoughtIn | Language | Country | Tagged | Happened | Opinion | Listed | AllOf | OneOf | NotSo | Any]"


class SegmentView(TypedDict):
    id: "str"
    code: "str"
    name: "str"
    segment: "Segment"
    taints: "list[str]"
    base: NotRequired["str"]
    version: NotRequired["int"]
    newest: NotRequired["bool"]
    created_at: NotRequired["str | None"]


class Segments(TypedDict):
    segments: "list[SegmentView]"


class Sets(TypedDict):
    version: "int"
    time_zone: "str"
    sets: "list[TierSet]"


class Settings(TypedDict):
    market: NotRequired["Literal['world', 'cn']"]
    review_points: NotRequired["bool"]


class Shipping(TypedDict):
    at_most: NotRequired["Money | None"]
    kind: "Literal['shipping']"


class SimilarReview(TypedDict):
    review: "ApiV1ReviewsReview"
    distance: "float"
    near_duplicate: "bool"
    case_id: "str | None"
    case_state: "str | None"


class SimilarReviews(TypedDict):
    reviews: "list[SimilarReview]"


class Since(TypedDict):
    since: "str"


class SkuIn(TypedDict):
    skus: "list[str | Any]"
    type: "Literal['sku_in']"


class SocialShare(TypedDict):
    type: "Literal['social_share']"


class SomePoints(TypedDict):
    points: NotRequired["int | None"]
    note: NotRequired["str"]


class Span(TypedDict):
    weekday: "int"
    begins_min: "int"
    ends_min: "int"


class StatementLine(TypedDict):
    journal_id: "str"
    seq: "int"
    verb: "str"
    points: "int"
    points_change: "int"
    points_active: "int"
    points_pending: "int"
    reason: "dict[str, Any]"
    effective_at: "str"
    recorded_at: "str"
    expires_at: "str | None"


class StoreCredit(TypedDict):
    amount: "Money"
    kind: "Literal['store_credit']"


class StoreIn(TypedDict):
    stores: "list[str | Any]"
    type: "Literal['store_in']"


class Streak(TypedDict):
    metric: "AchievementsRulesOrders | AchievementsRulesSpend | AchievementsRulesEvents | LoyaltyAchievementsRulesEntries"
    each: "int"
    period: "Literal['week', 'month']"
    periods: "int"
    kind: "Literal['streak']"


class SurveyLink(TypedDict):
    url: "str"


class Tagged(TypedDict):
    tags: "list[str | Any]"
    origin: NotRequired["Literal['shop', 'review', 'case', 'survey']"]
    type: "Literal['tagged']"


class Tags(TypedDict):
    tags: "list[str]"


class TargetsBody(TypedDict):
    first_reply: NotRequired["int | None"]
    private_contact: NotRequired["int | None"]
    next_reply: NotRequired["int | None"]
    resolution: NotRequired["int | None"]


class TeamBody(TypedDict):
    name: "str"
    aspects: NotRequired[
        "list[Literal['quality', 'price', 'shipping', 'service', 'packaging', 'accuracy', 'usability', 'design']]"
    ]
    languages: NotRequired["list[str]"]
    lead_id: NotRequired["str | None"]
    people: NotRequired["dict[str, int]"]


class Teams(TypedDict):
    teams: "list[KeptTeam]"


class Template(TypedDict):
    code: "str"
    name: "str"
    channel: "Literal['any', 'public', 'private']"
    texts: "dict[str, str]"


class TemplateTexts(TypedDict):
    name: "str"
    channel: "Literal['any', 'public', 'private']"
    texts: "dict[str, str]"


class Templates(TypedDict):
    templates: "list[Template]"


class Test(TypedDict):
    start: "str"
    end: "str"
    rule: NotRequired["Rule | None"]
    wallet: NotRequired["str"]


class Text(TypedDict):
    title: "str"
    body: "str"
    asked: NotRequired["list[str]"]


class TierIn(TypedDict):
    tiers: "list[str | Any]"
    type: "Literal['tier_in']"


class TierNow(TypedDict):
    tiers: "list[str | Any]"
    type: "Literal['tier_now']"


class TierSet(TypedDict):
    code: "str"
    name: "dict[str, str]"
    tiers: "list[LoyaltyTiersRulesTier]"
    metric: NotRequired["Points | TiersRulesSpend | TiersRulesOrders | TiersRulesEvents"]
    window: NotRequired[
        "TiersRulesRollingDays | TiersRulesRollingMonths | Calendar | TiersRulesAnniversary | Lifetime"
    ]
    requalification: NotRequired["Literal['always', 'period_end']"]
    downgrade: NotRequired["Literal['free_fall', 'one_step']"]
    grace_days: NotRequired["int"]


class TransferTerms(TypedDict):
    terms: "TransfersRulesTerms | None"


class Trend(TypedDict):
    dimension: "Literal['product', 'store', 'carrier', 'aspect']"
    key: "str"
    name: "str"
    recent: "int"
    recent_negative: "int"
    before: "int"
    before_negative: "int"
    p: "float | None"
    spike: "bool"
    evidence: "list[str]"


class Trends(TypedDict):
    days: "int"
    days_before: "int"
    trends: "list[Trend]"


class Tried(TypedDict):
    wallets: "list[WalletTrial]"


class Try(TypedDict):
    order: NotRequired["TryOrder | None"]
    event: NotRequired["TryEvent | None"]
    review: NotRequired["ReviewFacts | None"]
    moment: NotRequired["Literal['birthday', 'profile_completed', 'enrolment', None]"]
    referral: NotRequired["Literal['advocate', 'friend', None]"]
    at: NotRequired["str | None"]
    customer_id: NotRequired["str | None"]
    tier: NotRequired["str | None"]
    member_days: NotRequired["int"]
    rules: NotRequired["list[Rule] | None"]


class TryEvent(TypedDict):
    name: "str"
    data: NotRequired["dict[str, str | int | float | bool | None]"]


class TryLine(TypedDict):
    sku: "str"
    category: NotRequired["str | None"]
    quantity: NotRequired["int"]
    amount_minor: NotRequired["int"]


class TryOrder(TypedDict):
    currency: "str"
    amount_minor: "int"
    store: NotRequired["str"]
    channel: NotRequired["str | None"]
    number: NotRequired["int"]
    lines: NotRequired["list[TryLine | Any]"]


class UnmergeView(TypedDict):
    member: "MemberView"
    survivor: "MemberView"


class Urgent(TypedDict):
    kind: "str"
    words: "list[str]"


class Use(TypedDict):
    amount_minor: NotRequired["int | None"]
    reference: NotRequired["str"]


class VerifiedPurchase(TypedDict):
    type: "Literal['verified_purchase']"


class Version(TypedDict):
    rule_id: "str"
    version_id: "str"
    version: "int"
    code: "str"
    name: "str"
    campaign_id: "str | None"
    state: "Literal['draft', 'published', 'retired']"
    rule: "Rule"
    valid_from: "str | None"
    valid_until: "str | None"
    created_at: "str"
    author: "str | None"


class VersionView(TypedDict):
    number: "int"
    cost_points: "int"
    created_at: "str"
    created_by: "str | None"


class VoucherView(TypedDict):
    id: "str"
    code: "str | None"
    state: "str"
    reward_code: "str"
    reward_name: "dict[str, str]"
    version: "int"
    terms: "PercentOff | AmountOff | LoyaltyRewardsKindsProduct | Shipping | GiftCard | StoreCredit | Experience | Donation | CashBack"
    cost_points: "int"
    worth: "Money | None"
    worth_left_minor: "int | None"
    journal_id: "str | None"
    taken_at: "str"
    held_until: "str | None"
    issued_at: "str | None"
    used_at: "str | None"
    expires_at: "str | None"


class Vouchers(TypedDict):
    vouchers: "list[VoucherView]"
    next_before: "str | None"


class WaitingRemedies(TypedDict):
    requests: "list[WaitingRemedy]"


class WaitingRemedy(TypedDict):
    id: "str"
    case_id: "str"
    case_number: "int"
    kind: "str"
    points: "int"
    reward: "str"
    amount_minor: "int"
    currency: "str"
    order_line: "str"
    message: "str"
    asked_by: "str"
    asked_by_name: "str"
    asked_at: "str"


class WalletTrial(TypedDict):
    wallet: "str"
    points: "int"
    rules: "list[Gave]"
    not_applied: "list[GaveNot]"


class WalletVersion(TypedDict):
    debt_policy: NotRequired["Literal['forbid', 'clamp', 'debt']"]
    expiry: NotRequired[
        "Never | WalletsRulesRollingDays | WalletsRulesRollingMonths | PeriodEnd | Inactivity | WalletsRulesAnniversary"
    ]
    settling: NotRequired["AtOnce | OnDelivery | AfterPayment | OnDate | OnEvent"]
    warn_days: NotRequired["int | None"]
    number: "int"
    since: "str"
    author: "str | None"


class WalletView(TypedDict):
    debt_policy: NotRequired["Literal['forbid', 'clamp', 'debt']"]
    expiry: NotRequired[
        "Never | WalletsRulesRollingDays | WalletsRulesRollingMonths | PeriodEnd | Inactivity | WalletsRulesAnniversary"
    ]
    settling: NotRequired["AtOnce | OnDelivery | AfterPayment | OnDate | OnEvent"]
    warn_days: NotRequired["int | None"]
    id: "str"
    code: "str"
    name: "dict[str, str]"
    earns_on_orders: "bool"
    version: "int"
    since: "str"


class Wallets(TypedDict):
    wallets: "list[WalletView]"


class WebhookAttempt(TypedDict):
    number: "int"
    at: "str"
    duration_ms: "int"
    status: "int | None"
    failure: "str"
    answer: "str"


class WebhookDeliveries(TypedDict):
    deliveries: "list[WebhookDelivery]"
    next_before: "str | None"


class WebhookDelivery(TypedDict):
    id: "str"
    event_id: "str"
    endpoint_id: "str"
    type: "str"
    state: "Literal['queued', 'delivered', 'failed']"
    reason: "str"
    attempts: "int"
    status: "int | None"
    created_at: "str"
    next_at: "str | None"
    settled_at: "str | None"


class WebhookEndpoint(TypedDict):
    id: "str"
    url: "str"
    note: "str"
    types: "list[str]"
    state: "Literal['on', 'off', 'disabled']"
    reason: "str"
    old_until: "str | None"
    failing_since: "str | None"
    succeeded_at: "str | None"
    created_at: "str"
    changed_at: "str"
    queued: "int"
    delivered: "int"
    failed: "int"


class WebhookEndpoints(TypedDict):
    endpoints: "list[WebhookEndpoint]"
    next_after: "str | None"


class WebhookSecret(TypedDict):
    secret: "str"


class WebhookType(TypedDict):
    type: "str"
    version: "int"
    says: "str"
    example: "dict[str, Any]"


class WebhookTypes(TypedDict):
    types: "list[WebhookType]"


class WeekdayIn(TypedDict):
    days: "list[int | Any]"
    type: "Literal['weekday_in']"


class WithPhoto(TypedDict):
    type: "Literal['with_photo']"


class Within(TypedDict):
    within: "bool"


class AchievementsRulesEvents(TypedDict):
    type: "str"
    kind: "Literal['events']"


class AchievementsRulesOrders(TypedDict):
    kind: "Literal['orders']"


class AchievementsRulesSpend(TypedDict):
    currency: "str"
    kind: "Literal['spend']"


class ApiV1CaseSettingsOrder(TypedDict):
    codes: "list[str]"


class ApiV1MembersEntries(TypedDict):
    entries: "list[StatementLine]"
    next_before: "int | None"


class ApiV1RatingsProduct(TypedDict):
    sku: "str"
    score: "float"
    reviews: "int"
    ratings: "int"
    mean: "float | None"


class ApiV1ReviewSearchResult(TypedDict):
    review: "ApiV1ReviewsReview"
    excerpt: "list[Piece]"


class ApiV1ReviewsResult(TypedDict):
    external_id: "str"
    status: "str"
    review_id: NotRequired["str | None"]
    version: NotRequired["int | None"]
    code: NotRequired["str | None"]
    field: NotRequired["str | None"]
    detail: NotRequired["str | None"]


class ApiV1ReviewsReview(TypedDict):
    id: "str"
    source: "str"
    account: "str"
    external_id: "str"
    product_sku: "str"
    product_name: "str"
    author: "str"
    rating: "float | None"
    scale_min: "float | None"
    scale_max: "float | None"
    stars: "float | None"
    title: "str"
    body: "str"
    lang: "str"
    written_at: "str"
    edited_at: "str"
    version: "int"
    state: "str"
    kind: "str"
    moderation: "str"
    photo_urls: "list[str]"
    verified: "bool"
    verified_by: "str | None"
    solicited: "bool | None"
    incentivised: "bool"
    insider: "bool"
    reply: "str"
    replied_at: "str | None"
    score: "Score | None"
    flags: "list[str]"
    urgency: "list[Urgent]"


class CaseSettingsRemoved(TypedDict):
    removed: "str"


class EventsResults(TypedDict):
    results: "list[LoyaltyIntakeEventsResult]"


class LoyaltyAchievementsRulesEntries(TypedDict):
    rule: "Literal['review', 'referral']"
    kind: "Literal['entries']"


class LoyaltyIntakeEventsResult(TypedDict):
    id: "str"
    status: "str"
    code: NotRequired["str | None"]
    detail: NotRequired["str | None"]


class LoyaltyRewardsKindsProduct(TypedDict):
    sku: "str"
    quantity: NotRequired["int"]
    kind: "Literal['product']"


class LoyaltyRulesModelOrder(TypedDict):
    type: "Literal['order']"


class LoyaltyRulesModelReview(TypedDict):
    type: "Literal['review']"


class LoyaltyTiersRulesTier(TypedDict):
    rank: "int"
    code: "str"
    name: "dict[str, str]"
    threshold: "int"
    multiplier_percent: NotRequired["int"]
    benefits: NotRequired["list[Benefit]"]


class ReferralsServiceReferral(TypedDict):
    id: "str"
    state: "str"
    advocate: "str"
    friend: "str"
    order_id: "str | None"
    claimed_at: "str"
    rewarded_at: "str | None"
    ended_at: "str | None"


class ReferralsServiceTerms(TypedDict):
    active: NotRequired["bool"]
    landing_url: "str"
    currency: "str"
    min_order_minor: "int"
    order_within_days: NotRequired["int"]
    kept_after_days: NotRequired["int"]
    friends_a_month: NotRequired["int"]


class ReviewSearchResults(TypedDict):
    results: "list[ApiV1ReviewSearchResult]"
    next_after: "str | None"


class ReviewsRemoved(TypedDict):
    status: "str"


class ReviewsResults(TypedDict):
    results: "list[ApiV1ReviewsResult]"


class RewardsVersions(TypedDict):
    versions: "list[VersionView]"


class RulesModelFirstOrder(TypedDict):
    type: "Literal['first_order']"


class RulesModelReferral(TypedDict):
    side: "Literal['advocate', 'friend']"
    type: "Literal['referral']"


class SegmentsModelFirstOrder(TypedDict):
    at_least_days: NotRequired["int"]
    below_days: NotRequired["int | None"]
    type: "Literal['first_order']"


class SegmentsModelSpend(TypedDict):
    currency: "str"
    at_least_minor: NotRequired["int"]
    below_minor: NotRequired["int | None"]
    within_days: NotRequired["int | None"]
    type: "Literal['spend']"


class TiersRulesAnniversary(TypedDict):
    kind: "Literal['anniversary']"


class TiersRulesEvents(TypedDict):
    type: "str"
    kind: "Literal['events']"


class TiersRulesOrders(TypedDict):
    kind: "Literal['orders']"


class TiersRulesRollingDays(TypedDict):
    days: "int"
    kind: "Literal['rolling_days']"


class TiersRulesRollingMonths(TypedDict):
    months: "int"
    kind: "Literal['rolling_months']"


class TiersRulesSpend(TypedDict):
    currency: "str"
    kind: "Literal['spend']"


class TransfersRulesTerms(TypedDict):
    points_min: "int"
    points_max: "int"
    points_per_day: "int"


class WalletsVersions(TypedDict):
    versions: "list[WalletVersion]"


class WalletsRulesAnniversary(TypedDict):
    later: NotRequired["int"]
    kind: "Literal['anniversary']"


class WalletsRulesRollingDays(TypedDict):
    days: "int"
    kind: "Literal['rolling_days']"


class WalletsRulesRollingMonths(TypedDict):
    months: "int"
    kind: "Literal['rolling_months']"
