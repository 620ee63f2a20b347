"""Members who leave the programme, and come back: nothing is earned or spent meanwhile, nothing is lost."""

from datetime import datetime
from uuid import UUID

import pytest

from core import db
from loyalty.giving.service import Gift, give
from loyalty.holds import service as holds
from loyalty.intake.events import Event
from loyalty.intake.service import ingest, join
from loyalty.ledger import reading
from loyalty.members import service as members
from loyalty.members.errors import MemberLeft
from loyalty.tiers import service as tiers
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance
from tests.factories.shop import day, programme, store, tier_of


@pytest.fixture
async def ann(merchant: UUID) -> UUID:
    """A member of three days with 150 points in the second tier."""
    async with db.transaction(merchant):
        await programme(guest_claim_days=2)
        await store()
        await take(joined("ann", day(1)))
        await take(paid("o1", "ann", 15_000, day(2)), delivered("o1", day(3)))
        await tiers.recalculate(None, "earned", day(3))
        member = (await members.find("ann")).id
        assert (await balance(member), await tier_of(member)) == ((0, 150, 0), "t1")
        return member


async def take(*events: Event, at: datetime | None = None) -> list[str]:
    found = await ingest(list(events), at or max(each.time for each in events))
    return [each.code or each.status for each in found]


async def test_who_left_earns_and_spends_nothing_and_is_told_of_once(merchant: UUID, ann: UUID) -> None:
    async with db.transaction(merchant):
        assert await members.go(ann, day(4)) == day(4)
        assert await members.go(ann, day(5)) == day(4), "once"
        told = await db.fetchval("SELECT count(*) FROM outbox WHERE payload->>'type' = 'member.left'")
        assert told in (0, 1), "one, if anybody listens"
        await take(paid("o2", "ann", 9_000, day(6)), delivered("o2", day(7)))
        [gift] = await give([Gift(customer_id="ann", points=5, note="", expires_at=None, actor="x")], day(6))
        assert isinstance(gift, MemberLeft)
        with pytest.raises(MemberLeft):
            await holds.hold(ann, "points", 10, day(8), "", day(7))
        assert await balance(ann) == (0, 150, 0)
        await take(refunded("o1", "r1", 5_000, day(8)))
        assert await balance(ann) == (0, 100, 0), "a return is a return"
        assert await reading.check() == []


async def test_what_a_shop_says_of_a_customer_brings_nobody_back(merchant: UUID, ann: UUID) -> None:
    async with db.transaction(merchant):
        await members.go(ann, day(4))
        await take(event("customer.updated", day(5), customer_id="ann", name="Ann", accepts_terms=True))
        assert (await members.find("ann")).left_at == day(4)


async def test_who_comes_back_begins_anew_with_the_points_they_still_have(merchant: UUID, ann: UUID) -> None:
    async with db.transaction(merchant):
        await members.go(ann, day(4))
        await take(paid("gap", "ann", 1_000, day(5)), paid("near", "ann", 2_000, day(9)))
        await join("ann", "2", day(10))
        found = await members.find("ann")
        assert (found.joined_at, found.left_at, found.id) == (day(10), None, ann)
        await take(delivered("gap", day(10)), delivered("near", day(10)))
        assert await balance(ann) == (0, 170, 0), "guest orders of two days count, as for whoever joins"
        # What is heard of late is of the membership that was.
        await take(joined("ann", day(0)), at=day(11))
        assert (await members.find("ann")).joined_at == day(10)
        await holds.hold(ann, "points", 170, day(12), "", day(11))
        await members.go(ann, day(12))
        assert (await members.find("ann")).left_at == day(12), "and again"
        assert await reading.check() == []


async def terms() -> str:
    return str(await db.fetchval("SELECT terms_version FROM members"))


async def test_the_last_terms_that_a_member_accepted_are_known_whatever_came_first(
    merchant: UUID, ann: UUID
) -> None:
    def accepts(version: str, at: datetime) -> Event:
        return event("customer.updated", at, customer_id="ann", accepts_terms=True, terms_version=version)

    async with db.transaction(merchant):
        assert await terms() == "1"
        await take(accepts("3", day(6)), accepts("2", day(5)))
        assert await terms() == "3"
        await take(accepts("2", day(5)), accepts("", day(7)), at=day(8))
        assert await terms() == "3", "what was accepted before, and what says nothing"
        await take(accepts("0", day(0)), at=day(8))  # an earlier joining that is heard of late
        assert ((await members.find("ann")).joined_at, await terms()) == (day(0), "3")
        await take(accepts("4", day(9)))
        assert await terms() == "4"
        await members.go(ann, day(10))
        await join("ann", "5", day(11))
        assert await terms() == "5"
        await take(accepts("4", day(10)), at=day(12))
        assert await terms() == "5"


async def test_who_was_deleted_does_not_come_back(merchant: UUID, ann: UUID) -> None:
    async with db.transaction(merchant):
        await take(event("customer.deleted", day(4), customer_id="ann"))
        assert (await members.find("ann")).left_at == day(4)
        await join("ann", "2", day(10))
        assert (await members.find("ann")).left_at == day(4)
