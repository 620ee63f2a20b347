"""What a review belongs to: store, customer, and the order line that proves the purchase."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from reviews.intake import queries
from reviews.intake.model import IncomingReview


@dataclass
class Links:
    """None: not known here."""

    store_id: UUID | None = None
    customer_id: UUID | None = None
    person_id: UUID | None = None
    """The customer they were merged into, else the same."""
    order_id: UUID | None = None
    order_line_id: str | None = None


async def find(reviews: Sequence[IncomingReview]) -> list[Links]:
    """The links of each review, in the open transaction; at most four statements."""
    links = [Links() for _ in reviews]
    stores = await _words(queries.STORES, {review.store for review in reviews})
    by_id = await _words(queries.CUSTOMERS, {review.customer for review in reviews})
    by_email = await _words(
        queries.CUSTOMERS_BY_EMAIL,
        {review.email.strip().lower() for review in reviews if review.customer not in by_id},
    )
    for review, link in zip(reviews, links, strict=True):
        if store := stores.get(review.store):
            link.store_id = store["id"]
        person = by_id.get(review.customer) or by_email.get(review.email.strip().lower())
        if review.customer_id:
            link.customer_id = link.person_id = review.customer_id
        elif person:
            link.customer_id, link.person_id = person["id"], person["person"]
    await _prove(reviews, links)
    for link in links:
        link.customer_id = link.person_id
    return links


async def _words(sql: str, words: set[str]) -> dict[str, db.Row]:
    words.discard("")
    if not words:
        return {}
    return {row[0]: row for row in await db.fetch(sql, sorted(words))}


async def _prove(reviews: Sequence[IncomingReview], links: Sequence[Links]) -> None:
    """Fill in the order lines. A review of no product needs the order it is about."""
    asked: list[tuple[int, UUID, UUID, str, str, datetime]] = []
    for n, (review, link) in enumerate(zip(reviews, links, strict=True)):
        if link.customer_id and link.person_id and (review.product_sku or review.order):
            people = (link.customer_id, link.person_id)
            asked.append((n, *people, review.product_sku, review.order, review.written_at))
    if not asked:
        return
    for row in await db.fetch(queries.ORDER_LINES, *map(list, zip(*asked, strict=True))):
        links[row["n"]].order_id, links[row["n"]].order_line_id = row["order_id"], row["line_id"]
