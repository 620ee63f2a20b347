"""Sessions: a random token in the browser's cookie, its digest here.

A session ends at a fixed time, earlier if it is not used, and at once when it is revoked. Whoever proves
more about themselves (a second factor, a new password) goes on in the same session under a new token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from core import db
from core.errors import NotFound
from core.ids import new_id
from core.people.tables import Session
from core.people.tokens import digest, new_token
from core.settings import settings

Via = Literal["", "password", "link", "shop", "company"]
"""What it began with; empty: not known."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: not every request writes it down."""


@dataclass(frozen=True)
class Found:
    """A session that is valid now; exactly one of `staff_id` and `customer_id` is set."""

    id: UUID
    merchant_id: UUID
    staff_id: UUID | None
    customer_id: UUID | None
    via: Via
    half: bool
    """The second factor is still awaited."""


@dataclass(frozen=True)
class Listed:
    """A session as its owner sees it."""

    id: UUID
    via: Via
    device: str
    created_at: datetime
    seen_at: datetime


async def start(
    now: datetime,
    *,
    staff_id: UUID | None = None,
    customer_id: UUID | None = None,
    via: Via = "",
    device: str = "",
    half: bool = False,
) -> str:
    """Begin a session in the open transaction; answers its token, which is shown nowhere else."""
    token = new_token()
    await Session(
        id=new_id(),
        merchant_id=db.merchant_id(),
        token_hash=digest(token),
        staff_id=staff_id,
        customer_id=customer_id,
        via=via,
        device=device,
        half=half,
        created_at=now,
        seen_at=now,
        idle_until=now + _idle(staff_id),
        expires_at=now + timedelta(seconds=settings().session_ttl_s),
    ).save()
    return token


async def find(token: str, now: datetime) -> Found | None:
    """The session of a token, which is now used again; None when it is unknown, revoked or over."""
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_session($1, $2)", digest(token), now)
    if row is None:
        return None
    found = Found(*(row[name] for name in ("id", "merchant_id", "staff_id", "customer_id", "via", "half")))
    if now - row["seen_at"] >= SEEN_EVERY:
        async with db.transaction(found.merchant_id):
            await Session.update(
                {Session.seen_at: now, Session.idle_until: now + _idle(found.staff_id)}
            ).where(Session.id == found.id)
    return found


async def rotate(session: Found, now: datetime) -> str:
    """Go on in a session under a new token, whole from now on, in the open transaction.

    Raises NotFound when it was revoked meanwhile.
    """
    token = new_token()
    done = await db.fetchval(
        "UPDATE sessions SET token_hash = $2, half = false, seen_at = $3"
        " WHERE id = $1 AND revoked_at IS NULL RETURNING id",
        session.id,
        digest(token),
        now,
    )
    if done is None:
        raise NotFound("this session has ended")
    return token


async def listed(
    now: datetime, *, staff_id: UUID | None = None, customer_id: UUID | None = None
) -> Sequence[Listed]:
    """Somebody's sessions that are valid now, the last used first, in the open transaction."""
    rows = await db.fetch(
        "SELECT id, via, device, created_at, seen_at FROM sessions"
        " WHERE revoked_at IS NULL AND least(expires_at, idle_until) > $1 AND NOT half"
        " AND (staff_id = $2 OR customer_id = $3) ORDER BY seen_at DESC, id DESC",
        now,
        staff_id,
        customer_id,
    )
    return [Listed(**row) for row in rows]


async def revoke(session: Found, now: datetime) -> None:
    """End a session; ending it twice changes nothing."""
    async with db.transaction(session.merchant_id):
        await Session.update({Session.revoked_at: now}).where(
            Session.id == session.id, Session.revoked_at.is_null()
        )


async def revoke_own(
    session_id: UUID, now: datetime, *, staff_id: UUID | None = None, customer_id: UUID | None = None
) -> None:
    """End one of somebody's sessions, in the open transaction; twice changes nothing. Raises NotFound."""
    done = await db.fetchval(
        "UPDATE sessions SET revoked_at = coalesce(revoked_at, $2)"
        " WHERE id = $1 AND (staff_id = $3 OR customer_id = $4) RETURNING id",
        session_id,
        now,
        staff_id,
        customer_id,
    )
    if done is None:
        raise NotFound(f"no session {session_id}")


async def revoke_all(
    now: datetime,
    *,
    staff_id: UUID | None = None,
    customer_id: UUID | None = None,
    but: UUID | None = None,
) -> None:
    """End every session of one person, but for one, in the open transaction."""
    await db.execute(
        "UPDATE sessions SET revoked_at = $1"
        " WHERE revoked_at IS NULL AND (staff_id = $2 OR customer_id = $3) AND id IS DISTINCT FROM $4",
        now,
        staff_id,
        customer_id,
        but,
    )


def _idle(staff_id: UUID | None) -> timedelta:
    """How long nobody may use it."""
    return timedelta(seconds=settings().staff_idle_s if staff_id else settings().customer_idle_s)
