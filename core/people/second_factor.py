"""A second factor for staff: codes of an authenticator (TOTP, RFC 6238), and recovery codes, each once.

The secret is sealed with core.vault, for its owner alone. While somebody sets it up it travels sealed in
the form, so that nothing is stored before a code has proved that the authenticator has it.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyotp

from core import db
from core.errors import DomainError, Kind
from core.people.throttle import TooManyAttempts
from core.people.tokens import digest
from core.resealing import SealedColumn
from core.vault import Sealed, vault

STEP_S = 30
CLOCKS_APART_STEPS = 1
"""How far an authenticator's clock may be off, either way."""
TRIES = 8
TRIES_WINDOW = timedelta(minutes=15)
RECOVERY_CODES = 10
RECOVERY_BYTES = 15


class CodeWrong(DomainError):
    """Not the code of now, or one that was used already: never told apart."""

    code = "second_factor_wrong"
    kind = Kind.UNAUTHENTICATED
    title = "This code is not right"


class SetUpAlready(DomainError):
    """There is a second factor; it has to be switched off first."""

    code = "second_factor_exists"
    kind = Kind.CONFLICT
    title = "A second factor is set up already"


@dataclass(frozen=True)
class Draft:
    """A secret that an authenticator is to take over."""

    secret: str
    """In base32, as it is typed."""
    sealed: str
    """The same for the form; only its owner's form is taken."""
    address: str
    """What the QR code says."""


def draft(staff_id: UUID, email: str, shop: str) -> Draft:
    """A fresh secret for one of the staff."""
    return _draft(pyotp.random_base32(), staff_id, email, shop)


def drafted(sealed: str, staff_id: UUID, email: str, shop: str) -> Draft:
    """The same again, when the code was wrong. Raises CodeWrong for what is none of ours."""
    return _draft(_opened(sealed, staff_id), staff_id, email, shop)


async def set_up(sealed: str, code: str, staff_id: UUID, now: datetime) -> Sequence[str]:
    """Begin to ask for codes, in the open transaction; answers the recovery codes, shown this once.

    Raises CodeWrong or SetUpAlready.
    """
    secret = _opened(sealed, staff_id)
    step = _step_of(secret, code, now)
    if step is None:
        raise CodeWrong()
    made = await db.fetchval(
        "INSERT INTO staff_second_factors (staff_id, merchant_id, secret, last_step, tries_since, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING staff_id",
        staff_id,
        db.merchant_id(),
        vault().seal(secret.encode(), _place(staff_id)),
        step,
        now,
    )
    if made is None:
        raise SetUpAlready()
    return await new_recovery_codes(staff_id)


