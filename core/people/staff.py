"""Staff: make them, let them in."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.people import second_factor, sessions, throttle
from core.people.roles import ROLES
from core.people.tables import Staff
from core.people.tokens import new_token

PASSWORD_MIN_CHARS = 12
PASSWORD_MAX_CHARS = 1024
SCORE_MIN = 2
"""Of zxcvbn's 0 to 4: a million guesses and more."""
GUESSED_CHARS = 72
"""It takes long to judge more."""


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


class PasswordWrong(DomainError):
    """Somebody who is signed in was asked for the password again."""

    code = "password_wrong"
    kind = Kind.UNAUTHENTICATED
    title = "The password is not right"


class SecondFactorRequired(DomainError):
    """The owner requires a second factor of everybody."""

    code = "second_factor_required"
    kind = Kind.CONFLICT
    title = "The shop requires a second factor"


class PasswordUnfit(DomainError):
    """Too short or too long."""

    code = "password_unfit"
    kind = Kind.INVALID
    title = f"A password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters"


class PasswordGuessable(DomainError):
    """Among the first that would be tried: a common one, a pattern, or the person's or the shop's name."""

    code = "password_guessable"
    kind = Kind.INVALID
    title = "This password is easily guessed"


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
    has_second_factor: bool
    needs_second_factor: bool
    """The owner requires one of everybody."""


async def create(
    email: str,
    name: str,
    role: str,
    password: str | None,
    now: datetime,
    *,
    locale: str = "en",
    goodwill_limit_points: int = 0,
) -> UUID:
    """Add somebody in the open transaction; without a password they choose one later (staff_links).

    Raises UnknownRole, PasswordUnfit or StaffExists.
    """
    if role not in ROLES:
        raise UnknownRole(f"{role!r} is none of {', '.join(ROLES)}")
    member = Staff(
        id=new_id(),
        merchant_id=db.merchant_id(),
        email=email.strip(),
        name=name,
        role=role,
        locale=locale,
        password_hash=await no_password() if password is None else await _hashed(password),
        goodwill_limit_points=goodwill_limit_points,
        created_at=now,
        password_set_at=None if password is None else now,
    )
    # The address is unique over all merchants, whose rows we cannot see: only the index can tell.
    made = await Staff.insert(member).on_conflict(action="DO NOTHING").returning(Staff.id)
    if not made:
        raise StaffExists()
    return UUID(str(made[0]["id"]))


