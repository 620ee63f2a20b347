"""What other systems are told of reviews and cases (webhooks). Nothing of it names its author."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.webhooks import catalogue
from core.webhooks.catalogue import EXAMPLE_AT
from core.webhooks.model import EventType, Told
from reviews.trends.rules import Dimension

TEXT_LIMIT_CHARS = 2000
"""Of a review's text: a webhook is short. The rest is at GET /v1/reviews/{review_id}."""

_REVIEWS = """
SELECT r.id AS review_id, c.id AS person, c.external_id AS customer_id, r.source, r.account, r.external_id,
       r.product_sku, r.rating_norm::float8 AS rating, v.title, v.body, v.lang AS language, r.version,
       r.verified, r.state, r.moderation, r.written_at
FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
LEFT JOIN customers c ON c.id = r.customer_id
WHERE r.id = ANY ($1::uuid[]) ORDER BY r.id
"""
_CASES = """
SELECT k.id AS case_id, k.number, k.state, k.cause, k.cycle, k.priority, k.review_id, c.id AS person,
       c.external_id AS customer_id, k.opened_at, k.resolved_at
FROM cases k LEFT JOIN customers c ON c.id = k.customer_id WHERE k.id = ANY ($1::uuid[]) ORDER BY k.id
"""


class ReviewTold(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it stands when this is written. `rating`: 1 to 5; `body`: its first 2,000 characters."""

    review_id: UUID
    customer_id: str | None
    source: str
    account: str
    external_id: str
    product_sku: str
    rating: float | None
    title: str
    body: str
    body_complete: bool
    language: str
    version: int
    verified: bool
    state: str
    moderation: str
    written_at: datetime | None


class CaseTold(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it stands when this is written."""

    case_id: UUID
    number: int
    state: str
    cause: str
    cycle: int
    priority: int
    customer_id: str | None
    review_id: UUID | None
    opened_at: datetime
    resolved_at: datetime | None


class TrendTold(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints about one product, store, carrier or aspect, as GET /v1/review-trends has them.

    `evidence`: ids of recent complaints, the most certain first.
    """

    dimension: Dimension
    key: str
    name: str
    recent: int
    recent_negative: int
    before: int
    before_negative: int
    evidence: list[UUID]


async def _reviews(ids: Sequence[UUID], at: datetime) -> Sequence[Told]:
    told = []
    for row in await db.fetch(_REVIEWS, list(ids)):
        fields = dict(row)
        person, body = fields.pop("person"), fields.pop("body")
        fields["title"] = fields["title"][:200]
        cut = body[:TEXT_LIMIT_CHARS]
        told.append(Told(ReviewTold(**fields, body=cut, body_complete=cut == body), at, person))
    return told


async def _cases(ids: Sequence[UUID], at: datetime) -> Sequence[Told]:
    told = []
    for row in await db.fetch(_CASES, list(ids)):
        fields = dict(row)
        person = fields.pop("person")
        told.append(Told(CaseTold(**fields), at, person))
    return told


_REVIEW = ReviewTold(
    review_id=UUID("01990a3c-0000-7000-8000-000000000003"),
    customer_id="ada",
    source="first_party",
    account="",
    external_id="r-1001",
    product_sku="teapot",
    rating=2.0,
    title="Broken",
    body="It came in two pieces.",
    body_complete=True,
    language="en",
    version=1,
    verified=True,
    state="live",
    moderation="approved",
    written_at=EXAMPLE_AT,
)
_CASE = CaseTold(
    case_id=UUID("01990a3c-0000-7000-8000-000000000004"),
    number=17,
    state="new",
    cause="review",
    cycle=1,
    priority=60,
    customer_id="ada",
    review_id=_REVIEW.review_id,
    opened_at=EXAMPLE_AT,
    resolved_at=None,
)


def _review(code: str, says: str, **shown: Any) -> EventType:
    example = msgspec.structs.replace(_REVIEW, **shown)
    return catalogue.register(
        EventType(code=code, says=says, data=ReviewTold, example=example, read=_reviews)
    )


def _case(code: str, says: str, **shown: Any) -> EventType:
    example = msgspec.structs.replace(_CASE, **shown)
    return catalogue.register(EventType(code=code, says=says, data=CaseTold, example=example, read=_cases))


RECEIVED = _review(
    "review.received",
    "A review is new here, from any source; not one older than a week, of a file, or of fifty at once.",
)
PUBLISHED = _review("review.published", "A review that was written here is shown.")
HIDDEN = _review(
    "review.hidden", "A review that was written here is not shown any more.", moderation="hidden"
)
REMOVED = _review("review.removed", "Its author or its source took a review back.", state="tombstone")
OPENED = _case("case.opened", "An unhappy customer has a case.")
RESOLVED = _case(
    "case.resolved", "The matter of a case is settled.", state="resolved", resolved_at=EXAMPLE_AT
)
REOPENED = _case("case.reopened", "A case that was done goes on.", state="reopened", cycle=2)
RISEN = catalogue.register(
    EventType(
        code="trend.risen",
        says="More reviews complain about something than chance explains; told once while it lasts.",
        data=TrendTold,
        example=TrendTold(
            dimension="product",
            key="teapot",
            name="Teapot",
            recent=20,
            recent_negative=12,
            before=60,
            before_negative=4,
            evidence=[_REVIEW.review_id],
        ),
    )
)
