"""What a webhook is made of."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

EndpointState = Literal["on", "off", "disabled"]
DeliveryState = Literal["queued", "delivered", "failed"]
DELIVERY_STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
Failure = Literal["timeout", "unreachable", "address_refused", "refused", "gone", "endpoint_off"]
"""Why an attempt or a delivery failed. `refused`: an answer that is no 2xx."""


@dataclass(frozen=True)
class Told:
    """One thing that happened. `data` is the type's struct; `customer_id` is ours, of whom it is about."""

    data: msgspec.Struct
    at: datetime
    customer_id: UUID | None = None


Read = Callable[[Sequence[UUID], datetime], Awaitable[Sequence[Told]]]
"""Reads the things with these ids, to which it happened then, in the open transaction."""


@dataclass(frozen=True, kw_only=True)
class EventType:
    """A kind of event. The code is stable; what would break a reader is another version."""

    code: str
    says: str
    """What has happened, in English, for the documentation."""
    data: type[msgspec.Struct]
    example: msgspec.Struct
    version: int = 1
    read: Read | None = None
    """None: whoever tells it knows all of it (service.publish)."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address that wants to hear of some types; none: of every type."""

    id: UUID
    url: str
    note: str
    types: tuple[str, ...]
    state: EndpointState
    reason: str
    old_until: datetime | None
    failing_since: datetime | None
    succeeded_at: datetime | None
    created_at: datetime
    changed_at: datetime
    queued: int
    delivered: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An event on its way to an endpoint. `status`: of the last answer; None: there was none."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    type: str
    state: DeliveryState
    reason: str
    attempts: int
    status: int | None
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request and what came back: at most the first KB of it."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    failure: str
    answer: str
