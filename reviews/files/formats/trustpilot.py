"""Trustpilot's reviews as its API for businesses gives them: a document, or an object a line."""

from functools import partial
from typing import Any

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import JsonWriter
from reviews.files.outgoing import Outgoing, moment


def adapt(fields: Fields, cells: Cells) -> Fields:
    """Somebody whom the shop has invited was asked; a file without the field does not say."""
    if any(name.startswith("invitation.") for name in cells):
        return fields | {"solicited": "yes"}
    return fields | {"solicited": "no"} if "invitation" in cells else fields


def _value(out: Outgoing) -> dict[str, Any]:
    review = out.review
    value: dict[str, Any] = {
        "id": review.external_id,
        "consumer": {"displayName": review.author},
        "businessUnit": {"id": review.account},
        "stars": None if review.rating is None else int(review.rating),
        "title": review.title,
        "text": review.body,
        "language": review.lang,
        "createdAt": moment(review.written_at),
        "updatedAt": moment(review.edited_at) or None,
        "referralEmail": review.email or None,
        "referenceId": review.order,
        "companyReply": {"text": review.reply, "createdAt": moment(review.replied_at)}
        if review.reply
        else None,
        "status": "inactive" if review.hidden else "active",
        "isVerified": out.verified,
    }
    if review.solicited is not None:
        value["invitation"] = {"businessUnitId": review.account} if review.solicited else None
    return value


FORMAT = Format(
    code="trustpilot",
    source="trustpilot",
    container="json",
    columns={
        "external_id": ("id",),
        "account": ("businessunit_id",),
        "rating": ("stars",),
        "title": ("title",),
        "body": ("text",),
        "lang": ("language",),
        "author": ("consumer_displayname",),
        "written_at": ("createdat",),
        "edited_at": ("updatedat",),
        "email": ("referralemail",),
        "order": ("referenceid",),
        "reply": ("companyreply_text",),
        "replied_at": ("companyreply_createdat",),
        "published": ("status",),
    },
    marks=("consumer_displayname", "stars", "createdat"),
    private=frozenset({"consumer_id", "consumer_displaylocation"}),
    adapt=adapt,
    items="reviews.item",
    own_only=True,
    writer=partial(JsonWriter, _value, '{"reviews": [\n', "\n]}\n"),
)
