"""Write mails, and read what was written."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db, outbox
from core.errors import NotFound
from core.ids import new_id
from core.mail import store
from core.people import keys
from core.settings import settings
from core.vault import Vault

TOPIC = "mail.send"
TOPIC_BULK = "mail.send_bulk"
"""The same for mails that go out by the thousand: whoever wants to sign in does not wait behind them."""


@dataclass(frozen=True)
class Mail:
    """One mail as it was written; `sent_at` is None while no mail server has taken it."""

    id: UUID
    kind: str
    to_address: str
    locale: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None
    html: str = ""
    """The same with links on words and pictures; empty: there is plain text alone."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Besides those that every mail has."""


class _Text(msgspec.Struct, frozen=True):
    """What of a mail is sealed."""

    body: str
    html: str


async def send(
    kind: str,
    to_address: str,
    locale: str,
    subject: str,
    body: str,
    now: datetime,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    customer_id: UUID | None = None,
) -> UUID:
    """Keep a mail and, when a mail server is set, have it sent after this transaction.

    `kind` says what it is for (`login_link`, `case_reply` …); `body` is plain text, `html` the same with
    links on words, `customer_id` whose it is: its text is sealed under their key. What people can end (it
    has a List-Unsubscribe) goes behind all other mails. Answers its id.
    """
    mail_id = new_id()
    said, sealed = _Text(body, html), None
    if customer_id:
        sealed = (await keys.of(customer_id)).seal(msgspec.json.encode(said), _place(mail_id))
        said = _Text("", "")
    await store.insert(
        mail_id,
        kind,
        to_address,
        locale,
        subject,
        said.body,
        now,
        said.html,
        headers or {},
        customer_id,
        sealed,
    )
    if settings().smtp_url:
        topic = TOPIC_BULK if headers and "List-Unsubscribe" in headers else TOPIC
        await outbox.add(topic, {"mail_id": mail_id}, now)
    return mail_id


async def get(mail_id: UUID) -> Mail:
    """One mail of the merchant. Raises NotFound."""
    row = await store.find(mail_id)
    if row is None:
        raise NotFound(f"no mail {mail_id}")
    (found,) = await _mails([row])
    return found


async def newest(limit: int = 50) -> list[Mail]:
    """The merchant's mails, newest first."""
    return await _mails(await store.newest(limit))


async def of_customers(customer_ids: Sequence[UUID]) -> AsyncIterator[Mail]:
    """All mails to these customers, the oldest first, one at a time."""
    for row in await store.of_customers(customer_ids):
        yield await get(row["id"])


async def _mails(rows: Sequence[db.Row]) -> list[Mail]:
    """With their texts opened; the text of whoever was erased is lost."""
    opens = await keys.known({row["customer_id"] for row in rows if row["sealed"]})
    return [_mail(dict(row), opens) for row in rows]


def _mail(row: dict[str, Any], opens: Mapping[UUID, Vault | None]) -> Mail:
    sealed, reader = row.pop("sealed"), opens.get(row.pop("customer_id"))
    if sealed and reader:
        said = msgspec.json.decode(reader.open(bytes(sealed), _place(row["id"])), type=_Text)
        row |= {"body": said.body, "html": said.html}
    return Mail(**(row | {"headers": db.from_json(row["headers"])}))


def _place(mail_id: UUID) -> str:
    return f"mail {mail_id}"
