"""A telephone call that the policy of a cycle requires before the case is resolved."""

from datetime import timedelta
from uuid import UUID

import pytest
from asyncpg.exceptions import CheckViolationError

from core import db
from reviews.cases import conversation, reading, service
from reviews.cases.calls import CallRequired, Outcome
from reviews.cases.patrol import service as patrols
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, Targets
from tests.fixtures.reviews.shop import NOW, customer, employee, open_case, rows, value

CALL = Policy("call", "Call", Fits(), Targets(private_contact=3600, resolution=7200), (), call=True)
STAND = "SELECT state, version, call_owed, (SELECT count(*) FROM case_events) FROM cases"


async def required(merchant: UUID, known: bool = True) -> tuple[UUID, UUID]:
    """An open case that owes a call, and an agent."""
    boss = await employee(merchant, "community_manager")
    async with db.transaction(merchant):
        await targets.put(CALL, boss, NOW)
    who = await customer(merchant) if known else None
    case = await open_case(merchant, customer="c1") if who else await open_case(merchant)
    return case, await employee(merchant)


async def call(merchant: UUID, case: UUID, agent: UUID, outcome: Outcome) -> None:
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
        await conversation.call(case, f"It was {outcome}.", agent, version, NOW, outcome)


async def resolve(merchant: UUID, case: UUID, agent: UUID) -> None:
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
        await service.resolve(case, agent, version, NOW)


async def test_without_the_call_it_is_not_resolved_and_nothing_changes(merchant: UUID) -> None:
    case, agent = await required(merchant)
    before = await rows(merchant, STAND)
    with pytest.raises(CallRequired) as refused:
        await resolve(merchant, case, agent)
    assert refused.value.code == "call_required"
    assert await rows(merchant, STAND) == before and before[0][2] is True
    await call(merchant, case, agent, "reached")
    await resolve(merchant, case, agent)
    assert await value(merchant, "SELECT state FROM cases") == "resolved"


async def test_three_calls_in_vain_are_enough_and_reach_nobody(merchant: UUID) -> None:
    case, agent = await required(merchant)
    in_vain: tuple[Outcome, ...] = ("no_answer", "voicemail")
    for outcome in in_vain:
        await call(merchant, case, agent, outcome)
        with pytest.raises(CallRequired):
            await resolve(merchant, case, agent)
    clock = "SELECT satisfied_at FROM case_clocks WHERE kind = 'private_contact'"
    assert await value(merchant, clock) is None
    await call(merchant, case, agent, "wrong_number")
    await resolve(merchant, case, agent)
    log = await rows(merchant, "SELECT staff_id, outcome, body FROM case_messages ORDER BY created_at, id")
    assert log == [
        (agent, outcome, f"It was {outcome}.") for outcome in ("no_answer", "voicemail", "wrong_number")
    ]
    async with db.transaction(merchant):
        shown = await reading.case(case, agent)
    assert [each.detail["outcome"] for each in shown.events if each.kind == "call"] == [
        "no_answer", "voicemail", "wrong_number",
    ]  # fmt: skip


async def test_a_new_cycle_owes_a_call_of_its_own(merchant: UUID) -> None:
    case, agent = await required(merchant)
    await call(merchant, case, agent, "declined")
    await resolve(merchant, case, agent)
    async with db.transaction(merchant):
        await service.reopen(case, agent, await db.fetchval("SELECT version FROM cases"), NOW)
    with pytest.raises(CallRequired):
        await resolve(merchant, case, agent)


async def test_nobody_calls_whom_nobody_knows_or_whose_data_is_deleted(merchant: UUID) -> None:
    case, agent = await required(merchant, known=False)
    await resolve(merchant, case, agent)
    await customer(merchant, "c9")
    known = await open_case(merchant, external_id="r2", customer="c9")
    with pytest.raises(CallRequired):
        await resolve(merchant, known, agent)
    async with db.transaction(merchant):
        await db.execute("UPDATE customers SET deleted_at = $1 WHERE external_id = 'c9'", NOW)
    await resolve(merchant, known, agent)


async def test_the_patrol_lists_who_is_to_be_called(merchant: UUID) -> None:
    case, agent = await required(merchant)
    async with db.transaction(merchant):
        await service.assign(case, agent, agent, 1, NOW)
        found, undone = await patrols.look(NOW + timedelta(minutes=1))
    assert (found.calls, [(each.id, each.call_owed) for each in undone]) == (1, [(case, True)])
    await call(merchant, case, agent, "reached")
    async with db.transaction(merchant):
        found, undone = await patrols.look(NOW + timedelta(minutes=1))
    assert (found.calls, undone) == (0, [])


async def test_only_a_call_has_an_outcome(merchant: UUID) -> None:
    case, agent = await required(merchant)
    async with db.transaction(merchant):
        await service.note(case, "A note", agent, NOW)
    with pytest.raises(CheckViolationError):
        async with db.transaction(merchant):
            await db.execute("UPDATE case_messages SET outcome = 'reached'")
