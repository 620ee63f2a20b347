"""What happens between two deeds: words that cross each other, late workers, merged and erased people."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core import db
from core.people import customers
from reviews.cases import clocks, conversation, delivery, escalation, service, unreviewed
from reviews.cases import reading as reads
from reviews.cases.conversation import NobodyToAnswer
from reviews.cases.delivery import NothingToRetry
from reviews.cases.routing import service as routing
from reviews.cases.service import DuplicateUnfit
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, Targets
from reviews.cases.tasks import sweep
from reviews.cases.unreviewed import Asked
from reviews.intake import service as intake
from sentiment.types import Urgency
from tests.db.test_cases_routing import make_team, negative
from tests.fixtures.reviews.shop import (
    NOW,
    customer,
    employee,
    member,
    moved,
    open_case,
    order,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
CLOCKS = "SELECT kind, round, satisfied_at FROM case_clocks WHERE case_id = $1 ORDER BY cycle, kind, round"


async def write(merchant: UUID, case: UUID, by: UUID, at: datetime) -> conversation.Queued:
    async with db.transaction(merchant):
        return await conversation.message(case, "We look into it.", by, await version(case), at)


async def version(case: UUID) -> int:
    """As it is now, in the open transaction."""
    found: int = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
    return found


async def deliver(merchant: UUID, queued: conversation.Queued, at: datetime) -> None:
    async with db.transaction(merchant):
        await delivery.deliver(queued.message_id, at)


async def answer(merchant: UUID, case: UUID, buyer: UUID, at: datetime) -> None:
    async with db.transaction(merchant):
        await conversation.customer_message(case, buyer, "One more thing.", at)


# ---------------------------------------------------------------- words that cross each other


async def test_a_message_written_before_the_customers_answers_nothing_of_it(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    queued = await write(merchant, case, agent, NOW)
    await answer(merchant, case, buyer, NOW + 5 * SECOND)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    assert ("next_reply", 1, None) in await rows(merchant, CLOCKS, case)
    assert await rows(merchant, "SELECT state, answered_at FROM cases") == [("waiting_for_us", None)]
    second = await write(merchant, case, agent, NOW + 20 * SECOND)
    await deliver(merchant, second, NOW + 30 * SECOND)
    assert ("next_reply", 1, NOW + 30 * SECOND) in await rows(merchant, CLOCKS, case)
    assert await value(merchant, "SELECT answered_at FROM cases") == NOW + 30 * SECOND


async def test_a_reply_sent_and_the_case_resolved_at_once_counts_as_the_first_reply(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry.", agent, 1, NOW + HOUR)
        await service.resolve(case, agent, 2, NOW + HOUR + SECOND)
    await deliver(merchant, queued, NOW + HOUR + 10 * SECOND)
    assert await rows(merchant, CLOCKS, case) == [
        ("first_reply", 1, NOW + HOUR + 10 * SECOND),
        ("resolution", 1, NOW + HOUR + SECOND),
    ]
    assert await value(merchant, "SELECT state FROM cases") == "resolved"


async def test_a_reply_of_the_cycle_before_answers_nothing_of_the_next(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry.", agent, 1, NOW)
        await service.resolve(case, agent, 2, NOW + SECOND)
        await conversation.customer_message(case, buyer, "Not at all.", NOW + 2 * SECOND)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    at = NOW + 10 * SECOND
    first = "SELECT cycle, satisfied_at FROM case_clocks WHERE kind = 'first_reply' ORDER BY 1"
    assert await rows(merchant, first) == [(1, at), (2, None)]
    assert await rows(merchant, "SELECT state, answered_at FROM cases") == [("reopened", None)]


async def test_what_was_missed_is_said_though_no_worker_looked_before_the_reply(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry.", agent, 1, NOW + 30 * HOUR)
    await deliver(merchant, queued, NOW + 30 * HOUR + 10 * SECOND)
    said = "SELECT kind FROM case_events WHERE detail->>'clock' = 'first_reply' ORDER BY id"
    assert [kind for (kind,) in await rows(merchant, said)] == [
        *("clock_started", "clock_breached", "clock_satisfied")
    ]
    assert (
        await value(merchant, "SELECT detail->>'late' FROM case_events WHERE kind = 'clock_satisfied'")
        == "true"
    )
    async with db.transaction(merchant):
        assert await clocks.sweep(NOW + 31 * HOUR) == (0, 0)
        await service.resolve(case, agent, 2, NOW + 400 * HOUR)
    missed = (
        "SELECT count(*) FROM case_events WHERE kind = 'clock_breached' AND detail->>'clock' = 'resolution'"
    )
    assert await value(merchant, missed) == 3


async def test_a_failed_reply_is_not_sent_over_a_later_one(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    async with db.transaction(merchant):
        failed = await conversation.reply(case, "First.", agent, 1, NOW)
        await db.execute("UPDATE case_messages SET state = 'failed', failure = 'source_away'")
    async with db.transaction(merchant):
        later = await conversation.reply(case, "Second.", agent, 2, NOW + HOUR)
        await delivery.deliver(later.message_id, NOW + HOUR + 10 * SECOND)
    with pytest.raises(NothingToRetry):
        async with db.transaction(merchant):
            await delivery.retry(case, failed.message_id, agent, NOW + 2 * HOUR)
    assert await value(merchant, "SELECT reply FROM reviews") == "Second."


# ---------------------------------------------------------------- replies that are owed


async def test_a_customer_who_writes_where_the_review_was_answered_before_is_owed_a_reply(
    merchant: UUID,
) -> None:
    buyer = await customer(merchant)
    case = await open_case(
        merchant, customer_id=buyer, source="import", reply="Sorry to hear.", replied_at=NOW - 24 * HOUR
    )
    assert [kind for kind, *_ in await rows(merchant, CLOCKS, case)] == ["resolution"]
    await answer(merchant, case, buyer, NOW + HOUR)
    await answer(merchant, case, buyer, NOW + 2 * HOUR)
    assert ("next_reply", 1, None) in await rows(merchant, CLOCKS, case)


async def test_a_cycle_that_begins_without_a_clock_keeps_what_it_was_promised(merchant: UUID) -> None:
    buyer, boss, agent = await customer(merchant), await employee(merchant, "owner"), await employee(merchant)
    policy = Policy("calm", "Calm", Fits(), Targets(next_reply=600), ())
    async with db.transaction(merchant):
        await targets.put(policy, boss, NOW)
    case = await open_case(merchant, customer_id=buyer)
    assert await rows(merchant, CLOCKS, case) == []
    async with db.transaction(merchant):
        await targets.remove("calm", boss)
    queued = await write(merchant, case, agent, NOW)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    await answer(merchant, case, buyer, NOW + HOUR)
    assert await rows(merchant, "SELECT kind, target_s, due_at FROM case_clocks") == [
        ("next_reply", 600, NOW + HOUR + 600 * SECOND)
    ]


async def test_a_further_review_ends_waiting_for_the_customer(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        await service.wait(case, "customer", "Asked for a photo", agent, 1, NOW)
    await negative(merchant, "r2", buyer)
    assert await value(merchant, "SELECT state FROM cases") == "waiting_for_us"
    assert await value(merchant, "SELECT count(*) FROM case_clocks WHERE paused_at IS NOT NULL") == 0


async def test_a_revised_review_wakes_its_case_and_makes_it_as_pressing_as_it_reads_now(
    merchant: UUID,
) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer, rating=Decimal(2))
    before = await value(merchant, "SELECT priority FROM cases")
    async with db.transaction(merchant):
        await service.snooze(case, NOW + 48 * HOUR, agent, 1, NOW)
    (again,) = await take_in(
        merchant,
        review(rating=Decimal(1), body="It caught fire!", customer_id=buyer, edited_at=NOW),
        at=NOW + HOUR,
    )
    await score(merchant, again, reading(0.9, Urgency("safety", ("fire",))), NOW + HOUR)
    row = await rows(merchant, "SELECT priority > $1, snoozed_until FROM cases", before)
    assert row == [(True, None)]
    async with db.transaction(merchant):
        await service.resolve(case, agent, await version(case), NOW + 2 * HOUR)
    (last,) = await take_in(
        merchant,
        review(rating=Decimal(1), body="Fire again!", customer_id=buyer, edited_at=NOW + 3 * HOUR),
        at=NOW + 3 * HOUR,
    )
    await score(merchant, last, reading(0.9, Urgency("safety", ("fire",))), NOW + 3 * HOUR)
    urgent = "SELECT target_s FROM case_clocks WHERE cycle = 2 AND kind = 'first_reply'"
    assert await value(merchant, urgent) == 4 * 3600


async def test_what_the_customer_adds_while_the_answer_goes_out_has_a_clock(merchant: UUID) -> None:
    """The reply that was owed is sent; that to what they said since is owed from when they said it."""
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    first = await write(merchant, case, agent, NOW)
    await deliver(merchant, first, NOW + 10 * SECOND)
    await answer(merchant, case, buyer, NOW + HOUR)
    second = await write(merchant, case, agent, NOW + 2 * HOUR)
    await answer(merchant, case, buyer, NOW + 2 * HOUR + 5 * SECOND)
    await deliver(merchant, second, NOW + 2 * HOUR + 10 * SECOND)
    owed = "SELECT round, started_at, satisfied_at FROM case_clocks WHERE kind = 'next_reply' ORDER BY round"
    assert await rows(merchant, owed) == [
        (1, NOW + HOUR, NOW + 2 * HOUR + 10 * SECOND),
        (2, NOW + 2 * HOUR + 5 * SECOND, None),
    ]
    assert await value(merchant, "SELECT answered_at FROM cases") is None
    third = await write(merchant, case, agent, NOW + 3 * HOUR)
    await deliver(merchant, third, NOW + 3 * HOUR + 10 * SECOND)
    assert await value(merchant, "SELECT count(*) FROM case_clocks WHERE satisfied_at IS NULL") == 2
    assert await value(merchant, "SELECT answered_at FROM cases") == NOW + 3 * HOUR + 10 * SECOND


async def test_a_review_of_a_file_that_was_answered_long_ago_owes_nothing(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    queued = await write(merchant, case, agent, NOW)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    (old,) = await take_in(
        merchant,
        moved("old", rating=Decimal(1), customer_id=buyer, reply="Sorry.", replied_at=NOW - 300 * HOUR),
    )
    await score(merchant, old, reading(0.9))
    assert await value(merchant, "SELECT count(*) FROM case_reviews WHERE case_id = $1", case) == 2
    assert await rows(merchant, "SELECT state, answered_at FROM cases") == [
        ("waiting_for_customer", NOW + 10 * SECOND)
    ]
    assert await value(merchant, "SELECT count(*) FROM case_clocks WHERE kind = 'next_reply'") == 0


async def test_who_comes_back_after_the_public_answer_is_answered_in_private(merchant: UUID) -> None:
    """Taken up again by their message: no second public reply is owed, a private word is the first."""
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry.", agent, 1, NOW)
        await delivery.deliver(queued.message_id, NOW + 10 * SECOND)
        await service.resolve(case, agent, 2, NOW + HOUR)
    await answer(merchant, case, buyer, NOW + 2 * HOUR)
    second = await write(merchant, case, agent, NOW + 3 * HOUR)
    await deliver(merchant, second, NOW + 3 * HOUR + 10 * SECOND)
    first = "SELECT cycle, satisfied_at FROM case_clocks WHERE kind = 'first_reply' ORDER BY 1"
    assert await rows(merchant, first) == [(1, NOW + 10 * SECOND), (2, NOW + 3 * HOUR + 10 * SECOND)]


async def test_a_review_that_was_taken_back_gets_no_reply_and_waits_for_none(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry.", agent, 1, NOW)
        await intake.remove("first_party", "", "r1", NOW + 5 * SECOND)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    assert await rows(merchant, "SELECT state, failure FROM case_messages") == [("failed", "review_removed")]
    assert await value(merchant, "SELECT reply FROM reviews") == ""
    with pytest.raises(NobodyToAnswer):
        async with db.transaction(merchant):
            await conversation.reply(case, "Sorry.", agent, await version(case), NOW + HOUR)
    private = await write(merchant, case, agent, NOW + HOUR)
    await deliver(merchant, private, NOW + HOUR + 10 * SECOND)
    assert ("first_reply", 1, NOW + HOUR + 10 * SECOND) in await rows(merchant, CLOCKS, case)


# ---------------------------------------------------------------- two at once


async def test_cases_of_several_people_are_locked_in_the_order_of_their_ids(merchant: UUID) -> None:
    """Whoever opened first: else two who lock the same cases wait for each other."""
    ana, ben = await customer(merchant), await customer(merchant, "c2")
    cases = [
        await open_case(merchant, external_id=f"r{n}", customer_id=who) for n, who in enumerate((ana, ben))
    ]
    low, high = sorted(cases)
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET opened_at = opened_at + interval '1 hour' WHERE id = $1", low)
    held = asyncio.Event()

    async def second() -> None:
        await held.wait()
        async with db.transaction(merchant):
            await unreviewed.begin([Asked(ana, "question"), Asked(ben, "question")], NOW + HOUR)

    async def first() -> None:
        async with db.transaction(merchant):
            await service.lock(low)
            held.set()
            await asyncio.sleep(0.3)
            await service.lock(high)

    await asyncio.gather(first(), second())
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'matter_joined'") == 2


async def test_two_cases_never_become_duplicates_of_each_other(merchant: UUID) -> None:
    cases = [await open_case(merchant), await open_case(merchant, external_id="r2")]
    agent = await employee(merchant)

    async def mark(case: UUID, of_number: int) -> None:
        async with db.transaction(merchant):
            await service.duplicate(case, of_number, agent, 1, NOW)

    results = await asyncio.gather(mark(cases[0], 2), mark(cases[1], 1), return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([type(None), DuplicateUnfit], key=str)
    assert await value(merchant, "SELECT count(*) FROM cases WHERE open") == 1


async def test_nobody_is_told_twice_though_the_owner_comes_later(merchant: UUID) -> None:
    boss, agent = await employee(merchant, "community_manager"), await employee(merchant)
    case = await open_case(merchant)
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET owner_id = NULL")
    payload = {"case_id": str(case), "cycle": 1, "clock": "first_reply", "round": 1}
    async with db.transaction(merchant):
        await escalation.tell(payload | {"level": 1}, NOW + 25 * HOUR)
        await db.execute("UPDATE cases SET owner_id = $1", agent)
        await escalation.tell(payload | {"level": 2}, NOW + 36 * HOUR)
        await escalation.tell(payload | {"level": 3}, NOW + 48 * HOUR)
    told = await rows(
        merchant, "SELECT (detail->>'to')::uuid FROM case_events WHERE kind = 'escalated' ORDER BY id"
    )
    assert told == [(boss,), (agent,)]


async def test_what_waits_for_a_full_team_hides_nothing_else(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, agent = await employee(merchant, "community_manager"), await employee(merchant)
    full = await make_team(merchant, boss, "Full", people={})
    free = await make_team(merchant, boss, "Free", people={agent: 9})
    cases = [await open_case(merchant, external_id=f"r{n}") for n in range(3)]
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET owner_id = NULL, state = 'triaged', team_id = $1", full.id)
        await db.execute("UPDATE cases SET team_id = $1 WHERE id = $2", free.id, cases[2])
    monkeypatch.setattr(routing, "GIVE_LIMIT", 2)
    await sweep(NOW + HOUR)
    assert await rows(merchant, "SELECT owner_id FROM cases ORDER BY number") == [(None,), (None,), (agent,)]


async def test_nobody_gets_more_than_there_is_room_for(merchant: UUID) -> None:
    boss, agent = await employee(merchant, "community_manager"), await employee(merchant)
    await make_team(merchant, boss, people={agent: 2})
    for n in range(4):
        await open_case(merchant, external_id=f"r{n}")
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET owner_id = NULL, state = 'triaged'")
    await asyncio.gather(*(sweep(NOW + HOUR) for _ in range(3)))
    assert await value(merchant, "SELECT count(*) FROM cases WHERE owner_id = $1", agent) == 2


async def test_a_sweep_goes_on_until_nothing_is_left(merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        await open_case(merchant, external_id=f"r{n}")
    monkeypatch.setattr(clocks, "SWEEP_LIMIT", 2)
    await sweep(NOW + 25 * HOUR)
    assert await value(merchant, "SELECT count(*) FROM case_clocks WHERE breached_at IS NOT NULL") == 5


# ---------------------------------------------------------------- merged and erased people


async def test_who_stands_for_a_merged_customer_has_one_case_and_gets_the_mail(merchant: UUID) -> None:
    old, new = await customer(merchant, "old"), await customer(merchant, "new", email="new@mail.test")
    agent = await employee(merchant)
    await negative(merchant, "r1", old)
    async with db.transaction(merchant):
        await customers.merge("old", "new", NOW)
    await negative(merchant, "r2", new)
    ((case,),) = await rows(merchant, "SELECT id FROM cases")
    assert await value(merchant, "SELECT count(*) FROM case_reviews WHERE case_id = $1", case) == 2
    queued = await write(merchant, case, agent, NOW)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    assert await rows(merchant, "SELECT to_address FROM mails") == [("new@mail.test",)]


async def test_a_question_of_whoever_stands_for_a_merged_customer_joins_their_open_case(
    merchant: UUID,
) -> None:
    old, new = await customer(merchant, "old"), await customer(merchant, "new")
    other = await customer(merchant, "other")
    case = await open_case(merchant, customer_id=old)
    async with db.transaction(merchant):
        await customers.merge("old", "new", NOW)
        await customers.merge("other", "new", NOW)
        begun = await unreviewed.begin([Asked(new, "question"), Asked(other, "mail")], NOW)
    assert [(each.case_id, each.joined) for each in begun] == [(case, True), (case, True)]


async def test_the_page_shows_all_that_a_merged_customer_has_done(merchant: UUID) -> None:
    old, new = await customer(merchant, "old", name="Old"), await customer(merchant, "new", name="New")
    member_id, agent = await member(merchant, new), await employee(merchant)
    await order(merchant, old, "o1", "lamp", NOW)
    await order(merchant, new, "o2", "lamp", NOW)
    case = await open_case(merchant, customer_id=old)
    async with db.transaction(merchant):
        await customers.merge("old", "new", NOW)
        found = (await reads.case(case, agent)).customer
    assert found and (found.id, found.name, found.member_id) == (new, "New", member_id)
    assert (found.orders, found.spend_minor, found.reviews, found.cases) == (2, 10_000, 1, 1)


async def test_what_is_written_to_a_duplicate_goes_where_the_matter_goes_on(merchant: UUID) -> None:
    """Of one person alone; a case that is a duplicate of somebody else's is taken up again itself."""
    ana, ben, agent = await customer(merchant), await customer(merchant, "c2"), await employee(merchant)
    (one, two, bens) = [
        await open_case(merchant, external_id=f"r{n}", customer_id=who)
        for n, who in enumerate((ana, None, ben))
    ]
    async with db.transaction(merchant):
        await db.execute("UPDATE cases SET customer_id = $1 WHERE id = $2", ana, two)
        await service.duplicate(two, 1, agent, 1, NOW)
        await service.duplicate(bens, 1, agent, 1, NOW)
    await answer(merchant, two, ana, NOW + HOUR)
    await answer(merchant, bens, ben, NOW + HOUR)
    said = "SELECT case_id FROM case_messages ORDER BY id"
    assert await rows(merchant, said) == [(one,), (bens,)]
    states = "SELECT state FROM cases ORDER BY number"
    assert [state for (state,) in await rows(merchant, states)][1:] == ["duplicate", "reopened"]


async def test_nobody_writes_to_an_erased_customer(merchant: UUID) -> None:
    buyer, agent = await customer(merchant, email="ana@mail.test"), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    queued = await write(merchant, case, agent, NOW)
    async with db.transaction(merchant):
        await customers.erase(["c1"], NOW)
    await deliver(merchant, queued, NOW + 10 * SECOND)
    assert await rows(merchant, "SELECT state, failure FROM case_messages") == [("failed", "customer_erased")]
    assert await value(merchant, "SELECT answered_at FROM cases") is None
    with pytest.raises(NobodyToAnswer):
        await write(merchant, case, agent, NOW + HOUR)
    assert await value(merchant, "SELECT count(*) FROM mails") == 0
