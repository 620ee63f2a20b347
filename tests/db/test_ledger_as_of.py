"""Balances as of a past moment: what had happened, and what was known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import DomainError
from loyalty.ledger import AnyCommand, Posting, post, queries
from loyalty.ledger.errors import WalletUnknown
from tests.factories.points import clawback, earn, redeem, reverse, settle
from tests.factories.shop import day, new_member, programme


async def as_of(member: UUID, effective: datetime | None, recorded: datetime | None) -> tuple[int, int, int]:
    """Pending, active and debt."""
    found = await queries.balance_as_of(member, "points", effective, recorded)
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
            await queries.balance_as_of(member, "gold")


@dataclass(frozen=True)
class Told:
    """One posting: when it happened, when it was learnt, what changed by it and what there was after it."""

    effective: datetime
    recorded: datetime
    change: tuple[int, int]
    after: tuple[int, int, int]


def _spendable(posting: Posting) -> int:
    return posting.points_active - posting.points_debt


async def _tell(member: UUID, history: Sequence[tuple[str, int, int, int]]) -> list[Told]:
    """Post commands that happened up to four days before they are learnt; those refused are left out."""
    told: list[Told] = []
    pending, spendable = 0, 0
    for number, (verb, points, which, late) in enumerate(history):
        now = day(number)
        happened = day(max(0, number - late))
        known = [n for n, (v, *_) in enumerate(history[:number]) if v == ("r" if verb == "v" else "e")]
        parent = f"{member}:{known[which % len(known)]}" if known else ""
        key = f"{member}:{number}"
        commands: dict[str, AnyCommand] = {
            "e": earn(key, member, points, happened, pending=which == 2),
            "s": settle(key, member, parent, points, happened),
            "r": redeem(key, member, points, happened),
            "v": reverse(key, member, parent, happened),
            "c": clawback(key, member, parent, points, "debt", happened),
        }
        try:
            async with db.savepoint():
                [posting] = await post([commands[verb]], now)
        except DomainError:
            continue
        if posting.journal_id is None:
            continue
        change = posting.points_pending - pending, _spendable(posting) - spendable
        pending, spendable = posting.points_pending, _spendable(posting)
        after = posting.points_pending, posting.points_active, posting.points_debt
        told.append(Told(happened, now, change, after))
    return told


@settings(
    deadline=None,
    database=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.lists(
        st.tuples(st.sampled_from("eesrrvcc"), st.integers(1, 30), st.integers(0, 2), st.integers(0, 4)),
        min_size=5,
        max_size=25,
    ),
    moments=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=5, max_size=5),
)
async def test_any_moment_is_the_sum_of_what_belongs_to_it(
    merchant: UUID, history: list[tuple[str, int, int, int]], moments: list[tuple[int, int]]
) -> None:
    async with db.transaction(merchant):
        if not await db.fetchval("SELECT count(*) FROM wallet_types"):
            await programme()
        member = await new_member()
        told = await _tell(member, history)
        for one in told:  # what was known then is what was said then, whatever came later
            assert await as_of(member, None, one.recorded) == one.after
        for effective, recorded in moments:
            counted = [t for t in told if t.effective <= day(effective) and t.recorded <= day(recorded)]
            pending = sum(t.change[0] for t in counted)
            spendable = sum(t.change[1] for t in counted)
            expected = pending, max(spendable, 0), max(-spendable, 0)
            assert await as_of(member, day(effective), day(recorded)) == expected
