"""Pure: events folded into orders, and what earning needs to know of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from core.errors import DomainError, Kind


class RefundExceedsOrder(DomainError):
    """All refunds of an order together are at most what was paid."""

    code = "refund_exceeds_order"
    kind = Kind.INVALID
    title = "More would be refunded than was paid"


class OrderPaidDiffers(DomainError):
    """An order is paid once; a second payment with other content is a mistake of the sender."""

    code = "order_paid_differs"
    kind = Kind.CONFLICT
    title = "The order was paid before, with other content"


class RefundDiffers(DomainError):
    """A refund came again with another amount."""

    code = "refund_differs"
    kind = Kind.CONFLICT
    title = "The refund is known with another amount"


class Refund(msgspec.Struct, frozen=True):
    """One refund. `lines` are (line_id, amount_minor)."""

    refund_id: str
    amount_minor: int
    refunded_at: datetime
    lines: tuple[tuple[str, int], ...] = ()


PaidLine = tuple[str, str, str, int, int, str | None]
"""Line id, sku, name, quantity, amount in minor units, category."""


class Payment(msgspec.Struct, frozen=True):
    """What order.paid says. `points_paid_minor` is the part of the amount that points paid.

    `discount_minor` was taken off before the amount.

    `store` and `store_id` are one store, as the shop and as we call it.
    """

    store_id: UUID
    customer_id: UUID
    currency: str
    amount_minor: int
    paid_at: datetime
    lines: tuple[PaidLine, ...] = ()
    store: str = ""
    channel: str | None = None
    points_paid_minor: int = 0
    discount_minor: int = 0


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was true when the order was first counted; what it gives follows from this for ever after.

    `number`: which order of its customer's it is. `campaigns`: those that gave points for it. `fresh`: it
    is being counted now, so its earns are still to be posted.
    """

    tier_code: str
    multiplier_percent: int
    number: int
    segments: frozenset[UUID] = frozenset()
    campaigns: tuple[UUID, ...] = ()
    fresh: bool = False


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of an order; any part may come first."""

    id: UUID
    external_id: str
    payment: Payment | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    counted: Counted | None = None
    happened: Mapping[str, datetime] = {}
    """When what a wallet may wait for (order.fulfilled …) first happened to the order."""

    @property
    def refunded_minor(self) -> int:
        """What was paid back so far, in minor units."""
        return sum(refund.amount_minor for refund in self.refunds)


def pay(order: Order, payment: Payment) -> Order:
    """The order with its payment. Raises OrderPaidDiffers if it was paid otherwise."""
    known = order.payment
    if known is None:
        return msgspec.structs.replace(order, payment=payment)
    if _said(known) != _said(payment):
        raise OrderPaidDiffers(order.external_id)
    return order


def _said(payment: Payment) -> tuple[object, ...]:
    amounts = (payment.currency, payment.amount_minor, payment.points_paid_minor)
    return (payment.store_id, payment.customer_id, *amounts)


def deliver(order: Order, at: datetime) -> Order:
    """The order delivered: the first delivery counts."""
    first = at if order.delivered_at is None else min(order.delivered_at, at)
    return msgspec.structs.replace(order, delivered_at=first)


def cancel(order: Order, at: datetime) -> Order:
    """The order called off: the first time counts."""
    first = at if order.cancelled_at is None else min(order.cancelled_at, at)
    return msgspec.structs.replace(order, cancelled_at=first)


def refund(order: Order, new: Refund) -> Order:
    """The order with one more refund. Raises RefundExceedsOrder or RefundDiffers.

    A refund that comes before its payment cannot be compared with it; what is kept is then never
    counted below zero.
    """
    for known in order.refunds:
        if known.refund_id == new.refund_id:
            if known.amount_minor != new.amount_minor:
                raise RefundDiffers(new.refund_id)
            return order
    if order.payment and order.refunded_minor + new.amount_minor > order.payment.amount_minor:
        left = order.payment.amount_minor - order.refunded_minor
        raise RefundExceedsOrder(
            f"order {order.external_id}: {new.amount_minor} asked, {left} left", left_minor=left
        )
    return msgspec.structs.replace(order, refunds=(*order.refunds, new))


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What earning needs of the programme as it stands."""

    version_id: UUID
    version: int
    guest_claim_days: int
    multipliers: Mapping[str, int]
    """Tier code to percent."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What earning needs to know of a member."""

    id: UUID
    joined_at: datetime
    left_at: datetime | None
    tier_code: str


def counts(payment: Payment, member: Member, terms: Terms) -> bool:
    """Whether an order is one of the member's: paid within the membership or claimed as a guest's."""
    since = member.joined_at - timedelta(days=terms.guest_claim_days)
    return payment.paid_at >= since and (member.left_at is None or payment.paid_at < member.left_at)
