"""Say something to a customer: at once, when their quiet hours end, or not at all. Each is in the log."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from core import db, outbox, tenancy
from core.days import zone_of
from core.errors import DomainError, NotFound
from core.errors import Kind as ErrorKind
from core.i18n import negotiate
from core.ids import new_id
from core.mail import service as mail
from core.notifications import consent, kinds, queries, rules, settings
from core.notifications.model import (
    Channel,
    Decision,
    Delivery,
    Hold,
    Kind,
    Letter,
    Reader,
    Recipient,
    Settings,
    Suppress,
)
from core.settings import settings as installed

GATEWAY = "notification.gateway"
"""Topic of what goes to a merchant's own system."""
BATCH = 200


class NotificationKeyReused(DomainError):
    """The key belongs to another message."""

    code = "notification_key_reused"
    kind = ErrorKind.INVALID
    title = "The key belongs to another message"


class NothingToRetry(DomainError):
    """The message has not failed, or somebody sends it again already."""

    code = "notification_not_failed"
    kind = ErrorKind.CONFLICT
    title = "There is nothing to send again"


@dataclass(frozen=True)
class _Message:
    """A row of the log with what is needed to send it."""

    id: UUID
    kind: Kind
    channel: Channel
    to: Recipient
    zone: str
    told: msgspec.Struct


async def notify(
    kind: str, customer_id: UUID, values: Mapping[str, Any], key: str, now: datetime, zone: str = ""
) -> tuple[Delivery, ...]:
    """Tell a customer something, in the open transaction; one delivery for each channel that reaches them.

    `kind` is a registered code and `values` what it takes. The same `key` says it once, whoever asks and how
    often: then the answer is how it stands. `zone` is the clock of the store, else it is the shop's.
    Answers nothing where the merchant does not send this kind, or the customer is not known. Raises
    NotificationKeyReused, LookupError for an unknown kind, msgspec.ValidationError for other values.
    """
    made = kinds.find(kind)
    told = msgspec.convert(values, made.values, strict=False)
    wanted = await settings.current()
    if not wanted.sends(made):
        return ()
    to = await _recipient(customer_id, made)
    if to is None:
        return ()
    zone = zone or (await tenancy.shop()).time_zone
    print_ = hashlib.sha256(f"{kind} {customer_id} {db.to_json(told)}".encode()).digest()
    found = []
    for channel in await _channels(made, to, wanted):
        args = (customer_id, kind, made.about, channel, key, print_, zone, db.to_json(told), now)
        row_id = await db.fetchval(queries.ADD, new_id(), *args)
        if row_id is None:
            found.append(await _before(key, channel, print_))
        else:
            found.append(await _go_on(_Message(row_id, made, channel, to, zone, told), wanted, now))
    return tuple(found)


async def release(now: datetime, limit: int = BATCH) -> int:
    """Send what was held and may go out now; answers how many were looked at. In the open transaction."""
    rows = await db.fetch(queries.DUE, now, limit)
    wanted = await settings.current() if rows else Settings()
    for row in rows:
        await _go_on(await _message(row), wanted, now)
    return len(rows)


async def retry(notification_id: UUID, now: datetime) -> None:
    """Send a message again that has failed. Raises core.errors.NotFound or NothingToRetry."""
    if await db.fetchval(queries.RETRY, notification_id) is None:
        if await db.fetchval("SELECT 1 FROM notifications WHERE id = $1", notification_id) is None:
            raise NotFound(f"no message {notification_id}")
        raise NothingToRetry()
    await outbox.add(GATEWAY, {"notification": notification_id}, now)


async def queued(notification_id: UUID, now: datetime) -> tuple[Recipient, Kind, Letter | None, int] | None:
    """What is to be handed to a gateway, locked: to whom, what kind, the letter, how often it was tried.

    None: it was done before. The letter is None where it is unwanted, has nothing to say by now or waits for
    the quiet hours to end; that is noted then.
    """
    row = await db.fetchrow(queries.QUEUED, notification_id)
    if row is None:
        return None
    message = await _message(row)
    if await _put_off(message, _decide(message, await settings.current(), now), now):
        return message.to, message.kind, None, row["attempts"]
    letter = await message.kind.write(message.told, await _reader(message, "", now))
    if letter is None:
        await db.execute(queries.SUPPRESS, message.id, "outdated", now)
    return message.to, message.kind, letter, row["attempts"]


