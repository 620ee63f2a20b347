"""See trouble before the customer complains: read of parcels and stock, tell, and open a case."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from core import db, outbox
from core.notifications import service as notifications
from reviews.cases import inserting, unreviewed
from reviews.cases.care import queries
from reviews.cases.contact.settings import Contact, active_since, contact
from reviews.cases.unreviewed import Asked

Reason = Literal["late_promise", "silent_carrier", "stock_gone"]
TELL = "case.care"
LIMIT = 500
"""Orders a transaction."""
OVERLAP = timedelta(minutes=10)
"""Events are read again for so long: one that was received before may have been written after."""
LOOK_BACK = timedelta(days=14)
"""Trouble that is older is known to everybody by now."""
STOCK_LOOK_BACK = timedelta(days=60)


async def read(now: datetime) -> None:
    """Fold the merchant's new events into parcels and stock, in the open transaction."""
    merchant_id = db.merchant_id()
    until: datetime | None = await db.fetchval(queries.READ_UNTIL, merchant_id)
    since = until - OVERLAP if until else now - STOCK_LOOK_BACK
    await db.execute(queries.FOLD_PARCELS, merchant_id, since)
    await db.execute(queries.FOLD_STOCK, merchant_id, since)
    await db.execute(queries.HAVE_READ, merchant_id, now)


async def sweep(reason: Reason, now: datetime, limit: int = LIMIT) -> int:
    """Tell customers of one kind of trouble, each once an order, and open their cases; answers how many.

    In the open transaction; safe beside others.
    """
    wanted = await contact()
    begun = await active_since(reason)
    if begun is None:
        return 0
    await inserting.take_turn()  # from here on nobody else opens cases: what others told is seen
    found = await _found(reason, wanted, begun, now, limit)
    if not found:
        return 0
    asked = [
        Asked(
            row["customer_id"], reason, row["order_id"],
            {"order": row["order_id"], "since": row["at"], "carrier": row["carrier"], "text": row["product"]},
        )
        for row in found
    ]  # fmt: skip
    cases = [each.case_id for each in await unreviewed.begin(asked, now)]
    orders = [row["order_id"] for row in found]
    await db.execute(queries.NOTICED, db.merchant_id(), reason, now, orders, cases)
    told = [
        {
            "order": row["order_id"],
            "reason": reason,
            "at": row["at"],
            "carrier": row["carrier"],
            "product": row["product"],
        }
        for row in found
    ]
    await outbox.add_many(TELL, told, now)
    return len(found)


async def _found(
    reason: Reason, wanted: Contact, begun: datetime, now: datetime, limit: int
) -> Sequence[db.Row]:
    """Orders in trouble; trouble from before somebody switched this on is not told."""
    if reason == "stock_gone":
        return await db.fetch(queries.SHORT, db.merchant_id(), now - STOCK_LOOK_BACK, limit)
    days = wanted.late_after_days if reason == "late_promise" else wanted.silent_after_days
    after = timedelta(days=days or 0)
    oldest = max(now - after - LOOK_BACK, begun - after)
    statement = queries.LATE if reason == "late_promise" else queries.SILENT
    return await db.fetch(statement, db.merchant_id(), now - after, oldest, limit)


async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Write to the customer, if they still wait. Payload: order, reason, at, carrier, product."""
    row = await db.fetchrow(queries.STILL, UUID(payload["order"]), payload["reason"])
    if row is None:
        return
    key = f"care:{payload['order']}:{payload['reason']}"
    await notifications.notify(f"care_{payload['reason']}", row["customer_id"], payload, key, now)
