"""Ratings of products, stores and the whole shop, over all time, by month or by day."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import db
from reviews.ratings import service as ratings
from reviews.ratings.rules import Period, Rating, Scope
from reviews.ratings.service import Dated, Ranked

_STORE = "SELECT id::text FROM stores WHERE external_id = $1"


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Published reviews and their stars; `stars`: how many have 1, 2, 3, 4, 5. `starts` null: of all time."""

    starts: date | None
    reviews: int
    ratings: int
    mean: float | None
    stars: tuple[int, int, int, int, int]


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product's place: `score` is its mean, drawn to the shop's the more the fewer ratings it has."""

    sku: str
    score: float
    reviews: int
    ratings: int
    mean: float | None


class Ratings(msgspec.Struct, frozen=True):
    """One element a period that has reviews, the oldest first."""

    ratings: list[Counted]


class Ranking(msgspec.Struct, frozen=True):
    """The best first."""

    products: list[Product]


@get("/", guards=[requires_scope("reviews:read")], responses=problems(401, 403, 422))
async def get_ratings(
    user: NamedDependency[Integrator],
    of: FromQuery[Scope] = "shop",
    key: Annotated[str, QueryParameter(max_length=255)] = "",
    source: Annotated[str, QueryParameter(max_length=40)] = "",
    period: FromQuery[Period] = "all",
    first: FromQuery[date | None] = None,
    last: FromQuery[date | None] = None,
) -> Ratings:
    """Ratings of the shop, of a product (`key`: its SKU) or a store (`key`: the shop's id of it).

    By the day (UTC) on which reviews were written; `first` and `last` bound the periods' first days.
    """
    async with db.transaction(user.merchant_id):
        if of == "store":
            key = await db.fetchval(_STORE, key) or "00000000-0000-0000-0000-000000000000"
        wanted = [source] if source else None
        found = await ratings.over_time(of, key if of != "shop" else "", period, wanted, first, last)
    return Ratings([_counted(each) for each in found])


@get("/ranking", guards=[requires_scope("reviews:read")], responses=problems(401, 403, 422))
async def get_ranking(
    user: NamedDependency[Integrator], limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50
) -> Ranking:
    """Products by Bayesian mean."""
    async with db.transaction(user.merchant_id):
        found = await ratings.ranking(limit=limit)
    return Ranking([_product(each) for each in found])


v1_ratings = Router("/ratings", route_handlers=[get_ratings, get_ranking], tags=["Reviews"])


def _counted(dated: Dated) -> Counted:
    rating = dated.rating
    starts = None if dated.starts == date.min else dated.starts
    return Counted(
        starts=starts, reviews=rating.reviews, ratings=rating.ratings, mean=_mean(rating), stars=rating.stars
    )


def _product(ranked: Ranked) -> Product:
    rating = ranked.rating
    return Product(
        sku=ranked.sku,
        score=float(ranked.score),
        reviews=rating.reviews,
        ratings=rating.ratings,
        mean=_mean(rating),
    )


def _mean(rating: Rating) -> float | None:
    return None if rating.mean is None else float(rating.mean)
