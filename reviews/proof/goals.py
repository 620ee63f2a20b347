"""What a month is to reach, and how much it lacks so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from uuid import UUID

from core import db, tenancy
from core.days import day_of, zone_of
from core.errors import DomainError
from core.errors import Kind as ErrorKind
from core.ids import new_id
from loyalty.figures import service as figures
from reviews.cases.people import person
from reviews.proof import rules

CaseKind = Literal["reply", "resolve", "csat"]
ProgrammeKind = Literal["rating", "redemption"]
Kind = CaseKind | ProgrammeKind
KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
"""Those of cases, which managers set."""
HIGHEST_RATING = Decimal("0.98")
"""Of five stars: 4.9. With every review in, five would never be reached again after one of four."""


class GoalUnfit(DomainError):
    """Not a share, hours, or stars."""

    code = "goal_unfit"
    kind = ErrorKind.INVALID
    title = "A goal is a share from 0 to 1, within hours, of reviews with 1 to 5 stars"


@dataclass(frozen=True)
class Goal:
    """What a share of them is to do.

    reply: reviews of up to `stars_to` stars answered in public within hours of their receipt; resolve: cases
    resolved within hours of their opening; csat: satisfied answers; rating: the average stars of reviews
    received, of five; redemption: points redeemed of those earned. Of these three, hours and stars say
    nothing.
    """

    kind: Kind
    share: Decimal
    within_hours: int = 24
    stars_to: int = 2


@dataclass(frozen=True)
class Reached:
    """`count` of `of` did it, `open` may still; `short` how many it lacks, of all that there were.

    Of a rating these are stars, and `short` is how many reviews with five stars would make it; of a
    redemption they are points.
    """

    goal: Goal
    count: int
    of: int
    open: int
    short: int


_GOALS = """
    SELECT DISTINCT ON (kind) kind, share, within_hours, stars_to FROM case_goals ORDER BY kind, id DESC
"""
_ADD = """
    INSERT INTO case_goals (id, merchant_id, kind, share, within_hours, stars_to, changed_by, changed_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7)
"""
# $1 merchant, $2 $3 period, $4 hours, $5 stars, $6 now.
_COUNTS = {
    "reply": """
        SELECT count(*)::int AS of,
               count(*) FILTER (WHERE r.replied_at <= r.received_at + h)::int AS count,
               count(*) FILTER (WHERE r.replied_at IS NULL AND $6 <= r.received_at + h)::int AS open
        FROM reviews r CROSS JOIN make_interval(hours => $4) h
        WHERE r.merchant_id = $1 AND r.received_at >= $2 AND r.received_at < $3 AND r.kind = 'review'
          AND r.state = 'live' AND r.stars <= $5
    """,
    "resolve": """
        SELECT count(*)::int AS of,
               count(*) FILTER (WHERE f.at <= c.opened_at + h)::int AS count,
               count(*) FILTER (WHERE f.at IS NULL AND $6 <= c.opened_at + h)::int AS open
        FROM cases c CROSS JOIN make_interval(hours => $4) h
        CROSS JOIN LATERAL (
            SELECT min(e.at) AS at FROM case_events e WHERE e.case_id = c.id AND e.kind = 'resolved') f
        WHERE c.merchant_id = $1 AND c.opened_at >= $2 AND c.opened_at < $3 AND $5 > 0
          AND c.state NOT IN ('spam', 'duplicate')
    """,
    "csat": """
        SELECT count(*)::int AS of, count(*) FILTER (WHERE a.score >= 4)::int AS count, 0 AS open
        FROM case_surveys s CROSS JOIN LATERAL (
            SELECT x.score FROM case_survey_answers x
            WHERE x.survey_id = s.id AND x.question = 'csat' ORDER BY x.id DESC LIMIT 1) a
        WHERE s.merchant_id = $1 AND s.answered_at >= $2 AND s.answered_at < $3
          AND $4::int > 0 AND $5::int > 0 AND $6::timestamptz IS NOT NULL
    """,
    "rating": """
        SELECT (count(r.stars) * 5)::int AS of, coalesce(sum(r.stars), 0)::int AS count, 0 AS open
        FROM reviews r
        WHERE r.merchant_id = $1 AND r.received_at >= $2 AND r.received_at < $3 AND r.kind = 'review'
          AND r.state = 'live' AND $4::int > 0 AND $5::int > 0 AND $6::timestamptz IS NOT NULL
    """,
}


async def goals() -> list[Goal]:
    """Those that hold now."""
    return [Goal(**row) for row in await db.fetch(_GOALS) if row["share"] > 0]


async def change(goal: Goal, by: UUID, now: datetime) -> None:
    """From now on; a share of 0 ends it. Raises GoalUnfit or, for goals of cases, core.errors.Forbidden.

    Who may set those of the programme is asked where the form comes in.
    """
    if goal.kind in KINDS:
        await person(by, "settings")
    if not (0 <= goal.share <= 1 and 1 <= goal.within_hours <= 2160 and 1 <= goal.stars_to <= 5):
        raise GoalUnfit()
    if goal.kind == "rating" and goal.share > HIGHEST_RATING:
        raise GoalUnfit()
    known = {each.kind: each for each in await goals()}
    if known.get(goal.kind) != goal and (goal.share or goal.kind in known):
        told = (goal.kind, goal.share, goal.within_hours, goal.stars_to)
        await db.execute(_ADD, new_id(), *told, by, now)


async def reached(start: datetime, end: datetime, now: datetime) -> Sequence[Reached]:
    """How far each goal is in a period, in the open transaction."""
    found = []
    for goal in await goals():
        count, of, left = await _counted(goal, start, end, now)
        lacks = rules.five_star_shortfall if goal.kind == "rating" else rules.shortfall
        found.append(Reached(goal, count, of, left, lacks(goal.share, count, of)))
    return found


async def _counted(goal: Goal, start: datetime, end: datetime, now: datetime) -> tuple[int, int, int]:
    if goal.kind == "redemption":
        zone = zone_of((await tenancy.shop()).time_zone)
        last = min(end - timedelta(microseconds=1), now)
        points = await figures.points_of(day_of(start, zone), day_of(last, zone))
        return points.redeemed, points.earned, 0
    args = (db.merchant_id(), start, end, goal.within_hours, goal.stars_to, now)
    row = await db.fetchrow(_COUNTS[goal.kind], *args)
    assert row is not None  # counts are one row
    return row["count"], row["of"], row["open"]
