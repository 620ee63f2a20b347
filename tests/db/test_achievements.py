"""Achievements over real orders and events: reached, kept, withdrawn, each once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.embedded import Services
from core.errors import DomainError
from core.ids import new_id
from loyalty.achievements.rules import (
    EVER,
    Challenge,
    Definition,
    Entries,
    Events,
    Metric,
    Orders,
    Period,
    Spend,
    Streak,
    period_start,
)
from loyalty.achievements.service import AchievementInvalid, define, evaluate, progress, reached, retire
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import reading as ledger
from loyalty.members.merge import merge, undo
from loyalty.wallets import service as wallets
from tests.conftest import new_merchant
from tests.factories.points import balance, one, redeem
from tests.factories.shop import programme, store

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 30, tzinfo=UTC)


def at(month: int, day: int = 10, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def event(kind: str, when: datetime, subject: str | None = None, **data: object) -> Event:
    return Event(id=str(new_id()), source="shop", type=kind, time=when, subject=subject, data=data)


async def told(*events: Event) -> None:
    """Events heard of when they happen, but not before the tests' present."""
    heard = max(NOW, *(each.time for each in events))
    assert {result.status for result in await ingest(events, heard)} <= {"applied", "recorded"}


def bought(customer: str, order: str, when: datetime, amount_minor: int = 5000) -> list[Event]:
    return [
        event("order.paid", when, order_id=order, store_id="s1", customer_id=customer, currency="USD",
              amount_minor=amount_minor),
        event("order.delivered", when + timedelta(days=1), order_id=order),
    ]  # fmt: skip


def achievement(goal: Challenge | Streak, points: int = 50, **more: object) -> Definition:
    return Definition(name={"en": "A"}, goal=goal, points=points, **more)  # type: ignore[arg-type]


@pytest.fixture
async def ada(merchant: UUID) -> UUID:
    """A member who has joined on the first day."""
    async with db.transaction(merchant):
        await programme(rates={"USD": 0})
        await store()
        await told(event("customer.created", JOINED, customer_id="ada", accepts_terms=True))
        return UUID(str(await db.fetchval("SELECT id FROM members")))


async def standing() -> list[tuple[str, date]]:
    """Awards that stand, the oldest period first."""
    return [
        (row["code"], row["period"])
        for row in await db.fetch(
            "SELECT code, period FROM achievement_awards WHERE withdrawn_at IS NULL ORDER BY code, period"
        )
    ]


