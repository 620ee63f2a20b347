"""A rule means the same when it looks at one event and when it is SQL over all stored ones."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.ids import new_id
from loyalty.rules import compile as compiled
from loyalty.rules import queries
from loyalty.rules.evaluate import Used, evaluate
from loyalty.rules.facts import (
    CustomFacts,
    Facts,
    Happening,
    Line,
    MemberFacts,
    MomentFacts,
    OrderFacts,
    ReferralFacts,
    ReviewFacts,
)
from loyalty.rules.model import Active, Limit, Rule
from tests.conftest import new_merchant
from tests.factories import rules as make
from tests.factories.shop import new_members, programme, store

ZONE = "Europe/London"  # its clocks go forward on 29 March 2026, within the history
PERCENTS = {"t0": 100, "t1": 110, "t2": 133}
TRUST = settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


class History:
    """Events as they are stored and, beside it, as a rule sees them."""

    def __init__(self, merchant: UUID, seed: int) -> None:
        self.merchant = merchant
        self.chance = random.Random(seed)
        self.orders: dict[UUID, tuple[UUID, Facts]] = {}
        self.events: dict[UUID, tuple[UUID, Facts]] = {}

    async def write(self) -> None:
        await programme()
        self.stores = {name: await store(name) for name in make.STORES}
        self.members = await new_members(4, make.FROM - timedelta(days=20, hours=7))
        rows = await db.fetch("SELECT id, customer_id, joined_at FROM members")
        self.customers = {row["id"]: (row["customer_id"], row["joined_at"]) for row in rows}
        for number in range(50):
            await self._order(number)
        for number in range(50):
            await self._event(number)

    def _facts(self, member: UUID, what: Happening) -> Facts:
        # Seconds before and after full hours and midnights, and the hour that the clock skips.
        edge = self.chance.choice([-1, 0, 1]) * timedelta(microseconds=self.chance.choice([1, 10**6]))
        at = make.FROM + timedelta(hours=self.chance.randrange(45 * 24)) + edge
        tier = self.chance.choice(make.TIERS)
        return Facts(
            occurred_at=at,
            local_at=at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None),
            member=MemberFacts(
                joined_at=self.customers[member][1],
                tier_code=tier,
                multiplier_percent=PERCENTS[tier],
                segments=frozenset(each for each in make.SEGMENTS if self.chance.random() < 0.5),
            ),
            what=what,
        )

    async def _order(self, number: int) -> None:
        pick = self.chance.choice
        member = pick(self.members)
        amount = pick([0, 1, 99, 100, 4_999, 10_000, 12_346])
        by_points = pick([0, 0, amount, amount // 3])
        gross = [pick([0, 50, 99, 100, 5_000]) for _ in range(pick([0, 1, 3]))]
        money, whole = amount - by_points, max(amount, sum(gross), 1)
        lines = tuple(
            Line(
                sku=pick(make.SKUS),
                category=pick([None, *make.CATEGORIES]),
                quantity=pick([1, 2, 3]),
                amount_minor=each * money // whole,
            )
            for each in gross
        )
        what = OrderFacts(
            currency=pick(make.CURRENCIES),
            amount_minor=money,
            store=pick(make.STORES),
            channel=pick([None, *make.CHANNELS]),
            number=pick([1, 2, 3]),
            lines=lines,
        )
        facts, key = self._facts(member, what), new_id()
        await self._insert_order(key, number, member, amount, by_points, facts, what)
        for place, (line, each) in enumerate(zip(lines, gross, strict=True)):
            await db.execute(
                "INSERT INTO order_lines (merchant_id, order_id, line_id, sku, name, quantity, amount_minor,"
                " category) VALUES ($1, $2, $3, $4, '', $5, $6, $7)",
                *(self.merchant, key, str(place), line.sku, line.quantity, each, line.category),
            )
        self.orders[key] = (member, facts)

    async def _insert_order(
        self,
        key: UUID,
        number: int,
        member: UUID,
        amount: int,
        by_points: int,
        facts: Facts,
        what: OrderFacts,
    ) -> None:
        await db.execute(
            "INSERT INTO orders (id, merchant_id, external_id, store_id, customer_id, currency, amount_minor,"
            " points_paid_minor, paid_at, created_at, counted_at, tier_code, multiplier_percent, number,"
            " segments, channel)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10, $11, $12, $13, $14)",
            *(key, self.merchant, f"o{number}", self.stores[what.store], self.customers[member][0]),
            *(what.currency, amount, by_points, facts.occurred_at, facts.member.tier_code),
            *(facts.member.multiplier_percent, what.number, sorted(facts.member.segments), what.channel),
        )

    async def _event(self, number: int) -> None:
        pick = self.chance.choice
        member = pick(self.members)
        fields: dict[str, list[Any]] = {
            "steps": [0, 1, 1.0, 7, 7.5, "7", None],
            "city": ["Bath", "", 1],
            "done": [True, False, 1],
        }
        data = {name: pick(values) for name, values in fields.items() if pick([True, False])}
        review = ReviewFacts(
            product=pick([None, *make.SKUS]),
            verified_purchase=pick([True, False]),
            has_photo=pick([True, False]),
        )
        own = [CustomFacts(name=f"custom.{each}", data=data) for each in ("walked", "voted", "social_share")]
        moments = ("birthday", "profile_completed", "enrolment")
        kinds: list[tuple[str, str, Happening]] = [
            *[("custom_event", each.name, each) for each in own],
            *[(each, "", MomentFacts(name=each)) for each in moments],
            *[("referral", each, ReferralFacts(side=each)) for each in ("advocate", "friend")],
            *[("review", "", review)] * 3,
        ]
        kind, name, what = pick(kinds)
        facts, key = self._facts(member, what), new_id()
        stored = data if isinstance(what, CustomFacts) else what
        await db.execute(
            "INSERT INTO earning_events (id, merchant_id, key, trigger, name, member_id, occurred_at,"
            " counted_at, tier_code, multiplier_percent, segments, data)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11::jsonb)",
            *(
                key,
                self.merchant,
                f"k{number}",
                kind,
                name,
                member,
                facts.occurred_at,
                facts.member.tier_code,
            ),
            *(facts.member.multiplier_percent, sorted(facts.member.segments), db.to_json(stored)),
        )
        self.events[key] = (member, facts)


Given = dict[tuple[UUID, UUID], int]
"""Points by rule and event; rules that did not apply are left out."""


def one_by_one(events: dict[UUID, tuple[UUID, Facts]], rules: Sequence[Active], wallet: str) -> Given:
    """Evaluate each event in order of time, keeping what members had of limited rules."""
    used: dict[tuple[UUID, UUID, date], Used] = defaultdict(Used)
    found: Given = {}
    for key, (member, facts) in sorted(events.items(), key=lambda each: (each[1][1].occurred_at, each[0])):
        mine = {r.rule_id: used[_period(r, member, facts)] for r in rules}
        for each in evaluate(facts, rules, wallet, mine).contributions:
            found[each.rule.rule_id, key] = each.points
            if each.points_due:
                place = _period(each.rule, member, facts)
                used[place] = Used(used[place].times + 1, used[place].points + each.points)
    return found


def _period(active: Active, member: UUID, facts: Facts) -> tuple[UUID, UUID, date]:
    limit = active.rule.limit or Limit(per="ever", times=1)
    return active.rule_id, member, limit.period(facts.local_at.date())[0]


async def all_at_once(source: str, rules: Sequence[Active], wallet: str, until: datetime = make.TO) -> Given:
    args = compiled.Arguments(ZONE, until)
    sql = f"WITH {source} SELECT * FROM ({compiled.points(rules, wallet, ZONE, args)}) given"
    return {(row["rule_id"], row["id"]): row["points"] for row in await db.fetch(sql, *args.values)}


@pytest.fixture(scope="module")
async def histories(database: object) -> list[History]:
    found = []
    for seed in (1, 2):
        history = History(await new_merchant(ZONE), seed)
        async with db.transaction(history.merchant):
            await history.write()
        found.append(history)
    return found


@given(
    rules=make.in_force(make.order_rules),
    which=st.integers(0, 1),
    wallet=st.sampled_from(["points", "qualifying"]),
)
@TRUST
async def test_rules_of_orders(
    histories: list[History], rules: list[Active], which: int, wallet: str
) -> None:
    history = histories[which]
    async with db.transaction(history.merchant):
        in_sql = await all_at_once(queries.ORDER_FACTS.format(some=""), rules, wallet)
    assert in_sql == one_by_one(history.orders, rules, wallet)


@given(rules=make.in_force(make.event_rules), which=st.integers(0, 1))
@TRUST
async def test_rules_of_other_events(histories: list[History], rules: list[Active], which: int) -> None:
    history = histories[which]
    async with db.transaction(history.merchant):
        in_sql = await all_at_once(queries.EVENT_FACTS.format(some=""), rules, "points")
    assert in_sql == one_by_one(history.events, rules, "points")


@given(rule=make.order_rules | make.event_rules)
@settings(max_examples=100, database=None)
def test_a_rule_is_data(rule: Rule) -> None:
    assert make.as_data(rule) == rule
