"""From intake to an answered case through the outbox, as a worker does it."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from core import clock, db
from core.outbox import registry, work
from core.outbox.store import Item
from reviews.cases import conversation, delivery
from reviews.cases.tasks import send_message
from reviews.intake.tasks import spread
from reviews.moderation.tasks import JudgeReviews
from reviews.scoring.service import EXPLAIN, Progress, progress
from reviews.scoring.tasks import ScoreReviews
from reviews.search.tasks import index
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, employee, review, rows, take_in, value


async def waiting(*merchants: UUID) -> list[Item]:
    found: list[Item] = []
    for merchant in merchants:
        async with db.transaction(merchant):
            sent = await db.fetch("SELECT id, merchant_id, topic, attempts FROM outbox ORDER BY id")
        found += [Item(**row) for row in sent]
    return found


async def how_far(merchant: UUID) -> Progress:
    async with db.transaction(merchant):
        return await progress()


def test_topics_are_registered() -> None:
    assert isinstance(registry.find("review.score").batch, ScoreReviews)
    assert registry.find("review.score").queue == "scoring"
    assert isinstance(registry.find("review.judge").batch, JudgeReviews)
    assert registry.find(delivery.DUE).handle is send_message
    assert registry.find("review.index").handle is index
    assert registry.find("review.received").handle is spread


async def test_reviews_of_two_merchants_are_scored_together_and_each_once(merchant: UUID) -> None:
    other = await new_merchant()
    agent = await employee(merchant)
    for each in (merchant, other):
        await take_in(
            each,
            review("bad", rating=Decimal(1), body="Terrible. It broke at once and smells of burnt plastic."),
            review("good", rating=Decimal(5), body="Wonderful quality, fast shipping, I love it."),
            review("silent", rating=Decimal(2), body=""),
        )
    assert await how_far(merchant) == Progress(scored=0, total=3)
    items = await waiting(merchant, other)
    assert len(items) == 14  # scoring, judging what was written here, and one of words a merchant
    await work.run(items)
    explained = await waiting(merchant, other)
    assert [item.topic for item in explained] == [EXPLAIN] * 2
    await work.run(explained)
    assert await waiting(merchant, other) == []
    await work.run(items)
    assert await how_far(merchant) == Progress(scored=3, total=3)
    for each in (merchant, other):
        opened = await rows(
            each, "SELECT r.external_id FROM cases c JOIN reviews r ON r.id = c.review_id ORDER BY 1"
        )
        assert opened == [("bad",), ("silent",)]
        assert await value(each, "SELECT count(*) FROM review_scores") == 3
        assert await value(each, "SELECT count(*) FROM review_evidence") == 1

    case: UUID = await value(
        merchant, "SELECT c.id FROM cases c JOIN reviews r ON r.id = c.review_id WHERE r.external_id = 'bad'"
    )
    async with db.transaction(merchant):
        await conversation.reply(case, "We are sorry.", agent, 1, NOW)
    (due,) = await waiting(merchant)
    with clock.set_clock(lambda: NOW + timedelta(seconds=10)):
        await work.run([due, due])
        await work.run([due])
    assert [item.topic for item in await waiting(merchant)] == ["case.tell"]
    assert await rows(merchant, "SELECT state, sent_at FROM case_messages") == [
        ("sent", NOW + timedelta(seconds=10))
    ]
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'sent'") == 1
