"""One member stands for another, and that is undone: nothing lost, nothing doubled."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import DomainError, NotFound
from core.people.customers import MergeRefused
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign, CampaignBudget
from loyalty.holds import service as holds
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import AnyCommand, post, reading
from loyalty.ledger.errors import PostingRunning
from loyalty.members import merge as merges
from loyalty.members import service as members
from loyalty.rewards import catalogue, vouchers
from loyalty.rewards import service as rewards
from loyalty.rewards.kinds import Product
from loyalty.rewards.rules import Offer
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.settling import service as settling
from loyalty.tiers import service as tiers
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance, clawback, earn, expire, one, redeem
from tests.factories.shop import START, day, programme, store, tier_of

NOW = day(40)


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    """A merchant with a programme, a store, a reward for 50 points, and the members ann and bea."""
    async with db.transaction(merchant):
        await programme()
        await store()
        await catalogue.offer(
            "mug", Offer(name={"en": "Mug"}, terms=Product(sku="mug"), cost_points=50), START
        )
    await send(merchant, joined("ann", day(1)), joined("bea", day(2)))
    return merchant


async def send(merchant: UUID, *events: Event) -> list[str]:
    """What became of each event; then everybody's tier."""
    async with db.transaction(merchant):
        results = await ingest(events, NOW)
        await tiers.recalculate(None, "earned", NOW)
        return [result.code or result.status for result in results]


def merged(source: str, into: str) -> Event:
    return event("customer.merged", day(20), customer_id=source, into_customer_id=into)


async def bought(merchant: UUID, customer: str, order: str, points: int, at: int = 5) -> None:
    """An order paid and delivered: its points can be spent."""
    await send(merchant, paid(order, customer, points * 100, day(at)), delivered(order, day(at + 1)))


async def undo(merchant: UUID, source: str) -> None:
    async with db.transaction(merchant):
        await merges.undo(source, NOW)


async def own(name: str) -> UUID:
    """The member who joined as this customer, whoever stands for them now."""
    found = await db.fetchval(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1", name
    )
    return UUID(str(found))


async def everything(merchant: UUID, *names: str) -> dict[str, Any]:
    """All that a merge touches, by name, without what only adds to history."""
    found: dict[str, Any] = {}
    async with db.transaction(merchant):
        await sound()
        for name in names:
            member = await own(name)
            row = await db.fetchrow(
                "SELECT joined_at, left_at, merged_into, tier_code FROM members WHERE id = $1", member
            )
            lots = await db.fetch(
                "SELECT j.key, l.points_pending, l.points_active, l.points_held, l.points_clawed_back,"
                " l.settles_at, l.expires_at FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id"
                " JOIN ledger_accounts a ON a.id = l.account_id WHERE a.member_id = $1 ORDER BY 1",
                member,
            )
            wallets = list(await members.balances(member))
            codes = sorted(each.code or "" for each in await vouchers.vouchers(member))
            found[name] = (dict(row or {}), [tuple(lot) for lot in lots], wallets, codes)
    return found


async def sound() -> None:
    assert await reading.check() == []
    assert await reading.sum_of_all_sides() == 0


async def spendable(merchant: UUID, name: str) -> tuple[int, int, int]:
    """Pending, active and debt of whoever stands for this customer."""
    async with db.transaction(merchant):
        await sound()
        return await balance((await members.find(name)).id)


# ---------------------------------------------------------------- merging


async def test_the_survivor_has_all_points_with_their_expiry(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 80)
    await bought(shop, "bea", "b1", 30)
    await send(shop, paid("a2", "ann", 1000, day(9)))  # pending
    before = await everything(shop, "ann", "bea")
    assert await send(shop, merged("ann", "bea")) == ["applied"]
    after = await everything(shop, "ann", "bea")
    assert sorted(before["ann"][1] + before["bea"][1], key=str) == sorted(after["bea"][1], key=str)
    assert after["ann"][1] == []
    assert await spendable(shop, "bea") == await spendable(shop, "ann") == (10, 110, 0)
    async with db.transaction(shop):
        assert (await members.find("ann")).external_id == "bea"
        assert (await members.find("bea")).joined_at == day(1), "as long a member as the older of both"


async def test_both_histories_count_for_the_survivors_tier(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 60)
    await bought(shop, "bea", "b1", 60)
    async with db.transaction(shop):
        bea = await own("bea")
        assert await tier_of(bea) == "t0"
    await send(shop, merged("ann", "bea"))
    async with db.transaction(shop):
        assert await tier_of(bea) == "t1"
    await undo(shop, "ann")
    async with db.transaction(shop):
        assert await tier_of(bea) == "t0" and await tier_of(await own("ann")) == "t0"


