"""Rewards held at a checkout: captured, given up, or ended by time; nothing is lost or had twice."""

import asyncio
import random
from datetime import datetime
from uuid import UUID

import pytest

from core import clock, db, tenancy
from core.errors import DomainError
from loyalty.ledger import reading as ledger
from loyalty.ledger import release_due
from loyalty.ledger.errors import HoldEnded, PointsInsufficient
from loyalty.rewards import catalogue, pools, service, tasks, vouchers
from loyalty.rewards.errors import (
    CodePoolEmpty,
    RewardLimitReached,
    RewardSoldOut,
    VoucherExpired,
    VoucherSpent,
)
from loyalty.rewards.kinds import GiftCard, StoreCredit
from loyalty.rewards.vouchers import VoucherView
from tests.factories.points import balance, earn, lots, one
from tests.factories.rewards import dollars, offer, wanted
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


async def hold(merchant: UUID, member: UUID, reward: UUID, key: str = "k", until: float = 6) -> VoucherView:
    async with db.transaction(merchant):
        return await service.hold(member, reward, key, day(until), NOW)


async def capture(merchant: UUID, member: UUID, voucher: UUID, at: datetime = NOW) -> VoucherView:
    async with db.transaction(merchant):
        return await service.capture(member, voucher, at)


async def cancel(merchant: UUID, member: UUID, voucher: UUID, at: datetime = NOW) -> VoucherView:
    async with db.transaction(merchant):
        return await service.cancel(member, voucher, at)


async def sound(merchant: UUID, member: UUID) -> tuple[object, ...]:
    """What a member and a reward have; the ledger must be right."""
    async with db.transaction(merchant):
        assert await ledger.check() == []
        assert await ledger.sum_of_all_sides() == 0
        return await balance(member), await lots(member), (await catalogue.find("mug")).stock


async def end_at(merchant: UUID, at: float, monkeypatch: pytest.MonkeyPatch) -> int:
    """The sweep, at that time."""
    monkeypatch.setattr(clock, "now", lambda: day(at))
    return await tasks.end_due(tenancy.Merchant(merchant, "shop", "UTC"))


async def test_a_hold_sets_points_and_stock_aside_and_its_capture_is_the_purchase(
    merchant: UUID, member: UUID
) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(70, valid_days=1), stock=2)
    held = await hold(merchant, member, reward)
    assert (held.state, held.code, held.issued_at, held.held_until) == ("held", None, None, day(6))
    assert await hold(merchant, member, reward) == held
    (points, _, stock) = await sound(merchant, member)
    assert (points, stock) == ((0, 30, 0), 1)
    async with db.transaction(merchant):
        assert await vouchers.vouchers(member) == []
    bought = await capture(merchant, member, held.id)
    assert (bought.state, bought.issued_at, bought.expires_at) == ("issued", NOW, day(7))
    assert bought.code and bought.journal_id
    assert await capture(merchant, member, held.id) == bought
    assert (await sound(merchant, member))[0] == (0, 30, 0)
    assert (await cancel(merchant, member, held.id)).state == "cancelled"
    assert (await sound(merchant, member))[::2] == ((0, 100, 0), 2)


async def test_giving_up_a_hold_brings_back_the_same_lots_the_unit_and_the_code(
    merchant: UUID, member: UUID
) -> None:
    async with db.transaction(merchant):
        await pools.create("spring", 0, START)
        await pools.generate("spring", "SPR-????-????", 1)
        reward = await offer(wanted(70, pool="spring"), stock=1)
    before = await sound(merchant, member)
    for key in ("1", "2"):
        held = await hold(merchant, member, reward, key)
        with pytest.raises(RewardSoldOut):
            await hold(merchant, member, reward, f"other {key}")
        for _ in range(2):
            assert (await cancel(merchant, member, held.id)).state == "released"
        assert await sound(merchant, member) == before
        with pytest.raises(HoldEnded):
            await capture(merchant, member, held.id)
    async with db.transaction(merchant):
        assert (await pools.find("spring")).free == 1


async def test_a_hold_ends_by_itself(merchant: UUID, member: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(70), stock=1)
    before = await sound(merchant, member)
    held = await hold(merchant, member, reward)
    # Its time is over, and nobody has swept yet.
    with pytest.raises(HoldEnded):
        await capture(merchant, member, held.id, day(6))
    assert await end_at(merchant, 5.99, monkeypatch) == 0
    assert await end_at(merchant, 6, monkeypatch) == 1
    assert await end_at(merchant, 6, monkeypatch) == 0
    assert await sound(merchant, member) == before
    # The ledger's own sweep may come first.
    again = await hold(merchant, member, reward, "again")
    async with db.transaction(merchant):
        assert await release_due(day(6)) == 1
    assert await end_at(merchant, 6, monkeypatch) == 1
    assert await sound(merchant, member) == before
    async with db.transaction(merchant):
        assert (await vouchers.voucher(member, again.id)).state == "released"


