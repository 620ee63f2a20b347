"""The liability: what the ledger says month by month, closed for ever, checked against the ledger."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from core import db
from loyalty.ledger import post
from loyalty.liability import queries as sql
from loyalty.liability import rolling, service
from loyalty.liability.rules import SCALE
from loyalty.liability.service import MonthNotNext, MonthNotOver, close, report
from tests.conftest import new_merchant
from tests.factories.points import clawback, earn, expire, one, redeem, reverse, settle
from tests.factories.shop import new_members, programme

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def at(month: int, day: int = 15, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
async def story(merchant: UUID) -> UUID:
    """Two members, three months: earned, settled, spent, cancelled, expired, taken back, owed."""
    async with db.transaction(merchant):
        await programme(point_cost_micros=10_000)
        ada, ben = await new_members(2, at(1, 1))
        await one(earn("a1", ada, 1000, at(1), expires_at=at(3, 10)))
        await one(earn("a2", ada, 500, at(1), pending=True))
        await one(earn("b1", ben, 300, at(1, 20)))
        await one(redeem("r1", ada, 400, at(2)))
        await one(settle("s1", ada, "a2", at=at(2)))
        await one(redeem("r2", ben, 300, at(2, 20)))
        await one(clawback("c1", ben, "b1", 100, at=at(2, 25)))
        await one(expire("x1", ada, "a1", at(3, 10)))
        await one(earn("a3", ada, 200, at(3, 20)))
        await one(earn("b2", ben, 40, at(3, 21)))
        await one(redeem("r3", ada, 50, at(3, 22)))
        await one(reverse("v1", ada, "r3", at(3, 23)))
    return merchant


async def test_months_add_up_to_the_ledger(story: UUID) -> None:
    async with db.transaction(story):
        found = await report(at(3, 31))
        assert [month.month for month in found.months] == [MARCH, FEBRUARY, JANUARY]
        march, february, january = found.months
        assert (january.points_opening, january.points_closing) == (0, 1800)
        assert january.changes == {"issued": 1800}
        # 400 of Ada and 300 of Ben were spent, and Ben's return of 100 points is owed.
        assert february.changes == {"redeemed": -700, "clawed_back": -100}
        assert february.points_closing == 1000
        assert march.changes == {"issued": 240, "expired": -600}
        held = await db.fetchval(
            "SELECT sum(points_pending + points_active + points_held - points_debt)::bigint"
            " FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'"
        )
        assert march.points_closing == held == 640


async def test_cohorts_carry_what_was_earned_when(story: UUID) -> None:
    async with db.transaction(story):
        march = (await report(at(3, 31))).months[0]
    by_cohort = {each.cohort: each for each in march.cohorts}
    assert set(by_cohort) == {None, JANUARY, MARCH}
    assert by_cohort[JANUARY].points_outstanding == 500
    assert (by_cohort[JANUARY].points_redeemed, by_cohort[JANUARY].points_lapsed) == (700, 600)
    assert by_cohort[MARCH].points_outstanding == 200, "40 of Ben's paid what he owed"
    assert by_cohort[None].points_outstanding == -60
    assert by_cohort[None].liability_micros == 0
    # Of January's 1,800 points 700 were redeemed a month later, then 600 of 1,100 expired.
    assert by_cohort[MARCH].expected_share == pytest.approx((7 / 18 + 11 / 18 * 5 / 11) * SCALE, rel=1e-6)


async def test_a_closed_month_stays_as_it_was(story: UUID) -> None:
    async with db.transaction(story):
        january = await close(JANUARY, None, at(4))
        await close(FEBRUARY, None, at(4))
        before = await report(at(4))
        [ada, *_] = await db.fetch("SELECT id FROM members ORDER BY id")
        # A redemption of January that is learnt in April.
        await post([redeem("late", ada["id"], 10, at(1, 20))], at(4, 1, 13))
        after = await report(at(4, 2))
        assert [m.liability_micros for m in after.months[-2:]] == [
            m.liability_micros for m in before.months[-2:]
        ]
        assert after.months[-1] == before.months[-1]
        assert january == before.months[-1]
        april = next(month for month in after.months if month.month == date(2026, 4, 1))
        assert april.changes == {"redeemed": -10}
        assert await service.check() == []
        closed = {each.month: each for each in after.closed}
        assert closed[JANUARY].points_outstanding == 1800
        assert closed[FEBRUARY].liability_micros == before.months[-2].liability_micros


async def test_the_report_is_the_same_whether_months_are_closed_or_not(story: UUID) -> None:
    async with db.transaction(story):
        before = await report(at(4))
        for month in (JANUARY, FEBRUARY, MARCH):
            await close(month, None, at(4))
        assert (await report(at(4))).months == before.months
        assert (await report(at(4))).next_to_close is None


async def test_months_close_in_order_once_and_when_they_are_over(story: UUID) -> None:
    async with db.transaction(story):
        with pytest.raises(MonthNotNext):
            await close(FEBRUARY, None, at(4))
        with pytest.raises(MonthNotOver):
            await close(JANUARY, None, datetime(2026, 2, 1, 0, 9, 59, tzinfo=UTC))
        await close(JANUARY, None, datetime(2026, 2, 1, 0, 10, tzinfo=UTC))
        with pytest.raises(MonthNotNext):
            await close(JANUARY, None, at(4))
        assert [each.month for each in (await report(at(4))).closed] == [JANUARY]


async def test_two_who_close_at_once_close_once(story: UUID) -> None:
    async def attempt() -> bool:
        try:
            async with db.transaction(story):
                await close(JANUARY, None, at(4))
        except MonthNotNext:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(5)))) == 1
    async with db.transaction(story):
        assert await service.check() == []


async def test_the_month_ends_at_the_merchants_midnight() -> None:
    merchant = await new_merchant("Asia/Shanghai")
    async with db.transaction(merchant):
        await programme()
        [ada] = await new_members(1, at(1, 1))
        await post([earn("a", ada, 1, at(1))], datetime(2026, 1, 31, 15, 59, 59, 999999, tzinfo=UTC))
        await post([earn("b", ada, 2, at(1))], datetime(2026, 1, 31, 16, 0, tzinfo=UTC))
        february, january = (await report(at(2))).months
        assert (january.points_closing, february.changes) == (1, {"issued": 2})


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "America/New_York", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize("rolled", [False, True], ids=["fresh", "rolled"])
async def test_months_that_were_closed_before_the_shop_moved_stay(zone: str, rolled: bool) -> None:
    """And those after neither count anything twice nor lose it, whichever way the clock went."""
    merchant = await new_merchant("Asia/Shanghai")
    hours = range(-30, 31, 2)
    async with db.transaction(merchant):
        await programme(point_cost_micros=10_000)
        [ada] = await new_members(1, at(1, 1))
        for hour in hours:  # around the midnight at which January ends in Shanghai
            moment = datetime(2026, 1, 31, 16, tzinfo=UTC) + timedelta(hours=hour)
            await post([earn(f"e{hour}", ada, 10, moment), redeem(f"r{hour}", ada, 3, moment)], moment)
        if rolled:
            await rolling.roll(at(2, 2))
        january = await close(JANUARY, None, datetime(2026, 1, 31, 16, 10, tzinfo=UTC))
        assert january.points_closing == 7 * 15
        before = await report(at(2, 3))
        await db.execute("UPDATE merchants SET time_zone = $1", zone)
        for moment in (datetime(2026, 1, 31, 17, tzinfo=UTC), at(2, 3)):
            found = await report(moment)
            assert found.months[-1] == before.months[-1]
            assert found.months[0].month == FEBRUARY and found.next_to_close is None
            assert await service.running(moment) == found.months[0], "the overview says the same"
            assert len(found.months) == 2
        assert found.months[0] == before.months[0], "all that came after was February's"
        if rolled:
            await rolling.roll(at(2, 4))
            assert (await report(at(2, 4))).months == before.months
        assert await service.check() == []
        await post([redeem("late", ada, 100, at(2, 20))], at(2, 20))
        february = await close(FEBRUARY, None, at(3, 3))
        assert february.points_opening == january.points_closing
        assert february.changes == {"issued": 160, "redeemed": -148}
        assert sum(each.points_outstanding for each in february.cohorts) == 117
        assert all(each.points_outstanding >= 0 for each in february.cohorts)
        assert await service.check() == []
        await db.execute("UPDATE merchants SET time_zone = 'Asia/Shanghai'")  # and back
        after = await report(at(3, 3))
        assert after.months[1:] == (february, january)
        assert after.months[0].points_closing == 117
        assert await service.check() == []


async def test_a_tampered_month_is_found(story: UUID) -> None:
    async with db.transaction(story):
        await close(JANUARY, None, at(4))
        await close(FEBRUARY, None, at(4))
    for statement in (
        "UPDATE liability_months SET points_outstanding = 1",
        "DELETE FROM liability_movements",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction(story):
                await db.execute(statement)
    async with db.transaction(story):
        assert await service.check() == []
        assert await db.fetchval(sql.OUTSTANDING, "points", datetime(2026, 2, 1, tzinfo=UTC)) == 1800
