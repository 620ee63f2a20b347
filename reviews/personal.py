"""What reviews and cases keep of a person."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from core import db
from core.people.personal.model import DELETE, Person, Place
from reviews.cases import ending

GONE = "'—'"


def _of_review(table: str, what: str, **more: object) -> Place:
    told = {"area": "reviews", "by": "review_id", "whose": "reviews", "what": what} | more
    return Place(table=table, **told)  # type: ignore[arg-type]


def _of_case(table: str, what: str, **more: object) -> Place:
    told = {"area": "cases", "by": "case_id", "whose": "cases", "what": what} | more
    return Place(table=table, **told)  # type: ignore[arg-type]


PLACES = (
    Place(
        table="reviews",
        area="reviews",
        by="customer_id",
        what="reviews that they wrote, and the shop's reply",
        erased={"author": "''"},
        stays={"reply": "the shop's public words", "external_id": "the review's number at its source"},
        codes="source account product_sku product_name order_line_id state kind moderation moderated_by",
    ),
    _of_review(
        "review_versions",
        "every wording of them",
        erased={"title": "''", "body": "''", "extra": "'{}'", "photo_urls": "'{}'"},
        codes="lang",
        withheld="fingerprint",
        wording=True,
        history=True,
    ),
    _of_review(
        "review_photos", "their pictures", erased=DELETE, withheld="image small", wording=True
    ),  # the pictures themselves are files of the export
    _of_review(
        "review_words",
        "their words, for the search",
        erased=DELETE,
        withheld="words",
        exported=False,
        wording=True,
        history=True,
    ),
    _of_review(
        "review_embeddings",
        "their direction, for the search",
        erased=DELETE,
        codes="model",
        withheld="embedding",
        exported=False,
        wording=True,
    ),
    _of_review(
        "review_text_digests",
        "a digest of their words",
        erased=DELETE,
        withheld="digest",
        exported=False,
        wording=True,
        history=True,
    ),
    _of_review(
        "review_traces",
        "digests of device and network",
        erased=DELETE,
        codes="kind",
        withheld="digest",
        exported=False,
    ),
    _of_review(
        "review_translations",
        "their words in a language of the staff",
        erased={"body": "CASE WHEN body IS NOT NULL THEN '—' END"},
        codes="language state model failure",
        wording=True,
    ),
    _of_review("review_scores", "what the model reads in them", codes="model sentiment aspects lang"),
    _of_review("review_flags", "why they were flagged", codes="reason detail"),
    _of_review(
        "review_evidence",
        "the words that it rests on",
        erased={"words": "'{}'", "aspects": "'{}'"},
        codes="model sentiment",
        wording=True,
        history=True,
    ),
    _of_review("review_corrections", "what staff say that they say", codes="sentiment aspects model"),
    _of_review("review_shadow_scores", "what a second model reads", codes="model sentiment answered_by"),
    _of_review("review_signals", "what looked odd about them", codes="kind detail"),
    _of_review(
        "review_moderations",
        "decisions to show them",
        erased={"detail": "'{}'"},
        codes="moderation reason moderated_by",
        wording=True,
        history=True,
    ),
    _of_review("review_attribute_ratings", "stars for attributes", codes="code"),
    _of_review(
        "review_votes", "that others found them helpful, as digests", withheld="voter", exported=False
    ),
    Place(
        table="review_insiders",
        area="reviews",
        by="customer_id",
        what="that they belong to the shop, and why",
        erased=DELETE,
        codes="note",
        history=True,
    ),
    Place(
        table="review_invitations",
        area="reviews",
        by="customer_id",
        what="when they were asked for a review",
        codes="state skip_reason",
    ),
    Place(
        table="cases",
        area="cases",
        by="customer_id",
        what="cases of theirs",
        codes="state priority_parts cause",
        withheld="reply_token",
    ),
    _of_case(
        "case_messages",
        "what was said and written, and notes of staff",
        erased={"body": GONE, "attachments": "'{}'"},
        codes="kind state failure channel outcome",
    ),
    _of_case(
        "case_inbound_mails",
        "mails from them",
        erased={
            "from_address": "''",
            "from_name": "''",
            "subject": "''",
            "body": "''",
            "attachments": "'{}'",
        },
        codes="mail_key state reason",
        only="t.state = 'taken'",
    ),
    _of_case(
        "case_pictures", "pictures that came with mails from them", erased=DELETE, withheld="image small"
    ),
    _of_case("case_tags", "tags of staff on their cases", erased=DELETE, codes="tag"),
    _of_case(
        "case_events",
        "what happened, with remarks of staff",
        erased={"detail": "without what staff wrote"},
        codes="kind actor",
        history=True,
    ),
    _of_case(
        "case_remedies",
        "what they were given",
        erased={"message": "''"},
        codes="key kind currency order_line",
        history=True,
    ),
    _of_case(
        "case_remedy_requests",
        "what staff asked for on their behalf",
        erased={"remedy": "jsonb_set(remedy, '{message}', '\"\"', false)"},
        codes="key state",
    ),
    _of_case(
        "case_drafts",
        "drafts of answers to them",
        erased={"body": "CASE WHEN body IS NOT NULL THEN '—' END"},
        codes="state model sources failure",
    ),
    _of_case("case_clocks", "how fast they were answered", codes="kind"),
    _of_case("case_care", "trouble that was noticed first", codes="reason"),
    Place(
        table="case_parcels",
        area="orders",
        by="order_word",
        whose="order_words",
        what="where their parcels were",
        erased=DELETE,
        codes="order_word tracking carrier",
        history=True,
    ),
    _of_case("case_arms", "in which half of an experiment they were", codes="arm"),
    _of_case("case_arm_overrides", "why staff gave all the same", erased={"reason": GONE}, history=True),
    Place(table="case_chats", area="chats", by="customer_id", what="chats with the help"),
    Place(
        table="case_chat_lines",
        area="chats",
        by="chat_id",
        whose="chats",
        what="what they asked there",
        erased={"question": GONE, "articles": "'[]'"},
    ),
    Place(
        table="case_surveys",
        area="surveys",
        by="customer_id",
        what="surveys that they were sent",
        codes="kind questions state skip_reason",
    ),
    Place(
        table="case_survey_answers",
        area="surveys",
        by="survey_id",
        whose="surveys",
        what="what they answered",
        erased={"body": "''"},
        codes="question",
        history=True,
    ),
    Place(
        table="case_survey_links",
        area="surveys",
        by="survey_id",
        whose="surveys",
        what="links to answer, as digests",
        erased=DELETE,
        withheld="token_hash",
        exported=False,
    ),
    Place(
        table="knowledge_votes",
        area="chats",
        by="customer_id",
        what="which articles helped them",
        erased=DELETE,
        history=True,
    ),
)

IMPERSONAL = {
    **dict.fromkeys(
        ("case_budget_months", "case_budgets", "case_care_reads", "case_numbers", "case_reviews"), ""
    ),
    # A file that is taken in goes when it is; of what it had, its reviews are somebody's.
    "review_imports": "file_name fingerprint format encoding choices state counts findings failure",
    "review_import_parts": "bytes",
    "review_import_rejects": "column_name code reason",
    "review_accounts": "source account name settings credentials token state problem problem_detail",
    "review_syncs": "mode state cursor reject",
    "review_sightings": "external_id",
    "review_attributes": "code name",
    "review_profiles": "profile",
    "review_invitation_settings": "",
    "review_invitation_links": "token_hash purpose",
    "review_rating_deltas": "product_sku source",
    "review_ratings": "scope period key source",
    "review_publishing": "product_url",
    "case_terms": "fingerprint terms",
    "case_calendars": "code name calendar",
    "case_policies": "code policy calendar",
    "case_teams": "name aspects languages",
    "case_team_people": "",
    "case_authorities": "role",
    "case_patrols": "found",
    "trend_looks": "spikes",
    "case_contact": "settings",
    "case_stock": "sku",
    "knowledge_articles": "code",
    "knowledge_versions": "state texts",
    "knowledge_passages": "lang kind body read_as model embedding",
    "knowledge_words": "lang head words",
    # Covered before it is kept, without whose it is, and for 90 days.
    "knowledge_questions": "question lang",
    "case_templates": "code name channel texts",
    "case_views": "name filter",
    "case_bulk_deeds": "deed cases",
    "case_survey_settings": "",
    "case_holdouts": "",
    "case_goals": "kind",
}


async def erased(person: Person, at: datetime) -> None:
    """Cases that nobody can answer any more end."""
    await ending.of_erased(person.cases, at)


async def files(person: Person) -> AsyncIterator[tuple[str, bytes]]:
    """Their pictures, one at a time."""
    for table, by, whose in (
        ("review_photos", "review_id", person.reviews),
        ("case_pictures", "case_id", person.cases),
    ):
        rows = await db.fetch(
            f"SELECT id FROM {table} WHERE {by} = ANY ($1::uuid[]) ORDER BY id", list(whose)
        )
        for row in rows:
            photo: UUID = row["id"]
            image = await db.fetchval(f"SELECT image FROM {table} WHERE id = $1", photo)
            if image is not None:
                yield f"photos/{photo}.jpg", bytes(image)
