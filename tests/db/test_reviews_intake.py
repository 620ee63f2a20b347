"""Intake: replay changes nothing, every wording is kept, only an order verifies."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest
from asyncpg.exceptions import PostgresError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.embedded import Services
from core.webhooks import endpoints
from core.webhooks.endpoints import Wanted
from reviews import reading
from reviews.intake import IncomingReview, receive, remove, service
from reviews.intake.rules import ReviewInvalid
from reviews.intake.tasks import prove_late, spread
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, customer, order, review, rows, take_in, value

EVERYTHING = (
    "SELECT r.external_id, r.rating_norm, r.edited_at, r.state, v.body AS current,"
    " (SELECT array_agg(body ORDER BY edited_at, body) FROM review_versions WHERE review_id = r.id) AS all"
    " FROM reviews r LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version ORDER BY 1"
)


async def test_new_changed_unchanged(merchant: UUID) -> None:
    first, edited = review(), review(body="Better now.", edited_at=NOW - DAY)
    assert [each.status for each in await take_in(merchant, first)] == ["new"]
    assert [each.status for each in await take_in(merchant, first, first)] == ["unchanged"] * 2
    answers = await take_in(merchant, edited, first, edited)
    assert [(each.status, each.version) for each in answers] == [
        ("changed", 2),
        ("unchanged", 1),
        ("unchanged", 2),
    ]
    assert await rows(merchant, "SELECT number, body FROM review_versions ORDER BY 1") == [
        (1, "It is all right."),
        (2, "Better now."),
    ]
    assert await value(merchant, "SELECT version FROM reviews") == 2
    payloads = await rows(
        merchant, "SELECT payload->>'version' FROM outbox WHERE topic = 'review.score' ORDER BY id"
    )
    assert payloads == [("1",), ("2",)]


async def test_facts_that_changed_are_taken_without_a_new_wording(merchant: UUID) -> None:
    first = review(source="import", body="Fine.")
    await take_in(merchant, first)
    replied = msgspec.structs.replace(
        first, reply="Thank you!", replied_at=NOW, solicited=True, incentivised=True, product_name="Lamp"
    )
    for status in ("facts", "unchanged"):
        (received,) = await take_in(merchant, replied)
        assert (received.status, received.version) == (status, 1)
    # An older export knows nothing of it, and takes nothing away.
    assert [each.status for each in await take_in(merchant, first)] == ["unchanged"]
    hidden = msgspec.structs.replace(replied, hidden=True)
    assert [each.status for each in await take_in(merchant, hidden, hidden)] == ["unchanged", "facts"]
    found = await rows(
        merchant, "SELECT reply, replied_at, solicited, incentivised, product_name, moderation FROM reviews"
    )
    assert found == [("Thank you!", NOW, True, True, "Lamp", "hidden")]
    edited = msgspec.structs.replace(first, body="Broken.", edited_at=NOW)
    assert [each.status for each in await take_in(merchant, edited, hidden)] == ["changed", "unchanged"]
    assert await value(merchant, "SELECT moderation FROM reviews") == "approved"
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 2


async def test_many_reviews_are_one_line_of_the_outbox_that_becomes_one_each(merchant: UUID) -> None:
    many = [review(f"m{n}", source="import", body=f"Text {n}.") for n in range(service.COPY_FROM_ROWS + 10)]
    assert {each.status for each in await take_in(merchant, *many, *many[:5])} == {"new", "unchanged"}
    await take_in(merchant, *many, review("later", source="import"), at=NOW + DAY)
    topics = (
        "SELECT topic, count(*) FROM outbox WHERE topic = ANY (ARRAY['review.received', 'review.score_bulk'])"
    )
    topics += " GROUP BY 1 ORDER BY 1"
    assert await rows(merchant, topics) == [("review.received", 1), ("review.score_bulk", 1)]
    async with db.transaction(merchant):
        payload = await db.fetchval("SELECT payload FROM outbox WHERE topic = 'review.received'")
        await spread(db.from_json(payload), NOW)
    assert await rows(merchant, topics) == [("review.received", 1), ("review.score_bulk", len(many) + 1)]
    queued = "SELECT count(DISTINCT payload->>'review') FROM outbox WHERE topic = 'review.score_bulk'"
    assert await value(merchant, queued) == len(many) + 1
    assert await value(merchant, "SELECT count(*) FROM review_versions") == len(many) + 1


async def test_two_takings_of_many_in_one_transaction(merchant: UUID) -> None:
    many = [review(f"m{n}", source="import", body=f"Text {n}.") for n in range(2 * service.COPY_FROM_ROWS)]
    async with db.transaction(merchant):
        for part in (many[::2], many[1::2], many):
            statuses = {each.status for each in await receive(part, NOW)}
            assert statuses == ({"unchanged"} if part is many else {"new"})
    assert await value(merchant, "SELECT count(*) FROM reviews") == len(many)


async def test_late_wording_is_kept_but_does_not_become_current(merchant: UUID) -> None:
    await take_in(merchant, review(body="new", edited_at=NOW - DAY))
    (late,) = await take_in(merchant, review(body="old"))
    assert (late.status, late.version) == ("late", 2)
    async with db.transaction(merchant):
        assert (await reading.find(late.review_id)).body == "new"
        assert [each.body for each in await reading.versions(late.review_id)] == ["new", "old"]


def _wordings() -> list[IncomingReview]:
    return [
        review(key, body=f"{key} {n}", rating=Decimal(n + 1), edited_at=NOW - 5 * DAY + n * DAY)
        for key in ("a", "b")
        for n in range(3)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order_of=st.permutations(range(6)),
    again=st.lists(st.integers(0, 5), max_size=6),
    cuts=st.sets(st.integers(1, 11), max_size=3),
    removal=st.integers(0, 6),
)
async def test_any_order_and_any_repetition_end_the_same(
    database: Services, order_of: Sequence[int], again: list[int], cuts: set[int], removal: int
) -> None:
    """All six wordings of two reviews and one removal, in any order, repeated, in any batches."""
    merchant, wordings = await new_merchant(), _wordings()
    sequence = [*order_of, *again]
    starts = sorted({0, *(cut for cut in cuts if cut < len(sequence)), len(sequence)})
    for step, (start, end) in enumerate(pairwise(starts)):
        if step == min(removal, len(starts) - 2):
            await _remove(merchant)
        await take_in(merchant, *[wordings[n] for n in sequence[start:end]])
    await _remove(merchant)
    found = await rows(merchant, EVERYTHING)
    assert found == [
        ("a", Decimal(3), NOW - 3 * DAY, "tombstone", "a 2", ["a 0", "a 1", "a 2"]),
        ("b", Decimal(3), NOW - 3 * DAY, "live", "b 2", ["b 0", "b 1", "b 2"]),
    ]
    queued = await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'review.score'")
    await take_in(merchant, *wordings, *reversed(wordings))
    assert await rows(merchant, EVERYTHING) == found
    assert queued == 6 == await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'review.score'")


async def _remove(merchant: UUID) -> bool:
    async with db.transaction(merchant):
        return await remove("first_party", "", "a", NOW - DAY)


async def test_tombstone(merchant: UUID) -> None:
    await take_in(merchant, review("a"))
    assert await _remove(merchant)
    assert not await _remove(merchant)
    assert await value(merchant, "SELECT state FROM reviews") == "tombstone"
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 1
    await take_in(merchant, review("a"))
    assert await value(merchant, "SELECT state FROM reviews") == "tombstone"
    await take_in(merchant, review("a", body="I am back.", edited_at=NOW))
    assert await value(merchant, "SELECT state FROM reviews") == "live"
    assert not await _remove(merchant)
    assert await value(merchant, "SELECT state FROM reviews") == "live"


async def test_a_removal_that_was_overtaken_or_comes_again_is_none(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await endpoints.add(Wanted("https://shop.test/hook", ("review.removed",)), NOW)
    await take_in(merchant, review("a", body="I am back.", edited_at=NOW))
    assert not await _remove(merchant)
    assert await value(merchant, "SELECT state FROM reviews") == "live"
    for hours, gone in ((1, True), (2, False)):
        async with db.transaction(merchant):
            assert await remove("first_party", "", "a", NOW + timedelta(hours=hours)) is gone
    # The later of two removals counts: what was written between them does not come back.
    await take_in(merchant, review("a", body="Between.", edited_at=NOW + timedelta(minutes=90)))
    assert await value(merchant, "SELECT state FROM reviews") == "tombstone"
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'webhook.deed'") == 1


async def test_same_review_in_two_intakes_at_once(merchant: UUID) -> None:
    batch = [review(f"r{n}") for n in range(30)]
    answers = await asyncio.gather(
        take_in(merchant, *batch), take_in(merchant, *reversed(batch)), take_in(merchant, *batch)
    )
    statuses = [each.status for answer in answers for each in answer]
    assert statuses.count("new") == 30
    assert statuses.count("unchanged") == 60
    assert await value(merchant, "SELECT count(*) FROM review_versions") == 30


async def test_verified_only_by_an_order_line_of_that_customer(merchant: UUID) -> None:
    buyer, other = await customer(merchant, "buyer", "ana@mail.test"), await customer(merchant, "other")
    bought = await order(merchant, buyer, "o1", "lamp", NOW - 20 * DAY)
    await order(merchant, other, "o2", "desk", NOW - 20 * DAY)
    await take_in(
        merchant,
        review("by id", customer="buyer", product_sku="lamp"),
        review("by mail", email="ANA@mail.test", product_sku="lamp"),
        review("by order", customer="buyer", order="o1"),
        review("signed in", customer_id=buyer, product_sku="lamp"),
        review("other product", customer="buyer", product_sku="desk"),
        review("other order", customer="buyer", order="o2"),
        review("nobody", product_sku="lamp"),
        review("no product", customer="buyer"),
        review("before buying", customer="buyer", product_sku="lamp", written_at=NOW - 30 * DAY),
    )
    found = await rows(merchant, "SELECT external_id, order_id, order_line_id FROM reviews WHERE verified")
    assert sorted(found) == [(word, bought, "l1") for word in ("by id", "by mail", "by order", "signed in")]
    assert await value(merchant, "SELECT count(*) FROM reviews WHERE customer_id = $1", buyer) == 8


async def test_verified_cannot_be_written(merchant: UUID) -> None:
    assert "verified" not in IncomingReview.__struct_fields__
    await take_in(merchant, review())
    with pytest.raises(PostgresError):
        await value(merchant, "UPDATE reviews SET verified = true")
    assert await value(merchant, "SELECT verified FROM reviews") is False


async def test_address_of_two_customers_links_neither(merchant: UUID) -> None:
    await customer(merchant, "c1", "us@mail.test")
    await customer(merchant, "c2", "us@mail.test")
    await take_in(merchant, review(email="us@mail.test"))
    assert await value(merchant, "SELECT customer_id FROM reviews") is None


async def test_invalid_review_writes_nothing(merchant: UUID) -> None:
    with pytest.raises(ReviewInvalid) as refused:
        await take_in(merchant, review("good"), review("bad", rating=Decimal(7)))
    assert refused.value.extra == {"field": "rating"}
    assert await value(merchant, "SELECT count(*) FROM reviews") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "x" * 50_000},
        {"body": "é\u202e\u200b👩‍👩‍👧 \x00 <script>alert(1)</script> &amp;"},
        {"body": "", "title": ""},
        {"rating": None, "body": "a mention"},
        {"rating": Decimal(0), "body": "zero means none"},
        {"extra": {"a\x00": ["\ud800", {"b": 1}]}},
    ],
)
async def test_edge_cases_survive(merchant: UUID, fields: dict[str, Any]) -> None:
    (received,) = await take_in(merchant, review(**fields))
    async with db.transaction(merchant):
        kept = await reading.find(received.review_id)
    assert kept.body == fields.get("body", "It is all right.").replace("\x00", "")
    if fields.get("rating", 1) in (None, 0):
        assert kept.rating_norm is None
        assert kept.rating_raw is None


async def test_versions_cannot_be_changed_and_other_merchants_see_nothing(merchant: UUID) -> None:
    await take_in(merchant, review())
    with pytest.raises(PostgresError):
        await value(merchant, "UPDATE review_versions SET body = 'edited'")
    with pytest.raises(PostgresError):
        await value(merchant, "DELETE FROM review_versions")
    other = await new_merchant()
    for table in ("reviews", "review_versions", "review_scores", "review_flags", "cases", "case_events"):
        assert await value(other, f"SELECT count(*) FROM {table}") == 0
    (twin,) = await take_in(other, review())
    assert twin.status == "new"


async def test_empty_batch(merchant: UUID) -> None:
    async with db.transaction(merchant):
        assert await receive([], NOW) == []


async def test_merged_customer_gets_the_review(merchant: UUID) -> None:
    old, new = await customer(merchant, "old"), await customer(merchant, "new")
    bought = await order(merchant, old, "o1", "lamp", NOW - 20 * DAY)
    await value(merchant, "UPDATE customers SET merged_into = $2 WHERE id = $1", old, new)
    await take_in(merchant, review(customer="old", product_sku="lamp"), at=NOW + timedelta(hours=1))
    assert await rows(merchant, "SELECT customer_id, order_id FROM reviews") == [(new, bought)]


async def late(merchant: UUID, now: datetime) -> int:
    async with db.transaction(merchant):
        return await service.prove_late(now)


async def test_an_order_that_comes_after_its_review_verifies_it(merchant: UUID) -> None:
    buyer = await customer(merchant, "buyer")
    await take_in(
        merchant,
        review("lamp", customer="buyer", product_sku="lamp"),
        review("desk", customer="buyer", product_sku="desk"),
        review("store", customer="buyer"),
    )
    assert await late(merchant, NOW) == 0
    await order(merchant, buyer, "o1", "lamp", NOW - 20 * DAY)
    assert await late(merchant, NOW + 8 * DAY) == 0
    await prove_late(NOW + DAY)
    assert await late(merchant, NOW + DAY) == 0
    assert await rows(merchant, "SELECT external_id FROM reviews WHERE verified") == [("lamp",)]


async def test_a_late_order_of_whom_the_author_was_merged_with_verifies_it(merchant: UUID) -> None:
    old, new, stranger = [await customer(merchant, word) for word in ("old", "new", "stranger")]
    await take_in(merchant, review("a", customer="old", product_sku="lamp"))
    await take_in(merchant, review("b", customer="new", product_sku="desk"))
    await order(merchant, stranger, "o0", "lamp", NOW - 20 * DAY)
    await order(merchant, new, "o1", "lamp", NOW - 20 * DAY)
    await order(merchant, old, "o2", "desk", NOW - 20 * DAY)
    assert await late(merchant, NOW) == 0
    await value(merchant, "UPDATE customers SET merged_into = $2 WHERE id = $1", old, new)
    assert await late(merchant, NOW) == 2
    found = "SELECT r.external_id, o.external_id FROM reviews r JOIN orders o ON o.id = r.order_id ORDER BY 1"
    assert await rows(merchant, found) == [("a", "o1"), ("b", "o2")]


async def test_where_late_orders_fail_for_one_merchant_the_others_have_their_turn(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch, sweep_only: Callable[..., None]
) -> None:
    other = await new_merchant()
    sweep_only(merchant, other)
    seen: set[UUID] = set()

    async def prove(now: datetime) -> int:
        seen.add(db.merchant_id())
        raise PostgresError

    monkeypatch.setattr(service, "prove_late", prove)
    with pytest.raises(ExceptionGroup):
        await prove_late(NOW)
    assert seen == {merchant, other}


async def test_a_mention_has_no_rating_and_is_never_published(merchant: UUID) -> None:
    kept_there = {"source": "google"}
    await take_in(merchant, review("r", **kept_there), review("m", **kept_there, kind="mention", rating=None))
    found = await rows(merchant, "SELECT external_id, kind, published FROM reviews ORDER BY 1")
    assert found == [("m", "mention", False), ("r", "review", True)]
    with pytest.raises(PostgresError):
        await rows(merchant, "UPDATE reviews SET kind = 'mention' RETURNING external_id")


async def test_what_its_source_hides_is_not_published_until_it_shows_it_again(merchant: UUID) -> None:
    async def state() -> Any:
        return await value(merchant, "SELECT moderation || ' ' || published FROM reviews")

    await take_in(merchant, review(source="google", hidden=True))
    assert await state() == "hidden false"
    await take_in(merchant, review(source="google", body="Again.", edited_at=NOW - DAY))
    assert await state() == "approved true"
    await rows(merchant, "UPDATE reviews SET moderation = 'hidden', moderated_by = 'staff' RETURNING 1")
    await take_in(merchant, review(source="google", body="And again.", edited_at=NOW))
    assert await state() == "hidden false"


async def test_pictures_belong_to_a_wording(merchant: UUID) -> None:
    pictures = ("https://pictures.example/1.jpg", "https://pictures.example/2.jpg")
    await take_in(merchant, review(), review(photo_urls=pictures))
    found = await rows(merchant, "SELECT number, photo_urls FROM review_versions ORDER BY 1")
    assert found == [(1, []), (2, list(pictures))]
