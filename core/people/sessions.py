"""Sessions: a random token in the browser's cookie, its digest here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from core.ids import new_id
from core.people.tables import Session
from core.people.tokens import digest, new_token
from core.settings import settings


@dataclass(frozen=True)
class Found:
    """A session that is valid now; exactly one of `staff_id` and `customer_id` is set."""

    id: UUID
    merchant_id: UUID
    staff_id: UUID | None
    customer_id: UUID | None


async def start(now: datetime, *, staff_id: UUID | None = None, customer_id: UUID | None = None) -> str:
    """Begin a session in the open transaction; answers its token, which is shown nowhere else."""
    token = new_token()
    await Session(
        id=new_id(),
        merchant_id=db.merchant_id(),
        token_hash=digest(token),
        staff_id=staff_id,
        customer_id=customer_id,
        created_at=now,
        expires_at=now + timedelta(seconds=settings().session_ttl_s),
    ).save()
    return token


async def find(token: str, now: datetime) -> Found | None:
    """The session of a token; None when it is unknown, revoked or over."""
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_session($1, $2)", digest(token), now)
    return Found(row["id"], row["merchant_id"], row["staff_id"], row["customer_id"]) if row else None


async def revoke(session: Found, now: datetime) -> None:
    """End a session; ending it twice changes nothing."""
    async with db.transaction(session.merchant_id):
        await Session.update({Session.revoked_at: now}).where(
            Session.id == session.id, Session.revoked_at.is_null()
        )


async def revoke_all(now: datetime, *, staff_id: UUID | None = None, customer_id: UUID | None = None) -> None:
    """End every session of one person, in the open transaction."""
    await db.execute(
        "UPDATE sessions SET revoked_at = $1"
        " WHERE revoked_at IS NULL AND (staff_id = $2 OR customer_id = $3)",
        now,
        staff_id,
        customer_id,
    )
