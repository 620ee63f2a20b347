"""Feeds of published reviews for those who show them beside products: complete, in parts, streamed.

The documents are those of reviews.files.formats; a feed says less: nothing of the author but the name that
is shown, no order, and our own id instead of the source's.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from core.settings import settings
from reviews.files.formats import google, meta
from reviews.files.formats.form import Writer
from reviews.files.formats.writers import XmlWriter
from reviews.files.outgoing import Outgoing
from reviews.intake.model import IncomingReview
from reviews.photos import service as photos
from reviews.publishing import queries, service
from reviews.publishing.rules import HERE, Published
from reviews.publishing.service import PublicShop

BATCH = 1_000
FRAME_BYTES = 1_700
"""What stands around the texts of one review, at most."""


class ProductUrlMissing(DomainError):
    """A feed has to say where each product is shown."""

    code = "product_url_missing"
    kind = Kind.CONFLICT
    title = "It is not told where products are shown"


@dataclass(frozen=True)
class Feed:
    """A kind of feed."""

    name: str
    """With its extension, as in its address."""
    media_type: str
    writer: Callable[[str], Writer]
    """From the shop's name."""
    limit_bytes: int
    """Of one part, at most."""


FEEDS = {
    feed.name: feed
    for feed in (
        Feed(
            "google_product.xml",
            "application/xml; charset=utf-8",
            lambda shop: XmlWriter(google.product_element, google.product_head(shop), google.PRODUCT_END),
            google.LIMIT_BYTES,
        ),
        Feed("meta.csv", "text/csv; charset=utf-8", lambda shop: meta.FORMAT.writer(), google.LIMIT_BYTES),
    )
}


@dataclass(frozen=True)
class Part:
    """From one review (not included; None: the first) to another (included; None: to the end)."""

    after: UUID | None
    until: UUID | None


def feed_of(name: str) -> Feed:
    """The kind of feed. Raises NotFound."""
    if name not in FEEDS:
        raise NotFound(f"no feed {name!r}; feeds: {', '.join(FEEDS)}")
    return FEEDS[name]


async def parts(shop: PublicShop, feed: Feed) -> list[Part]:
    """The parts of a feed, at least one; none is larger than its limit. Raises ProductUrlMissing."""
    async with db.transaction(shop.id):
        address = await _address()
        sizes = (feed.limit_bytes * 9 // 10, FRAME_BYTES, len(address.encode()))
        rows = await db.connection().fetch(queries.PARTS, shop.id, list(HERE), *sizes, timeout=300)
    ends: list[UUID | None] = [row["last"] for row in rows][:-1]
    return [Part(after, until) for after, until in zip([None, *ends], [*ends, None], strict=True)]


async def stream(shop: PublicShop, feed: Feed, part: Part) -> AsyncIterator[bytes]:
    """One part, as it is written; so many reviews at a time are in memory, in a transaction each."""
    writer = feed.writer(shop.name(shop.locale))
    yield writer.begin()
    after, first = part.after, True
    while True:
        async with db.transaction(shop.id):
            address = await _address()
            rows = await db.fetch(queries.FEED, shop.id, list(HERE), after, part.until, BATCH)
            pictures = await photos.of_reviews([row["id"] for row in rows])
        for row in rows:
            review = service.published(row, pictures.get(row["id"], ()))
            written = writer.row(_outgoing(review, shop, address), first)
            first = False
            yield written
        if len(rows) < BATCH:
            break
        after = rows[-1]["id"]
    yield writer.end()


async def _address() -> str:
    address = await service.product_url()
    if not address:
        raise ProductUrlMissing("say it with PUT /v1/publishing")
    return address


def _outgoing(review: Published, shop: PublicShop, address: str) -> Outgoing:
    where = address.replace("{sku}", quote(review.product, safe=""))
    place = urlsplit(where)
    extra: dict[str, Any] = {
        "product_links": msgspec.json.encode([where]).decode(),
        "review_link": where,
        "review_link_type": "group",
        "store.name": shop.name(shop.locale),
        "store.storeUrls": f"{place.scheme}://{place.netloc}",
    }
    own = [f"{settings().public_url}/media/reviews/{each}" for each in review.photos]
    told = IncomingReview(
        source="first_party",
        external_id=str(review.id),
        written_at=review.written_at,
        rating=review.rating,
        title=review.title,
        body=review.body or review.title,
        lang=review.language,
        author=review.author,
        store=shop.code,
        product_sku=review.product,
        product_name=review.product_name,
        photo_urls=(*own, *review.photo_urls),
        solicited=review.solicited,
        incentivised=review.incentivised,
        extra=extra,
    )
    return Outgoing(told, stars=review.rating or Decimal(1), verified=review.verified)
