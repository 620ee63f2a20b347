"""Clocks say each of their words once, whatever the workers do."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core import db
from reviews.cases import clocks, conversation, delivery, service
from reviews.cases.clocks import ESCALATE
from reviews.cases.escalation import tell
from reviews.cases.service import DuplicateUnfit
from reviews.cases.tasks import sweep
from sentiment.types import Urgency
from tests.fixtures.reviews.shop import (
    NOW,
    customer,
    employee,
    open_case,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)

HOUR = timedelta(hours=1)


async def note(merchant: UUID, at: datetime) -> tuple[int, int]:
    async with db.transaction(merchant):
        return await clocks.sweep(at)


async def words(merchant: UUID) -> list[tuple[str, str, int]]:
    """What the clocks said but that they started; without a level it is 0."""
    found = await rows(
        merchant,
        "SELECT kind, detail->>'clock', coalesce((detail->>'level')::int, 0) FROM case_events"
        " WHERE kind LIKE 'clock%' AND kind <> 'clock_started' ORDER BY at, id",
    )
    return [(kind, clock, level) for kind, clock, level in found]


async def test_warned_then_breached_once_each_under_many_sweepers(merchant: UUID) -> None:
    await open_case(merchant)
    assert await note(merchant, NOW + 11 * HOUR) == (0, 0)
    for hours, said in ((12, (1, 0)), (20, (1, 0)), (25, (0, 1)), (36, (0, 1)), (49, (0, 1))):
        results = await asyncio.gather(*(note(merchant, NOW + hours * HOUR) for _ in range(5)))
        assert sorted(results) == sorted([(0, 0)] * 4 + [said])
        assert await note(merchant, NOW + hours * HOUR) == (0, 0)
    assert await words(merchant) == [
        ("clock_warning", "first_reply", 50),
        ("clock_warning", "first_reply", 80),
        *(("clock_breached", "first_reply", level) for level in (1, 2, 3)),
    ]
    breached_at = await value(merchant, "SELECT breached_at FROM case_clocks WHERE kind = 'first_reply'")
    assert breached_at == NOW + 25 * HOUR
    told = await rows(merchant, "SELECT (payload->>'level')::int FROM outbox WHERE topic = $1", ESCALATE)
    assert sorted(told) == [(1,), (2,), (3,)]


async def test_a_sweep_that_comes_late_says_each_level_but_no_warning(merchant: UUID) -> None:
    await open_case(merchant)
    assert await note(merchant, NOW + 37 * HOUR) == (0, 2)
    assert await note(merchant, NOW + 38 * HOUR) == (0, 0)
    assert await words(merchant) == [
        ("clock_breached", "first_reply", 1),
        ("clock_breached", "first_reply", 2),
    ]


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
    assert await words(merchant) == [("clock_satisfied", "resolution", 0)]


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


async def test_the_task_passes_over_all_merchants_and_closes_what_stayed_quiet(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    sweep_only(merchant)
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.resolve(case, agent, 1, NOW)
    await sweep(NOW + timedelta(days=29))
    assert await value(merchant, "SELECT state FROM cases") == "resolved"
    _, _, closed = await sweep(NOW + timedelta(days=31))
    assert closed == 1
    assert await rows(merchant, "SELECT state, resolved_at FROM cases") == [("closed", NOW)]
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'closed'") == 1


async def test_a_clock_stands_still_while_the_customer_or_somebody_else_must_act(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        version = await service.wait(case, "third_party", "Carrier looks for it", agent, 1, NOW + 10 * HOUR)
    assert await value(merchant, "SELECT due_at FROM cases") is None
    assert await note(merchant, NOW + 500 * HOUR) == (0, 0)
    async with db.transaction(merchant):
        await service.take_up(case, agent, version, NOW + 500 * HOUR)
    assert await value(merchant, "SELECT due_at FROM cases") == NOW + 514 * HOUR
    assert await note(merchant, NOW + 501 * HOUR) == (0, 0)
    assert await note(merchant, NOW + 502 * HOUR) == (1, 0)
    assert (await words(merchant))[:2] == [
        ("clock_paused", "first_reply", 1),
        ("clock_paused", "resolution", 1),
    ]


async def test_what_was_missed_before_the_pause_is_said_all_the_same(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.wait(case, "customer", "Asked for a photo", agent, 1, NOW + 30 * HOUR)
    assert await note(merchant, NOW + 31 * HOUR) == (0, 1)
    assert await note(merchant, NOW + 400 * HOUR) == (0, 0)


async def test_the_next_reply_is_owed_anew_each_time_the_customer_writes(merchant: UUID) -> None:
    buyer = await customer(merchant)
    case, agent = await open_case(merchant, customer_id=buyer), await employee(merchant)
    at = NOW
    for version in (1, 4):
        async with db.transaction(merchant):
            queued = await conversation.message(case, "And now?", agent, version, at)
        async with db.transaction(merchant):
            await delivery.deliver(queued.message_id, at)
        for _ in range(2):
            async with db.transaction(merchant):
                await conversation.customer_message(case, buyer, "No.", at + HOUR)
        at += 2 * HOUR
    clocks_of = "SELECT round, started_at, satisfied_at FROM case_clocks WHERE kind = 'next_reply' ORDER BY 1"
    assert await rows(merchant, clocks_of) == [
        (1, NOW + HOUR, NOW + 2 * HOUR),
        (2, NOW + 3 * HOUR, None),
    ]


async def test_one_person_a_level_is_told(merchant: UUID) -> None:
    boss = await employee(merchant, "community_manager")
    owner = await employee(merchant, "owner")
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.assign(case, agent, agent, 1, NOW)
    await note(merchant, NOW + 100 * HOUR)
    told = await rows(merchant, "SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", ESCALATE)
    async with db.transaction(merchant):
        for (payload,) in told:
            await tell(db.from_json(payload), NOW + 100 * HOUR)
    events = await rows(
        merchant,
        "SELECT (detail->>'level')::int, (detail->>'to')::uuid FROM case_events"
        " WHERE kind = 'escalated' AND detail->>'clock' = 'first_reply' ORDER BY 1",
    )
    assert events == [(1, agent), (2, boss), (3, owner)]
    assert await value(merchant, "SELECT count(*) FROM mails WHERE kind = 'case_escalated'") == len(told)


async def test_nobody_is_told_of_what_has_been_done_meanwhile(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    await note(merchant, NOW + 30 * HOUR)
    async with db.transaction(merchant):
        await service.resolve(case, agent, 1, NOW + 31 * HOUR)
        ((payload,),) = await db.fetch("SELECT payload FROM outbox WHERE topic = $1", ESCALATE)
        await tell(db.from_json(payload), NOW + 31 * HOUR)
    assert await value(merchant, "SELECT count(*) FROM mails") == 0


async def test_spam_and_duplicate_end_the_clocks_and_can_be_taken_back(merchant: UUID) -> None:
    first, second = await open_case(merchant), await open_case(merchant, external_id="r2")
    agent = await employee(merchant)
    async with db.transaction(merchant):
        await service.spam(first, agent, 1, NOW)
    third = await open_case(merchant, external_id="r3")
    for number in (1, 2, 9):  # one that is done, itself, and none
        with pytest.raises(DuplicateUnfit):
            async with db.transaction(merchant):
                await service.duplicate(second, number, agent, 1, NOW)
    async with db.transaction(merchant):
        version = await service.duplicate(second, 3, agent, 1, NOW)
        await service.resolve(third, agent, 1, NOW)
    assert await rows(merchant, "SELECT state, open, due_at FROM cases ORDER BY number") == [
        ("spam", False, None),
        ("duplicate", False, None),
        ("resolved", False, None),
    ]
    assert await note(merchant, NOW + 1000 * HOUR) == (0, 0)
    async with db.transaction(merchant):
        await service.reopen(second, agent, version, NOW + HOUR)
    assert await rows(merchant, "SELECT state, cycle, duplicate_of FROM cases WHERE number = 2") == [
        ("reopened", 2, None)
    ]
