"""The ledger against a slow and plain model, over generated histories."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import DomainError
from loyalty.ledger import AnyCommand, queries
from tests.factories.ledger_model import Account, Refused
from tests.factories.points import balance, clawback, earn, expire, lots, one, redeem, reverse, settle
from tests.factories.shop import START, new_member, programme

# Few different numbers, so that lots are often emptied to the point.
POINTS = st.sampled_from([10, 20, 30, 1])
WHICH = st.integers(0, 2)
"""Which of the earns or redemptions so far, counted from the newest."""

STEP = st.one_of(
    st.tuples(st.just("earn"), POINTS, st.booleans(), st.sampled_from([2, 4, None])),
    st.tuples(st.just("redeem"), POINTS),
    st.tuples(st.just("settle"), WHICH, st.none() | POINTS),
    st.tuples(st.just("clawback"), WHICH, POINTS, st.sampled_from(["forbid", "clamp", "debt"])),
    st.tuples(st.just("reverse"), WHICH),
    st.tuples(st.just("expire"), WHICH),
    st.tuples(st.just("wait"), st.integers(1, 4)),
)
HISTORY = st.lists(STEP, min_size=15, max_size=40)
TRUST = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


class Driver:
    """Does each step to both, and compares everything after it."""

    def __init__(self, member: UUID) -> None:
        self.member = member
        self.model = Account()
        self.now = START
        self.earns: list[str] = []
        self.redemptions: list[str] = []

    async def step(self, number: int, name: str, arguments: Sequence[Any]) -> None:
        """One step; those that refer to something when there is nothing are left out."""
        if name == "wait":
            self.now += timedelta(days=arguments[0])
            return
        key = f"{self.member}:{number}"
        known = self.redemptions if name == "reverse" else self.earns
        parent = ""
        if name not in ("earn", "redeem"):
            if not known:
                return
            parent, arguments = known[-1 - arguments[0] % len(known)], arguments[1:]
        command, expected = self._both(name, key, parent, arguments)
        assert await self._post(command) == expected, (name, arguments)
        if name == "earn":
            self.earns.append(key)
        elif name == "redeem" and expected is None:
            self.redemptions.append(key)
        await self.compare()

    def _both(
        self, name: str, key: str, parent: str, arguments: Sequence[Any]
    ) -> tuple[AnyCommand, str | None]:
        """The command for the ledger, and what the model says to it: None or the code of its refusal."""
        who, at, model = self.member, self.now, self.model
        command: AnyCommand
        try:
            if name == "earn":
                points, pending, days = arguments
                expires_at = at + timedelta(days=days) if days else None
                command = earn(key, who, points, at, pending=pending, expires_at=expires_at)
                model.earn(key, points, pending, expires_at)
            elif name == "redeem":
                command = redeem(key, who, arguments[0], at)
                model.redeem(key, arguments[0], at)
            elif name == "settle":
                command = settle(key, who, parent, arguments[0], at)
                model.settle(parent, arguments[0])
            elif name == "clawback":
                points, policy = arguments
                command = clawback(key, who, parent, points, policy, at)
                model.clawback(parent, points, policy, at)
            elif name == "reverse":
                command = reverse(key, who, parent, at)
                model.reverse(parent, at)
            else:
                command = expire(key, who, parent, at)
                model.expire(parent, at)
        except Refused as refusal:
            return command, str(refusal)
        return command, None

    async def _post(self, command: AnyCommand) -> str | None:
        await db.execute("SAVEPOINT step")  # a refusal takes back this step only
        try:
            await one(command)
        except DomainError as error:
            await db.execute("ROLLBACK TO step")
            return error.code
        return None

    async def compare(self) -> None:
        """Balances, and every lot's remainders and expiry."""
        assert await balance(self.member) == (self.model.pending, self.model.active, self.model.debt)
        assert await lots(self.member) == {
            key: (lot.pending, lot.active, lot.taken_back, lot.expires_at)
            for key, lot in self.model.lots.items()
        }


async def _agree(merchant: UUID, history: Sequence[tuple[Any, ...]]) -> None:
    async with db.transaction(merchant):
        if not await db.fetchval("SELECT count(*) FROM wallet_types"):
            await programme()
        driver = Driver(await new_member())
        for number, (name, *arguments) in enumerate(history):
            await driver.step(number, name, arguments)
        assert await queries.check() == []
        assert await queries.sum_of_all_sides() == 0


@settings(TRUST, max_examples=50)
@given(history=HISTORY)
async def test_the_ledger_does_what_the_model_says(merchant: UUID, history: list[tuple[Any, ...]]) -> None:
    await _agree(merchant, history)


NAMES = ["earn", "redeem", "clawback", "settle", "reverse", "expire", "wait", "earn", "redeem", "clawback"]


def _random_step(dice: random.Random) -> tuple[Any, ...]:
    """One step. Names that stand twice above come twice as often: lots are to be spent before a return."""
    points, which = dice.choice([1, 10, 20, 30]), dice.randrange(3)
    match dice.choice(NAMES):
        case "earn":
            return "earn", points, dice.random() < 0.3, dice.choice([2, 4, None])
        case "redeem":
            return "redeem", points
        case "settle":
            return "settle", which, dice.choice([None, points])
        case "clawback":
            return "clawback", which, points, dice.choice(["forbid", "clamp", "debt"])
        case "wait":
            return "wait", dice.randint(1, 3)
        case other:
            return other, which


@pytest.mark.parametrize("seed", range(6))
async def test_random_histories(merchant: UUID, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(20):
        await _agree(merchant, [_random_step(dice) for _ in range(40)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 115))
async def test_more_random_histories(merchant: UUID, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        await _agree(merchant, [_random_step(dice) for _ in range(60)])


BUY, SPEND = ("earn", 50, False, None), ("redeem", 50)
HARD = {
    "debt paid by settling, then unspent": [
        BUY,
        SPEND,
        ("clawback", 0, 50, "debt"),
        ("earn", 30, True, None),
        ("settle", 0, None),
        ("reverse", 0),
    ],
    "written off, then unspent": [
        BUY,
        SPEND,
        ("clawback", 0, 20, "clamp"),
        ("reverse", 0),
        ("clawback", 0, 30, "forbid"),
    ],
    "owing beside what waits to expire": [
        ("earn", 50, False, 2),
        ("redeem", 50),
        ("earn", 30, False, 2),
        ("wait", 2),
        ("clawback", 1, 50, "debt"),
        ("expire", 0),
    ],
    "expired after it was given back": [
        ("earn", 50, False, 5),
        ("redeem", 30),
        ("wait", 5),
        ("expire", 0),
        ("reverse", 0),
        ("clawback", 0, 50, "debt"),
    ],
    "expired, half spent, taken back in parts": [
        BUY,
        ("earn", 50, False, 3),
        ("redeem", 20),
        ("wait", 4),
        ("expire", 0),
        ("clawback", 0, 30, "debt"),
        ("clawback", 0, 20, "debt"),
    ],
}


@pytest.mark.parametrize("history", HARD.values(), ids=HARD.keys())
async def test_hard_histories(merchant: UUID, history: list[tuple[Any, ...]]) -> None:
    await _agree(merchant, history)
