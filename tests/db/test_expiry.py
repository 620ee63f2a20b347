"""Expiry by date and by inactivity, and the mail before it."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, db
from core.mail import service as mail
from core.notifications import settings as notifying
from core.notifications.model import Settings
from core.people import customers
from core.people.customers import CustomerRow
from core.tenancy import Merchant
from loyalty.expiry import idle, service, tasks, warnings
from loyalty.expiry.service import expire_due
from loyalty.ledger import Merge, Unmerge
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.tiers.rules import Points, TierSet
from loyalty.tiers.tasks import after_posting
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Expiry, Inactivity, Never
from loyalty.wallets.service import Rules
from tests.conftest import new_merchant
from tests.factories.points import WHY, balance, earn, lots, one, redeem, reverse
from tests.factories.shop import START, day, ladder, new_member, new_members, programme, tier_of


async def open_shop(merchant: UUID, expiry: Expiry, warn_days: int | None = None) -> UUID:
    """A programme with one member, who has an address and reads Traditional Chinese; the member's id."""
    async with db.transaction(merchant):
        await programme()
        await wallets.change("points", Rules(expiry=expiry, warn_days=warn_days), START)
        await notifying.change(Settings(quiet_from=time(0), quiet_until=time(0)), None, START)
        row = CustomerRow("anna", START, email="anna@example.test", name="Anna", locale="zh-Hant")
        ids = await customers.upsert([row])
        await members.enrol([(ids["anna"], START, "1")])
        return (await members.of_customers(ids.values()))[ids["anna"]].id


async def sweep(merchant: UUID, now: datetime) -> None:
    """One run of the periodic task for this merchant."""
    with clock.set_clock(lambda: now):
        await tasks.of_merchant(Merchant(merchant, "shop", "UTC"))


async def waiting(merchant: UUID) -> list[dict[str, Any]]:
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT payload FROM outbox WHERE topic = $1 ORDER BY created_at", warnings.TOPIC
        )
        return [db.from_json(row["payload"]) for row in rows]


async def mails(merchant: UUID, now: datetime) -> list[mail.Mail]:
    """The mails after all warnings that wait were handled once more: a repeated one is harmless here."""
    for payload in await waiting(merchant):
        async with db.transaction(merchant):
            await tasks.warn(payload, now)
            await db.execute(
                "DELETE FROM outbox WHERE topic = $1 AND payload = $2", warnings.TOPIC, db.to_json(payload)
            )
    async with db.transaction(merchant):
        return await mail.newest()


# ---------------------------------------------------------------- warnings


async def test_a_member_is_warned_once_a_day_of_expiry_in_their_language(merchant: UUID) -> None:
    member = await open_shop(merchant, Never(), warn_days=10)
    async with db.transaction(merchant):
        await db.execute("UPDATE merchants SET time_zone = 'Asia/Shanghai'")
        # The first two are on one day in Shanghai, the last on the next.
        for n, hours in enumerate((-7.5, 0, 16.5)):
            await one(earn(f"e{n}", member, 1_000, expires_at=day(30) + timedelta(hours=hours)))
    await sweep(merchant, day(19))
    assert await waiting(merchant) == []
    for _ in range(2):
        await sweep(merchant, day(21))
    [second, first] = await mails(merchant, day(21))
    if "2,000" not in first.subject:
        first, second = second, first
    assert (first.to_address, first.locale, first.kind) == ("anna@example.test", "zh-Hant", "points_expiring")
    assert first.subject == "2,000 積分將於 2026年1月31日 到期"
    assert "商店" in first.body and "中國時間" in first.body and "凌晨12:30" in first.body
    assert second.subject == "1,000 積分將於 2026年2月1日 到期"
    await sweep(merchant, day(22))
    assert len(await mails(merchant, day(22))) == 2


async def test_what_was_spent_meanwhile_is_not_spoken_of(merchant: UUID) -> None:
    member = await open_shop(merchant, Never(), warn_days=10)
    async with db.transaction(merchant):
        await one(earn("e1", member, 60, expires_at=day(30)))
        await one(earn("e2", member, 40, expires_at=day(31)))
    await sweep(merchant, day(25))
    async with db.transaction(merchant):
        await one(redeem("r", member, 70, day(25)))
    [only] = await mails(merchant, day(26))
    assert only.subject.startswith("30 ")


@pytest.mark.parametrize("gone", ["left", "erased", "no warnings"])
async def test_nobody_is_written_to_who_left_or_has_no_address(merchant: UUID, gone: str) -> None:
    member = await open_shop(merchant, Never(), None if gone == "no warnings" else 10)
    async with db.transaction(merchant):
        await one(earn("e", member, 60, expires_at=day(30)))
    await sweep(merchant, day(25))
    async with db.transaction(merchant):
        if gone == "left":
            await members.leave(
                [await db.fetchval("SELECT customer_id FROM members WHERE id = $1", member)], day(26)
            )
        elif gone == "erased":
            await customers.erase(["anna"], day(26))
    assert len(await waiting(merchant)) == (gone != "no warnings")
    assert await mails(merchant, day(26)) == []


