"""Write mails, and read what was written."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import outbox
from core.errors import NotFound
from core.ids import new_id
from core.mail import queries
from core.settings import settings

TOPIC = "mail.send"


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


async def send(kind: str, to_address: str, locale: str, subject: str, body: str, now: datetime) -> UUID:
    """Keep a mail of plain text and, when a mail server is set, have it sent after this transaction.

    `kind` says what it is for (`login_link`, `case_reply` …). Answers its id.
    """
    mail_id = new_id()
    await queries.insert(mail_id, kind, to_address, locale, subject, body, now)
    if settings().smtp_url:
        await outbox.add(TOPIC, {"mail_id": mail_id}, now)
    return mail_id


async def get(mail_id: UUID) -> Mail:
    """One mail of the merchant. Raises NotFound."""
    row = await queries.find(mail_id)
    if row is None:
        raise NotFound(f"no mail {mail_id}")
    return Mail(**row)


async def newest(limit: int = 50) -> list[Mail]:
    """The merchant's mails, newest first."""
    return [Mail(**row) for row in await queries.newest(limit)]
