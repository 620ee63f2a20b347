"""The daily patrol, snoozed cases, and one deed on many."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core import db
from core.errors import Forbidden
from core.ids import new_id
from reviews.cases import bulk, conversation, delivery, service
from reviews.cases.bulk import Chosen
from reviews.cases.patrol import service as patrols
from reviews.cases.service import SnoozeUnfit
from reviews.cases.tasks import patrol, sweep
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import DAY, NOW, employee, open_case, rows, value

HOUR = timedelta(hours=1)


async def test_the_patrol_finds_what_is_nobodys_or_late_and_nothing_else(merchant: UUID) -> None:
    nobodys, late, answered, fine = [await open_case(merchant, external_id=f"r{n}") for n in range(4)]
    agent = await employee(merchant)
    async with db.transaction(merchant):
        for case in (late, answered, fine):
            await service.assign(case, agent, agent, 1, NOW)
        queued = await conversation.reply(answered, "Sorry", agent, 2, NOW)
        await delivery.deliver(queued.message_id, NOW)
        await db.execute("UPDATE cases SET due_at = $2 WHERE id = $1", late, NOW)
        found, undone = await patrols.look(NOW + HOUR)
    assert [each.id for each in undone] == [nobodys, late]
    assert found == patrols.Found(negative=4, without_case=0, handled=1, listed=2, unowned=1, overdue=1)


async def test_one_mail_a_day_to_the_managers_in_the_shops_morning(sweep_only: Callable[..., None]) -> None:
    merchant = await new_merchant("Asia/Shanghai")
    sweep_only(merchant)
    await employee(merchant, "owner")
    manager = await employee(merchant, "community_manager")
    await open_case(merchant)
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET owner_id = NULL")
    early = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past seven in Shanghai
    mails = "SELECT s.id, m.kind FROM mails m JOIN staff s ON s.email = m.to_address ORDER BY m.id"
    await patrol(early)
    assert await rows(merchant, mails) == []
    for later in (HOUR, 2 * HOUR, 20 * HOUR):
        await patrol(early + later)
    assert await rows(merchant, mails) == [(manager, "case_patrol")]
    await patrol(early + DAY + HOUR)
    assert await rows(merchant, mails) == [(manager, "case_patrol")] * 2
    assert await value(merchant, "SELECT count(*) FROM case_patrols") == 2


async def test_nothing_undone_is_no_mail(merchant: UUID, sweep_only: Callable[..., None]) -> None:
    sweep_only(merchant)
    await employee(merchant, "owner")
    await patrol(NOW)
    assert await value(merchant, "SELECT count(*) FROM case_patrols") == 1
    assert await value(merchant, "SELECT count(*) FROM mails") == 0


async def test_a_snoozed_case_comes_back_and_its_clocks_run_on(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    sweep_only(merchant)
    case, agent = await open_case(merchant), await employee(merchant)
    for wrong in (NOW, NOW + 40 * DAY):
        with pytest.raises(SnoozeUnfit):
            async with db.transaction(merchant):
                await service.snooze(case, wrong, agent, 1, NOW)
    async with db.transaction(merchant):
        await service.snooze(case, NOW + DAY, agent, 1, NOW)
    await sweep(NOW + 13 * HOUR)
    assert await value(merchant, "SELECT snoozed_until FROM cases") == NOW + DAY
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'clock_warning'") == 1
    await sweep(NOW + DAY)
    assert await value(merchant, "SELECT snoozed_until FROM cases") is None
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'woken'") == 1


async def test_whatever_is_done_on_it_wakes_a_snoozed_case(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        version = await service.snooze(case, NOW + DAY, agent, 1, NOW)
        await service.assign(case, agent, agent, version, NOW)
    assert await value(merchant, "SELECT snoozed_until FROM cases") is None


async def seen() -> list[Chosen]:
    return [Chosen(*row) for row in await db.fetch("SELECT id, version FROM cases ORDER BY number")]


async def test_one_deed_on_many_leaves_out_what_refuses(merchant: UUID) -> None:
    cases = [await open_case(merchant, external_id=f"r{n}") for n in range(3)]
    boss, agent = await employee(merchant, "owner"), await employee(merchant)
    async with db.transaction(merchant):
        await service.resolve(cases[0], agent, 1, NOW)
        outcome = await bulk.assign([*await seen(), Chosen(new_id(), 1)], agent, boss, NOW)
        assert (outcome.done, outcome.refused) == (2, 2)
        before = await seen()
        snoozed = await bulk.snooze(before, NOW + DAY, agent, NOW)
        assert (snoozed.done, snoozed.refused) == (2, 1)
        assert await bulk.spam(before, agent, NOW) == bulk.Outcome(0, 3), "somebody has changed them since"
        assert await bulk.spam(await seen(), agent, NOW) == bulk.Outcome(2, 1)
    assert await rows(merchant, "SELECT state, owner_id FROM cases ORDER BY number") == [
        ("resolved", agent),
        ("spam", agent),
        ("spam", agent),
    ]


async def test_nobody_without_the_right_assigns_many(merchant: UUID) -> None:
    case, agent, other = await open_case(merchant), await employee(merchant), await employee(merchant)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await bulk.assign([Chosen(case, 1)], other, agent, NOW)
    assert await value(merchant, "SELECT version FROM cases") == 1
