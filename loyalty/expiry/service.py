"""Expire lots, in sets; safe to repeat and to run side by side."""

import asyncio
from datetime import datetime
from uuid import UUID

from core import db
from loyalty.ledger import sets

BATCH = 25_000
"""Lots a transaction: their accounts wait for about half a second."""


async def expire_due(now: datetime, backwards: bool = False) -> int:
    """Expire up to BATCH lots of the open merchant; answers how many, so that the caller goes on until 0."""
    return await sets.expire(now, BATCH, backwards)


async def expire_all(merchant_id: UUID, now: datetime) -> int:
    """Expire all that is due of a merchant, a batch a transaction; answers how many lots.

    Whoever has more than one batch is swept from both ends at once, on two connections. Where these meet,
    each may leave a lot because the other has its account: a last sweep alone takes those.
    """
    expired = await _batch(merchant_id, now, False)
    if expired == BATCH:
        expired += sum(await asyncio.gather(*(_until_none(merchant_id, now, end) for end in (False, True))))
    return expired + await _until_none(merchant_id, now, False)


async def _until_none(merchant_id: UUID, now: datetime, backwards: bool) -> int:
    total = 0
    while part := await _batch(merchant_id, now, backwards):
        total += part
    return total


async def _batch(merchant_id: UUID, now: datetime, backwards: bool) -> int:
    async with db.transaction(merchant_id):
        return await expire_due(now, backwards)
