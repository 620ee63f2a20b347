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


NOTHING = Links()


async def find(reviews: Sequence[IncomingReview]) -> list[Links]:
    """The links of each review, in the open transaction; at most five statements."""
    stores = await _words(queries.STORES, {review.store for review in reviews})
    by_id = await _words(queries.CUSTOMERS, {review.customer for review in reviews})
    emails = [review.email and review.email.strip().lower() for review in reviews]
    by_email = await _words(
        queries.CUSTOMERS_BY_EMAIL,
        {email for email, review in zip(emails, reviews, strict=True) if review.customer not in by_id},
    )
    links = [
        _link(review, stores.get(review.store), by_id.get(review.customer) or by_email.get(email))
        for review, email in zip(reviews, emails, strict=True)
    ]
    await _prove(reviews, links)
    for link in links:
        if link.person_id:
            link.customer_id = link.person_id
    return links


def _link(review: IncomingReview, store: db.Row | None, person: db.Row | None) -> Links:
    store_id = store["id"] if store else None
    if review.customer_id:
        return Links(store_id, review.customer_id, review.customer_id)
    if person:
        return Links(store_id, person["id"], person["person"])
    return Links(store_id) if store else NOTHING


async def _words(sql: str, words: set[str]) -> dict[str, db.Row]:
    words.discard("")
    if not words:
        return {}
    return {row[0]: row for row in await db.fetch(sql, sorted(words))}


async def _prove(reviews: Sequence[IncomingReview], links: Sequence[Links]) -> None:
    """Fill in the order lines, also of those who were merged into the author: the last one paid.

    A review of no product needs the order it is about.
    """
    asked: list[tuple[int, UUID, UUID, str, str, datetime]] = []
    for n, (review, link) in enumerate(zip(reviews, links, strict=True)):
        if link.customer_id and link.person_id and (review.product_sku or review.order):
            people = (link.customer_id, link.person_id)
            asked.append((n, *people, review.product_sku, review.order, review.written_at))
    if not asked:
        return
    merged = await db.fetch(queries.MERGED, list({person for _, _, person, *_ in asked}))
    asked += [
        (n, row["id"], row["id"], *about)
        for row in merged
        for n, _, person, *about in asked
        if person == row["merged_into"]
    ]
    for row in await db.fetch(queries.ORDER_LINES, *map(list, zip(*asked, strict=True))):
        links[row["n"]].order_id, links[row["n"]].order_line_id = row["order_id"], row["line_id"]
