"""Calendars of the merchant: read, written, removed. Cycles that run keep the one they began with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from reviews.cases.calendars import queries, rules
from reviews.cases.calendars.public_days import check_country, day_kind
from reviews.cases.calendars.rules import Calendar, CalendarUnfit
from reviews.cases.codes import CODE, NAME_LIMIT_CHARS
from reviews.cases.people import setter
from reviews.cases.targets import rules as targets
from reviews.cases.targets.rules import Policy, PolicyUnfit

LIMIT = 50


class CalendarInUse(DomainError):
    """A policy counts by it."""

    code = "calendar_in_use"
    kind = Kind.CONFLICT
    title = "A policy uses this calendar"


@dataclass(frozen=True)
class Kept:
    """A calendar under its code."""

    code: str
    name: str
    calendar: Calendar


async def every() -> list[Kept]:
    """All of the merchant, by name."""
    return [
        Kept(row["code"], row["name"], msgspec.json.decode(row["calendar"], type=Calendar))
        for row in await db.fetch(queries.EVERY)
    ]


async def put(code: str, name: str, calendar: Calendar, by: UUID | None, now: datetime) -> None:
    """Make or change a calendar; for cycles that begin from now on.

    Raises CalendarWithoutHours, CalendarUnfit, core.days.TimeZoneUnknown or core.errors.Forbidden.
    """
    await setter(by)
    if not CODE.fullmatch(code) or not 0 < len(name.strip()) <= NAME_LIMIT_CHARS:
        raise CalendarUnfit("a code of small letters, digits and hyphens, and a name")
    check_country(calendar.country)
    rules.check(calendar, day_kind, now.date())
    codes = {kept.code for kept in await every()}
    if len(codes) >= LIMIT and code not in codes:
        raise CalendarUnfit(f"at most {LIMIT} calendars")
    for row in await db.fetch(queries.USED_BY, code):
        policy = msgspec.json.decode(row["policy"], type=Policy)
        try:
            targets.check_reach(policy.targets, calendar, now)
        except PolicyUnfit as error:
            raise CalendarUnfit(f"too few hours for the policy {policy.code}") from error
    await db.execute(queries.PUT, code, name.strip(), db.to_json(calendar), by, now)


async def remove(code: str, by: UUID | None) -> None:
    """Raises CalendarInUse, NotFound or core.errors.Forbidden."""
    await setter(by)
    if await db.fetch(queries.USED_BY, code):
        raise CalendarInUse(code)
    if await db.fetchval(queries.REMOVE, code) is None:
        raise NotFound(f"no calendar {code}")
