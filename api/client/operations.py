"""What can be asked. Made by `python -m tests.http.client_code`; a test compares."""

# ruff: noqa: E501
from typing import Literal

from api.client.calls import Call, call
from api.client.types import (
    Achievement,
    Achievements,
    Adjustments,
    Answers,
    ApiV1CaseSettingsOrder,
    ApiV1MembersEntries,
    ApiV1ReviewsReview,
    Articles,
    Asked,
    AuditPage,
    Authorities,
    AuthorityBody,
    Backtest,
    BalancesAsOf,
    BudgetBody,
    CalendarBody,
    Calendars,
    CampaignBudget,
    Campaigns,
    CaseLine,
    CaseReport,
    CaseSettingsRemoved,
    CasesPage,
    Chain,
    ChangedReward,
    ChangedWallet,
    Changes,
    Claim,
    CloseMonth,
    Corrected,
    Decided,
    Decision,
    DefineAchievement,
    DeliveryWhole,
    Draft,
    EndpointWanted,
    Erase,
    Erasure,
    Event,
    EventsResults,
    Explanation,
    ExportView,
    Generate,
    Gift,
    Give,
    Given,
    GivePoints,
    GiveTier,
    HoldView,
    Household,
    Imported,
    Invitation,
    Join,
    Joining,
    KeptCalendar,
    KeptPolicy,
    KeptTeam,
    KnowledgeArticle,
    Liability,
    MemberAchievements,
    MemberBenefits,
    MembersPage,
    MemberTiers,
    MemberToken,
    MemberView,
    MergeInto,
    MergeView,
    Moved,
    NewAccount,
    NewCampaign,
    NewCorrection,
    NewHold,
    NewHousehold,
    NewLowWater,
    NewPool,
    NewReview,
    NewReward,
    NewRule,
    NewSegment,
    NewSettings,
    NewStock,
    NewWallet,
    NextSegment,
    NextVersion,
    Part,
    Policies,
    PolicyBody,
    Pools,
    PoolView,
    Previewed,
    Publish,
    Published,
    Publishing,
    PublishSet,
    Quote,
    Quotes,
    Ranking,
    Ratings,
    Redeem,
    Referrals,
    ReferralsServiceReferral,
    ReferralsServiceTerms,
    Removal,
    Replayed,
    Retire,
    ReviewAccount,
    ReviewAccounts,
    Reviews,
    ReviewSearchResults,
    ReviewsRemoved,
    ReviewsResults,
    Rewards,
    RewardsVersions,
    RewardView,
    Rotation,
    Rules,
    Saved,
    SavedCampaign,
    SavedSegment,
    Segments,
    Sets,
    Settings,
    SimilarReviews,
    Since,
    SomePoints,
    SurveyLink,
    Tags,
    TeamBody,
    Teams,
    Template,
    Templates,
    TemplateTexts,
    Test,
    TierSet,
    TransferTerms,
    Trends,
    Tried,
    Try,
    UnmergeView,
    Use,
    Vouchers,
    VoucherView,
    WaitingRemedies,
    Wallets,
    WalletsVersions,
    WalletView,
    WebhookDeliveries,
    WebhookEndpoint,
    WebhookEndpoints,
    WebhookSecret,
    WebhookTypes,
    Within,
)


def achievements_listed() -> Call[Achievements]:
    """The achievements that can be reached now."""
    return call("GET", "/v1/achievements", key="")


def achievements_define(body: DefineAchievement, *, key: str | None = None) -> Call[Achievement]:
    """Make an achievement, or the next version of one."""
    return call("POST", "/v1/achievements", body=body, key=key)


def achievements_retire(code: str, *, key: str | None = None) -> Call[Achievement]:
    """End an achievement."""
    return call("POST", "/v1/achievements/{}/retire", (code,), key=key)


def adjustments_listed(
    *,
    customer_id: str | None = None,
    state: Literal["waiting", "posted", "rejected", None] | None = None,
    before: str | None = None,
    limit: int | None = None,
) -> Call[Adjustments]:
    """Adjustments, of everybody or of one member, in one state or all.  Above the limit of somebody's role a second person decides."""
    return call(
        "GET",
        "/v1/adjustments",
        query={"customer_id": customer_id, "state": state, "before": before, "limit": limit},
        key="",
        cursor="before",
    )


def articles_list_articles(*, after: str | None = None, limit: int | None = None) -> Call[Articles]:
    """All articles."""
    return call("GET", "/v1/articles", query={"after": after, "limit": limit}, key="", cursor="after")


def articles_get_article(code: str) -> Call[KnowledgeArticle]:
    """One article with all of its versions."""
    return call("GET", "/v1/articles/{}", (code,), key="")


def articles_put_article(code: str, body: Draft, *, key: str | None = None) -> Call[KnowledgeArticle]:
    """Save the draft."""
    return call("PUT", "/v1/articles/{}", (code,), body=body, key=key)


def articles_publish_article(code: str, *, key: str | None = None) -> Call[KnowledgeArticle]:
    """Let customers read the draft."""
    return call("POST", "/v1/articles/{}/publish", (code,), key=key)


def articles_withdraw_article(code: str, *, key: str | None = None) -> Call[KnowledgeArticle]:
    """Let nobody find it any more."""
    return call("POST", "/v1/articles/{}/withdraw", (code,), key=key)


def audit_audit_entries(
    *,
    actor_id: str | None = None,
    table: str | None = None,
    row_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    before: str | None = None,
    limit: int | None = None,
) -> Call[AuditPage]:
    """Who changed what, from what to what."""
    return call(
        "GET",
        "/v1/audit-entries",
        query={
            "actor_id": actor_id,
            "table": table,
            "row_id": row_id,
            "since": since,
            "until": until,
            "before": before,
            "limit": limit,
        },
        key="",
        cursor="before",
    )