async def test_a_later_return_takes_from_the_moved_lots(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 80)
    await send(shop, merged("ann", "bea"))
    assert await send(shop, refunded("a1", "r1", 3000, day(25))) == ["applied"]
    assert await spendable(shop, "bea") == (0, 50, 0)
    await undo(shop, "ann")
    assert await spendable(shop, "ann") == (0, 50, 0)
    assert await send(shop, refunded("a1", "r2", 5000, day(26))) == ["applied"]
    assert await spendable(shop, "ann") == (0, 0, 0)
    assert await spendable(shop, "bea") == (0, 0, 0)


async def test_orders_of_either_count_for_the_survivor(shop: UUID) -> None:
    await send(shop, merged("ann", "bea"))
    await bought(shop, "ann", "a1", 40, at=22)
    assert await spendable(shop, "bea") == (0, 40, 0)
    await undo(shop, "ann")
    assert await send(shop, refunded("a1", "r1", 1000, day(30))) == ["applied"]
    assert await spendable(shop, "bea") == (0, 30, 0), "who has the points gives them back"
    assert await spendable(shop, "ann") == (0, 0, 0)


async def test_the_first_order_after_a_merge_is_not_the_persons_first(shop: UUID) -> None:
    async with db.transaction(shop):
        first = m.Rule(trigger=m.Order(), effect=m.Fixed(points=7), conditions=(m.FirstOrder(),))
        await rules.publish((await rules.create("first", "First", first, START)).version_id, START)
    await bought(shop, "ann", "a1", 40)
    await send(shop, merged("ann", "bea"))
    await bought(shop, "bea", "b1", 40, at=22)
    await bought(shop, "ann", "a2", 40, at=23)
    assert await spendable(shop, "bea") == (0, 127, 0)


async def test_a_person_has_of_a_budget_what_one_member_may_have(shop: UUID) -> None:
    rule = m.Rule(trigger=m.SocialShare(), effect=m.Fixed(points=10))
    async with db.transaction(shop):
        budget = CampaignBudget(points_per_member=10)
        await campaigns.create("share", "Share", Campaign(rules=(rule,), budget=budget), START)
        await campaigns.publish("share", START)

    async def shares(name: str) -> None:
        await send(shop, event("custom.social_share", day(21), customer_id=name))

    await shares("ann")
    await send(shop, merged("ann", "bea"))
    await shares("bea")
    assert await spendable(shop, "bea") == (0, 10, 0)
    await undo(shop, "ann")
    await shares("bea")
    assert await spendable(shop, "bea") == await spendable(shop, "ann") == (0, 10, 0)


async def test_a_guest_is_merged_into_a_member(shop: UUID) -> None:
    await bought(shop, "guest", "g1", 40)
    await send(shop, merged("guest", "bea"))
    assert await spendable(shop, "bea") == (0, 40, 0)
    await undo(shop, "guest")
    async with db.transaction(shop):
        assert not await members.of_customers(
            [await db.fetchval("SELECT id FROM customers WHERE external_id = 'guest'")]
        )


async def test_a_member_is_merged_into_somebody_who_is_none(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 40)
    await send(shop, merged("ann", "new"))
    assert await spendable(shop, "new") == (0, 40, 0)
    async with db.transaction(shop):
        assert (await members.find("new")).joined_at == day(1)
    await undo(shop, "ann")
    assert await spendable(shop, "ann") == (0, 40, 0)
    async with db.transaction(shop):
        assert (await members.find("ann")).left_at is None
        assert (await members.find("new")).left_at == NOW


async def test_who_came_back_while_they_stood_for_another_stays_when_that_is_undone(shop: UUID) -> None:
    async with db.transaction(shop):
        bea = await own("bea")
        customer = await db.fetchval("SELECT customer_id FROM members WHERE id = $1", bea)
        await members.go(bea, day(10))
    await send(shop, merged("ann", "bea"))
    async with db.transaction(shop):
        assert (await members.get(bea)).left_at is None
        await members.go(bea, day(25))
        assert await members.enrol([(customer, day(30), "1")], again=[customer]) == [customer]
    await undo(shop, "ann")
    async with db.transaction(shop):
        back, ann = await members.get(bea), await members.get(await own("ann"))
    assert (back.joined_at, back.left_at) == (day(30), None)
    assert (ann.joined_at, ann.left_at) == (day(1), None)


