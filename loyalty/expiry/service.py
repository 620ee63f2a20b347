"""Expire lots, in sets; safe to repeat and to run side by side."""

from datetime import datetime

from loyalty.ledger import sets

BATCH = 5_000


async def expire_due(now: datetime) -> int:
    """Expire up to BATCH lots of the open merchant; answers how many, so that the caller goes on until 0."""
    return await sets.expire(now, BATCH)
