"""Figures: days that are added up equal a recount, whenever that was done; each figure has its rows."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.ids import new_id
from loyalty.figures import rules, service
from loyalty.figures.rules import FLOWS
from loyalty.intake.service import ingest
from loyalty.ledger import post
from loyalty.liability import queries, rolling
from loyalty.liability import service as liability
from loyalty.members import merge as merges
from loyalty.members import service as members
from tests.conftest import new_merchant
from tests.factories.events import joined, paid
from tests.factories.points import clawback, earn, expire, one, redeem, reverse, settle
from tests.factories.shop import new_members, programme, store

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


def at(month: int, day: int = 15, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


async def story(merchant: UUID) -> None:
    """Three months: earned, settled, spent, expired, taken back, owed; on the edges of days, too."""
    async with db.transaction(merchant):
        await programme(point_cost_micros=10_000)
        ada, ben = await new_members(2, at(1, 1))
        await one(earn("a1", ada, 1000, at(1), expires_at=at(3, 10)))
        await one(earn("a2", ada, 500, at(1, 31, 23), pending=True))
        await one(earn("b1", ben, 300, at(1, 31, 23)))
        await one(redeem("r1", ada, 400, at(2, 1, 0)))
        await one(settle("s1", ada, "a2", at=at(2)))
        await one(redeem("r2", ben, 300, at(2, 20)))
        await one(clawback("c1", ben, "b1", 100, at=at(2, 25)))
        await one(expire("x1", ada, "a1", at(3, 10)))
        await one(earn("b2", ben, 40, at(3, 21)))
        await one(redeem("r3", ada, 50, at(3, 22)))
        await one(reverse("v1", ada, "r3", at(3, 23)))


@pytest.fixture(scope="module", params=["UTC", "Asia/Shanghai", "America/New_York"])
async def shop(database: object, request: pytest.FixtureRequest) -> UUID:
    merchant = await new_merchant(request.param)
    await story(merchant)
    return merchant


FIRST, LAST = date(2025, 12, 1), date(2026, 6, 1)


async def found() -> Counter[tuple[date, str]]:
    """What happened, by day and kind."""
    counted: Counter[tuple[date, str]] = Counter()
    for each in await rolling.happened(FIRST, LAST):
        counted[each.happened, each.kind] += each.points
    return counted


async def recount() -> Counter[tuple[date, str]]:
    """The same from the ledger alone."""
    zone = await db.fetchval("SELECT time_zone FROM merchants")
    counted: Counter[tuple[date, str]] = Counter()
    for row in await db.fetch(queries.DAYS, "points", zone, None, rolling.EVER, *await rolling.calendar()):
        if FIRST <= row["happened"] < LAST:
            counted[row["happened"], row["kind"]] += row["points"]
    return counted


@given(
    whens=st.lists(
        st.integers(0, 95 * 24 * 2).map(lambda half: at(1, 1, 0) + timedelta(minutes=30 * half)), max_size=4
    ).map(sorted),
)
@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
async def test_whenever_days_are_added_up_they_equal_a_recount(shop: UUID, whens: list[datetime]) -> None:
    async with db.transaction(shop):
        await db.execute(queries.FORGET, "points")
        await db.execute("UPDATE liability_rolls SET time_zone = 'forgotten'")
        for when in whens:
            await rolling.roll(when)
        assert await found() == await recount() != Counter()


async def test_a_second_time_adds_nothing_and_a_new_time_zone_starts_again(shop: UUID) -> None:
    async with db.transaction(shop):
        await rolling.roll(at(4, 10))
        assert not await rolling.roll(at(4, 10))
        kept = await db.fetchval("SELECT count(*) FROM liability_days")
        assert kept > 0
    other = "Pacific/Kiritimati"
    async with db.transaction(shop):
        zone = await db.fetchval("SELECT time_zone FROM merchants")
        await db.execute("UPDATE liability_rolls SET time_zone = $1", other)  # as if it had been another
        assert await found() == await recount()
        assert await rolling.roll(at(4, 10))
        assert await db.fetchval("SELECT time_zone FROM liability_rolls") == zone
        assert await found() == await recount()


async def test_a_day_grows_while_it_lasts(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        [ada] = await new_members(1, at(1, 1))
        for hour, points in ((9, 70), (12, 30)):
            await post([earn(f"at {hour}", ada, points, at(3, 20, hour))], at(3, 20, hour))
            assert await rolling.roll(at(3, 20, hour + 1))
            assert await found() == await recount()
        assert await db.fetchval("SELECT max(points) FROM liability_days") == 100


async def test_the_liability_is_the_same_with_and_without_kept_days(merchant: UUID) -> None:
    await story(merchant)
    async with db.transaction(merchant):
        before = await liability.report(at(3, 31))
        await rolling.roll(at(3, 31))
        assert await liability.report(at(3, 31)) == before
        await liability.close(JANUARY, None, at(3, 31))
        after = await liability.report(at(3, 31))
        assert after.months == before.months
        assert await liability.running(at(3, 31)) == after.months[0]
        assert await liability.check() == []


async def test_each_figure_of_points_is_the_sum_of_its_rows(shop: UUID) -> None:
    async with db.transaction(shop):
        over = await service.stretch(MARCH, 3)
        assert over.months == [JANUARY, date(2026, 2, 1), MARCH]
        months = await service.points(over)
        assert sum(each.earned for each in months.values()) == 1840
        assert sum(each.redeemed for each in months.values()) == 700
        for month, points in months.items():
            alone = await service.stretch(month, 1)
            for flow in FLOWS[:4]:
                rows = await service.postings(alone, flow, None, 100)
                assert sum(each.points for each in rows) == getattr(points, flow), (month, flow)
        for since, until in (
            (at(1, 20), at(3, 1)),
            (at(2, 3), at(4, 9)),
            (at(1, 1) - timedelta(days=60), at(1, 2)),
        ):
            asked = (since.date(), until.date())
            assert await service.lately(over, *asked) == (await service.points_of(*asked), months)
        first = await service.postings(over, "earned", None, 1)
        rest = await service.postings(over, "earned", first[0].id, 100)
        assert len(rest) + 1 == len(await service.postings(over, "earned", None, 100))


async def test_what_is_told_late_counts_when_it_happened(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        [ada] = await new_members(1, at(1, 1))
        await post([earn("old", ada, 70, at(1, 20))], at(3, 20))
        over = await service.stretch(MARCH, 3)
        for _ in range(2):
            assert {month: each.earned for month, each in (await service.points(over)).items()} == {
                JANUARY: 70, date(2026, 2, 1): 0, MARCH: 0,
            }  # fmt: skip
            assert len(await service.postings(await service.stretch(JANUARY, 1), "earned", None, 9)) == 1
            await rolling.roll(at(4, 1))


async def test_moves_between_tiers_and_who_made_them(merchant: UUID) -> None:
    async with db.transaction(merchant):
        version = await programme()
        ann, bob, cat = await new_members(3, at(1, 5))
        steps = (
            (ann, "t0", "t1", at(2, 3)), (ann, "t1", "t2", at(3, 3)),
            (bob, "t0", "t1", at(2, 3)), (bob, "t1", "t0", at(3, 3)),
            (cat, "t0", "t1", at(3, 31)),
        )  # fmt: skip
        for member, old, new, when in steps:
            await db.execute(
                "INSERT INTO tier_changes (merchant_id, member_id, version_id, set_code, from_code, to_code,"
                " value, reason, changed_at) VALUES ($1, $2, $3, 'main', $4, $5, 0, 'earned', $6)",
                *(merchant, member, version.id, old, new, when),
            )
        over = await service.stretch(MARCH, 2)
        found = {(each.from_code, each.to_code): each.members for each in await service.moves(over)}
        assert found == {("t0", "t2"): 1, ("t0", "t1"): 1}, "Bob came back to where he was"
        assert [each.id for each in await service.movers(over, "t0", "t2", None, 9)] == [ann]
        joined = {each.from_code: each for each in await service.moves(await service.stretch(JANUARY, 1))}
        assert joined[None].members == 3
        assert len(await service.movers(await service.stretch(JANUARY, 1), None, "t0", None, 9)) == 3


async def test_who_comes_back(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        shop = await store()
        january = await new_members(3, at(1, 5))
        [february] = await new_members(1, at(2, 5))
        bought = ((january[0], 1), (january[0], 1), (january[0], 3), (january[1], 3), (february, 3))
        for member, month in bought:
            await db.execute(
                "INSERT INTO orders (merchant_id, external_id, store_id, customer_id, currency, amount_minor,"
                " paid_at, created_at) SELECT $1, $2, $3, customer_id, 'USD', 100, $4, $4 FROM members"
                " WHERE id = $5",
                *(merchant, new_id().hex, shop, at(month), member),
            )
        over = await service.stretch(MARCH, 3)
        one_, two = await service.retention(over)
        assert (one_.month, one_.size, one_.bought) == (JANUARY, 3, {JANUARY: 1, MARCH: 2})
        assert (two.size, two.bought) == (1, {MARCH: 1})
        rows = await service.buyers(
            await service.stretch(JANUARY, 1), await service.stretch(MARCH, 1), None, 9
        )
        assert [each.id for each in rows] == sorted(january[:2])


async def test_who_was_merged_comes_back_as_who_stands_for_them(merchant: UUID) -> None:
    async with db.transaction(merchant):
        version = await programme()
        await store()
        await ingest([joined("ann", at(1, 5)), joined("bea", at(2, 5)), joined("cat", at(2, 6))], at(2, 6))
        for month, who in ((1, "ann"), (2, "bea"), (3, "ann")):
            await ingest([paid(f"o{month}", who, 1000, at(month))], at(month))
        ann, bea = [(await members.find(who)).id for who in ("ann", "bea")]
        over = await service.stretch(MARCH, 3)
        separate = await service.retention(over)
        assert [(each.size, each.bought) for each in separate] == [
            (1, {JANUARY: 1, MARCH: 1}), (2, {date(2026, 2, 1): 1}),
        ]  # fmt: skip
        await db.execute(
            "INSERT INTO tier_changes (merchant_id, member_id, version_id, set_code, from_code, to_code,"
            " value, reason, changed_at) VALUES ($1, $2, $3, 'main', 't0', 't1', 0, 'earned', $4)",
            *(merchant, ann, version.id, at(2, 20)),
        )
        await merges.merge("ann", "bea", at(3, 20), at(3, 20))
        together = await service.retention(over)
        assert [(each.month, each.size, each.bought) for each in together] == [
            (JANUARY, 1, {JANUARY: 1, date(2026, 2, 1): 1, MARCH: 1}), (date(2026, 2, 1), 1, {}),
        ]  # fmt: skip
        buyers = [
            await service.buyers(await service.stretch(JANUARY, 1), await service.stretch(month, 1), None, 9)
            for month in (JANUARY, date(2026, 2, 1), MARCH)
        ]
        assert [[each.id for each in found] for found in buyers] == [[bea]] * 3, "as the figure counts them"
        for move in await service.moves(over):
            rows = await service.movers(over, move.from_code, move.to_code, None, 9)
            assert len(rows) == move.members and ann not in [each.id for each in rows]
        await merges.undo("ann", at(3, 21))
        assert await service.retention(over) == separate


def test_rates() -> None:
    found = rules.added_up([("issued", 200), ("redeemed", -50), ("clawed_back", -20), ("transfer", 7)])
    assert (found.earned, found.redeemed, found.taken_back, found.other) == (200, 50, 20, 7)
    assert found.redemption_rate == 0.25
    assert rules.added_up([]).redemption_rate is None
