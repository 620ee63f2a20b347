"""Members who spend together: each pays with their own points, and gets their own back."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.errors import NotFound
from core.ids import new_id
from loyalty.holds import service as holds
from loyalty.holds.service import HoldView
from loyalty.households import queries, rules
from loyalty.households import service as households
from loyalty.households.rules import Spendable
from loyalty.households.service import HouseholdFull, InAnotherHousehold
from loyalty.ledger import reading, release_due
from loyalty.ledger.errors import (
    AlreadyReversed,
    HoldExceeded,
    PointsInsufficient,
    ReverseExceedsRedemption,
)
from loyalty.members import merge as merges
from loyalty.rewards import catalogue, quotes
from loyalty.rewards import service as rewards
from loyalty.rewards.kinds import Product
from loyalty.rewards.rules import Offer
from tests.factories.points import balance, earn, lots, one
from tests.factories.shop import START, day, new_members, programme

NOW = day(5)


@pytest.fixture
async def family(merchant: UUID) -> list[UUID]:
    """Three members with 20, 30 and 40 points, the last ones expiring first; two of them are a household."""
    async with db.transaction(merchant):
        await programme()
        members = await new_members(3)
        for number, (member, points, expires) in enumerate(
            zip(members, (20, 30, 40), (30, 20, 10), strict=True)
        ):
            await one(earn(f"e{number}", member, points, expires_at=day(expires)))
        return members


async def household(merchant: UUID, members: Sequence[UUID]) -> UUID:
    async with db.transaction(merchant):
        made = await households.create(START)
        for member in members:
            await households.join(made, member, START)
        return made


async def buy(merchant: UUID, member: UUID, points: int) -> UUID:
    """A reward of so many points; the voucher's id."""
    async with db.transaction(merchant):
        code = f"r-{new_id().hex[-8:]}"
        offer = Offer(name={"en": "Mug"}, terms=Product(sku="mug"), cost_points=points)
        reward = await catalogue.offer(code, offer, START, None)
        return (await rewards.redeem(member, reward, str(new_id()), NOW)).id


async def active(merchant: UUID, members: Sequence[UUID]) -> list[int]:
    async with db.transaction(merchant):
        assert await reading.check() == []
        return [(await balance(member))[1] for member in members]


async def test_the_others_pay_what_one_lacks(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family)
    await buy(merchant, family[0], 50)
    assert await active(merchant, family) == [0, 30, 10], "own points first, then those that expire first"
    async with db.transaction(merchant):
        [line, _] = await reading.statement(family[2])
        assert line.reason["rule"] == "household" and line.points == 30


async def test_a_cancelled_voucher_gives_everybody_their_own_lots_back(
    merchant: UUID, family: list[UUID]
) -> None:
    made = await household(merchant, family)
    async with db.transaction(merchant):
        before = [await lots(member) for member in family]
    voucher = await buy(merchant, family[0], 85)
    assert await active(merchant, family) == [0, 5, 0]
    async with db.transaction(merchant):
        await households.leave(made, family[2], NOW)  # whose points come back all the same
        await rewards.cancel(family[0], voucher, NOW)
        assert [await lots(member) for member in family] == before


async def test_all_or_nothing(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family)
    with pytest.raises(PointsInsufficient):
        await buy(merchant, family[0], 91)
    assert await active(merchant, family) == [20, 30, 40]


async def test_only_those_in_the_household_pay(merchant: UUID, family: list[UUID]) -> None:
    made = await household(merchant, family[:2])
    with pytest.raises(PointsInsufficient):
        await buy(merchant, family[0], 51)
    async with db.transaction(merchant):
        await households.leave(made, family[1], NOW)
    with pytest.raises(PointsInsufficient):
        await buy(merchant, family[0], 21)
    assert await active(merchant, family) == [20, 30, 40], "who leaves takes along what is theirs"


async def test_who_left_the_programme_pays_for_nobody(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family[:2])
    async with db.transaction(merchant):
        await db.execute("UPDATE members SET left_at = $2 WHERE id = $1", family[1], day(2))
    with pytest.raises(PointsInsufficient):
        await buy(merchant, family[0], 21)