def campaigns_listed(*, before: str | None = None, limit: int | None = None) -> Call[Campaigns]:
    """Campaigns with what they have given and what is left of their budgets."""
    return call("GET", "/v1/campaigns", query={"before": before, "limit": limit}, key="", cursor="before")


def campaigns_create(
    body: NewCampaign, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None, key: str | None = None
) -> Call[SavedCampaign]:
    """Draft a campaign."""
    return call("POST", "/v1/campaigns", query={"locale": locale}, body=body, key=key)


def campaigns_one(
    code: str, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None
) -> Call[SavedCampaign]:
    """One campaign, its rules in words."""
    return call("GET", "/v1/campaigns/{}", (code,), query={"locale": locale}, key="")


def campaigns_change_budget(
    code: str,
    body: CampaignBudget,
    *,
    locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None,
    key: str | None = None,
) -> Call[SavedCampaign]:
    """Raise or lower the limits of a running campaign."""
    return call("POST", "/v1/campaigns/{}/budget", (code,), query={"locale": locale}, body=body, key=key)


def campaigns_end(
    code: str, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None, key: str | None = None
) -> Call[SavedCampaign]:
    """End the campaign now."""
    return call("POST", "/v1/campaigns/{}/end", (code,), query={"locale": locale}, key=key)


def campaigns_publish(
    code: str, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None, key: str | None = None
) -> Call[SavedCampaign]:
    """Put the campaign's rules in force, from its start or from now on, and open its budget.  Where the shop asks for a second person, it goes live in the studio alone."""
    return call("POST", "/v1/campaigns/{}/publish", (code,), query={"locale": locale}, key=key)


def case_reports_get_case_report(
    *, month: str, team: str | None = None, person: str | None = None, aspect: str | None = None
) -> Call[CaseReport]:
    """A month (2026-11) of all cases, or of those of a team, a person or a complaint."""
    return call(
        "GET",
        "/v1/case-reports",
        query={"month": month, "team": team, "person": person, "aspect": aspect},
        key="",
    )


