"""What customers hear of their cases without asking, once each, and only while it is news."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.people import customers
from reviews.cases import bulk, conversation, reading, service, unreviewed
from reviews.cases.bulk import Chosen
from reviews.cases.contact import telling
from reviews.cases.contact.telling import WHATS, Facts, is_worth_telling
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Remedy
from reviews.cases.tasks import send_message, tell_customer
from reviews.cases.unreviewed import Asked
from tests.fixtures.reviews.shop import DAY, NOW, customer, employee, mails, open_case, rows

ANA = "ana@mail.test"
MAILS = "SELECT kind FROM mails ORDER BY created_at, id"


async def tell_all(merchant: UUID, at: datetime = NOW) -> list[str]:
    """Work off what there is to tell, twice; the kinds of mails that were written."""
    async with db.transaction(merchant):
        found = await db.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", telling.TELL)
    for payload in [db.from_json(row["payload"]) for row in found] * 2:
        async with db.transaction(merchant):
            await tell_customer(payload, at)
    return [kind for (kind,) in await rows(merchant, MAILS)]


async def test_what_was_given_to_somebody_in_bulk_is_told_when_it_cannot_be_taken_back(
    merchant: UUID,
) -> None:
    buyer = await customer(merchant, email=ANA)
    case = await open_case(merchant, customer_id=buyer)
    agent, lead = await employee(merchant), await employee(merchant, role="community_manager")
    async with db.transaction(merchant):
        await bulk.assign([Chosen(case, 1)], agent, lead, NOW)
        due = await db.fetchval(
            "SELECT available_at FROM outbox WHERE topic = $1 ORDER BY id DESC LIMIT 1", telling.TELL
        )
    assert due > NOW + bulk.UNDO_WITHIN
    async with db.transaction(merchant):
        deed = await db.fetchval("SELECT id FROM case_bulk_deeds")
        assert (await bulk.undo(deed, lead, NOW + bulk.UNDO_WITHIN)).done == 1
    assert await tell_all(merchant, due) == ["case_opened"], "nobody has it"
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases")
        await service.assign(case, agent, lead, version, due)
    assert await tell_all(merchant, due) == ["case_opened", "case_taken"]


async def test_a_case_from_its_beginning_to_its_end(merchant: UUID) -> None:
    buyer = await customer(merchant, email=ANA)
    case = await open_case(merchant, customer_id=buyer, product_name="Lamp")
    agent = await employee(merchant, limit_points=100)
    assert await tell_all(merchant) == ["case_opened"]
    body = (await mails(merchant))[0].body
    assert "Lamp" in body and f"/portal/cases/{case}" in body and "Mar 2, 2026" in body, body
    async with db.transaction(merchant):
        version = await service.assign(case, agent, agent, 1, NOW)
    assert await tell_all(merchant) == ["case_opened", "case_taken"]
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "We are sorry.", agent, version, NOW)
    async with db.transaction(merchant):
        await send_message({"message": str(queued.message_id)}, NOW + timedelta(seconds=11))
        refund = Remedy(kind="refund", amount_minor=500, currency="USD", message="For the lamp.")
        await db.execute(
            "INSERT INTO case_authorities (merchant_id, role, points, amount_minor)"
            " VALUES ($1, 'agent', 100, 1000) ON CONFLICT DO NOTHING", merchant,
        )  # fmt: skip
        await remedies.give(case, refund, "k", agent, NOW)
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases")
        await service.resolve(case, agent, version, NOW)
    later = ["case_opened", "case_taken", "case_answered", "case_remedy", "case_resolved"]
    assert await tell_all(merchant) == later
    assert await tell_all(merchant) == later, "each once"
    said = {sent.kind: sent.body for sent in await mails(merchant)}
    assert "We are sorry." in said["case_answered"]
    assert "$5.00" in said["case_remedy"]
    async with db.transaction(merchant):
        own = await reading.of_customer(case, buyer)
    assert [step.kind for step in own.steps] == ["opened", "assigned", "reply", "goodwill", "resolved"]
    assert (own.case.step, own.case.settled_by) == ("resolved", None)


async def test_the_promise_is_that_of_the_clocks(merchant: UUID) -> None:
    buyer = await customer(merchant, email=ANA)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        own = (await reading.of_customer(case, buyer)).case
    assert (own.next_by, own.settled_by) == (NOW + DAY, NOW + 5 * DAY)


async def test_old_reviews_out_of_a_file_tell_nobody(merchant: UUID) -> None:
    buyer = await customer(merchant, email=ANA)
    await open_case(merchant, customer_id=buyer, written_at=NOW - 15 * DAY)
    assert await tell_all(merchant) == []


async def test_nobody_hears_what_is_no_longer_so(merchant: UUID) -> None:
    buyer, agent = await customer(merchant, email=ANA), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        version = await service.resolve(case, agent, 1, NOW)
        await service.reopen(case, agent, version, NOW)
    assert await tell_all(merchant) == []
    async with db.transaction(merchant):
        await customers.erase(["c1"], NOW)
        await unreviewed.begin([Asked(await _other(), "question")], NOW)
    assert await tell_all(merchant) == [], "no address, nobody there"


async def _other() -> UUID:
    found = await customers.upsert([customers.CustomerRow("c9", NOW)])
    return found["c9"]


FINE: dict[str, Any] = {
    "same_cycle": True, "open": True, "state": "new", "owned": True, "cause": "review", "written_at": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, {"opened", "taken", "answered", "remedy"}),
        ({"same_cycle": False}, set()),
        ({"open": False, "state": "resolved"}, {"answered", "remedy", "resolved"}),
        ({"open": False, "state": "spam"}, {"answered", "remedy"}),
        ({"owned": False}, {"opened", "answered", "remedy"}),
        ({"answered": True}, {"opened", "answered", "remedy"}),
        ({"cause": "late_promise"}, {"taken", "answered", "remedy"}),
        ({"written_at": NOW - 15 * DAY}, {"answered", "remedy"}),
    ],
)
def test_what_is_worth_telling(changed: dict[str, Any], told: set[str]) -> None:
    assert {what for what in WHATS if is_worth_telling(what, Facts(**FINE | changed), NOW)} == told
