"""Make households, join and leave them, and let their members pay for each other.

Everybody keeps their own points. Only when somebody spends more than they have do the others pay
the rest, each by a posting of their own: whoever leaves takes along what is theirs, and a redemption that
is cancelled gives everybody their own lots back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.households import queries, rules
from loyalty.ledger import AnyCommand, Posting, Redeem, Reverse, post


class HouseholdFull(DomainError):
    """At most SIZE_LIMIT members."""

    code = "household_full"
    kind = Kind.CONFLICT
    title = "The household has as many members as it can have"


class InAnotherHousehold(DomainError):
    """A member is in one household at a time."""

    code = "in_another_household"
    kind = Kind.CONFLICT
    title = "The member is in a household already"


class HouseholdMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a household, and what they have of their own."""

    member_id: UUID
    customer_id: str
    joined_at: datetime
    points_active: int


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """A household with its present members, the one who joined first before the others."""

    id: UUID
    members: Sequence[HouseholdMember]
    points_active: int


async def create(now: datetime) -> UUID:
    """A new household without members."""
    return UUID(str(await db.fetchval(queries.ADD, now)))


async def read(household_id: UUID) -> Household:
    """Who is in a household. Raises NotFound."""
    if await db.fetchval("SELECT id FROM households WHERE id = $1", household_id) is None:
        raise NotFound("there is no such household")
    rows = await db.fetch(queries.MEMBERS, household_id)
    found = [HouseholdMember(customer_id=row["external_id"], **_without(row, "external_id")) for row in rows]
    return Household(id=household_id, members=found, points_active=sum(each.points_active for each in found))


async def of_member(member_id: UUID) -> Household | None:
    """The household that a member is in now; None: in none."""
    household_id = await db.fetchval(queries.OF_MEMBER, member_id)
    return await read(household_id) if household_id else None


async def join(household_id: UUID, member_id: UUID, now: datetime) -> None:
    """Let a member in; repeating it changes nothing. Raises NotFound, HouseholdFull, InAnotherHousehold."""
    await _lock(household_id)
    there = [row["member_id"] for row in await db.fetch(queries.MEMBERS, household_id)]
    if member_id in there:
        return
    if len(there) >= rules.SIZE_LIMIT:
        raise HouseholdFull()
    if await db.fetchval(queries.JOIN, household_id, member_id, now) is None:
        raise InAnotherHousehold()


async def leave(household_id: UUID, member_id: UUID, now: datetime) -> None:
    """Let a member go, with their own points and no others. Raises NotFound."""
    await _lock(household_id)
    if await db.fetchval(queries.LEAVE, household_id, member_id, now) is None:
        raise NotFound("the member is not in this household")


async def spendable(member_id: UUID, now: datetime) -> int:
    """What a member could spend beyond their own points: those of the others in their household."""
    lots = await _lots(member_id, now)
    return sum(lot.points for lot in lots if lot.member_id != member_id)


async def redeem(member_id: UUID, points: int, key: str, reason: Mapping[str, Any], now: datetime) -> Posting:
    """Spend points of a member, and what they lack of those in their household; all of it or nothing.

    Answers the first posting: undo() finds the others by it. Raises what the ledger refuses.
    """
    parts = await payers(member_id, points, now)
    commands = [
        Redeem(
            key=key if number == 0 else f"{key}:{payer}",
            member=payer,
            points=part,
            effective_at=now,
            reason=reason_of(reason, payer, member_id),
        )
        for number, (payer, part) in enumerate(parts.items())
    ]
    return await post_shares(commands, now)


async def payers(member_id: UUID, points: int, now: datetime) -> Mapping[UUID, int]:
    """Who pays how much of what a member spends; their household waits for the end of the transaction."""
    household_id = await db.fetchval(queries.OF_MEMBER, member_id)
    if household_id:
        await _lock(household_id)
    return rules.shares(member_id, points, await _lots(member_id, now) if household_id else ())


def reason_of(reason: Mapping[str, Any], payer: UUID, member_id: UUID | str) -> dict[str, Any]:
    """The reason of one payer's posting: who pays for another is told for whom."""
    return dict(reason) if payer == member_id else dict(reason) | {"rule": "household", "for": str(member_id)}


async def post_shares(commands: Sequence[AnyCommand], now: datetime) -> Posting:
    """Post what several pay together, and note the others by the first posting, which is answered."""
    first, *rest = await post(commands, now)
    if rest:
        ids = [posting.journal_id for posting in rest]
        await db.execute(queries.ADD_SHARES, first.journal_id, ids, [c.member for c in commands[1:]])
    return first


async def undo(redemption_id: UUID, key: str, reason: Mapping[str, Any], now: datetime) -> None:
    """Give everybody who paid for a redemption their own lots' points back.

    Raises what the ledger refuses.
    """
    rows = await db.fetch(queries.PAYMENTS, redemption_id)
    commands = [
        Reverse(
            key=key if number == 0 else f"{key}:{row['member_id']}",
            member=row["member_id"],
            parent=row["key"],
            effective_at=now,
            reason=dict(reason),
        )
        for number, row in enumerate(rows)
    ]
    await post(commands, now)


async def _lock(household_id: UUID) -> None:
    """Joining, leaving and paying for each other happen one after another."""
    if await db.fetchval(queries.LOCK, household_id) is None:
        raise NotFound("there is no such household")


async def _lots(member_id: UUID, now: datetime) -> list[rules.Spendable]:
    return [rules.Spendable(**row) for row in await db.fetch(queries.SPENDABLE, member_id, now)]


def _without(row: db.Row, name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
