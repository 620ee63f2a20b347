"""What people do on cases: assign, answer, take back, give, resolve, reopen."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.errors import Forbidden, NotFound
from core.people.roles import ROLES
from reviews.cases import conversation, delivery, goodwill, service
from reviews.cases import reading as reads
from reviews.cases.conversation import NobodyToAnswer, ReplyWaiting, TooLateToUndo
from reviews.cases.remedies.service import (
    GoodwillAboveAuthority,
    GoodwillAsksForChange,
    GoodwillKeyReused,
    NotAMember,
    PointsUnfit,
)
from reviews.cases.service import CaseChanged, CaseStateRefuses, TextUnfit
from reviews.cases.tables import CaseRemedy
from reviews.cases.tasks import post_reply, send_message
from reviews.proof import service as proof
from reviews.proof.service import Only
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import (
    NOW,
    customer,
    employee,
    mails,
    member,
    open_case,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)

LATER = NOW + timedelta(seconds=11)
STAND = (
    "SELECT c.state, c.version, c.cycle, c.owner_id,"
    " (SELECT count(*) FROM case_events WHERE case_id = c.id),"
    " (SELECT count(*) FROM case_messages WHERE case_id = c.id),"
    " (SELECT count(*) FROM case_remedies WHERE case_id = c.id),"
    " (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM outbox) FROM cases c"
)


async def kinds(merchant: UUID) -> list[str]:
    """What happened, but that clocks started, stood still and went on."""
    found = await rows(merchant, "SELECT kind FROM case_events ORDER BY id")
    return [kind for (kind,) in found if kind not in ("clock_started", "clock_paused", "clock_resumed")]


async def reply(
    merchant: UUID, case: UUID, by: UUID, version: int = 1, text: str = "We are sorry.", at: datetime = NOW
) -> conversation.Queued:
    async with db.transaction(merchant):
        return await conversation.reply(case, text, by, version, at)


async def deliver(merchant: UUID, message: UUID, at: datetime = LATER) -> None:
    async with db.transaction(merchant):
        await send_message({"message": str(message)}, at)


async def test_reply_is_sent_after_ten_seconds_and_satisfies_the_clock(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    queued = await reply(merchant, case, agent)
    assert queued.undo_until == NOW + timedelta(seconds=10)
    assert await rows(merchant, "SELECT available_at FROM outbox WHERE topic = 'case.message_due'") == [
        (queued.undo_until,)
    ]
    assert await value(merchant, "SELECT reply FROM reviews") == ""
    await deliver(merchant, queued.message_id)
    await deliver(merchant, queued.message_id, LATER + timedelta(hours=1))
    assert await rows(merchant, "SELECT state, sent_at FROM case_messages") == [("sent", LATER)]
    assert await rows(merchant, "SELECT reply, replied_at FROM reviews") == [("We are sorry.", LATER)]
    clocks = await rows(merchant, "SELECT kind, satisfied_at FROM case_clocks ORDER BY 1")
    assert clocks == [("first_reply", LATER), ("resolution", None)]
    assert await kinds(merchant) == ["opened", "reply", "sent", "clock_satisfied"]
    assert await rows(merchant, "SELECT state, owner_id, answered_at FROM cases") == [
        ("in_progress", agent, LATER)
    ]


async def test_undo(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    queued = await reply(merchant, case, agent)
    async with db.transaction(merchant):
        await conversation.undo(case, queued.message_id, agent, NOW + timedelta(seconds=9))
    await deliver(merchant, queued.message_id)
    assert await rows(merchant, "SELECT state, sent_at FROM case_messages") == [("cancelled", None)]
    assert await value(merchant, "SELECT reply FROM reviews") == ""
    assert await value(merchant, "SELECT satisfied_at FROM case_clocks WHERE kind = 'first_reply'") is None
    assert (await kinds(merchant))[-1] == "undone"


@pytest.mark.parametrize("seconds", [10, 600])
async def test_undo_too_late(merchant: UUID, seconds: int) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    queued = await reply(merchant, case, agent)
    with pytest.raises(TooLateToUndo):
        async with db.transaction(merchant):
            await conversation.undo(case, queued.message_id, agent, NOW + timedelta(seconds=seconds))
    assert await value(merchant, "SELECT state FROM case_messages") == "queued"


async def test_two_people_reply_at_once(merchant: UUID) -> None:
    case = await open_case(merchant)
    people = [await employee(merchant), await employee(merchant)]
    results = await asyncio.gather(
        *(reply(merchant, case, person) for person in people), return_exceptions=True
    )
    assert sum(isinstance(each, CaseChanged) for each in results) == 1
    assert sum(isinstance(each, conversation.Queued) for each in results) == 1
    assert await value(merchant, "SELECT count(*) FROM case_messages") == 1
    with pytest.raises(ReplyWaiting):
        await reply(merchant, case, people[0], version=2)


async def test_reply_to_a_source_without_connector_fails_visibly(merchant: UUID) -> None:
    case, agent = await open_case(merchant, source="google"), await employee(merchant)
    queued = await reply(merchant, case, agent)
    await deliver(merchant, queued.message_id)
    assert await rows(merchant, "SELECT state, failure FROM case_messages") == [
        ("failed", "source_not_connected")
    ]
    assert await value(merchant, "SELECT satisfied_at FROM case_clocks WHERE kind = 'first_reply'") is None
    assert (await kinds(merchant))[-1] == "send_failed"


@pytest.mark.parametrize("closed", [False, True], ids=["resolved", "closed"])
async def test_a_case_goes_on_whose_reply_fails_after_it_was_settled(merchant: UUID, closed: bool) -> None:
    case, agent = await open_case(merchant, source="google"), await employee(merchant)
    due = "SELECT due_at FROM case_clocks WHERE kind = 'first_reply'"
    first_due = await value(merchant, due)
    queued = await reply(merchant, case, agent)
    async with db.transaction(merchant):
        version = await service.resolve(case, agent, queued.version, NOW + timedelta(seconds=2))
        if closed:
            await service.close(case, agent, version, NOW + timedelta(seconds=3))
    assert await value(merchant, "SELECT due_at FROM cases") is None
    await deliver(merchant, queued.message_id)
    stand = "SELECT state, cycle, owner_id, open, resolved_at, due_at FROM cases"
    assert await rows(merchant, stand) == [("in_progress", 1, agent, True, None, first_due)]
    assert (await kinds(merchant))[-2:] == ["send_failed", "reopened"]
    # It is settled all the same, once more, and counted once.
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases")
        await service.resolve(case, agent, version, LATER + timedelta(minutes=1))
        day = timedelta(days=1)
        report = await proof.report(NOW - day, NOW + day, Only(), NOW + day)
    assert await rows(merchant, "SELECT state, due_at FROM cases") == [("resolved", None)]
    assert (report.whole.resolved, report.whole.reopened.count) == (1, 0)


async def test_nothing_is_left_to_do_about_a_reply_to_a_review_that_is_gone(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    queued = await reply(merchant, case, agent)
    async with db.transaction(merchant):
        await service.resolve(case, agent, queued.version, NOW + timedelta(seconds=2))
        await db.execute("UPDATE reviews SET state = 'tombstone', removed_at = $1", LATER)
    await deliver(merchant, queued.message_id)
    assert await rows(merchant, "SELECT c.state, m.state FROM cases c, case_messages m") == [
        ("resolved", "failed")
    ]


async def test_private_message_goes_by_mail_and_waits_for_the_customer(merchant: UUID) -> None:
    buyer = await customer(merchant, email="ana@mail.test")
    case, agent = await open_case(merchant, customer_id=buyer), await employee(merchant)
    async with db.transaction(merchant):
        queued = await conversation.message(case, "What is broken?", agent, 1, NOW)
    await deliver(merchant, queued.message_id)
    (sent,) = await mails(merchant)
    assert sent.to_address == "ana@mail.test"
    assert "What is broken?" in sent.body
    assert f"/portal/cases/{case}" in sent.body
    assert await value(merchant, "SELECT state FROM cases") == "waiting_for_customer"
    async with db.transaction(merchant):
        await conversation.customer_message(case, buyer, "The switch.", NOW + timedelta(minutes=1))
    assert await value(merchant, "SELECT state FROM cases") == "waiting_for_us"


@pytest.mark.parametrize(("email", "why"), [("", "no_address"), ("ana@mail.test", "")])
async def test_the_timeline_says_when_a_message_goes_by_no_mail(merchant: UUID, email: str, why: str) -> None:
    buyer, agent = await customer(merchant, email=email), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        queued = await conversation.message(case, "What is broken?", agent, 1, NOW)
    await deliver(merchant, queued.message_id)
    async with db.transaction(merchant):
        events = (await reads.case(case, agent)).events
    assert [(each.delivery, each.unmailed) for each in events if each.kind == "message"] == [("sent", why)]


async def test_private_message_needs_somebody(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    with pytest.raises(NobodyToAnswer):
        async with db.transaction(merchant):
            await conversation.message(case, "Hello", agent, 1, NOW)


async def test_a_customer_writes_on_their_own_case_only(merchant: UUID) -> None:
    buyer, other = await customer(merchant), await customer(merchant, "c2")
    case = await open_case(merchant, customer_id=buyer)
    with pytest.raises(NotFound):
        async with db.transaction(merchant):
            await conversation.customer_message(case, other, "Mine!", NOW)
    assert await value(merchant, "SELECT count(*) FROM case_messages") == 0


async def test_customer_message_makes_a_stale_reply_conflict(merchant: UUID) -> None:
    buyer = await customer(merchant)
    case, agent = await open_case(merchant, customer_id=buyer), await employee(merchant)
    async with db.transaction(merchant):
        await conversation.customer_message(case, buyer, "One more thing.", NOW)
    with pytest.raises(CaseChanged) as conflict:
        await reply(merchant, case, agent, version=1)
    assert conflict.value.extra == {"version": 2}


async def test_resolve_and_reopen_by_the_customer(merchant: UUID) -> None:
    buyer = await customer(merchant)
    case, agent = await open_case(merchant, customer_id=buyer), await employee(merchant)
    async with db.transaction(merchant):
        version = await service.resolve(case, agent, 1, NOW, "Sent a new one")
    assert await rows(merchant, "SELECT state, resolved_at, due_at FROM cases") == [("resolved", NOW, None)]
    clocks = "SELECT kind, satisfied_at, stopped_at FROM case_clocks WHERE cycle = 1 ORDER BY 1"
    assert await rows(merchant, clocks) == [("first_reply", None, NOW), ("resolution", NOW, None)]
    with pytest.raises(CaseStateRefuses):
        async with db.transaction(merchant):
            await service.resolve(case, agent, version, NOW)
    async with db.transaction(merchant):
        await conversation.customer_message(case, buyer, "Broken again.", LATER)
    assert await rows(merchant, "SELECT state, cycle, resolved_at, answered_at FROM cases") == [
        ("reopened", 2, None, None)
    ]
    assert (
        await value(merchant, "SELECT count(*) FROM case_clocks WHERE cycle = 2 AND started_at = $1", LATER)
        == 2
    )
    assert await rows(merchant, clocks) == [("first_reply", None, NOW), ("resolution", NOW, None)]


async def test_reopen_by_staff_only_what_is_done(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    with pytest.raises(CaseStateRefuses):
        async with db.transaction(merchant):
            await service.reopen(case, agent, 1, NOW)
    async with db.transaction(merchant):
        version = await service.resolve(case, agent, 1, NOW)
    async with db.transaction(merchant):
        await service.reopen(case, agent, version, LATER)
    assert await rows(merchant, "SELECT state, cycle FROM cases") == [("reopened", 2)]


async def test_assign_take_over_and_note(merchant: UUID) -> None:
    case = await open_case(merchant)
    boss, agent = await employee(merchant, "community_manager"), await employee(merchant)
    async with db.transaction(merchant):
        version = await service.assign(case, boss, boss, 1, NOW)
        version = await service.assign(case, agent, agent, version, NOW)
        await service.note(case, "He called.", agent, NOW)
    assert await rows(merchant, "SELECT owner_id, state FROM cases") == [(agent, "assigned")]
    assert await kinds(merchant) == ["opened", "assigned", "taken_over", "note"]
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await service.assign(case, boss, agent, version, NOW)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await service.assign(case, await employee(merchant, "auditor"), boss, version, NOW)
    assert await value(merchant, "SELECT owner_id FROM cases") == agent


@pytest.mark.parametrize("role", ROLES)
async def test_who_may(merchant: UUID, role: str) -> None:
    buyer = await customer(merchant)
    await member(merchant, buyer)
    case, person = await open_case(merchant, customer_id=buyer), await employee(merchant, role, 100)
    before = await rows(merchant, STAND)
    deeds = {
        "reply": lambda: conversation.reply(case, "Hello", person, 1, NOW),
        "message": lambda: conversation.message(case, "Hello", person, 1, NOW),
        "note": lambda: service.note(case, "Hello", person, NOW),
        "assign": lambda: service.assign(case, person, person, 1, NOW),
        "resolve": lambda: service.resolve(case, person, 1, NOW),
        "goodwill": lambda: goodwill.give(case, 5, "", "k", person, NOW),
    }
    for deed in deeds.values():
        if role in ("owner", "community_manager", "agent"):
            with pytest.raises(Undone):
                async with db.transaction(merchant):
                    await deed()
                    raise Undone
        else:
            with pytest.raises(Forbidden):
                async with db.transaction(merchant):
                    await deed()
        assert await rows(merchant, STAND) == before


class Undone(Exception):
    """Ends a transaction without keeping anything."""


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
async def test_unfit_text(merchant: UUID, text: str) -> None:
    case, agent = await open_case(merchant), await employee(merchant)
    with pytest.raises(TextUnfit):
        await reply(merchant, case, agent, text=text)


async def test_case_of_another_merchant(merchant: UUID) -> None:
    case, other = await open_case(merchant), await new_merchant()
    agent = await employee(other)
    with pytest.raises(NotFound):
        await reply(other, case, agent)


# ---------------------------------------------------------------- goodwill


async def give(
    merchant: UUID, case: UUID, by: UUID, points: int, key: str = "k1", **more: Any
) -> goodwill.Gift:
    async with db.transaction(merchant):
        return await goodwill.give(
            case, points, more.get("message", "For your trouble"), key, by, more.get("at", NOW)
        )


async def unhappy_member(merchant: UUID) -> tuple[UUID, UUID]:
    buyer = await customer(merchant)
    member_id = await member(merchant, buyer)
    return await open_case(merchant, customer_id=buyer), member_id


async def test_goodwill_is_in_the_ledger_once_however_often_it_is_tried(merchant: UUID) -> None:
    case, member_id = await unhappy_member(merchant)
    agent = await employee(merchant, limit_points=100)
    gifts = await asyncio.gather(*(give(merchant, case, agent, 60) for _ in range(5)))
    gifts.append(await give(merchant, case, agent, 60, at=LATER))
    assert len({each.journal_id for each in gifts}) == 1
    assert [each.replayed for each in gifts].count(False) == 1
    journal = await rows(
        merchant,
        "SELECT j.points, j.reason->>'rule', (j.reason->>'case')::uuid, a.member_id, e.debit::text,"
        " a.points_active FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
        " JOIN ledger_entries e ON e.journal_id = j.id",
    )
    assert journal == [(60, "goodwill", case, member_id, "goodwill", 60)]
    assert await rows(merchant, "SELECT points, staff_id FROM case_remedies") == [(60, agent)]
    assert await value(merchant, "SELECT state FROM cases") == "remedy_offered"
    assert (await kinds(merchant)).count("goodwill") == 1
    assert await rows(merchant, "SELECT * FROM ledger_check()") == []


async def test_goodwill_above_authority_changes_nothing(merchant: UUID) -> None:
    case, _ = await unhappy_member(merchant)
    agent = await employee(merchant, limit_points=100)
    await give(merchant, case, agent, 60)
    before = await rows(merchant, STAND)
    with pytest.raises(GoodwillAboveAuthority) as refused:
        await give(merchant, case, agent, 41, "k2")
    assert refused.value.extra == {"limit_points": 40, "points": 41}
    assert await rows(merchant, STAND) == before
    await give(merchant, case, agent, 40, "k3")
    assert await value(merchant, "SELECT sum(points)::int FROM case_remedies") == 100


@pytest.mark.parametrize(("points", "message"), [(61, "For your trouble"), (60, "Something else")])
async def test_goodwill_key_of_another_gift(merchant: UUID, points: int, message: str) -> None:
    case, _ = await unhappy_member(merchant)
    agent = await employee(merchant, limit_points=500)
    await give(merchant, case, agent, 60)
    with pytest.raises(GoodwillKeyReused):
        await give(merchant, case, agent, points, message=message)
    assert await value(merchant, "SELECT count(*) FROM ledger_journal") == 1


async def test_goodwill_for_members_only_and_at_least_one_point(merchant: UUID) -> None:
    case, agent = await open_case(merchant), await employee(merchant, limit_points=10)
    with pytest.raises(NotAMember):
        await give(merchant, case, agent, 5)
    with pytest.raises(PointsUnfit):
        await give(merchant, case, agent, 0)
    assert await value(merchant, "SELECT state FROM cases") == "new"


async def test_goodwill_that_asks_for_a_better_review_is_refused(merchant: UUID) -> None:
    case, _ = await unhappy_member(merchant)
    agent = await employee(merchant, limit_points=100)
    before = await rows(merchant, STAND)
    with pytest.raises(GoodwillAsksForChange):
        await give(merchant, case, agent, 60, message="Please remove your review.")
    assert await rows(merchant, STAND) == before


async def test_a_remedy_has_no_condition(merchant: UUID) -> None:
    """Nothing in a remedy can tie it to a review's rating, edit or removal: law, and the sites' rules."""
    columns = {column._meta.name for column in CaseRemedy._meta.columns}
    assert columns == {
        *("id", "merchant_id", "case_id", "cycle", "staff_id", "key"),
        *("kind", "points", "journal_id", "voucher_id", "amount_minor", "currency", "order_line"),
        *("approved_by", "message", "given_at"),
    }
    stored = await rows(
        merchant,
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'case_remedies'",
    )
    assert {name for (name,) in stored} == columns


async def test_remedies_and_events_cannot_be_changed(merchant: UUID) -> None:
    case, _ = await unhappy_member(merchant)
    agent = await employee(merchant, limit_points=100)
    await give(merchant, case, agent, 60)
    for sql in (
        "UPDATE case_remedies SET points = 1",
        "DELETE FROM case_events",
        "UPDATE case_events SET kind = 'x'",
    ):
        with pytest.raises(PostgresError):
            await value(merchant, sql)


async def test_a_review_that_is_changed_while_we_answer(merchant: UUID) -> None:
    """What was written about the old wording is not sent: a person reads the new one, and sends it again."""
    case, agent = await open_case(merchant), await employee(merchant)
    queued = await reply(merchant, case, agent)
    (received,) = await take_in(
        merchant,
        review(rating=Decimal(4), body="They called me.", edited_at=NOW),
        at=NOW + timedelta(seconds=5),
    )
    await score(merchant, received, reading(0.1), NOW + timedelta(seconds=6))
    await deliver(merchant, queued.message_id)
    assert await rows(merchant, "SELECT state, failure FROM case_messages") == [("failed", "review_revised")]
    assert await value(merchant, "SELECT reply FROM reviews") == ""
    assert await value(merchant, "SELECT satisfied_at FROM case_clocks WHERE kind = 'first_reply'") is None
    with pytest.raises(CaseChanged):
        await reply(merchant, case, agent, version=queued.version)
    async with db.transaction(merchant):
        await delivery.retry(case, queued.message_id, agent, LATER)
    async with db.transaction(merchant):
        await post_reply({"message": str(queued.message_id)}, LATER)
    assert await rows(merchant, "SELECT reply FROM reviews") == [("We are sorry.",)]
    assert await value(merchant, "SELECT state FROM case_messages") == "sent"
