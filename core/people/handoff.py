"""Customers who are signed in at the shop come to the portal signed in: the shop's server signs a token.

A JSON Web Token (RFC 7519) under HMAC-SHA-256 with a key of the merchant. It names the shop (`iss`), this
installation (`aud`) and the customer (`sub`), lives for minutes (`iat`, `exp`) and works once (`jti`).

The token proves who has clicked at the shop, not whose browser brings it here: somebody can send their own
to somebody else, who then writes into a stranger's account. So a key names the shop's pages (`sites`), and
whoever does not come from there is asked first (api.handoff).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from core import db, outgoing, tenancy
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.people import customers, sessions
from core.resealing import SealedColumn
from core.settings import settings
from core.vault import vault

ALGORITHM = "HS256"
LIFETIME_MAX = timedelta(minutes=5)
CLOCKS_APART = timedelta(seconds=60)
TOKEN_MAX_CHARS = 4096
JTI_CHARS = (16, 200)
"""Bounds; what is shorter could be guessed, or come twice."""
SITES = 10
"""Of one key, at most."""
USED_EVERY = timedelta(minutes=1)
_NOBODYS_SECRET = "hs_" + "0" * 43
_PORTS = {"https": 443, "http": 80}


class HandoffInvalid(DomainError):
    """Malformed, of an unknown or revoked key, or the signature does not fit: never told apart."""

    code = "handoff_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "This link of the shop is not valid"


class HandoffExpired(DomainError):
    """Signed well, but not now; or for longer than LIFETIME_MAX."""

    code = "handoff_expired"
    kind = Kind.UNAUTHENTICATED
    title = "This link of the shop has expired"


class HandoffUsed(DomainError):
    """The token has signed somebody in already."""

    code = "handoff_used"
    kind = Kind.UNAUTHENTICATED
    title = "This link of the shop was used already"


class HandoffElsewhere(DomainError):
    """Signed well, but for another shop or another installation."""

    code = "handoff_elsewhere"
    kind = Kind.UNAUTHENTICATED
    title = "This link is for another shop"


class HandoffUnknown(DomainError):
    """Nobody has told us of this customer yet, or they were erased."""

    code = "handoff_customer_unknown"
    kind = Kind.UNAUTHENTICATED
    title = "The shop has not told us of this customer"


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; the secret goes to the shop's server and is shown this once."""

    id: UUID
    secret: str


@dataclass(frozen=True)
class Listed:
    """A key without its secret."""

    id: UUID
    name: str
    sites: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Arrival:
    """Whom a token signs in."""

    customer_id: UUID
    name: str
    """By which they know themselves: their name, or else what the shop knows them by."""
    shop: tenancy.Shop
    sites: tuple[str, ...]
    """Origins whose pages send customers here."""


@dataclass(frozen=True)
class _Claims:
    issuer: str
    customer: str
    jti: str
    expires_at: datetime


def origin(address: str) -> str:
    """Scheme, host and port of an address, written as browsers do; empty: it has none."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host:
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")


def sites_of(text: str) -> tuple[str, ...]:
    """Origins of the shop's pages out of addresses that somebody typed, apart by spaces.

    Raises outgoing.AddressRefused.
    """
    typed = [outgoing.check_url(word, settings().private_hosts) for word in text.split()]
    found = tuple(dict.fromkeys(origin(each) for each in typed))
    if "" in found or len(found) > SITES:
        raise outgoing.AddressRefused(f"at most {SITES} addresses, each of them of a page")
    return found


async def create_key(name: str, now: datetime, sites: Sequence[str] = ()) -> NewKey:
    """Make a key in the open transaction; `sites`: origins whose pages send customers with it."""
    key = NewKey(new_id(), "hs_" + secrets.token_urlsafe(32))
    await db.execute(
        "INSERT INTO handoff_keys (id, merchant_id, name, secret, sites, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        key.id,
        db.merchant_id(),
        name,
        vault().seal(key.secret.encode(), _place(key.id)),
        list(sites),
        now,
    )
    return key


async def keys() -> Sequence[Listed]:
    """The merchant's keys, the newest first, in the open transaction."""
    rows = await db.fetch(
        "SELECT id, name, sites, created_at, last_used_at, revoked_at FROM handoff_keys ORDER BY id DESC"
    )
    return [Listed(**{**row, "sites": tuple(row["sites"])}) for row in rows]


async def name_sites(key_id: UUID, sites: Sequence[str]) -> None:
    """Other origins whose pages send customers with a key, in the open transaction. Raises NotFound."""
    done = await db.fetchval(
        "UPDATE handoff_keys SET sites = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id",
        key_id,
        list(sites),
    )
    if done is None:
        raise NotFound(f"no hand-off key {key_id} that is good")


async def revoke(key_id: UUID, now: datetime) -> None:
    """End a key in the open transaction; twice changes nothing. Raises NotFound."""
    done = await db.fetchval(
        "UPDATE handoff_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING id",
        key_id,
        now,
    )
    if done is None:
        raise NotFound(f"no hand-off key {key_id}")