async def test_sweeps_side_by_side_expire_and_warn_once(merchant: UUID) -> None:
    await open_shop(merchant, Never(), warn_days=10)
    async with db.transaction(merchant):
        ids = [await new_member() for _ in range(12)]
        for member in ids:
            for n in range(4):
                await one(earn(f"e{member}{n}", member, 10, expires_at=day(10 + n)))
    with clock.set_clock(lambda: day(11)):  # once: tasks that set and reset it by turns would leave it set
        run = Merchant(merchant, "shop", "UTC")
        await asyncio.gather(*(tasks.of_merchant(run) for _ in range(6)))
    async with db.transaction(merchant):
        assert {await balance(member) for member in ids} == {(0, 20, 0)}
        assert await db.fetchval("SELECT count(*) FROM ledger_journal WHERE verb = 'expire'") == 24
        assert await ledger.check() == []
    assert len(await waiting(merchant)) == 24


async def test_a_large_backlog_is_swept_from_both_ends(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 5)
    await open_shop(merchant, Never())
    async with db.transaction(merchant):
        ids = [await new_member() for _ in range(12)]
        for n, member in enumerate(ids):
            for more in range(3):
                await one(earn(f"e{n}.{more}", member, 10, expires_at=day(10 + n + more)))
    assert await service.expire_all(merchant, day(20)) == 30
    assert await service.expire_all(merchant, day(90)) == 6
    async with db.transaction(merchant):
        assert {await balance(member) for member in ids} == {(0, 0, 0)}
        assert await ledger.check() == [] and await ledger.verify() == []
        keys = await db.fetch("SELECT DISTINCT key, parent_id FROM ledger_journal WHERE verb = 'expire'")
        assert {row["key"] for row in keys} == {f"expire:{row['parent_id']}:1" for row in keys}
        assert len(keys) == 36


async def test_tiers_hear_of_a_set_of_postings_by_its_first_and_last(merchant: UUID) -> None:
    async with db.transaction(merchant):
        steps = tuple(ladder(0, 100))
        await programme(sets=[TierSet(code="main", name={}, tiers=steps, metric=Points("points"))])
        members = [await new_member() for _ in range(3)]
        for n, member in enumerate(members):
            await one(earn(f"e{n}", member, 100, expires_at=day(9) if n else None))
        # Nobody hears of what they earned: so one sees whom the news of the set is about.
        await db.execute("DELETE FROM outbox")
        assert await expire_due(day(9)) == 2
        [told] = await db.fetch("SELECT payload FROM outbox WHERE topic = 'points.posted'")
        assert {await tier_of(member) for member in members} == {"t0"}
        with clock.set_clock(lambda: day(9)):
            await after_posting(db.from_json(told["payload"]), day(9))
        assert [await tier_of(member) for member in members] == ["t0", "t1", "t1"]


# ---------------------------------------------------------------- inactivity


async def test_what_comes_back_to_a_lot_that_ended_ends_once_more(merchant: UUID) -> None:
    member = await open_shop(merchant, Inactivity(30))
    async with db.transaction(merchant):
        await one(earn("e1", member, 100, at=day(0)))
        await one(earn("e2", member, 1, at=day(0)))
        await one(redeem("r1", member, 40, day(0)))
    await sweep(merchant, day(30))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 0, 0)
        await one(reverse("v1", member, "r1", day(31)))
        assert await balance(member) == (0, 40, 0)
    for _ in range(2):
        await sweep(merchant, day(31))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 0, 0)
        keys = await db.fetch("SELECT id, key, points FROM ledger_journal WHERE verb = 'expire' ORDER BY seq")
        assert [row["points"] for row in keys] == [60, 1, 40]
        assert keys[2]["key"] == f"{keys[0]['key']}:{keys[2]['id']}"


async def test_a_lot_that_was_merged_ends_again_at_the_same_number_of_another_account(merchant: UUID) -> None:
    """The third time it ends, everything but the account is as it was the second time."""
    member = await open_shop(merchant, Inactivity(30))
    async with db.transaction(merchant):
        await one(earn("e1", member, 100, at=day(0)))
        for n in range(3):
            await one(redeem(f"r{n}", member, 10, day(0)))
        other = await new_member()
        for n in range(2):
            await one(earn(f"o{n}", other, 1, at=day(0)))
            await one(redeem(f"s{n}", other, 1, day(0)))
    await sweep(merchant, day(30))
    async with db.transaction(merchant):
        await one(reverse("v0", member, "r0", day(31)))
    await sweep(merchant, day(31))
    async with db.transaction(merchant):
        await one(Merge(key="m", member=member, into=other, effective_at=day(31), reason=WHY))
        await one(reverse("v1", other, "r1", day(31)))
    await sweep(merchant, day(31))
    async with db.transaction(merchant):
        ended = await db.fetch("SELECT seq, points FROM ledger_journal WHERE verb = 'expire' ORDER BY id")
        assert [(row["seq"], row["points"]) for row in ended] == [(5, 70), (7, 10), (7, 10)]
        assert await balance(other) == (0, 0, 0)
        assert await ledger.check() == [] and await ledger.verify() == []


