"""Write, edit and delete reviews here; each goes through the intake like every other, and is then judged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from reviews import attributes, intake
from reviews.intake import IncomingReview
from reviews.photos import service as photos
from reviews.photos.pixels import Picture
from reviews.sources import FIRST_PARTY
from reviews.writing import queries
from reviews.writing.model import (
    AUTHOR_LIMIT_CHARS,
    BODY_LIMIT_CHARS,
    TITLE_LIMIT_CHARS,
    Draft,
    Own,
    Subject,
)

SUGGESTED_FOR = timedelta(days=180)
"""How long after its delivery a line is offered for a review."""


class DraftUnfit(DomainError):
    """The draft cannot become a review; `extra["field"]` says what to change."""

    code = "draft_unfit"
    kind = Kind.INVALID
    title = "The review cannot be written like this"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", field=field)
        self.field = field


class ReviewExists(DomainError):
    """The customer has reviewed this already: edit that one."""

    code = "review_exists"
    kind = Kind.CONFLICT
    title = "There is a review of it already"

    def __init__(self, review_id: UUID) -> None:
        super().__init__("edit the review that there is", review_id=str(review_id))
        self.review_id = review_id


class ReviewChanged(DomainError):
    """The review has another wording than the one that was looked at."""

    code = "review_changed"
    kind = Kind.CONFLICT
    title = "The review was changed meanwhile"


async def waiting(customer_id: UUID, now: datetime, limit: int) -> list[Subject]:
    """Delivered lines that the customer has not reviewed, the latest first."""
    rows = await db.fetch(queries.WAITING, customer_id, now - SUGGESTED_FOR, limit)
    return [_subject(customer_id, row) for row in rows]


async def line(customer_id: UUID, order_id: UUID, line_id: str) -> Subject:
    """A line of the customer's that was delivered. Raises NotFound."""
    row = await db.fetchrow(queries.LINE, customer_id, order_id, line_id)
    if row is None:
        raise NotFound(f"no delivered line {line_id!r} of order {order_id}")
    return _subject(customer_id, row)


async def lines_of(customer_id: UUID, order_id: UUID) -> list[Subject]:
    """All lines of an order of the customer's that was delivered."""
    rows = await db.fetch(queries.LINES_OF_ORDER, customer_id, order_id)
    return [_subject(customer_id, row) for row in rows]


async def stores(customer_id: UUID) -> list[Subject]:
    """The stores that have delivered something to the customer."""
    return [_subject(customer_id, row) for row in await db.fetch(queries.STORES, customer_id, None)]


async def store(customer_id: UUID, store_id: UUID) -> Subject:
    """One of these. Raises NotFound."""
    row = await db.fetchrow(queries.STORES, customer_id, store_id)
    if row is None:
        raise NotFound(f"store {store_id} has delivered nothing to this customer")
    return _subject(customer_id, row)


async def write(
    about: Subject, draft: Draft, pictures: Sequence[Picture], now: datetime, solicited: bool = False
) -> UUID:
    """Write a review, in the open transaction; it waits for judgement.

    `solicited`: the shop asked for it. Raises ReviewExists, DraftUnfit or TooManyPhotos.
    """
    if about.review_id:
        raise ReviewExists(about.review_id)
    review = IncomingReview(
        source=FIRST_PARTY,
        external_id=about.key,
        customer_id=about.customer_id,
        written_at=now,
        store=about.store,
        product_sku=about.sku,
        product_name=about.name,
        order=about.order,
        solicited=solicited,
        **_said(draft),
    )
    return await _take_in(review, draft, (), pictures, now)


async def own(customer_id: UUID, review_id: UUID) -> Own:
    """A live review that the customer wrote here, locked. Raises NotFound."""
    row = await db.fetchrow(queries.OWN, customer_id, review_id)
    if row is None:
        raise NotFound(f"no review {review_id} of this customer's own")
    rated = (await attributes.of_reviews([review_id])).get(review_id, [])
    stars = row["rating_norm"]
    draft = Draft(
        stars=0 if stars is None else int(stars.quantize(Decimal(1), ROUND_HALF_UP)),
        title=row["title"],
        body=row["body"],
        author=row["author"],
        attributes={each.code: each.stars for each in rated},
        insider=row["insider"],
    )
    names = [name for name in Own.__dataclass_fields__ if name != "draft"]
    return Own(**{name: row[name] for name in names}, draft=draft)


async def edit(
    customer_id: UUID,
    review_id: UUID,
    draft: Draft,
    kept: Sequence[UUID],
    new: Sequence[Picture],
    version: int,
    now: datetime,
) -> None:
    """A new wording by the author, with the pictures `kept` and `new`; it waits for judgement again.

    `version`: the wording that was looked at. In the open transaction. Raises NotFound, ReviewChanged,
    DraftUnfit or TooManyPhotos.
    """
    known = await own(customer_id, review_id)
    if known.version != version:
        raise ReviewChanged(f"version {known.version}, not {version}")
    review = IncomingReview(
        source=FIRST_PARTY,
        account=known.account,
        external_id=known.external_id,
        customer_id=customer_id,
        written_at=known.written_at,
        edited_at=now,
        store=known.store,
        product_sku=known.product_sku,
        product_name=known.product_name,
        order=known.order,
        solicited=known.solicited,
        **_said(draft),
    )
    await _take_in(review, draft, kept, new, now)


async def delete(customer_id: UUID, review_id: UUID, now: datetime) -> None:
    """The author takes the review back: a tombstone, its pictures deleted, its points taken back.

    In the open transaction. Raises NotFound.
    """
    known = await own(customer_id, review_id)
    await intake.remove(FIRST_PARTY, known.account, known.external_id, now)
    await photos.delete(review_id)


async def _take_in(
    review: IncomingReview, draft: Draft, kept: Sequence[UUID], new: Sequence[Picture], now: datetime
) -> UUID:
    [received] = await intake.receive([review], now)
    await attributes.rate(received.review_id, received.version, draft.attributes)
    await photos.put(received.review_id, received.version, kept, new, now)
    if draft.insider:
        await db.execute(queries.DISCLOSE_INSIDER, received.review_id)
    return received.review_id


def _said(draft: Draft) -> dict[str, Any]:
    """The draft as the intake wants it. Raises DraftUnfit."""
    if not 1 <= draft.stars <= 5:
        raise DraftUnfit("stars", "1 to 5")
    if any(not 1 <= stars <= 5 for stars in draft.attributes.values()):
        raise DraftUnfit("attributes", "1 to 5 stars each")
    limits = {"title": TITLE_LIMIT_CHARS, "body": BODY_LIMIT_CHARS, "author": AUTHOR_LIMIT_CHARS}
    for field, limit in limits.items():
        if len(getattr(draft, field)) > limit:
            raise DraftUnfit(field, f"at most {limit} characters")
    words = {field: getattr(draft, field).strip() for field in limits}
    return {"rating": Decimal(draft.stars), **words}


def _subject(customer_id: UUID, row: db.Row) -> Subject:
    told = dict(row) | {"store_name": db.from_json(row["store_name"])}
    return Subject(customer_id=customer_id, **told)
