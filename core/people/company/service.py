"""The way there and back: what a sign-in began with is checked when the browser returns, once."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from core import db, outgoing, tenancy
from core.people import sessions
from core.people.company import provider as there
from core.people.company import settings as configured
from core.people.company.errors import CompanyRefused, CompanyUnknown, ProviderUnfit
from core.people.company.settings import Provider
from core.people.tokens import digest, new_token
from core.settings import settings

FLOW_TTL = timedelta(minutes=10)
BACK_PATH = "/staff/sign-in/company/back"
_LIMITS = {"issuer": 500, "client_id": 500, "client_secret": 1000}


@dataclass(frozen=True)
class Leaving:
    """Where the browser goes, and what it has to bring back in a cookie."""

    address: str
    state: str


@dataclass(frozen=True)
class Entered:
    """Who is back: the token of the session, and the page that was wanted first."""

    token: str
    next_path: str


def back_address() -> str:
    """What the provider has to be told to send browsers to."""
    return settings().public_url + BACK_PATH


async def try_out(provider: Provider) -> Provider:
    """The settings as they are kept, once the provider has answered.

    Raises ProviderUnfit or CompanyUnavailable.
    """
    for name, limit in _LIMITS.items():
        if not 0 < len(getattr(provider, name)) <= limit or "\0" in getattr(provider, name):
            raise ProviderUnfit(f"{name} has 1 to {limit} characters")
    try:
        outgoing.check_url(provider.issuer, settings().private_hosts)
    except outgoing.AddressRefused as error:
        raise ProviderUnfit(f"the issuer: {error.detail}") from error
    await there.described(provider.issuer)
    return provider


async def leave(shop: str, next_path: str, now: datetime) -> Leaving:
    """Begin a sign-in for the staff of a shop, by its code. Raises CompanyUnknown or CompanyUnavailable."""
    merchant = await tenancy.find_merchant(shop)
    provider = await _provider(merchant.id) if merchant else None
    if merchant is None or provider is None:
        raise CompanyUnknown()
    described = await there.described(provider.issuer)
    state, nonce, verifier = new_token(), new_token(), new_token()
    async with db.transaction(merchant.id):
        await db.execute(
            "INSERT INTO company_flows (state_hash, merchant_id, nonce, verifier, next_path, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            digest(state),
            merchant.id,
            nonce,
            verifier,
            next_path,
            now + FLOW_TTL,
        )
    asked = {
        "response_type": "code",
        "scope": "openid email",
        "client_id": provider.client_id,
        "redirect_uri": back_address(),
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in described.authorization_endpoint else "?"
    return Leaving(f"{described.authorization_endpoint}{joint}{urlencode(asked)}", state)


async def enter(state: str, kept: str, code: str, now: datetime, device: str = "") -> Entered:
    """Come back with a code; `kept` is the state of the browser's cookie.

    Whatever comes of it, this state is used up. Raises CompanyRefused or CompanyUnavailable.
    """
    if not state or digest(state) != digest(kept):
        raise CompanyRefused("the sign-in did not begin in this browser")
    merchant, flow = await _flow(state, now)
    if not code:
        raise CompanyRefused("the provider sent no code")
    provider = await _provider(merchant)
    if provider is None:
        raise CompanyRefused("the sign-in was switched off meanwhile")
    described = await there.described(provider.issuer)
    token = await there.id_token(provider, described, code, flow["verifier"], back_address())
    said = await there.claims(token, provider, described, flow["nonce"], now)
    if said.get("email_verified") is not True or not isinstance(said.get("email"), str):
        raise CompanyRefused("no verified e-mail address")
    async with db.transaction(merchant):
        staff_id = await db.fetchval(
            "SELECT id FROM staff WHERE lower(email) = lower($1) AND disabled_at IS NULL",
            said["email"].strip(),
        )
        if staff_id is None:
            raise CompanyRefused("nobody of the staff has this address")
        session = await sessions.start(now, staff_id=staff_id, via="company", device=device)
    return Entered(session, flow["next_path"])


async def _provider(merchant: UUID) -> Provider | None:
    async with db.transaction(merchant):
        return await configured.find()


async def _flow(state: str, now: datetime) -> tuple[UUID, db.Row]:
    """The sign-in that a state belongs to, which is used up now. Raises CompanyRefused."""
    hashed = digest(state)
    async with db.transaction(None):
        merchant = await db.fetchval("SELECT merchant_id FROM gate_company_flow($1)", hashed)
    if merchant is None:
        raise CompanyRefused("unknown or used already")
    async with db.transaction(merchant):
        flow = await db.fetchrow("DELETE FROM company_flows WHERE state_hash = $1 RETURNING *", hashed)
    if flow is None or flow["expires_at"] <= now:
        raise CompanyRefused("used already, or begun too long ago")
    return merchant, flow


def _challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
