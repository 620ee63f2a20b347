"""Cases that end because nobody is left whom they are about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core import db
from reviews.cases import clocks, events, service

# A review may still be answered in public, whoever wrote it: its case goes on.
_NOBODYS = """
    SELECT id FROM cases WHERE id = ANY ($1::uuid[]) AND open AND review_id IS NULL
      AND NOT EXISTS (SELECT FROM case_reviews x WHERE x.case_id = cases.id)
    ORDER BY id
"""


async def of_erased(cases: Sequence[UUID], at: datetime) -> None:
    """Close the open ones without a review, in the open transaction: their customer was erased."""
    for row in await db.fetch(_NOBODYS, list(cases)):
        case = await service.move(await service.lock(row["id"]), "resolve", at)
        await clocks.stop(case.id, case.cycle, at)
        closed = await service.move(case, "close", at)
        await events.add(closed.id, closed.cycle, "closed", at, because="customer_erased")
