"""PowerReviews: whole stars, days without a time, short names and titles."""

from functools import partial

from reviews.files.formats.form import Format
from reviews.files.formats.writers import CsvWriter
from reviews.files.outgoing import stars

PAGE_LIMIT_CHARS = 50
NAME_LIMIT_CHARS = 40
TITLE_LIMIT_CHARS = 60

FORMAT = Format(
    code="powerreviews",
    source="powerreviews",
    container="csv",
    columns={
        "external_id": ("review_id",),
        "product_sku": ("page_id",),
        "author": ("review_display",),
        "title": ("review_title",),
        "written_at": ("review_date",),
        "body": ("review_text",),
        "rating": ("rating",),
        "published": ("review_status",),
    },
    marks=("page_id", "review_display", "review_status"),
    date_order="mdy",
    writer=partial(
        CsvWriter,
        {
            "Review Id": lambda out: out.review.external_id,
            "Page Id": lambda out: out.review.product_sku[:PAGE_LIMIT_CHARS],
            "Review Display": lambda out: out.review.author[:NAME_LIMIT_CHARS],
            "Review Title": lambda out: out.review.title[:TITLE_LIMIT_CHARS],
            "Review Date": lambda out: out.review.written_at.strftime("%m/%d/%Y"),
            "Review Location": lambda out: str(out.review.extra.get("Review Location", ""))[
                :NAME_LIMIT_CHARS
            ],
            "Review Text": lambda out: out.review.body,
            "Rating": lambda out: stars(out, places=0),
            "Verified Buyer": lambda out: "Yes" if out.verified else "No",
            "Review Status": lambda out: "Rejected" if out.review.hidden else "Approved",
        },
    ),
)
