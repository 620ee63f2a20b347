"""What Judge.me exports. It names reviews by no id; its dates are dd/mm/yyyy."""

from reviews.files.formats.form import Fields, Format

SHOP = "judgeme-shop-reviews"
"""The handle under which it files reviews of the shop itself."""


def adapt(fields: Fields) -> Fields:
    """A review of the shop is one of no product."""
    if fields.get("product_sku") == SHOP:
        return fields | {"product_sku": "", "product_name": ""}
    return fields


FORMAT = Format(
    "judgeme",
    "judgeme",
    "csv",
    {
        "title": ("title",),
        "body": ("body",),
        "rating": ("rating",),
        "written_at": ("review_date",),
        "author": ("reviewer_name",),
        "email": ("reviewer_email",),
        "product_sku": ("product_handle",),
        "reply": ("reply",),
        "replied_at": ("reply_date",),
    },
    date_order="dmy",
    private=frozenset({"ip_address"}),
    adapt=adapt,
)
