"""Customers sign in by a link in a mail: it works once, for a short time.

Asking for a link never tells whether an address is known: nothing is answered, and the caller
(api.entry.signin) has answered the browser before the look-up starts, so that the time tells nothing either.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db, tenancy
from core.errors import DomainError, Kind
from core.i18n import Locale, negotiate, translator
from core.mail import service as mail
from core.people import customers, sessions, throttle
from core.people.tables import LoginLink
from core.people.tokens import digest, merchant_of, new_token
from core.settings import settings

PATH = "/portal/enter"
_WHOSE = """
SELECT coalesce(c.merged_into, c.id) FROM login_links l JOIN customers c ON c.id = l.customer_id
WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND c.deleted_at IS NULL
"""


class LinkInvalid(DomainError):
    """Unknown, used or expired: never told apart."""

    code = "login_link_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "This link has expired or was used already"


@dataclass(frozen=True)
class _Known:
    merchant_id: UUID
    customer_id: UUID
    email: str
    locale: str


async def count(email: str, address: str) -> None:
    """Count one request for a link, known address or not. Raises throttle.TooManyAttempts."""
    await throttle.attempt((throttle.LINKS_PER_EMAIL, email), (throttle.LINKS_PER_ADDRESS, address))


async def request(email: str, now: datetime) -> None:
    """Send a link for each merchant that knows this address as a customer's; none to nobody."""
    async with db.transaction(None):
        rows = await db.fetch("SELECT * FROM gate_customers($1)", email.strip())
    for known in [_Known(**row) for row in rows]:
        async with db.transaction(known.merchant_id):
            await _send(known, now)


async def whose(token: str, now: datetime) -> customers.Profile | None:
    """Whom a link signs in; None: nobody, or not any more. Nothing is used up."""
    try:
        merchant_id = await merchant_of("gate_login_link", token, LinkInvalid)
    except LinkInvalid:
        return None
    async with db.transaction(merchant_id):
        customer_id = await db.fetchval(_WHOSE, digest(token), now)
        return await customers.find(customer_id) if customer_id else None


async def use(token: str, now: datetime, device: str = "") -> str:
    """Use a link up and start a session; answers the session's token. Raises LinkInvalid."""
    async with db.transaction(await merchant_of("gate_login_link", token, LinkInvalid)):
        # Of two that come at once the second waits for the row here, and then finds it used.
        customer_id = await db.fetchval(
            "UPDATE login_links l SET used_at = $2 FROM customers c"
            " WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2"
            " AND c.id = l.customer_id AND c.deleted_at IS NULL"
            " RETURNING coalesce(c.merged_into, c.id)",
            digest(token),
            now,
        )
        if customer_id is None:
            raise LinkInvalid()
        return await sessions.start(now, customer_id=customer_id, via="link", device=device)


async def _send(known: _Known, now: datetime) -> None:
    token = new_token()
    ttl_s = settings().login_link_ttl_s
    await LoginLink(
        token_hash=digest(token),
        merchant_id=known.merchant_id,
        customer_id=known.customer_id,
        created_at=now,
        expires_at=now + timedelta(seconds=ttl_s),
    ).save()
    locale = negotiate(known.locale, known.locale)
    shop = (await tenancy.shop()).name(locale)
    address = f"{settings().public_url}{PATH}?token={token}"
    subject, body = _texts(locale, shop, address, ttl_s // 60)
    await mail.send("login_link", known.email, locale, subject, body, now, customer_id=known.customer_id)


def _texts(locale: Locale, shop: str, address: str, valid_minutes: int) -> tuple[str, str]:
    words = translator(locale)
    subject = words.gettext("Sign in to %(shop)s", shop=shop)
    validity = words.ngettext(
        "The link works once, for %(num)s minute.", "The link works once, for %(num)s minutes.", valid_minutes
    )
    lines = (
        words.gettext("Hello,"),
        words.gettext("this link signs you in to %(shop)s:", shop=shop),
        address,
        validity,
        words.gettext("If you did not ask for it, ignore this mail; nobody is signed in without the link."),
    )
    return subject, "\n\n".join(lines) + "\n"
