"""Mails, in and out; everything runs in the open transaction of the merchant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from core import db

COLUMNS = (
    "id, kind, to_address, locale, subject, body, created_at, sent_at, html, headers, customer_id, sealed"
)


async def insert(
    mail_id: UUID,
    kind: str,
    to_address: str,
    locale: str,
    subject: str,
    body: str,
    created_at: datetime,
    html: str,
    headers: Mapping[str, str],
    customer_id: UUID | None,
    sealed: bytes | None,
) -> None:
    """Keep a mail."""
    await db.execute(
        "INSERT INTO mails (id, merchant_id, kind, to_address, locale, subject, body, created_at, html,"
        " headers, customer_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        mail_id,
        db.merchant_id(),
        kind,
        to_address,
        locale,
        subject,
        body,
        created_at,
        html,
        db.to_json(headers),
        customer_id,
        sealed,
    )


async def find(mail_id: UUID) -> db.Row | None:
    """One mail."""
    return await db.fetchrow(f"SELECT {COLUMNS} FROM mails WHERE id = $1", mail_id)


async def newest(limit: int) -> Sequence[db.Row]:
    """The newest mails first."""
    return await db.fetch(f"SELECT {COLUMNS} FROM mails ORDER BY created_at DESC, id DESC LIMIT $1", limit)


async def mark_sent(mail_id: UUID, now: datetime) -> None:
    """Note that a mail server has taken it."""
    await db.execute("UPDATE mails SET sent_at = $2 WHERE id = $1", mail_id, now)


async def of_customers(customer_ids: Sequence[UUID]) -> Sequence[db.Row]:
    """Ids of all mails to these customers, the oldest first."""
    return await db.fetch(
        "SELECT id FROM mails WHERE customer_id = ANY ($1::uuid[]) ORDER BY created_at, id",
        list(customer_ids),
    )
