"""Reviews: send them, take them back, read them with what the model found."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from api.problems import RequestRefused
from core import clock, db
from reviews import intake, pages, similar
from reviews import reading as reviews
from reviews.intake import IncomingReview
from reviews.intake.model import Received, ReviewKind
from reviews.intake.rules import CLOCK_SKEW, PHOTO_LIMIT, ReviewInvalid, ReviewOfItsAuthor, content_of
from reviews.moderation import service as moderation
from reviews.reading import Aspect, Evidence, ReviewView, Urgent

ARRAY_LIMIT = 500
PAGE_LIMIT = 200
SIMILAR_LIMIT = 50

Word = Annotated[str, Meta(max_length=255)]
Source = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]


class NewReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One review as its source tells of it; `source`, `account` and `external_id` name it for ever.

    `rating` lies on `scale_min` to `scale_max`; a later `edited_at` makes a new version. Whether the
    purchase is verified is not told but found: by an order of the `customer` (the shop's id) or `email`.
    A `mention` (a post, a mail, a chat) has no rating; `hidden`: its source does not show it.
    """

    source: Source
    external_id: Annotated[str, Meta(min_length=1, max_length=255)]
    account: Word = ""
    written_at: Moment
    edited_at: Moment | None = None
    rating: int | float | None = None
    scale_min: int | float = 1
    scale_max: int | float = 5
    title: Annotated[str, Meta(max_length=2_000)] = ""
    body: Annotated[str, Meta(max_length=100_000)] = ""
    lang: Annotated[str, Meta(max_length=35)] = ""
    author: Annotated[str, Meta(max_length=500)] = ""
    customer: Word = ""
    email: Word = ""
    store: Word = ""
    product_sku: Word = ""
    product_name: Word = ""
    order: Word = ""
    kind: ReviewKind = "review"
    photo_urls: Annotated[tuple[str, ...], Meta(max_length=PHOTO_LIMIT)] = ()
    hidden: bool = False
    solicited: bool | None = None
    incentivised: bool = False
    reply: Annotated[str, Meta(max_length=10_000)] = ""
    replied_at: Moment | None = None
    extra: dict[str, Any] = {}


class Removal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review that its author or source took away; without `removed_at`, just now."""

    source: Source
    external_id: Annotated[str, Meta(min_length=1, max_length=255)]
    account: Word = ""
    removed_at: Moment | None = None
    by: Literal["author", "source"] = "source"
    """Who removed it. On a marketplace, reviews that were written here are removed by their authors alone."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one review: new, changed, facts, late, unchanged or rejected, then with the reason.

    A review that its author wrote here, signed in, changes by its author alone: `review_of_its_author`.
    `facts`: the current wording once more, with another reply, or something else told about it.
    """

    external_id: str
    status: str
    review_id: UUID | None = None
    version: int | None = None
    code: str | None = None
    field: str | None = None
    detail: str | None = None


class Results(msgspec.Struct, frozen=True):
    """What became of each review, in the order they were sent."""

    results: list[Result]


class Removed(msgspec.Struct, frozen=True):
    """removed, or unchanged: it was removed before, or written anew since."""

    status: str


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What the model read in the current wording; probabilities from 0 to 1.

    `evidence`: words without which it would read less so; of flagged reviews, a moment after the score.
    """

    sentiment: str
    negative: float
    neutral: float
    positive: float
    stars_expected: float
    stars_predicted: int
    aspects: tuple[Aspect, ...]
    evidence: Evidence | None
    model: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review in its current wording. `stars`: the rating on 1 to 5; `score` null: not scored yet.

    `flags` say why it counts as negative: rating, sentiment, urgency, mismatch (of stars and text);
    `urgency` has the kinds of the third with the words that gave them.
    """

    id: UUID
    source: str
    account: str
    external_id: str
    product_sku: str
    product_name: str
    author: str
    rating: float | None
    scale_min: float | None
    scale_max: float | None
    stars: float | None
    title: str
    body: str
    lang: str
    written_at: datetime
    edited_at: datetime
    version: int
    state: str
    kind: str
    moderation: str
    photo_urls: tuple[str, ...]
    verified: bool
    verified_by: str | None
    """How: `order`, a line of an order that its author had paid before; null: not at all."""
    solicited: bool | None
    """The shop asked for it; null: its source does not say."""
    incentivised: bool
    insider: bool
    """Written by somebody of the shop, which is shown with it."""
    reply: str
    replied_at: datetime | None
    score: Score | None
    flags: tuple[str, ...]
    urgency: tuple[Urgent, ...]


class Reviews(msgspec.Struct, frozen=True):
    """A page of reviews, the latest received first. `next_after` asks for the next page; null: the end."""

    reviews: list[Review]
    next_after: str | None


class SimilarReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review near to another one. `distance`: 0 (the same words) to 2; `near_duplicate`: the same text but
    for a few letters or words. `case_id` null: it opened no case.
    """

    review: Review
    distance: float
    near_duplicate: bool
    case_id: UUID | None
    case_state: str | None


