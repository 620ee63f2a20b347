"""Reviews are found by words in English and Chinese, by phrase, beginning, exclusion; only one's own."""

from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.embedded import Services
from core.outbox import work
from core.outbox.store import Item
from reviews.intake import remove
from reviews.pages import CursorInvalid
from reviews.search import service, tasks  # noqa: F401 - registers the handler
from reviews.search.service import Filter
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, review, rows, take_in, value

TEXTS = {
    "refund": "I asked for a refund and was refunded late.",
    "slow": "Delivery was slow, but the shop is not good at packing.",
    "good": "Very good, would buy again.",
    "hans": "质量很好，物流太慢了，客服态度差。",
    "hant": "質量不錯，但是退貨很麻煩。",
    "mixed": "iPhone手机壳很好看 <b>nice</b>",
    "ja": "とても良い商品です",
}


async def _index(merchant: UUID) -> None:
    """Do what waits, as a worker does."""
    found = await rows(
        merchant, "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = 'review.index'"
    )
    await work.run([Item(*row) for row in found])


@pytest.fixture
async def filled(merchant: UUID) -> UUID:
    """A merchant with the texts above, the first the newest."""
    told = [
        review(
            key, body=body, product_sku="lamp" if n % 2 else "desk", rating=Decimal(n % 5 + 1),
            written_at=NOW - (n + 1) * DAY, source="import" if key == "good" else "first_party",
        )
        for n, (key, body) in enumerate(TEXTS.items())
    ]  # fmt: skip
    await take_in(merchant, *told)
    await _index(merchant)
    return merchant


async def _found(merchant: UUID, text: str, wanted: Filter | None = None) -> list[str]:
    async with db.transaction(merchant):
        page = await service.by_words(text, wanted or Filter())
    return [each.review.external_id for each in page.rows]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("refund", ["refund"]),
        ("REFUNDS late", ["refund"]),
        ("asking", ["refund"]),
        ('"not good"', ["slow"]),
        ("good -slow", ["good"]),
        ("refund or again", ["refund", "good"]),
        ("deliv*", ["slow"]),
        ("质量", ["hans", "hant"]),
        ("質量", ["hans", "hant"]),
        ("退货", ["hant"]),
        ("物流太慢", ["hans"]),
        ("质量 -物流", ["hant"]),
        ("好", ["hans", "mixed"]),
        ("量慢", []),
        ("手机壳", ["mixed"]),
        ("iphone手机", ["mixed"]),
        ("b", []),
        ("良い", ["ja"]),
        ("nothing", []),
    ],
)
async def test_found_by_words(filled: UUID, typed: str, found: list[str]) -> None:
    assert await _found(filled, typed) == found


async def test_filters_and_pages(filled: UUID) -> None:
    assert await _found(filled, "good", Filter(source="import")) == ["good"]
    assert await _found(filled, "good", Filter(product="lamp")) == ["slow"]
    assert await _found(filled, "good", Filter(stars=3)) == ["good"]
    async with db.transaction(filled):
        first = await service.by_words("质量 or good", limit=3)
        assert first.next
        second = await service.by_words("质量 or good", after=first.next, limit=3)
        with pytest.raises(CursorInvalid):
            await service.by_words("good", after="x")
    keys = [each.review.external_id for each in (*first.rows, *second.rows)]
    assert keys == ["slow", "good", "hans", "hant"] and second.next is None


async def test_the_words_are_marked(filled: UUID) -> None:
    async with db.transaction(filled):
        (english,) = (await service.by_words("refund")).rows
        (chinese,) = (await service.by_words("退货")).rows
    assert [each.text for each in english.excerpt if each.match] == ["refund", "refunded"]
    assert [each.text for each in chinese.excerpt if each.match] == ["退貨"]


