"""Who is told that a target was missed: the owner, then the team's lead, then a manager; one at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from core.design.words import word
from core.i18n import Translator, mark, negotiate, translator
from core.mail import service as mail
from core.settings import settings
from reviews.cases import events, queries

_SUBJECT = mark("Case %(number)s: overdue (%(clock)s)")
_BODY = mark("A target of this case was missed, and you are the next who can help.")


def told(chain: Sequence[UUID | None], before: Collection[UUID]) -> UUID | None:
    """Who is told next, out of those who could be in their order; None: all were told `before`."""
    return next((person for person in chain if person is not None and person not in before), None)


async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Tell one person by mail, if the clock still waits. Payload: case_id, cycle, clock, round, level."""
    clock = (UUID(payload["case_id"]), payload["cycle"], payload["clock"], payload["round"])
    found = await db.fetchrow(queries.OVERDUE, *clock)
    if found is None:
        return
    to = told(found["chain"], {row["id"] for row in await db.fetch(queries.TOLD, *clock)})
    if to is None:
        return
    person = await db.fetchrow(queries.STAFF_ADDRESS, to)
    assert person is not None
    case_id, cycle, kind, round_ = clock
    await events.add(
        case_id, cycle, "escalated", now, clock=kind, round=round_, level=payload["level"], to=to
    )
    locale = negotiate(person["locale"], person["locale"])
    subject, body = _letter(translator(locale), found["number"], payload["clock"], clock[0])
    await mail.send("case_escalated", person["email"], locale, subject, body, now)


def _letter(words: Translator, number: int, clock: str, case_id: UUID) -> tuple[str, str]:
    subject = words.gettext(_SUBJECT, number=number, clock=word(words, "clock", clock))
    address = f"{settings().public_url}/staff/inbox/cases/{case_id}"
    return subject, f"{words.gettext(_BODY)}\n\n{address}\n"
