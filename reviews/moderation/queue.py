"""What waits for a person, read without stars since nobody decides by them, and what people decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import db
from core.errors import NotFound
from reviews import pages
from reviews.pages import Page

# `detail` is what the policy last said of it.
_WAITING = """
    SELECT r.id, r.version, r.received_at, r.edited_at, r.product_sku, r.product_name, r.author, r.moderation,
           r.verified, r.incentivised, v.title, v.body, v.lang, m.detail,
           (SELECT jsonb_agg(jsonb_build_object('kind', s.kind, 'detail', s.detail) ORDER BY s.id)
            FROM review_signals s WHERE s.review_id = r.id AND s.version = r.version) AS signals
    FROM reviews r JOIN review_versions v ON (v.review_id, v.number) = (r.id, r.version)
    LEFT JOIN LATERAL (SELECT x.detail FROM review_moderations x
                       WHERE x.review_id = r.id AND x.moderated_by = 'policy'
                       ORDER BY x.id DESC LIMIT 1) m ON true
"""
_HELD = f"""
    {_WAITING} WHERE r.merchant_id = current_merchant() AND r.moderation = 'held' AND r.state = 'live'
      AND ($1::timestamptz IS NULL OR (r.received_at, r.id) > ($1, $2))
    ORDER BY r.received_at, r.id LIMIT $3
"""
_ONE = f"{_WAITING} WHERE r.id = $1 AND r.state = 'live'"
_COUNT = """
    SELECT count(*) FROM reviews
    WHERE merchant_id = current_merchant() AND moderation = 'held' AND state = 'live'
"""
_DECIDED = """
    SELECT m.id, m.at, s.name AS by, m.moderation, m.reason, r.id AS review_id, r.product_sku, r.product_name,
           v.title, v.body, v.rating_norm
    FROM review_moderations m JOIN staff s ON s.id = m.staff_id JOIN reviews r ON r.id = m.review_id
    JOIN review_versions v ON (v.review_id, v.number) = (m.review_id, m.version)
    WHERE m.merchant_id = current_merchant() AND m.moderated_by = 'staff' AND ($1::uuid IS NULL OR m.id < $1)
    ORDER BY m.id DESC LIMIT $2
"""
_STEPS = """
    SELECT m.at, m.moderation, m.reason, coalesce(s.name, '') AS by
    FROM review_moderations m LEFT JOIN staff s ON s.id = m.staff_id WHERE m.review_id = $1 ORDER BY m.id
"""
_STARS = "SELECT rating_norm FROM reviews WHERE id = $1 AND moderation IN ('approved', 'hidden')"


@dataclass(frozen=True)
class Waiting:
    """A review to decide on; no stars."""

    id: UUID
    version: int
    received_at: datetime
    edited_at: datetime
    product_sku: str
    product_name: str
    author: str
    moderation: str
    verified: bool
    incentivised: bool
    title: str
    body: str
    lang: str
    findings: Sequence[Mapping[str, Any]]
    """Reason and evidence of each."""
    redacted: Sequence[str]
    signals: Sequence[Mapping[str, Any]]
    """Kind and detail of each."""


@dataclass(frozen=True)
class Decided:
    """What one of the staff decided, with the stars."""

    id: UUID
    at: datetime
    by: str
    moderation: str
    reason: str
    review_id: UUID
    product_sku: str
    product_name: str
    title: str
    body: str
    rating_norm: Decimal | None


@dataclass(frozen=True)
class Step:
    """One decision of a review's history; `by` is empty for the policy and the source."""

    at: datetime
    moderation: str
    reason: str
    by: str


async def count() -> int:
    """How many wait."""
    return int(await db.fetchval(_COUNT))


async def held(after: str, limit: int) -> Page[Waiting]:
    """What waits, the oldest first. Raises CursorInvalid."""
    at, last = pages.place(after, pages.NEWEST) if after else (None, None)
    rows = await db.fetch(_HELD, at, last, limit + 1)
    found = [_waiting(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(found, pages.cursor((found[-1].received_at, found[-1].id)) if more else None)


async def one(review_id: UUID) -> Waiting:
    """One review that is there, whatever was decided. Raises NotFound."""
    row = await db.fetchrow(_ONE, review_id)
    if row is None:
        raise NotFound(f"no review {review_id}")
    return _waiting(row)


async def steps(review_id: UUID) -> list[Step]:
    """All decisions on a review, in their order."""
    return [Step(**row) for row in await db.fetch(_STEPS, review_id)]


async def stars(review_id: UUID) -> Decimal | None:
    """The stars of a review that was decided; None also while it waits."""
    found: Decimal | None = await db.fetchval(_STARS, review_id)
    return found


async def decided(after: str, limit: int) -> Page[Decided]:
    """What staff decided, the latest first. Raises CursorInvalid."""
    last = pages.place(after, (UUID,))[0] if after else None
    rows = await db.fetch(_DECIDED, last, limit + 1)
    found = [Decided(**row) for row in rows[:limit]]
    return Page(found, pages.cursor([found[-1].id]) if len(rows) > limit else None)


def _waiting(row: db.Row) -> Waiting:
    detail = db.from_json(row["detail"]) if row["detail"] else {}
    told = {name: value for name, value in row.items() if name not in ("detail", "signals")}
    signals = db.from_json(row["signals"]) if row["signals"] else ()
    return Waiting(
        **told, findings=detail.get("findings", ()), redacted=detail.get("redacted", ()), signals=signals
    )
