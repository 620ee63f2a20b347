"""What the demo's story is made of. Times are UTC, amounts are minor units of the store's currency."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct


class Purchase(Struct, frozen=True):
    """One real purchase as shipped. `amount_cents` is US cents and may be 0."""

    customer: int
    day: date
    items: int
    amount_cents: int


class Text(Struct, frozen=True):
    """One real review text as shipped. `stars` is None where the source has only a label: neg, neu or pos."""

    id: str
    source: str
    lang: str
    title: str
    text: str
    stars: int | None
    label: str


class Product(Struct, frozen=True):
    """`topic` is the text source that talks about such goods, `kind` the group within it."""

    sku: str
    name: str
    topic: str
    kind: str
    weight: int


class Store(Struct, frozen=True):
    """`names` by locale. Opening hours are local; none of the zones has summer time, so the offset is exact.

    `minor_per_cent` turns US cents into minor units of the store's currency.
    """

    store_id: str
    names: dict[str, str]
    currency: str
    minor_per_cent: int
    time_zone: str
    utc_offset_hours: int
    opens_hour: int
    closes_hour: int
    locales: tuple[str, ...]
    catalogue: tuple[Product, ...]


class Customer(Struct, frozen=True):
    """`number` is the customer's number in the purchase data."""

    customer_id: str
    number: int
    name: str
    email: str
    locale: str
    store_id: str
    joined_at: datetime


class OrderLine(Struct, frozen=True):
    """One product of an order."""

    line_id: str
    sku: str
    name: str
    quantity: int
    amount_minor: int


class RefundLine(Struct, frozen=True):
    """What of a line was paid back."""

    line_id: str
    amount_minor: int


class Refund(Struct, frozen=True):
    """The whole order or one line, paid back after delivery."""

    refund_id: str
    refunded_at: datetime
    amount_minor: int
    lines: tuple[RefundLine, ...]


class Order(Struct, frozen=True):
    """`delivered_at` is None while the order is still on its way."""

    order_id: str
    store_id: str
    customer_id: str
    currency: str
    amount_minor: int
    paid_at: datetime
    lines: tuple[OrderLine, ...]
    delivered_at: datetime | None
    refund: Refund | None


class Review(Struct, frozen=True):
    """A text put in a customer's mouth. Without `order_id` nobody can verify that the author bought anything.

    `sku` is None for a store review. `author_email` is None where the source gives none. `text_id` leads back
    to the shipped text.
    """

    external_id: str
    source: str
    store_id: str
    text_id: str
    title: str
    text: str
    rating: int
    written_at: datetime
    author_name: str
    author_email: str | None
    customer_id: str | None
    order_id: str | None
    line_id: str | None
    sku: str | None


class Event(Struct, frozen=True):
    """One event in the envelope that shops send; `data` holds only JSON values."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
