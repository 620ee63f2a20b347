"""Members give points to each other, within limits."""

import asyncio
from datetime import datetime
from uuid import UUID

import pytest

from core import db
from core.errors import DomainError, NotFound
from core.ids import new_id
from loyalty.ledger import reading
from loyalty.ledger.errors import PointsInsufficient
from loyalty.members.errors import MemberLeft
from loyalty.transfers import service as transfers
from loyalty.transfers.rules import (
    Terms,
    TransferDayExceeded,
    TransferOutOfRange,
    TransfersOff,
    TransferTermsInvalid,
)
from tests.factories.points import balance, earn, one
from tests.factories.shop import day, new_members, programme

TERMS = Terms(points_min=5, points_max=40, points_per_day=60)
NOW = day(3)


@pytest.fixture
async def pair(merchant: UUID) -> list[UUID]:
    """Two members; the first has 100 points in two lots."""
    async with db.transaction(merchant):
        await programme()
        await transfers.set_terms(TERMS)
        both = await new_members(2)
        await one(earn("early", both[0], 30, expires_at=day(10)))
        await one(earn("late", both[0], 70, expires_at=day(20)))
        return both


async def give(merchant: UUID, pair: list[UUID], points: int, key: str, at: datetime = NOW) -> None:
    async with db.transaction(merchant):
        await transfers.transfer(pair[0], pair[1], points, key, "Happy birthday", at)


async def lots(member: UUID) -> list[tuple[datetime | None, int]]:
    """Expiry and active points, the first to expire first."""
    rows = await db.fetch(
        "SELECT l.expires_at, l.points_active FROM ledger_lots l"
        " JOIN ledger_accounts a ON a.id = l.account_id"
        " WHERE a.member_id = $1 AND l.points_active > 0 ORDER BY 1",
        member,
    )
    return [tuple(row) for row in rows]


async def test_points_keep_their_expiry(merchant: UUID, pair: list[UUID]) -> None:
    await give(merchant, pair, 40, "k")
    async with db.transaction(merchant):
        assert await lots(pair[0]) == [(day(20), 60)]
        assert await lots(pair[1]) == [(day(10), 30), (day(20), 10)]
        [line] = await reading.statement(pair[1])
        assert (line.verb, line.points_change, line.reason["note"]) == ("transfer", 40, "Happy birthday")
        assert await reading.check() == []


@pytest.mark.parametrize(
    ("error", "points"), [(TransferOutOfRange, 4), (TransferOutOfRange, 41), (TransferDayExceeded, 21)]
)
async def test_limits(merchant: UUID, pair: list[UUID], error: type[DomainError], points: int) -> None:
    await give(merchant, pair, 40, "first")
    with pytest.raises(error):
        await give(merchant, pair, points, "k")
    await give(merchant, pair, 20, "rest of the day")
    await give(merchant, pair, 5, "next day", day(4))
    async with db.transaction(merchant):
        assert await balance(pair[1]) == (0, 65, 0)


async def test_what_was_received_counts_for_nobodys_day(merchant: UUID, pair: list[UUID]) -> None:
    await give(merchant, pair, 40, "k")
    await give(merchant, pair[::-1], 40, "back")
    await give(merchant, pair, 20, "again")
    async with db.transaction(merchant):
        assert await balance(pair[1]) == (0, 20, 0)


async def test_without_terms_nobody_gives(merchant: UUID, pair: list[UUID]) -> None:
    async with db.transaction(merchant):
        await transfers.set_terms(None)
        assert await transfers.terms() is None
    with pytest.raises(TransfersOff):
        await give(merchant, pair, 10, "k")


async def test_both_must_be_members_and_have_the_points(merchant: UUID, pair: list[UUID]) -> None:
    with pytest.raises(NotFound):
        await give(merchant, [pair[0], new_id()], 10, "k")
    with pytest.raises(PointsInsufficient):
        await give(merchant, pair[::-1], 10, "k")
    async with db.transaction(merchant):
        await db.execute("UPDATE members SET left_at = $2 WHERE id = $1", pair[1], day(2))
    with pytest.raises(MemberLeft):
        await give(merchant, pair, 10, "k")
    async with db.transaction(merchant):
        assert await balance(pair[0]) == (0, 100, 0)


@pytest.mark.parametrize("limits", [(0, 5, 9), (6, 5, 9), (5, 9, 8), (-1, 5, 9), (1, 10, 10**13)])
async def test_terms_that_contradict_each_other(
    merchant: UUID, pair: list[UUID], limits: tuple[int, int, int]
) -> None:
    low, high, daily = limits
    with pytest.raises(TransferTermsInvalid):
        async with db.transaction(merchant):
            await transfers.set_terms(Terms(points_min=low, points_max=high, points_per_day=daily))
    async with db.transaction(merchant):
        assert await transfers.terms() == TERMS


async def test_a_day_is_not_exceeded_by_giving_at_once(merchant: UUID, pair: list[UUID]) -> None:
    """And two who give to each other at the same time do not wait in a circle."""
    giving = [give(merchant, pair, 15, f"k{n}") for n in range(8)]
    back = [give(merchant, pair[::-1], 5, f"b{n}") for n in range(8)]
    await asyncio.gather(*giving, *back, return_exceptions=True)
    async with db.transaction(merchant):
        given = await db.fetchval(
            "SELECT sum(j.points) FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
            " WHERE j.verb = 'transfer' AND j.parent_id IS NULL AND a.member_id = $1",
            pair[0],
        )
        assert given == 60
        assert sum([(await balance(member))[1] for member in pair]) == 100
        assert await reading.check() == []
