"""Define achievements, bring members' awards up to date, show progress."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from core import db, tenancy
from core.days import zone_of
from core.errors import DomainError, Kind, NotFound
from loyalty.achievements import queries, rules
from loyalty.achievements.rules import YEARS, Challenge, Definition, Entries, Events, Metric, Spend, Streak
from loyalty.ledger import AnyCommand, Clawback, Earn, post
from loyalty.ledger.commands import Policy, unasked
from loyalty.rules.check import check_event
from loyalty.wallets import service as wallets

POST_BATCH = 500

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]


class AchievementInvalid(DomainError):
    """Its time ends before it starts, or lies outside the years that count."""

    code = "achievement_invalid"
    kind = Kind.INVALID
    title = "The achievement cannot be like this"


class Achievement(msgspec.Struct, frozen=True, kw_only=True):
    """An achievement in its present version; `awards` counts those of all versions that stand."""

    id: UUID
    code: str
    version: int
    definition: Definition
    created_at: datetime
    retired_at: datetime | None
    awards: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands. `value` of `target`: in the present period, or a streak's periods in a row.

    `step` and `step_target` are what the present period of a streak has and needs. `times`: how often it
    was reached.
    """

    code: str
    definition: Definition
    value: int
    target: int
    step: int | None = None
    step_target: int | None = None
    times: int = 0
    last_reached_at: datetime | None = None