async def _go_on(message: _Message, wanted: Settings, now: datetime) -> Delivery:
    """Send, hold or suppress."""
    if done := await _put_off(message, _decide(message, wanted, now), now):
        return done
    if message.channel == "mail":
        return await _mail(message, now)
    await db.execute(queries.QUEUE, message.id)
    await outbox.add(GATEWAY, {"notification": message.id}, now)
    return Delivery(message.id, message.channel, "queued")


def _decide(message: _Message, wanted: Settings, now: datetime) -> Decision:
    """What becomes of it now; a kind that the merchant has switched off since it was held is not sent."""
    if not wanted.sends(message.kind):
        return Suppress("outdated")
    zone = zone_of(message.to.time_zone or message.zone)
    return rules.decide(message.kind, message.channel, message.to, wanted, zone, now)


async def _put_off(message: _Message, decision: Decision, now: datetime) -> Delivery | None:
    """Note that it is not sent, or not yet; None: it may go out."""
    if isinstance(decision, Suppress):
        await db.execute(queries.SUPPRESS, message.id, decision.reason, now)
        return Delivery(message.id, message.channel, "suppressed", decision.reason)
    if isinstance(decision, Hold):
        await db.execute(queries.HOLD, message.id, decision.until)
        return Delivery(message.id, message.channel, "held")
    return None


async def _mail(message: _Message, now: datetime) -> Delivery:
    token = ""
    if message.kind.marketing:
        token = await consent.add_link(message.to.customer_id, message.kind.about, "mail", now)
    reader = await _reader(message, token, now)
    letter = await message.kind.write(message.told, reader)
    if letter is None:
        await db.execute(queries.SUPPRESS, message.id, "outdated", now)
        return Delivery(message.id, "mail", "suppressed", "outdated")
    mail_id = await mail.send(
        message.kind.code,
        message.to.email,
        reader.locale,
        letter.subject,
        letter.body,
        now,
        letter.html,
        {**letter.headers, **_headers(reader.base_url, token)},
        message.to.customer_id,
    )
    await db.execute(queries.HAND_OVER, message.id, mail_id, now)
    return Delivery(message.id, "mail", "queued")


def _headers(base_url: str, token: str) -> dict[str, str]:
    """What lets mail programs offer the end of such mails (RFC 8058)."""
    if not token:
        return {}
    href = f"{base_url}{consent.ONE_CLICK_PATH}?{urlencode({'token': token})}"
    return {"List-Unsubscribe": f"<{href}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


async def _reader(message: _Message, token: str, now: datetime) -> Reader:
    locale = negotiate(message.to.locale, message.to.locale)
    shop, base_url = await tenancy.shop(), installed().public_url
    return Reader(
        customer_id=message.to.customer_id,
        locale=locale,
        name=message.to.name,
        shop=shop.name(locale),
        time_zone=shop.time_zone,
        base_url=base_url,
        end_href=f"{base_url}{consent.PATH}?{urlencode({'token': token})}" if token else "",
        now=now,
    )


async def _recipient(customer_id: UUID, kind: Kind) -> Recipient | None:
    row = await db.fetchrow(queries.RECIPIENT, customer_id, kind.about)
    if row is None:
        return None
    return Recipient(**(dict(row) | {"wanted": db.from_json(row["wanted"]) if row["wanted"] else {}}))


async def _channels(kind: Kind, to: Recipient, wanted: Settings) -> list[Channel]:
    """Mail, and what else there is a gateway for that they have spoken of: silence there leaves no trace."""
    there = {"mail", *await settings.gateway_urls()} if len(kind.channels) > 1 else {"mail"}
    return [
        channel
        for channel in kind.channels
        if channel in there and (channel == "mail" or channel in to.wanted)
    ]


async def _message(row: db.Row) -> _Message:
    kind = kinds.find(row["kind"])
    to = await _recipient(row["customer_id"], kind)
    assert to is not None  # customers stay, only what identifies them goes
    told = msgspec.json.decode(row["told"], type=kind.values)
    return _Message(row["id"], kind, row["channel"], to, row["zone"], told)


async def _before(key: str, channel: Channel, print_: bytes) -> Delivery:
    row = await db.fetchrow(queries.BY_KEY, key, channel)
    if row is None or row["fingerprint"] != print_:
        raise NotificationKeyReused()
    return Delivery(row["id"], row["channel"], row["state"], row["reason"])
