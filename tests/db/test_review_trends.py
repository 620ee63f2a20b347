"""A bad batch is named by product, store, carrier and aspect, with the reviews that show it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import replace

from core import db
from core.ids import new_id
from reviews.scoring import service as scoring
from reviews.scoring.rules import Reading
from reviews.trends import service
from sentiment.types import ASPECTS, AspectScore, Urgency
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, customer, order, reading, review, take_in, value

LATER = NOW + timedelta(hours=1)


async def store(
    merchant: UUID,
    sku: str,
    days_ago: Sequence[int],
    negative: int,
    buyer: UUID | None = None,
    model: str = "test-1",
    scored_at: datetime = NOW,
) -> None:
    """Reviews of one product, the first `negative` of them complaints about its packaging."""
    received = await take_in(
        merchant,
        *[
            review(f"{sku}-{n}-{days}-{model}", rating=None, body="x", product_sku=sku, customer_id=buyer,
                   written_at=NOW - days * DAY)
            for n, days in enumerate(days_ago)
        ],
    )  # fmt: skip
    packaging = AspectScore("packaging", "negative", 0.9)
    async with db.transaction(merchant):
        wordings = [w for w in await scoring.load([(each.review_id, 1) for each in received]) if w]
        said = [reading(0.9 if n < negative else 0.1, model=model) for n in range(len(wordings))]
        complaints = [
            Reading(replace(each.score, aspects=[packaging] if n < negative else []), 0.5, ())
            for n, each in enumerate(said)
        ]
        await scoring.store(wordings, complaints, scored_at)


async def carried(merchant: UUID, order_word: str, carrier: str) -> None:
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO events (id, merchant_id, source, event_id, type, occurred_at, received_at, data,"
            " fingerprint) VALUES ($1, $2, 'shop', $3, 'shipment.created', $4, $4, $5, 'x')",
            new_id(), merchant, order_word, NOW - 3 * DAY,
            db.to_json({"order_id": order_word, "carrier": carrier}),
        )  # fmt: skip


async def test_a_bad_batch_is_named_with_its_evidence(merchant: UUID) -> None:
    buyer = await customer(merchant)
    await order(merchant, buyer, "o1", "lamp", NOW - 70 * DAY)
    await carried(merchant, "o1", "Slow Post")
    other = await new_merchant()
    await store(other, "lamp", [1] * 30, 30)
    await store(merchant, "lamp", [20] * 60, 4, buyer)
    await store(merchant, "lamp", [2] * 20, 12, buyer)
    await store(merchant, "vase", [20] * 60, 6)
    await store(merchant, "vase", [2] * 20, 2)
    await store(merchant, "rare", [2] * 5, 5)
    async with db.transaction(merchant):
        found = await service.trends(LATER)
    by_key = {each.trend.count.key: each for each in found}
    lamp, aspect, rare = by_key["lamp"], by_key["packaging"], by_key["rare"]
    assert (lamp.trend.count.recent, lamp.trend.count.recent_negative) == (20, 12)
    assert (lamp.trend.count.before, lamp.trend.count.before_negative) == (60, 4)
    assert lamp.trend.spike and aspect.trend.spike and by_key["Slow Post"].trend.spike
    assert (aspect.trend.count.recent, aspect.trend.count.recent_negative) == (45, 19)
    assert not by_key["vase"].trend.spike
    assert (rare.trend.p, rare.trend.spike, list(rare.evidence)) == (None, False, [])
    assert {each.trend.spike for each in found[:3]} == {True}
    assert by_key["store of o1"].trend.count.recent == 20
    assert len(lamp.evidence) == service.EVIDENCE_LIMIT
    for complaint in lamp.evidence:
        assert (complaint.review.product_sku, complaint.review.written_at) == ("lamp", NOW - 2 * DAY)
        assert complaint.review.reading is not None and complaint.review.reading.negative > 0.5
        case = await value(
            merchant, "SELECT case_id FROM case_reviews WHERE review_id = $1", complaint.review.id
        )
        assert complaint.case_id == case


async def test_a_new_model_that_is_stricter_is_no_rise(merchant: UUID) -> None:
    await store(merchant, "lamp", [20] * 60, 4)
    await store(merchant, "lamp", [3] * 20, 2)
    await store(merchant, "lamp", [2] * 20, 14, model="test-2", scored_at=NOW + timedelta(minutes=1))
    async with db.transaction(merchant):
        found = await service.judged(LATER)
    assert {(each.count.key, each.count.recent, each.count.before, each.p) for each in found} == {
        (key, 20, 0, None) for key in ("lamp", *ASPECTS)
    }
    # Once it has read enough of both times it is compared with itself.
    await store(merchant, "lamp", [20] * 60, 4, model="test-2", scored_at=NOW + timedelta(minutes=2))
    async with db.transaction(merchant):
        found = await service.judged(LATER)
    assert {each.count.key for each in found if each.spike} == {"lamp", "packaging"}


async def test_a_longer_list_of_urgent_words_is_no_rise(merchant: UUID) -> None:
    await store(merchant, "lamp", [20] * 60, 4)
    received = await take_in(
        merchant,
        *[
            review(f"kind-{n}", rating=None, body="x", product_sku="lamp", written_at=NOW - DAY)
            for n in range(20)
        ],
    )
    async with db.transaction(merchant):
        wordings = [w for w in await scoring.load([(each.review_id, 1) for each in received]) if w]
        urgent = reading(0.1, Urgency("leaving", ("goodbye",)))
        await scoring.store(wordings, [urgent] * len(wordings), NOW)
    assert await value(merchant, "SELECT count(*) FROM review_flags WHERE reason = 'urgency'") == 20
    async with db.transaction(merchant):
        [lamp] = [each.count for each in await service.judged(LATER) if each.count.key == "lamp"]
    assert (lamp.recent, lamp.recent_negative, lamp.before_negative) == (20, 0, 4)


@pytest.mark.parametrize("rating", [None, Decimal(1)])
async def test_removed_and_unscored_reviews_count_for_nothing(merchant: UUID, rating: Decimal | None) -> None:
    await take_in(merchant, review("unscored", rating=rating, product_sku="lamp", written_at=NOW - DAY))
    await store(merchant, "lamp", [2], 1)
    await value(merchant, "UPDATE reviews SET state = 'tombstone', removed_at = $1", NOW)
    async with db.transaction(merchant):
        assert await service.trends(LATER) == []
