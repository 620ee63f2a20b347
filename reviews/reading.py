"""Reviews as they are read: for pages, for the API, for their authors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args
from uuid import UUID

from core import db
from core.errors import NotFound
from reviews import pages
from reviews.pages import Page
from reviews.scoring.rules import Reason

# What a row needs to be read by review_of(); `r` is the review.
COLUMNS = """
    r.id AS review_id, r.source, r.account, r.external_id, r.product_sku, r.product_name, r.author,
    r.customer_id AS author_id, r.rating_norm, r.written_at, r.edited_at, r.version AS review_version,
    r.state AS review_state, r.kind, r.moderation, r.published, r.verified, r.incentivised,
    r.insider, r.disclosure_journal_id, r.solicited, r.reply, r.replied_at,
    v.rating_raw, v.scale_min, v.scale_max, v.title, v.body, v.lang, v.photo_urls,
    s.sentiment, s.negative, s.neutral, s.positive, s.stars_expected, s.stars_predicted, s.aspects,
    s.lang AS read_lang, s.model, f.flags, w.sentiment AS explained, w.words AS evidence,
    w.aspects AS aspect_words
"""
JOINS = """
    LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN LATERAL (SELECT * FROM review_scores x WHERE x.review_id = r.id AND x.version = r.version
                       ORDER BY x.scored_at DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT jsonb_object_agg(y.reason, y.detail) AS flags FROM review_flags y
                       WHERE y.review_id = r.id AND y.version =
                             (SELECT max(z.version) FROM review_flags z WHERE z.review_id = r.id)) f ON true
    LEFT JOIN review_evidence w ON w.review_id = r.id AND w.version = r.version AND w.model = s.model
"""
_FIND = f"SELECT {COLUMNS} FROM reviews r {JOINS} WHERE r.id = $1"
_OF_CUSTOMER = f"""
    SELECT {COLUMNS}, c.id AS case_id, c.number, c.state AS case_state, c.updated_at, c.due_at, c.answered_at
    FROM (SELECT * FROM reviews
          WHERE customer_id IN (SELECT id FROM customers WHERE id = $1 OR merged_into = $1) AND version > 0
            AND ($2::timestamptz IS NULL OR (written_at, id) < ($2, $3))
          ORDER BY written_at DESC, id DESC LIMIT $4) r {JOINS}
    LEFT JOIN case_reviews cr ON cr.review_id = r.id LEFT JOIN cases c ON c.id = cr.case_id
    ORDER BY r.written_at DESC, r.id DESC
"""
_VERSIONS = """
    SELECT number, rating_raw, scale_min, scale_max, rating_norm, title, body, lang, edited_at, received_at
    FROM review_versions WHERE review_id = $1 ORDER BY number
"""


@dataclass(frozen=True)
class Aspect:
    """One thing the text speaks about; `words` of the text that do so, once they were worked out."""

    aspect: str
    polarity: str
    confidence: float
    words: str = ""


@dataclass(frozen=True)
class Urgent:
    """One reason to read a review first, with the words that gave it."""

    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Words without which the text would read less `sentiment`, in their order."""

    sentiment: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What the model read in the current wording."""

    sentiment: str
    confidence: float
    """Probability of `sentiment`."""
    negative: float
    neutral: float
    positive: float
    stars_expected: float
    stars_predicted: int
    aspects: tuple[Aspect, ...]
    evidence: Evidence | None
    """None: not worked out; that is done for flagged reviews only."""
    model: str
    language: str
    """In which it was read, of sentiment.language."""


_STANDING = {"pending": "pending", "held": "pending", "approved": "published", "hidden": "hidden"}


@dataclass(frozen=True)
class ReviewView:
    """A review in its current wording."""

    id: UUID
    source: str
    account: str
    external_id: str
    product_sku: str
    product_name: str
    author: str
    customer_id: UUID | None
    rating_norm: Decimal | None
    """Stars 1-5; None: there is no rating."""
    rating_raw: Decimal | None
    scale_min: Decimal | None
    scale_max: Decimal | None
    title: str
    body: str
    """Raw; to be escaped where it is shown."""
    lang: str
    written_at: datetime
    edited_at: datetime
    version: int
    state: str
    """live or tombstone."""
    kind: str
    """review, or mention: then it has no rating."""
    moderation: str
    """pending, approved, held or hidden."""
    published: bool
    """It may be shown: live, approved and no mention."""
    photo_urls: tuple[str, ...]
    verified: bool
    incentivised: bool
    solicited: bool | None
    """The shop asked for it; None: its source does not say."""
    insider: bool
    """Written by somebody of the shop, and shown with that."""
    disclosure_journal_id: UUID | None
    """The ledger entry that gave points for it."""
    reply: str
    replied_at: datetime | None
    reading: Reading | None
    """None: not scored yet."""
    reasons: tuple[str, ...]
    """Why it was flagged last: rating, sentiment, urgency, mismatch."""
    urgency: tuple[Urgent, ...]
    """Safety, legal, fraud, discrimination, leaving."""

    @property
    def standing(self) -> str:
        """pending (also while it is held), published, hidden, or deleted."""
        return _STANDING[self.moderation] if self.state == "live" else "deleted"

    @property
    def stars(self) -> int | None:
        """Whole stars for show, halves rounded up; None: there is no rating."""
        return None if self.rating_norm is None else int(self.rating_norm.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class Version:
    """One wording."""

    number: int
    rating_raw: Decimal | None
    scale_min: Decimal | None
    scale_max: Decimal | None
    rating_norm: Decimal | None
    title: str
    body: str
    lang: str
    edited_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class OwnCase:
    """Where the case of a customer's review stands."""

    id: UUID
    number: int
    step: str
    """What step_of() answers."""
    updated_at: datetime
    next_by: datetime | None
    """Until when the shop means to act."""
    cause: str = "review"
    """What opened it."""
    order: str = ""
    """About which order, where no review opened it."""
    settled_by: datetime | None = None
    """Until when the shop means to have it settled."""
    product: str = ""
    """Of its review."""


