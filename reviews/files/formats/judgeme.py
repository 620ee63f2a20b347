"""Judge.me: what it exports and what it imports. It names reviews by no id; its dates are dd/mm/yyyy."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from reviews.files.formats.form import Cells, Field, Fields, Format
from reviews.files.formats.writers import CsvWriter, Out
from reviews.files.outgoing import is_day, joined, stars

SHOP = "judgeme-shop-reviews"
"""The handle under which it files reviews of the shop itself."""

COLUMNS: Mapping[Field, tuple[str, ...]] = {
    "title": ("title",),
    "body": ("body",),
    "rating": ("rating",),
    "written_at": ("review_date",),
    "author": ("reviewer_name",),
    "email": ("reviewer_email",),
    "product_sku": ("product_handle", "product_id"),
    "reply": ("reply",),
    "replied_at": ("reply_date",),
    "photo_urls": ("picture_urls",),
    "published": ("curated",),
}


def adapt(fields: Fields, cells: Cells) -> Fields:
    """A review of the shop is one of no product."""
    if fields.get("product_sku") == SHOP:
        return fields | {"product_sku": "", "product_name": ""}
    return fields


def _day(at: datetime | None) -> str:
    if at is None:
        return ""
    if is_day(at):
        return at.astimezone(UTC).strftime("%d/%m/%Y")
    return at.astimezone(UTC).isoformat(sep=" ").replace("+00:00", " UTC")


IMPORT_OUT: Out = {
    "title": lambda out: out.review.title,
    "body": lambda out: out.review.body,
    "rating": stars,
    "review_date": lambda out: _day(out.review.written_at),
    "reviewer_name": lambda out: out.review.author,
    "reviewer_email": lambda out: out.review.email,
    "product_id": lambda out: "",
    "product_handle": lambda out: out.review.product_sku or SHOP,
    "reply": lambda out: out.review.reply,
    "picture_urls": lambda out: joined(out.review.photo_urls),
}
_TITLE_TO_DATE = ("title", "body", "rating", "review_date")
EXPORT_OUT: Out = {
    **{name: IMPORT_OUT[name] for name in _TITLE_TO_DATE},
    "source": lambda out: "",
    "curated": lambda out: "spam" if out.review.hidden else "ok",
    **{
        name: IMPORT_OUT[name] for name in ("reviewer_name", "reviewer_email", "product_id", "product_handle")
    },
    "reply": IMPORT_OUT["reply"],
    "reply_date": lambda out: _day(out.review.replied_at),
    "picture_urls": IMPORT_OUT["picture_urls"],
    "ip_address": lambda out: "",
    "location": lambda out: str(out.review.extra.get("location", "")),
    "metaobject_handle": lambda out: "",
}

EXPORT = Format(
    code="judgeme",
    source="judgeme",
    container="csv",
    columns=COLUMNS,
    marks=("review_date", "curated", "metaobject_handle"),
    date_order="dmy",
    private=frozenset({"ip_address"}),
    adapt=adapt,
    writer=partial(CsvWriter, EXPORT_OUT),
)
IMPORT = Format(
    code="judgeme_import",
    source="judgeme",
    container="csv",
    columns=COLUMNS,
    marks=("review_date", "reviewer_name", "reviewer_email", "product_handle"),
    date_order="dmy",
    adapt=adapt,
    writer=partial(CsvWriter, IMPORT_OUT),
)
