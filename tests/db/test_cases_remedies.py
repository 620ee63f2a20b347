"""Remedies: points, vouchers, refunds and replacements, within authority and a sealed budget."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.errors import Forbidden
from reviews.cases import service
from reviews.cases.remedies import budget
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.budget import Budget, RemedyBudgetBelowUse, RemedyBudgetExhausted
from reviews.cases.remedies.rules import Remedy, RemedyUnfit
from reviews.cases.remedies.service import (
    ApproverUnfit,
    Authority,
    GoodwillAboveAuthority,
    GoodwillAsksForChange,
    GoodwillKeyReused,
    RemedyDecided,
)
from tests.factories.rewards import offer, wanted
from tests.fixtures.reviews.shop import NOW, customer, employee, member, open_case, rows, value

REFUND = Remedy(kind="refund", amount_minor=2000, currency="USD", message="With our apologies")
NEW_LAMP = Remedy(kind="replacement", amount_minor=5000, currency="USD", order_line="Lamp, oak")
GIFT = Remedy(kind="points", points=60)


async def unhappy(merchant: UUID) -> UUID:
    buyer = await customer(merchant)
    await member(merchant, buyer)
    return await open_case(merchant, customer_id=buyer)


async def give(merchant: UUID, case: UUID, remedy: Remedy, by: UUID, key: str = "k1") -> remedies.Given:
    async with db.transaction(merchant):
        return await remedies.give(case, remedy, key, by, NOW)


async def stand(merchant: UUID) -> list[tuple[object, ...]]:
    return await rows(
        merchant,
        "SELECT (SELECT count(*) FROM case_remedies), (SELECT count(*) FROM ledger_journal),"
        " (SELECT count(*) FROM case_events), (SELECT max(version) FROM cases),"
        " (SELECT coalesce(sum(spent_minor), 0) FROM case_budget_months)",
    )


async def test_each_kind_is_given_once_however_often_it_is_tried(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant, limit_points=100)
    shade = Remedy(kind="replacement", amount_minor=100, currency="USD", order_line="Shade")
    for n, remedy in enumerate((GIFT, REFUND, shade)):
        results = await asyncio.gather(*(give(merchant, case, remedy, agent, f"k{n}") for _ in range(3)))
        assert [each.replayed for each in results].count(False) == 1
    kinds = await rows(
        merchant, "SELECT kind, points, amount_minor, currency FROM case_remedies ORDER BY given_at, key"
    )
    assert kinds == [
        ("points", 60, None, None),
        ("refund", None, 2000, "USD"),
        ("replacement", None, 100, "USD"),
    ]
    assert await value(merchant, "SELECT state FROM cases") == "remedy_offered"
    with pytest.raises(GoodwillKeyReused):
        await give(merchant, case, Remedy(kind="refund", amount_minor=1, currency="USD"), agent, "k1")


async def test_a_voucher_is_points_given_and_spent_at_once(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant, limit_points=500)
    async with db.transaction(merchant):
        await offer(wanted(120))
    given = await give(merchant, case, Remedy(kind="voucher", reward="mug"), agent)
    assert given.points == 120
    assert await value(merchant, "SELECT points_active FROM ledger_accounts") == 0
    assert await value(merchant, "SELECT state FROM vouchers") == "issued"
    assert await value(merchant, "SELECT voucher_id IS NOT NULL FROM case_remedies")
    assert await rows(merchant, "SELECT * FROM ledger_check()") == []
    with pytest.raises(RemedyUnfit):
        await give(merchant, case, Remedy(kind="voucher", reward="none"), agent, "k2")


async def test_above_authority_nothing_happens_until_a_second_person_approves(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant, limit_points=100)
    boss = await employee(merchant, "community_manager")
    asked = Remedy(kind="points", points=300, message="For your trouble")
    before = await stand(merchant)
    with pytest.raises(GoodwillAboveAuthority):
        await give(merchant, case, asked, agent)
    assert await stand(merchant) == before
    async with db.transaction(merchant):
        request = await remedies.ask(case, asked, "q1", agent, NOW)
        assert await remedies.ask(case, asked, "q1", agent, NOW) == request
        assert [each.id for each in await remedies.waiting()] == [request]
    for person, refusal in ((agent, Forbidden), (await employee(merchant), Forbidden)):
        with pytest.raises(refusal):
            async with db.transaction(merchant):
                await remedies.decide(request, "give", person, NOW)
    async with db.transaction(merchant):
        await remedies.decide(request, "give", boss, NOW)
    with pytest.raises(RemedyDecided):
        async with db.transaction(merchant):
            await remedies.decide(request, "reject", boss, NOW)
    assert await rows(merchant, "SELECT points, staff_id, approved_by FROM case_remedies") == [
        (300, agent, boss)
    ]
    reason = await value(merchant, "SELECT reason->>'approved_by' FROM ledger_journal")
    assert reason == str(boss)
    await give(merchant, case, Remedy(kind="points", points=100), agent, "k2")  # one's own is untouched


async def test_whoever_asks_cannot_approve_and_a_rejection_gives_nothing(merchant: UUID) -> None:
    case, boss = await unhappy(merchant), await employee(merchant, "community_manager")
    other = await employee(merchant, "owner")
    async with db.transaction(merchant):
        request = await remedies.ask(case, GIFT, "q1", boss, NOW)
    with pytest.raises(ApproverUnfit):
        async with db.transaction(merchant):
            await remedies.decide(request, "give", boss, NOW)
    async with db.transaction(merchant):
        await remedies.decide(request, "reject", other, NOW)
    assert await value(merchant, "SELECT count(*) FROM case_remedies") == 0
    assert await value(merchant, "SELECT state FROM case_remedy_requests") == "rejected"


async def test_authority_by_role(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant)
    boss = await employee(merchant, "owner")
    with pytest.raises(GoodwillAboveAuthority):
        await give(merchant, case, Remedy(kind="refund", amount_minor=5001, currency="USD"), agent)
    async with db.transaction(merchant):
        await remedies.set_authority("agent", Authority(70, 9000), boss)
    await give(merchant, case, NEW_LAMP, agent)
    await give(merchant, case, GIFT, agent, "k2")
    with pytest.raises(GoodwillAboveAuthority):
        await give(merchant, case, GIFT, agent, "k3")
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await remedies.set_authority("agent", Authority(10**6, 10**6), agent)


async def test_the_months_budget_is_sealed_whoever_approves(merchant: UUID) -> None:
    boss, case = await employee(merchant, "owner", 10_000), await unhappy(merchant)
    async with db.transaction(merchant):
        await budget.set_limits(Budget(100, 3000), boss, NOW)
    refund = Remedy(kind="refund", amount_minor=1000, currency="USD")
    results = await asyncio.gather(
        *(give(merchant, case, Remedy(kind="points", points=40), boss, f"p{n}") for n in range(4)),
        *(give(merchant, case, refund, boss, f"m{n}") for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, remedies.Given) for each in results[:4]) == 2
    assert sum(isinstance(each, remedies.Given) for each in results[4:]) == 3
    assert all(isinstance(each, remedies.Given | RemedyBudgetExhausted) for each in results)
    assert await rows(merchant, "SELECT sum(points)::int, sum(amount_minor)::int FROM case_remedies") == [
        (80, 3000)
    ]
    with pytest.raises(RemedyBudgetBelowUse):
        async with db.transaction(merchant):
            await budget.set_limits(Budget(100, 2000), boss, NOW)
    with pytest.raises(PostgresError):
        await value(merchant, "UPDATE case_budget_months SET spent_minor = spent_minor + 1")
    async with db.transaction(merchant):
        await remedies.give(case, REFUND, "april", boss, NOW + timedelta(days=31))


@pytest.mark.parametrize(
    ("remedy", "refusal"),
    [
        (Remedy(kind="refund", amount_minor=0, currency="USD"), RemedyUnfit),
        (Remedy(kind="refund", amount_minor=5, currency="EUR"), RemedyUnfit),
        (Remedy(kind="replacement", amount_minor=5, currency="USD"), RemedyUnfit),
        (
            Remedy(kind="refund", amount_minor=5, currency="USD", message="Then remove your review"),
            GoodwillAsksForChange,
        ),
    ],
)
async def test_what_cannot_be_given(merchant: UUID, remedy: Remedy, refusal: type[Exception]) -> None:
    case, agent = await unhappy(merchant), await employee(merchant)
    before = await stand(merchant)
    for deed in (remedies.give, remedies.ask):
        with pytest.raises(refusal):
            async with db.transaction(merchant):
                await deed(case, remedy, "k1", agent, NOW)
    assert await stand(merchant) == before


async def test_a_request_on_a_case_that_is_done_is_refused(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant)
    async with db.transaction(merchant):
        await service.resolve(case, agent, 1, NOW)
    with pytest.raises(service.CaseStateRefuses):
        async with db.transaction(merchant):
            await remedies.ask(case, GIFT, "q1", agent, NOW)


async def test_a_month_counts_what_was_given_before_it_had_a_limit(merchant: UUID) -> None:
    boss, case = await employee(merchant, "owner"), await unhappy(merchant)
    await give(merchant, case, REFUND, boss)
    with pytest.raises(RemedyBudgetBelowUse):
        async with db.transaction(merchant):
            await budget.set_limits(Budget(None, 1999), boss, NOW)
    async with db.transaction(merchant):
        await budget.set_limits(Budget(None, 3000), boss, NOW)
    with pytest.raises(RemedyBudgetExhausted):
        await give(merchant, case, REFUND, boss, "k2")
    async with db.transaction(merchant):
        await budget.set_limits(Budget(None, None), boss, NOW)
    await give(merchant, case, REFUND, boss, "k2")
    with pytest.raises(RemedyBudgetBelowUse):
        async with db.transaction(merchant):
            await budget.set_limits(Budget(None, 3000), boss, NOW)


async def test_a_limit_that_is_set_while_the_first_gift_of_a_month_is_given_holds(merchant: UUID) -> None:
    boss, case = await employee(merchant, "owner"), await unhappy(merchant)

    async def limit() -> None:
        async with db.transaction(merchant):
            await budget.set_limits(Budget(None, 2000), boss, NOW)

    gifts = (give(merchant, case, REFUND, boss, f"k{n}") for n in range(4))
    await asyncio.gather(*gifts, limit(), return_exceptions=True)
    ((limit_minor, spent),) = await rows(merchant, "SELECT limit_minor, spent_minor FROM case_budget_months")
    assert (limit_minor, spent <= 2000) in ((2000, True), (None, False))


async def test_what_somebody_asked_for_who_has_left_can_still_be_given(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant)
    boss = await employee(merchant, "owner")
    async with db.transaction(merchant):
        request = await remedies.ask(case, Remedy(kind="points", points=300), "q1", agent, NOW)
        await db.execute("UPDATE staff SET disabled_at = $2 WHERE id = $1", agent, NOW)
    async with db.transaction(merchant):
        await remedies.decide(request, "give", boss, NOW)
    assert await value(merchant, "SELECT approved_by FROM case_remedies") == boss


async def test_the_key_of_a_voucher_for_another_reward(merchant: UUID) -> None:
    case, agent = await unhappy(merchant), await employee(merchant, limit_points=500)
    async with db.transaction(merchant):
        await offer(wanted(120))
        await offer(wanted(120), "cup")
    await give(merchant, case, Remedy(kind="voucher", reward="mug"), agent)
    assert (await give(merchant, case, Remedy(kind="voucher", reward="mug"), agent)).replayed
    with pytest.raises(GoodwillKeyReused):
        await give(merchant, case, Remedy(kind="voucher", reward="cup"), agent)
