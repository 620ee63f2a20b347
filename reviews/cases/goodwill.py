"""Goodwill: points given as remedy, the plainest of reviews.cases.remedies."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Remedy


@dataclass(frozen=True)
class Gift:
    """Points that were given; `replayed`: under this key they had been given before."""

    remedy_id: UUID
    journal_id: UUID
    points: int
    replayed: bool


async def give(case_id: UUID, points: int, message: str, key: str, by: UUID, now: datetime) -> Gift:
    """Give points within the person's authority; see remedies.give() for what it raises."""
    given = await remedies.give(case_id, Remedy(kind="points", points=points, message=message), key, by, now)
    assert given.journal_id is not None and given.points is not None  # points always post
    return Gift(given.remedy_id, given.journal_id, given.points, given.replayed)
