"""Keys of integrators' programs: ``rk_<prefix>_<secret>``. The prefix finds the row, the secret proves it."""

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from core.people.recent_keys import RecentKeys
from core.people.tables import ApiKey
from core.people.tokens import digest, new_token

SCOPES: dict[str, str] = {
    "events:write": "Send events of orders and customers",
    "members:read": "Read members, their points and their tiers",
    "members:write": "Enrol members, merge them and part them again, make households",
    "people:export": "Have a file made of everything that is kept of a person, and fetch it",
    "people:erase": "Erase a person",
    "audit:read": "Read the audit log",
    "tiers:override": "Put members into a tier for a while",
    "programme:write": "Change what the programme is: wallets and their rules",
    "rewards:redeem": "Buy rewards with points, cancel vouchers",
    "reviews:write": "Send reviews",
    "reviews:read": "Read reviews and their scores",
    "knowledge:read": "Read articles of the knowledge base, and ask them",
    "knowledge:write": "Write, publish and withdraw articles",
    "cases:read": "Read how cases are handled: calendars, targets, teams, remedies",
    "cases:write": "Set how cases are handled",
    "remedies:decide": "Carry a person's decision on a remedy that was asked for",
    "webhooks:read": "Read webhook endpoints and what became of deliveries",
    "webhooks:write": "Set webhook endpoints, and send deliveries again",
    "ledger:read": "Read ledger entries",
    "ledger:write": "Give points for something that is no order, or from member to member",
}

_FORM = re.compile(r"rk_([0-9a-f]{16})_([A-Za-z0-9_-]{20,100})")
_NOBODYS_HASH = bytes(32)


class UnknownScope(DomainError):
    """Not one of SCOPES."""

    code = "unknown_scope"
    kind = Kind.INVALID
    title = "There is no such scope"


@dataclass(frozen=True)
class Found:
    """A key that is valid now."""

    id: UUID
    merchant_id: UUID
    scopes: frozenset[str]


@dataclass(frozen=True)
class Listed:
    """A key as its owner sees it later: without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


_recent: RecentKeys[Found] = RecentKeys()


async def create(name: str, scopes: Iterable[str], now: datetime) -> str:
    """Make a key in the open transaction; the answer is the only time that it is shown.

    Raises UnknownScope.
    """
    wanted = sorted(set(scopes))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise UnknownScope(f"{', '.join(unknown)}: none of {', '.join(SCOPES)}")
    prefix, secret = secrets.token_hex(8), new_token()
    await ApiKey(
        id=new_id(),
        merchant_id=db.merchant_id(),
        name=name,
        prefix=prefix,
        secret_hash=digest(secret),
        scopes=wanted,
        created_at=now,
    ).save()
    return f"rk_{prefix}_{secret}"


async def find(key: str) -> Found | None:
    """What a key opens; None when it is malformed, unknown, wrong or revoked."""
    parts = _FORM.fullmatch(key)
    if parts is None:
        return None
    prefix, secret = parts.groups()
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_api_key($1)", prefix)
    stored = bytes(row["secret_hash"]) if row else _NOBODYS_HASH
    right = hmac.compare_digest(digest(secret), stored)
    return Found(row["id"], row["merchant_id"], frozenset(row["scopes"])) if row and right else None


async def find_recent(key: str, now: datetime) -> Found | None:
    """Like find(), but may answer what was found up to recent_keys.REMEMBERED ago in this process."""
    proof = digest(key)
    known = _recent.get(proof, now)
    if known is None:
        known = await find(key)
        if known is not None:
            _recent.put(proof, known, now)
    return known


async def revoke(key_id: UUID, now: datetime) -> None:
    """End a key in the open transaction; ending it twice changes nothing.

    Other processes may go on to accept it for recent_keys.REMEMBERED (find_recent).
    """
    _recent.forget(key_id, now)
    await ApiKey.update({ApiKey.revoked_at: now}).where(ApiKey.id == key_id, ApiKey.revoked_at.is_null())


async def listed() -> Sequence[Listed]:
    """The merchant's keys, the oldest first, in the open transaction."""
    rows = await ApiKey.select(
        ApiKey.id, ApiKey.name, ApiKey.prefix, ApiKey.scopes, ApiKey.created_at, ApiKey.revoked_at
    ).order_by(ApiKey.id)
    return [Listed(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
