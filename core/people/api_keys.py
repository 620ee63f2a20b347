"""Keys of integrators' programs: ``rk_<prefix>_<secret>``. The prefix finds the row, the secret proves it.

A key is replaced without a gap: another one with the same scopes begins, and this one ends a while later.
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from core.i18n import mark
from core.ids import new_id
from core.people.recent_keys import RecentKeys
from core.people.tables import ApiKey
from core.people.tokens import digest, new_token

SCOPES: dict[str, str] = {
    "events:write": mark("Send events of orders and customers"),
    "members:read": mark("Read members, their points and their tiers"),
    "members:write": mark("Enrol members, merge them and part them again, make households"),
    "people:export": mark("Have a file made of everything that is kept of a person, and fetch it"),
    "people:erase": mark("Erase a person"),
    "audit:read": mark("Read the audit log"),
    "tiers:override": mark("Put members into a tier for a while"),
    "programme:write": mark("Change what the programme is: wallets and their rules"),
    "rewards:redeem": mark("Buy rewards with points, cancel vouchers"),
    "reviews:write": mark("Send reviews"),
    "reviews:read": mark("Read reviews and their scores"),
    "knowledge:read": mark("Read articles of the knowledge base, and ask them"),
    "knowledge:write": mark("Write, publish and withdraw articles"),
    "cases:read": mark("Read cases and how they are handled: calendars, targets, teams, remedies"),
    "cases:write": mark("Set how cases are handled, and make links to surveys"),
    "remedies:decide": mark("Carry a person's decision on a remedy that was asked for"),
    "webhooks:read": mark("Read webhook endpoints and what became of deliveries"),
    "webhooks:write": mark("Set webhook endpoints, and send deliveries again"),
    "ledger:read": mark("Read ledger entries"),
    "liability:close": mark("Close months of the liability, for ever"),
    "ledger:write": mark("Give points for something that is no order, or from member to member"),
}

_FORM = re.compile(r"rk_([0-9a-f]{16})_([A-Za-z0-9_-]{20,100})")
_NOBODYS_HASH = bytes(32)
USED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known."""
OVERLAPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
"""How long a key that is replaced goes on to work."""


class KeyEnded(DomainError):
    """The key was revoked or replaced already."""

    code = "api_key_ended"
    kind = Kind.CONFLICT
    title = "This API key has ended or was replaced already"


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
    expires_at: datetime | None


@dataclass(frozen=True)
class Listed:
    """A key as its owner sees it later: without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    """To the minute."""
    expires_at: datetime | None
    """It was replaced and ends then."""
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


async def find(key: str, now: datetime) -> Found | None:
    """What a key opens; None when it is malformed, unknown, wrong, replaced or revoked."""
    parts = _FORM.fullmatch(key)
    if parts is None:
        return None
    prefix, secret = parts.groups()
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_api_key($1)", prefix)
    stored = bytes(row["secret_hash"]) if row else _NOBODYS_HASH
    right = hmac.compare_digest(digest(secret), stored)
    if row is None or not right or _over(row["expires_at"], now):
        return None
    if row["last_used_at"] is None or now - row["last_used_at"] >= USED_EVERY:
        async with db.transaction(row["merchant_id"]):
            await ApiKey.update({ApiKey.last_used_at: now}).where(ApiKey.id == row["id"])
    return Found(row["id"], row["merchant_id"], frozenset(row["scopes"]), row["expires_at"])


async def find_recent(key: str, now: datetime) -> Found | None:
    """Like find(), but may answer what was found up to recent_keys.REMEMBERED ago in this process."""
    proof = digest(key)
    known = _recent.get(proof, now)
    if known is None:
        known = await find(key, now)
        if known is not None:
            _recent.put(proof, known, now)
    return None if known is None or _over(known.expires_at, now) else known


async def expect(key_id: UUID) -> None:
    """Raises NotFound unless the merchant of the open transaction has such a key."""
    if not await ApiKey.exists().where(ApiKey.id == key_id):
        raise NotFound(f"no API key {key_id}")


async def revoke(key_id: UUID, now: datetime) -> None:
    """End a key in the open transaction; ending it twice changes nothing.

    Other processes may go on to accept it for recent_keys.REMEMBERED (find_recent).
    """
    _recent.forget(key_id, now)
    await ApiKey.update({ApiKey.revoked_at: now}).where(ApiKey.id == key_id, ApiKey.revoked_at.is_null())


async def replace(key_id: UUID, overlap: timedelta, now: datetime) -> str:
    """Another key with the same name and scopes, in the open transaction; this one ends after `overlap`.

    Raises NotFound, or KeyEnded for one that has ended or was replaced before.
    """
    row = await db.fetchrow(
        "SELECT name, scopes, revoked_at, expires_at FROM api_keys WHERE id = $1 FOR UPDATE", key_id
    )
    if row is None:
        raise NotFound(f"no API key {key_id}")
    if row["revoked_at"] or row["expires_at"]:
        raise KeyEnded()
    await ApiKey.update({ApiKey.expires_at: now + overlap}).where(ApiKey.id == key_id)
    _recent.forget(key_id, now)
    return await create(row["name"], row["scopes"], now)


async def listed() -> Sequence[Listed]:
    """The merchant's keys, the oldest first, in the open transaction."""
    rows = await ApiKey.select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.prefix,
        ApiKey.scopes,
        ApiKey.created_at,
        ApiKey.last_used_at,
        ApiKey.expires_at,
        ApiKey.revoked_at,
    ).order_by(ApiKey.id)
    return [Listed(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


def _over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now
