"""How the shop asks, and what decides whether somebody is asked.

An Audience says who can be asked and wants to be. What somebody thinks, or may think, is nothing that these
types could hold: tests/unit/reviews/test_invitations.py holds it.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SkipReason = Literal["no_address", "opted_out", "no_consent", "cooldown", "reviewed", "too_late"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop asks; the defaults before anybody has said otherwise."""

    active: bool = False
    days_after_delivery: Annotated[int, Meta(ge=0, le=90)] = 7
    reminder_after_days: Annotated[int, Meta(ge=0, le=60)] = 7
    """0: no reminder."""
    cooldown_days: Annotated[int, Meta(ge=0, le=365)] = 14
    """So long nobody is asked again, whatever else is delivered to them."""
    valid_days: Annotated[int, Meta(ge=1, le=180)] = 60
    """So long the link of a mail opens the form."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order. `refunded_before_minor`: paid back before the delivery."""

    line_id: str
    sku: str
    name: str
    amount_minor: int
    refunded_before_minor: int
    reviewed: bool


class Audience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of somebody to whom an order was delivered."""

    has_address: bool
    opted_out: bool
    consent_missing: bool
    """The merchant writes only to people who have agreed, and they have not."""
    asked_at: datetime | None
    """When they were last asked because of another order."""
    lines_to_review: int
    """Of what was delivered and has no review yet."""


class Send(msgspec.Struct, frozen=True):
    """Write to them now."""


class Later(msgspec.Struct, frozen=True):
    """Not now, but then."""

    at: datetime


class Skip(msgspec.Struct, frozen=True):
    """Do not ask because of this order."""

    reason: SkipReason


Decision = Send | Later | Skip


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of the orders delivered in a period: how many were asked about, wait, or were left out and why."""

    delivered: int
    sent: int
    waiting: int
    answered: int
    skipped: dict[SkipReason, int]

    @property
    def unasked(self) -> int:
        """Delivered before asking began: nobody was asked, and there is no reason on record."""
        return self.delivered - self.sent - self.waiting - sum(self.skipped.values())
