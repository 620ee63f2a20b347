"""Staff: make them, let them in."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.people import sessions, throttle
from core.people.roles import ROLES
from core.people.tables import Staff
from core.people.tokens import new_token

PASSWORD_MIN_CHARS = 12
PASSWORD_MAX_CHARS = 1024


class SignInRefused(DomainError):
    """Unknown e-mail address, wrong password or disabled: never told apart."""

    code = "sign_in_refused"
    kind = Kind.UNAUTHENTICATED
    title = "The e-mail address or the password is not right"


class StaffExists(DomainError):
    """This e-mail address signs somebody in already."""

    code = "staff_exists"
    kind = Kind.CONFLICT
    title = "This e-mail address is taken"


class PasswordUnfit(DomainError):
    """Too short or too long."""

    code = "password_unfit"
    kind = Kind.INVALID
    title = f"A password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters"


class UnknownRole(DomainError):
    """Not one of core.people.roles.ROLES."""

    code = "unknown_role"
    kind = Kind.INVALID
    title = "There is no such role"


@dataclass(frozen=True)
class StaffMember:
    """One of the staff, as the rest of the system sees them."""

    id: UUID
    merchant_id: UUID
    email: str
    name: str
    role: str
    locale: str
    goodwill_limit_points: int


async def create(
    email: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    *,
    locale: str = "en",
    goodwill_limit_points: int = 0,
) -> UUID:
    """Add somebody in the open transaction. Raises UnknownRole, PasswordUnfit or StaffExists."""
    if role not in ROLES:
        raise UnknownRole(f"{role!r} is none of {', '.join(ROLES)}")
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        raise PasswordUnfit()
    member = Staff(
        id=new_id(),
        merchant_id=db.merchant_id(),
        email=email.strip(),
        name=name,
        role=role,
        locale=locale,
        password_hash=await asyncio.to_thread(_hasher().hash, password),
        goodwill_limit_points=goodwill_limit_points,
        created_at=now,
    )
    # The address is unique over all merchants, whose rows we cannot see: only the index can tell.
    made = await Staff.insert(member).on_conflict(action="DO NOTHING").returning(Staff.id)
    if not made:
        raise StaffExists()
    return UUID(str(made[0]["id"]))


async def sign_in(email: str, password: str, address: str, now: datetime) -> str:
    """Start a session and answer its token. `address` is the network address that the attempt came from.

    Raises SignInRefused, or throttle.TooManyAttempts.
    """
    email = email.strip()
    await throttle.attempt((throttle.PER_EMAIL, email), (throttle.PER_ADDRESS, address))
    async with db.transaction(None):
        known = await db.fetchrow("SELECT * FROM gate_staff($1)", email)
    # Whether the address is known or not, one hash of the same cost is computed.
    nobodys = await asyncio.to_thread(_nobodys_hash)
    stored = known["password_hash"] if known else nobodys
    right = await asyncio.to_thread(_matches, stored, password[: PASSWORD_MAX_CHARS + 1])
    if not (known and right):
        raise SignInRefused()
    await throttle.forget(throttle.PER_EMAIL, email)
    async with db.transaction(known["merchant_id"]):
        return await sessions.start(now, staff_id=known["id"])


async def find(staff_id: UUID) -> StaffMember | None:
    """Somebody who may still sign in, in the open transaction."""
    row = (
        await Staff.select(
            Staff.id,
            Staff.merchant_id,
            Staff.email,
            Staff.name,
            Staff.role,
            Staff.locale,
            Staff.goodwill_limit_points,
        )
        .where(Staff.id == staff_id, Staff.disabled_at.is_null())
        .first()
    )
    return StaffMember(**row) if row else None


async def disable(staff_id: UUID, now: datetime) -> None:
    """Take somebody's access away, their open sessions included, in the open transaction."""
    await Staff.update({Staff.disabled_at: now}).where(Staff.id == staff_id, Staff.disabled_at.is_null())
    await sessions.revoke_all(now, staff_id=staff_id)


async def set_password(email: str, password: str, now: datetime) -> None:
    """Give one of the open merchant's staff another password, which ends their sessions.

    Raises PasswordUnfit or core.errors.NotFound.
    """
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        raise PasswordUnfit()
    hashed = await asyncio.to_thread(_hasher().hash, password)
    found = await db.fetchval(
        "UPDATE staff SET password_hash = $2 WHERE lower(email) = lower($1) RETURNING id",
        email.strip(),
        hashed,
    )
    if found is None:
        raise NotFound(f"nobody of the staff has the address {email}")
    await sessions.revoke_all(now, staff_id=found)


async def no_password() -> str:
    """The hash of a password that nobody knows."""
    return await asyncio.to_thread(_hasher().hash, new_token())


@lru_cache
def _hasher() -> PasswordHasher:
    """Argon2id with the package's present parameters (RFC 9106, low memory)."""
    return PasswordHasher()


@lru_cache
def _nobodys_hash() -> str:
    return _hasher().hash("a password that nobody has")


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except VerificationError:
        return False
