"""Write mails, and read what was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core import db, outbox
from core.errors import NotFound
from core.ids import new_id
from core.mail import queries
from core.settings import settings

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


async def send(
    kind: str,
    to_address: str,
    locale: str,
    subject: str,
    body: str,
    now: datetime,
    html: str = "",
    headers: Mapping[str, str] | None = None,
) -> UUID:
    """Keep a mail and, when a mail server is set, have it sent after this transaction.

    `kind` says what it is for (`login_link`, `case_reply` …); `body` is plain text, `html` the same with
    links on words. What people can end (it has a List-Unsubscribe) goes behind all other mails. Answers
    its id.
    """
    mail_id = new_id()
    await queries.insert(mail_id, kind, to_address, locale, subject, body, now, html, headers or {})
    if settings().smtp_url:
        topic = TOPIC_BULK if headers and "List-Unsubscribe" in headers else TOPIC
        await outbox.add(topic, {"mail_id": mail_id}, now)
    return mail_id


async def get(mail_id: UUID) -> Mail:
    """One mail of the merchant. Raises NotFound."""
    row = await queries.find(mail_id)
    if row is None:
        raise NotFound(f"no mail {mail_id}")
    return _mail(row)


async def newest(limit: int = 50) -> list[Mail]:
    """The merchant's mails, newest first."""
    return [_mail(row) for row in await queries.newest(limit)]


def _mail(row: db.Row) -> Mail:
    return Mail(**(dict(row) | {"headers": db.from_json(row["headers"])}))
