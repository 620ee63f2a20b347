"""Find reviews by their words, or by what they mean."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.openapi import problems
from api.v1.reviews import Review, outgoing
from core import db
from reviews.search import meaning
from reviews.search import service as search
from reviews.search.excerpts import Piece
from reviews.search.service import Filter, Found

PAGE_LIMIT = 100

By = Literal["words", "meaning"]
Word = Annotated[str | None, QueryParameter(max_length=255)]


class Result(msgspec.Struct, frozen=True):
    """A review that fits; `excerpt`: that part of its text in pieces, what was found with `match`."""

    review: Review
    excerpt: tuple[Piece, ...]


class Results(msgspec.Struct, frozen=True):
    """A page of results. `next_after` asks for the next one; null: the end."""

    results: list[Result]
    next_after: str | None


@get("/", guards=[requires_scope("reviews:read")], responses=problems(401, 403, 422))
async def search_reviews(
    user: NamedDependency[Integrator],
    q: Annotated[str, QueryParameter(min_length=1, max_length=500)],
    by: FromQuery[By] = "words",
    product: Word = None,
    source: Word = None,
    stars: Annotated[int | None, QueryParameter(ge=1, le=5)] = None,
    published: FromQuery[bool] = False,
    after: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 20,
) -> Results:
    """Reviews whose current wording has these words, the newest first.

    `q`: words, all of them; "a phrase"; -without; this or that; begin*. Case, accents and, for Chinese,
    Traditional or Simplified make no difference; forms of an English word count as one. By `meaning`: the
    nearest in whatever language, at most one page.
    """
    wanted = Filter(product, source, stars, published)
    if by == "meaning":
        return Results(_results(await _by_meaning(user, q, wanted, limit)), None)
    async with db.transaction(user.merchant_id):
        page = await search.by_words(q, wanted, after, limit)
    return Results(_results(page.rows), page.next)


async def _by_meaning(user: Integrator, q: str, wanted: Filter, limit: int) -> Sequence[Found]:
    asked = await meaning.embedding(q)
    if asked is None:
        return []
    model, embedding = asked
    async with db.transaction(user.merchant_id):
        return await search.by_meaning(embedding, model, wanted, limit)


def _results(found: Sequence[Found]) -> list[Result]:
    return [Result(outgoing(each.review), each.excerpt) for each in found]


v1_review_search = Router("/reviews/search", route_handlers=[search_reviews], tags=["Reviews"])
