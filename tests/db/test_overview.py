"""What members have, many at once: the same as one by one, whatever counts, under the terms of the moment."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from core import clock, db
from loyalty.intake.service import ingest
from loyalty.members import service as members
from loyalty.members.overview import Overview, overviews
from loyalty.tiers import service as tiers
from loyalty.tiers import standing
from loyalty.tiers.rules import (
    Anniversary,
    Calendar,
    Events,
    Lifetime,
    Metric,
    Orders,
    Points,
    RollingDays,
    RollingMonths,
    Spend,
    TierSet,
    Window,
)
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.shop import ladder, programme, store

METRICS = (Points("points"), Spend("USD"), Orders(), Events("custom.workshop"))
WINDOWS = (RollingDays(30), RollingMonths(1), Calendar("year"), Anniversary(), Lifetime())
CUSTOMERS = ("ada", "bob", "eve")


def test_all_there_is_stands_here() -> None:
    assert {type(each) for each in METRICS} == set(get_args(Metric))
    assert {type(each) for each in WINDOWS} == set(get_args(Window))


@pytest.mark.parametrize(
    ("metric", "window"),
    [*((METRICS[0], window) for window in WINDOWS), *((metric, Lifetime()) for metric in METRICS[1:])],
    ids=lambda each: type(each).__name__,
)
async def test_places_of_many_are_those_of_each(merchant: UUID, metric: Metric, window: Window) -> None:
    async with db.transaction(merchant):
        await _busy(
            TierSet(code="main", name={}, tiers=tuple(ladder(0, 2, 20_000)), metric=metric, window=window)
        )
        now = clock.now()
        found = await overviews([*CUSTOMERS, "nobody"], now)
        assert set(found) == set(CUSTOMERS)
        for customer in CUSTOMERS:
            member = await members.find(customer)
            assert found[customer].place == await standing.primary(member.id, now)
        assert found["ada"].place.value > 0


async def test_what_was_published_a_moment_ago_counts(merchant: UUID) -> None:
    before = TierSet(code="main", name={}, tiers=tuple(ladder(0, 20)), metric=Points("points"))
    async with db.transaction(merchant):
        await _busy(before)
        assert (await _ada()).place.tier_set == before
    after = TierSet(code="main", name={}, tiers=tuple(ladder(0, 30)), metric=Spend("USD"), window=Lifetime())
    now = clock.now()
    async with db.transaction(merchant):
        seen = await tiers.preview(after, now)
        await tiers.publish(seen.tier_set, seen.fingerprint, seen.as_of, None, now)
        assert (await _ada()).place.tier_set == after
    async with db.transaction(merchant):
        assert (await _ada()).place.value == 23_000


async def test_the_days_are_those_of_the_merchants_zone_of_now(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await _busy(TierSet(code="main", name={}, tiers=tuple(ladder(0, 20)), metric=Points("points")))
        before = await _ada()
        await db.execute("UPDATE merchants SET time_zone = 'Pacific/Kiritimati'")
        assert (await _ada()).place.counts_from != before.place.counts_from


async def _busy(tier_set: TierSet) -> None:
    """Two customers who bought and did things, and one who did nothing."""
    now = clock.now()
    await store()
    await programme(sets=[tier_set])
    await ingest(
        [
            *(joined(customer, now - timedelta(days=400)) for customer in CUSTOMERS),
            paid("o1", "ada", 8_000, now - timedelta(days=390)),
            paid("o2", "ada", 9_000, now - timedelta(days=20)),
            paid("o3", "ada", 7_000, now - timedelta(days=2)),
            paid("o4", "bob", 5_000, now - timedelta(days=2)),
            *(delivered(order, now - timedelta(days=2)) for order in ("o1", "o2", "o3", "o4")),
            refunded("o3", "r1", 1_000, now - timedelta(days=1)),
            event("custom.workshop", now - timedelta(days=3), customer_id="ada"),
            event("custom.workshop", now - timedelta(days=380), customer_id="bob"),
        ],
        now,
    )


async def _ada() -> Overview:
    return (await overviews(["ada"], clock.now()))["ada"]
