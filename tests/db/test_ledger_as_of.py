"""Balances as of a past moment: what had happened, and what was known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from loyalty.ledger import post, reading
from loyalty.ledger.errors import WalletUnknown
from tests.db.test_ledger_model import shop, steps
from tests.factories import ledger_model as model
from tests.factories.ledger_pair import Asker, Step, ask, ask_model
from tests.factories.points import clawback, earn, redeem
from tests.factories.shop import day, new_member, programme


async def as_of(member: UUID, effective: datetime | None, recorded: datetime | None) -> tuple[int, int, int]:
    """Pending, active and debt."""
    found = await reading.balance_as_of(member, "points", effective, recorded)
    return found.points_pending, found.points_active, found.points_debt


async def test_a_late_event_changes_what_had_happened_and_not_what_was_known(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        await post([earn("a", member, 100, day(1))], day(1))
        await post([redeem("r", member, 30, day(2))], day(2))
        await post([earn("late", member, 50, day(1.5))], day(10))
        assert await as_of(member, None, None) == (0, 120, 0)
        assert await as_of(member, day(1), None) == (0, 100, 0)
        assert await as_of(member, day(1.5), None) == (0, 150, 0)
        assert await as_of(member, day(1.5), day(9)) == (0, 100, 0)
        assert await as_of(member, None, day(9)) == (0, 70, 0)
        assert await as_of(member, day(0), None) == (0, 0, 0)


async def test_points_earned_before_a_debt_but_heard_of_after_it(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        await post([earn("a", member, 40, day(1)), redeem("r", member, 40, day(1))], day(1))
        await post([clawback("c", member, "a", 40, "debt", day(5))], day(5))
        await post([earn("late", member, 30, day(3))], day(9))  # pays of the debt
        assert await as_of(member, day(4), None) == (0, 30, 0)
        assert await as_of(member, day(5), None) == (0, 0, 10)
        assert await as_of(member, day(6), day(6)) == (0, 0, 40)


async def test_an_unknown_wallet(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        with pytest.raises(WalletUnknown):
            await reading.balance_as_of(member, "gold")


Balance = tuple[int, int, int]
"""Pending, held, and active less debt: nobody has both."""


@dataclass(frozen=True)
class Told:
    """One command: when it happened and was learnt, what it changed and left, by member."""

    effective: datetime
    recorded: datetime
    change: dict[UUID, Balance]
    after: dict[UUID, Balance]


def _now(ledger: model.Ledger, members: Sequence[UUID]) -> dict[UUID, Balance]:
    accounts = {member: ledger.accounts.setdefault(str(member), model.Account()) for member in members}
    return {member: (a.pending, a.held, a.active - a.debt) for member, a in accounts.items()}


async def _tell(members: Sequence[UUID], history: Sequence[tuple[Step, int]]) -> list[Told]:
    """Ask ledger and model for what happened up to so many days before it is learnt, a command a day."""
    ledger, asker = model.Ledger(), Asker(members)
    told: list[Told] = []
    before = _now(ledger, members)
    for number, (step, late) in enumerate(history):
        asker.now = day(number)
        command = asker.command(step)
        if command is None:
            continue
        command = msgspec.structs.replace(command, effective_at=day(number - late))
        done = ask_model(ledger, command, asker.now)
        assert await ask(command, asker.now) == done
        if isinstance(done, str):
            continue
        asker.posted(command)
        after = _now(ledger, members)
        change = {member: _less(after[member], before[member]) for member in members}
        told.append(Told(command.effective_at, asker.now, change, after))
        before = after
    return told


def _less(after: Balance, before: Balance) -> Balance:
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


async def _found(member: UUID, effective: datetime | None, recorded: datetime | None) -> Balance:
    found = await reading.balance_as_of(member, "points", effective, recorded)
    assert not (found.points_active and found.points_debt)
    return found.points_pending, found.points_held, found.points_active - found.points_debt


VERBS = [
    "earn",
    "earn",
    "earn",
    "settle",
    "redeem",
    "reverse",
    "clawback",
    "hold",
    "release",
    "transfer",
    "merge",
]


@settings(
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.lists(st.tuples(steps(*VERBS), st.integers(0, 4)), min_size=5, max_size=25),
    moments=st.lists(st.tuples(st.integers(-4, 25), st.integers(0, 25)), min_size=5, max_size=5),
)
async def test_any_moment_is_the_sum_of_what_belongs_to_it(
    merchant: UUID, history: list[tuple[Step, int]], moments: list[tuple[int, int]]
) -> None:
    async with shop(merchant, 3) as members:
        told = await _tell(members, history)
        for one in told:  # what was known then is what was said then, whatever came later
            for member in members:
                assert await _found(member, None, one.recorded) == one.after[member]
        for effective, recorded in moments:
            counted = [t for t in told if t.effective <= day(effective) and t.recorded <= day(recorded)]
            for member in members:
                changes = [t.change[member] for t in counted]
                expected = tuple(sum(change[place] for change in changes) for place in range(3))
                assert await _found(member, day(effective), day(recorded)) == expected
