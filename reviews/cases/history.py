"""What else the customer of a case wrote, and their other cases: the last few of each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core import db
from reviews import reading as review_queries
from reviews.reading import ReviewView

SHOWN = 5

# The person who stands for customer $1 by now, and those who were merged into them.
THEIRS = """
    one AS (SELECT CASE WHEN merged_into IS NULL THEN id ELSE merged_into END AS id
            FROM customers WHERE id = $1),
    theirs AS (SELECT id FROM one UNION ALL SELECT k.id FROM one JOIN customers k ON k.merged_into = one.id)
"""
_REVIEWS = f"""
    WITH {THEIRS},
    last AS (SELECT r.* FROM reviews r
             WHERE r.customer_id IN (SELECT id FROM theirs) AND r.version > 0
               AND NOT EXISTS (SELECT FROM case_reviews x WHERE x.case_id = $2 AND x.review_id = r.id)
             ORDER BY r.written_at DESC, r.id DESC LIMIT $3)
    SELECT {review_queries.COLUMNS}, t.name AS store
    FROM last r {review_queries.JOINS} LEFT JOIN stores t ON t.id = r.store_id
    ORDER BY r.written_at DESC, r.id DESC
"""
_CASES = f"""
    WITH {THEIRS}
    SELECT c.id, c.number, c.state, c.cause, c.opened_at FROM cases c
    WHERE c.customer_id IN (SELECT id FROM theirs) AND c.id <> $2
    ORDER BY c.opened_at DESC, c.id DESC LIMIT $3
"""


class EarlierReview(Struct, frozen=True):
    review: ReviewView
    store: dict[str, str]
    """Its name by language; empty: not known."""


class EarlierCase(Struct, frozen=True):
    id: UUID
    number: int
    state: str
    cause: str
    """review, or what else opened it."""
    opened_at: datetime


async def reviews(customer_id: UUID, case_id: UUID) -> tuple[EarlierReview, ...]:
    """The last reviews of a customer that are none of this case's, the newest first; removed ones, too."""
    rows = await db.fetch(_REVIEWS, customer_id, case_id, SHOWN)
    return tuple(
        EarlierReview(review_queries.review_of(row), db.from_json(row["store"]) if row["store"] else {})
        for row in rows
    )


async def cases(customer_id: UUID, case_id: UUID) -> tuple[EarlierCase, ...]:
    """The last cases of a customer but this one, the newest first."""
    return tuple(EarlierCase(**row) for row in await db.fetch(_CASES, customer_id, case_id, SHOWN))
