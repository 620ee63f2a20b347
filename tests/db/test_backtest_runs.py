"""Back-tests by month, in parts and by a worker say what one statement says, and what the ledger gave."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from loyalty.backtests import service as backtests
from loyalty.backtests.rules import Expected, expected, together, whole_months
from loyalty.backtests.service import BacktestInvalid
from loyalty.backtests.tasks import run_part
from loyalty.earning import trial as trials
from loyalty.intake.service import ingest
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.backtest import Backtest, backtest, by_month, trial
from loyalty.rules.facts import OrderFacts
from tests.db.test_backtest import history, publish
from tests.factories import rules as make
from tests.factories.events import joined, paid
from tests.factories.shop import START, programme, store

LIMITED = m.Rule(
    trigger=m.Order(), effect=m.Fixed(points=7), limit=m.Limit(per="month", times=2), wallets=("points",)
)


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    """Three members with forty days of orders, and a limited rule beside that for orders."""
    async with db.transaction(merchant):
        await programme()
        for each in make.STORES:
            await store(each)
        await publish([LIMITED])
        await ingest([joined(name, START) for name in "abc"], START)
        await ingest(history(random.Random(7)), make.TO)
    return merchant


async def test_months_and_parts_add_up_to_the_whole(shop: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "EVENTS_A_PART", 10)
    async with db.transaction(shop):
        for version in await rules.live(make.TO):
            whole = await backtest(version.active, START, make.TO)
            run = await backtests.ask(version, START, make.TO, "points", None, make.TO)
            assert run.parts == 3 and run.ended_at is None
            for done in range(run.parts):
                assert (await backtests.find(run.id)).parts_done == done
                await run_part({"id": str(run.id)}, make.TO)
            await run_part({"id": str(run.id)}, make.TO)  # told twice: it is over
            over = await backtests.find(run.id)
            assert over.ended_at and over.result.whole == whole
            assert over.result.months == await by_month(version.active, START, make.TO, "points")
            inner = {name: each for name, each in over.result.months.items() if name}
            assert sum(each.points for each in inner.values()) == whole.points > 0
            assert over.result.granted == whole.points


async def test_what_is_quick_is_answered_at_once_and_a_draft_has_no_ledger(shop: UUID) -> None:
    async with db.transaction(shop):
        draft = await rules.create(
            "more", "More", m.Rule(trigger=m.Order(), effect=m.Fixed(points=3)), make.TO
        )
        run = await backtests.ask(draft, START, make.TO, "points", None, make.TO)
        assert run.ended_at and run.result.granted is None
        assert run.result.whole.points == 3 * run.result.whole.events > 0
        assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", backtests.TOPIC) == 0


async def test_a_draft_is_tested_as_one_to_its_end_though_it_is_published_meanwhile(
    shop: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "EVENTS_A_PART", 10)
    at, after = make.TO + timedelta(seconds=1), make.TO + timedelta(days=1)
    async with db.transaction(shop):
        dear = m.Rule(trigger=m.Order(), effect=m.Fixed(points=50), wallets=("points",))
        for draft in (await rules.revise("r0", dear, make.TO), await rules.create("new", "", dear, make.TO)):
            whole = await backtest(trial(draft.rule, draft.active), START, make.TO)
            run = await backtests.ask(draft, START, make.TO, "points", None, at)
            await run_part({"id": str(run.id)}, at)
            await rules.publish(draft.version_id, at)
            if draft.code == "new":
                await rules.retire("new", after)
            for _ in range(run.parts - 1):
                await run_part({"id": str(run.id)}, after)
            over = await backtests.find(run.id)
            assert over.ended_at and over.result.whole == whole and whole.points > 0
            assert over.result.granted is None


async def test_a_back_test_of_what_cannot_be_is_refused(shop: UUID) -> None:
    async with db.transaction(shop):
        [first, *_] = await rules.live(make.TO)
        limited = next(each for each in await rules.live(make.TO) if each.rule.limit)
        for version, start, end, wallet in (
            (first, make.TO, START, "points"),
            (first, START, make.TO + timedelta(days=1), "points"),
            (limited, START, make.TO, "qualifying"),
        ):
            with pytest.raises(BacktestInvalid):
                await backtests.ask(version, start, end, wallet, None, make.TO)
        assert await db.fetchval("SELECT count(*) FROM backtests") == 0


async def test_a_trial_of_a_member_knows_what_their_limit_leaves(shop: UUID) -> None:
    async with db.transaction(shop):
        at = make.TO - timedelta(hours=1)
        twice = [paid(f"x{n}", "a", 1_000, at, store=make.STORES[0]) for n in range(2)]
        await ingest(twice, make.TO)
        order = OrderFacts(
            currency="USD", amount_minor=1_000, store=make.STORES[0], channel=None, number=9, lines=()
        )
        fresh = await trials.somebody("a", [], at)
        known = await trials.somebody("a", [], at, limits=True)

        async def given(who: trials.Somebody) -> tuple[int, int]:
            found = await trials.try_out(order, who, at, "en")
            points = next(each for each in found if each.wallet == "points")
            rule = next(each for each in points.rules if each.code == "r0")
            return rule.points, rule.points_due

        assert (await given(fresh), await given(known)) == ((7, 7), (0, 7))


def test_an_interval_is_that_of_the_mean() -> None:
    assert expected([10, 20]) is None
    # Mean 20, deviation 10, t of 2 degrees 4.30: 20 ± 24.8.
    assert expected([10, 20, 30]) == Expected(20, 0, 45)
    assert expected([100] * 30) == Expected(100, 100, 100)
    assert together({}, {}) == {}


def test_a_month_in_which_nothing_happened_counts_and_those_that_may_be_cut_off_do_not() -> None:
    def of(points: int) -> Backtest:
        return Backtest(events=1, members=1, points=points, points_due=points)

    found = {"": of(99), "2025-11": of(7), "2025-12": of(10), "2026-02": of(30), "2026-03": of(8)}
    assert whole_months(found) == [10, 0, 30]
    assert whole_months({"2026-03": of(8), "": of(8)}) == whole_months({}) == []
