"""The sweep over all merchants, and the mails that it leads to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import clock, db, outbox, tenancy
from core.sweeps import sweep
from loyalty.expiry import idle, warnings
from loyalty.expiry.service import expire_all


@sweep("loyalty.expiry")
async def of_merchant(merchant: tenancy.Merchant) -> None:
    """Warn of what expires soon and expire what is due, a batch a transaction."""
    now = clock.now()
    await _idle(merchant.id, now)
    more = 1
    while more:
        async with db.transaction(merchant.id):
            more = await warnings.note_dated(now)
    await expire_all(merchant.id, now)


async def _idle(merchant_id: UUID, now: datetime) -> None:
    after: UUID | None = None
    while True:
        async with db.transaction(merchant_id):
            lots, after = await idle.page(after)
            await idle.end(lots, now)
            await warnings.note_idle(lots, now)
        if after is None:
            return


@outbox.handles(warnings.TOPIC, turn=outbox.Turn.BULK)
async def warn(payload: dict[str, Any], now: datetime) -> None:
    """Tell one member; what was spent, or is gone by then, is not spoken of."""
    await warnings.tell(UUID(payload["warning_id"]), now)