class SimilarReviews(msgspec.Struct, frozen=True):
    """The nearest first."""

    reviews: list[SimilarReview]


@post("/", guards=[requires_scope("reviews:write")], status_code=200, responses=WRITE_PROBLEMS)
async def post_reviews(
    data: JSONBody[NewReview | list[NewReview]], once: NamedDependency[Once[Results]]
) -> Response[Results]:
    """Send one review, or an array of up to 500.

    A single review that cannot be taken in is refused with 422; of an array each review has its own
    result, and a rejected one does not hinder the others. What came before is `unchanged`.
    """
    if isinstance(data, list) and len(data) > ARRAY_LIMIT:
        raise RequestRefused("too_many_reviews", "Too many reviews", f"at most {ARRAY_LIMIT}", status=413)

    async def effect() -> Results:
        now = clock.now()
        if isinstance(data, NewReview):
            [result] = await _take([incoming(data)], now)
            if result.code:
                raise ReviewOfItsAuthor(result.external_id)
            return Results([result])
        return Results(await _take_each(data, now))

    return await once(effect)


@post("/removals", guards=[requires_scope("reviews:write")], status_code=200, responses=WRITE_PROBLEMS)
async def post_removal(data: JSONBody[Removal], once: NamedDependency[Once[Removed]]) -> Response[Removed]:
    """Say that a review was removed: it becomes a tombstone, also when it comes only later."""

    async def effect() -> Removed:
        now = clock.now()
        at = data.removed_at or now
        await moderation.expect_removable(data.source, data.by)
        if at > now + CLOCK_SKEW:
            raise ReviewInvalid("removed_at", "is in the future")
        changed = await intake.remove(data.source, data.account, data.external_id, at, now)
        return Removed("removed" if changed else "unchanged")

    return await once(effect)


