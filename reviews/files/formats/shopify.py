"""Shopify's own app Product Reviews, which is no more."""

from functools import partial

from reviews.files.formats.form import Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import moment, stars

FORMAT = Format(
    code="shopify",
    source="shopify",
    container="csv",
    columns={
        "product_sku": ("product_handle",),
        "published": ("state",),
        "rating": ("rating",),
        "title": ("title",),
        "author": ("author",),
        "email": ("email",),
        "body": ("body",),
        "reply": ("reply",),
        "written_at": ("created_at",),
        "replied_at": ("replied_at",),
    },
    marks=("product_handle", "state", "created_at", "replied_at"),
    writer=partial(
        CsvWriter,
        {
            "product_handle": lambda out: out.review.product_sku,
            "state": lambda out: "unpublished" if out.review.hidden else "published",
            "rating": stars,
            "title": lambda out: out.review.title,
            "author": lambda out: out.review.author,
            "email": lambda out: out.review.email,
            "location": lambda out: str(out.review.extra.get("location", "")),
            "body": lambda out: out.review.body,
            "reply": lambda out: out.review.reply,
            "created_at": lambda out: moment(out.review.written_at),
            "replied_at": lambda out: moment(out.review.replied_at),
        },
    ),
)
