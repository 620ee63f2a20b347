"""What customers want to hear of, and the links of mails that end it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from core import db
from core.days import zone_of
from core.ids import new_id
from core.notifications import queries
from core.notifications.model import ABOUT, About, Channel
from core.people.tokens import LinkEnded, digest, new_token

PATH = "/messages/unsubscribe"
ONE_CLICK_PATH = "/webhooks/unsubscribe"
VALID = timedelta(days=400)

Via = Literal["portal", "link", "one_click", "shop"]
Wanted = Mapping[tuple[About, Channel], bool]


@dataclass(frozen=True)
class Holder:
    """Whoever has a link, and what it ends."""

    customer_id: UUID
    about: About
    channel: Channel


async def wanted(customer_id: UUID, channels: Sequence[Channel]) -> dict[tuple[About, Channel], bool | None]:
    """Their newest word by matter and channel; None: they have said nothing."""
    rows = await db.fetch(queries.CHOICES, customer_id, list(ABOUT), list(channels))
    return {(row["about"], row["channel"]): row["wanted"] for row in rows}


async def say(customer_id: UUID, said: Wanted, via: Via, now: datetime) -> None:
    """Keep what a customer wants; what they have said already is not said again."""
    before = await wanted(customer_id, sorted({channel for _, channel in said}))
    for (about, channel), wants in said.items():
        if before[about, channel] is not wants:
            await db.execute(queries.ADD_CHOICE, new_id(), customer_id, about, channel, wants, via, now)


async def choose_clock(customer_id: UUID, time_zone: str) -> None:
    """Whose quiet hours count; empty: the shop's. Raises core.days.TimeZoneUnknown."""
    if time_zone:
        zone_of(time_zone)
    await db.execute(queries.SET_TIME_ZONE, customer_id, time_zone)


async def add_link(customer_id: UUID, about: About, channel: Channel, now: datetime) -> str:
    """A token that ends a matter on a channel."""
    token = new_token()
    await db.execute(queries.ADD_LINK, digest(token), customer_id, about, channel, now + VALID)
    return token


async def holder(token: str, now: datetime) -> Holder:
    """Who has a link, in the open transaction. Raises LinkEnded."""
    row = await db.fetchrow(queries.LINK, digest(token), now)
    if row is None:
        raise LinkEnded()
    return Holder(**row)
