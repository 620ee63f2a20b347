"""What customers are told of their cases, as messages: what somebody of the shop wrote to them."""

from uuid import UUID

import msgspec

from core import db
from core.i18n import translator
from core.notifications import kinds
from core.notifications.model import Kind, Letter, Reader
from reviews.cases.contact import letters

_WRITTEN = """
    SELECT m.case_id, m.body, c.cause FROM case_messages m JOIN cases c ON c.id = m.case_id WHERE m.id = $1
"""


class Written(msgspec.Struct, frozen=True):
    """What is told: which message of a conversation. Its text is read when the letter is written."""

    message: UUID


async def _message(told: Written, reader: Reader) -> Letter | None:
    row = await db.fetchrow(_WRITTEN, told.message)
    if row is None:
        return None
    words = translator(reader.locale)
    subject = words.gettext("A message from %(shop)s", shop=reader.shop)
    if row["cause"] == "review":
        subject = words.gettext("A message from %(shop)s about your review", shop=reader.shop)
    return await letters.letter(row["case_id"], subject, [row["body"]], reader)


MESSAGE = kinds.register(
    Kind(code="case_message", about="cases", values=Written, write=_message, switch=False)
)
