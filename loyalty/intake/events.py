"""The event envelope and the data of the events we act on. Names follow CloudEvents."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

ID_LIMIT = 200
Id = Annotated[str, Meta(min_length=1, max_length=ID_LIMIT)]
Text = Annotated[str, Meta(max_length=500)]
ReferralCode = Annotated[str, Meta(min_length=1, max_length=40)]
AmountMinor = Annotated[int, Meta(ge=0, le=10**13)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened in a shop. (source, id) names it for ever."""

    id: Id
    source: Id
    type: Annotated[str, Meta(pattern=r"^[a-z]+\.[a-z_.]+\Z", max_length=100)]
    time: Annotated[datetime, Meta(tz=True)]
    subject: Text | None = None
    data: dict[str, Any]


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class CustomerFacts(_Data, frozen=True, kw_only=True):
    """customer.created, customer.updated. Absent fields leave what is known as it is."""

    customer_id: Id
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z", max_length=254)] | None = None
    name: Text | None = None
    locale: Annotated[str, Meta(max_length=35)] | None = None
    birthday: (
        Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z", max_length=5)] | None
    ) = None
    """Month and day, such as 02-29."""
    store_id: Id | None = None
    accepts_terms: bool = False
    terms_version: Text = ""
    referral_code: ReferralCode | None = None


class CustomerGone(_Data, frozen=True, kw_only=True):
    """customer.deleted."""

    customer_id: Id


class CustomerMerged(_Data, frozen=True, kw_only=True):
    """customer.merged: `customer_id` is now known as `into_customer_id`."""

    customer_id: Id
    into_customer_id: Id


class OrderLine(_Data, frozen=True, kw_only=True):
    """What was bought; `amount_minor` is of the whole line."""

    line_id: Id
    sku: Id
    name: Text
    category: Text | None = None
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    amount_minor: AmountMinor


class OrderPaid(_Data, frozen=True, kw_only=True):
    """order.paid. `amount_minor` is what the customer paid, in hundredths (or what the currency has).

    It is after discounts; how much these were is `discount_minor`. If points (or a voucher bought with
    points) paid for a part of it, that part is `points_paid_minor` and earns nothing. `channel` is where it
    was bought, as the shop calls it.
    `referral_code`: the customer came with this code of a member's.
    """

    order_id: Id
    store_id: Id
    customer_id: Id
    currency: Currency
    amount_minor: AmountMinor
    points_paid_minor: AmountMinor = 0
    discount_minor: AmountMinor = 0
    channel: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    referral_code: ReferralCode | None = None
    lines: Annotated[tuple[OrderLine, ...], Meta(max_length=1000)] = ()


class OrderDelivered(_Data, frozen=True, kw_only=True):
    """order.delivered."""

    order_id: Id


class OrderCancelled(_Data, frozen=True, kw_only=True):
    """order.cancelled: called off as a whole; what it earned is taken back."""

    order_id: Id


class RefundLine(_Data, frozen=True, kw_only=True):
    """What of a line was paid back."""

    line_id: Id
    amount_minor: AmountMinor


class OrderRefunded(_Data, frozen=True, kw_only=True):
    """order.refunded: one refund of one order."""

    refund_id: Id
    order_id: Id
    amount_minor: Annotated[int, Meta(ge=1, le=10**13)]
    lines: Annotated[tuple[RefundLine, ...], Meta(max_length=1000)] = ()


OrderEvent = OrderPaid | OrderDelivered | OrderCancelled | OrderRefunded
AnyData = CustomerFacts | CustomerGone | CustomerMerged | OrderEvent

DATA: dict[str, type[AnyData]] = {
    "customer.created": CustomerFacts,
    "customer.updated": CustomerFacts,
    "customer.deleted": CustomerGone,
    "customer.merged": CustomerMerged,
    "order.paid": OrderPaid,
    "order.delivered": OrderDelivered,
    "order.cancelled": OrderCancelled,
    "order.refunded": OrderRefunded,
}

# Kept as they come: nothing acts on them yet.
RECORDED = frozenset(
    {
        "order.placed",
        "order.fulfilled",
        "shipment.created",
        "shipment.scanned",
        "shipment.delayed",
        "stock.changed",
        "product.viewed",
        "cart.updated",
        "checkout.started",
    }
)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event: applied, recorded, duplicate or rejected.

    A rejected one has a code and the reason. So has an applied one of which there is something to say:
    `currency_without_rate`, an order that earns nothing because no earn rate is set for its currency.
    """

    id: str
    status: str
    code: str | None = None
    detail: str | None = None
