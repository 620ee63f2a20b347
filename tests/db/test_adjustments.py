"""Adjustments: within a limit at once, above it by two persons, each once."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from core import db
from core.errors import DomainError, Forbidden
from core.people import staff
from loyalty.adjustments import service
from loyalty.adjustments.service import (
    AdjustmentDecided,
    AdjustmentInvalid,
    Asked,
    SecondPersonNeeded,
    ask,
    decide,
    newest,
    set_limit,
)
from loyalty.ledger import reading
from loyalty.ledger.errors import MemberUnknown, PointsInsufficient, WalletUnknown
from loyalty.members import merge as merges
from loyalty.openings import sending
from tests.factories.points import balance, earn, one
from tests.factories.shop import START, day, new_member, programme


async def person(role: str) -> UUID:
    """One more of the staff."""
    return await staff.create(f"{uuid4().hex}@example.test", role, role, "a good long password", START)


@pytest.fixture
async def member(merchant: UUID) -> UUID:
    async with db.transaction(merchant):
        await programme()
        return await new_member()


def asked(member: UUID, points: int, **more: object) -> Asked:
    fields = {"cause": "courtesy", "note": "Sorry for the wait"} | more
    return Asked(member_id=member, points=points, **fields)  # type: ignore[arg-type]


async def state(merchant: UUID, member: UUID) -> object:
    """All that an adjustment could have changed."""
    async with db.transaction(merchant):
        return await balance(member), await newest(), await db.fetchval("SELECT count(*) FROM ledger_journal")


async def test_within_the_limit_it_is_posted_at_once(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        by = await person("marketer")
        done = await ask(asked(member, 5000, expires_at=day(400)), by, day(1))
        assert (done.state, done.asked_by, done.decided_by) == ("posted", by, None)
        assert await balance(member) == (0, 5000, 0)
        line = (await reading.statement(member))[0]
        assert (line.journal_id, line.expires_at) == (done.entry_id, day(400))
        assert line.reason == {
            "rule": "adjustment", "cause": "courtesy", "note": "Sorry for the wait", "staff": str(by)
        }  # fmt: skip
        assert await reading.check() == []


async def test_points_can_be_taken_but_not_more_than_there_are(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        by = await person("owner")
        await one(earn("e", member, 100))
        await ask(asked(member, -60, cause="misuse"), by, day(1))
        assert await balance(member) == (0, 40, 0)
    before = await state(merchant, member)
    with pytest.raises(PointsInsufficient):
        async with db.transaction(merchant):
            await ask(asked(member, -41), by, day(2))
    assert await state(merchant, member) == before


async def test_above_the_limit_two_persons_decide(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        marketer, owner = await person("marketer"), await person("owner")
        waiting = await ask(asked(member, 5001), marketer, day(1))
        assert (waiting.state, waiting.entry_id) == ("waiting", None)
        assert await balance(member) == (0, 0, 0)
    before = await state(merchant, member)
    with pytest.raises(SecondPersonNeeded):
        async with db.transaction(merchant):
            await decide(waiting.id, True, marketer, day(2))
    assert await state(merchant, member) == before
    async with db.transaction(merchant):
        done = await decide(waiting.id, True, owner, day(2))
        assert (done.state, done.asked_by, done.decided_by) == ("posted", marketer, owner)
        assert await balance(member) == (0, 5001, 0)
        assert (await reading.statement(member))[0].reason["approved_by"] == str(owner)
    before = await state(merchant, member)
    with pytest.raises(AdjustmentDecided):
        async with db.transaction(merchant):
            await decide(waiting.id, False, owner, day(3))
    assert await state(merchant, member) == before


async def test_no_limit_is_passed_in_small_steps(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        by, other = await person("marketer"), await person("marketer")

        async def step(points: int, at: datetime, who: UUID = by) -> str:
            return (await ask(asked(member, points), who, at)).state

        assert await step(3000, day(1)) == "posted"
        assert await step(2001, day(1)) == "waiting"
        assert await step(2000, day(1)) == "posted"
        assert await step(-5000, day(1)) == "posted"
        assert await step(5000, day(1)) == "posted"
        assert await step(5000, day(1), other) == "posted"
        assert await step(1, day(2) - timedelta(seconds=1)) == "waiting"
        assert await step(5000, day(2)) == "posted"


async def named() -> tuple[UUID, str]:
    """One more member, and the customer number."""
    member = await new_member()
    sql = "SELECT external_id FROM customers c JOIN members m ON m.customer_id = c.id WHERE m.id = $1"
    return member, await db.fetchval(sql, member)


def a_file(*rows: tuple[str, int]) -> bytes:
    """Opening balances of these customers, each with an id of its own."""
    lines = [f"{uuid4()},{customer},{points}" for customer, points in rows]
    return "\n".join(["id,customer_id,points", *lines]).encode()


async def test_no_limit_is_passed_in_small_steps_by_files(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member, number = await named()
        by, other = await person("marketer"), await person("marketer")

        async def send(points: int, at: datetime, who: UUID = by) -> str:
            return (await sending.send("f.csv", a_file((number, points)), "Why", False, who, at)).state

        async def step(points: int, at: datetime) -> str:
            return (await ask(asked(member, points), by, at)).state

        assert await send(3000, day(1)) == "done"
        assert await send(2001, day(1)) == "waiting"
        assert await step(2001, day(1)) == "waiting"
        assert await step(1000, day(1)) == "posted"
        assert await send(1000, day(1)) == "done"
        assert await send(1, day(1)) == "waiting" and await step(1, day(1)) == "waiting"
        assert await send(5000, day(1), other) == "done", "each person has an own limit"
        assert await send(1, day(2) - timedelta(seconds=1)) == "waiting"
        assert await send(5000, day(2)) == "done"
        # What was taken makes room for no more than the limit.
        assert await step(-5000, day(3)) == "posted"
        assert await send(5001, day(3)) == "waiting"
        assert await send(5000, day(3)) == "done"
        assert (await balance(member))[1] == 3000 + 1000 + 1000 + 5000 + 5000 - 5000 + 5000


async def test_no_limit_is_passed_through_customer_numbers_that_were_merged(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        (ada, first), (bea, second) = await named(), await named()
        by, other = await person("marketer"), await person("marketer")
        assert (await ask(asked(bea, 2500), other, day(1))).state == "posted"
        assert await merges.merge(second, first, day(1), day(1))
        both = a_file((first, 2501), (second, 2500))
        waits = await sending.send("f.csv", both, "Why", False, by, day(1))
        assert (waits.state, waits.found.largest) == ("waiting", 5001)
        fits = await sending.send("f.csv", a_file((first, 2500), (second, 2500)), "Why", False, by, day(1))
        assert (fits.state, fits.found.largest) == ("done", 5000)
        # What the other person gave to whom was merged since was given to the same member.
        late = await sending.send("f.csv", a_file((first, 2501)), "Why", False, other, day(1))
        assert late.state == "waiting"
        assert (await ask(asked(ada, 2501), other, day(1))).state == "waiting"
        assert (await balance(ada))[1] == 7500


async def test_one_person_s_gifts_at_once_count_together(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        by = await person("marketer")
        number = await db.fetchval("SELECT external_id FROM customers")

    async def send() -> str:
        async with db.transaction(merchant):
            return (await sending.send("f.csv", a_file((number, 4000)), "Why", False, by, day(1))).state

    async def step() -> str:
        async with db.transaction(merchant):
            return (await ask(asked(member, 4000), by, day(1))).state

    states = await asyncio.gather(send(), step(), send(), step())
    assert sorted(states)[-3:] == ["waiting"] * 3
    async with db.transaction(merchant):
        assert (await balance(member))[1] == 4000


async def test_what_is_rejected_posts_nothing(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        manager, owner = await person("community_manager"), await person("owner")
        waiting = await ask(asked(member, -1001), manager, day(1))
        done = await decide(waiting.id, False, owner, day(2))
        assert (done.state, done.entry_id) == ("rejected", None)
        assert await balance(member) == (0, 0, 0)


async def test_two_approvals_at_once_post_once(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        marketer = await person("marketer")
        owners = [await person("owner") for _ in range(6)]
        waiting = await ask(asked(member, 9000), marketer, day(1))

    async def approve(owner: UUID) -> bool:
        try:
            async with db.transaction(merchant):
                await decide(waiting.id, True, owner, day(2))
        except AdjustmentDecided:
            return False
        return True

    assert sum(await asyncio.gather(*map(approve, owners))) == 1
    async with db.transaction(merchant):
        assert await balance(member) == (0, 9000, 0)


async def test_limits_are_the_merchants(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        agent = await person("agent")
        assert (await ask(asked(member, 1), agent, day(1))).state == "waiting"
        await set_limit("agent", 10)
        assert (await service.limits())["agent"] == 10
        assert (await ask(asked(member, 10), agent, day(1))).state == "posted"
        assert (await ask(asked(member, -10), agent, day(1))).state == "posted"
        assert (await ask(asked(member, 11), agent, day(1))).state == "waiting"
        for role, points in (("agent", -1), ("agent", 10**9 + 1), ("nobody", 1)):
            with pytest.raises(AdjustmentInvalid):
                await set_limit(role, points)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"points": 0}, AdjustmentInvalid),
        ({"points": 10**9 + 1}, AdjustmentInvalid),
        ({"note": "  "}, AdjustmentInvalid),
        ({"note": "x" * 501}, AdjustmentInvalid),
        ({"expires_at": day(1)}, AdjustmentInvalid),
        ({"points": -1, "expires_at": day(9)}, AdjustmentInvalid),
        ({"wallet": "gold"}, WalletUnknown),
        ({"member_id": UUID(int=1)}, MemberUnknown),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused(
    merchant: UUID, member: UUID, change: dict[str, object], error: type[DomainError]
) -> None:
    async with db.transaction(merchant):
        owner = await person("owner")
    before = await state(merchant, member)
    with pytest.raises(error):
        async with db.transaction(merchant):
            fields = {"member_id": member, "points": 5, "cause": "other", "note": "why"} | change
            await ask(Asked(**fields), owner, day(1))  # type: ignore[arg-type]
    assert await state(merchant, member) == before


async def test_who_may_not_is_refused(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        auditor, manager, marketer = [
            await person(role) for role in ("auditor", "community_manager", "marketer")
        ]
        waiting = await ask(asked(member, 9000), marketer, day(1))
    before = await state(merchant, member)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await ask(asked(member, 1), auditor, day(1))
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await decide(waiting.id, True, manager, day(1))
    assert await state(merchant, member) == before


async def test_the_database_holds_the_two_persons(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        marketer = await person("marketer")
        waiting = await ask(asked(member, 9000), marketer, day(1))
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction(merchant):
            await db.execute(
                "UPDATE adjustments SET state = 'rejected', decided_by = asked_by, decided_at = asked_at"
                " WHERE id = $1",
                waiting.id,
            )