class Award(msgspec.Struct, frozen=True, kw_only=True):
    """An achievement that a member has reached, with its name of that time. `period`: its first day."""

    code: str
    name: rules.Names
    period: date
    points: int
    reached_at: datetime


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An award that was given (`gained`) or withdrawn."""

    award_id: UUID
    member_id: UUID
    period: date
    gained: bool


async def define(code: str, definition: Definition, now: datetime) -> Achievement:
    """Make an achievement, or its next version; earlier awards stay.

    Raises AchievementInvalid, and what loyalty.rules.check has against the event that counts.
    """
    start, end = definition.starts_at, definition.ends_at
    if start and end and end <= start:
        raise AchievementInvalid("it ends before it starts")
    for moment in (start, end):
        if moment and not YEARS[0] <= moment.year <= YEARS[1]:
            raise AchievementInvalid(f"the years are {YEARS[0]} to {YEARS[1]}")
    if isinstance(definition.goal.metric, Events):
        check_event(definition.goal.metric.type)
    await db.execute(queries.TURN, code)
    await db.fetch(queries.RETIRE, code, now)
    await db.fetchval(queries.ADD, code, db.to_json(definition), now)
    return await find(code)


async def retire(code: str, now: datetime) -> Achievement:
    """End an achievement; what was reached stays. Raises NotFound."""
    await db.fetch(queries.RETIRE, code, now)
    return await find(code)


async def find(code: str) -> Achievement:
    """The newest version of an achievement. Raises NotFound."""
    row = await db.fetchrow(queries.ONE, code)
    if row is None:
        raise NotFound(f"there is no achievement {code}")
    return _achievement(row)


async def live() -> list[Achievement]:
    """The achievements that can be reached now, by code."""
    return [_achievement(row) for row in await db.fetch(queries.LIVE)]


async def evaluate(members: Sequence[UUID] | None, now: datetime) -> int:
    """Bring the awards of these members (None: all) in line with what they did; answers how many changed."""
    changed = 0
    for each in await live():
        changes = await _settle(each, members, now)
        await _post(each, changes, now)
        changed += len(changes)
    return changed


async def progress(member_id: UUID, now: datetime) -> list[Progress]:
    """Where a member stands in every achievement that can be reached now."""
    zone = (await tenancy.shop()).time_zone
    today = now.astimezone(zone_of(zone)).date()
    awards: dict[str, list[db.Row]] = {}
    for row in await db.fetch(queries.AWARDS, member_id):
        awards.setdefault(row["code"], []).append(row)
    return [await _progress(each, member_id, awards.get(each.code, []), zone, today) for each in await live()]


async def reached(member_id: UUID) -> list[Award]:
    """What a member has reached, the newest first."""
    return [
        Award(
            code=row["code"],
            name=definition.name,
            period=row["period"],
            points=definition.points,
            reached_at=row["awarded_at"],
        )
        for row in await db.fetch(queries.AWARDS, member_id)
        for definition in [msgspec.json.decode(row["definition"], type=Definition)]
    ]


async def _settle(achievement: Achievement, members: Sequence[UUID] | None, now: datetime) -> list[Change]:
    goal = achievement.definition.goal
    reached, needs = _reached(goal)
    await db.execute(queries.TURN, achievement.code)
    sql = queries.values(goal.metric) + queries.SETTLE.replace("{reached}", reached)
    zone = (await tenancy.shop()).time_zone
    subject = _arguments(achievement.definition, members, zone)
    rows = await db.fetch(sql, *subject, *needs, achievement.id, achievement.code, now)
    return [
        Change(award_id=row["id"], member_id=row["member_id"], period=row["period"], gained=row["gained"])
        for row in rows
    ]


def _reached(goal: Challenge | Streak) -> tuple[str, tuple[int, int]]:
    """The query of who has reached the goal, and its numbers."""
    if isinstance(goal, Streak):
        return queries.STREAK, (goal.each, goal.periods)
    return queries.CHALLENGE, (goal.target, 1)


def _arguments(definition: Definition, members: Sequence[UUID] | None, zone: str) -> tuple[object, ...]:
    return (
        None if members is None else list(members),
        zone,
        definition.goal.period,
        definition.starts_at,
        definition.ends_at,
        _named(definition.goal.metric),
    )


def _named(metric: Metric) -> str | None:
    match metric:
        case Spend(currency):
            return currency
        case Events(type):
            return type
        case Entries(rule):
            return rule
        case _:
            return None


async def _post(achievement: Achievement, changes: Sequence[Change], now: datetime) -> None:
    if not achievement.definition.points or not changes:
        return
    wallet = next(each for each in await wallets.wallets() if each.code == "points")
    joined = {row["id"]: row["joined_at"] for row in await db.fetch(
        "SELECT id, joined_at FROM members WHERE id = ANY ($1::uuid[])", [each.member_id for each in changes]
    )}  # fmt: skip
    commands = [
        _earn(achievement, each, wallet.expires_at(now, joined[each.member_id]), now)
        if each.gained
        else _clawback(achievement, each, unasked(wallet.debt_policy), now)
        for each in changes
    ]
    for start in range(0, len(commands), POST_BATCH):
        await post(commands[start : start + POST_BATCH], now)


def _earn(achievement: Achievement, change: Change, expires_at: datetime | None, now: datetime) -> AnyCommand:
    return Earn(
        key=f"achievement:{change.award_id}",
        member=change.member_id,
        points=achievement.definition.points,
        effective_at=now,
        expires_at=expires_at,
        reason=_reason(achievement, "achievement"),
    )


def _clawback(achievement: Achievement, change: Change, policy: Policy, now: datetime) -> AnyCommand:
    return Clawback(
        key=f"achievement_withdrawn:{change.award_id}",
        member=change.member_id,
        parent=f"achievement:{change.award_id}",
        points=achievement.definition.points,
        policy=policy,
        effective_at=now,
        reason=_reason(achievement, "achievement_withdrawn"),
    )


def _reason(achievement: Achievement, rule: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "achievement": achievement.code,
        "version": achievement.version,
        "name": achievement.definition.name,
    }


async def _progress(
    achievement: Achievement, member_id: UUID, awards: Sequence[db.Row], zone: str, today: date
) -> Progress:
    definition = achievement.definition
    goal = definition.goal
    sql = queries.values(goal.metric) + queries.OF_MEMBERS
    rows = await db.fetch(sql, *_arguments(definition, [member_id], zone))
    values = {row["period"]: row["value"] for row in rows}
    now_value = values.get(rules.period_start(today, goal.period), 0)
    common: dict[str, Any] = {
        "code": achievement.code,
        "definition": definition,
        "times": len(awards),
        "last_reached_at": awards[0]["awarded_at"] if awards else None,
    }
    if isinstance(goal, Challenge):
        return Progress(value=now_value, target=goal.target, **common)
    reached = frozenset(period for period, value in values.items() if value >= goal.each)
    length = rules.run_length(reached, today, goal.period)
    # A run goes on after its award: what counts is the way to the next one.
    value = goal.periods if length and length % goal.periods == 0 else length % goal.periods
    return Progress(value=value, target=goal.periods, step=now_value, step_target=goal.each, **common)


def _achievement(row: db.Row) -> Achievement:
    return Achievement(**dict(row) | {"definition": msgspec.json.decode(row["definition"], type=Definition)})