@get("/", guards=[requires_scope("reviews:read")], responses=problems(401, 403, 422))
async def list_reviews(
    user: NamedDependency[Integrator],
    product: FromQuery[str] = "",
    after: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Reviews:
    """Reviews with score and flags, the latest received first; `product` is a SKU."""
    last = pages.place(after, (UUID,))[0] if after else None
    async with db.transaction(user.merchant_id):
        rows = await db.fetch(_LATEST, db.merchant_id(), product, last, limit + 1)
    found = [outgoing(reviews.review_of(row)) for row in rows[:limit]]
    return Reviews(found, pages.cursor([found[-1].id]) if len(rows) > limit else None)


@get("/{review_id:uuid}", guards=[requires_scope("reviews:read")], responses=problems(401, 403))
async def get_review(review_id: FromPath[UUID], user: NamedDependency[Integrator]) -> Review:
    """One review."""
    async with db.transaction(user.merchant_id):
        return outgoing(await reviews.find(review_id))


@get("/{review_id:uuid}/similar", guards=[requires_scope("reviews:read")], responses=problems(401, 403))
async def list_similar(
    review_id: FromPath[UUID],
    user: NamedDependency[Integrator],
    limit: Annotated[int, QueryParameter(ge=1, le=SIMILAR_LIMIT)] = 10,
) -> SimilarReviews:
    """Reviews that say much the same, in any language, the nearest first; none before it was scored."""
    async with db.transaction(user.merchant_id):
        await reviews.find(review_id)
        found = await similar.alike(review_id, limit)
    return SimilarReviews(
        [
            SimilarReview(
                review=outgoing(each.review),
                distance=each.distance,
                near_duplicate=each.near_duplicate,
                case_id=each.case_id,
                case_state=each.case_state,
            )
            for each in found
        ]
    )


v1_reviews = Router(
    "/reviews",
    route_handlers=[post_reviews, post_removal, list_reviews, get_review, list_similar],
    tags=["Reviews"],
)

# Ids grow with the time of receipt.
_LATEST = f"""
    SELECT {reviews.COLUMNS}
    FROM (SELECT * FROM reviews
          WHERE merchant_id = $1 AND version > 0 AND ($2 = '' OR product_sku = $2)
            AND ($3::uuid IS NULL OR id < $3)
          ORDER BY id DESC LIMIT $4) r {reviews.JOINS}
    ORDER BY r.id DESC
"""


def incoming(review: NewReview) -> IncomingReview:
    """The review in the form of the intake; numbers exactly as they were written."""
    told = {name: getattr(review, name) for name in review.__struct_fields__}
    numbers = {name: Decimal(str(told[name])) for name in ("scale_min", "scale_max")}
    rating = None if review.rating is None else Decimal(str(review.rating))
    return IncomingReview(**told | numbers | {"rating": rating})


def outgoing(review: ReviewView) -> Review:
    """The review as the API shows it."""
    names = [name for name in Review.__struct_fields__ if name not in _MADE]
    return Review(
        rating=_number(review.rating_raw),
        scale_min=_number(review.scale_min),
        scale_max=_number(review.scale_max),
        stars=_number(review.rating_norm),
        score=_score(review),
        flags=review.reasons,
        verified_by="order" if review.verified else None,
        **{name: getattr(review, name) for name in names},
    )


_MADE = frozenset({"rating", "scale_min", "scale_max", "stars", "score", "flags", "verified_by"})


def _score(review: ReviewView) -> Score | None:
    if review.reading is None:
        return None
    return Score(**{name: getattr(review.reading, name) for name in Score.__struct_fields__})


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


async def _take_each(sent: Sequence[NewReview], now: datetime) -> list[Result]:
    """Take in what can be taken in; a result for each."""
    results: dict[int, Result] = {}
    fit: dict[int, IncomingReview] = {}
    for n, each in enumerate(sent):
        review = incoming(each)
        try:
            content_of(review, now)
            fit[n] = review
        except ReviewInvalid as error:
            results[n] = Result(
                external_id=each.external_id,
                status="rejected",
                code=error.code,
                field=error.field,
                detail=error.reason,
            )
    results |= zip(fit, await _take(list(fit.values()), now), strict=True)
    return [results[n] for n in range(len(sent))]


async def _take(sent: Sequence[IncomingReview], now: datetime) -> list[Result]:
    received = await intake.receive(sent, now)
    return [_result(review, each) for review, each in zip(sent, received, strict=True)]


def _result(review: IncomingReview, received: Received) -> Result:
    if received.status == "refused":
        error = ReviewOfItsAuthor()
        return Result(external_id=review.external_id, status="rejected", code=error.code, detail=error.detail)
    return Result(
        external_id=review.external_id,
        status=received.status,
        review_id=received.review_id,
        version=received.version,
    )
