"""Ask for an adjustment, decide on one, read them. Each belongs to one person of the staff, some to two."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Forbidden, Kind, NotFound
from core.ids import new_id
from core.people.roles import ROLES, permissions_of
from loyalty.adjustments import queries
from loyalty.ledger import AnyCommand, Deduct, Earn, post

Cause = Literal["correction", "courtesy", "promotion", "migration", "misuse", "other"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

LIMITS_POINTS: Mapping[str, int] = {"owner": 50_000, "marketer": 5_000, "community_manager": 1_000}
"""What a role may add or take alone until the merchant says otherwise; other roles nothing."""
LIMIT_MOST_POINTS = 1_000_000_000
A_DAY = timedelta(days=1)
"""In which what one person gives one member alone counts together."""


class AdjustmentDecided(DomainError):
    """Somebody decided on it before."""

    code = "adjustment_decided"
    kind = Kind.CONFLICT
    title = "The adjustment was decided on before"


class SecondPersonNeeded(DomainError):
    """Above the limit the second person is another than the first."""

    code = "second_person_needed"
    kind = Kind.FORBIDDEN
    title = "Somebody else must decide on this adjustment"


class AdjustmentInvalid(DomainError):
    """No points, too many, no note, or an expiry that does not fit."""

    code = "adjustment_invalid"
    kind = Kind.INVALID
    title = "The adjustment cannot be like this"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. `points` below zero are taken; `note` is read by the member."""

    member_id: UUID
    points: int
    cause: Cause
    note: str
    wallet: str = "points"
    expires_at: datetime | None = None


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """One adjustment: waiting, posted or rejected. `decided_by` is None within the asker's own limit."""

    id: UUID
    customer_id: str
    customer_name: str | None
    member_id: UUID
    wallet: str
    points: int
    expires_at: datetime | None
    cause: str
    note: str
    state: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    entry_id: UUID | None


