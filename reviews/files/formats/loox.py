"""Loox: what it exports and what it imports."""

from functools import partial

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import joined, moment, stars, yes


def adapt(fields: Fields, cells: Cells) -> Fields:
    """The nickname is what its author wants to be called; not all have one. Some products have but an id."""
    author = fields.get("author") or cells.get("full_name", "").strip()
    return fields | {
        "author": author,
        "product_sku": fields.get("product_sku") or cells.get("productId", "").strip(),
    }


EXPORT = Format(
    code="loox",
    source="loox",
    container="csv",
    columns={
        "external_id": ("id",),
        "published": ("status",),
        "rating": ("rating",),
        "email": ("email",),
        "author": ("nickname", "full_name"),
        "body": ("review",),
        "written_at": ("date",),
        "product_sku": ("handle", "productid"),
        "photo_urls": ("img",),
    },
    marks=("nickname", "full_name", "review", "productid", "verified_purchase"),
    private=frozenset({"full_name"}),
    adapt=adapt,
    writer=partial(
        CsvWriter,
        {
            "id": lambda out: out.review.external_id,
            "status": lambda out: "Hidden" if out.review.hidden else "Active",
            "rating": stars,
            "email": lambda out: out.review.email,
            "nickname": lambda out: out.review.author,
            "full_name": lambda out: "",
            "review": lambda out: out.review.body,
            "date": lambda out: moment(out.review.written_at),
            "productId": lambda out: "",
            "handle": lambda out: out.review.product_sku,
            "img": lambda out: joined(out.review.photo_urls),
            "variant": lambda out: str(out.review.extra.get("variant", "")),
            "verified_purchase": lambda out: yes(out.verified),
        },
    ),
)
IMPORT = Format(
    code="loox_import",
    source="loox",
    container="csv",
    columns={
        "product_sku": ("product_handle",),
        "rating": ("rating",),
        "author": ("author",),
        "email": ("email",),
        "body": ("body",),
        "written_at": ("created_at",),
        "photo_urls": ("photo_url",),
    },
    marks=("product_handle", "created_at", "photo_url", "verified_purchase"),
    writer=partial(
        CsvWriter,
        {
            "product_handle": lambda out: out.review.product_sku,
            "rating": stars,
            "author": lambda out: out.review.author,
            "email": lambda out: out.review.email,
            "body": lambda out: out.review.body,
            "created_at": lambda out: moment(out.review.written_at),
            "photo_url": lambda out: joined(out.review.photo_urls),
            "verified_purchase": lambda out: yes(out.verified),
        },
    ),
)
