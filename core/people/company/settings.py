"""With which provider a merchant's staff sign in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.resealing import SealedColumn
from core.vault import vault


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and how it knows us."""

    issuer: str
    client_id: str
    client_secret: str


async def find() -> Provider | None:
    """That of the merchant, in the open transaction."""
    row = await db.fetchrow("SELECT issuer, client_id, client_secret FROM company_providers")
    if row is None:
        return None
    secret = vault().open(bytes(row["client_secret"]), _place(db.merchant_id())).decode()
    return Provider(row["issuer"], row["client_id"], secret)


async def put(provider: Provider, by: UUID, now: datetime) -> None:
    """From now on it is this one, in the open transaction."""
    await db.execute(
        "INSERT INTO company_providers"
        " (merchant_id, issuer, client_id, client_secret, changed_by, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (merchant_id) DO UPDATE SET issuer = excluded.issuer,"
        " client_id = excluded.client_id, client_secret = excluded.client_secret,"
        " changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        db.merchant_id(),
        provider.issuer,
        provider.client_id,
        vault().seal(provider.client_secret.encode(), _place(db.merchant_id())),
        by,
        now,
    )


async def drop() -> None:
    """Nobody signs in with a company account any more, in the open transaction."""
    await db.execute("DELETE FROM company_flows")
    await db.execute("DELETE FROM company_providers")


def _place(merchant: UUID) -> str:
    return f"company_providers/{merchant}"


SEALED = (
    SealedColumn("company_providers", "client_secret", "merchant_id", lambda row: _place(row["merchant_id"])),
)
"""See core.resealing."""