async def test_points_that_expire_while_they_are_held(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(70))
    held = await hold(merchant, member, reward, until=15)
    assert (await capture(merchant, member, held.id, day(12))).state == "issued"
    # Given back later, those of the lot that has expired are gone, and no lot lives longer.
    await cancel(merchant, member, held.id, day(13))
    assert (await sound(merchant, member))[0] == (0, 40, 0)


async def test_a_hold_counts_for_limits_until_it_is_released(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(10, limit_per_member=1))
    held = await hold(merchant, member, reward)
    with pytest.raises(RewardLimitReached):
        await hold(merchant, member, reward, "2")
    await cancel(merchant, member, held.id)
    await hold(merchant, member, reward, "3")


async def test_store_credit_comes_with_the_capture(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(50, StoreCredit(amount=dollars(900))))
    held = await hold(merchant, member, reward)
    async with db.transaction(merchant):
        assert await balance(member, "store_credit") == (0, 0, 0)
    for _ in range(2):
        assert (await capture(merchant, member, held.id)).state == "used"
    async with db.transaction(merchant):
        assert await balance(member, "store_credit") == (0, 900, 0)


@pytest.mark.parametrize(("points_back", "left"), [(False, 30), (True, 100)])
async def test_an_unused_voucher_expires_and_gives_back_what_its_reward_says(
    merchant: UUID, member: UUID, monkeypatch: pytest.MonkeyPatch, points_back: bool, left: int
) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(70, valid_days=1, points_back=points_back), stock=1)
        voucher = await service.redeem(member, reward, "k", NOW)
    assert await end_at(merchant, 6.99, monkeypatch) == 0
    assert await end_at(merchant, 7, monkeypatch) == 1
    points, _, stock = await sound(merchant, member)
    assert (points, stock) == ((0, left, 0), int(points_back))
    async with db.transaction(merchant):
        assert (await vouchers.voucher(member, voucher.id)).state == "expired"
    with pytest.raises(VoucherExpired):
        await cancel(merchant, member, voucher.id, day(7))


async def test_a_gift_card_used_in_part_gives_nothing_back(
    merchant: UUID, member: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(70, GiftCard(amount=dollars(500)), valid_days=1, points_back=True))
        voucher = await service.redeem(member, reward, "k", NOW)
        await service.use(str(voucher.code), NOW, 100)
    assert await end_at(merchant, 7, monkeypatch) == 1
    assert (await sound(merchant, member))[0] == (0, 30, 0)


async def test_32_clients_hold_capture_give_up_and_use_what_is_scarce(
    merchant: UUID, member: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction(merchant):
        await pools.create("spring", 0, START)
        await pools.generate("spring", "SPR-????-????", 12)
        reward = await offer(wanted(10, pool="spring"), stock=9)
        clients = await new_members(32)
        for client in clients:
            await one(earn(f"e:{client}", client, 10))
    dice = random.Random(7)
    expected = (RewardSoldOut, CodePoolEmpty, PointsInsufficient, HoldEnded, VoucherSpent)

    async def shop(client: UUID, fates: list[str]) -> None:
        for number, fate in enumerate(fates):
            try:
                held = await hold(merchant, client, reward, str(number))
                if fate == "left":
                    return
                together = {
                    "bought": (capture, capture),
                    "given up": (cancel, capture),
                    "had second thoughts": (capture, cancel),
                }[fate]
                done = await asyncio.gather(
                    *(step(merchant, client, held.id) for step in together), return_exceptions=True
                )
                assert all(isinstance(each, VoucherView | HoldEnded | VoucherSpent) for each in done)
                async with db.transaction(merchant):
                    now = await vouchers.voucher(client, held.id)
                    if now.state == "issued" and fate == "bought":
                        await service.use(str(now.code), NOW)
            except expected as refused:
                assert isinstance(refused, DomainError)

    fates = ["bought", "given up", "had second thoughts", "left"]
    await asyncio.gather(*(shop(client, dice.choices(fates, k=3)) for client in clients))
    while await end_at(merchant, 6, monkeypatch):
        pass
    async with db.transaction(merchant):
        assert await ledger.check() == []
        found = await db.fetch("SELECT state, count(*) AS n FROM vouchers GROUP BY 1")
        states = {row["state"]: row["n"] for row in found}
        assert "held" not in states
        kept = states.get("issued", 0) + states.get("used", 0)
        assert 0 < kept <= 9
        assert (await catalogue.find("mug")).stock == 9 - kept
        codes = [row["code"] for row in await db.fetch("SELECT code FROM vouchers WHERE code IS NOT NULL")]
        assert len(codes) == len(set(codes))
        assert (await pools.find("spring")).taken == len(codes)
        assert await db.fetchval("SELECT sum(points_active) FROM ledger_accounts") == 100 + 320 - 10 * kept
        assert await db.fetchval("SELECT sum(points_held) FROM ledger_accounts") == 0
