"""What Yotpo exports. It names reviews by no id; a comment can be meant for the author alone."""

from functools import partial

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import joined, moment, stars, yes


def adapt(fields: Fields, cells: Cells) -> Fields:
    """A comment that is not public is no reply; it is kept with what has no place."""
    comment = fields.get("reply", "")
    if comment and cells.get("comment_public", "").strip().lower() not in ("true", "yes", "1"):
        return fields | {"reply": "", "replied_at": "", "private_comment": comment}
    return fields


FORMAT = Format(
    code="yotpo",
    source="yotpo",
    container="csv",
    columns={
        "published": ("published",),
        "title": ("review_title",),
        "body": ("review_content",),
        "rating": ("review_score",),
        "written_at": ("date",),
        "product_sku": ("product_id",),
        "product_name": ("product_title",),
        "author": ("display_name",),
        "email": ("email",),
        "reply": ("comment_content",),
        "replied_at": ("comment_created_at",),
        "photo_urls": ("published_image_url",),
    },
    marks=("review_title", "review_content", "review_score", "display_name"),
    private=frozenset({"appkey"}),
    adapt=adapt,
    writer=partial(
        CsvWriter,
        {
            "user_type": lambda out: str(out.review.extra.get("user_type", "")),
            "appkey": lambda out: "",
            "published": lambda out: yes(not out.review.hidden),
            "review_title": lambda out: out.review.title,
            "review_content": lambda out: out.review.body,
            "review_score": stars,
            "date": lambda out: moment(out.review.written_at),
            "product_id": lambda out: out.review.product_sku,
            "product_url": lambda out: str(out.review.extra.get("product_url", "")),
            "product_title": lambda out: out.review.product_name,
            "product_description": lambda out: "",
            "product_image_url": lambda out: "",
            "display_name": lambda out: out.review.author,
            "email": lambda out: out.review.email,
            "comment_content": lambda out: out.review.reply,
            "comment_public": lambda out: yes(True) if out.review.reply else "",
            "comment_created_at": lambda out: moment(out.review.replied_at),
            "published_image_url": lambda out: joined(out.review.photo_urls),
            "unpublished_image_url": lambda out: "",
        },
    ),
)
