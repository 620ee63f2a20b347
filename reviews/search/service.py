"""Keep the words of reviews, and find reviews by words or by meaning; in the open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core import db
from reviews import pages
from reviews import reading as reviews
from reviews.pages import Page
from reviews.reading import ReviewView
from reviews.search import excerpts, queries, words
from reviews.search.excerpts import Piece
from reviews.wording import shown

NEAR = 0.35
"""Farther away, nothing is about the same thing; results are ranked, so this only ends the list."""
NEIGHBOURS = 200
"""How many are looked at by meaning before filters."""


@dataclass(frozen=True)
class Filter:
    """Only these; None: all."""

    product: str | None = None
    source: str | None = None
    stars: int | None = None
    published: bool = False
    """Published ones alone."""

    @property
    def values(self) -> tuple[Any, ...]:
        """As the statements take them."""
        return self.product, self.source, self.stars, self.published


@dataclass(frozen=True)
class Found:
    """A review, and the part of its text that fits, in pieces that are marked or not."""

    review: ReviewView
    excerpt: tuple[Piece, ...]


async def index(ids: Sequence[UUID]) -> int:
    """Keep the words of these reviews' current wordings; how many."""
    rows = sorted(await db.fetch(queries.TEXTS, list(ids)), key=lambda row: row["id"])
    if not rows:
        return 0
    columns: list[list[Any]] = [
        [row["id"] for row in rows],
        [row["version"] for row in rows],
        [row["written_at"] for row in rows],
        [words.indexed(row["title"]) for row in rows],
        [words.indexed(row["body"]) for row in rows],
    ]
    await db.execute(queries.KEEP, db.merchant_id(), *columns)
    return len(rows)


async def by_words(
    text: str,
    wanted: Filter = Filter(),
    after: str = "",
    limit: int = 20,
) -> Page[Found]:
    """Reviews with these words, the newest first. Raises QueryEmpty, QueryTooLong, CursorInvalid."""
    query = words.parse(text)
    at, last = pages.place(after, pages.NEWEST) if after else (None, None)
    rows = await db.fetch(queries.BY_WORDS, str(query), *wanted.values, at, last, limit + 1)
    views = [reviews.review_of(row) for row in rows[:limit]]
    found = await _marked(views, query)
    more = len(rows) > limit
    return Page(found, pages.cursor((rows[limit - 1]["place"], views[-1].id)) if more else None)


async def by_meaning(
    embedding: str,
    model: str,
    wanted: Filter = Filter(),
    limit: int = 20,
) -> list[Found]:
    """Reviews that say something like it, the nearest first; `embedding` is of that `model`."""
    rows = await db.fetch(
        queries.BY_MEANING, model, embedding, *wanted.values, limit, max(limit, NEIGHBOURS), NEAR
    )
    views = [reviews.review_of(row) for row in rows]
    return [Found(view, excerpts.beginning(text_of(view))) for view in views]


async def unindexed() -> int:
    """How many reviews cannot be found by words yet."""
    return int(await db.fetchval(queries.UNINDEXED, db.merchant_id()))


def text_of(review: ReviewView) -> str:
    """Title and body as they are shown."""
    return "\n".join(shown(part) for part in (review.title, review.body) if part)


async def _marked(views: Sequence[ReviewView], query: words.Query) -> list[Found]:
    """Each with the words that fit, found by the rules by which the review was."""
    texts = [text_of(view)[: excerpts.READ_CHARS] for view in views]
    tokens = [words.tokens(text) for text in texts]
    plain = {each.text for found in tokens for each in found if not each.paired}
    asked = excerpts.single_words(query)
    fitting: set[str] = set()
    if plain and asked:
        fitting = {row["w"] for row in await db.fetch(queries.FITTING, sorted(plain), asked)}
    return [
        Found(view, excerpts.excerpt(text, excerpts.places(found, query, fitting)))
        for view, text, found in zip(views, texts, tokens, strict=True)
    ]
