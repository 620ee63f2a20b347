"""Orders out of real purchases: times of day, lines, deliveries and refunds by seeded rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, groupby
from random import Random

from admin.demo.shapes import Order, OrderLine, Product, Purchase, Refund, RefundLine, Store

MOST_LINES = 4
LATE_SHARE = 0.04
ON_TIME_DAYS = (2, 9)
LATE_DAYS = (12, 20)
REFUND_SHARE = 0.032
REFUND_WHOLE_SHARE = 0.6
REFUND_DAYS = (3, 19)


def make_orders(
    rng: Random, store: Store, history: Sequence[Purchase], shift: timedelta, now: datetime
) -> list[Order]:
    """One order for each purchase, oldest first. What would happen after `now` has not happened yet."""
    orders: list[Order] = []
    for day, purchases in groupby(history, key=lambda purchase: purchase.day):
        bought = list(purchases)
        paid_times = _paid_times(rng, store, day + shift, len(bought))
        for purchase, paid_at in zip(bought, paid_times, strict=True):
            orders.append(_make_order(rng, store, purchase, paid_at, len(orders) + 1, now))
    return orders


def local_to_utc(store: Store, day: date, minute_of_day: int) -> datetime:
    """The moment at which it is so late at the store."""
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    return midnight + timedelta(minutes=minute_of_day, hours=-store.utc_offset_hours)


def local_day(store: Store, moment: datetime) -> date:
    """The date at the store."""
    return (moment + timedelta(hours=store.utc_offset_hours)).date()


def _paid_times(rng: Random, store: Store, day: date, count: int) -> list[datetime]:
    """`count` different minutes within the opening hours, in order."""
    open_minutes = range(store.opens_hour * 60, store.closes_hour * 60)
    return [local_to_utc(store, day, minute) for minute in sorted(rng.sample(open_minutes, count))]


def _make_order(
    rng: Random, store: Store, purchase: Purchase, paid_at: datetime, place: int, now: datetime
) -> Order:
    order_id = f"O{purchase.customer:05d}-{place:03d}"
    amount_minor = purchase.amount_cents * store.minor_per_cent
    lines = _make_lines(rng, store, order_id, purchase.items, amount_minor)
    delivered_at = _delivered_at(rng, store, paid_at)
    refund = _make_refund(rng, order_id, lines, delivered_at)
    return Order(
        order_id=order_id,
        store_id=store.store_id,
        customer_id=f"C{purchase.customer:05d}",
        currency=store.currency,
        amount_minor=amount_minor,
        paid_at=paid_at,
        lines=lines,
        delivered_at=delivered_at if delivered_at <= now else None,
        refund=refund if refund and refund.refunded_at <= now else None,
    )


def _make_lines(
    rng: Random, store: Store, order_id: str, items: int, amount_minor: int
) -> tuple[OrderLine, ...]:
    """Up to four products share the items; the amounts add up to the order's exactly."""
    products = _draw_products(rng, store.catalogue, min(items, rng.randint(1, MOST_LINES)))
    quantities = [1] * len(products)
    for _ in range(items - len(products)):
        quantities[rng.randrange(len(products))] += 1
    amounts = _split(rng, amount_minor, quantities)
    return tuple(
        OrderLine(f"{order_id}-{place}", product.sku, product.name, quantity, amount)
        for place, (product, quantity, amount) in enumerate(
            zip(products, quantities, amounts, strict=True), start=1
        )
    )


def _draw_products(rng: Random, catalogue: Sequence[Product], count: int) -> list[Product]:
    """`count` different products, by weight."""
    weights = list(accumulate(product.weight for product in catalogue))
    drawn: dict[str, Product] = {}
    while len(drawn) < count:
        product = rng.choices(catalogue, cum_weights=weights)[0]
        drawn[product.sku] = product
    return list(drawn.values())


def _split(rng: Random, amount_minor: int, quantities: Sequence[int]) -> list[int]:
    """By quantity, with unit prices that differ a little; the first line takes what rounding leaves."""
    shares = [quantity * rng.randint(70, 130) for quantity in quantities]
    amounts = [amount_minor * share // sum(shares) for share in shares]
    amounts[0] += amount_minor - sum(amounts)
    return amounts


def _delivered_at(rng: Random, store: Store, paid_at: datetime) -> datetime:
    """2 to 9 calendar days later between 9:00 and 18:00, a few 12 to 20 days later."""
    days = rng.randint(*(LATE_DAYS if rng.random() < LATE_SHARE else ON_TIME_DAYS))
    return local_to_utc(
        store, local_day(store, paid_at) + timedelta(days=days), rng.randrange(9 * 60, 18 * 60)
    )


def _make_refund(
    rng: Random, order_id: str, lines: Sequence[OrderLine], delivered_at: datetime
) -> Refund | None:
    """Of few orders, the whole or one line, 3 to 20 days after delivery; never of what cost nothing."""
    chosen, whole = rng.random() < REFUND_SHARE, rng.random() < REFUND_WHOLE_SHARE
    paid_lines = [line for line in lines if line.amount_minor > 0]
    if not chosen or not paid_lines:
        return None
    refunded = paid_lines if whole else [rng.choice(paid_lines)]
    later = timedelta(days=rng.randint(*REFUND_DAYS), minutes=rng.randrange(24 * 60))
    return Refund(
        refund_id=f"R{order_id[1:]}",
        refunded_at=delivered_at + later,
        amount_minor=sum(line.amount_minor for line in refunded),
        lines=tuple(RefundLine(line.line_id, line.amount_minor) for line in refunded),
    )