@pytest.mark.parametrize("leaves_again", [False, True])
async def test_who_came_back_before_a_late_merge_was_heard_of_is_as_before_it(
    shop: UUID, leaves_again: bool
) -> None:
    async with db.transaction(shop):
        bea = await own("bea")
        customer = await db.fetchval("SELECT customer_id FROM members WHERE id = $1", bea)
        await members.go(bea, day(10))
        await members.enrol([(customer, day(25), "1")], again=[customer])
        if leaves_again:
            await members.go(bea, day(26))
    before = await everything(shop, "ann", "bea")
    await send(shop, merged("ann", "bea"))
    async with db.transaction(shop):
        assert (await members.get(bea)).left_at is None
    await undo(shop, "ann")
    assert await everything(shop, "ann", "bea") == before


async def test_vouchers_are_the_survivors_while_merged(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 80)
    async with db.transaction(shop):
        ann, bea = await own("ann"), await own("bea")
        mug = (await catalogue.find("mug")).id
        bought_one = await rewards.redeem(ann, mug, "k", day(15))
    await send(shop, merged("ann", "bea"))
    async with db.transaction(shop):
        assert [each.id for each in await vouchers.vouchers(bea)] == [bought_one.id]
        assert (await rewards.redeem(bea, mug, "k", day(21))).id == bought_one.id, "sent again"
        await rewards.cancel(bea, bought_one.id, day(22))
    assert await spendable(shop, "bea") == (0, 80, 0)
    await undo(shop, "ann")
    assert await spendable(shop, "ann") == (0, 80, 0)
    async with db.transaction(shop):
        assert [each.id for each in await vouchers.vouchers(ann)] == [bought_one.id]
        assert not await vouchers.vouchers(bea)


async def test_holds_and_pending_points_are_the_survivors_while_merged(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 80)
    async with db.transaction(shop):
        ann = await own("ann")
        held = await holds.hold(ann, "points", 50, NOW + timedelta(days=9), "", NOW)
        waiting = (await one(earn("e", ann, 9, pending=True))).journal_id
    assert waiting
    await send(shop, merged("ann", "bea"))
    async with db.transaction(shop):
        bea = (await members.find("ann")).id
        assert (await holds.find(bea, held.id, NOW)).points_held == 50
        await holds.capture(bea, held.id, 30, "", NOW)
        await settling.settle(bea, waiting, 4, "s", "", NOW)
    assert await spendable(shop, "bea") == (5, 34, 0)
    await undo(shop, "ann")
    async with db.transaction(shop):
        with pytest.raises(NotFound):
            await holds.release(bea, held.id, None, NOW)
        with pytest.raises(NotFound):
            await settling.void(bea, waiting, None, "v", "", NOW)
        assert (await holds.release(ann, held.id, None, NOW)).points_captured == 30
        await settling.void(ann, waiting, None, "v", "", NOW)
    assert await spendable(shop, "ann") == (0, 54, 0)


async def test_what_stands_in_the_way(shop: UUID) -> None:
    await send(shop, joined("cyd", day(3)), merged("ann", "bea"))
    assert await send(shop, merged("ann", "bea")) == ["applied"], "it is so already"
    before = await everything(shop, "ann", "bea", "cyd")
    assert await send(shop, merged("ann", "cyd")) == ["customer_merge_refused"]
    assert await send(shop, merged("bea", "ann")) == ["customer_merge_refused"]
    with pytest.raises(merges.NotMerged):
        await undo(shop, "cyd")
    assert await everything(shop, "ann", "bea", "cyd") == before


async def test_merges_in_a_row_are_undone_from_the_last(shop: UUID) -> None:
    await bought(shop, "ann", "a1", 10)
    await bought(shop, "bea", "b1", 20)
    await send(shop, joined("cyd", day(3)))
    start = await everything(shop, "ann", "bea", "cyd")
    await send(shop, merged("ann", "bea"))
    between = await everything(shop, "ann", "bea", "cyd")
    await send(shop, merged("bea", "cyd"))
    assert await spendable(shop, "ann") == await spendable(shop, "cyd") == (0, 30, 0)
    with pytest.raises(MergeRefused):
        await undo(shop, "ann")
    await undo(shop, "bea")
    assert await everything(shop, "ann", "bea", "cyd") == between
    await undo(shop, "ann")
    assert await everything(shop, "ann", "bea", "cyd") == start


# ---------------------------------------------------------------- undoing, whatever happened