@dataclass(frozen=True)
class OwnReview:
    """A review as its author sees it."""

    review: ReviewView
    case: OwnCase | None


async def find(review_id: UUID) -> ReviewView:
    """One review of the merchant. Raises NotFound, also for one that was removed before it came."""
    row = await db.fetchrow(_FIND, review_id)
    if row is None or row["review_version"] == 0:
        raise NotFound(f"no review {review_id}")
    return review_of(row)


async def versions(review_id: UUID) -> list[Version]:
    """Every wording, in the order in which they arrived."""
    return [Version(**row) for row in await db.fetch(_VERSIONS, review_id)]


async def of_customer(customer_id: UUID, after: str = "", limit: int = 20) -> Page[OwnReview]:
    """What a customer and those merged into them wrote, the newest first, with reply, case and next step."""
    at, last = pages.place(after, pages.NEWEST) if after else (None, None)
    rows = await db.fetch(_OF_CUSTOMER, customer_id, at, last, limit + 1)
    found = [OwnReview(review_of(row), _case_of(row)) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(found, pages.cursor((found[-1].review.written_at, found[-1].review.id)) if more else None)


_STEPS = {
    "waiting_for_customer": "waiting_for_you",
    "waiting_for_third_party": "waiting_for_others",
    "remedy_offered": "offered",
}


def step_of(state: str, answered_at: datetime | None) -> str:
    """Where a case stands in the customer's eyes: open, waiting_for_you, waiting_for_others, offered,
    answered or resolved."""
    if state in ("resolved", "closed", "spam", "duplicate"):
        return "resolved"
    if state in _STEPS:
        return _STEPS[state]
    return "answered" if answered_at else "open"


def review_of(row: db.Row) -> ReviewView:
    """A row with COLUMNS."""
    flags: dict[str, Any] = db.from_json(row["flags"]) if row["flags"] else {}
    urgent: Sequence[dict[str, Any]] = flags.get("urgency", {}).get("kinds", [])
    return ReviewView(
        id=row["review_id"],
        customer_id=row["author_id"],
        lang=row["lang"] or row["read_lang"] or "",
        version=row["review_version"],
        state=row["review_state"],
        reading=_reading_of(row),
        reasons=tuple(reason for reason in get_args(Reason) if reason in flags),
        urgency=tuple(Urgent(each["kind"], tuple(each["words"])) for each in urgent),
        photo_urls=tuple(row["photo_urls"] or ()),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    *(
        "source",
        "account",
        "external_id",
        "product_sku",
        "product_name",
        "author",
        "rating_norm",
        "rating_raw",
    ),
    *("scale_min", "scale_max", "title", "body", "written_at", "edited_at", "verified", "incentivised"),
    *(
        "solicited",
        "insider",
        "disclosure_journal_id",
        "reply",
        "replied_at",
        "kind",
        "moderation",
        "published",
    ),
)


def _reading_of(row: db.Row) -> Reading | None:
    if row["sentiment"] is None or not (row["title"] or row["body"]):
        return None  # not scored yet, or nothing to read: stars alone say nothing in words
    said = db.from_json(row["aspect_words"]) if row["aspect_words"] else {}
    return Reading(
        sentiment=row["sentiment"],
        confidence=row[row["sentiment"]],
        negative=row["negative"],
        neutral=row["neutral"],
        positive=row["positive"],
        stars_expected=row["stars_expected"],
        stars_predicted=row["stars_predicted"],
        aspects=tuple(
            Aspect(**each, words=said.get(each["aspect"], "")) for each in db.from_json(row["aspects"])
        ),
        evidence=Evidence(row["explained"], tuple(row["evidence"])) if row["explained"] else None,
        model=row["model"],
        language=row["read_lang"],
    )


def _case_of(row: db.Row) -> OwnCase | None:
    if row["case_id"] is None:
        return None
    step = step_of(row["case_state"], row["answered_at"])
    return OwnCase(row["case_id"], row["number"], step, row["updated_at"], row["due_at"])