class _Person(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    role: str


async def limits() -> dict[str, int]:
    """By role, how many points it may add or take alone."""
    own = {row["role"]: row["limit_points"] for row in await db.fetch(queries.LIMITS)}
    return {role: own.get(role, LIMITS_POINTS.get(role, 0)) for role in ROLES}


async def set_limit(role: str, limit_points: int) -> None:
    """How many points a role may add or take alone from now on. Raises AdjustmentInvalid."""
    if role not in ROLES or not 0 <= limit_points <= LIMIT_MOST_POINTS:
        raise AdjustmentInvalid(f"no such limit: {role} {limit_points}")
    await db.execute(queries.SET_LIMIT, role, limit_points)


async def ask(asked: Asked, by: UUID, now: datetime) -> Adjustment:
    """Post the adjustment if it is within this person's limit, else let it wait for a second person.

    Raises AdjustmentInvalid, Forbidden, or the ledger's errors (member or wallet unknown, points
    insufficient); nothing is then changed.
    """
    person = await _person(by, "adjustments.ask")
    _check(asked, now)
    adjustment_id = new_id()
    within = await _within(asked, person, now)
    journal_id = await _post(adjustment_id, asked, by, None, now) if within else None
    await db.execute(
        queries.ADD,
        adjustment_id,
        asked.member_id,
        asked.wallet,
        asked.points,
        asked.expires_at,
        asked.cause,
        asked.note,
        "posted" if within else "waiting",
        by,
        now,
        now if within else None,
        journal_id,
    )
    return await find(adjustment_id)


async def decide(adjustment_id: UUID, approve: bool, by: UUID, now: datetime) -> Adjustment:
    """Post or reject what waits. Whoever asked cannot decide.

    Raises NotFound, Forbidden, SecondPersonNeeded, AdjustmentDecided, or the ledger's errors; nothing is
    then changed.
    """
    await _person(by, "adjustments.decide")
    await db.execute(queries.LOCK, adjustment_id)
    found = await find(adjustment_id)
    if found.state != "waiting":
        raise AdjustmentDecided(found.state)
    if found.asked_by == by:
        raise SecondPersonNeeded()
    journal_id = None
    if approve:
        asked = Asked(
            member_id=found.member_id,
            points=found.points,
            cause=found.cause,  # type: ignore[arg-type]  # a constraint keeps it one of CAUSES
            note=found.note,
            wallet=found.wallet,
            expires_at=found.expires_at,
        )
        _check(asked, now)
        journal_id = await _post(found.id, asked, found.asked_by, by, now)
    state = "posted" if approve else "rejected"
    await db.execute(queries.DECIDE, adjustment_id, state, by, now, journal_id)
    return await find(adjustment_id)


async def find(adjustment_id: UUID) -> Adjustment:
    """One adjustment. Raises NotFound."""
    row = await db.fetchrow(queries.ONE, adjustment_id)
    if row is None:
        raise NotFound("there is no such adjustment")
    return Adjustment(**row)


async def newest(
    state: str | None = None, member_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[Adjustment]:
    """The newest first; `before` is the id that ended the page before."""
    return [Adjustment(**row) for row in await db.fetch(queries.NEWEST, state, member_id, before, limit)]


async def one_at_a_time(person: UUID) -> None:
    """Until the transaction ends this person gives nothing else: before the ledger is touched."""
    await db.execute(queries.LOCK_PERSON, person)


async def given_alone(members: Sequence[UUID], person: UUID, now: datetime) -> dict[UUID, dict[str, int]]:
    """By member and wallet, what this person gave within the last day with nobody's approval, in adjustments
    and in files of opening balances; below zero where more was taken."""
    found: dict[UUID, dict[str, int]] = {}
    for row in await db.fetch(queries.ALONE, list(members), person, now - A_DAY):
        found.setdefault(row["member_id"], {})[row["wallet"]] = row["points"]
    return found


async def _within(asked: Asked, person: _Person, now: datetime) -> bool:
    """Whether it needs no second person: many small ones within a day are one."""
    limit_points = (await limits())[person.role]
    await one_at_a_time(person.id)
    given = await given_alone([asked.member_id], person.id, now)
    before = given.get(asked.member_id, {}).get(asked.wallet, 0)
    return max(abs(asked.points), abs(asked.points + before)) <= limit_points


async def _person(by: UUID, permission: str) -> _Person:
    row = await db.fetchrow(queries.PERSON, by)
    if row is None or permission not in permissions_of(row["role"]):
        raise Forbidden(f"this needs {permission}")
    return _Person(**row)


def _check(asked: Asked, now: datetime) -> None:
    if not 1 <= abs(asked.points) <= LIMIT_MOST_POINTS:
        raise AdjustmentInvalid(f"points must be between 1 and {LIMIT_MOST_POINTS:,}, added or taken")
    if not 1 <= len(asked.note.strip()) <= 500:
        raise AdjustmentInvalid("a note of 1 to 500 characters says why")
    if asked.expires_at and (asked.points < 0 or asked.expires_at <= now):
        raise AdjustmentInvalid("only added points expire, and not in the past")


async def _post(adjustment_id: UUID, asked: Asked, by: UUID, approved_by: UUID | None, now: datetime) -> UUID:
    reason = {"rule": "adjustment", "cause": asked.cause, "note": asked.note, "staff": str(by)}
    if approved_by:
        reason["approved_by"] = str(approved_by)
    key = f"adjust:{adjustment_id}"
    command: AnyCommand
    if asked.points > 0:
        command = Earn(
            key=key, member=asked.member_id, wallet=asked.wallet, points=asked.points, side="adjusted",
            expires_at=asked.expires_at, effective_at=now, reason=reason,
        )  # fmt: skip
    else:
        command = Deduct(
            key=key, member=asked.member_id, wallet=asked.wallet, points=-asked.points, policy="forbid",
            effective_at=now, reason=reason,
        )  # fmt: skip
    [posting] = await post([command], now)
    assert posting.journal_id is not None  # an earn or a deduction always posts
    return posting.journal_id