async def test_points_end_when_nothing_happens_and_each_movement_puts_it_off(merchant: UUID) -> None:
    member = await open_shop(merchant, Inactivity(30), warn_days=5)
    async with db.transaction(merchant):
        await one(earn("e1", member, 100, at=day(0)))
        await one(redeem("r1", member, 10, day(20)))
    await sweep(merchant, day(44))
    assert await waiting(merchant) == []
    await sweep(merchant, day(46))  # 30 days after the redemption is day 50
    assert [each.subject.split(" ")[0] for each in await mails(merchant, day(46))] == ["90"]
    async with db.transaction(merchant):
        await one(earn("e2", member, 5, at=day(48)))
    await sweep(merchant, day(78) - timedelta(seconds=1))
    assert len(await mails(merchant, day(77))) == 2  # of the new end, day 78
    async with db.transaction(merchant):
        assert await balance(member) == (0, 95, 0)
    await sweep(merchant, day(78))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 0, 0)
        assert {expires for *_, expires in (await lots(member)).values()} == {None}
        moments = await db.fetch("SELECT effective_at FROM ledger_journal WHERE verb = 'expire'")
        assert {row["effective_at"] for row in moments} == {day(78)}
        assert await ledger.check() == []


async def test_lots_from_before_the_policy_and_with_a_date_of_their_own_stay(merchant: UUID) -> None:
    member = await open_shop(merchant, Never())
    async with db.transaction(merchant):
        await one(earn("before", member, 10, at=day(1)))
        await wallets.change("points", Rules(expiry=Inactivity(30)), day(2))
        await one(earn("dated", member, 20, at=day(3), expires_at=day(200)))
        await one(earn("after", member, 40, at=day(3)))
        await wallets.change("points", Rules(expiry=Never()), day(4))
        await one(earn("never", member, 80, at=day(4)))
    await sweep(merchant, day(34) - timedelta(seconds=1))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 150, 0)
    await sweep(merchant, day(34))
    async with db.transaction(merchant):
        assert await balance(member) == (0, 110, 0)


async def test_who_stands_for_somebody_was_active_when_they_were(merchant: UUID) -> None:
    anna = await open_shop(merchant, Inactivity(30))
    async with db.transaction(merchant):
        bob, cleo, dan = await new_members(3)
        await one(earn("a", anna, 1, at=day(20)))
        await one(earn("b", bob, 10, at=day(0)))
    for key, member, into in (("m1", anna, cleo), ("m2", cleo, bob), ("m3", bob, dan)):
        async with db.transaction(merchant):
            await one(Merge(key=key, member=member, into=into, effective_at=day(25), reason=WHY))
    await sweep(merchant, day(50) - timedelta(seconds=1))
    async with db.transaction(merchant):
        assert await balance(dan) == (0, 11, 0)
        await one(Unmerge(key="u", member=bob, parent="m3", effective_at=day(50), reason=WHY))
    async with db.transaction(merchant):
        await one(earn("d", dan, 5, at=day(50)))
    await sweep(merchant, day(50))
    async with db.transaction(merchant):
        assert (await balance(bob), await balance(dan)) == ((0, 0, 0), (0, 5, 0))
        assert await ledger.check() == [] and await ledger.verify() == []


async def test_a_movement_between_looking_and_ending_saves_the_points(merchant: UUID) -> None:
    member = await open_shop(merchant, Inactivity(30))
    async with db.transaction(merchant):
        await one(earn("e1", member, 100, at=day(0)))
        seen, _ = await idle.page(None)
        await one(redeem("r1", member, 10, day(30)))
        assert await idle.end(seen, day(31)) == 0
        assert await expire_due(day(31)) == 0
        assert await balance(member) == (0, 90, 0)


@settings(
    deadline=None, max_examples=25, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    gaps=st.lists(st.integers(1, 45), min_size=1, max_size=6),
    days=st.sampled_from([20, 30]),
    sweeps=st.integers(1, 9),
)
async def test_inactivity_as_one_would_count_it_by_hand(
    database: object, gaps: list[int], days: int, sweeps: int
) -> None:
    """An earn of 10 after each gap; what is there ends in the first gap of `days`, however often we look."""
    merchant = await new_merchant()
    member = await open_shop(merchant, Inactivity(days))
    at, left = 0, 0
    for n, gap in enumerate(gaps):
        for step in range(1, sweeps + 1):
            await sweep(merchant, day(at + gap * step / sweeps))
        left = 10 if gap >= days else left + 10
        at += gap
        async with db.transaction(merchant):
            await one(earn(f"e{n}", member, 10, at=day(at)))
            assert await balance(member) == (0, left, 0)
