"""Reviews as schema.org describes them, for search engines. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from reviews.publishing.rules import Published
from reviews.ratings.rules import Rating

REVIEWS_LIMIT = 20
_SCALE = {"bestRating": 5, "worstRating": 1}


def product(sku: str, name: str, url: str, rating: Rating, reviews: Sequence[Published]) -> dict[str, Any]:
    """A Product with its AggregateRating and some of its reviews.

    There is none for the shop itself: stars about one's own business are not eligible for rich results.
    A review without stars is left out, since a Review needs a rating there.
    """
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": sku,
        "name": name or sku,
    }
    if url:
        document |= {"@id": url, "url": url}
    if rating.mean is not None:
        document["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(float(rating.mean), 2),
            **_SCALE,
            "ratingCount": rating.ratings,
            "reviewCount": rating.reviews,
        }
        document["review"] = [_review(each) for each in reviews if each.rating is not None]
    return document


def script(document: dict[str, Any]) -> str:
    """The document as the inside of a script element: nothing in it can end that element."""
    text = msgspec.json.encode(document).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _review(review: Published) -> dict[str, Any]:
    assert review.rating is not None
    document: dict[str, Any] = {
        "@type": "Review",
        "author": {"@type": "Person", "name": review.author or "Anonymous"},
        "datePublished": review.written_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": float(review.rating), **_SCALE},
        "reviewBody": review.body or review.title,
    }
    if review.title and review.body:
        document["name"] = review.title
    if review.language:
        document["inLanguage"] = review.language
    if review.photo_urls:
        document["image"] = list(review.photo_urls)
    return document
