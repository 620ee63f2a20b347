"""Reviews as rows: the columns of queries.FACTS and queries.WORDING, in their order."""

from collections.abc import Sequence
from typing import Any

from core import db
from reviews.intake import rules
from reviews.intake.links import Links
from reviews.intake.rules import Content


def facts(content: Content, link: Links) -> tuple[Any, ...]:
    """What is told about the review besides its wording."""
    review = content.review
    return (
        review.source,
        review.account,
        review.external_id,
        link.store_id,
        review.product_sku,
        review.product_name,
        link.customer_id,
        content.author,
        link.order_id,
        link.order_line_id,
        review.solicited,
        review.incentivised,
        review.written_at,
        rules.storable(review.reply) if review.reply else "",
        review.replied_at if review.reply else None,
        review.kind,
        "hidden" if review.hidden else "approved",
        content.by_author,
    )


def wording(content: Content) -> tuple[Any, ...]:
    """What its author wrote."""
    review, rated = content.review, content.rating is not None
    return (
        content.fingerprint,
        str(content.rating) if rated else None,
        str(review.scale_min) if rated else None,
        str(review.scale_max) if rated else None,
        None if content.rating_norm is None else str(content.rating_norm),
        content.title,
        content.body,
        content.lang,
        content.edited_at,
        db.to_json(rules.storable_json(review.extra)) if review.extra else "{}",
        db.to_json(review.photo_urls) if review.photo_urls else "[]",
    )


def arrays(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """One list a column."""
    return [list(column) for column in zip(*rows, strict=True)]
