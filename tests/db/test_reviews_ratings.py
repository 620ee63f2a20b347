"""Counts of ratings equal a recount at any moment, and hold nobody up."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db, tenancy
from core.embedded import Services
from reviews.intake import remove
from reviews.ratings import rules, service
from reviews.ratings.rules import Rating
from reviews.ratings.tasks import of_merchant
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, customer, rows, take_in, value
from tests.fixtures.reviews.shop import moved as review

MODERATE = "UPDATE reviews SET moderation = $2, moderated_by = 'staff' WHERE external_id = $1"
MERGE = "UPDATE reviews SET customer_id = $1, store_id = $2 WHERE customer_id IS NOT NULL"


async def _fold(merchant: UUID, limit: int = 100) -> int:
    async with db.transaction(merchant):
        return await service.fold(limit)


async def _differences(merchant: UUID) -> list[service.Difference]:
    async with db.transaction(merchant):
        return await service.differences()


async def _rating(merchant: UUID, sku: str, sources: list[str] | None = None) -> Rating:
    async with db.transaction(merchant):
        return await service.rating_of("product", sku, sources)


async def test_what_is_counted_and_what_is_not(merchant: UUID) -> None:
    await take_in(
        merchant,
        review("five", rating=Decimal(5), product_sku="lamp"),
        review("four and a half", rating=Decimal("4.5"), product_sku="lamp"),
        review(
            "88 of 100",
            rating=Decimal(88),
            scale_min=Decimal(0),
            scale_max=Decimal(100),
            product_sku="lamp",
            source="judgeme",
        ),
        review("words alone", rating=None, product_sku="lamp"),
        review("hidden", source="judgeme", rating=Decimal(1), product_sku="lamp", hidden=True),
        review("mention", rating=None, product_sku="lamp", kind="mention"),
        review("of the shop", rating=Decimal(1)),
    )
    for folded in (False, True):
        if folded:
            assert await _fold(merchant) == 3  # product, source and day name a change
        rating = await _rating(merchant, "lamp")
        assert (rating.reviews, rating.stars, rating.ratings) == (4, (0, 0, 0, 0, 3), 3)
        assert rating.mean == Decimal("4.6733")
        assert (await _rating(merchant, "lamp", ["judgeme"])).ratings == 1
        assert (await _rating(merchant, "nothing")).mean is None
        async with db.transaction(merchant):
            assert (await service.rating_of("shop", "")).reviews == 5
    await value(merchant, MODERATE, "five", "hidden")
    async with db.transaction(merchant):
        await remove("judgeme", "", "88 of 100", NOW)
    assert (await _rating(merchant, "lamp")).stars == (0, 0, 0, 0, 1)
    await value(merchant, MODERATE, "five", "approved")
    assert (await _rating(merchant, "lamp")).stars == (0, 0, 0, 0, 2)
    assert await _differences(merchant) == []


async def test_by_day_and_month_in_utc(merchant: UUID) -> None:
    for key, days in (("a", 1), ("b", 1), ("c", 40)):
        await take_in(merchant, review(key, product_sku="lamp", written_at=NOW - days * DAY))
    await _fold(merchant)
    await take_in(merchant, review("d", product_sku="lamp", written_at=NOW - DAY))
    async with db.transaction(merchant):
        days_ = await service.over_time("product", "lamp", "day", first=date(2026, 2, 1))
        months = await service.over_time("shop", "", "month")
    assert [(each.starts, each.rating.reviews) for each in days_] == [(date(2026, 2, 28), 3)]
    assert [(each.starts, each.rating.reviews) for each in months] == [
        (date(2026, 1, 1), 1),
        (date(2026, 2, 1), 3),
    ]


async def test_a_few_fives_do_not_outrank_many_good_ones(merchant: UUID) -> None:
    many = [review(f"m{n}", rating=Decimal(5 if n % 5 else 4), product_sku="known") for n in range(60)]
    few = [review(f"f{n}", rating=Decimal(5), product_sku="new") for n in range(2)]
    bad = [review(f"b{n}", rating=Decimal(1), product_sku="bad") for n in range(10)]
    await take_in(merchant, *many, *few, *bad)
    async with db.transaction(merchant):
        found = await service.ranking()
    assert [each.sku for each in found] == ["known", "new", "bad"]
    prior = sum((each.rating for each in found), rules.NONE)
    assert prior.ratings == 72
    assert found[1].score == rules.bayesian(found[1].rating, prior.stars_sum / prior.ratings)


async def test_a_reply_or_another_customer_changes_no_count(merchant: UUID) -> None:
    await take_in(merchant, review(product_sku="lamp"))
    await value(merchant, "UPDATE reviews SET reply = 'Thanks', replied_at = $1", NOW)
    assert await value(merchant, "SELECT count(*) FROM review_rating_deltas") == 1


async def test_intakes_of_one_product_do_not_wait_for_each_other_or_for_folding(merchant: UUID) -> None:
    await take_in(merchant, review("first", product_sku="lamp"))
    async with db.transaction(merchant):
        assert await service.fold() == 1
        # While the fold is open, and another intake too, both would have to wait for a row they share.
        async with asyncio.timeout(30), asyncio.TaskGroup() as others:
            for key in "abc":
                others.create_task(_in_own_transaction(merchant, key))
            others.create_task(_second_folder(merchant))
    assert (await _rating(merchant, "lamp")).reviews == 4


async def _in_own_transaction(merchant: UUID, key: str) -> None:
    db.DB.current_transaction.set(None)
    await take_in(merchant, review(key, product_sku="lamp"))


async def _second_folder(merchant: UUID) -> None:
    db.DB.current_transaction.set(None)
    assert await _fold(merchant) == 0


async def test_folding_takes_so_many_at_a_time_and_leaves_nothing(merchant: UUID) -> None:
    for n in range(5):
        await take_in(merchant, review(f"r{n}", product_sku="lamp"))
    assert [await _fold(merchant, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert (await _rating(merchant, "lamp")).reviews == 5
    assert await value(merchant, "SELECT count(*) FROM review_rating_deltas") == 0


async def test_the_periodic_task_folds_every_merchant(merchant: UUID) -> None:
    await take_in(merchant, review(product_sku="lamp"))
    await tenancy.for_each(of_merchant)
    assert await value(merchant, "SELECT count(*) FROM review_rating_deltas") == 0
    assert await value(merchant, "SELECT count(*) FROM review_ratings") == 6


# ---------------------------------------------------------------- anything, at once

KEYS = [f"r{n}" for n in range(6)]
_DEEDS = st.one_of(
    st.tuples(
        st.just("take"),
        st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True),
        st.sampled_from([None, 1, 2, 3, 4, 5]),
        st.sampled_from(["", "lamp", "desk"]),
        st.integers(0, 9),
    ),
    st.tuples(st.just("moderate"), st.sampled_from(KEYS), st.sampled_from(["approved", "hidden", "held"])),
    st.tuples(st.just("remove"), st.sampled_from(KEYS), st.integers(0, 9)),
    st.tuples(st.just("merge")),
    st.tuples(st.just("fold"), st.integers(1, 5)),
    st.tuples(st.just("check")),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_DEEDS, min_size=1, max_size=5), min_size=1, max_size=5))
async def test_equal_to_a_recount_whatever_happens_at_once(
    database: Services, turns: Sequence[Sequence[tuple[Any, ...]]]
) -> None:
    """The deeds of one turn run in transactions of their own, all at the same time."""
    merchant = await new_merchant()
    people = await customer(merchant, "a"), await customer(merchant, "b")
    store = await value(
        merchant,
        "INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)"
        " VALUES ($1, 's', '{}', 'USD', 'UTC') RETURNING id",
        merchant,
    )
    for turn in turns:
        await asyncio.gather(*(_do(merchant, deed, people, store) for deed in turn))
        assert await _differences(merchant) == []
    while await _fold(merchant):
        assert await _differences(merchant) == []
    assert await value(merchant, "SELECT count(*) FROM review_rating_deltas") == 0


async def _do(merchant: UUID, deed: tuple[Any, ...], people: tuple[UUID, UUID], store: UUID) -> None:
    match deed:
        case ("take", keys, stars, sku, days):
            written = NOW - timedelta(days=60 - 3 * days)
            rating = None if stars is None else Decimal(stars)
            told = [
                review(key, rating=rating, product_sku=sku, written_at=written, customer_id=people[0])
                for key in keys
            ]
            await take_in(merchant, *told)
        case ("moderate", key, word):
            await value(merchant, MODERATE, key, word)
        case ("remove", key, days):
            async with db.transaction(merchant):
                await remove("import", "", key, NOW - timedelta(days=60 - 3 * days))
        case ("merge",):
            await value(merchant, "SELECT 1 FROM reviews ORDER BY id FOR UPDATE")
            async with db.transaction(merchant):
                await db.fetch("SELECT id FROM reviews ORDER BY id FOR NO KEY UPDATE")
                await db.execute(MERGE, people[1], store)
        case ("fold", limit):
            await _fold(merchant, limit)
        case ("check",):
            assert await _differences(merchant) == []


# ---------------------------------------------------------------- the command


async def test_the_command_tells_what_differs(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from admin.commands.ratings import recount_all

    await take_in(merchant, review(product_sku="lamp"))
    code = await value(merchant, "SELECT code FROM merchants")
    await recount_all()
    assert f"{code}: 1 published reviews, 0 counts differ" in capsys.readouterr().out
    await value(merchant, "DELETE FROM review_rating_deltas")
    assert await recount_all() == 1
    assert "product lamp import all 0001-01-01: 0 kept, 1 counted" in capsys.readouterr().out
    assert len(await rows(merchant, "SELECT 1 FROM reviews")) == 1
