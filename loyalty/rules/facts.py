"""What rules may look at. Each kind of event has a type of its own, and nothing else reaches a rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order; the amount is net: what was paid for it in money."""

    sku: str
    category: str | None
    quantity: int
    amount_minor: int


class OrderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A paid order. `amount_minor` is what was paid in money; `number` counts the customer's orders."""

    currency: str
    amount_minor: int
    store: str
    channel: str | None
    number: int
    lines: tuple[Line, ...]
    empty: bool = False
    """Nothing of it was kept."""


class CustomFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the shop's own."""

    name: str
    data: Mapping[str, Any]


class ReviewFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review written here. There is no rating, sentiment or text here, nor anything derived from them:
    points for a review must not depend on what it says."""

    product: str | None = None
    verified_purchase: bool
    has_photo: bool


class ReferralFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A friend's first kept order, seen from one side."""

    side: str


class MomentFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """birthday, profile_completed or enrolment: there is nothing to say but that it happened."""

    name: str


Happening = OrderFacts | CustomFacts | ReviewFacts | ReferralFacts | MomentFacts


class MemberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The member as they were when the event was first counted; it holds for ever after."""

    joined_at: datetime
    tier_code: str
    multiplier_percent: int
    segments: frozenset[UUID] = frozenset()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """One event and its member. `local_at` is the merchant's wall clock, without a zone."""

    occurred_at: datetime
    local_at: datetime
    member: MemberFacts
    what: Happening
