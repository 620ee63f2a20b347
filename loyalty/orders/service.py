"""Orders as rows: read under lock, written back, and their points brought into agreement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from loyalty.ledger import post
from loyalty.members import service as members
from loyalty.orders import queries
from loyalty.orders.rules import Earned, Order, Payment, Refund, Terms, earn_key, postings
from loyalty.programme import service as programme
from loyalty.wallets.rules import Settling
from loyalty.wallets.service import wallets as all_wallets


async def lock(external_ids: Iterable[str], customers: Sequence[UUID], now: datetime) -> dict[str, Order]:
    """The orders with these external ids and all of these customers, locked; unknown ids are made."""
    ids = sorted(set(external_ids))
    if not ids and not customers:
        return {}
    if ids:
        await db.execute(queries.ADD_ORDERS, ids, now)
    return await _read(await db.fetch(queries.LOCK_ORDERS, ids, list(customers)))


async def _read(rows: Sequence[db.Row]) -> dict[str, Order]:
    refunds: dict[UUID, list[Refund]] = {}
    for row in await db.fetch(queries.REFUNDS, [row["id"] for row in rows]):
        one = Refund(row["refund_id"], row["amount_minor"], row["refunded_at"])
        refunds.setdefault(row["order_id"], []).append(one)
    happened: dict[UUID, dict[str, datetime]] = {}
    for row in await db.fetch(queries.MILESTONES, [row["id"] for row in rows]):
        happened.setdefault(row["order_id"], {})[row["event"]] = row["happened_at"]
    return {
        row["external_id"]: _order(row, refunds.get(row["id"], []), happened.get(row["id"], {}))
        for row in rows
    }


def _order(row: db.Row, refunds: list[Refund], happened: dict[str, datetime]) -> Order:
    payment = None
    if row["paid_at"]:
        payment = Payment(
            row["store_id"], row["customer_id"], row["currency"], row["amount_minor"], row["paid_at"]
        )
    return Order(
        id=row["id"],
        external_id=row["external_id"],
        payment=payment,
        delivered_at=row["delivered_at"],
        cancelled_at=row["cancelled_at"],
        refunds=tuple(refunds),
        happened=happened,
    )


async def save(before: Mapping[str, Order], after: Mapping[str, Order]) -> None:
    """Write what changed between the two, with new lines and refunds."""
    changed = [order for key, order in after.items() if order != before[key]]
    if not changed:
        return
    paid = [order.payment for order in changed]
    await db.execute(
        queries.PUT_ORDERS,
        [order.id for order in changed],
        [p.store_id if p else None for p in paid],
        [p.customer_id if p else None for p in paid],
        [p.currency if p else None for p in paid],
        [p.amount_minor if p else None for p in paid],
        [p.paid_at if p else None for p in paid],
        [order.delivered_at for order in changed],
        [order.cancelled_at for order in changed],
        [order.refunded_minor for order in changed],
    )
    lines = [(order.id, *line) for order in changed if order.payment for line in order.payment.lines]
    if lines:
        await db.execute(queries.ADD_LINES, *map(list, zip(*lines, strict=True)))
    refunds = [
        (order.id, r.refund_id, r.amount_minor, r.refunded_at, db.to_json(r.lines))
        for order in changed
        for r in order.refunds
        if r not in before[order.external_id].refunds
    ]
    if refunds:
        await db.execute(queries.ADD_REFUNDS, *map(list, zip(*refunds, strict=True)))


async def reconcile(orders: Iterable[Order], terms: Terms, now: datetime) -> int:
    """Post what the ledger lacks for these locked orders; answers how many postings were made."""
    paid = [order for order in orders if order.payment]
    if not paid:
        return 0
    known = await members.of_customers({o.payment.customer_id for o in paid if o.payment})
    wallets = await all_wallets()
    keys = [earn_key(order.id, wallet.code) for order in paid for wallet in wallets]
    earned = await _earned(keys)
    due = [
        postings(order, member, terms, wallets, earned.get(order.id, {}), now)
        for order in paid
        if order.payment and (member := known.get(order.payment.customer_id))
    ]
    posted = await post([command for each in due for command in each.commands], now)
    dates = [date for each in due for date in each.dates]
    if dates:
        await db.execute(queries.SCHEDULE, *map(list, zip(*dates, strict=True)))
    return len(posted)


async def happened(external_id: str, event: str, at: datetime, now: datetime) -> None:
    """Note what a wallet may wait for (its settling `on_event`), in the open transaction; repeating is safe.

    The order may not be known yet. Raises what the ledger refuses.
    """
    order = (await lock([external_id], [], now))[external_id]
    await db.execute(queries.ADD_MILESTONE, order.id, event, at)
    order = (await lock([external_id], [], now))[external_id]
    terms = await programme.live_terms()
    if terms:
        await reconcile([order], terms, now)


async def _earned(keys: list[str]) -> dict[UUID, dict[str, Earned]]:
    found: dict[UUID, dict[str, Earned]] = {}
    for row in await db.fetch(queries.EARNED, keys):
        found.setdefault(row["order_id"], {})[row["wallet"]] = Earned(
            points=row["points"],
            points_clawed_back=row["points_clawed_back"],
            points_pending=row["points_pending"],
            points_per_100_units=row["points_per_100_units"],
            multiplier_percent=row["multiplier_percent"],
            amount_minor=row["amount_minor"],
            clawed_refunds=frozenset(row["clawed_refunds"]),
            settling=msgspec.json.decode(row["settling"], type=Settling),
            settles_at=row["settles_at"],
        )
    return found
