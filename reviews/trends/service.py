"""What rises, with the reviews that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from reviews import reading as review_queries
from reviews.reading import ReviewView
from reviews.trends import queries, rules
from reviews.trends.rules import Count, Dimension, Trend
from sentiment.types import ASPECTS

EVIDENCE_LIMIT = 5
# Of all kinds together, spikes first.
SHOWN_LIMIT = 200


@dataclass(frozen=True)
class Complaint:
    """A review, and the case that it opened."""

    review: ReviewView
    case_id: UUID | None
    case_number: int | None


@dataclass(frozen=True)
class Shown:
    """A trend; a spike with the recent complaints that show it, the most certain first."""

    trend: Trend
    evidence: Sequence[Complaint]


async def trends(now: datetime) -> list[Shown]:
    """What judged() gives, with what shows it, in the open transaction of a merchant."""
    return [
        Shown(trend, await _evidence(trend.count.dimension, trend.count.key, now) if trend.spike else ())
        for trend in await judged(now)
    ]


async def judged(now: datetime) -> list[Trend]:
    """Everything that has recent reviews, spikes first, in the open transaction of a merchant."""
    rows = await db.fetch(queries.COUNTS, *_period(now), list(ASPECTS))
    return rules.judged([Count(**row) for row in rows if row["recent"]])[:SHOWN_LIMIT]


def _period(now: datetime) -> tuple[object, ...]:
    return (db.merchant_id(), now - rules.RECENT - rules.BEFORE, now - rules.RECENT, now)


async def _evidence(dimension: Dimension, key: str, now: datetime) -> list[Complaint]:
    rows = await db.fetch(queries.EVIDENCE, *_period(now), dimension, key, EVIDENCE_LIMIT)
    return [
        Complaint(await review_queries.find(row["id"]), row["case_id"], row["case_number"]) for row in rows
    ]
