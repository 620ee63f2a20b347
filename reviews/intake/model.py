"""The one form in which every review comes in, whatever its source."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

Status = Literal["new", "changed", "facts", "late", "unchanged", "refused"]
ReviewKind = Literal["review", "mention"]


class IncomingReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review as its source tells of it. Times have a zone.

    (`source`, `account`, `external_id`) names it for ever. There is no field for "verified": only an
    order of the customer can say that.
    """

    source: str
    external_id: str
    account: str = ""
    kind: ReviewKind = "review"
    """A mention (a post, a mail, a chat) has no rating and is never counted in one."""
    written_at: datetime
    edited_at: datetime | None = None
    """When its author wrote this wording; None: never edited."""

    rating: Decimal | None = None
    scale_min: Decimal = Decimal(1)
    scale_max: Decimal = Decimal(5)
    title: str = ""
    body: str = ""
    """Raw, as written; HTML and all."""
    lang: str = ""
    """BCP 47; empty: the source does not say."""

    author: str = ""
    customer_id: UUID | None = None
    """Our own id, where the author is signed in."""
    customer: str = ""
    """The shop's id of the customer."""
    email: str = ""
    """Finds the customer; is not kept with the review."""

    store: str = ""
    """The shop's id of the store."""
    product_sku: str = ""
    product_name: str = ""
    order: str = ""
    """The shop's id of the order that it is about."""

    photo_urls: tuple[str, ...] = ()
    """Pictures where the source keeps them."""
    hidden: bool = False
    """The source does not show it, so neither do we."""
    solicited: bool | None = None
    incentivised: bool = False
    reply: str = ""
    replied_at: datetime | None = None
    extra: dict[str, Any] = {}
    """Fields of the source that have no place above."""


class Received(msgspec.Struct, frozen=True):
    """What became of one incoming review.

    new: first seen; changed: a newer wording, now the current one; facts: the current wording once more, but
    with another reply, or other facts about it; late: an older wording that we had not seen, kept as a
    version; unchanged: known already, nothing was written; refused: another wording of a review
    that its author wrote here, which nobody else may change.
    """

    review_id: UUID
    version: int
    """Number of this wording."""
    status: Status
