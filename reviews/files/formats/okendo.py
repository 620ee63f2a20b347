"""What Okendo imports. Only a part of it is public: what it says besides is kept."""

from functools import partial

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import joined, moment, stars

_PRODUCT = ("sku", "handle", "productId")


def adapt(fields: Fields, cells: Cells) -> Fields:
    """One of three columns names the product, not the same one in each row."""
    named = (cells.get(name, "").strip() for name in _PRODUCT)
    return fields | {"product_sku": fields.get("product_sku") or next(filter(None, named), "")}


FORMAT = Format(
    code="okendo",
    source="okendo",
    container="csv",
    columns={
        "author": ("name",),
        "title": ("title",),
        "body": ("body",),
        "rating": ("rating",),
        "written_at": ("datecreated",),
        "product_sku": ("sku", "handle", "productid"),
        "email": ("email",),
        "photo_urls": ("imageurls",),
    },
    marks=("datecreated", "name", "body"),
    adapt=adapt,
    writer=partial(
        CsvWriter,
        {
            "name": lambda out: out.review.author,
            "title": lambda out: out.review.title,
            "body": lambda out: out.review.body,
            "rating": stars,
            "dateCreated": lambda out: moment(out.review.written_at),
            "sku": lambda out: out.review.product_sku,
            "countryCode": lambda out: str(out.review.extra.get("countryCode", "")),
            "email": lambda out: out.review.email,
            "imageUrls": lambda out: joined(out.review.photo_urls),
        },
    ),
)