async def look(token: str, now: datetime) -> Arrival:
    """Whom a token would sign in; it is not used up. Raises what enter() raises."""
    said, merchant_id, key_id = await _believed(token, now)
    async with db.transaction(merchant_id):
        customer_id = await _customer(said)
        if await db.fetchval("SELECT EXISTS (SELECT FROM handoff_uses WHERE jti = $1)", said.jti):
            raise HandoffUsed()
        profile = await customers.find(customer_id)
        known = (profile.name or profile.email) if profile else ""
        sites = await db.fetchval("SELECT sites FROM handoff_keys WHERE id = $1", key_id)
        return Arrival(customer_id, known or said.customer, await tenancy.shop(), tuple(sites))


async def enter(token: str, now: datetime, device: str = "") -> str:
    """Use a token up and start a session; answers the session's token.

    Raises HandoffInvalid, HandoffExpired, HandoffUsed, HandoffElsewhere or HandoffUnknown; then nothing has
    changed.
    """
    said, merchant_id, key_id = await _believed(token, now)
    async with db.transaction(merchant_id):
        customer_id = await _customer(said)
        await _use(said, key_id, now)
        return await sessions.start(now, customer_id=customer_id, via="shop", device=device)


async def _believed(token: str, now: datetime) -> tuple[_Claims, UUID, UUID]:
    """What a token says, whose key has signed it, and which.

    Raises HandoffInvalid, HandoffExpired or HandoffElsewhere.
    """
    key_id = _key_id(token)
    async with db.transaction(None):
        row = await db.fetchrow("SELECT * FROM gate_handoff_key($1)", key_id)
    secret = vault().open(bytes(row["secret"]), _place(key_id)).decode() if row else _NOBODYS_SECRET
    claims = _verified(token, secret)
    if row is None:
        raise HandoffInvalid()
    return _read(claims, now), row["merchant_id"], key_id


async def _customer(said: _Claims) -> UUID:
    """Who stands for the customer now. Raises HandoffElsewhere or HandoffUnknown."""
    code = await db.fetchval("SELECT code FROM merchants WHERE id = $1", db.merchant_id())
    if said.issuer != code:
        raise HandoffElsewhere(f"signed by a key of {code} for {said.issuer}")
    found = await db.fetchval(
        # A coalesce() would not be pushed below the policies, so every customer would be looked at.
        "SELECT k.id FROM customers c"
        " JOIN customers k ON k.id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END"
        " WHERE c.external_id = $1 AND c.deleted_at IS NULL AND k.deleted_at IS NULL",
        said.customer,
    )
    if found is None:
        raise HandoffUnknown()
    return UUID(str(found))


async def _use(said: _Claims, key_id: UUID, now: datetime) -> None:
    """Raises HandoffUsed. Of two that come at once the second waits for the first."""
    used = await db.fetchval(
        "INSERT INTO handoff_uses (merchant_id, jti, expires_at) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING jti",
        db.merchant_id(),
        said.jti,
        said.expires_at,
    )
    if used is None:
        raise HandoffUsed()
    await db.execute(
        "UPDATE handoff_keys SET last_used_at = $2 WHERE id = $1"
        " AND (last_used_at IS NULL OR last_used_at <= $3)",
        key_id,
        now,
        now - USED_EVERY,
    )


def _key_id(token: str) -> UUID:
    """Which key the token says that it is signed with; nothing is believed yet. Raises HandoffInvalid."""
    try:
        if len(token) > TOKEN_MAX_CHARS:
            raise ValueError("too long")
        return UUID(str(jws.extract_compact(token.encode()).headers()["kid"]))
    except (JoseError, ValueError, KeyError) as error:
        raise HandoffInvalid() from error


def _verified(token: str, secret: str) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, OctKey.import_key(secret), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise HandoffInvalid() from error


def _read(claims: Mapping[str, Any], now: datetime) -> _Claims:
    """Raises HandoffInvalid, HandoffElsewhere or HandoffExpired."""
    texts = {name: claims.get(name) for name in ("iss", "aud", "sub", "jti")}
    moments = {name: claims.get(name) for name in ("iat", "exp")}
    fits = all(isinstance(text, str) and text and "\0" not in text for text in texts.values())
    if not fits or not all(type(moment) is int for moment in moments.values()):
        raise HandoffInvalid("iss, aud, sub and jti are texts, iat and exp whole seconds since 1970")
    if not JTI_CHARS[0] <= len(str(texts["jti"])) <= JTI_CHARS[1]:
        raise HandoffInvalid(f"jti has {JTI_CHARS[0]} to {JTI_CHARS[1]} characters")
    if texts["aud"] != settings().public_url:
        raise HandoffElsewhere(f"for {texts['aud']}, not for {settings().public_url}")
    begins, ends = (_moment(moments[name]) for name in ("iat", "exp"))
    if not begins - CLOCKS_APART <= now < ends or ends - begins > LIFETIME_MAX:
        raise HandoffExpired(f"good from {begins.isoformat()} to {ends.isoformat()}, at most {LIFETIME_MAX}")
    return _Claims(str(texts["iss"]), str(texts["sub"]), str(texts["jti"]), ends)


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise HandoffInvalid("iat and exp are seconds since 1970") from error


def _place(key_id: UUID) -> str:
    return f"handoff_keys/{key_id}"


SEALED = (SealedColumn("handoff_keys", "secret", "id", lambda row: _place(row["id"])),)
"""See core.resealing."""
