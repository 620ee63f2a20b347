"""View models of messages to customers: the log, how they are sent, and what a customer wants."""

from dataclasses import dataclass
from datetime import datetime

from core.design.case_views import SettingsForm


@dataclass(frozen=True)
class MessageRow:
    """One message by one channel."""

    kind: str
    channel: str
    """Code of kind "channel"."""
    state: str
    """Code of kind "delivery"."""
    reason: str
    """Code of kind "suppressed"."""
    customer: str
    subject: str
    href: str
    """To its text; empty: it is none that is kept."""
    at: datetime
    due_at: datetime | None = None
    """When it goes out that is held."""
    attempts: int = 0
    retry_action: str = ""
    retry_key: str = ""
    language: str = ""
    """Of the subject."""


@dataclass(frozen=True)
class MessageLog:
    """`staff/messages.html`. `states`: code of kind "delivery" or empty for all, how many, address, whether
    this one is shown."""

    rows: tuple[MessageRow, ...]
    states: tuple[tuple[str, int, str, bool], ...]
    first_href: str = ""
    next_href: str = ""


@dataclass(frozen=True)
class MessageSettings:
    """`staff/message_settings.html`. `secret` is shown once, after a gateway was set."""

    forms: tuple[SettingsForm, ...]
    secret: str = ""


@dataclass(frozen=True)
class Choice:
    """`name` of a box, whether it is ticked; `channel` is a code of kind "channel"."""

    name: str
    channel: str
    wanted: bool


@dataclass(frozen=True)
class ChoiceRow:
    about: str
    """Code of kind "about"."""
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class MessageChoices:
    """`portal/messages.html`: what we may write about, and on whose clock it is night."""

    action: str
    key: str
    rows: tuple[ChoiceRow, ...]
    time_zone: str
    """Empty: the shop's."""
    time_zones: tuple[str, ...]
    address: str
    """Where mails go; empty: nowhere."""
