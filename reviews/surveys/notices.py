"""Surveys as messages to customers: a link that opens the first question without signing in."""

from urllib.parse import urlencode
from uuid import UUID

import msgspec

from core import db
from core.i18n import translator
from core.notifications import kinds, letters
from core.notifications.model import Kind, Letter, Reader
from core.people.tokens import digest, new_token
from reviews.surveys import queries, rules

PATH = "/surveys/answer"


class Asked(msgspec.Struct, frozen=True):
    """What is told: which survey. Its link is made when the letter is written."""

    survey: UUID


async def link(survey_id: UUID) -> str:
    """The path of a new link to a survey; its token is kept as a digest alone."""
    token = new_token()
    await db.execute(queries.ADD_LINK, digest(token), survey_id)
    return f"{PATH}?{urlencode({'token': token})}"


async def _write(told: Asked, reader: Reader) -> Letter | None:
    row = await db.fetchrow(queries.SURVEY, told.survey)
    if row is None or not rules.is_open(row["expires_at"], row["answered_at"], reader.now):
        return None
    words = translator(reader.locale)
    if row["kind"] == "recommend":
        subject = words.gettext("How do you like %(shop)s?", shop=reader.shop)
        said = words.gettext(
            "one question, and room for what else you want to say. Good or bad: somebody reads it."
        )
    else:
        subject = words.gettext("Have we put it right?")
        said = words.gettext("your case at %(shop)s is resolved. How did we do?", shop=reader.shop)
    call = words.gettext("It takes a minute:")
    return letters.plain(subject, [said], reader, await link(told.survey), call)


SURVEY = kinds.register(Kind(code="survey", about="surveys", values=Asked, write=_write, switch=False))
