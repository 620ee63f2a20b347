"""Points of a review follow where it stands. What it says never gets here: see Written and ReviewFacts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.i18n import Locale
from loyalty.earning import service as earning
from loyalty.earning.service import Written
from loyalty.ledger.reading import StatementLine
from loyalty.rules import service as rules
from loyalty.rules.model import Review
from reviews.points import queries


async def submitted(written: Sequence[Written], now: datetime) -> list[UUID]:
    """Give what rules give for these reviews, pending, and disclose it with each; which reviews earned.

    In the open transaction; repeating it changes nothing.
    """
    entries = await earning.reviews_submitted(written, now) if written else {}
    if entries:
        await db.execute(queries.DISCLOSE, list(entries), list(entries.values()))
    return list(entries)


async def approved(review_ids: Sequence[UUID], now: datetime) -> None:
    """These are shown: their points become active."""
    if review_ids:
        await earning.reviews_approved(review_ids, now, now)


async def withdrawn(review_ids: Sequence[UUID], now: datetime) -> None:
    """These were hidden, or their authors took them back: their points go back to the very lots."""
    if review_ids:
        await earning.reviews_removed(review_ids, now, now)


async def named(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """The lines; the reason of those that a review of a product earned names that as `product`."""
    ids = [UUID(line.reason["event_id"]) for line in lines if _of_review(line)]
    rows = await db.fetch(queries.PRODUCTS, ids) if ids else []
    products = {str(row["id"]): row["product"] for row in rows if row["product"]}
    return [
        msgspec.structs.replace(line, reason={**line.reason, "product": products[line.reason["event_id"]]})
        if _of_review(line) and line.reason["event_id"] in products
        else line
        for line in lines
    ]


def _of_review(line: StatementLine) -> bool:
    return line.reason.get("rule") == "review" and "event_id" in line.reason


async def sentences(locale: Locale, now: datetime) -> tuple[str, ...]:
    """What members get for a review at the moment, a sentence a rule; none while that is switched off."""
    if not (await rules.settings()).review_points:
        return ()
    say = await rules.words(locale)
    return tuple(
        say.rule(each.rule) for each in await rules.live(now) if isinstance(each.rule.trigger, Review)
    )
