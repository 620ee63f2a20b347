"""Published reviews of a product, for anybody: JSON, JSON-LD, and votes."""

import hmac
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from api.openapi import problems
from api.problems import RequestRefused
from api.public.common import Visitor, address, cacheable, shop_of
from api.secret import secret_key
from core import clock, db
from core.people.throttle import network_of
from core.settings import settings
from reviews.publishing import jsonld, rules
from reviews.publishing import service as publishing
from reviews.publishing.rules import Published, Sort, Wanted
from reviews.ratings.rules import Rating as Counted

PAGE_LIMIT = 50
LD_JSON = "application/ld+json"

Sku = Annotated[str, QueryParameter(max_length=255)]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)]
Stars = Annotated[int | None, QueryParameter(ge=1, le=5)]
Language = Annotated[str, QueryParameter(pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?\Z")]


class Rating(msgspec.Struct, frozen=True):
    """What all published reviews say. `stars`: how many have 1, 2, 3, 4, 5; `mean` null: there are none."""

    reviews: int
    ratings: int
    mean: float | None
    stars: tuple[int, int, int, int, int]


class Verification(msgspec.Struct, frozen=True):
    """How reviews are verified: the version that holds, and the page that says it."""

    version: int
    url: str


class PublicPhoto(msgspec.Struct, frozen=True):
    """A picture that is kept here: whole, and at most 400 pixels long."""

    url: str
    small_url: str


class PublicReview(msgspec.Struct, frozen=True, kw_only=True):
    """A published review. Texts are plain text: escape them, never run them.

    `verified_by` is `order` where an order of the author proves the purchase, else null. `incentivised`:
    its author got something for writing it, whatever it says; `insider`: its author belongs to the shop or is
    close to it; show both. `solicited` null: not known. `photo_urls` are where the review was written first.
    """

    id: UUID
    author: str
    stars: int | None
    rating: float | None
    title: str
    body: str
    language: str
    written_at: datetime
    edited: bool
    product: str
    product_name: str
    verified_by: str | None
    incentivised: bool
    solicited: bool | None
    insider: bool
    photos: tuple[PublicPhoto, ...]
    photo_urls: tuple[str, ...]
    helpful: int
    reply: str
    replied_at: datetime | None


class PublicReviews(msgspec.Struct, frozen=True):
    """A page of published reviews. `next_after` asks for the next one; null: the end."""

    shop: str
    rating: Rating
    verification: Verification
    reviews: list[PublicReview]
    next_after: str | None


class Votes(msgspec.Struct, frozen=True):
    """How many found the review helpful."""

    helpful: int


@get("/{shop:str}/reviews", responses=problems(422, 429))
async def show_reviews(
    request: Visitor,
    shop: FromPath[str],
    product: Sku = "",
    sort: FromQuery[Sort] = "newest",
    stars: Stars = None,
    verified: FromQuery[bool] = False,
    photos: FromQuery[bool] = False,
    language: Language = "",
    after: FromQuery[str] = "",
    limit: Limit = 10,
) -> Response[bytes]:
    """Reviews of a product (a SKU; without one: of the shop itself), for scripts of any origin.

    Sorted by `newest`, `highest`, `lowest` or `helpful`; only with so many `stars`, `verified` purchases,
    with `photos`, in a `language`. May be kept for a minute; ask again with `If-None-Match`.
    """
    found = await shop_of(request, shop)
    wanted = Wanted(product, sort, stars, verified, photos, language.replace("_", "-"))
    async with db.transaction(found.id):
        page = await publishing.page(wanted, after, limit)
        rating = await publishing.rating_of(product)
    name = found.name(request.query_params.get("locale", "") or found.locale)
    reviews = [outgoing(each) for each in page.rows]
    return cacheable(request, PublicReviews(name, counted(rating), _verification(shop), reviews, page.next))


@get("/{shop:str}/reviews.jsonld", responses=problems(422, 429))
async def show_jsonld(
    request: Visitor,
    shop: FromPath[str],
    product: Sku,
    name: Annotated[str, QueryParameter(max_length=255)] = "",
    url: Annotated[str, QueryParameter(max_length=2000)] = "",
) -> Response[bytes]:
    """The product with stars and newest reviews in JSON-LD (schema.org), to be put into its page.

    For products alone: stars about one's own business are not eligible for rich results.
    """
    if not product:
        raise RequestRefused(
            "product_needed", "Say which product", "JSON-LD is for products alone", status=422
        )
    found = await shop_of(request, shop)
    async with db.transaction(found.id):
        document = await structured(product, name, url)
    return cacheable(request, jsonld.script(document).encode(), LD_JSON)


@post("/{shop:str}/reviews/{review_id:uuid}/helpful", status_code=200, responses=problems(429))
async def vote(request: Visitor, shop: FromPath[str], review_id: FromPath[UUID]) -> Votes:
    """Say that a review was helpful; once for each network address, repeating it changes nothing."""
    found = await shop_of(request, shop)
    async with db.transaction(found.id):
        return Votes(await publishing.vote(review_id, _voter(request, review_id), clock.now()))


handlers = [show_reviews, show_jsonld, vote]


async def structured(product: str, name: str = "", url: str = "") -> dict[str, Any]:
    """JSON-LD of a product, in the open transaction; name and address as given, else as known."""
    page = await publishing.page(Wanted(product), limit=jsonld.REVIEWS_LIMIT)
    known = next((each.product_name for each in page.rows if each.product_name), "")
    where = url or (await publishing.product_url()).replace("{sku}", quote(product, safe=""))
    rating = await publishing.rating_of(product)
    return jsonld.product(product, name or known, where, rating, page.rows)


def outgoing(review: Published) -> PublicReview:
    """The review as the API shows it: nothing of its author but the name that is shown."""
    names = [
        name for name in PublicReview.__struct_fields__ if name not in ("rating", "verified_by", "photos")
    ]
    return PublicReview(
        rating=_number(review.rating),
        verified_by="order" if review.verified else None,
        photos=tuple(_photo(each) for each in review.photos),
        **{name: getattr(review, name) for name in names},
    )


def counted(rating: Counted) -> Rating:
    """The counts as the API shows them."""
    return Rating(rating.reviews, rating.ratings, _number(rating.mean), rating.stars)


def _photo(photo_id: UUID) -> PublicPhoto:
    url = f"{settings().public_url}/media/reviews/{photo_id}"
    return PublicPhoto(url, f"{url}/small")


def _verification(shop: str) -> Verification:
    version = rules.POLICIES[-1].version
    return Verification(version, f"{settings().public_url}/shops/{shop}/review-policy?version={version}")


def _voter(request: Visitor, review_id: UUID) -> bytes:
    """Of version 6 a whole /64 is one visitor: a household has that many addresses."""
    said = f"vote:{review_id}:{network_of(address(request))}".encode()
    return hmac.digest(secret_key(), said, "sha256")


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
