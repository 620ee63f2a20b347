"""Proof: who is held out by chance, and figures out of raw events that are counted here by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.errors import Forbidden
from core.people import customers
from reviews.cases import conversation, service
from reviews.cases.remedies import holdout
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.holdout import HoldoutUnfit, NotHeldOut, RemedyHeldOut
from reviews.cases.remedies.rules import Remedy
from reviews.cases.tasks import send_message
from reviews.proof import busy, goals
from reviews.proof import service as proof
from reviews.proof.figures import figures
from reviews.proof.goals import Goal, GoalUnfit
from reviews.proof.rules import Share, arm_of
from reviews.proof.service import Only
from reviews.surveys import answering
from reviews.surveys import service as surveys
from tests.fixtures.reviews.shop import (
    DAY,
    NOW,
    customer,
    employee,
    member,
    open_case,
    order,
    review,
    rows,
    take_in,
    value,
)

LATER = NOW + timedelta(minutes=1)
MARCH = (datetime.fromisoformat("2026-03-01T00:00+00:00"), datetime.fromisoformat("2026-04-01T00:00+00:00"))
REFUND = Remedy(kind="refund", amount_minor=100, currency="USD")


async def report(merchant: UUID, only: Only = Only(), now: datetime = NOW + 200 * DAY) -> proof.Report:  # noqa: B008
    async with db.transaction(merchant):
        return await proof.report(*MARCH, only, now)


async def hold_out(merchant: UUID, share: str, at: datetime = NOW - DAY) -> UUID:
    """Hold out this share from then on; who did it."""
    manager = await employee(merchant, "community_manager")
    async with db.transaction(merchant):
        await holdout.change(Decimal(share), manager, at)
    return manager


async def case_on(merchant: UUID, arm: str, word: str) -> UUID:
    """A case of somebody whom chance puts on this side."""
    async with db.transaction(merchant):
        held = await holdout.current()
    assert held is not None
    for n in range(200):
        buyer = await customer(merchant, f"{word}{n}")
        if arm_of(held.seed, buyer, held.share) == arm:
            await member(merchant, buyer)
            return await open_case(merchant, external_id=word, customer_id=buyer)
    raise AssertionError("chance is not like that")


async def give(merchant: UUID, case: UUID, by: UUID, key: str = "k") -> None:
    async with db.transaction(merchant):
        await remedies.give(case, REFUND, key, by, LATER)


# ---------------------------------------------------------------- holdout


async def test_whoever_is_held_out_gets_nothing_unless_somebody_says_why(merchant: UUID) -> None:
    manager = await hold_out(merchant, "0.5")
    lucky, held = await case_on(merchant, "remedy", "a"), await case_on(merchant, "holdout", "b")
    await give(merchant, lucky, manager, "k1")
    for _ in range(2):
        with pytest.raises(RemedyHeldOut):
            await give(merchant, held, manager, "k2")
        with pytest.raises(RemedyHeldOut):
            async with db.transaction(merchant):
                await remedies.ask(held, REFUND, "k3", manager, LATER)
    assert await value(merchant, "SELECT count(*) FROM case_remedies WHERE case_id = $1", held) == 0
    assert await value(merchant, "SELECT count(*) FROM case_remedy_requests") == 0
    auditor = await employee(merchant, "auditor")
    for case, by, error in ((lucky, manager, NotHeldOut), (held, auditor, Forbidden)):
        with pytest.raises(error):
            async with db.transaction(merchant):
                await holdout.override(case, "She was hurt", by, LATER)
    assert await value(merchant, "SELECT count(*) FROM case_arm_overrides") == 0
    async with db.transaction(merchant):
        await holdout.override(held, "She was hurt", manager, LATER)
    await give(merchant, held, manager, "k4")
    # It was written before, and stays for ever.
    arms = "SELECT arm FROM case_arms a JOIN case_remedies r USING (case_id) WHERE assigned_at <= given_at"
    assert sorted(await rows(merchant, arms)) == [("holdout",), ("remedy",)]
    with pytest.raises(PostgresError, match="permission denied"):
        await value(merchant, "UPDATE case_arms SET arm = 'remedy' RETURNING arm")


async def test_cases_are_put_on_a_side_before_anybody_gives(merchant: UUID) -> None:
    buyer = await customer(merchant)
    old = await open_case(merchant, at=NOW - 2 * DAY, external_id="old", customer_id=buyer)
    manager = await hold_out(merchant, "0.5")
    new = await case_on(merchant, "holdout", "n")
    await open_case(merchant, external_id="nobody's")
    async with db.transaction(merchant):
        assert await holdout.assign(NOW) == 1
        assert await holdout.assign(NOW) == 0
        assert await holdout.side(old) is None
        side = await holdout.side(new)
    assert side is not None and side.held_out
    await give(merchant, old, manager)  # before it began nobody was held out
    async with db.transaction(merchant):
        await holdout.change(Decimal(0), manager, NOW)
    await give(merchant, new, manager, "k2")  # over: nothing holds anybody out


@pytest.mark.parametrize("share", ["-0.1", "0.51", "1"])
async def test_a_share_is_up_to_one_half_and_a_managers_to_set(merchant: UUID, share: str) -> None:
    with pytest.raises(HoldoutUnfit):
        await hold_out(merchant, share)
    agent = await employee(merchant)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await holdout.change(Decimal("0.1"), agent, NOW)
    assert await value(merchant, "SELECT count(*) FROM case_holdouts") == 0


async def test_customers_are_counted_where_chance_had_put_them(merchant: UUID) -> None:
    """Also whoever was given something all the same; one case a customer, whoever they are by now."""
    manager = await hold_out(merchant, "0.5")
    held = [await case_on(merchant, "holdout", f"h{n}") for n in range(3)]
    lucky = [await case_on(merchant, "remedy", f"r{n}") for n in range(4)]
    async with db.transaction(merchant):
        await holdout.assign(NOW)
        await holdout.override(held[0], "She was hurt", manager, LATER)
    await give(merchant, held[0], manager, "k")
    buyers = dict(await rows(merchant, "SELECT id, customer_id FROM cases"))
    await order(merchant, buyers[held[0]], "o1", "lamp", NOW + 20 * DAY)
    await order(merchant, buyers[lucky[0]], "o2", "lamp", NOW + 45 * DAY)
    await order(merchant, buyers[lucky[1]], "o3", "lamp", NOW - DAY)  # before
    other = await customer(merchant, "other")
    async with db.transaction(merchant):
        found = await db.fetch("SELECT id, external_id FROM customers")
        words = {row["id"]: row["external_id"] for row in found}
        await customers.merge("other", words[buyers[lucky[2]]], NOW)
    await order(merchant, other, "o4", "lamp", NOW + 3 * DAY)
    arms = (await report(merchant)).arms
    assert arms is not None
    assert (arms.assigned, arms.given, arms.overridden) == (
        {"holdout": 3, "remedy": 4}, {"holdout": 1, "remedy": 0}, 1,
    )  # fmt: skip
    counted = {days: (each.remedy, each.holdout) for days, each in arms.by_days.items()}
    assert counted == {
        30: (Share(1, 4), Share(1, 3)), 60: (Share(2, 4), Share(1, 3)), 90: (Share(2, 4), Share(1, 3)),
    }  # fmt: skip
    assert not arms.by_days[30].enough
    # Days that are not over yet are not counted.
    early = (await report(merchant, now=NOW + 59 * DAY)).arms
    assert early is not None
    assert (early.by_days[30].remedy.of, early.by_days[60].remedy.of) == (4, 0)


# ---------------------------------------------------------------- figures


async def work(merchant: UUID, case: UUID, by: UUID, texts: list[str], at: datetime = LATER) -> None:
    """Answer the case in public so often, and resolve it."""
    for n, text in enumerate(texts):
        async with db.transaction(merchant):
            version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
            queued = await conversation.reply(case, text, by, version, at + n * timedelta(minutes=1))
        async with db.transaction(merchant):
            await send_message({"message": str(queued.message_id)}, queued.undo_until)
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
        await service.resolve(case, by, version, at + timedelta(hours=1))


async def rate(merchant: UUID, case: UUID, csat: int) -> None:
    at = LATER + timedelta(hours=2)
    async with db.transaction(merchant):
        buyer = await db.fetchval("SELECT customer_id FROM cases WHERE id = $1", case)
        path = await surveys.make("resolution", buyer, case, at)
        survey, _ = await surveys.open_link(path.partition("token=")[2])
        await answering.answer(survey.id, "csat", csat, "", at)


async def test_figures_are_those_of_the_events(merchant: UUID) -> None:
    ana, ben = await employee(merchant), await employee(merchant)
    cases = [
        await open_case(merchant, external_id=f"r{n}", customer_id=await customer(merchant, f"c{n}"))
        for n in range(4)
    ]
    await work(merchant, cases[0], ana, ["We are sorry."])
    await work(merchant, cases[1], ana, ["We are sorry.", "It is on its way."])
    await work(merchant, cases[2], ben, ["We are sorry."])
    async with db.transaction(merchant):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", cases[2])
        await service.reopen(cases[2], ben, version, NOW + DAY)
    await rate(merchant, cases[0], 5)
    await rate(merchant, cases[1], 2)
    buyers = [
        each for (each,) in await rows(merchant, "SELECT customer_id FROM cases ORDER BY number LIMIT 2")
    ]
    for buyer, word in zip(buyers, ("kept", "off"), strict=True):
        await order(merchant, buyer, word, "lamp", NOW + 10 * DAY)
    await value(merchant, "UPDATE orders SET cancelled_at = paid_at WHERE external_id = 'off' RETURNING id")
    found = await report(merchant)
    assert (found.answered, found.waiting) == (Share(3, 4), 2)  # whoever is back waits, too
    whole = found.whole
    assert (whole.resolved, whole.first_contact, whole.reopened, whole.csat) == (
        3, Share(1, 3), Share(1, 3), Share(1, 2),
    )  # fmt: skip
    by = {each.name: (each.resolved, each.first_contact, each.csat) for each in found.by_person}
    names = dict(await rows(merchant, "SELECT id, name FROM staff"))
    assert by == {names[ana]: (2, Share(1, 2), Share(1, 2)), names[ben]: (1, Share(0, 1), Share(0, 0))}
    only = await report(merchant, Only(staff_id=ben))
    assert (only.whole.resolved, only.whole.reopened) == (1, Share(1, 1))
    assert (await report(merchant, Only(aspect="price"))).whole.resolved == 0
    first = next(each for each in found.clocks if each.clock == "first_reply")
    # The first answers went out 70 s after the reviews came in; ten of these are for taking them back.
    assert (first.count, first.p50_s, first.p90_s, first.in_time) == (3, 70, 70, 3)
    assert found.recovered == {30: Share(1, 3), 60: Share(1, 3), 90: Share(1, 3)}, "one was called off"
    told = {(each.section, each.name, each.figure): each for each in figures(found)}
    assert told["cases", "", "csat"].value == 0.5 and told["person", names[ana], "csat"].of == 2


@pytest.mark.parametrize(
    ("text", "stars", "counted"),
    [
        ("We are sorry.", 4, Share(1, 1)),
        ("We are sorry.", 1, Share(0, 1)),
        ("Please change your review.", 4, Share(0, 0)),
    ],
)
async def test_a_review_that_somebody_was_asked_to_change_proves_nothing(
    merchant: UUID, text: str, stars: int, counted: Share
) -> None:
    agent, author = await employee(merchant), await customer(merchant)
    case = await open_case(merchant, customer_id=author)
    await work(merchant, case, agent, ["We are sorry."])
    # As somebody might have written before the composer looked: in the row itself.
    await value(merchant, "UPDATE case_messages SET body = $1 RETURNING id", text)
    fields = {"customer_id": author, "rating": Decimal(stars), "body": "Anew.", "edited_at": NOW + DAY}
    await take_in(merchant, review("r1", **fields), at=NOW + DAY)
    assert (await report(merchant)).revised == counted


async def test_a_goal_says_how_many_it_lacks(merchant: UUID) -> None:
    manager, agent = await employee(merchant, "community_manager"), await employee(merchant)
    goal = Goal("reply", Decimal("0.9"), 24, 2)
    async with db.transaction(merchant):
        await goals.change(goal, manager, NOW)
        for wrong in (
            Goal("reply", Decimal(2)),
            Goal("reply", Decimal("0.9"), 0),
            Goal("reply", Decimal(1), 1, 6),
        ):
            with pytest.raises(GoalUnfit):
                await goals.change(wrong, manager, NOW)
        with pytest.raises(Forbidden):
            await goals.change(goal, agent, NOW)
        assert await goals.goals() == [goal]
    cases = [await open_case(merchant, external_id=f"r{n}") for n in range(4)]
    await work(merchant, cases[0], agent, ["We are sorry."])
    await work(merchant, cases[1], agent, ["We are sorry."], NOW + 2 * DAY)
    (now,) = (await report(merchant, now=NOW + timedelta(hours=3))).goals
    assert (now.count, now.of, now.open, now.short) == (1, 4, 2, 3)  # nine of ten of four are four
    (late,) = (await report(merchant)).goals
    assert (late.count, late.open, late.short) == (1, 0, 3)
    async with db.transaction(merchant):
        await goals.change(Goal("reply", Decimal(0)), manager, NOW)
        await goals.change(Goal("resolve", Decimal("0.5"), 24, 5), manager, NOW)
        await goals.change(Goal("csat", Decimal("0.8")), manager, NOW)
    told = {each.goal.kind: (each.count, each.of, each.short) for each in (await report(merchant)).goals}
    assert told == {"resolve": (1, 4, 1), "csat": (0, 0, 0)}


async def test_a_month_is_the_shops(merchant: UUID) -> None:
    await value(merchant, "UPDATE merchants SET time_zone = 'Asia/Hong_Kong' RETURNING id")
    async with db.transaction(merchant):
        start, end = await proof.month(date(2026, 12, 31))
    assert (start.isoformat(), end.isoformat()) == ("2026-11-30T16:00:00+00:00", "2026-12-31T16:00:00+00:00")
    for wrong in ("2026", "2026-13", "9999-12", "", "0001-01"):
        with pytest.raises(ValueError):
            proof.month_of(wrong)


async def test_of_an_empty_shop_nothing_is_said(merchant: UUID) -> None:
    found = await report(merchant)
    assert (found.answered.value, found.nps, found.arms, found.recovered) == (None, None, None, {})
    told: list[Any] = figures(found)
    assert {each.section for each in told} == {"cases", "surveys"}


# ---------------------------------------------------------------- hours of the week


@pytest.mark.parametrize(
    ("days", "weeks", "whole", "came"),
    [(3, 1, False, 2), (7, 1, True, 2), (13, 1, True, 1), (27, 3, True, 1), (100, 8, True, 1)],
)
async def test_hours_are_divided_by_the_weeks_that_there_were(
    merchant: UUID, days: int, weeks: int, whole: bool, came: int
) -> None:
    now = NOW + days * DAY
    await open_case(merchant, external_id="first")
    await open_case(merchant, now - timedelta(hours=1), external_id="last")
    async with db.transaction(merchant):
        found = await busy.week(now, "UTC")
    assert (found.weeks, found.whole) == (weeks, whole)
    assert sum(each.came for each in found.hours.values()) == came


async def test_who_has_no_case_yet_has_less_than_a_week(merchant: UUID) -> None:
    async with db.transaction(merchant):
        assert await busy.week(NOW, "UTC") == busy.Week({}, 1, whole=False)
