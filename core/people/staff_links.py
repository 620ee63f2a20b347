"""Staff choose their password by a link in a mail: when they are invited, or when they have lost it.

The link works once. Asking for another one makes the former ones void.
"""

from datetime import datetime, timedelta
from uuid import UUID

from core import db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.i18n import Locale, negotiate, translator
from core.mail import service as mail
from core.people import sessions, staff
from core.people.tokens import digest, merchant_of, new_token
from core.settings import settings

PATH = "/staff/welcome"
TTL = timedelta(days=3)

_OF_LINK = "l.token_hash = $1 AND l.expires_at > $2 AND s.id = l.staff_id AND s.disabled_at IS NULL"
_WHOSE = f"SELECT s.name FROM staff_links l, staff s WHERE {_OF_LINK}"
_USE = f"DELETE FROM staff_links l USING staff s WHERE {_OF_LINK} RETURNING s.id"


class LinkInvalid(DomainError):
    """Unknown, used, expired, or of somebody who may not sign in any more: never told apart."""

    code = "staff_link_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "This link has expired or was used already"


async def send(staff_id: UUID, now: datetime) -> None:
    """Send somebody of the staff a link, in the open transaction. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT email, name, locale FROM staff WHERE id = $1 AND disabled_at IS NULL", staff_id
    )
    if row is None:
        raise NotFound(f"nobody of the staff with the id {staff_id}")
    token = new_token()
    await db.execute("DELETE FROM staff_links WHERE staff_id = $1", staff_id)
    await db.execute(
        "INSERT INTO staff_links (token_hash, merchant_id, staff_id, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        digest(token),
        db.merchant_id(),
        staff_id,
        now,
        now + TTL,
    )
    locale = negotiate(row["locale"], row["locale"])
    shop = (await tenancy.shop()).name(locale)
    subject, body = _texts(locale, shop, row["name"], f"{settings().public_url}{PATH}?token={token}")
    await mail.send("staff_link", row["email"], locale, subject, body, now)


async def whose(token: str, now: datetime) -> str:
    """The name of whoever a link is for; nothing is used up. Raises LinkInvalid."""
    async with db.transaction(await merchant_of("gate_staff_link", token, LinkInvalid)):
        name = await db.fetchval(_WHOSE, digest(token), now)
    if name is None:
        raise LinkInvalid()
    return str(name)


async def use(token: str, password: str, now: datetime, device: str = "") -> str:
    """Choose a password and start a session, a half one where there is a second factor; answers its token.

    Every other session of this person ends. Raises LinkInvalid, staff.PasswordUnfit or
    staff.PasswordGuessable.
    """
    async with db.transaction(await merchant_of("gate_staff_link", token, LinkInvalid)):
        # Of two that come at once the second waits for the row here, and then finds it gone.
        staff_id = await db.fetchval(_USE, digest(token), now)
        if staff_id is None:
            raise LinkInvalid()
        await staff.put_password(staff_id, password, now)
        await sessions.revoke_all(now, staff_id=staff_id)
        return await staff.start_session(staff_id, now, device)


def _texts(locale: Locale, shop: str, name: str, address: str) -> tuple[str, str]:
    words = translator(locale)
    validity = words.ngettext(
        "The link works once, for %(num)s day.", "The link works once, for %(num)s days.", TTL.days
    )
    lines = (
        words.gettext("Hello %(name)s,", name=name),
        words.gettext("with this link you choose your password for the back office of %(shop)s:", shop=shop),
        address,
        validity,
        words.gettext("If you do not work there, ignore this mail; nothing happens without the link."),
    )
    return words.gettext("Your access to %(shop)s", shop=shop), "\n\n".join(lines) + "\n"