DEED = st.tuples(
    st.sampled_from(["earn", "earn", "pending", "redeem", "return", "expire"]),
    st.booleans(),
    st.sampled_from([5, 10, 30]),
    st.integers(0, 3),
)
TRUST = settings(
    deadline=None,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def _live(pair: Sequence[UUID], deeds: Sequence[tuple[str, bool, int, int]], name: str) -> None:
    """Points come and go; what the ledger refuses is left out."""
    earned: list[tuple[str, UUID]] = []
    for number, (deed, first, points, which) in enumerate(deeds):
        key, member = f"{name}{number}", pair[0 if first else 1]
        if deed in ("return", "expire") and not earned:
            continue
        parent, holder = earned[-1 - which % len(earned)] if earned else ("", member)
        commands: dict[str, AnyCommand] = {
            "earn": earn(key, member, points, day(20), expires_at=day(20 + 10 * which) if which else None),
            "pending": earn(key, member, points, day(20), pending=True),
            "redeem": redeem(key, member, points, day(21)),
            "return": clawback(key, holder, parent, points, "debt", day(22)),
            "expire": expire(key, holder, parent, day(35)),
        }
        command = commands[deed]
        try:
            async with db.savepoint():
                await post([command], command.effective_at)
        except DomainError:
            continue
        if deed in ("earn", "pending"):
            earned.append((key, member))


class Undone(Exception):
    """Raised to leave nothing behind."""


@TRUST
@given(deeds=st.lists(DEED, max_size=15))
async def test_merging_and_undoing_at_once_changes_nothing(
    shop: UUID, deeds: list[tuple[str, bool, int, int]]
) -> None:
    with pytest.raises(Undone):
        async with db.transaction(shop):
            pair = [await own("ann"), await own("bea")]
            await _live(pair, deeds, "k")
            await tiers.recalculate(pair, "earned", day(23))
            before = await everything(shop, "ann", "bea")
            assert await merges.merge("ann", "bea", day(23), day(23))
            await merges.undo("ann", day(23))
            assert await everything(shop, "ann", "bea") == before
            raise Undone


@TRUST
@given(before=st.lists(DEED, max_size=12), between=st.lists(DEED, max_size=12))
async def test_nothing_is_lost_or_doubled_by_undoing(
    shop: UUID, before: list[tuple[str, bool, int, int]], between: list[tuple[str, bool, int, int]]
) -> None:
    with pytest.raises(Undone):
        async with db.transaction(shop):
            pair = [await own("ann"), await own("bea")]
            await _live(pair, before, "k")
            await merges.merge("ann", "bea", day(23), day(23))
            await _live(pair, between, "m")
            joint = await balance(pair[1])
            await merges.undo("ann", day(23))
            found = await everything(shop, "ann", "bea")
            each = [await balance(member) for member in pair]
            assert sum(pending for pending, _, _ in each) == joint[0]
            assert sum(active - debt for _, active, debt in each) == joint[1] - joint[2]
            assert all(lot[0].startswith("k") for lot in found["ann"][1]), "only what came before goes back"
            raise Undone


async def test_points_that_come_while_members_are_merged_are_neither_lost_nor_doubled(shop: UUID) -> None:
    async with db.transaction(shop):
        pair = [await own("ann"), await own("bea")]

    async def give(number: int) -> None:
        try:
            async with db.transaction(shop):
                await one(earn(f"k{number}", pair[number % 2], 10, day(20)))
        except PostingRunning:  # merged, or not any more, while it waited
            await give(number)

    async def merge_and_undo() -> None:
        for _ in range(3):
            await send(shop, merged("ann", "bea"))
            await undo(shop, "ann")

    await asyncio.gather(merge_and_undo(), *(give(number) for number in range(40)))
    each = [await spendable(shop, name) for name in ("ann", "bea")]
    assert sum(active for _, active, _ in each) == 400


async def test_merges_and_orders_of_the_same_customers_wait_for_nobody_who_waits_for_them(shop: UUID) -> None:
    """A batch with a merge locks in the order of all batches: nothing here ends in a deadlock."""
    await send(shop, *(joined(f"{row}{n}", day(3)) for row in "az" for n in range(6)))

    async def batch(*events: Event) -> None:
        async with db.transaction(shop):
            results = await ingest(events, NOW)
        assert {each.status for each in results} == {"applied"}, results

    def orders(times: int, n: int) -> list[Event]:
        return [paid(f"{times}-{row}{n}", f"{row}{n}", 1_000, day(5)) for row in "az"]

    merging = [batch(paid(f"z{n}", f"z{n}", 1_000, day(5)), merged(f"a{n}", f"z{n}")) for n in range(6)]
    ordering = [batch(*orders(times, n)) for times in range(3) for n in range(6)]
    await asyncio.gather(*merging, *ordering)
    async with db.transaction(shop):
        assert await reading.check() == []
        assert len({await balance(await own(f"z{n}")) for n in range(6)}) == 1
