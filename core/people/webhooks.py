"""Systems that send us signed events (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from core.people.tables import WebhookSource
from core.resealing import SealedColumn
from core.vault import vault

TOLERANCE = timedelta(minutes=5)
SEALS = "2026-11-27T09:38:00:000000"
"""The migration since which secrets are sealed; a process of before can only read those in clear."""
ROLLED_OUT = timedelta(days=1)
"""By then no such process is left."""
_NOBODYS_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


class SignatureInvalid(DomainError):
    """The source is unknown, a header is missing, or no signature fits: never told apart."""

    code = "webhook_signature_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "The signature does not fit"


class TimestampStale(DomainError):
    """Signed well, but not now: an old delivery that somebody sends again, or a wrong clock."""

    code = "webhook_timestamp_stale"
    kind = Kind.UNAUTHENTICATED
    title = "The signature is too old or from the future"


@dataclass(frozen=True)
class Source:
    """A new source; the secret goes to the sending system and is shown this once."""

    id: UUID
    secret: str


async def create(name: str, now: datetime) -> Source:
    """Add a source in the open transaction."""
    source = Source(new_id(), "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    await WebhookSource(
        id=source.id,
        merchant_id=db.merchant_id(),
        name=name,
        sealed=vault().seal(source.secret.encode(), _place(source.id)),
        created_at=now,
    ).save()
    return source


async def revoke(source_id: UUID, now: datetime) -> None:
    """End a source in the open transaction; ending it twice changes nothing."""
    await WebhookSource.update({WebhookSource.revoked_at: now}).where(
        WebhookSource.id == source_id, WebhookSource.revoked_at.is_null()
    )


async def verify(source_id: UUID, headers: Mapping[str, str], body: bytes, now: datetime) -> UUID:
    """The merchant of a delivery that is signed well. Raises SignatureInvalid or TimestampStale."""
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_webhook_source($1)", source_id)
    signed_at = _signed_at(headers.get("webhook-timestamp", ""))
    secret = _secret(source_id, row) if row else _NOBODYS_SECRET
    if not _fits(secret, headers, signed_at, body) or row is None:
        raise SignatureInvalid()
    if abs(now - signed_at) > TOLERANCE:
        raise TimestampStale(f"signed at {signed_at.isoformat()}, received at {now.isoformat()}")
    return UUID(str(row["merchant_id"]))


async def seal_when_rolled_out(now: datetime) -> int:
    """The same as `seal_what_is_in_clear()`, but not while the version before may still be running."""
    over = await db.fetchval(
        "SELECT EXISTS (SELECT FROM migration WHERE app_name = 'core' AND name = $1"
        " AND ran_on::timestamptz < $2)",
        SEALS,
        now - ROLLED_OUT,
    )
    return await seal_what_is_in_clear() if over else 0


async def seal_what_is_in_clear() -> int:
    """Seal the secrets of sources from before they were sealed, in the open transaction; how many."""
    rows = await db.fetch("SELECT id, secret FROM webhook_sources WHERE secret IS NOT NULL FOR UPDATE")
    for row in rows:
        await db.execute(
            "UPDATE webhook_sources SET sealed = $2, secret = NULL WHERE id = $1",
            row["id"],
            vault().seal(row["secret"].encode(), _place(row["id"])),
        )
    return len(rows)


def _secret(source_id: UUID, row: db.Row) -> str:
    return row["secret"] or vault().open(bytes(row["sealed"]), _place(source_id)).decode()


def _signed_at(header: str) -> datetime:
    try:
        if not (header.isascii() and header.isdecimal()):
            raise ValueError("not in whole seconds")
        return datetime.fromtimestamp(int(header), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SignatureInvalid("webhook-timestamp is not in seconds since 1970") from error


def _fits(secret: str, headers: Mapping[str, str], signed_at: datetime, body: bytes) -> bool:
    """Whether one of the signatures is ours.

    The package of the standard signs text alone, reads the system's clock and fails in other ways on
    malformed headers; a mail is bytes in any encoding.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message_id = headers.get("webhook-id", "")
    signed = f"{message_id}.{int(signed_at.timestamp())}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = headers.get("webhook-signature", "").encode().split()
    fitting = [hmac.compare_digest(expected, one) for one in given]
    return bool(message_id) and any(fitting)


def _place(source_id: UUID) -> str:
    return f"webhook_sources/{source_id}"


SEALED = (SealedColumn("webhook_sources", "sealed", "id", lambda row: _place(row["id"])),)
"""See core.resealing."""