async def sign_in(email: str, password: str, address: str, now: datetime, device: str = "") -> str:
    """Start a session and answer its token. `address` is the network address that the attempt came from.

    For whoever has a second factor the session is a half one until second_factor.prove(). Raises
    SignInRefused, or throttle.TooManyAttempts.
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
        return await start_session(known["id"], now, device)


async def start_session(staff_id: UUID, now: datetime, device: str = "") -> str:
    """A session of somebody who has shown the password, in the open transaction; answers its token."""
    half = await db.fetchval("SELECT EXISTS (SELECT FROM staff_second_factors WHERE staff_id = $1)", staff_id)
    return await sessions.start(now, staff_id=staff_id, via="password", device=device, half=half)


async def find(staff_id: UUID) -> StaffMember | None:
    """Somebody who may still sign in, in the open transaction."""
    row = await db.fetchrow(
        "SELECT s.id, s.merchant_id, s.email, s.name, s.role, s.locale, s.goodwill_limit_points,"
        " EXISTS (SELECT FROM staff_second_factors f WHERE f.staff_id = s.id) AS has_second_factor,"
        " m.second_factor_required AS needs_second_factor"
        " FROM staff s JOIN merchants m ON m.id = s.merchant_id WHERE s.id = $1 AND s.disabled_at IS NULL",
        staff_id,
    )
    return StaffMember(**row) if row else None


async def check_password(staff_id: UUID, password: str) -> None:
    """Ask somebody who is signed in for the password again, in the open transaction.

    Raises PasswordWrong or throttle.TooManyAttempts.
    """
    await throttle.attempt((throttle.PER_EMAIL, str(staff_id)))
    stored = await db.fetchval("SELECT password_hash FROM staff WHERE id = $1", staff_id)
    if not await asyncio.to_thread(_matches, stored, password[: PASSWORD_MAX_CHARS + 1]):
        raise PasswordWrong()
    await throttle.forget(throttle.PER_EMAIL, str(staff_id))


async def change_password(session: sessions.Found, current: str, password: str, now: datetime) -> str:
    """Give oneself another password, in the open transaction; every other session ends.

    Answers the new token of this session. Raises PasswordWrong, PasswordUnfit or throttle.TooManyAttempts.
    """
    if session.staff_id is None:
        raise PasswordWrong()
    await check_password(session.staff_id, current)
    await put_password(session.staff_id, password, now)
    await sessions.revoke_all(now, staff_id=session.staff_id, but=session.id)
    return await sessions.rotate(session, now)


async def put_password(staff_id: UUID, password: str, now: datetime) -> None:
    """From now on this is the password that somebody has chosen, in the open transaction.

    Raises PasswordUnfit or PasswordGuessable.
    """
    row = await db.fetchrow(
        "SELECT s.email, s.name, m.code FROM staff s JOIN merchants m ON m.id = s.merchant_id"
        " WHERE s.id = $1",
        staff_id,
    )
    about = [str(word) for word in (row or ())]
    if await asyncio.to_thread(_is_guessable, password, about):
        raise PasswordGuessable()
    await db.execute(
        "UPDATE staff SET password_hash = $2, password_set_at = $3 WHERE id = $1",
        staff_id,
        await _hashed(password),
        now,
    )
    await _void_links(staff_id)


async def drop_second_factor(member: StaffMember) -> None:
    """Ask this person for no codes any more, in the open transaction. Raises SecondFactorRequired."""
    if member.needs_second_factor:
        raise SecondFactorRequired()
    await second_factor.remove(member.id)


async def disable(staff_id: UUID, now: datetime) -> None:
    """Take somebody's access away, their open sessions included, in the open transaction."""
    await Staff.update({Staff.disabled_at: now}).where(Staff.id == staff_id, Staff.disabled_at.is_null())
    await sessions.revoke_all(now, staff_id=staff_id)


async def set_password(email: str, password: str, now: datetime) -> None:
    """Give one of the open merchant's staff another password, which ends their sessions.

    Raises PasswordUnfit or core.errors.NotFound.
    """
    hashed = await _hashed(password)
    found = await db.fetchval(
        "UPDATE staff SET password_hash = $2, password_set_at = $3"
        " WHERE lower(email) = lower($1) RETURNING id",
        email.strip(),
        hashed,
        now,
    )
    if found is None:
        raise NotFound(f"nobody of the staff has the address {email}")
    await sessions.revoke_all(now, staff_id=found)
    await _void_links(found)


async def forget_second_factor(email: str, now: datetime) -> None:
    """Let one of the open merchant's staff in by the password alone, which ends their sessions.

    Raises core.errors.NotFound.
    """
    found = await db.fetchval("SELECT id FROM staff WHERE lower(email) = lower($1)", email.strip())
    if found is None:
        raise NotFound(f"nobody of the staff has the address {email}")
    await second_factor.remove(found)
    await sessions.revoke_all(now, staff_id=found)


async def no_password() -> str:
    """The hash of a password that nobody knows."""
    return await asyncio.to_thread(_hasher().hash, new_token())


async def _void_links(staff_id: UUID) -> None:
    """A link to choose a password, in whoever's mailbox, is good only until one was chosen."""
    await db.execute("DELETE FROM staff_links WHERE staff_id = $1", staff_id)


def _is_guessable(password: str, about: Sequence[str]) -> bool:
    """Whether fewer than a million tries would find it, by lists of common passwords and words."""
    words = [word for text in about for word in (text, *re.split(r"\W+", text)) if word]
    found = zxcvbn(password[:GUESSED_CHARS], user_inputs=words)
    return len(password) >= PASSWORD_MIN_CHARS and int(found["score"]) < SCORE_MIN


async def _hashed(password: str) -> str:
    """Raises PasswordUnfit."""
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        raise PasswordUnfit()
    return await asyncio.to_thread(_hasher().hash, password)


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
