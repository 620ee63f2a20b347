"""Points, tiers and orders as messages: sent where the merchant wants it, once, of what happened lately."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.mail import service as mails
from core.notifications import settings
from core.notifications.model import Settings
from loyalty.intake.service import ingest
from loyalty.tiers.tasks import after_change, after_posting
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.shop import START, day, programme, store

NOW = day(40) + timedelta(hours=12)
ALL = ("order_paid", "order_delivered", "order_refunded", "points_earned", "tier_changed")


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    async with db.transaction(merchant):
        await programme()
        await store()
        on = dict.fromkeys(ALL, True)
        await settings.change(Settings(quiet_from=NOW.time(), quiet_until=NOW.time(), kinds=on), None, START)
    return merchant


async def send(merchant: UUID, *events: Any) -> None:
    async with db.transaction(merchant):
        assert {each.status for each in await ingest(events, NOW)} <= {"applied", "duplicate"}


async def work_off(merchant: UUID) -> None:
    """What the worker does with points and tiers; twice, as it may."""
    for topic, handle in (("points.posted", after_posting), ("tier.changed", after_change)) * 2:
        async with db.transaction(merchant):
            for row in await db.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", topic):
                await handle(db.from_json(row["payload"]), NOW)


async def subjects(merchant: UUID) -> list[str]:
    async with db.transaction(merchant):
        return sorted(mail.subject for mail in await mails.newest())


async def test_customers_hear_where_their_order_is_and_of_their_points(shop: UUID) -> None:
    told = (
        joined("anna", day(1)),
        event("customer.updated", day(1), "u1", customer_id="anna", email="anna@example.test"),
        paid("o1", "anna", 100_00, NOW - timedelta(hours=3)),
        delivered("o1", NOW - timedelta(hours=2)),
        refunded("o1", "f1", 10_00, NOW - timedelta(hours=1)),
    )
    await send(shop, *told)
    await send(shop, *told)
    await work_off(shop)
    found = await subjects(shop)
    assert [each for each in found if "o1" in each] == [
        "Money back for your order o1", "Your order o1 is paid", "Your order o1 was delivered",
    ]  # fmt: skip
    assert [each for each in found if "points for you" in each] != []
    assert len(found) == len(set(found))


async def test_history_that_is_loaded_is_nobodys_news(shop: UUID) -> None:
    known = event("customer.updated", day(1), customer_id="anna", email="anna@example.test")
    await send(
        shop, joined("anna", day(1)), known, paid("o1", "anna", 500_00, day(2)), delivered("o1", day(3))
    )
    await work_off(shop)
    # That they have another tier is news: it was counted just now.
    assert [each for each in await subjects(shop) if "tier" not in each] == []


async def test_without_the_merchants_word_nothing_is_said(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
    await send(merchant, joined("anna", day(1)), paid("o1", "anna", 100_00, NOW - timedelta(hours=3)))
    await work_off(merchant)
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM notifications") == 0