async def test_joining_and_leaving(merchant: UUID, family: list[UUID]) -> None:
    first = await household(merchant, family[:2])
    second = await household(merchant, family[2:])
    with pytest.raises(InAnotherHousehold):
        async with db.transaction(merchant):
            await households.join(second, family[0], NOW)
    with pytest.raises(NotFound):
        async with db.transaction(merchant):
            await households.leave(second, family[0], NOW)
    async with db.transaction(merchant):
        await households.join(first, family[0], NOW)  # in it already
        await households.leave(first, family[0], NOW)
        await households.join(second, family[0], NOW + timedelta(days=1))
        assert [each.member_id for each in (await households.read(second)).members] == [family[2], family[0]]
        assert (await households.read(second)).points_active == 60


async def test_a_household_has_a_limit(merchant: UUID, family: list[UUID]) -> None:
    made = await household(merchant, family)
    async with db.transaction(merchant):
        more = await new_members(rules.SIZE_LIMIT - 2)
        for member in more[:-1]:
            await households.join(made, member, NOW)
    with pytest.raises(HouseholdFull):
        async with db.transaction(merchant):
            await households.join(made, more[-1], NOW)


async def test_a_household_does_not_spend_more_than_it_has(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family)
    bought = await asyncio.gather(
        *(buy(merchant, family[n % 3], 25) for n in range(9)), return_exceptions=True
    )
    assert sum(isinstance(each, UUID) for each in bought) == 3
    assert sum(await active(merchant, family)) == 15


# ---------------------------------------------------------------- held together


async def put_by(merchant: UUID, member: UUID, points: int, until: float = 8) -> HoldView:
    async with db.transaction(merchant):
        return await holds.hold(member, "points", points, day(until), "", NOW)


async def held_in_all(merchant: UUID) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval("SELECT sum(points_held) FROM ledger_accounts") or 0)


async def test_a_hold_is_paid_by_whoever_would_pay_the_purchase(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family)
    held = await put_by(merchant, family[0], 50)
    assert (held.points, held.points_held, held.state) == (50, 50, "held")
    assert await active(merchant, family) == [0, 30, 10], "as a redemption would"
    async with db.transaction(merchant):
        found = await holds.capture(family[0], held.id, 25, "", NOW)
    assert (found.points_held, found.points_captured) == (25, 25), "own points first"
    async with db.transaction(merchant):
        with pytest.raises(HoldExceeded):
            async with db.savepoint():
                await holds.capture(family[0], held.id, 26, "", NOW)
        with pytest.raises(HoldExceeded):
            async with db.savepoint():
                await holds.release(family[0], held.id, 26, NOW)
        for other in family[1:]:
            with pytest.raises(NotFound):  # a part of somebody's hold is no hold of its payer's
                await holds.find(other, held.id, NOW)
        [part] = await db.fetch("SELECT journal_id FROM household_shares WHERE redemption_id = $1", held.id)
        with pytest.raises(NotFound):
            await holds.capture(family[2], part["journal_id"], None, "", NOW)
        found = await holds.release(family[0], held.id, 20, NOW)
        assert (found.points_held, found.points_released) == (5, 20)
        found = await holds.capture(family[0], held.id, None, "", NOW)
        assert (found.points_held, found.points_captured, found.state) == (0, 30, "ended")
        assert await holds.release(family[0], held.id, None, NOW) == found, "nothing is left"
    assert await active(merchant, family) == [0, 30, 30]


async def test_what_was_captured_together_comes_back_to_whoever_paid(
    merchant: UUID, family: list[UUID]
) -> None:
    await household(merchant, family)
    async with db.transaction(merchant):
        before = [await lots(member) for member in family]
    held = await put_by(merchant, family[0], 70)
    async with db.transaction(merchant):
        await holds.capture(family[0], held.id, 35, "", NOW)
        await holds.capture(family[0], held.id, None, "", NOW)
        assert [(await balance(member))[1] for member in family] == [0, 20, 0]
        with pytest.raises(ReverseExceedsRedemption):
            await holds.reverse(family[0], held.id, 71, "", NOW)
        found = await holds.reverse(family[0], held.id, 25, "", NOW)
        assert (found.points_captured, found.points_returned) == (70, 25)
        assert [(await balance(member))[1] for member in family] == [0, 30, 15], "the last spent first"
        found = await holds.reverse(family[0], held.id, None, "", NOW)
        assert found.points_returned == 70
        assert [await lots(member) for member in family] == before
        with pytest.raises(AlreadyReversed):
            await holds.reverse(family[0], held.id, None, "", NOW)


