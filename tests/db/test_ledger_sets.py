"""Many earns in one statement: each for itself, and the same as if they had come one by one."""

from typing import Any
from uuid import UUID

import pytest

from core import db
from core.errors import DomainError
from core.ids import new_id
from loyalty.ledger import Earn, Merge, Posting, budgets, earn_many, reading
from tests.factories.points import WHY, balance, clawback, earn, one, redeem
from tests.factories.shop import START, day, new_members, programme


@pytest.fixture
async def members(merchant: UUID) -> list[UUID]:
    """Three members of the test's merchant."""
    async with db.transaction(merchant):
        await programme()
        return await new_members(3)


def _said(outcomes: list[Posting | DomainError]) -> list[Any]:
    return [o.code if isinstance(o, DomainError) else (o.seq, o.points_active, o.replayed) for o in outcomes]


async def _sound() -> None:
    assert await reading.check() == []
    assert await reading.verify() == []
    assert await reading.sum_of_all_sides() == 0


async def test_each_earn_has_an_outcome_of_its_own(merchant: UUID, members: list[UUID]) -> None:
    a, b, _ = members
    rows = [
        earn("1", a, 10),
        earn("2", b, 5, expires_at=day(9)),
        earn("3", a, 0),
        earn("4", a, 7, pending=True),
        earn("1", a, 10),
        earn("1", a, 11),
        earn("5", new_id(), 1),
        earn("6", a, 1, wallet="gold"),
        earn("7", a, 20),
        earn("8", a, 4, expires_at=START),
    ]
    async with db.transaction(merchant):
        assert _said(await earn_many(rows, START)) == [
            (1, 10, False),
            (1, 5, False),
            "points_out_of_range",
            (2, 10, False),
            (1, 10, True),
            "posting_key_reused",
            "member_unknown",
            "wallet_unknown",
            (3, 30, False),
            (4, 30, False),  # came too late: expired in its own posting
        ]
        assert (await balance(a), await balance(b)) == ((7, 30, 0), (0, 5, 0))
        again = await earn_many(rows[:2], START)
        assert _said(again) == [(1, 10, True), (1, 5, True)]
        assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'points.posted'") == 1
        await _sound()


async def test_debt_and_merges_are_seen(merchant: UUID, members: list[UUID]) -> None:
    a, b, c = members
    async with db.transaction(merchant):
        await one(earn("e", a, 10))
        await one(redeem("r", a, 10))
        await one(clawback("k", a, "e", 10))
        await one(Merge(key="m", member=b, into=c, effective_at=START, reason=WHY))
        assert _said(await earn_many([earn("1", a, 4), earn("2", b, 5), earn("3", a, 9)], START)) == [
            (4, 0, False),
            (2, 5, False),
            (5, 3, False),
        ]
        assert (await balance(a), await balance(c)) == ((0, 3, 0), (0, 5, 0))
        await _sound()


async def test_a_budget_stops_the_row_that_it_cannot_pay(merchant: UUID, members: list[UUID]) -> None:
    budget = new_id()

    def of(key: str, points: int) -> Earn:
        return earn(key, members[0], points, budgets=(budget,))

    async with db.transaction(merchant):
        await budgets.put(budgets.Budget(id=budget, points_total=10), START)
        assert _said(await earn_many([of("1", 6), of("2", 5), of("3", 4), of("1", 6)], START)) == [
            (1, 6, False),
            "budget_exhausted",
            (2, 10, False),
            (1, 6, True),
        ]
        left = (await budgets.left([budget]))[budget]
        assert (left.points_used, left.points_left) == (10, 0)
        await _sound()
