"""Pending points settle by date, delay or event: exactly once, whatever was heard of when."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from loyalty.intake.events import DATA, RECORDED, Event
from loyalty.intake.service import ingest
from loyalty.ledger import reading as ledger
from loyalty.settling.service import settle_due
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import HAPPENS, AfterPayment, AtOnce, OnDelivery, OnEvent, Settling
from loyalty.wallets.service import Rules, SettlingEventUnknown
from tests.conftest import new_merchant
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance, clawback, earn, one, settle
from tests.factories.shop import START, day, new_member, programme, store

LONG_AFTER = day(400)


def cancelled(order: str, at: datetime, event_id: str | None = None) -> Event:
    return event("order.cancelled", at, event_id, order_id=order)


async def open_shop(merchant: UUID, settling: Settling) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        await wallets.change("points", Rules(settling=settling), START)


async def send(merchant: UUID, now: datetime, *events: Event) -> None:
    async with db.transaction(merchant):
        assert {result.status for result in await ingest(events, now)} <= {"applied", "duplicate"}


async def sweep(merchant: UUID, now: datetime) -> int:
    async with db.transaction(merchant):
        return await settle_due(now)


async def points_of(merchant: UUID, customer: str = "anna") -> tuple[int, int, int]:
    async with db.transaction(merchant):
        member = await db.fetchval(
            "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1",
            customer,
        )
        assert await ledger.check() == []
        return await balance(member)


async def settled_at(merchant: UUID) -> list[datetime]:
    async with db.transaction(merchant):
        rows = await db.fetch("SELECT effective_at FROM ledger_journal WHERE verb = 'settle'")
    return [row["effective_at"] for row in rows]


@pytest.mark.parametrize(
    ("settling", "due"), [(OnDelivery(14), day(17)), (AfterPayment(30), day(31)), (OnDelivery(), day(3))]
)
async def test_points_settle_when_their_time_has_come(
    merchant: UUID, settling: Settling, due: datetime
) -> None:
    await open_shop(merchant, settling)
    await send(merchant, day(1), joined("anna", day(0)), paid("o1", "anna", 1_000, day(1)))
    await send(merchant, day(3) - timedelta(seconds=1), delivered("o1", day(3)))
    await sweep(merchant, due - timedelta(seconds=1))
    assert await points_of(merchant) == (10, 0, 0)
    await sweep(merchant, due)
    assert await sweep(merchant, due) == 0
    assert await points_of(merchant) == (0, 10, 0)
    assert due in await settled_at(merchant)


FACTS = (
    joined("anna", day(0), "joined"),
    paid("o1", "anna", 10_000, day(1), "paid"),
    delivered("o1", day(3), "delivered"),
    refunded("o1", "r1", 4_000, day(5), "refunded"),
)
CANCELLED = (*FACTS[:3], cancelled("o1", day(4), "cancelled"), FACTS[3])


@settings(
    deadline=None, max_examples=40, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    facts=st.sampled_from([FACTS, CANCELLED]).flatmap(st.permutations),
    heard=st.lists(st.sampled_from([day(6), day(18), day(365)]), min_size=5, max_size=5).map(sorted),
    settling=st.sampled_from([OnDelivery(), OnDelivery(14), AfterPayment(10), AtOnce()]),
)
async def test_in_any_order_and_a_year_late_it_ends_the_same(
    database: object, facts: Sequence[Event], heard: list[datetime], settling: Settling
) -> None:
    merchant = await new_merchant()
    await open_shop(merchant, settling)
    for fact, now in zip(facts, heard, strict=False):
        await send(merchant, now, fact)
        await sweep(merchant, now)
    await sweep(merchant, LONG_AFTER)
    kept = 0 if len(facts) == len(CANCELLED) else 60
    assert await points_of(merchant) == (0, kept, 0)
    assert await sweep(merchant, LONG_AFTER) == 0


@pytest.mark.parametrize("kind", ["order.fulfilled", "custom.return_window.over", "order.delivered"])
async def test_an_event_that_a_wallet_waits_for_may_come_first(merchant: UUID, kind: str) -> None:
    await open_shop(merchant, OnEvent(kind))

    async def approved(order: str, at: datetime) -> None:
        async with db.transaction(merchant):
            told = [event(kind, at, order_id=order), event("custom.other", at, order_id=order)]
            assert {each.status for each in await ingest(told, at)} <= {"applied", "recorded"}
            odd = [event("custom.other", at, order_id=odd) for odd in (7, "", "x" * 201, None)]
            assert {each.status for each in await ingest(odd, at)} == {"recorded"}

    await approved("o1", day(2))
    await send(merchant, day(3), joined("anna", day(0)))
    await send(merchant, day(3), paid("o1", "anna", 1_000, day(1)), paid("o2", "anna", 500, day(1)))
    assert await points_of(merchant) == (5, 10, 0)
    await approved("o2", day(9))
    await approved("o2", day(8))
    assert await points_of(merchant) == (0, 15, 0)
    # Points that were made under a rule wait for its event whatever the wallet's rules say by now.
    await send(merchant, day(10), paid("o3", "anna", 700, day(10)))
    async with db.transaction(merchant):
        await wallets.change("points", Rules(settling=AtOnce()), day(11))
    await approved("o3", day(12))
    assert await points_of(merchant) == (0, 22, 0)


def test_what_a_wallet_can_wait_for_is_told_by_shops() -> None:
    assert RECORDED | set(DATA) >= HAPPENS


@pytest.mark.parametrize("kind", ["review.approved", "customer.created", "stock.changed", "order.shipped"])
async def test_a_wallet_waits_for_nothing_that_nobody_tells(merchant: UUID, kind: str) -> None:
    async with db.transaction(merchant):
        await programme()
        with pytest.raises(SettlingEventUnknown):
            await wallets.change("points", Rules(settling=OnEvent(kind)), START)
        with pytest.raises(SettlingEventUnknown):
            await wallets.create("more", {"en": "More"}, Rules(settling=OnEvent(kind)), START)


async def test_a_cancelled_order_gives_back_what_was_spent_by_the_debt_policy(merchant: UUID) -> None:
    await open_shop(merchant, OnDelivery())
    await send(merchant, day(2), joined("anna", day(0)), paid("o1", "anna", 1_000, day(1)))
    await send(
        merchant, day(4), delivered("o1", day(2)), paid("o2", "anna", 700, day(3)), cancelled("o2", day(4))
    )
    assert await points_of(merchant) == (0, 10, 0)
    await send(merchant, day(5), cancelled("o1", day(5)), cancelled("o1", day(6)))
    assert await points_of(merchant) == (0, 0, 0)


async def test_parts_settle_and_fall_away_once_and_never_together_more_than_there_was(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        await one(earn("e", member, 10, pending=True, settles_at=day(5)))
        for _ in range(2):
            assert (await one(settle("s", member, "e", 4, day(1)))).points == 4
            assert (await one(clawback("v", member, "e", 3, at=day(2)))).points == 3
        assert await balance(member) == (3, 4, 0)
        assert await settle_due(day(4)) == 0
        assert await settle_due(day(5)) == 1
        assert await settle_due(day(6)) == 0
        assert await balance(member) == (0, 7, 0)


async def test_sweeps_side_by_side_settle_each_lot_once(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        members = [await new_member() for _ in range(10)]
        for member in members:
            for n in range(6):
                await one(earn(f"e{member}{n}", member, 10, pending=True, settles_at=day(n)))
    await asyncio.gather(*(sweep(merchant, day(3)) for _ in range(8)))
    async with db.transaction(merchant):
        assert {await balance(member) for member in members} == {(20, 40, 0)}
        assert await db.fetchval("SELECT count(*) FROM ledger_journal WHERE verb = 'settle'") == 40
        assert await ledger.check() == []
