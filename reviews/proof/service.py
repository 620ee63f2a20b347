"""The report of a period, in the open transaction; each figure says of how many it was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core import db, tenancy
from core.days import months_on, start_of_day, zone_of
from reviews.cases.response import Met
from reviews.cases.rules import asks_for_change
from reviews.compliance import service as compliance
from reviews.compliance.rules import ByStars
from reviews.proof import goals, queries
from reviews.proof.goals import Reached
from reviews.proof.rules import Difference, Share
from reviews.surveys import rules as survey_rules


@dataclass(frozen=True)
class Only:
    """Which cases are counted; nothing said: all."""

    team_id: UUID | None = None
    staff_id: UUID | None = None
    aspect: str = ""


@dataclass(frozen=True)
class Resolved:
    """What came of cycles that were resolved; `name` of a person, team or aspect, empty: of all."""

    name: str
    resolved: int
    reopened: Share
    first_contact: Share
    """Resolved in the first cycle with one message or call, and not reopened."""
    csat: Share
    """Of the answers: satisfied or very satisfied."""
    effort: Share
    """Of the answers: easy or very easy."""


@dataclass(frozen=True)
class Arms:
    """The two sides of a holdout: cases, how many got something, how many by a reason all the same."""

    share: Decimal
    began_at: datetime
    assigned: Mapping[str, int]
    given: Mapping[str, int]
    overridden: int
    by_days: Mapping[int, Difference]
    """Customers who bought again within so many days of their assignment, by intention to treat."""


@dataclass(frozen=True)
class Report:
    """Everything that is shown of a period from `start` to before `end`."""

    start: datetime
    end: datetime
    answered: Share
    """Of the cases that were opened."""
    waiting: int
    clocks: Sequence[Met]
    whole: Resolved
    by_person: Sequence[Resolved]
    by_team: Sequence[Resolved]
    by_aspect: Sequence[Resolved]
    revised: Share
    """Of reviews whose case was answered: raised by their author, where nobody asked for it."""
    surveys: Mapping[str, Share]
    """By kind: of those asked, who answered."""
    nps: float | None
    nps_answers: int
    recovered: Mapping[int, Share]
    """Customers who bought again within so many days of a resolution."""
    arms: Arms | None
    goals: Sequence[Reached]
    by_stars: Sequence[ByStars] = field(default_factory=list)
    """What became of reviews received in the period."""


def month_of(text: str) -> date:
    """The first day of a month such as 2026-11. Raises ValueError for what is none of this time."""
    day = datetime.strptime(text, "%Y-%m").date()
    if not 2000 <= day.year <= 2200:
        raise ValueError(text)
    return day


async def month(day: date) -> tuple[datetime, datetime]:
    """The first moments of the shop's month that has this day, and of the next one."""
    zone = zone_of((await tenancy.shop()).time_zone)
    first = day.replace(day=1)
    return start_of_day(first, zone), start_of_day(months_on(first, 1), zone)


async def report(start: datetime, end: datetime, only: Only, now: datetime) -> Report:
    """All figures of a period."""
    args = (db.merchant_id(), start, end, only.team_id, only.staff_id, only.aspect)
    opened = await db.fetchrow(queries.OPENED, *args)
    whole = await db.fetchrow(queries.RESOLVED, *args)
    assert opened is not None and whole is not None  # counts are one row
    counts = {row["score"]: row["count"] for row in await db.fetch(queries.RECOMMEND, *args[:3])}
    return Report(
        start=start,
        end=end,
        answered=Share(opened["answered"], opened["opened"]),
        waiting=opened["waiting"],
        clocks=[Met(**row) for row in await db.fetch(queries.CLOCKS, *args)],
        whole=_resolved(whole, ""),
        by_person=[_resolved(row, row["name"]) for row in await db.fetch(queries.BY_PERSON, *args)],
        by_team=[_resolved(row, row["name"]) for row in await db.fetch(queries.BY_TEAM, *args)],
        by_aspect=[_resolved(row, row["name"]) for row in await db.fetch(queries.BY_ASPECT, *args)],
        revised=_unprompted(await db.fetch(queries.REVISED, *args)),
        surveys={
            row["kind"]: Share(row["answered"], row["asked"])
            for row in await db.fetch(queries.ASKED, *args[:3])
        },
        nps=survey_rules.nps(counts),
        nps_answers=sum(counts.values()),
        recovered={
            row["days"]: Share(row["count"], row["of"])
            for row in await db.fetch(queries.RECOVERED, *args, now)
        },
        arms=await arms(now),
        goals=await goals.reached(start, end, now),
        by_stars=await compliance.by_stars(compliance.Period(start, end)),
    )


async def arms(now: datetime) -> Arms | None:
    """The newest holdout and what it shows; None: there was never one."""
    holdout = await db.fetchrow(queries.HOLDOUT)
    if holdout is None:
        return None
    sizes = {row["arm"]: row for row in await db.fetch(queries.ARM_SIZES, holdout["id"])}
    found = {(row["days"], row["arm"]): row for row in await db.fetch(queries.ARMS, holdout["id"], now)}

    def share(days: int, arm: str) -> Share:
        row = found.get((days, arm))
        return Share(row["count"], row["of"]) if row else Share(0, 0)

    return Arms(
        share=holdout["share"],
        began_at=holdout["began_at"],
        assigned={arm: row["assigned"] for arm, row in sizes.items()},
        given={arm: row["given"] for arm, row in sizes.items()},
        overridden=sum(row["overridden"] for row in sizes.values()),
        by_days={days: Difference(share(days, "remedy"), share(days, "holdout")) for days in (30, 60, 90)},
    )


async def people() -> list[tuple[UUID, str]]:
    """Whoever owns or owned cases."""
    return [(row["id"], row["name"]) for row in await db.fetch(queries.PEOPLE, db.merchant_id())]


async def teams() -> list[tuple[UUID, str]]:
    """Teams by name."""
    return [(row["id"], row["name"]) for row in await db.fetch(queries.TEAMS)]


def _resolved(row: db.Row, name: str) -> Resolved:
    return Resolved(
        name=name,
        resolved=row["resolved"],
        reopened=Share(row["reopened"], row["resolved"]),
        first_contact=Share(row["first_contact"], row["first_cycles"]),
        csat=Share(row["csat_satisfied"], row["csat_answers"]),
        effort=Share(row["effort_easy"], row["effort_answers"]),
    )


def _unprompted(rows: Sequence[db.Row]) -> Share:
    """Whoever was asked to change their review is no proof of anything, and is not counted at all."""
    asked = [row for row in rows if row["revised"] and asks_for_change(row["said"] or "")]
    return Share(sum(row["revised"] for row in rows) - len(asked), len(rows) - len(asked))
