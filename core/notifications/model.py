"""What a message is made of, and what a merchant sets."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from core.i18n import Locale

Channel = Literal["mail", "sms", "push"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
About = Literal["cases", "orders", "points", "tier", "expiry", "surveys", "reviews"]
ABOUT: tuple[About, ...] = get_args(About)
"""Matters that a customer can want or not want, each by each channel."""
SERVICE: frozenset[About] = frozenset({"cases", "orders"})
"""What people wait for. All else is marketing: it waits for quiet hours to end, has a one-click end, and may
need consent."""
State = Literal["held", "queued", "sent", "failed", "suppressed"]
STATES: tuple[State, ...] = get_args(State)
Reason = Literal["erased", "no_address", "opted_out", "no_consent", "outdated", "unreachable"]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is said, in the reader's language."""

    subject: str
    body: str
    """Plain text of a mail."""
    html: str = ""
    """The same with links on words; empty: there is plain text alone."""
    short: str = ""
    """For text messages and push; empty: the subject."""
    href: str = ""
    """Where the short form leads."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a mail, besides those that every one has: such as where it is answered."""


@dataclass(frozen=True)
class Reader:
    """Whom a letter is for and where its links lead; `now` is when it is written."""

    customer_id: UUID
    locale: Locale
    name: str
    shop: str
    time_zone: str
    base_url: str
    end_href: str
    """Ends such messages without signing in; empty: these are none that one ends by a click."""
    now: datetime


Write = Callable[[Any, Reader], Awaitable[Letter | None]]
"""Says the values of a kind; None: by now there is nothing left to say."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of message. `values` is a msgspec Struct: what notify() must be told."""

    code: str
    about: About
    values: type[msgspec.Struct]
    write: Write
    channels: tuple[Channel, ...] = CHANNELS
    shipped: bool = True
    """Whether it is sent until the merchant says otherwise."""
    switch: bool = True
    """False: something else decides whether it is sent at all, such as a person who writes it."""

    @property
    def marketing(self) -> bool:
        """Whether it is more than people wait for."""
        return self.about not in SERVICE


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a merchant writes to customers; the defaults before anybody has said otherwise."""

    quiet_from: time = time(20)
    quiet_until: time = time(9)
    marketing_needs_consent: bool = False
    kinds: Mapping[str, bool] = {}
    """Which kinds are sent, where it is not as shipped."""

    def sends(self, kind: Kind) -> bool:
        """Whether the merchant sends this kind."""
        return not kind.switch or self.kinds.get(kind.code, kind.shipped)


@dataclass(frozen=True)
class Recipient:
    """A customer, or whoever stands for them; `wanted` by channel is their newest word on the matter."""

    customer_id: UUID
    external_id: str
    erased: bool
    email: str
    name: str
    locale: str
    time_zone: str
    """Empty: they have chosen none."""
    wanted: Mapping[str, bool]


class Send(msgspec.Struct, frozen=True):
    """Write now."""


class Hold(msgspec.Struct, frozen=True):
    """Their quiet hours end then."""

    until: datetime


class Suppress(msgspec.Struct, frozen=True):
    """Do not write."""

    reason: Reason


Decision = Send | Hold | Suppress


@dataclass(frozen=True)
class Delivery:
    """One message by one channel, as it stands."""

    id: UUID
    channel: Channel
    state: State
    reason: str = ""