async def test_who_has_nothing_holds_what_the_others_have(merchant: UUID, family: list[UUID]) -> None:
    async with db.transaction(merchant):
        poor, old = await new_members(2)
    await household(merchant, [poor, *family])
    held = await put_by(merchant, poor, 60)
    with pytest.raises(PointsInsufficient):
        await put_by(merchant, poor, 31)
    async with db.transaction(merchant):
        assert await holds.find(poor, held.id, NOW) == held
        names = await db.fetch(
            "SELECT c.external_id FROM members m JOIN customers c ON c.id = m.customer_id"
            " WHERE m.id = ANY ($1::uuid[]) ORDER BY m.id",
            [poor, old],
        )
        await merges.merge(names[0][0], names[1][0], NOW, NOW)
        assert await holds.find(old, held.id, NOW) == held, "it is whose the member is"
    async with db.transaction(merchant):
        assert await release_due(day(8)) == 2
        found = await holds.find(old, held.id, day(8))
    assert (found.points_released, found.state) == (60, "ended")
    assert await active(merchant, family) == [20, 30, 40]


async def test_a_reward_that_a_quote_allows_can_be_held(merchant: UUID, family: list[UUID]) -> None:
    await household(merchant, family)
    async with db.transaction(merchant):
        reward = await catalogue.offer(
            "mug", Offer(name={"en": "Mug"}, terms=Product(sku="mug"), cost_points=70), START, None
        )
        before = [await lots(member) for member in family]
        assert (await quotes.quote(family[0], "mug", NOW)).allowed
        given_up = await rewards.hold(family[0], reward, "a", day(6), NOW)
        assert (await rewards.cancel(family[0], given_up.id, NOW)).state == "released"
        assert [await lots(member) for member in family] == before
        held = await rewards.hold(family[0], reward, "b", day(6), NOW)
    async with db.transaction(merchant):
        await households.leave(await household_of(family[2]), family[2], NOW)  # promised is promised
        bought = await rewards.capture(family[0], held.id, NOW)
        assert bought.state == "issued"
        assert await rewards.capture(family[0], held.id, NOW) == bought
    assert await active(merchant, family) == [0, 20, 0]
    async with db.transaction(merchant):
        assert (await rewards.cancel(family[0], held.id, NOW)).state == "cancelled"
        assert [await lots(member) for member in family] == before
    assert await held_in_all(merchant) == 0


async def household_of(member: UUID) -> UUID:
    return UUID(str(await db.fetchval(queries.OF_MEMBER, member)))


async def test_32_clients_hold_capture_and_release_together(merchant: UUID, family: list[UUID]) -> None:
    """What was captured and what is left are what there was; a part is spent once."""
    await household(merchant, family)
    held = await put_by(merchant, family[0], 80)

    async def client(number: int) -> int:
        try:
            async with db.transaction(merchant):
                if number % 4 == 0:
                    await holds.release(family[0], held.id, 7, NOW)
                    return 0
                await holds.capture(family[0], held.id, 7, "", NOW)
                return 7
        except HoldExceeded:
            return 0

    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(client(number)) for number in range(32)]
    async with db.transaction(merchant):
        found = await holds.find(family[0], held.id, NOW)
    assert found.points_captured == sum(each.result() for each in clients)
    assert found.points_held == 80 - found.points_captured - found.points_released == 3
    assert sum(await active(merchant, family)) == 10 + found.points_released


MEMBERS = [new_id() for _ in range(3)]
LOTS = st.lists(
    st.builds(
        Spendable,
        st.sampled_from(MEMBERS),
        st.none() | st.integers(1, 5).map(day),
        st.integers(1, 30),
    ),
    max_size=8,
)


@given(cost=st.integers(1, 200), lots=LOTS)
def test_shares_add_up_and_own_points_go_first(cost: int, lots: list[Spendable]) -> None:
    paid = rules.shares(MEMBERS[0], cost, lots)
    has = {member: sum(lot.points for lot in lots if lot.member_id == member) for member in MEMBERS}
    assert sum(paid.values()) == cost
    assert all(points <= has[member] for member, points in paid.items() if member != MEMBERS[0])
    if sum(paid.get(member, 0) for member in MEMBERS[1:]):
        assert paid.get(MEMBERS[0], 0) >= has[MEMBERS[0]]
