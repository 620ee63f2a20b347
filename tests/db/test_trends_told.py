"""What begins to rise is told each morning, once: by mail to the managers and by webhook."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from core import clock, db, tenancy
from core.celery_app import PERIODIC, PERIODIC_MODULES
from core.webhooks import endpoints
from core.webhooks.endpoints import Wanted
from reviews.trends import tasks, telling
from tests.conftest import new_merchant
from tests.db.test_review_trends import store
from tests.fixtures.reviews.shop import DAY, NOW, employee, rows

MAILS = "SELECT to_address, kind, subject, body FROM mails ORDER BY id"
BODIES = "SELECT body FROM webhook_events ORDER BY id"


async def look(merchant: UUID, now: datetime) -> bool:
    async with db.transaction(merchant):
        return await telling.look(now)


async def manager(merchant: UUID, locale: str = "en") -> str:
    async with db.transaction(merchant):
        await db.execute("UPDATE staff SET locale = $1", locale)
        return str(await db.fetchval("SELECT email FROM staff WHERE role = 'community_manager'"))


async def spike(merchant: UUID, sku: str, days_ago: Sequence[int] = (2,) * 20) -> None:
    await store(merchant, sku, [20] * 60, 4)
    await store(merchant, sku, days_ago, 12)


async def test_a_rise_is_told_once_with_numbers_and_reviews(merchant: UUID) -> None:
    await employee(merchant, "owner")
    await employee(merchant, "community_manager")
    to = await manager(merchant)
    async with db.transaction(merchant):
        await endpoints.add(Wanted("https://shop.test/hook", ("trend.risen",)), NOW)
    await spike(merchant, "lamp")
    assert await look(merchant, NOW)
    [(address, kind, subject, body)] = await rows(merchant, MAILS)
    assert (address, kind) == (to, "trends")
    assert subject == "More complaints than before: lamp · Packaging"
    assert "lamp · Product\n12 of 20 reviews complain: 60%, before that 7%.\n- Feb 27, 2026 · Case " in body
    assert body.count("/staff/inbox/cases/") == 10 and body.endswith("/staff/inbox/trends\n")
    told = [msgspec.json.decode(body) for (body,) in await rows(merchant, BODIES)]
    assert {(each["type"], each["data"]["key"]) for each in told} == {
        ("trend.risen", "lamp"),
        ("trend.risen", "packaging"),
    }
    assert {len(each["data"]["evidence"]) for each in told} == {5}
    # Neither again today, nor tomorrow while it lasts; what is new then is told alone.
    assert not await look(merchant, NOW)
    await spike(merchant, "vase")
    assert await look(merchant, NOW + DAY)
    assert [each[2] for each in await rows(merchant, MAILS)][1:] == ["More complaints than before: vase"]
    assert len(await rows(merchant, BODIES)) == 3


async def test_what_was_over_for_a_week_is_told_anew(merchant: UUID) -> None:
    await employee(merchant, "community_manager")
    await store(merchant, "lamp", [41] * 60, 4)
    await store(merchant, "lamp", [22] * 20, 12)
    for days in range(21, 1, -1):
        assert await look(merchant, NOW - days * DAY)
    assert len(await rows(merchant, MAILS)) == 1
    await store(merchant, "lamp", [1] * 20, 14)
    assert await look(merchant, NOW)
    assert len(await rows(merchant, MAILS)) == 2


async def test_nothing_is_told_before_eight_in_the_shop_or_where_nothing_has_risen(
    sweep_only: Callable[..., None],
) -> None:
    merchant = await new_merchant("Asia/Shanghai")
    await employee(merchant, "community_manager")
    await manager(merchant, "zh-Hans")
    await store(merchant, "lamp", [20] * 60, 4)
    early = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past seven in Shanghai
    assert not await look(merchant, early)
    assert await look(merchant, early + DAY / 48)
    assert await rows(merchant, MAILS) == []
    await spike(merchant, "vase")
    sweep_only(merchant)
    with clock.set_clock(lambda: early + DAY + DAY / 48):
        await tenancy.for_each(tasks.of_merchant)
    [(_, _, subject, body)] = await rows(merchant, MAILS)
    assert subject == "投诉比以前多：包装 · vase" and "vase · 商品" in body


def test_it_is_asked_often_enough_to_be_morning_everywhere() -> None:
    [entry] = [each for each in PERIODIC if each.task == "reviews.trends"]
    assert entry.every_s <= 3600 and "reviews.trends.tasks" in PERIODIC_MODULES
