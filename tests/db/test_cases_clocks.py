"""Clocks say each of their words once, whatever the workers do."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from reviews.cases import clocks, conversation, delivery, service
from reviews.cases.tasks import sweep
from sentiment.types import Urgency
from tests.fixtures.reviews.shop import NOW, employee, open_case, reading, review, rows, score, take_in, value

HOUR = timedelta(hours=1)


async def note(merchant: UUID, at: datetime) -> tuple[int, int]:
    async with db.transaction(merchant):
        return await clocks.sweep(at)


async def words(merchant: UUID) -> list[tuple[str, str]]:
    found = await rows(
        merchant,
        "SELECT kind, detail->>'clock' FROM case_events WHERE kind LIKE 'clock%' ORDER BY at, id",
    )
    return [(kind, clock) for kind, clock in found]


async def test_warned_then_breached_once_each_under_many_sweepers(merchant: UUID) -> None:
    await open_case(merchant)
    assert await note(merchant, NOW + 19 * HOUR) == (0, 0)
    results = await asyncio.gather(*(note(merchant, NOW + 20 * HOUR) for _ in range(5)))
    assert sorted(results) == [(0, 0)] * 4 + [(1, 0)]
    results = await asyncio.gather(*(note(merchant, NOW + 25 * HOUR) for _ in range(5)))
    assert sorted(results) == [(0, 0)] * 4 + [(0, 1)]
    assert await note(merchant, NOW + 25 * HOUR) == (0, 0)
    assert await words(merchant) == [("clock_warning", "first_reply"), ("clock_breached", "first_reply")]
    marks = await rows(merchant, "SELECT warned_at, breached_at FROM case_clocks WHERE kind = 'first_reply'")
    assert marks == [(NOW + 20 * HOUR, NOW + 25 * HOUR)]


async def test_a_sweep_that_comes_late_says_breached_only(merchant: UUID) -> None:
    await open_case(merchant)
    assert await note(merchant, NOW + 48 * HOUR) == (0, 1)
    assert await note(merchant, NOW + 49 * HOUR) == (0, 0)
    assert await words(merchant) == [("clock_breached", "first_reply")]


async def test_a_reply_after_the_breach_satisfies_late(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    late = NOW + 30 * HOUR
    await note(merchant, late)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry, late.", agent, 1, late)
    async with db.transaction(merchant):
        await delivery.deliver(queued.message_id, late + HOUR)
    detail = await rows(merchant, "SELECT detail->>'late' FROM case_events WHERE kind = 'clock_satisfied'")
    assert detail == [("true",)]
    assert await value(merchant, "SELECT due_at FROM cases") == NOW + 120 * HOUR


async def test_a_resolved_case_has_no_clock_that_runs(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.resolve(case, agent, 1, NOW + HOUR)
    assert await note(merchant, NOW + 1000 * HOUR) == (0, 0)
    assert await words(merchant) == [("clock_satisfied", "resolution")]


async def test_each_cycle_has_its_own(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    await note(merchant, NOW + 30 * HOUR)
    async with db.transaction(merchant):
        version = await service.resolve(case, agent, 1, NOW + 31 * HOUR)
    async with db.transaction(merchant):
        await service.reopen(case, agent, version, NOW + 32 * HOUR)
    assert await note(merchant, NOW + 60 * HOUR) == (0, 1)
    breaches = await rows(
        merchant, "SELECT cycle FROM case_events WHERE kind = 'clock_breached' ORDER BY cycle"
    )
    assert breaches == [(1,), (2,)]


async def test_urgent_cases_have_less_time(merchant: UUID) -> None:
    (received,) = await take_in(merchant, review())
    await score(merchant, received, reading(0.1, Urgency("safety", ("fire",))))
    assert await value(merchant, "SELECT due_at FROM cases") == NOW + 4 * HOUR
    assert await note(merchant, NOW + 5 * HOUR) == (0, 1)


async def test_a_sweep_and_a_deed_do_not_wait_for_each_other(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.note(case, "looking", agent, NOW)
        assert await asyncio.wait_for(asyncio.create_task(_other(merchant)), 5) == (0, 1)
        await service.resolve(case, agent, 1, NOW + 26 * HOUR)
    assert await value(merchant, "SELECT state FROM cases") == "resolved"


async def _other(merchant: UUID) -> tuple[int, int]:
    db.DB.current_transaction.set(None)
    return await note(merchant, NOW + 25 * HOUR)


async def test_the_task_passes_over_all_merchants_and_closes_what_stayed_quiet(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.resolve(case, agent, 1, NOW)
    await sweep(NOW + timedelta(days=29))
    assert await value(merchant, "SELECT state FROM cases") == "resolved"
    _, _, closed = await sweep(NOW + timedelta(days=31))
    assert closed >= 1
    assert await rows(merchant, "SELECT state, resolved_at FROM cases") == [("closed", NOW)]
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'closed'") == 1
