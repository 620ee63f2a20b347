"""The demo's months before now: cases that were lived through, and reports that count them."""

from datetime import timedelta
from uuid import UUID

from admin.demo import history, past
from admin.demo.shop import Shop
from admin.demo.story import build_story
from core import clock, db
from core.days import day_of, zone_of
from reviews.proof import service as proof
from reviews.proof.service import Only
from tests.fixtures.reviews.shop import rows, value


async def test_the_past_is_lived_once_and_counted(merchant: UUID) -> None:
    now = clock.now()
    shop = Shop(
        merchant_id=merchant, began_at=now, api_key="", webhook_id=merchant, webhook_secret="", passwords={}
    )
    await _staff(merchant)
    story = build_story(7, now, 400)
    await _known(merchant, story)
    lived = await past.relive(shop, story)
    assert lived > 10
    assert await past.relive(shop, story) == 0
    states = "SELECT count(*), count(*) FILTER (WHERE state = 'resolved') FROM cases"
    [(cases, resolved)] = await rows(merchant, states)
    assert 0 < cases <= lived and resolved == cases
    # Nobody who was held out got anything without a reason.
    broken = (
        "SELECT count(*) FROM case_arms a JOIN case_remedies r USING (case_id)"
        " LEFT JOIN case_arm_overrides o USING (case_id) WHERE a.arm = 'holdout' AND o.case_id IS NULL"
    )
    assert await value(merchant, broken) == 0
    async with db.transaction(merchant):
        start, _ = await proof.month(day_of(now - timedelta(days=250), zone_of("UTC")))
        found = await proof.report(start, now, Only(), now)
    assert found.whole.resolved >= cases and found.whole.csat.of > 0 and found.arms is not None
    assert found.answered.count == found.answered.of
    assert sum(found.arms.assigned.values()) == cases
    # What the workers do with the reviews afterwards changes no case.
    assert await history.load_reviews(shop, story, lambda *_: None) == len(story.reviews)
    assert await value(merchant, "SELECT count(*) FROM cases") == cases


async def _staff(merchant: UUID) -> None:
    async with db.transaction(merchant):
        for role in ("community_manager", "agent", "agent"):
            await db.execute(
                "INSERT INTO staff (merchant_id, email, name, role, password_hash, created_at)"
                " VALUES ($1, uuidv7() || '@shop.test', $2, $2, 'x', now())",
                merchant, role,
            )  # fmt: skip


async def _known(merchant: UUID, story: object) -> None:
    """Stores and customers of the story; its orders are another matter."""
    async with db.transaction(merchant):
        for store in story.stores:  # type: ignore[attr-defined]
            await db.execute(
                "INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)"
                " VALUES ($1, $2, '{}', 'USD', 'UTC')",
                merchant, store.store_id,
            )  # fmt: skip
        for each in story.customers:  # type: ignore[attr-defined]
            await db.execute(
                "WITH c AS (INSERT INTO customers (merchant_id, external_id, created_at)"
                "           VALUES ($1, $2, $3) RETURNING id)"
                " INSERT INTO customer_profiles (customer_id, merchant_id, email, name, locale, updated_at)"
                " SELECT id, $1, $2 || '@shop.test', 'Ada', $4, $3 FROM c",
                merchant, each.customer_id, each.joined_at, each.locale,
            )  # fmt: skip
