"""Wallets with rules of their own: old lots keep old rules, and debt goes by the policy, also at once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from loyalty.intake.service import ingest
from loyalty.ledger import reading as ledger
from loyalty.ledger.commands import Policy
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Inactivity, Never, PeriodEnd, RollingDays
from loyalty.wallets.service import Rules, WalletExists, WalletMissing, WalletRulesChanged
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance, lots, one, redeem
from tests.factories.shop import START, day, programme, store

NOW = day(40)
CONCURRENT = 20


async def open_shop(merchant: UUID, debt_policy: Policy = "debt") -> None:
    async with db.transaction(merchant):
        await programme(debt_policy=debt_policy)
        await store()


async def member_of(customer: str) -> UUID:
    found = await db.fetchval(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1",
        customer,
    )
    return UUID(str(found))


async def test_a_changed_policy_is_for_new_lots_only(merchant: UUID) -> None:
    await open_shop(merchant)
    rules = Rules(expiry=PeriodEnd("year"), debt_policy="clamp")
    async with db.transaction(merchant):
        await ingest([joined("anna", day(0)), paid("o1", "anna", 1_000, day(1))], day(1))
        changed = await wallets.change("points", rules, day(2))
        await ingest([paid("o2", "anna", 1_000, day(3)), delivered("o1", day(3))], day(3))
        found = await lots(await member_of("anna"))
        versions = await wallets.versions("points")
    assert [expires for *_, expires in found.values()] == [day(1) + timedelta(days=730), day(365)]
    assert (changed.version, changed.since) == (2, day(2))
    assert [(v.number, v.expiry, v.debt_policy, v.since) for v in versions] == [
        (2, PeriodEnd("year"), "clamp", day(2)),
        (1, RollingDays(730), "debt", START),
    ]


async def test_the_same_rules_again_make_no_version(merchant: UUID) -> None:
    await open_shop(merchant)
    async with db.transaction(merchant):
        known = await wallets.get("points")
        same = Rules(expiry=known.expiry, warn_days=known.warn_days)
        assert await wallets.change("points", same, day(2)) == known
        with pytest.raises(WalletRulesChanged):
            await wallets.change("points", Rules(), day(2), expected_version=7)
        assert await wallets.get("points") == known


async def test_the_calendar_is_that_of_the_merchant(merchant: UUID) -> None:
    await open_shop(merchant)
    async with db.transaction(merchant):
        await db.execute("UPDATE merchants SET time_zone = 'Asia/Shanghai'")
        await wallets.change("points", Rules(expiry=PeriodEnd("month")), START)
        await ingest([joined("anna", day(0)), paid("o1", "anna", 1_000, day(1))], day(1))
        [(*_, expires)] = (await lots(await member_of("anna"))).values()
    assert expires == day(31) - timedelta(hours=8)


async def test_a_time_zone_that_is_gone_rejects_the_order_alone(merchant: UUID) -> None:
    await open_shop(merchant)
    async with db.transaction(merchant):
        await ingest([joined("anna", day(0))], day(0))
        await db.execute("UPDATE merchants SET time_zone = 'Mars/Olympus'")
        results = await ingest([event("custom.noted", day(1)), paid("o1", "anna", 1_000, day(1))], day(1))
        assert [result.code for result in results] == [None, "time_zone_unknown"]
        assert await db.fetchval("SELECT count(*) FROM orders") == 0


async def test_orders_earn_in_the_wallets_that_say_so(merchant: UUID) -> None:
    await open_shop(merchant)
    async with db.transaction(merchant):
        await wallets.create("credit", {"en": "Credit"}, Rules(expiry=Inactivity(365)), START)
        await wallets.create("stars", {"en": "Stars"}, Rules(expiry=Never()), START, earns_on_orders=True)
        with pytest.raises(WalletExists):
            await wallets.create("credit", {"en": "Other"}, Rules(), START)
        with pytest.raises(WalletMissing):
            await wallets.change("none", Rules(), START)
        assert [wallet.code for wallet in await wallets.every()] == [
            "credit",
            "points",
            "qualifying",
            "stars",
        ]
        await ingest([joined("anna", day(0)), paid("o1", "anna", 1_000, day(1))], day(1))
        member = await member_of("anna")
        pending = [(await balance(member, code))[0] for code in ("credit", "points", "qualifying", "stars")]
    assert pending == [0, 10, 10, 10]


@pytest.mark.parametrize("policy", ["forbid", "clamp", "debt"])
async def test_each_debt_policy_holds_under_concurrent_refunds(merchant: UUID, policy: Policy) -> None:
    """Twenty orders of 10 points, 150 of the 200 spent, all refunded at the same moment."""
    await open_shop(merchant)
    async with db.transaction(merchant):
        await wallets.change("points", Rules(debt_policy=policy), START)
        orders = [f"o{n}" for n in range(CONCURRENT)]
        sent = [joined("anna", day(0)), *(paid(order, "anna", 1_000, day(1)) for order in orders)]
        await ingest([*sent, *(delivered(order, day(2)) for order in orders)], day(3))
        member = await member_of("anna")
        await one(redeem("r", member, 150, day(4)))

    async def give_back(order: str) -> str:
        async with db.transaction(merchant):
            [result] = await ingest([refunded(order, f"r-{order}", 1_000, day(5), f"e-{order}")], NOW)
        return result.code or result.status

    answers = await asyncio.gather(
        *(give_back(order) for order in orders), *(give_back(order) for order in orders)
    )
    async with db.transaction(merchant):
        _, active, debt = await balance(member)
        refunded_minor = await db.fetchval("SELECT sum(refunded_minor) FROM orders")
        assert await ledger.check() == [] and await ledger.sum_of_all_sides() == 0
    if policy == "forbid":
        # Only what the member still has can go: five refunds, whichever came first.
        assert (active, debt, refunded_minor) == (0, 0, 5_000)
        assert answers.count("applied") == 5 and answers.count("points_insufficient") >= 15
    else:
        assert (active, debt, refunded_minor) == (0, 150 if policy == "debt" else 0, 20_000)
        assert sorted(answers) == ["applied"] * CONCURRENT + ["duplicate"] * CONCURRENT