async def prove(code: str, merchant_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Take a code of the authenticator or a recovery code; each counts once.

    The try is counted whatever comes of it, in a transaction of its own. Raises CodeWrong or TooManyAttempts.
    """
    async with db.transaction(merchant_id):
        known = await _count(staff_id, now)
    if known is None:
        raise CodeWrong()
    if known["tries"] > TRIES:
        left = known["tries_since"] + TRIES_WINDOW - now
        raise TooManyAttempts(retry_after_s=max(int(left.total_seconds()), 1))
    async with db.transaction(merchant_id):
        if not (await _take(bytes(known["secret"]), code, staff_id, now) or await _use(code, staff_id, now)):
            raise CodeWrong()
        await db.execute("UPDATE staff_second_factors SET tries = 0 WHERE staff_id = $1", staff_id)


async def remove(staff_id: UUID) -> None:
    """Ask for no codes any more, in the open transaction; recovery codes go, too."""
    await db.execute("DELETE FROM staff_recovery_codes WHERE staff_id = $1", staff_id)
    await db.execute("DELETE FROM staff_second_factors WHERE staff_id = $1", staff_id)


async def new_recovery_codes(staff_id: UUID) -> Sequence[str]:
    """Fresh recovery codes instead of the former ones, in the open transaction; shown this once."""
    codes = [
        _grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode())
        for _ in range(RECOVERY_CODES)
    ]
    await db.execute("DELETE FROM staff_recovery_codes WHERE staff_id = $1", staff_id)
    await db.execute(
        "INSERT INTO staff_recovery_codes (code_hash, merchant_id, staff_id)"
        " SELECT unnest($1::bytea[]), $2, $3",
        [digest(_plain(code)) for code in codes],
        db.merchant_id(),
        staff_id,
    )
    return codes


async def recovery_codes_left(staff_id: UUID) -> int:
    """How many recovery codes were not used yet, in the open transaction."""
    sql = "SELECT count(*) FROM staff_recovery_codes WHERE staff_id = $1 AND used_at IS NULL"
    return int(await db.fetchval(sql, staff_id))


async def require_of_all(required: bool) -> None:
    """Whether everybody of the merchant needs a second factor from now on, in the open transaction."""
    await db.execute(
        "UPDATE merchants SET second_factor_required = $2 WHERE id = $1", db.merchant_id(), required
    )


async def required_of_all() -> bool:
    """Whether everybody of the merchant needs one, in the open transaction."""
    sql = "SELECT second_factor_required FROM merchants WHERE id = $1"
    return bool(await db.fetchval(sql, db.merchant_id()))


async def _count(staff_id: UUID, now: datetime) -> db.Row | None:
    """One try more; None: there is no second factor."""
    return await db.fetchrow(
        "UPDATE staff_second_factors SET"
        " tries = CASE WHEN tries_since > $2 AND tries > 0 THEN least(tries + 1, 1000) ELSE 1 END,"
        " tries_since = CASE WHEN tries_since > $2 AND tries > 0 THEN tries_since ELSE $3 END"
        " WHERE staff_id = $1 RETURNING secret, tries, tries_since",
        staff_id,
        now - TRIES_WINDOW,
        now,
    )


async def _take(sealed: bytes, code: str, staff_id: UUID, now: datetime) -> bool:
    """Whether it is the authenticator's code, and newer than any before."""
    secret = vault().open(sealed, _place(staff_id)).decode()
    step = _step_of(secret, code, now)
    if step is None:
        return False
    taken = await db.fetchval(
        "UPDATE staff_second_factors SET last_step = $2"
        " WHERE staff_id = $1 AND last_step < $2 RETURNING staff_id",
        staff_id,
        step,
    )
    return taken is not None


async def _use(code: str, staff_id: UUID, now: datetime) -> bool:
    """Whether it is a recovery code that was not used yet."""
    used = await db.fetchval(
        "UPDATE staff_recovery_codes SET used_at = $3"
        " WHERE code_hash = $1 AND staff_id = $2 AND used_at IS NULL RETURNING staff_id",
        digest(_plain(code)),
        staff_id,
        now,
    )
    return used is not None


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time whose code it is, of those around now; None: of none of them."""
    given, generator = _plain(code).encode(), pyotp.TOTP(secret, interval=STEP_S)
    this = int(now.timestamp()) // STEP_S
    around = range(this - CLOCKS_APART_STEPS, this + CLOCKS_APART_STEPS + 1)
    fitting = [step for step in around if hmac.compare_digest(generator.generate_otp(step).encode(), given)]
    return fitting[-1] if fitting else None


def _draft(secret: str, staff_id: UUID, email: str, shop: str) -> Draft:
    sealed = base64.urlsafe_b64encode(vault().seal(secret.encode(), _form_place(staff_id))).decode()
    address = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=shop)
    return Draft(_grouped(secret), sealed, address)


def _opened(sealed: str, staff_id: UUID) -> str:
    try:
        return vault().open(base64.urlsafe_b64decode(sealed.encode()), _form_place(staff_id)).decode()
    except (Sealed, ValueError) as error:
        raise CodeWrong() from error


def _place(staff_id: UUID) -> str:
    return f"staff_second_factors/{staff_id}"


SEALED = (SealedColumn("staff_second_factors", "secret", "staff_id", lambda row: _place(row["staff_id"])),)
"""See core.resealing. A form that somebody has open with a draft begins anew instead."""


def _form_place(staff_id: UUID) -> str:
    return f"staff_second_factors/{staff_id}/draft"


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _plain(code: str) -> str:
    """As it was made, however it was typed."""
    return "".join(code.split()).replace("-", "").upper()
