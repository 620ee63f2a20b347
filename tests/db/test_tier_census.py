"""What is looked up while a slider moves is what is counted when somebody publishes."""

import random
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core import db
from loyalty.intake.service import ingest
from loyalty.ledger import post
from loyalty.programme import service as programmes
from loyalty.tiers import census, overrides
from loyalty.tiers import service as tiers
from loyalty.tiers.outlook import Cell, Year, outlook
from loyalty.tiers.overrides import By
from loyalty.tiers.rules import Benefit, RollingDays, TierSet
from tests.db import test_tiers_model as model
from tests.factories.events import joined, paid
from tests.factories.points import earn
from tests.factories.shop import day, ladder, new_member, new_members, programme, store

FREE_FALL = model.SETS.filter(model._sound).filter(lambda each: each.downgrade == "free_fall")
LADDERS = st.lists(st.integers(1, 60), min_size=3, max_size=3, unique=True).map(sorted)
ZONES = st.sampled_from(model.ZONES)
NOW = day(30)


@settings(model.TRUST, max_examples=40)
@given(
    FREE_FALL, st.sampled_from(model.ZONES), st.lists(LADDERS, min_size=1, max_size=3), st.integers(0, 999)
)
async def test_looking_up_is_counting(
    merchant: UUID, tier_set: TierSet, zone: str, wanted: list[list[int]], seed: int
) -> None:
    with suppress(model.Undone):
        async with db.transaction(merchant):
            await _compare(tier_set, zone, wanted, seed)
            raise model.Undone


async def _compare(tier_set: TierSet, zone: str, wanted: list[list[int]], seed: int) -> None:
    chance = random.Random(seed)
    await db.execute("UPDATE merchants SET time_zone = $1", zone)
    await programme(sets=[tier_set])
    members = await new_members(8, model._moment(chance, zone))
    for member in members:
        await post(model._history(chance, member, zone)[0], model.TO)
    at = model._moment(chance, zone)
    await tiers.recalculate(None, "window", at)
    by = By(key_id=UUID(int=1))
    await overrides.put(members[0], tier_set.code, "t2", at + timedelta(days=900), "x", by, at)
    counted = []
    for thresholds in wanted:
        draft = msgspec.structs.replace(tier_set, tiers=tuple(ladder(0, *thresholds)))
        looked_up, exact = await census.quick(draft, at), await tiers.preview(draft, at)
        assert looked_up.cells == exact.cells, (thresholds, at)
        assert (looked_up.year, looked_up.as_of) == (exact.year, at)
        assert [(e.from_code, e.to_code, e.value) for e in looked_up.examples] == [
            (e.from_code, e.to_code, e.value) for e in exact.examples
        ]
        counted.append(await db.fetchval("SELECT count(*) FROM tier_censuses"))
    assert set(counted) == {1}  # thresholds alone need no second one


async def test_a_census_is_of_its_terms_and_of_ten_minutes(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        [member] = await new_members(1)
        live = (await programmes.live()).primary
        draft = msgspec.structs.replace(live, tiers=tuple(ladder(0, 50, 60)))
        assert (await census.quick(draft, NOW)).moving == 0
        await post([earn("a", member, 55, day(1), wallet="qualifying")], NOW)
        soon = NOW + census.LASTS
        assert (await census.quick(draft, soon)).as_of == NOW
        later = await census.quick(draft, soon + timedelta(seconds=1))
        assert (later.moving, later.as_of) == (1, soon + timedelta(seconds=1))
        shorter = msgspec.structs.replace(draft, window=RollingDays(3))
        assert (await census.quick(shorter, later.as_of)).moving == 0
        exact = await tiers.preview(draft, later.as_of)
        await tiers.publish(draft, exact.fingerprint, exact.as_of, None, exact.as_of)
        assert (await census.quick(draft, later.as_of)).moving == 0


async def test_soft_landing_is_counted_each_time(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        live = (await programmes.live()).primary
        soft = msgspec.structs.replace(live, window=model.Calendar("year"), requalification="period_end")
        soft = msgspec.structs.replace(soft, downgrade="one_step")
        found = await census.quick(soft, NOW)
        assert found.fingerprint and await db.fetchval("SELECT count(*) FROM tier_censuses") == 0


async def test_a_year_is_what_members_earned_and_spent(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        orders = [paid("o1", "ann", 10_000, day(1)), paid("o2", "ann", 5_000, day(2))]
        await ingest([joined("ann", day(0)), *orders], day(3))
        await new_member()
        live = (await programmes.live()).primary
        found = await tiers.preview(live, NOW)
    assert found.year.points_earned == found.year.points_outstanding > 0
    assert sum(cell.spend_minor for cell in found.cells) == 15_000
    [multiplier] = {tier.multiplier_percent for tier in live.tiers[:1]}
    assert sum(cell.points for cell in found.cells) == found.year.points_earned * 100 // multiplier


def test_an_outlook_is_money() -> None:
    before = TierSet(code="main", name={}, tiers=tuple(ladder(0, 100)))
    low, high = before.tiers
    gift = (Benefit(code="birthday_gift", kind="birthday_gift", value=20),)
    high = msgspec.structs.replace(high, multiplier_percent=150, benefits=gift)
    low = msgspec.structs.replace(low, multiplier_percent=100)
    before = msgspec.structs.replace(before, tiers=(low, high))
    cells = [Cell("t0", "t1", 2, 1_000, 70), Cell("t1", "t0", 1, 400, 9_000), Cell("t0", "t0", 5, 9, 9)]
    found = outlook(before, before, cells, Year(5_000, 10_000), 10_000, multiplies=True)
    # Two rise: half as many points again, and a gift each; one falls and loses both.
    assert found.points_more == 500 + 40 - 200 - 20
    assert (found.up, found.down, found.members) == (2, 1, 8)
    assert found.cost_micros == 320 * 10_000
    assert found.liability_micros == 160 * 10_000
    assert found.at_risk_minor == 9_000
    assert outlook(before, before, cells, Year(), 10_000, multiplies=False).points_more == 20
    assert outlook(before, before, [], Year(), 10_000, multiplies=True).cost_micros == 0
