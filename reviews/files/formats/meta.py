"""Meta's feed of ratings and reviews. Only a part of it is public: what it says besides is kept."""

from functools import partial

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import joined, moment, stars, yes


def adapt(fields: Fields, cells: Cells) -> Fields:
    """Who wants to be anonymous has no name here."""
    if cells.get("reviewer.isAnonymous", "").strip().lower() in ("true", "yes", "1"):
        return fields | {"author": ""}
    return fields


FORMAT = Format(
    code="meta",
    source="meta",
    container="csv",
    columns={
        "external_id": ("reviewid",),
        "rating": ("rating",),
        "title": ("title",),
        "body": ("content",),
        "written_at": ("created_at",),
        "edited_at": ("updated_at",),
        "photo_urls": ("review_image_urls",),
        "incentivised": ("incentivized",),
        "author": ("reviewer_name",),
        "store": ("store_id",),
        "product_sku": ("product_sku",),
        "product_name": ("product_name",),
    },
    marks=("aggregator", "reviewid", "incentivized"),
    private=frozenset({"reviewer_reviewerid"}),
    adapt=adapt,
    writer=partial(
        CsvWriter,
        {
            "aggregator": lambda out: "",
            "store.name": lambda out: str(out.review.extra.get("store.name", "")),
            "store.id": lambda out: out.review.store,
            "store.storeUrls": lambda out: str(out.review.extra.get("store.storeUrls", "")),
            "reviewID": lambda out: out.review.external_id,
            "rating": stars,
            "title": lambda out: out.review.title,
            "content": lambda out: out.review.body,
            "created_at": lambda out: moment(out.review.written_at),
            "updated_at": lambda out: moment(out.review.edited_at or out.review.written_at),
            "review_image_urls": lambda out: joined(out.review.photo_urls),
            "incentivized": lambda out: yes(out.review.incentivised),
            "has_verified_purchase": lambda out: yes(out.verified),
            "reviewer.name": lambda out: out.review.author,
            "reviewer.reviewerID": lambda out: "",
            "reviewer.isAnonymous": lambda out: yes(not out.review.author),
            "product.sku": lambda out: out.review.product_sku,
            "product.name": lambda out: out.review.product_name,
        },
    ),
)
