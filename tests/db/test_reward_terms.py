"""Kinds, limits, eligibility and versions of rewards, and what a quote says of them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from core.errors import DomainError, NotFound
from loyalty.ledger import reading as ledger
from loyalty.ledger.errors import PointsInsufficient
from loyalty.members import service as members
from loyalty.members.errors import MemberLeft
from loyalty.rewards import catalogue, quotes, service
from loyalty.rewards.errors import (
    AmountInvalid,
    PointsChoiceInvalid,
    RewardChanged,
    RewardExists,
    RewardInvalid,
    RewardLimitReached,
    RewardNotOnNow,
    RewardSegmentLocked,
    RewardSoldOut,
    RewardTierLocked,
    VoucherExpired,
    VoucherSpent,
)
from loyalty.rewards.kinds import CashBack, GiftCard, StoreCredit
from loyalty.rewards.rules import Offer, PeriodLimit
from loyalty.rewards.vouchers import VoucherView
from loyalty.segments import service as segments
from loyalty.segments.model import Joined, Segment, Tagged
from tests.conftest import new_merchant
from tests.factories.points import balance, earn, one
from tests.factories.rewards import dollars, offer, wanted
from tests.factories.shop import START, day, new_member, new_members, programme

NOW = day(5)


@pytest.fixture
async def member(merchant: UUID) -> UUID:
    """A member with 1000 points."""
    async with db.transaction(merchant):
        await programme()
        found = await new_member()
        await one(earn("a", found, 1000, expires_at=day(100)))
        return found


async def put(merchant: UUID, offered: Offer, code: str = "mug", stock: int | None = None) -> UUID:
    async with db.transaction(merchant):
        return await offer(offered, code, stock)


async def buy(
    merchant: UUID, member: UUID, reward: UUID, key: str, at: float = 5, points: int | None = None
) -> VoucherView:
    async with db.transaction(merchant):
        return await service.redeem(member, reward, key, day(at), points=points)


async def refusals(merchant: UUID, member: UUID, code: str = "mug", at: float = 5) -> list[str]:
    """What a quote says, which must be what redeeming says: nothing, or the first of them."""
    async with db.transaction(merchant):
        quote = await quotes.quote(member, code, day(at))
        before = await balance(member), await db.fetchval("SELECT count(*) FROM vouchers")
    assert quote.allowed == (not quote.refusals)
    if quote.refusals:
        with pytest.raises(DomainError) as caught:
            await buy(merchant, member, quote.reward.id, "refused", at)
        assert caught.value.code == quote.refusals[0].code
        async with db.transaction(merchant):
            assert (await balance(member), await db.fetchval("SELECT count(*) FROM vouchers")) == before
            assert await ledger.check() == []
    return [each.code for each in quote.refusals]


async def test_a_quote_says_what_redeeming_will_do(merchant: UUID, member: UUID) -> None:
    await put(merchant, wanted(300), stock=2)
    async with db.transaction(merchant):
        quote = await quotes.quote(member, "mug", NOW)
        [same] = await quotes.quotes(member, NOW)
    assert quote == same
    assert (quote.cost_points, quote.points_after, quote.short_points, quote.allowed) == (300, 700, 0, True)
    assert (quote.reward.stock, quote.worth, quote.reward.version) == (2, None, 1)
    assert await refusals(merchant, member) == []


async def test_points_that_have_expired_and_were_not_swept_yet_buy_nothing(
    merchant: UUID, member: UUID
) -> None:
    reward = await put(merchant, wanted(300))
    assert await refusals(merchant, member, at=99.9) == []
    assert await refusals(merchant, member, at=100) == [PointsInsufficient.code]
    async with db.transaction(merchant):
        assert (await quotes.quote(member, "mug", day(100))).short_points == 300
    with pytest.raises(PointsInsufficient):
        await buy(merchant, member, reward, "k", 100)


async def test_tiers_schedule_and_leaving(merchant: UUID, member: UUID) -> None:
    await put(merchant, wanted(tiers=("t1", "t2")), "tiered")
    await put(merchant, wanted(offered_from=day(6), offered_until=day(8)), "timed")
    assert await refusals(merchant, member, "tiered") == [RewardTierLocked.code]
    async with db.transaction(merchant):
        await db.execute("UPDATE members SET tier_code = 't2' WHERE id = $1", member)
    assert await refusals(merchant, member, "tiered") == []
    assert await refusals(merchant, member, "timed") == [RewardNotOnNow.code]
    assert await refusals(merchant, member, "timed", at=6) == []
    assert await refusals(merchant, member, "timed", at=8) == [RewardNotOnNow.code]
    async with db.transaction(merchant):
        customer = await db.fetchval("SELECT customer_id FROM members WHERE id = $1", member)
        await members.leave([customer], day(6))
    assert await refusals(merchant, member, "timed", at=7) == [MemberLeft.code]


async def test_a_segment_opens_a_reward_for_its_members(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await segments.create("old", "Old hands", Segment(where=(Joined(at_least_days=5),)), START)
        await segments.create(
            "angry", "Angry", Segment(where=(Tagged(tags=("angry",), origin="review"),)), START
        )
        other = await new_member(day(3))
        await one(earn("o", other, 10))
    await put(merchant, wanted(segments=("old",)))
    assert await refusals(merchant, member, at=6) == []
    assert await refusals(merchant, other, at=6) == [RewardSegmentLocked.code]
    assert await refusals(merchant, other, at=9) == []
    # What somebody wrote opens nothing.
    for code in ("angry", "nowhere"):
        with pytest.raises(RewardInvalid):
            await put(merchant, wanted(segments=(code,)), "other")


async def test_a_limit_counts_what_was_not_cancelled(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(limit_per_member=2))
    first = await buy(merchant, member, reward, "1")
    await buy(merchant, member, reward, "2")
    assert await refusals(merchant, member) == [RewardLimitReached.code]
    assert (await buy(merchant, member, reward, "2")).cost_points == 10  # the same once more
    async with db.transaction(merchant):
        await service.cancel(member, first.id, NOW)
    assert await refusals(merchant, member) == []
    async with db.transaction(merchant):
        other = await new_member()
        await one(earn("o", other, 10))
    assert await refusals(merchant, other) == []


async def test_a_limit_per_period_begins_anew_by_the_merchants_clock(database: object) -> None:
    merchant = await new_merchant(time_zone="Asia/Hong_Kong")
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        await one(earn("a", member, 1000))
    reward = await put(merchant, wanted(limit_per_period=PeriodLimit(times=1, period="day")))
    await buy(merchant, member, reward, "1", 5)
    # Midnight in Hong Kong is at 16:00 in UTC.
    just_before = 5 + 16 / 24 - 1e-9
    assert await refusals(merchant, member, at=just_before) == [RewardLimitReached.code]
    assert await refusals(merchant, member, at=5 + 16 / 24) == []


async def test_32_clients_at_once_stay_within_a_members_limit(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(limit_per_member=3), stock=20)
    results = await asyncio.gather(
        *(buy(merchant, member, reward, f"k{number}") for number in range(32)), return_exceptions=True
    )
    assert sum(isinstance(result, VoucherView) for result in results) == 3
    assert sum(isinstance(result, RewardLimitReached) for result in results) == 29
    async with db.transaction(merchant):
        assert await balance(member) == (0, 970, 0)
        assert (await catalogue.find("mug")).stock == 17
        assert await ledger.check() == []


async def test_32_members_at_once_take_what_there_is_and_no_more(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(), stock=9)
    async with db.transaction(merchant):
        clients = await new_members(32)
        for client in clients:
            await one(earn(f"e:{client}", client, 10))
    results = await asyncio.gather(
        *(buy(merchant, client, reward, "k") for client in clients), return_exceptions=True
    )
    assert sum(isinstance(result, VoucherView) for result in results) == 9
    assert sum(isinstance(result, RewardSoldOut) for result in results) == 23
    async with db.transaction(merchant):
        assert (await catalogue.find("mug")).stock == 0
        assert await db.fetchval("SELECT sum(points_active) FROM ledger_accounts") == 1000 + 230
        assert await ledger.check() == []


async def test_a_hot_reward_does_not_make_other_members_wait(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(), stock=100)
    async with db.transaction(merchant):
        other = await new_member()
        await one(earn("o", other, 10))
    bought, done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction(merchant):
            await service.redeem(member, reward, "slow", NOW)
            bought.set()
            await done.wait()

    waiting = asyncio.create_task(slow())
    await bought.wait()
    try:
        async with db.transaction(merchant):
            await db.execute("SET LOCAL lock_timeout = '2s'")
            await service.redeem(other, reward, "quick", NOW)
    finally:
        done.set()
        await waiting
    async with db.transaction(merchant):
        assert (await catalogue.find("mug")).stock == 98


async def test_a_change_is_a_version_and_a_voucher_keeps_its_own(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(100))
    voucher = await buy(merchant, member, reward, "1")
    async with db.transaction(merchant):
        assert await catalogue.change("mug", 1, wanted(700, limit_per_member=9), day(6)) == 2
        found = await catalogue.find("mug")
        versions = await catalogue.versions(reward)
        assert (await service.cancel(member, voucher.id, day(6))).cost_points == 100
        assert await balance(member) == (0, 1000, 0)
    assert (found.version, found.cost_points, found.limit_per_member) == (2, 700, 9)
    assert [(each.number, each.cost_points, each.created_at) for each in versions] == [
        (2, 700, day(6)),
        (1, 100, START),
    ]
    for based_on in (1, 3):
        with pytest.raises(RewardChanged):
            async with db.transaction(merchant):
                await catalogue.change("mug", based_on, wanted(1), day(6))
    with pytest.raises(RewardChanged):
        async with db.transaction(merchant):
            await service.redeem(member, reward, "2", day(6), version=1)
    async with db.transaction(merchant):
        assert (await service.redeem(member, reward, "2", day(6), version=2)).cost_points == 700


async def test_what_cannot_be_offered(merchant: UUID, member: UUID) -> None:
    await put(merchant, wanted())
    euros = GiftCard(amount=dollars(5)).amount.__class__(amount_minor=5, currency="EUR")
    cases: tuple[tuple[Offer, type[DomainError]], ...] = (
        (wanted(None), RewardInvalid),
        (wanted(pool="nowhere"), RewardInvalid),
        (wanted(terms=StoreCredit(amount=euros)), RewardInvalid),
        (wanted(), RewardExists),
    )
    for bad, error in cases:
        with pytest.raises(error):
            await put(merchant, bad)
    for code in ("nothing", "MUG"):
        with pytest.raises(NotFound):
            async with db.transaction(merchant):
                await catalogue.change(code, 1, wanted(), NOW)
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM reward_versions") == 1
        assert await db.fetchval("SELECT count(*) FROM wallet_types") == 2


async def test_stock_is_set_and_can_be_without_limit(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(), stock=0)
    assert await refusals(merchant, member) == [RewardSoldOut.code]
    async with db.transaction(merchant):
        await catalogue.set_stock("mug", 11)
        assert (await catalogue.find("mug")).stock == 11
        await catalogue.set_stock("mug", None)
        assert (await catalogue.find("mug")).stock is None
    voucher = await buy(merchant, member, reward, "1")
    async with db.transaction(merchant):
        await service.cancel(member, voucher.id, NOW)
        assert (await catalogue.find("mug")).stock is None


async def test_cash_back_is_worth_what_was_chosen(merchant: UUID, member: UUID) -> None:
    terms = CashBack(step_points=50, step_amount=dollars(100), min_points=100, max_points=500)
    reward = await put(merchant, wanted(None, terms))
    for points in (None, 50, 125, 550):
        with pytest.raises(PointsChoiceInvalid):
            await buy(merchant, member, reward, "1", points=points)
    voucher = await buy(merchant, member, reward, "1", points=250)
    assert (voucher.cost_points, voucher.worth) == (250, dollars(500))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 750, 0)
        quote = await quotes.quote(member, "mug", NOW, points=300)
    assert (quote.cost_points, quote.worth, quote.allowed) == (300, dollars(600), True)


async def test_store_credit_goes_into_its_wallet_at_once(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(200, StoreCredit(amount=dollars(1500))))
    voucher = await buy(merchant, member, reward, "1")
    assert await buy(merchant, member, reward, "1") == voucher
    assert (voucher.state, voucher.worth, voucher.worth_left_minor) == ("used", dollars(1500), 0)
    async with db.transaction(merchant):
        assert await balance(member) == (0, 800, 0)
        assert await balance(member, "store_credit") == (0, 1500, 0)
        assert await ledger.check() == []
    with pytest.raises(VoucherSpent):
        async with db.transaction(merchant):
            await service.cancel(member, voucher.id, NOW)
    await put(merchant, wanted(100, StoreCredit(amount=dollars(1))), "more")  # the wallet is there already


async def test_a_gift_card_is_used_in_parts_and_then_not_cancelled(merchant: UUID, member: UUID) -> None:
    card = await buy(merchant, member, await put(merchant, wanted(100, GiftCard(amount=dollars(1000)))), "1")
    mug = await buy(merchant, member, await put(merchant, wanted(10), "cup"), "2")

    async def use(voucher: VoucherView, amount: int | None) -> VoucherView:
        async with db.transaction(merchant):
            return await service.use(str(voucher.code), NOW, amount, "order 7")

    for voucher, amount in ((card, 1001), (mug, 1)):
        with pytest.raises(AmountInvalid):
            await use(voucher, amount)
    part = await use(card, 400)
    assert (part.state, part.worth_left_minor, part.used_at) == ("issued", 600, None)
    with pytest.raises(VoucherSpent):
        async with db.transaction(merchant):
            await service.cancel(member, card.id, NOW)
    rest = await asyncio.gather(*(use(card, 200) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, VoucherView) for each in rest) == 3
    assert sum(isinstance(each, VoucherSpent) for each in rest) == 5
    async with db.transaction(merchant):
        rows = await db.fetch("SELECT number, amount_minor, reference FROM voucher_uses ORDER BY number")
    assert [tuple(row) for row in rows] == [
        (1, 400, "order 7"),
        (2, 200, "order 7"),
        (3, 200, "order 7"),
        (4, 200, "order 7"),
    ]


async def test_a_voucher_ends_with_its_day(merchant: UUID, member: UUID) -> None:
    reward = await put(merchant, wanted(valid_days=1))
    voucher = await buy(merchant, member, reward, "1", 5.5)
    assert voucher.expires_at == day(7)
    for at in (day(7), day(8)):
        with pytest.raises(VoucherExpired):
            async with db.transaction(merchant):
                await service.use(str(voucher.code), at)
        with pytest.raises(VoucherExpired):
            async with db.transaction(merchant):
                await service.cancel(member, voucher.id, at)
    async with db.transaction(merchant):
        assert (await service.use(str(voucher.code), day(7) - timedelta(microseconds=1))).state == "used"
