"""The demo shop's story: who joined, bought, got, gave back and wrote what.

Pure: it reads the shipped data and no clock, and is the same for the same seed and time.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from random import Random

from msgspec import Struct

from admin.demo.customers import day_shift, make_customer, place
from admin.demo.events import make_events
from admin.demo.files import read_purchases, read_texts
from admin.demo.orders import local_day, make_orders
from admin.demo.reviews import make_reviews
from admin.demo.shapes import Customer, Event, Order, Purchase, Review, Store
from admin.demo.stores import STORES


class Story(Struct, frozen=True):
    """Customers by time of joining, orders by time of payment, reviews by time of writing."""

    stores: tuple[Store, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    reviews: tuple[Review, ...]

    def events(self) -> Iterator[Event]:
        """customer.created, order.paid, order.delivered and order.refunded, oldest first."""
        return make_events(self.customers, self.orders)

    def summary(self) -> dict[str, int]:
        """Counts for a table, in the order in which it should show them."""
        refunds = sum(1 for order in self.orders if order.refund)
        delivered = sum(1 for order in self.orders if order.delivered_at)
        return {
            "stores": len(self.stores),
            "members": len(self.customers),
            "orders": len(self.orders),
            "orders_delivered": delivered,
            "orders_on_their_way": len(self.orders) - delivered,
            "orders_worth_nothing": sum(1 for order in self.orders if order.amount_minor == 0),
            "refunds": refunds,
            "events": len(self.customers) + len(self.orders) + delivered + refunds,
            "reviews": len(self.reviews),
            "reviews_with_order": sum(1 for review in self.reviews if review.order_id),
            "reviews_of_1_or_2_stars": sum(1 for review in self.reviews if review.rating <= 2),
            "reviews_of_3_stars": sum(1 for review in self.reviews if review.rating == 3),
            "reviews_of_4_or_5_stars": sum(1 for review in self.reviews if review.rating >= 4),
        }


def build_story(seed: int, now: datetime, members: int = 5000, reviews: int | None = None) -> Story:
    """Tell the story up to `now` (aware). Without `reviews`: all texts at full size, fewer in proportion.

    Raises ValueError for a naive `now`, for more members or reviews than are shipped, and for more reviews
    than the members' delivered order lines can carry.
    """
    if now.tzinfo is None:
        raise ValueError("now must be timezone-aware")
    histories, texts = _histories(), read_texts()
    if not 1 <= members <= len(histories):
        raise ValueError(f"members must be 1 to {len(histories)}, not {members}")
    count = len(texts) * members // len(histories) if reviews is None else reviews
    if not 0 <= count <= len(texts):
        raise ValueError(f"reviews must be 0 to {len(texts)}, not {count}")
    numbers = Random(f"{seed}/members").sample(sorted(histories), len(histories))
    customers, orders = _members_and_orders(seed, now, islice(numbers, members), histories)
    return Story(
        stores=STORES,
        customers=tuple(sorted(customers, key=lambda customer: (customer.joined_at, customer.customer_id))),
        orders=tuple(sorted(orders, key=lambda order: (order.paid_at, order.order_id))),
        reviews=tuple(make_reviews(seed, now, texts, customers, orders, count)),
    )


def _histories() -> dict[int, list[Purchase]]:
    by_customer: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in read_purchases():
        by_customer[purchase.customer].append(purchase)
    return by_customer


def _members_and_orders(
    seed: int, now: datetime, numbers: Iterator[int], histories: dict[int, list[Purchase]]
) -> tuple[list[Customer], list[Order]]:
    """Every member has a random stream of their own: the same member in a small shop as in a large one."""
    customers: list[Customer] = []
    orders: list[Order] = []
    for position, number in enumerate(numbers):
        rng = Random(f"{seed}/member/{number}")
        store, locale = place(position)
        history = histories[number]
        shift = day_shift(rng, history, local_day(store, now))
        bought = make_orders(rng, store, history, shift, now)
        customers.append(make_customer(rng, number, store, locale, bought[0].paid_at))
        orders += bought
    return customers, orders