def cases_list_cases(
    *,
    state: Literal[
        "new",
        "triaged",
        "assigned",
        "in_progress",
        "waiting_for_customer",
        "waiting_for_us",
        "waiting_for_third_party",
        "remedy_offered",
        "reopened",
        "resolved",
        "closed",
        "spam",
        "duplicate",
        "open",
        "done",
        None,
    ]
    | None = None,
    owner: str | None = None,
    unowned: bool | None = None,
    priority_from: int | None = None,
    customer_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Call[CasesPage]:
    """All cases that fit."""
    return call(
        "GET",
        "/v1/cases",
        query={
            "state": state,
            "owner": owner,
            "unowned": unowned,
            "priority_from": priority_from,
            "customer_id": customer_id,
            "after": after,
            "limit": limit,
        },
        key="",
        cursor="after",
    )


def case_settings_list_calendars() -> Call[Calendars]:
    """Every calendar."""
    return call("GET", "/v1/cases/calendars", key="")


def case_settings_put_calendar(
    code: str, body: CalendarBody, *, key: str | None = None
) -> Call[KeptCalendar]:
    """Make a calendar or change it, for cycles that begin from now on."""
    return call("PUT", "/v1/cases/calendars/{}", (code,), body=body, key=key)


def case_settings_delete_calendar(code: str, *, key: str | None = None) -> Call[CaseSettingsRemoved]:
    """Remove a calendar that no policy uses."""
    return call("DELETE", "/v1/cases/calendars/{}", (code,), key=key)


def case_settings_list_policies() -> Call[Policies]:
    """Every policy, in the order in which they are looked at."""
    return call("GET", "/v1/cases/policies", key="")


def case_settings_put_order(body: ApiV1CaseSettingsOrder, *, key: str | None = None) -> Call[Policies]:
    """Change the order in which policies are looked at."""
    return call("PUT", "/v1/cases/policies", body=body, key=key)


def case_settings_put_policy(code: str, body: PolicyBody, *, key: str | None = None) -> Call[KeptPolicy]:
    """Make a policy, the last in order, or change it where it stands."""
    return call("PUT", "/v1/cases/policies/{}", (code,), body=body, key=key)


def case_settings_delete_policy(code: str, *, key: str | None = None) -> Call[CaseSettingsRemoved]:
    """Remove a policy."""
    return call("DELETE", "/v1/cases/policies/{}", (code,), key=key)


def case_settings_list_teams() -> Call[Teams]:
    """Every team."""
    return call("GET", "/v1/cases/teams", key="")


def case_settings_put_team(team_id: str, body: TeamBody, *, key: str | None = None) -> Call[KeptTeam]:
    """Make a team with an id of your choice, or change it."""
    return call("PUT", "/v1/cases/teams/{}", (team_id,), body=body, key=key)


def case_settings_delete_team(team_id: str, *, key: str | None = None) -> Call[CaseSettingsRemoved]:
    """Remove a team."""
    return call("DELETE", "/v1/cases/teams/{}", (team_id,), key=key)


def cases_get_case(case_id: str) -> Call[CaseLine]:
    """One case, as the list shows it."""
    return call("GET", "/v1/cases/{}", (case_id,), key="")


def cases_make_survey_link(case_id: str, *, key: str | None = None) -> Call[SurveyLink]:
    """A link to the survey about a resolved case, for the shop's own channel.  A cycle of a case has one survey: asked again, another link to the same."""
    return call("POST", "/v1/cases/{}/survey-links", (case_id,), key=key)


def people_erase(customer_id: str, body: Erase, *, key: str | None = None) -> Call[Erasure]:
    """Erase a customer and whoever was merged into them."""
    return call("POST", "/v1/customers/{}/erasure", (customer_id,), body=body, key=key)


def people_ask_export(customer_id: str, *, key: str | None = None) -> Call[ExportView]:
    """Have a zip made of everything that is kept of a customer."""
    return call("POST", "/v1/customers/{}/exports", (customer_id,), key=key)


def people_get_export(customer_id: str, export_id: str) -> Call[ExportView]:
    """Whether it is ready."""
    return call(
        "GET",
        "/v1/customers/{}/exports/{}",
        (
            customer_id,
            export_id,
        ),
        key="",
    )


def people_get_archive(customer_id: str, export_id: str) -> Call[str]:
    """The zip: JSON by area, statements as CSV, pictures, and a page to read."""
    return call(
        "GET",
        "/v1/customers/{}/exports/{}/archive",
        (
            customer_id,
            export_id,
        ),
        key="",
    )


def earns_earn_lines(body: str | bytes) -> Call[str]:
    """Give points to many: up to 5000 earns as NDJSON, one a line."""
    return call("POST", "/v1/earns", body=body, media_type="application/x-ndjson", key="")


def events_post_events(body: Event | list[Event], *, key: str | None = None) -> Call[EventsResults]:
    """Send one event, or an array of up to 500.  A single event that cannot be applied is refused with 422."""
    return call("POST", "/v1/events", body=body, key=key)


def events_post_event_lines(body: str | bytes, *, key: str | None = None) -> Call[str]:
    """Send up to 5000 events as NDJSON, one a line."""
    return call("POST", "/v1/events/batch", body=body, media_type="application/x-ndjson", key=key)


def households_create(body: NewHousehold, *, key: str | None = None) -> Call[Household]:
    """A household of these members: each keeps their own points, and pays what another lacks for a reward."""
    return call("POST", "/v1/households", body=body, key=key)


def households_read(household_id: str) -> Call[Household]:
    """Who is in a household, and what each has."""
    return call("GET", "/v1/households/{}", (household_id,), key="")


def households_join(household_id: str, body: Joining, *, key: str | None = None) -> Call[Household]:
    """Let one more member in."""
    return call("POST", "/v1/households/{}/members", (household_id,), body=body, key=key)


def households_leave(household_id: str, customer_id: str, *, key: str | None = None) -> Call[Household]:
    """Let a member go, with their own points and no others."""
    return call(
        "POST",
        "/v1/households/{}/members/{}/leave",
        (
            household_id,
            customer_id,
        ),
        key=key,
    )


def articles_get_answers(
    *, q: str, language: Literal["en", "zh-Hans", "zh-Hant"] | None = None
) -> Call[Answers]:
    """What published articles say to a question in any language, in `language` where they have it."""
    return call("GET", "/v1/knowledge-answers", query={"q": q, "language": language}, key="")


def liability_months(*, wallet: str | None = None) -> Call[Liability]:
    """The liability and the breakage by month and cohort, as the page of the studio shows them."""
    return call("GET", "/v1/liability", query={"wallet": wallet}, key="")


def liability_close(body: CloseMonth, *, key: str | None = None) -> Call[Liability]:
    """Close the next open month for ever, ten minutes after its end at the earliest.  Another month is refused with `month_not_next`, one that runs still with `month_not_over`."""
    return call("POST", "/v1/liability/close", body=body, key=key)


def members_list_members(*, after: str | None = None, limit: int | None = None) -> Call[MembersPage]:
    """Everybody who is a member now, page by page."""
    return call("GET", "/v1/members", query={"after": after, "limit": limit}, key="", cursor="after")


def members_join(body: Join, *, key: str | None = None) -> Call[MemberView]:
    """Enrol a customer."""
    return call("POST", "/v1/members", body=body, key=key)


def members_member(customer_id: str) -> Call[MemberView]:
    """What a member has: points, tier, and the way to the next one."""
    return call("GET", "/v1/members/{}", (customer_id,), key="")


def achievements_of_member(customer_id: str) -> Call[MemberAchievements]:
    """How far a member is, and what they have reached."""
    return call("GET", "/v1/members/{}/achievements", (customer_id,), key="")


def balances_balances(
    customer_id: str, *, as_of: str | None = None, known_at: str | None = None
) -> Call[BalancesAsOf]:
    """A member's balances as of a moment.  `as_of` counts what had happened by then, `known_at` what had been heard of by then."""
    return call(
        "GET", "/v1/members/{}/balances", (customer_id,), query={"as_of": as_of, "known_at": known_at}, key=""
    )


def tiers_benefits(customer_id: str) -> Call[MemberBenefits]:
    """What a member's tiers bring: always what their present tiers say, whatever was told before."""
    return call("GET", "/v1/members/{}/benefits", (customer_id,), key="")


def chains_chain(
    customer_id: str, *, after: int | None = None, limit: int | None = None, wallet: str | None = None
) -> Call[Chain]:
    """All that a member's wallet has seen, each posting with its hash, in the order of `seq`.  `hash` is the SHA-256 of the bytes of the hash before it (of none for the first) and of `content` in UTF-8."""
    return call(
        "GET",
        "/v1/members/{}/chain",
        (customer_id,),
        query={"after": after, "limit": limit, "wallet": wallet},
        key="",
        cursor="after",
    )


def earns_earn(customer_id: str, body: GivePoints, *, key: str | None = None) -> Call[Given]:
    """Give points at once, for something that is no order."""
    return call("POST", "/v1/members/{}/earn", (customer_id,), body=body, key=key)


def members_entries(
    customer_id: str, *, before: int | None = None, limit: int | None = None, wallet: str | None = None
) -> Call[ApiV1MembersEntries]:
    """A member's ledger entries, the newest first."""
    return call(
        "GET",
        "/v1/members/{}/entries",
        (customer_id,),
        query={"before": before, "limit": limit, "wallet": wallet},
        key="",
        cursor="before",
    )


def members_entry(customer_id: str, entry_id: str) -> Call[Explanation]:
    """Why an entry was made: its reason, and the lots it made or took from."""
    return call(
        "GET",
        "/v1/members/{}/entries/{}",
        (
            customer_id,
            entry_id,
        ),
        key="",
    )


def pending_settle(customer_id: str, entry_id: str, body: Part, *, key: str | None = None) -> Call[Moved]:
    """Make pending points of an earn active, before their time or because what they waited for has happened.  More than are pending are refused with `pending_exceeded`."""
    return call(
        "POST",
        "/v1/members/{}/entries/{}/settle",
        (
            customer_id,
            entry_id,
        ),
        body=body,
        key=key,
    )


def pending_void(customer_id: str, entry_id: str, body: Part, *, key: str | None = None) -> Call[Moved]:
    """Let pending points of an earn fall away."""
    return call(
        "POST",
        "/v1/members/{}/entries/{}/void",
        (
            customer_id,
            entry_id,
        ),
        body=body,
        key=key,
    )


def holds_create(customer_id: str, body: NewHold, *, key: str | None = None) -> Call[HoldView]:
    """Hold points while a customer pays."""
    return call("POST", "/v1/members/{}/holds", (customer_id,), body=body, key=key)


def holds_one(customer_id: str, hold_id: str) -> Call[HoldView]:
    """What is held still, what was captured and what released."""
    return call(
        "GET",
        "/v1/members/{}/holds/{}",
        (
            customer_id,
            hold_id,
        ),
        key="",
    )


def holds_capture(
    customer_id: str, hold_id: str, body: SomePoints | None, *, key: str | None = None
) -> Call[HoldView]:
    """Spend what is held, or a part."""
    return call(
        "POST",
        "/v1/members/{}/holds/{}/capture",
        (
            customer_id,
            hold_id,
        ),
        body=body,
        key=key,
    )


def holds_release(
    customer_id: str, hold_id: str, body: SomePoints | None, *, key: str | None = None
) -> Call[HoldView]:
    """Give up what is held, or a part: the same lots get it back, with the expiry they had."""
    return call(
        "POST",
        "/v1/members/{}/holds/{}/release",
        (
            customer_id,
            hold_id,
        ),
        body=body,
        key=key,
    )


def holds_reverse(
    customer_id: str, hold_id: str, body: SomePoints | None, *, key: str | None = None
) -> Call[HoldView]:
    """Give back what was captured, or a part, when what it paid for is called off or comes back.  The same lots get it back, with the expiry they had."""
    return call(
        "POST",
        "/v1/members/{}/holds/{}/reverse",
        (
            customer_id,
            hold_id,
        ),
        body=body,
        key=key,
    )


def members_leave(customer_id: str, *, key: str | None = None) -> Call[MemberView]:
    """Let a member leave the programme, of their own will."""
    return call("POST", "/v1/members/{}/leave", (customer_id,), key=key)


def merges_merge(customer_id: str, body: MergeInto, *, key: str | None = None) -> Call[MergeView]:
    """Let another member have all that this one has: points with their expiry, vouchers, orders, tiers.  The same as the event `customer.merged`, for two who are members."""
    return call("POST", "/v1/members/{}/merge", (customer_id,), body=body, key=key)


def rewards_redeem(customer_id: str, body: Redeem, *, key: str | None = None) -> Call[VoucherView]:
    """Spend points on a reward and get its voucher code."""
    return call("POST", "/v1/members/{}/redemptions", (customer_id,), body=body, key=key)


def referrals_code(customer_id: str, *, key: str | None = None) -> Call[Invitation]:
    """A member's code and link, made when first asked for."""
    return call("POST", "/v1/members/{}/referral-code", (customer_id,), key=key)


def referrals_of_member(
    customer_id: str, *, before: str | None = None, limit: int | None = None
) -> Call[Referrals]:
    """Whom a member has brought, the newest first."""
    return call(
        "GET",
        "/v1/members/{}/referrals",
        (customer_id,),
        query={"before": before, "limit": limit},
        key="",
        cursor="before",
    )


def rewards_quotes(customer_id: str) -> Call[Quotes]:
    """Every reward on offer with what it would cost this member, and what stands against it."""
    return call("GET", "/v1/members/{}/rewards", (customer_id,), key="")


def rewards_quote(customer_id: str, code: str, *, points: int | None = None) -> Call[Quote]:
    """What one reward would cost, allowed or why not."""
    return call(
        "GET",
        "/v1/members/{}/rewards/{}/quote",
        (
            customer_id,
            code,
        ),
        query={"points": points},
        key="",
    )


def tags_tags(customer_id: str) -> Call[Tags]:
    """The shop's tags of a member, by name."""
    return call("GET", "/v1/members/{}/tags", (customer_id,), key="")


def tags_put_tags(customer_id: str, body: Tags, *, key: str | None = None) -> Call[Tags]:
    """Give a member exactly these tags: others of the shop's are taken away."""
    return call("PUT", "/v1/members/{}/tags", (customer_id,), body=body, key=key)


def tiers_member_tiers(customer_id: str) -> Call[MemberTiers]:
    """Where a member stands in each set: what is missing to the next tier, what keeps this one, by when."""
    return call("GET", "/v1/members/{}/tiers", (customer_id,), key="")


def tiers_history(
    customer_id: str, *, tier_set: str | None = None, before: str | None = None, limit: int | None = None
) -> Call[Changes]:
    """The tiers that a member has had, with reasons, the newest first."""
    return call(
        "GET",
        "/v1/members/{}/tiers/history",
        (customer_id,),
        query={"tier_set": tier_set, "before": before, "limit": limit},
        key="",
        cursor="before",
    )


def tiers_override(
    customer_id: str, set_code: str, body: GiveTier, *, key: str | None = None
) -> Call[MemberTiers]:
    """Put a member into a tier until a moment."""
    return call(
        "POST",
        "/v1/members/{}/tiers/{}/override",
        (
            customer_id,
            set_code,
        ),
        body=body,
        key=key,
    )


def tiers_end_override(customer_id: str, set_code: str, *, key: str | None = None) -> Call[MemberTiers]:
    """End an override before its time."""
    return call(
        "POST",
        "/v1/members/{}/tiers/{}/override/end",
        (
            customer_id,
            set_code,
        ),
        key=key,
    )


def transfers_give(customer_id: str, body: Give, *, key: str | None = None) -> Call[Gift]:
    """Give points to another member: those that expire first, which keep their expiry."""
    return call("POST", "/v1/members/{}/transfers", (customer_id,), body=body, key=key)


def merges_unmerge(customer_id: str, *, key: str | None = None) -> Call[UnmergeView]:
    """Take a merge back: what is left of this member's points and vouchers is theirs again.  What was spent meanwhile stays spent, and what was earned meanwhile stays with the survivor."""
    return call("POST", "/v1/members/{}/unmerge", (customer_id,), key=key)


def rewards_listed(
    customer_id: str, *, before: str | None = None, limit: int | None = None
) -> Call[Vouchers]:
    """A member's vouchers, the newest first."""
    return call(
        "GET",
        "/v1/members/{}/vouchers",
        (customer_id,),
        query={"before": before, "limit": limit},
        key="",
        cursor="before",
    )


def rewards_one(customer_id: str, voucher_id: str) -> Call[VoucherView]:
    """One voucher, also one that is only held."""
    return call(
        "GET",
        "/v1/members/{}/vouchers/{}",
        (
            customer_id,
            voucher_id,
        ),
        key="",
    )


def rewards_cancel(customer_id: str, voucher_id: str, *, key: str | None = None) -> Call[VoucherView]:
    """Give an unused voucher back, or up what is held: the same points return, with the expiry they had."""
    return call(
        "POST",
        "/v1/members/{}/vouchers/{}/cancel",
        (
            customer_id,
            voucher_id,
        ),
        key=key,
    )


def rewards_capture(customer_id: str, voucher_id: str, *, key: str | None = None) -> Call[VoucherView]:
    """Buy what is held: the voucher gets its code."""
    return call(
        "POST",
        "/v1/members/{}/vouchers/{}/capture",
        (
            customer_id,
            voucher_id,
        ),
        key=key,
    )


def member_tokens_widget_token(customer_id: str) -> Call[MemberToken]:
    """A token for a page that this customer sees, signed in at the shop."""
    return call("GET", "/v1/members/{}/widget-token", (customer_id,), key="")


def openings_post_openings(
    body: str | bytes,
    *,
    create_members: bool | None = None,
    dry_run: bool | None = None,
    key: str | None = None,
) -> Call[str]:
    """Send up to 5000 opening balances as NDJSON, one a line."""
    return call(
        "POST",
        "/v1/openings/batch",
        query={"create_members": create_members, "dry_run": dry_run},
        body=body,
        media_type="application/x-ndjson",
        key=key,
    )


def pools_listed() -> Call[Pools]:
    """The pools, and how many codes are free."""
    return call("GET", "/v1/pools", key="")


def pools_create(body: NewPool, *, key: str | None = None) -> Call[PoolView]:
    """Make an empty pool."""
    return call("POST", "/v1/pools", body=body, key=key)


def pools_import_codes(code: str, body: str | bytes, *, key: str | None = None) -> Call[Imported]:
    """Upload codes, one a line, any number: text/plain, text/csv (the first column) or application/x-ndjson with a field `code`.  The body is taken in as it comes, 20,000 lines a transaction."""
    return call("POST", "/v1/pools/{}/codes", (code,), body=body, media_type="text/plain", key=key)


def pools_generate(code: str, body: Generate, *, key: str | None = None) -> Call[PoolView]:
    """Add codes of a pattern, none of which was there before."""
    return call("POST", "/v1/pools/{}/generate", (code,), body=body, key=key)


def pools_set_low_water(code: str, body: NewLowWater, *, key: str | None = None) -> Call[PoolView]:
    """Say from how few free codes on staff are told."""
    return call("PUT", "/v1/pools/{}/low-water", (code,), body=body, key=key)


def publishing_get_publishing() -> Call[Publishing]:
    """What is told."""
    return call("GET", "/v1/publishing", key="")


def publishing_put_publishing(body: Publishing, *, key: str | None = None) -> Call[Publishing]:
    """Tell it."""
    return call("PUT", "/v1/publishing", body=body, key=key)


def ratings_get_ratings(
    *,
    of: Literal["product", "store", "shop"] | None = None,
    key: str | None = None,
    source: str | None = None,
    period: Literal["all", "month", "day"] | None = None,
    first: str | None = None,
    last: str | None = None,
) -> Call[Ratings]:
    """Ratings of the shop, of a product (`key`: its SKU) or a store (`key`: the shop's id of it).  By the day (UTC) on which reviews were written."""
    return call(
        "GET",
        "/v1/ratings",
        query={"of": of, "key": key, "source": source, "period": period, "first": first, "last": last},
        key="",
    )


def ratings_get_ranking(*, limit: int | None = None) -> Call[Ranking]:
    """Products by Bayesian mean."""
    return call("GET", "/v1/ratings/ranking", query={"limit": limit}, key="")


def referrals_programme() -> Call[ReferralsServiceTerms]:
    """How referrals work now."""
    return call("GET", "/v1/referral-programme", key="")


def referrals_set_programme(
    body: ReferralsServiceTerms, *, key: str | None = None
) -> Call[ReferralsServiceTerms]:
    """Set how referrals work from now on."""
    return call("POST", "/v1/referral-programme", body=body, key=key)


def referrals_claim(body: Claim, *, key: str | None = None) -> Call[ReferralsServiceReferral]:
    """Note who brought a customer."""
    return call("POST", "/v1/referrals", body=body, key=key)


def remedies_list_authorities() -> Call[Authorities]:
    """What each role may give alone."""
    return call("GET", "/v1/remedies/authorities", key="")


def remedies_put_authority(role: str, body: AuthorityBody, *, key: str | None = None) -> Call[Authorities]:
    """Change what a role may give alone."""
    return call("PUT", "/v1/remedies/authorities/{}", (role,), body=body, key=key)


def remedies_get_budget() -> Call[BudgetBody]:
    """The month's limits."""
    return call("GET", "/v1/remedies/budget", key="")


def remedies_put_budget(body: BudgetBody, *, key: str | None = None) -> Call[BudgetBody]:
    """Change the month's limits, from this month on."""
    return call("PUT", "/v1/remedies/budget", body=body, key=key)


def remedies_list_requests() -> Call[WaitingRemedies]:
    """What waits for a second person."""
    return call("GET", "/v1/remedies/requests", key="")


def remedies_decide(request_id: str, body: Decision, *, key: str | None = None) -> Call[Decided]:
    """Give what was asked for, or reject it, as a person has decided elsewhere."""
    return call("POST", "/v1/remedies/requests/{}/decide", (request_id,), body=body, key=key)


def templates_list_templates() -> Call[Templates]:
    """All of them."""
    return call("GET", "/v1/reply-templates", key="")


def templates_put_template(code: str, body: TemplateTexts, *, key: str | None = None) -> Call[Template]:
    """Make one, or change it."""
    return call("PUT", "/v1/reply-templates/{}", (code,), body=body, key=key)


def templates_delete_template(code: str, *, key: str | None = None) -> Call[Template]:
    """Remove one."""
    return call("DELETE", "/v1/reply-templates/{}", (code,), key=key)


def review_accounts_list_accounts() -> Call[ReviewAccounts]:
    """Every connected account."""
    return call("GET", "/v1/review-accounts", key="")


def review_accounts_post_account(body: NewAccount, *, key: str | None = None) -> Call[ReviewAccount]:
    """Connect an account, or the same one anew with other credentials."""
    return call("POST", "/v1/review-accounts", body=body, key=key)


def review_accounts_get_account(account_id: str) -> Call[ReviewAccount]:
    """One account, also a disconnected one."""
    return call("GET", "/v1/review-accounts/{}", (account_id,), key="")


def review_accounts_delete_account(account_id: str, *, key: str | None = None) -> Call[ReviewAccount]:
    """Disconnect it: its credentials are deleted, its reviews stay."""
    return call("DELETE", "/v1/review-accounts/{}", (account_id,), key=key)


def review_accounts_post_sync(account_id: str, body: Asked, *, key: str | None = None) -> Call[ReviewAccount]:
    """Have it read now."""
    return call("POST", "/v1/review-accounts/{}/sync", (account_id,), body=body, key=key)


def trends_list_trends() -> Call[Trends]:
    """What complaints rise about, as of now."""
    return call("GET", "/v1/review-trends", key="")


def reviews_list_reviews(
    *, product: str | None = None, after: str | None = None, limit: int | None = None
) -> Call[Reviews]:
    """Reviews with score and flags, the latest received first."""
    return call(
        "GET",
        "/v1/reviews",
        query={"product": product, "after": after, "limit": limit},
        key="",
        cursor="after",
    )


def reviews_post_reviews(
    body: NewReview | list[NewReview], *, key: str | None = None
) -> Call[ReviewsResults]:
    """Send one review, or an array of up to 500.  A single review that cannot be taken in is refused with 422."""
    return call("POST", "/v1/reviews", body=body, key=key)


def reviews_post_removal(body: Removal, *, key: str | None = None) -> Call[ReviewsRemoved]:
    """Say that a review was removed: it becomes a tombstone, also when it comes only later."""
    return call("POST", "/v1/reviews/removals", body=body, key=key)


def review_search_search_reviews(
    *,
    q: str,
    by: Literal["words", "meaning"] | None = None,
    product: str | None = None,
    source: str | None = None,
    stars: int | None = None,
    published: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Call[ReviewSearchResults]:
    """Reviews whose current wording has these words, the newest first.  `q`: words, all of them."""
    return call(
        "GET",
        "/v1/reviews/search",
        query={
            "q": q,
            "by": by,
            "product": product,
            "source": source,
            "stars": stars,
            "published": published,
            "after": after,
            "limit": limit,
        },
        key="",
        cursor="after",
    )


def reviews_get_review(review_id: str) -> Call[ApiV1ReviewsReview]:
    """One review."""
    return call("GET", "/v1/reviews/{}", (review_id,), key="")


def corrections_post_correction(
    review_id: str, body: NewCorrection, *, key: str | None = None
) -> Call[Corrected]:
    """Say what the current wording says."""
    return call("POST", "/v1/reviews/{}/corrections", (review_id,), body=body, key=key)


def reviews_list_similar(review_id: str, *, limit: int | None = None) -> Call[SimilarReviews]:
    """Reviews that say much the same, in any language, the nearest first."""
    return call("GET", "/v1/reviews/{}/similar", (review_id,), query={"limit": limit}, key="")


def rewards_offered() -> Call[Rewards]:
    """What points buy."""
    return call("GET", "/v1/rewards", key="")


def rewards_create(body: NewReward, *, key: str | None = None) -> Call[RewardView]:
    """Put a reward on offer."""
    return call("POST", "/v1/rewards", body=body, key=key)


def rewards_activate(code: str, *, key: str | None = None) -> Call[RewardView]:
    """Put a reward back on offer."""
    return call("POST", "/v1/rewards/{}/activate", (code,), key=key)


def rewards_deactivate(code: str, *, key: str | None = None) -> Call[RewardView]:
    """Take a reward off the offer."""
    return call("POST", "/v1/rewards/{}/deactivate", (code,), key=key)


def rewards_restock(code: str, body: NewStock, *, key: str | None = None) -> Call[RewardView]:
    """Say how many are left."""
    return call("PUT", "/v1/rewards/{}/stock", (code,), body=body, key=key)


def rewards_versions(code: str) -> Call[RewardsVersions]:
    """What a reward has cost, and since when."""
    return call("GET", "/v1/rewards/{}/versions", (code,), key="")


def rewards_change(code: str, body: ChangedReward, *, key: str | None = None) -> Call[RewardView]:
    """Change price and terms, as another version."""
    return call("POST", "/v1/rewards/{}/versions", (code,), body=body, key=key)


def rules_show_settings() -> Call[Settings]:
    """Whether reviews earn points at all."""
    return call("GET", "/v1/rule-settings", key="")


def rules_change_settings(body: NewSettings, *, key: str | None = None) -> Call[Settings]:
    """Switch points for reviews on or off."""
    return call("POST", "/v1/rule-settings", body=body, key=key)


def rules_listed(
    *,
    before: str | None = None,
    limit: int | None = None,
    locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None,
) -> Call[Rules]:
    """Rules with their sentences."""
    return call(
        "GET",
        "/v1/rules",
        query={"before": before, "limit": limit, "locale": locale},
        key="",
        cursor="before",
    )


def rules_create(
    body: NewRule, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None, key: str | None = None
) -> Call[Saved]:
    """Draft a rule."""
    return call("POST", "/v1/rules", query={"locale": locale}, body=body, key=key)


def rules_try_out(
    body: Try, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None, key: str | None = None
) -> Call[Tried]:
    """What an order or event would earn, rule by rule, and why each other rule would give nothing."""
    return call("POST", "/v1/rules/try", query={"locale": locale}, body=body, key=key)


def rules_one(code: str, *, locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None) -> Call[Rules]:
    """All versions of a rule, the newest first."""
    return call("GET", "/v1/rules/{}", (code,), query={"locale": locale}, key="")


def rules_run_backtest(code: str, body: Test, *, key: str | None = None) -> Call[Backtest]:
    """What the rule gave in a stretch of time, or what another would have given in its place."""
    return call("POST", "/v1/rules/{}/backtest", (code,), body=body, key=key)


def rules_publish(
    code: str,
    body: Publish,
    *,
    locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None,
    key: str | None = None,
) -> Call[Saved]:
    """Put a draft in force."""
    return call("POST", "/v1/rules/{}/publish", (code,), query={"locale": locale}, body=body, key=key)


def rules_retire(
    code: str,
    body: Retire,
    *,
    locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None,
    key: str | None = None,
) -> Call[Saved]:
    """Take a rule out of force."""
    return call("POST", "/v1/rules/{}/retire", (code,), query={"locale": locale}, body=body, key=key)


def rules_revise(
    code: str,
    body: NextVersion,
    *,
    locale: Literal["en", "zh-Hans", "zh-Hant"] | None = None,
    key: str | None = None,
) -> Call[Saved]:
    """Draft the next version of a rule."""
    return call("POST", "/v1/rules/{}/versions", (code,), query={"locale": locale}, body=body, key=key)


def campaigns_list_segments() -> Call[Segments]:
    """All segments."""
    return call("GET", "/v1/segments", key="")


def campaigns_create_segment(body: NewSegment, *, key: str | None = None) -> Call[SavedSegment]:
    """Make a segment."""
    return call("POST", "/v1/segments", body=body, key=key)


def campaigns_versions_of_segment(code: str) -> Call[Segments]:
    """All versions of a segment, the newest first."""
    return call("GET", "/v1/segments/{}/versions", (code,), key="")


def campaigns_revise_segment(code: str, body: NextSegment, *, key: str | None = None) -> Call[SavedSegment]:
    """Make the next version of a segment."""
    return call("POST", "/v1/segments/{}/versions", (code,), body=body, key=key)


def campaigns_one_segment(segment_id: str) -> Call[SavedSegment]:
    """One segment with the number of its members."""
    return call("GET", "/v1/segments/{}", (segment_id,), key="")


def campaigns_is_within(segment_id: str, customer_id: str) -> Call[Within]:
    """Whether one member is in a segment."""
    return call(
        "GET",
        "/v1/segments/{}/members/{}",
        (
            segment_id,
            customer_id,
        ),
        key="",
    )


def tiers_sets() -> Call[Sets]:
    """The live tier sets: what they count, since when, and the way up and down."""
    return call("GET", "/v1/tiers", key="")


def tiers_preview(body: TierSet, *, key: str | None = None) -> Call[Previewed]:
    """Who would move if this set took the place of the live one with its code, or stood beside the others.  Nothing changes."""
    return call("POST", "/v1/tiers/preview", body=body, key=key)


def tiers_publish(body: PublishSet, *, key: str | None = None) -> Call[Published]:
    """Publish a previewed set as a new version and move exactly the previewed members.  If others would move by now, nothing is done and the code is `preview_stale`."""
    return call("POST", "/v1/tiers/publish", body=body, key=key)


def transfers_terms() -> Call[TransferTerms]:
    """What members may give each other."""
    return call("GET", "/v1/transfer-terms", key="")


def transfers_put_terms(body: TransferTerms, *, key: str | None = None) -> Call[TransferTerms]:
    """Allow transfers, change their limits, or end them."""
    return call("PUT", "/v1/transfer-terms", body=body, key=key)


def rewards_look_up(code: str) -> Call[VoucherView]:
    """What a code at the till stands for."""
    return call("GET", "/v1/vouchers/{}", (code,), key="")


def rewards_use(code: str, body: Use | None, *, key: str | None = None) -> Call[VoucherView]:
    """Use a voucher at the till."""
    return call("POST", "/v1/vouchers/{}/use", (code,), body=body, key=key)


def wallets_listed() -> Call[Wallets]:
    """The wallets with the rules that hold for new points."""
    return call("GET", "/v1/wallets", key="")


def wallets_create(body: NewWallet, *, key: str | None = None) -> Call[WalletView]:
    """Add a wallet to the programme."""
    return call("POST", "/v1/wallets", body=body, key=key)


def wallets_change(code: str, body: ChangedWallet, *, key: str | None = None) -> Call[WalletView]:
    """Change a wallet's rules for points earned from now on."""
    return call("POST", "/v1/wallets/{}/rules", (code,), body=body, key=key)


def wallets_versions(code: str) -> Call[WalletsVersions]:
    """What a wallet's rules were, and from when on."""
    return call("GET", "/v1/wallets/{}/versions", (code,), key="")


def webhooks_list_deliveries(
    *,
    endpoint: str | None = None,
    state: Literal["queued", "delivered", "failed", None] | None = None,
    type: str | None = None,
    before: str | None = None,
    limit: int | None = None,
) -> Call[WebhookDeliveries]:
    """Deliveries of the last 30 days."""
    return call(
        "GET",
        "/v1/webhook-deliveries",
        query={"endpoint": endpoint, "state": state, "type": type, "before": before, "limit": limit},
        key="",
        cursor="before",
    )


def webhooks_get_delivery(delivery_id: str) -> Call[DeliveryWhole]:
    """One delivery with its body and attempts."""
    return call("GET", "/v1/webhook-deliveries/{}", (delivery_id,), key="")


def webhooks_resend_delivery(delivery_id: str, *, key: str | None = None) -> Call[DeliveryWhole]:
    """Send one again that was delivered or has failed: the same event, with its id."""
    return call("POST", "/v1/webhook-deliveries/{}/resend", (delivery_id,), key=key)


def webhooks_list_endpoints(*, after: str | None = None, limit: int | None = None) -> Call[WebhookEndpoints]:
    """Endpoints and their health."""
    return call(
        "GET", "/v1/webhook-endpoints", query={"after": after, "limit": limit}, key="", cursor="after"
    )


def webhooks_post_endpoint(body: EndpointWanted, *, key: str | None = None) -> Call[WebhookEndpoint]:
    """Add an endpoint."""
    return call("POST", "/v1/webhook-endpoints", body=body, key=key)


def webhooks_get_endpoint(endpoint_id: str) -> Call[WebhookEndpoint]:
    """One endpoint and its health."""
    return call("GET", "/v1/webhook-endpoints/{}", (endpoint_id,), key="")


def webhooks_put_endpoint(
    endpoint_id: str, body: EndpointWanted, *, key: str | None = None
) -> Call[WebhookEndpoint]:
    """Change an endpoint, switch it off or on."""
    return call("PUT", "/v1/webhook-endpoints/{}", (endpoint_id,), body=body, key=key)


def webhooks_delete_endpoint(endpoint_id: str, *, key: str | None = None) -> Call[WebhookEndpoint]:
    """Take an endpoint away."""
    return call("DELETE", "/v1/webhook-endpoints/{}", (endpoint_id,), key=key)


def webhooks_replay_endpoint(endpoint_id: str, body: Since, *, key: str | None = None) -> Call[Replayed]:
    """Send all again that has failed since a moment, also what came while the endpoint was off."""
    return call("POST", "/v1/webhook-endpoints/{}/replay", (endpoint_id,), body=body, key=key)


def webhooks_rotate_secret(
    endpoint_id: str, body: Rotation, *, key: str | None = None
) -> Call[WebhookEndpoint]:
    """Make a new secret."""
    return call("POST", "/v1/webhook-endpoints/{}/rotate", (endpoint_id,), body=body, key=key)


def webhooks_get_secret(endpoint_id: str) -> Call[WebhookSecret]:
    """The secret that signs: it needs webhooks:write."""
    return call("GET", "/v1/webhook-endpoints/{}/secret", (endpoint_id,), key="")


def webhooks_test_endpoint(endpoint_id: str, *, key: str | None = None) -> Call[Replayed]:
    """Send an event of the type webhook.test."""
    return call("POST", "/v1/webhook-endpoints/{}/test", (endpoint_id,), key=key)


def webhooks_list_types() -> Call[WebhookTypes]:
    """Types of events that can be sent."""
    return call("GET", "/v1/webhook-types", key="")
