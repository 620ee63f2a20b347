"""What customers are told of their cases, as messages: what somebody of the shop wrote to them."""

from uuid import UUID

import msgspec

from core import db
from core.i18n import translator
from core.notifications import kinds, letters
from core.notifications.model import Kind, Letter, Reader


class Written(msgspec.Struct, frozen=True):
    """What is told: which message of a conversation. Its text is read when the letter is written."""

    message: UUID


async def _message(told: Written, reader: Reader) -> Letter | None:
    row = await db.fetchrow("SELECT case_id, body FROM case_messages WHERE id = $1", told.message)
    if row is None:
        return None
    words = translator(reader.locale)
    subject = words.gettext("A message from %(shop)s about your review", shop=reader.shop)
    answer = words.gettext("Read and answer it here:")
    href = f"{reader.base_url}/portal/cases/{row['case_id']}"
    body = f"{row['body']}\n\n{answer}\n{href}\n\n{letters.footer(reader)}\n"
    return Letter(subject=subject, body=body, short=f"{subject}\n{href}", href=href)


MESSAGE = kinds.register(
    Kind(code="case_message", about="cases", values=Written, write=_message, switch=False)
)
