"""The story as the events that the stores' systems would have sent."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from admin.demo.shapes import Customer, Event, Order, Refund

TERMS_VERSION = "2025-01"


def make_events(customers: Iterable[Customer], orders: Iterable[Order]) -> Iterator[Event]:
    """All events, oldest first; the same story gives the same ids."""
    events = [_customer_created(customer) for customer in customers]
    for order in orders:
        events += _events_of_order(order)
    return iter(sorted(events, key=lambda event: (event.time, event.id)))


def _events_of_order(order: Order) -> Iterator[Event]:
    yield _order_paid(order)
    if order.delivered_at:
        data = {"order_id": order.order_id}
        yield _event(order.store_id, "order.delivered", order.order_id, order.delivered_at, data)
    if order.refund:
        yield _order_refunded(order, order.refund)


def _event(store_id: str, type_: str, subject: str, time: datetime, data: dict[str, Any]) -> Event:
    """`id` says what happened to what, which happens once: a story has at most one refund of an order."""
    return Event(
        id=f"demo:{type_}:{subject}",
        source=f"/demo/stores/{store_id}",
        type=type_,
        time=time,
        subject=subject,
        data=data,
    )


def _customer_created(customer: Customer) -> Event:
    data = {
        "customer_id": customer.customer_id,
        "email": customer.email,
        "name": customer.name,
        "locale": customer.locale,
        "store_id": customer.store_id,
        "accepts_terms": True,
        "terms_version": TERMS_VERSION,
    }
    return _event(customer.store_id, "customer.created", customer.customer_id, customer.joined_at, data)


def _order_paid(order: Order) -> Event:
    data = {
        "order_id": order.order_id,
        "store_id": order.store_id,
        "customer_id": order.customer_id,
        "currency": order.currency,
        "amount_minor": order.amount_minor,
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "amount_minor": line.amount_minor,
            }
            for line in order.lines
        ],
    }
    return _event(order.store_id, "order.paid", order.order_id, order.paid_at, data)


def _order_refunded(order: Order, refund: Refund) -> Event:
    data = {
        "refund_id": refund.refund_id,
        "order_id": order.order_id,
        "amount_minor": refund.amount_minor,
        "lines": [{"line_id": line.line_id, "amount_minor": line.amount_minor} for line in refund.lines],
    }
    return _event(order.store_id, "order.refunded", order.order_id, refund.refunded_at, data)