async def test_words_follow_edits_moderation_and_removal(filled: UUID) -> None:
    await take_in(filled, review("good", source="import", body="Terrible.", edited_at=NOW))
    assert await _found(filled, "terrible") == []
    async with db.transaction(filled):
        assert await service.unindexed() == 1
    await _index(filled)
    assert await _found(filled, "terrible") == ["good"]
    assert await _found(filled, "again") == []
    await value(
        filled, "UPDATE reviews SET moderation = 'hidden', moderated_by = 'staff' WHERE source = 'import'"
    )
    assert await _found(filled, "terrible", Filter(published=True)) == []
    assert await _found(filled, "terrible") == ["good"]
    async with db.transaction(filled):
        await remove("import", "", "good", NOW + DAY)
    assert await _found(filled, "terrible") == []


async def test_an_older_wording_does_not_come_back(filled: UUID) -> None:
    (review_id,) = (await rows(filled, "SELECT id FROM reviews WHERE external_id = 'good'"))[0]
    await value(filled, "UPDATE review_words SET version = 2 WHERE review_id = $1", review_id)
    async with db.transaction(filled):
        await service.index([review_id])
    assert await value(filled, "SELECT version FROM review_words WHERE review_id = $1", review_id) == 2


async def test_one_row_of_the_outbox_for_many_reviews(merchant: UUID) -> None:
    await take_in(merchant, *(review(f"r{n}") for n in range(501)))
    sizes = await rows(
        merchant,
        "SELECT jsonb_array_length(payload -> 'reviews') FROM outbox WHERE topic = 'review.index' ORDER BY 1",
    )
    assert sizes == [(1,), (500,)]
    await value(merchant, "UPDATE reviews SET reply = 'Thanks'")
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'review.index'") == 2


async def test_nobody_finds_anothers_reviews(filled: UUID, database: Services) -> None:
    other = await new_merchant()
    assert await _found(other, "refund") == []
    connection = await asyncpg.connect(database.database_url)
    try:
        with pytest.raises(PostgresError, match="no merchant"):
            await connection.fetch(
                "SELECT * FROM review_search('refund', NULL, NULL, NULL, false, NULL, NULL, 10)"
            )
    finally:
        await connection.close()


MANY = """
    WITH made AS (
        INSERT INTO reviews (merchant_id, source, account, external_id, written_at, edited_at, received_at,
                             version, state)
        SELECT $1, 'import', '', 'm' || n, $2, $2, $2, 1, 'live' FROM generate_series(1, 3000) n
        RETURNING id, external_id)
    INSERT INTO review_words (merchant_id, review_id, version, written_at, words)
    SELECT $1, id, 1, $2,
           to_tsvector('review_words', CASE external_id WHEN 'm7' THEN 'good needle' ELSE 'good' END)
    FROM made
"""
SCANS = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'review_words'"


async def test_the_index_is_used_by_the_application(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await db.execute(MANY, merchant, NOW)
        for word in ("needle", "good"):
            found = await db.fetch(
                "SELECT * FROM review_search($1, NULL, NULL, NULL, false, NULL, NULL, 10)", word
            )
            assert len(found) == (1 if word == "needle" else 10)
        assert await db.fetchval(SCANS) == 0


async def test_by_meaning(filled: UUID) -> None:
    (ids,) = zip(*await rows(filled, "SELECT id FROM reviews ORDER BY written_at DESC"), strict=True)
    near, far = [1.0] + [0.0] * 383, [0.0, 1.0] + [0.0] * 382
    for review_id, vector in ((ids[0], near), (ids[1], far)):
        await value(
            filled,
            "INSERT INTO review_embeddings (merchant_id, review_id, version, model, embedding)"
            " VALUES ($1, $2, 1, 'test', $3::vector)",
            filled, review_id, str(vector),
        )  # fmt: skip
    async with db.transaction(filled):
        found = await service.by_meaning(str(near), "test")
        assert [each.review.id for each in found] == [ids[0]]
        assert await service.by_meaning(str(near), "test", Filter(product="lamp")) == []
        assert await service.by_meaning(str(near), "another model") == []
