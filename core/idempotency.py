"""Every write happens once: its key, its answer and its effect are committed together."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind


class KeyRunning(DomainError):
    """The first request with this key has not ended yet; its outcome is open."""

    code = "idempotency_key_running"
    kind = Kind.CONFLICT
    title = "A request with this key is still running"


class KeyReused(DomainError):
    """This key was used for another request."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID
    title = "This key belongs to another request"


@dataclass(frozen=True)
class Answer:
    """What a request was answered: HTTP status and body."""

    status: int
    body: bytes
    replayed: bool = False
    """True: nothing was done now, this is what the first request was answered."""


Effect = Callable[[], Awaitable[Answer]]


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same: SHA-256 of method, path with query, and body."""
    head = f"{method}\n{path}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + body).digest()


async def once(
    merchant_id: UUID, actor: str, key: str, request: bytes, effect: Effect, now: datetime
) -> Answer:
    """Run `effect` unless `actor` has used `key` before; then give the stored answer again.

    `request` is a fingerprint(). The effect runs in a transaction of the merchant that this function
    opens, and its answer is stored in it; when it raises, nothing is stored and the key stays free.
    Raises KeyRunning or KeyReused.
    """
    async with db.transaction(merchant_id):
        if not await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", _lock(merchant_id, actor, key)):
            raise KeyRunning()
        # A statement of its own: it must see what the lock's last holder has committed.
        if stored := await _stored(merchant_id, actor, key, request):
            return stored
        answer = await effect()
        await db.execute(
            "INSERT INTO idempotency_keys (merchant_id, actor, key, fingerprint, status, body, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            merchant_id,
            actor,
            key,
            request,
            answer.status,
            answer.body,
            now,
        )
        return answer


async def _stored(merchant_id: UUID, actor: str, key: str, request: bytes) -> Answer | None:
    row = await db.fetchrow(
        "SELECT fingerprint, status, body FROM idempotency_keys"
        " WHERE merchant_id = $1 AND actor = $2 AND key = $3",
        merchant_id,
        actor,
        key,
    )
    if row is None:
        return None
    if bytes(row["fingerprint"]) != request:
        raise KeyReused()
    return Answer(row["status"], bytes(row["body"]), replayed=True)


def _lock(merchant_id: UUID, actor: str, key: str) -> int:
    """The advisory lock's number: 64 bits, so that two keys practically never share one."""
    named = f"idempotency\n{merchant_id}\n{actor}\n{key}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8], signed=True)