async def test_a_challenge_is_reached_once_and_its_points_posted_once(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("three", achievement(Challenge(Orders(), 3)), JOINED)
        for n in range(2):
            await told(*bought("ada", f"o{n}", at(2 + n)))
        assert await evaluate(None, NOW) == 0
        [before] = await progress(ada, NOW)
        assert (before.value, before.target, before.times) == (2, 3, 0)
        await told(*bought("ada", "o3", at(4)))
        assert await evaluate([ada], NOW) == 1
        assert await evaluate(None, NOW) == 0
        assert await standing() == [("three", EVER)]
        assert await balance(ada) == (0, 50, 0)
        [line] = await ledger.statement(ada)
        assert line.reason == {
            "rule": "achievement", "achievement": "three", "version": 1, "name": {"en": "A"}
        }  # fmt: skip
        [award] = await reached(ada)
        assert (award.code, award.period, award.points, award.reached_at) == ("three", EVER, 50, NOW)


async def test_an_order_that_goes_back_takes_the_award_along(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("two", achievement(Challenge(Orders(), 2)), JOINED)
        await told(*bought("ada", "o1", at(2)), *bought("ada", "o2", at(3)))
        await evaluate(None, NOW)
        await told(event("order.refunded", at(4), refund_id="r", order_id="o2", amount_minor=5000))
        assert await evaluate(None, NOW) == 1
        assert await standing() == []
        assert await balance(ada) == (0, 0, 0)
        await told(*bought("ada", "o3", at(5)))
        assert await evaluate(None, NOW) == 1
        assert await balance(ada) == (0, 50, 0)
        assert await ledger.check() == []


async def test_an_order_that_is_called_off_takes_the_award_along_although_its_points_were_spent(
    merchant: UUID, ada: UUID
) -> None:
    async with db.transaction(merchant):
        await wallets.change("points", wallets.Rules(debt_policy="forbid"), JOINED)
        await define("one", achievement(Challenge(Orders(), 1)), JOINED)
        await define("fifty", achievement(Challenge(Spend("USD"), 5000), points=0), JOINED)
        await told(*bought("ada", "o1", at(2)))
        assert await evaluate(None, NOW) == 2
        await one(redeem("r", ada, 50, NOW))
        await told(event("order.cancelled", at(4), order_id="o1"))
        assert await evaluate(None, NOW) == 2
        assert await standing() == []
        assert await balance(ada) == (0, 0, 0)
        assert await ledger.check() == []


async def test_a_streak_is_broken_by_a_gap_and_counts_again(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("run", achievement(Streak(Orders(), 1, "month", 2), points=0), JOINED)
        for month in (1, 3, 4, 5, 6):
            await told(*bought("ada", f"o{month}", at(month)))
        await evaluate(None, NOW)
        assert await standing() == [("run", date(2026, 4, 1)), ("run", date(2026, 6, 1))]
        [now] = await progress(ada, at(6, 28))
        assert (now.value, now.step, now.times) == (2, 1, 2)
        [later] = await progress(ada, at(7, 2))
        assert (later.value, later.step) == (2, 0), "the new month is still open"
        [broken] = await progress(ada, at(8, 2))
        assert broken.value == 0


async def test_spend_counts_what_was_kept_in_its_currency(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("hundred", achievement(Challenge(Spend("USD"), 10_000, "quarter")), JOINED)
        await told(*bought("ada", "o1", at(4), 6000), *bought("ada", "o2", at(5), 6000))
        await told(event("order.refunded", at(5, 20), refund_id="r", order_id="o1", amount_minor=2001))
        await evaluate(None, NOW)
        assert await standing() == []
        await told(*bought("ada", "o3", at(6), 1))
        await evaluate(None, NOW)
        assert await standing() == [("hundred", date(2026, 4, 1))]


async def test_events_of_the_shops_own_kinds(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("fit", achievement(Challenge(Events("custom.workout"), 2, "week")), JOINED)
        await told(event("custom.workout", at(3, 2), "ada"), event("custom.workout", at(3, 9), "ada"))
        await told(event("custom.workout", at(3, 8, 23), "ada"), event("custom.other", at(3, 8), "ada"))
        await evaluate(None, NOW)
        assert await standing() == [("fit", date(2026, 3, 2))], "Monday to Sunday"


async def test_what_lies_outside_its_time_or_before_joining_does_not_count(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        early = achievement(Challenge(Orders(), 1), starts_at=at(3), ends_at=at(4))
        await define("march", early, JOINED)
        await told(*bought("ada", "o0", JOINED - timedelta(days=1)), *bought("ada", "o1", at(2)))
        await told(*bought("ada", "o2", at(4)))
        assert await evaluate(None, NOW) == 0
        await told(*bought("ada", "o3", at(3)))
        assert await evaluate(None, NOW) == 1


async def test_who_stands_for_another_counts_what_both_did(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("two", achievement(Challenge(Orders(), 2)), JOINED)
        await told(event("customer.created", JOINED, customer_id="eve", accepts_terms=True))
        await told(*bought("ada", "o1", at(2)), *bought("eve", "o2", at(3)))
        assert await evaluate(None, NOW) == 0
        await merge("eve", "ada", NOW, NOW)
        assert await evaluate(None, NOW) == 1
        assert await balance(ada) == (0, 50, 0)
        await undo("eve", NOW)
        assert await evaluate(None, NOW) == 1
        assert await balance(ada) == (0, 0, 0)
        assert await standing() == []
        assert await ledger.check() == []


async def test_a_new_version_does_not_take_what_was_reached(merchant: UUID, ada: UUID) -> None:
    async with db.transaction(merchant):
        await define("one", achievement(Challenge(Orders(), 1)), JOINED)
        await told(*bought("ada", "o1", at(2)))
        await evaluate(None, NOW)
        second = await define("one", achievement(Challenge(Orders(), 5)), NOW)
        assert (second.version, second.awards) == (2, 1)
        assert await evaluate(None, NOW) == 0
        assert await standing() == [("one", EVER)]
        await retire("one", NOW)
        assert await progress(ada, NOW) == []
        with pytest.raises(AchievementInvalid):
            await define("bad", achievement(Challenge(Orders(), 1), starts_at=at(3), ends_at=at(3)), NOW)


async def test_a_time_that_no_sweep_could_read_is_refused(merchant: UUID) -> None:
    """It would end the sweep of all other achievements."""
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    async with db.transaction(merchant):
        with pytest.raises(AchievementInvalid):
            await define("bad", achievement(Challenge(Orders(), 1), starts_at=first), NOW)
        assert await db.fetchval("SELECT count(*) FROM achievements") == 0


@pytest.mark.parametrize(
    ("type", "code"),
    [("custom.five_star_rating", "rule_trigger_reserved"), ("custom.points.earned", "rule_loops")],
)
async def test_what_no_rule_may_look_at_counts_for_no_achievement(
    merchant: UUID, type: str, code: str
) -> None:
    async with db.transaction(merchant):
        with pytest.raises(DomainError) as refused:
            await define("bad", achievement(Challenge(Events(type), 1)), NOW)
        assert refused.value.code == code
        assert await db.fetchval("SELECT count(*) FROM achievements") == 0


async def test_the_day_is_the_merchants() -> None:
    merchant = await new_merchant("Asia/Shanghai")
    async with db.transaction(merchant):
        await programme(rates={"USD": 0})
        await store()
        await told(event("customer.created", JOINED, customer_id="ada", accepts_terms=True))
        await define("month", achievement(Challenge(Orders(), 1, "month"), points=0), JOINED)
        await told(*bought("ada", "o1", datetime(2026, 3, 31, 16, tzinfo=UTC)))
        await evaluate(None, NOW)
        assert await standing() == [("month", date(2026, 4, 1))]


PERIODS: Sequence[Period] = ("ever", "week", "month", "quarter", "year")
GOALS = st.one_of(
    st.builds(Challenge, st.just(Orders()), st.integers(1, 4), st.sampled_from(PERIODS)),
    st.builds(Challenge, st.just(Spend("USD")), st.integers(1, 400), st.sampled_from(PERIODS)),
    st.builds(
        Streak, st.just(Orders()), st.integers(1, 2), st.sampled_from(["week", "month"]), st.integers(2, 4)
    ),
)
HISTORY = st.lists(st.tuples(st.integers(0, 180), st.integers(1, 200), st.booleans()), max_size=14)


def expected(goal: Challenge | Streak, history: list[tuple[int, int, bool]]) -> set[date]:
    """The periods of awards, worked out one order at a time."""
    values: dict[date, int] = {}
    for day, amount, kept in history:
        when = (JOINED + timedelta(days=day)).date()
        start = period_start(when, goal.period)
        if kept:
            values[start] = values.get(start, 0) + (1 if isinstance(goal.metric, Orders) else amount)
    if isinstance(goal, Challenge):
        return {start for start, value in values.items() if value >= goal.target}
    found, length, start = set(), 0, period_start(JOINED.date(), goal.period)
    while start <= date(2026, 12, 31):
        length = length + 1 if values.get(start, 0) >= goal.each else 0
        if length and length % goal.periods == 0:
            found.add(start)
        start = period_start(start + timedelta(days=32 if goal.period == "month" else 7), goal.period)
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(goal=GOALS, history=HISTORY)
async def test_the_set_based_answer_is_that_of_one_order_at_a_time(
    database: Services, goal: Challenge | Streak, history: list[tuple[int, int, bool]]
) -> None:
    code = f"g-{new_id().hex}"
    run = new_id().hex
    async with db.transaction(await new_merchant()):
        await programme(rates={"USD": 0})
        await store()
        await told(event("customer.created", JOINED, customer_id="ada", accepts_terms=True))
        for n, (day, amount, kept) in enumerate(history):
            await told(*bought("ada", f"{run}-{n}", JOINED + timedelta(days=day, hours=1), amount))
            if not kept:
                gone = JOINED + timedelta(days=day + 2)
                await told(
                    event("order.refunded", gone, refund_id="r", order_id=f"{run}-{n}", amount_minor=amount)
                )
        await define(code, achievement(goal, points=0), JOINED)
        await evaluate(None, NOW)
        assert {period for _, period in await standing()} == expected(goal, history)


def test_metrics_are_a_closed_set_that_reads_no_review() -> None:
    """What an award depends on is no rating, no text and no sentiment."""
    fields = {kind: kind.__struct_fields__ for kind in get_args(Metric)}
    assert fields == {Orders: (), Spend: ("currency",), Events: ("type",), Entries: ("rule",)}
    assert Definition.__struct_fields__ == (
        "name", "description", "goal", "points", "starts_at", "ends_at"
    )  # fmt: skip
