"""Google Business Profile's reviews as its API v4 lists them."""

import re
from functools import partial
from typing import Any

from reviews.files.formats.form import Cells, Fields, Format
from reviews.files.formats.writers import JsonWriter
from reviews.files.outgoing import Outgoing, moment

_STARS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
_NAME = re.compile(r"(?P<account>.+)/reviews/(?P<id>[^/]+)")


def adapt(fields: Fields, cells: Cells) -> Fields:
    """Stars are words; the name says of which location a review is."""
    word = fields.get("rating", "")
    adapted = {"rating": str(_STARS.index(word)) if word in _STARS else word}
    if name := _NAME.fullmatch(cells.get("name", "")):
        adapted |= {"external_id": fields.get("external_id") or name["id"]}
        adapted |= {"account": fields.get("account") or name["account"]}
    if cells.get("reviewer.isAnonymous") == "true":
        adapted["author"] = ""
    return fields | adapted


def _value(out: Outgoing) -> dict[str, Any]:
    review = out.review
    value: dict[str, Any] = {
        "name": f"{review.account}/reviews/{review.external_id}" if review.account else review.external_id,
        "reviewId": review.external_id,
        "reviewer": {"displayName": review.author} if review.author else {"isAnonymous": True},
        "starRating": _STARS[int(review.rating or 0)],
        "comment": review.body,
        "createTime": moment(review.written_at),
        "updateTime": moment(review.edited_at or review.written_at),
    }
    if review.reply:
        value["reviewReply"] = {"comment": review.reply, "updateTime": moment(review.replied_at)}
    return value


FORMAT = Format(
    code="google_business",
    source="google_business",
    container="json",
    columns={
        "external_id": ("reviewid",),
        "rating": ("starrating",),
        "body": ("comment",),
        "author": ("reviewer_displayname",),
        "written_at": ("createtime",),
        "edited_at": ("updatetime",),
        "reply": ("reviewreply_comment",),
        "replied_at": ("reviewreply_updatetime",),
    },
    marks=("starrating", "createtime"),
    private=frozenset({"reviewer_profilephotourl"}),
    adapt=adapt,
    items="reviews.item",
    own_only=True,
    writer=partial(JsonWriter, _value, '{"reviews": [\n', "\n]}\n"),
)
