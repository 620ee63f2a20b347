"""Recency, frequency and money: the bounds of the fifths of all who ever bought, counted anew once a day."""

from datetime import datetime, timedelta

import msgspec

from core import db, tenancy

RENEWED_AFTER = timedelta(hours=20)
RECENCY = "max(o.paid_at)"
FREQUENCY = "count(*)"
MONEY = "sum(greatest(0, o.amount_minor - o.points_paid_minor - o.refunded_minor))"
"""Of an order's money: what was paid in it and was not paid back."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The highest value of each but the last fifth, from the lowest value on.

    `recency` in days since the last order (the fewest are the best), `frequency` in orders and `money` in
    minor units of `currency`, both of 365 days. Where many share a value, they share the worse fifth.
    """

    currency: str
    recency: list[int]
    frequency: list[int]
    money: list[int]


_COUNT = f"""
    SELECT {{0}} FROM (
        SELECT floor(extract(epoch FROM $1::timestamptz - {RECENCY}) / 86400)::bigint AS recency,
               {FREQUENCY} FILTER (WHERE o.paid_at > $1 - interval '365 days') AS frequency,
               coalesce({MONEY} FILTER (WHERE o.currency = $2 AND o.paid_at > $1 - interval '365 days'),
                        0)::bigint AS money
        FROM orders o LEFT JOIN customers k ON k.id = o.customer_id AND k.merged_into IS NOT NULL
        JOIN members m ON m.customer_id = coalesce(k.merged_into, o.customer_id)
        WHERE m.left_at IS NULL AND o.paid_at <= $1 AND o.cancelled_at IS NULL GROUP BY m.id) x
""".format(
    ", ".join(
        f"percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY {name}) AS {name}"
        for name in ("recency", "frequency", "money")
    )
)
_KEPT = "SELECT currency, recency, frequency, money, counted_at FROM rfm_bounds"
_KEEP = """
    INSERT INTO rfm_bounds (merchant_id, currency, recency, frequency, money, counted_at)
    VALUES (current_merchant(), $1, $2, $3, $4, $5)
    ON CONFLICT (merchant_id) DO UPDATE SET currency = excluded.currency, recency = excluded.recency,
        frequency = excluded.frequency, money = excluded.money, counted_at = excluded.counted_at
"""


async def bounds(now: datetime) -> Bounds | None:
    """As they were last counted, else counted now; None: nobody has bought."""
    row = await db.fetchrow(_KEPT)
    if row is None:
        return await _count(now)
    return Bounds(**{name: row[name] for name in Bounds.__struct_fields__})


async def renew(now: datetime) -> bool:
    """Count them once a day; answers whether it did."""
    row = await db.fetchrow(_KEPT)
    currency = (await tenancy.shop()).currency
    if row and row["currency"] == currency and now - row["counted_at"] < RENEWED_AFTER:
        return False
    found = await _count(now)
    if found is None:
        return False
    await db.execute(_KEEP, found.currency, found.recency, found.frequency, found.money, now)
    return True


async def _count(now: datetime) -> Bounds | None:
    currency = (await tenancy.shop()).currency
    row = await db.fetchrow(_COUNT, now, currency)
    if row is None or row["recency"] is None:
        return None
    return Bounds(currency=currency, recency=row["recency"], frequency=row["frequency"], money=row["money"])
