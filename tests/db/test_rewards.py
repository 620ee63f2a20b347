"""Rewards: one voucher for one payment, never one too many."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from core.errors import DomainError, NotFound
from loyalty.ledger import reading
from loyalty.ledger.errors import PointsInsufficient
from loyalty.rewards import catalogue, codes, vouchers
from loyalty.rewards import service as rewards
from loyalty.rewards.errors import RedemptionKeyReused, RewardInactive, RewardSoldOut, VoucherSpent
from loyalty.rewards.kinds import Product
from loyalty.rewards.rules import Offer
from loyalty.rewards.vouchers import VoucherView
from tests.factories.points import balance, earn, lots, one
from tests.factories.shop import START, day, new_member, new_members, programme

NOW = day(5)


@pytest.fixture
async def member(merchant: UUID) -> UUID:
    """A member with 100 points in two lots."""
    async with db.transaction(merchant):
        await programme()
        found = await new_member()
        await one(earn("a", found, 60, expires_at=day(10)))
        await one(earn("b", found, 40, expires_at=day(20)))
        return found


async def offer(merchant: UUID, cost: int = 70, stock: int | None = 5, code: str = "mug") -> UUID:
    """A reward on offer."""
    async with db.transaction(merchant):
        wanted = Offer(name={"en": "Mug"}, terms=Product(sku="mug"), cost_points=cost)
        return await catalogue.offer(code, wanted, START, stock)


async def redeem(merchant: UUID, member: UUID, reward: UUID, key: str = "k") -> VoucherView:
    """Buy it, in a transaction of its own."""
    async with db.transaction(merchant):
        return await rewards.redeem(member, reward, key, NOW)


async def stock(reward: UUID) -> int | None:
    """How many are left."""
    left: int | None = await db.fetchval(
        "SELECT sum(units)::int FROM reward_stock WHERE reward_id = $1", reward
    )
    return left


async def state(merchant: UUID, member: UUID) -> tuple[object, ...]:
    """All that redeeming changes; the ledger must be sound."""
    async with db.transaction(merchant):
        assert await reading.check() == []
        assert await reading.sum_of_all_sides() == 0
        return (
            await lots(member),
            await balance(member),
            await seen("SELECT reward_id, part, units FROM reward_stock ORDER BY 1, 2"),
            await seen("SELECT id, state, worth_left_minor, used_at FROM vouchers ORDER BY 1"),
            await seen("SELECT code, voucher_id FROM pool_codes ORDER BY 1"),
            await db.fetchval("SELECT count(*) FROM ledger_journal"),
        )


async def seen(sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await db.fetch(sql)]


async def refused(
    merchant: UUID, member: UUID, error: type[DomainError], reward: UUID, key: str = "other"
) -> None:
    """Redeeming is refused, and nothing has changed."""
    before = await state(merchant, member)
    with pytest.raises(error):
        await redeem(merchant, member, reward, key)
    assert await state(merchant, member) == before


async def test_redeeming_gives_one_voucher_and_the_key_gives_it_again(merchant: UUID, member: UUID) -> None:
    reward = await offer(merchant)
    voucher = await redeem(merchant, member, reward)
    assert (voucher.state, voucher.reward_code, voucher.cost_points) == ("issued", "mug", 70)
    assert voucher.reward_name == {"en": "Mug"} and voucher.issued_at == NOW
    assert voucher.code
    assert len(voucher.code) == codes.CODE_LENGTH and set(voucher.code) <= set(codes.ALPHABET)
    after = await state(merchant, member)
    async with db.transaction(merchant):
        again = await rewards.redeem(member, reward, "k", NOW + timedelta(hours=1))
        assert await vouchers.vouchers(member) == [voucher]
        assert await stock(reward) == 4
        assert await balance(member) == (0, 30, 0)
    assert again == voucher
    assert await state(merchant, member) == after


async def test_the_key_belongs_to_one_reward(merchant: UUID, member: UUID) -> None:
    await redeem(merchant, member, await offer(merchant, 10))
    await refused(merchant, member, RedemptionKeyReused, await offer(merchant, 10, code="cup"), "k")


async def test_what_cannot_be_redeemed(merchant: UUID, member: UUID) -> None:
    await refused(merchant, member, PointsInsufficient, await offer(merchant, 101))
    await refused(merchant, member, RewardSoldOut, await offer(merchant, 1, stock=0, code="gone"))
    await refused(merchant, member, NotFound, merchant)
    withdrawn = await offer(merchant, 1, code="withdrawn")
    async with db.transaction(merchant):
        await catalogue.set_active("withdrawn", False)
        assert {reward.code for reward in await catalogue.catalogue()} == {"mug", "gone"}
    await refused(merchant, member, RewardInactive, withdrawn)


async def test_a_reward_without_limit(merchant: UUID, member: UUID) -> None:
    reward = await offer(merchant, 10, stock=None)
    for key in "xyz":
        await redeem(merchant, member, reward, key)
    async with db.transaction(merchant):
        assert await stock(reward) is None
        assert await balance(member) == (0, 70, 0)


async def test_the_last_one_is_sold_once(merchant: UUID, member: UUID) -> None:
    reward = await offer(merchant, 10, stock=1)
    async with db.transaction(merchant):
        clients = [member, *await new_members(15)]
        for client in clients[1:]:
            await one(earn(f"e:{client}", client, 50))
    results = await asyncio.gather(
        *(redeem(merchant, client, reward) for client in clients), return_exceptions=True
    )
    assert sum(isinstance(result, VoucherView) for result in results) == 1
    assert sum(isinstance(result, RewardSoldOut) for result in results) == 15
    async with db.transaction(merchant):
        assert await stock(reward) == 0
        assert await db.fetchval("SELECT count(*) FROM vouchers") == 1
        assert sorted([(await balance(client))[1] for client in clients[1:]])[1:] == [50] * 14
    await state(merchant, member)


@pytest.mark.parametrize("limit", [5, None], ids=["counted", "without limit"])
async def test_the_same_key_at_once_gives_one_voucher(
    merchant: UUID, member: UUID, limit: int | None
) -> None:
    reward = await offer(merchant, 10, limit)
    vouchers = await asyncio.gather(*(redeem(merchant, member, reward) for _ in range(8)))
    assert len({voucher.id for voucher in vouchers}) == 1
    async with db.transaction(merchant):
        assert await stock(reward) == (4 if limit else None)
        assert await balance(member) == (0, 90, 0)


async def test_cancelling_gives_the_same_lots_back(merchant: UUID, member: UUID) -> None:
    reward = await offer(merchant)
    async with db.transaction(merchant):
        before = await lots(member)
    voucher = await redeem(merchant, member, reward)
    async with db.transaction(merchant):
        assert await lots(member) != before
        cancelled = await rewards.cancel(member, voucher.id, day(6))
        assert (cancelled.id, cancelled.state) == (voucher.id, "cancelled")
        assert await lots(member) == before
        assert await stock(reward) == 5
    await spent(merchant, member, voucher)


async def spent(merchant: UUID, member: UUID, voucher: VoucherView) -> None:
    """It can be neither cancelled nor used, and trying changes nothing."""
    before = await state(merchant, member)
    with pytest.raises(VoucherSpent):
        async with db.transaction(merchant):
            await rewards.cancel(member, voucher.id, day(7))
    with pytest.raises(VoucherSpent):
        async with db.transaction(merchant):
            await rewards.use(str(voucher.code), day(7))
    assert await state(merchant, member) == before


async def test_a_voucher_is_used_once(merchant: UUID, member: UUID) -> None:
    voucher = await redeem(merchant, member, await offer(merchant))
    async with db.transaction(merchant):
        used = await rewards.use(str(voucher.code), day(6))
    assert (used.id, used.state, used.used_at) == (voucher.id, "used", day(6))
    await spent(merchant, member, voucher)


async def test_using_and_cancelling_at_once_does_one_of_them(merchant: UUID, member: UUID) -> None:
    voucher = await redeem(merchant, member, await offer(merchant))

    async def act(number: int) -> VoucherView:
        async with db.transaction(merchant):
            if number % 2:
                return await rewards.use(str(voucher.code), day(6))
            return await rewards.cancel(member, voucher.id, day(6))

    results = await asyncio.gather(*(act(number) for number in range(8)), return_exceptions=True)
    assert sum(isinstance(result, VoucherView) for result in results) == 1
    assert sum(isinstance(result, VoucherSpent) for result in results) == 7
    await state(merchant, member)


async def test_another_members_voucher_is_not_found(merchant: UUID, member: UUID) -> None:
    voucher = await redeem(merchant, member, await offer(merchant))
    before = await state(merchant, member)
    async with db.transaction(merchant):
        other = await new_member()
        assert await vouchers.vouchers(other) == []
    with pytest.raises(NotFound):
        async with db.transaction(merchant):
            await rewards.cancel(other, voucher.id, day(6))
    with pytest.raises(NotFound):
        async with db.transaction(merchant):
            await rewards.use("NO-SUCH-CODE", day(6))
    assert await state(merchant, member) == before
