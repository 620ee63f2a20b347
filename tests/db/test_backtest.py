"""A back-test of rules in force says what the ledger gave."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import DomainError
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.backtest import backtest, trial
from tests.conftest import new_merchant
from tests.factories import rules as make
from tests.factories.events import event, joined, paid
from tests.factories.shop import START, day, programme, store

WALLETS = ("points", "qualifying")


def history(chance: random.Random) -> list[Event]:
    """Orders and events of three members, some on the same day."""
    pick, found = chance.choice, []
    for number in range(30):
        at = make.FROM + timedelta(hours=chance.randrange(40 * 24))
        amount = pick([0, 99, 100, 5_000, 12_346])
        order = paid(
            f"o{number}", pick("abc"), amount, at, currency=pick(make.CURRENCIES), store=pick(make.STORES)
        )
        order.data["points_paid_minor"] = pick([0, 0, amount // 3])
        order.data["channel"] = pick(make.CHANNELS)
        order.data["lines"] = [
            {"line_id": str(line), "sku": pick(make.SKUS), "name": "", "category": pick(make.CATEGORIES),
             "quantity": pick([1, 2, 3]), "amount_minor": pick([0, 99, 5_000])}
            for line in range(pick([0, 1, 2]))
        ]  # fmt: skip
        found.append(order)
    for _ in range(20):
        at = make.FROM + timedelta(hours=chance.randrange(40 * 24))
        data: dict[str, Any] = {
            "steps": pick([0, 1, 7, "7"]),
            "city": pick(["Bath", ""]),
            "done": pick([True, False]),
        }
        name = pick(["custom.walked", "custom.voted", "custom.social_share"])
        found.append(event(name, at, customer_id=pick("abc"), **data))
    return sorted(found, key=lambda each: each.time)


async def publish(which: list[m.Rule]) -> None:
    """Put what may be a rule in force."""
    for number, rule in enumerate(which):
        try:
            draft = await rules.create(f"r{number}", "", rule, START)
        except DomainError:  # a generated rule may contradict itself, or name a segment that is not there
            continue
        await rules.publish(draft.version_id, START)


async def given_by_ledger(wallet: str) -> Counter[UUID]:
    rows = await db.fetch(
        "SELECT j.reason FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
        " JOIN wallet_types w ON w.id = a.wallet_type_id WHERE j.verb = 'earn' AND w.code = $1",
        wallet,
    )
    found: Counter[UUID] = Counter()
    for row in rows:
        for each in db.from_json(row["reason"])["rules"]:
            found[UUID(each["version_id"])] += each["points"]
    return found


@given(
    which=st.lists(make.order_rules | make.event_rules, min_size=3, max_size=7),
    seed=st.integers(0, 1000),
    size=st.sampled_from([1, 7, 50]),
)
@settings(deadline=None, max_examples=8, database=None, suppress_health_check=list(HealthCheck))
async def test_the_back_test_of_rules_in_force_is_what_the_ledger_gave(
    database: object, which: list[m.Rule], seed: int, size: int
) -> None:
    both = [rule_for(each, WALLETS) for each in which]
    async with db.transaction(await new_merchant("Europe/London")):
        await programme()
        for each in make.STORES:
            await store(each)
        await publish(both)
        await ingest([joined(name, START) for name in "abc"], START)
        await db.execute("UPDATE members SET tier_code = 't1' WHERE customer_id = (SELECT min(id::text)::uuid"
                         " FROM customers)")  # fmt: skip
        events = history(random.Random(seed))
        for first in range(0, len(events), size):
            await ingest(events[first : first + size], make.TO)
        for wallet in WALLETS:
            by_ledger = await given_by_ledger(wallet)
            for version in await rules.live(make.TO):
                found = await backtest(version.active, START, make.TO, wallet)
                assert found.points == by_ledger[version.version_id], (version.rule, wallet)


async def test_orders_of_a_guest_who_was_merged_are_in_it(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        await ingest([joined("ann", START)], START)
        events = [
            paid("o1", "guest", 1_000, day(1)),
            event("customer.merged", day(2), customer_id="guest", into_customer_id="ann"),
            paid("o2", "guest", 500, day(3)),
            paid("o3", "ann", 200, day(4)),
        ]
        for each in events:
            await ingest([each], each.time)
        by_ledger = await given_by_ledger("points")
        assert sum(by_ledger.values()) == 17
        for version in await rules.live(day(5)):
            found = await backtest(version.active, START, day(5), "points")
            assert found.points == by_ledger[version.version_id]
            assert (found.events, found.members) == (3, 1)


def rule_for(rule: m.Rule, wallets: tuple[str, ...]) -> m.Rule:
    fields: dict[str, Any] = {name: getattr(rule, name) for name in m.Rule.__struct_fields__}
    return m.Rule(**fields | {"wallets": wallets})


async def test_a_trial_says_what_another_rule_would_have_given(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        await ingest(
            [joined("ann", START), *[paid(f"o{n}", "ann", 1_000, make.FROM) for n in (1, 2)]], make.TO
        )
        bonus = m.Rule(trigger=m.Order(), effect=m.Fixed(points=5), conditions=(m.FirstOrder(),))
        found = await backtest(trial(bonus), START, make.TO)
        assert (found.events, found.members, found.points) == (1, 1, 5)
        [live] = await rules.live(make.TO)
        double = m.Rule(trigger=m.Order(), effect=m.PerAmount(points_per_100_units={"USD": 200}))
        found = await backtest(trial(double, live.active), START, make.TO)
        assert (found.events, found.points) == (2, 40)
        assert (await backtest(trial(double), make.TO, make.TO + timedelta(days=1))).points == 0


async def test_many_rules_that_build_on_one_another_are_one_statement_of_their_size(merchant: UUID) -> None:
    """Each multiplier names all rules before it: written out in full, forty would be 2^40 terms."""
    doubling = m.Rule(trigger=m.Order(), effect=m.Multiply(percent=101), wallets=("points",))
    grouped = m.Rule(
        trigger=m.Order(), effect=m.Fixed(points=1), wallets=("points",), exclusive_group="one", priority=200
    )
    async with db.transaction(merchant):
        await programme()
        await store()
        await publish([doubling] * 40 + [grouped] * 40)
        await ingest([joined("ada", START), paid("o1", "ada", 10_000, make.FROM)], make.FROM)
        given = await given_by_ledger("points")
        tested = [each for each in await rules.in_force(make.FROM, make.FROM) if each.version_id in given]
        for each in tested:
            found = await backtest(each, make.FROM, make.FROM + timedelta(days=1))
            assert found.points == given[each.version_id], each.code
    assert len(tested) > 1
