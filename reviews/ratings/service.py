"""Fold what changed into the counts, read them, check them; in the open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import db
from reviews.ratings import queries, rules
from reviews.ratings.rules import Period, Rating, Scope

FOLD_LIMIT = 20_000


@dataclass(frozen=True)
class Dated:
    """The rating of the reviews written in one period."""

    starts: date
    """First day, UTC; date.min for all of time."""
    rating: Rating


@dataclass(frozen=True)
class Ranked:
    """A product's place."""

    sku: str
    rating: Rating
    score: Decimal
    """Bayesian mean: see rules.bayesian()."""


@dataclass(frozen=True)
class Difference:
    """A count that is not what the reviews say."""

    scope: str
    period: str
    key: str
    starts: date
    source: str
    kept: int | None
    """Reviews by the counts; None: there is no such count."""
    counted: int | None


async def fold(limit: int = FOLD_LIMIT) -> int:
    """Fold up to so many changes into the counts; how many. 0: none are left, or another is at it."""
    if not await db.fetchval(queries.LOCK, str(db.merchant_id())):
        return 0
    return int(await db.fetchval(queries.FOLD, db.merchant_id(), limit))


async def rating_of(scope: Scope, key: str, sources: Sequence[str] | None = None) -> Rating:
    """All published reviews of a product (SKU), a store (id) or the shop (''), of all sources or these.

    The product '' has the reviews of no product: they are about the shop itself.
    """
    found = await over_time(scope, key, "all", sources)
    return found[0].rating if found else rules.NONE


async def over_time(
    scope: Scope,
    key: str,
    period: Period,
    sources: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Dated]:
    """The same by month or day in which they were written (UTC); periods without a review are left out."""
    rows = await db.fetch(queries.of(scope), db.merchant_id(), key, period, _listed(sources), first, last)
    return [Dated(row["starts"], _rating(row)) for row in rows]


async def ranking(sources: Sequence[str] | None = None, limit: int = 50) -> list[Ranked]:
    """The shop's products, the best first by Bayesian mean; those without any rating are left out."""
    rows = await db.fetch(queries.RANKING, db.merchant_id(), _listed(sources), rules.PRIOR_RATINGS, limit)
    return [
        Ranked(row["sku"], _rating(row), rules.bayesian(_rating(row), Decimal(row["prior"]))) for row in rows
    ]


async def differences() -> list[Difference]:
    """Where the counts and a recount of all reviews disagree, at one moment; none, or there is a fault."""
    rows = await db.connection().fetch(queries.DIFFERENCES, db.merchant_id(), timeout=600)
    return [Difference(**row) for row in rows]


async def published() -> int:
    """How many reviews are published, counted one by one."""
    return int(await db.fetchval(queries.COUNT, db.merchant_id()))


def _listed(sources: Sequence[str] | None) -> list[str] | None:
    return None if sources is None else list(sources)


def _rating(row: db.Row) -> Rating:
    one, two, three, four, five = (int(row[n]) for n in ("one", "two", "three", "four", "five"))
    return Rating(int(row["reviews"]), (one, two, three, four, five), Decimal(row["stars_sum"]))
