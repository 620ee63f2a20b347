"""What the pages of cases and reviews are made of."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core import db
from core.errors import NotFound
from core.people import customers
from reviews import reading as review_queries
from reviews.cases import conversation, delivery, goodwill, service, unreviewed
from reviews.cases import reading as desk
from reviews.cases.reading import VIEWS, ViewName
from reviews.cases.unreviewed import Asked
from reviews.pages import CursorInvalid
from reviews.reading import Urgent
from sentiment.types import Urgency
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import (
    DAY,
    NOW,
    customer,
    employee,
    member,
    open_case,
    order,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)

LATER = NOW + timedelta(seconds=11)


async def fill(merchant: UUID, count: int) -> UUID:
    """An agent with `count` cases of different priority and age, every second pair of equal rank."""
    agent = await employee(merchant)
    for n in range(count):
        (received,) = await take_in(merchant, review(f"r{n}", rating=Decimal(1 + n // 2 % 2)))
        await score(merchant, received, reading(0.9), NOW + n // 4 * timedelta(minutes=1))
    return agent


async def walk(merchant: UUID, view: ViewName, by: UUID, limit: int) -> list[int]:
    numbers: list[int] = []
    after: str | None = ""
    while after is not None:
        async with db.transaction(merchant):
            page = await desk.inbox(view, by, NOW, after, limit)
        assert len(page.rows) <= limit
        numbers += [row.number for row in page.rows]
        after = page.next
    return numbers


@pytest.mark.parametrize("view", VIEWS)
async def test_pages_of_a_view_join_to_the_whole_in_order(merchant: UUID, view: ViewName) -> None:
    agent = await fill(merchant, 9)
    if view == "resolved":
        await value(merchant, "UPDATE cases SET state = 'resolved', resolved_at = opened_at")
    if view in ("due_soon", "overdue"):
        await value(merchant, "UPDATE cases SET due_at = opened_at - interval '1 day'")
    if view == "unowned":
        await value(merchant, "UPDATE cases SET owner_id = NULL")
    if view == "snoozed":
        await value(merchant, "UPDATE cases SET snoozed_until = opened_at + number * interval '1 day'")
    whole = await walk(merchant, view, agent, 100)
    assert sorted(whole) == list(range(1, 10))
    for limit in (1, 2, 4):
        assert await walk(merchant, view, agent, limit) == whole
    if view == "open":
        ranked = await rows(merchant, "SELECT number FROM cases ORDER BY rank_at, id")
        assert whole == [number for (number,) in ranked]
    async with db.transaction(merchant):
        counts = await desk.counts(agent, NOW)
    assert counts[view] == 9


async def test_views_hold_what_they_say(merchant: UUID) -> None:
    agent, other = await employee(merchant), await employee(merchant, "community_manager")
    cases = []
    for n in range(4):
        cases.append(await open_case(merchant, external_id=f"r{n}"))
    await value(
        merchant, "UPDATE cases SET owner_id = CASE WHEN number = 4 THEN $1::uuid ELSE $2 END", agent, other
    )
    async with db.transaction(merchant):
        queued = await conversation.reply(cases[0], "Sorry", other, 1, NOW)
        await service.resolve(cases[1], other, 1, NOW)
    async with db.transaction(merchant):
        await delivery.deliver(queued.message_id, LATER)
    soon = NOW + timedelta(hours=22, minutes=1)
    async with db.transaction(merchant):
        held = {view: {row.number for row in (await desk.inbox(view, other, soon)).rows} for view in VIEWS}
        counts = await desk.counts(other, soon)
    assert held == {
        "open": {1, 3, 4},
        "unanswered": {3, 4},
        "due_soon": {3, 4},
        "overdue": set(),
        "mine": {1, 3},
        "unowned": set(),
        "snoozed": set(),
        "resolved": {2},
    }
    assert counts == {view: len(numbers) for view, numbers in held.items()}


async def test_another_merchants_inbox_is_empty(merchant: UUID) -> None:
    case = await open_case(merchant)
    other = await new_merchant()
    agent = await employee(other)
    async with db.transaction(other):
        assert (await desk.inbox("open", agent, NOW)).rows == []
        with pytest.raises(NotFound):
            await desk.case(case, agent)


@pytest.mark.parametrize("cursor", ["x", "W10", "e30", "WzEsMl0", "//", "é"])
async def test_forged_cursor(merchant: UUID, cursor: str) -> None:
    async with db.transaction(merchant):
        with pytest.raises(CursorInvalid):
            await desk.inbox("open", UUID(int=1), NOW, cursor)


async def test_everything_a_case_page_shows(merchant: UUID) -> None:
    buyer = await customer(merchant, email="ana@mail.test")
    await member(merchant, buyer)
    await order(merchant, buyer, "o1", "lamp", NOW - 20 * DAY)
    agent = await employee(merchant, limit_points=100)
    (received,) = await take_in(
        merchant, review(rating=Decimal(1), customer_id=buyer, product_sku="lamp", author="Ana B", lang="en")
    )
    await score(merchant, received, reading(0.9, Urgency("safety", ("caught fire",))))
    case: UUID = await value(merchant, "SELECT id FROM cases")
    async with db.transaction(merchant):
        await goodwill.give(case, 30, "A little sorry", "k", agent, NOW)
        version = await value(merchant, "SELECT version FROM cases")
        queued = await conversation.reply(case, "We are on it.", agent, version, NOW)
    async with db.transaction(merchant):
        page = await desk.case(case, agent)
        listed = (await desk.inbox("open", agent, NOW)).rows[0]
    assert page.row == listed
    assert (page.row.number, page.row.customer_name, page.row.urgent) == (1, "Ana", True)
    found = page.row.review
    assert found is not None
    assert found.reading is not None
    assert (found.reasons, found.urgency) == (
        ("rating", "sentiment", "urgency"),
        (Urgent("safety", ("caught fire",)),),
    )
    assert (found.reading.sentiment, found.verified, found.body) == ("negative", True, "It is all right.")
    assert page.row.clock is not None
    assert (page.row.clock.kind, page.row.clock.state) == ("first_reply", "running")
    assert page.customer is not None
    assert (page.customer.orders, page.customer.spend_minor, page.customer.currency) == (1, 5000, "USD")
    assert (page.customer.tier_code, page.customer.points_active, page.customer.cases) == ("bronze", 30, 1)
    assert [event.kind for event in page.events] == ["opened", "assigned", "goodwill", "reply"]
    assert (page.events[2].points, page.events[2].text) == (30, "A little sorry")
    assert (page.events[3].text, page.events[3].delivery) == ("We are on it.", "queued")
    assert [each.id for each in page.on_its_way.outgoing] == [queued.message_id]
    assert (page.points_given, page.points_left) == (30, 70)
    assert [person.id for person in page.people] == [agent]


async def test_what_the_customer_sees(merchant: UUID) -> None:
    buyer, other = await customer(merchant), await customer(merchant, "c2")
    agent = await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    await take_in(merchant, review("r2", customer_id=buyer, written_at=NOW - DAY))

    async def step() -> str:
        async with db.transaction(merchant):
            return (await desk.of_customer(case, buyer)).case.step

    assert await step() == "open"
    async with db.transaction(merchant):
        await service.note(case, "A secret", agent, NOW)
        queued = await conversation.message(case, "What happened?", agent, 1, NOW)
    async with db.transaction(merchant):
        assert (await desk.of_customer(case, buyer)).messages == ()
        await delivery.deliver(queued.message_id, LATER)
    assert await step() == "waiting_for_you"
    async with db.transaction(merchant):
        await conversation.customer_message(case, buyer, "It fell.", LATER + DAY)
    assert await step() == "open"  # the shop has to answer again
    async with db.transaction(merchant):
        seen = await desk.of_customer(case, buyer)
        with pytest.raises(NotFound):
            await desk.of_customer(case, other)
        first = await review_queries.of_customer(buyer, limit=1)
        assert first.next is not None
        second = await review_queries.of_customer(buyer, first.next, 1)
    assert [(each.kind, each.text) for each in seen.messages] == [
        ("private_message", "What happened?"),
        ("customer_message", "It fell."),
    ]
    assert [each.review.external_id for each in (*first.rows, *second.rows)] == ["r2", "r1"]
    assert first.rows[0].case is None
    assert second.rows[0].case is not None
    assert second.next is None


async def test_orders_that_were_called_off_make_nobody_a_better_customer(merchant: UUID) -> None:
    buyer, other, agent = (
        await customer(merchant),
        await customer(merchant, "other"),
        await employee(merchant),
    )
    await order(merchant, buyer, "o1", "lamp", NOW - 2 * DAY)
    await order(merchant, buyer, "o2", "lamp", NOW - DAY)
    await order(merchant, other, "o3", "lamp", NOW - DAY)
    await value(merchant, "UPDATE orders SET cancelled_at = $1 WHERE external_id IN ('o2', 'o3')", NOW)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        [asked] = await unreviewed.begin([Asked(other, "question")], NOW)
        found = (await desk.case(case, agent)).customer
        parts = [
            db.from_json(await db.fetchval("SELECT priority_parts FROM cases WHERE id = $1", each))
            for each in (case, asked.case_id)
        ]
    assert found and (found.orders, found.spend_minor, found.last_order_at) == (1, 5000, NOW - 2 * DAY)
    assert [each["customer"] for each in parts] == [2, 0]


async def test_a_question_counts_the_orders_of_whoever_stands_for_who_asks(merchant: UUID) -> None:
    old, new = await customer(merchant, "old"), await customer(merchant, "new")
    await order(merchant, old, "o1", "lamp", NOW - DAY)
    await order(merchant, new, "o2", "lamp", NOW - DAY)
    async with db.transaction(merchant):
        await customers.merge("old", "new", NOW)
        [asked] = await unreviewed.begin([Asked(old, "question")], NOW)
        parts = await db.fetchval("SELECT priority_parts FROM cases WHERE id = $1", asked.case_id)
    assert db.from_json(parts)["customer"] == 4
