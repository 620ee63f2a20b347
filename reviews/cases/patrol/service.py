"""The daily pass: every negative review of the last day is handled, on a named person's list, or told."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from core import db, tenancy
from core.days import day_of, zone_of
from core.i18n import Locale, Translator, mark, negotiate, translator
from core.mail import service as mail
from core.settings import settings
from reviews.cases.patrol import queries

BEGINS = time(8)
"""In the shop's time zone."""
LINES = 30

_SUBJECT = mark("Patrol: %(unowned)s without an owner, %(overdue)s overdue")
_DAY = mark(
    "Negative reviews of the last day: %(negative)s. Handled: %(handled)s. On somebody's list: %(listed)s."
)
_WITHOUT = mark("Without a case: %(count)s. This should not happen; please tell whoever runs Regulars.")
_LINE = mark("Case %(number)s, %(who)s: %(owner)s")
_NOBODY = mark("nobody's")
_CALL = mark("to be called")
_ALL = mark("All of them:")


@dataclass(frozen=True)
class Found:
    """What a patrol found; `negative` are reviews of the last day, `unowned` and `overdue` open cases now."""

    negative: int
    without_case: int
    handled: int
    listed: int
    unowned: int
    overdue: int
    calls: int = 0
    """Open cases whose customers are still to be called."""


@dataclass(frozen=True)
class Undone:
    """A case that is nobody's, late or owes its customer a call; `owner` "": nobody's."""

    id: UUID
    number: int
    due_at: datetime | None
    owner: str
    who: str
    call_owed: bool = False


async def look(now: datetime) -> tuple[Found, list[Undone]]:
    """What there is now, at most LINES of it, what is nobody's first; in the open transaction."""
    row = await db.fetchrow(queries.DAY, db.merchant_id(), now - timedelta(days=1), now)
    assert row is not None
    undone = [Undone(**each) for each in await db.fetch(queries.UNDONE, db.merchant_id(), now, LINES)]
    return Found(**row), undone


async def patrol(now: datetime) -> bool:
    """Once a day, from eight in the morning: mail the managers what is undone; False: not now."""
    zone = zone_of((await tenancy.shop()).time_zone)
    if now.astimezone(zone).time() < BEGINS:
        return False
    found, undone = await look(now)
    day = day_of(now, zone)
    if await db.fetchval(queries.BEGIN, db.merchant_id(), day, now, db.to_json(found)) is None:
        return False
    if undone or found.without_case:
        for person in await db.fetch(queries.MANAGERS):
            locale = negotiate(person["locale"], person["locale"])
            await _tell(person["email"], locale, found, undone, now)
    return True


async def _tell(to: str, locale: Locale, found: Found, undone: list[Undone], now: datetime) -> None:
    words = translator(locale)
    subject = words.gettext(_SUBJECT, unowned=found.unowned, overdue=found.overdue)
    await mail.send("case_patrol", to, locale, subject, _letter(words, found, undone), now)


def _letter(words: Translator, found: Found, undone: list[Undone]) -> str:
    inbox = f"{settings().public_url}/staff/inbox"
    lines = [words.gettext(_DAY, negative=found.negative, handled=found.handled, listed=found.listed)]
    if found.without_case:
        lines.append(words.gettext(_WITHOUT, count=found.without_case))
    lines.append("")
    for each in undone:
        owner = each.owner or words.gettext(_NOBODY)
        line = words.gettext(_LINE, number=each.number, who=each.who or "–", owner=owner)
        lines.append(f"{line} ({words.gettext(_CALL)})" if each.call_owed else line)
        lines.append(f"{inbox}/cases/{each.id}")
    return "\n".join([*lines, "", words.gettext(_ALL), f"{inbox}/patrol", ""])
