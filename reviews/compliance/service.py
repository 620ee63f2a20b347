"""The report, and the rows behind each figure; in the open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from reviews import pages
from reviews import reading as reviews
from reviews.compliance import queries, rules
from reviews.compliance.rules import ByStars, HideRates, Rows
from reviews.invitations import service as invitations
from reviews.invitations.model import Coverage
from reviews.pages import Page
from reviews.reading import ReviewView


@dataclass(frozen=True)
class Period:
    """Of reviews by their receipt, of orders by their delivery: from `since` up to before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Reason:
    """How many reviews of so many stars (None: none) are hidden for a reason."""

    reason: str
    stars: int | None
    reviews: int


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    period: Period
    by_stars: Sequence[ByStars]
    reasons: Sequence[Reason]
    invitations: Coverage


@dataclass(frozen=True)
class Unasked:
    """A delivered order that nobody was asked about."""

    order: str
    customer: str
    delivered_at: datetime


async def report(period: Period) -> Report:
    """All figures of a period."""
    return Report(
        period,
        await by_stars(period),
        [Reason(**row) for row in await db.fetch(queries.REASONS, *_of(period))],
        await invitations.coverage(period.since, period.until),
    )


async def by_stars(period: Period) -> list[ByStars]:
    """What became of the reviews of a period, by their stars."""
    rows = await db.connection().fetch(queries.BY_STARS, *_of(period), timeout=120)
    return [ByStars(**row) for row in rows]


async def hide_rates(period: Period) -> HideRates:
    """The hide rate of bad reviews beside that of good ones."""
    return rules.hide_rates(await by_stars(period))


async def rows(
    period: Period, wanted: Rows, stars: int | None, reason: str | None, after: str = "", limit: int = 50
) -> Page[ReviewView]:
    """The reviews that a figure counts; `stars` 0: those without. Raises CursorInvalid."""
    last = pages.place(after, (UUID,))[0] if after else None
    found = await db.fetch(queries.rows(wanted), *_of(period), stars, reason, last, limit + 1)
    shown = [reviews.review_of(row) for row in found[:limit]]
    return Page(shown, pages.cursor([shown[-1].id]) if len(found) > limit else None)


async def unasked(period: Period, reason: str, limit: int = 200) -> list[Unasked]:
    """Orders that were left out for a reason; '': none is on record. The latest delivered first."""
    found = await db.fetch(queries.UNASKED, *_of(period), reason, limit)
    return [Unasked(row["order_word"], row["customer"] or "", row["delivered_at"]) for row in found]


def _of(period: Period) -> tuple[UUID, datetime, datetime]:
    return db.merchant_id(), period.since, period.until
