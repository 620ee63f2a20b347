"""Which tables the log is about. Every table of a merchant is, but for those named here and why not."""

from core.people.personal import registry

NOT_LOGGED: dict[str, str] = {
    "audit_entries": "the log itself",
    "idempotency_keys": "answers, kept to be repeated",
    "events": "history by itself, told by programs",
    "orders": "what events say",
    "order_lines": "what events say",
    "order_refunds": "what events say",
    "earning_events": "history by itself",
    "rule_uses": "counted from what happened",
    "mails": "the log of mails says it",
    "notifications": "the log of messages says it",
    "notification_links": "part of a message",
    "webhook_events": "the log of deliveries says it",
    "webhook_attempts": "the log of deliveries says it",
    "login_links": "part of a sign-in",
    "company_flows": "part of a sign-in",
    "handoff_uses": "part of a sign-in",
    "person_export_parts": "bytes of an export",
    "case_numbers": "a counter",
    "case_events": "history by itself: the case's own",
    "case_clocks": "follows from the case",
    "case_terms": "follows from the policies",
    "case_care_reads": "a mark of the sweep",
    "review_versions": "history by itself",
    "review_scores": "what a model says",
    "review_flags": "what a model says",
    "review_evidence": "what a model says",
    "review_shadow_scores": "what a model says",
    "review_embeddings": "made from the words",
    "review_words": "made from the words",
    "review_text_digests": "made from the words",
    "review_rating_deltas": "counted from the reviews",
    "review_ratings": "counted from the reviews",
    "review_traces": "digests of devices",
    "review_import_parts": "bytes of a file",
    "review_import_rejects": "lines of a file",
    "review_sightings": "what a source showed",
    "review_syncs": "when a source was read",
    "knowledge_passages": "made from the articles",
    "knowledge_words": "made from the articles",
    "knowledge_questions": "what customers asked",
    "case_chat_lines": "what customers asked",
    "case_patrols": "counted once a day",
    "trend_looks": "counted once a day",
    "tier_sweeps": "a mark of the sweep",
    "tier_censuses": "counted from the members",
    "tier_census_counts": "counted from the members",
    "liability_days": "counted from the ledger",
    "liability_rolls": "counted from the ledger",
    "rfm_bounds": "counted from the orders",
    "member_list_members": "follows from the list",
    "member_tiers": "follows from points and orders",
}
LEDGER = "ledger_"
"""Tables of the one writer: a chained journal, which says by itself who asked for what."""

# Whoever acts, with whatever: a program that sets the programme up as well as a person.
BY_ANYBODY = "current_setting('app.actor', true) <> ''"
# What programs and customers do by the thousand is no deed of somebody's; what staff do there is.
BY_STAFF = "starts_with(current_setting('app.actor', true), '{\"kind\":\"staff\"')"

WORK = frozenset(
    {
        *("customers", "customer_profiles", "members", "vouchers", "pool_codes", "reward_stock", "referrals"),
        *("reviews", "review_photos", "review_moderations", "review_signals", "review_attribute_ratings"),
        *(
            "review_votes",
            "review_invitations",
            "review_invitation_links",
            "review_imports",
        ),
        *(
            "cases",
            "case_reviews",
            "case_messages",
            "case_pictures",
            "case_inbound_mails",
            "case_chats",
            "case_parcels",
        ),
        *("case_stock", "case_care", "case_surveys", "case_survey_answers", "case_survey_links", "case_arms"),
        *("knowledge_votes", "notification_choices", "member_tags", "tier_changes", "achievement_awards"),
        *(
            "webhook_deliveries",
            "person_keys",
            "expiry_warnings",
            "household_members",
            "order_milestones",
            "member_merges",
            "voucher_uses",
        ),
    }
)
"""Tables that programs and customers write: there only staff's deeds are logged."""

SECRETS = ("secret", "password", "token", "digest", "sealed", "credential", "totp", "recovery", "fingerprint")
"""A column with one of these in its name, or of bytes, is said to have changed, not to what."""


def hidden(table: str, columns: dict[str, str]) -> list[str]:
    """Columns (name: type) whose values the log does not keep: secrets, and people's own words."""
    words = {
        column
        for place in registry.places()
        if place.table == table and place.erased
        for column in (columns if isinstance(place.erased, str) else place.erased)
        if columns.get(column) in ("text", "text[]", "jsonb")
    }
    secret = {
        name for name, kind in columns.items() if kind == "bytea" or any(each in name for each in SECRETS)
    }
    return sorted(words | secret)


def is_logged(table: str) -> bool:
    """Whether deeds on this table are in the log."""
    return table not in NOT_LOGGED and not table.startswith(LEDGER)


def rule(table: str) -> tuple[str, str]:
    """On which statements and when the trigger fires."""
    if table == "sessions":
        return "INSERT OR UPDATE OF revoked_at", "NEW.staff_id IS NOT NULL"
    if table == "outbox":  # work that staff send again
        return "UPDATE", BY_STAFF
    return "INSERT OR UPDATE OR DELETE", BY_STAFF if table in WORK else BY_ANYBODY
