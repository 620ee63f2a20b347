"""Mails to a customer about a case: where they are answered, and how programs keep them together."""

from collections.abc import Sequence
from email.utils import parseaddr
from uuid import UUID

from core import db
from core.i18n import mark, translator
from core.notifications import letters
from core.notifications.model import Letter, Reader
from core.settings import settings
from reviews.cases.contact.settings import contact
from reviews.cases.inbound import quotes
from reviews.cases.inbound.rules import reply_address, thread_id

_ABOVE = mark("Please write your answer above this line.")
_TOKEN = "SELECT reply_token FROM cases WHERE id = $1"


async def letter(case_id: UUID, subject: str, said: Sequence[str], reader: Reader) -> Letter:
    """A letter of paragraphs about a case, answered where it is read or on the customer's page."""
    words, address = translator(reader.locale), (await contact()).reply_address
    href = f"{reader.base_url}/portal/cases/{case_id}"
    if address:
        above = [f"{quotes.MARK} {words.gettext(_ABOVE)} -##"]
        way = words.gettext("Answer this mail, or read and answer it here:")
    else:
        above, way = [], words.gettext("Read and answer it here:")
    parts = [*above, *said, f"{way}\n{href}", letters.footer(reader)]
    return Letter(
        subject=subject,
        body="\n\n".join(parts) + "\n",
        short=f"{subject}\n{href}",
        href=href,
        headers=await _headers(case_id, address),
    )


async def _headers(case_id: UUID, address: str) -> dict[str, str]:
    token: UUID = await db.fetchval(_TOKEN, case_id)
    domain = parseaddr(settings().mail_from)[1].partition("@")[2] or "localhost"
    found = {"References": thread_id(token, domain)}
    return found | ({"Reply-To": reply_address(address, token)} if address else {})
