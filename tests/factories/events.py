"""A shop's events, with the fields that a test does not care about filled in."""

from datetime import datetime
from typing import Any

from core.ids import new_id
from loyalty.intake.events import Event


def event(kind: str, at: datetime, event_id: str | None = None, **data: Any) -> Event:
    """Any event; without an id it is a new one."""
    return Event(id=event_id or new_id().hex, source="shop", type=kind, time=at, data=data)


def joined(customer: str, at: datetime, event_id: str | None = None) -> Event:
    """A customer who accepts the terms."""
    return event(
        "customer.created", at, event_id, customer_id=customer, accepts_terms=True, terms_version="1"
    )


def paid(
    order: str,
    customer: str,
    amount_minor: int,
    at: datetime,
    event_id: str | None = None,
    currency: str = "USD",
    store: str = "s1",
) -> Event:
    """An order of one line, paid."""
    line = {"line_id": "1", "sku": "A", "name": "Thing", "amount_minor": amount_minor}
    return event(
        "order.paid",
        at,
        event_id,
        order_id=order,
        store_id=store,
        customer_id=customer,
        currency=currency,
        amount_minor=amount_minor,
        lines=[line],
    )


def delivered(order: str, at: datetime, event_id: str | None = None) -> Event:
    """An order delivered."""
    return event("order.delivered", at, event_id, order_id=order)


def refunded(order: str, refund: str, amount_minor: int, at: datetime, event_id: str | None = None) -> Event:
    """One refund of an order."""
    return event("order.refunded", at, event_id, order_id=order, refund_id=refund, amount_minor=amount_minor)
