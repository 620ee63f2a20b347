"""Segments: SQL over everybody, SQL over a few and plain Python agree; versions, lists and what taints."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import NotFound
from core.ids import new_id
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.service import SegmentTainted
from loyalty.segments import rfm, service
from loyalty.segments.model import Listed, Opinion, OrderCount, Scored, Segment, TierNow
from loyalty.segments.service import ListUnknown, SegmentExists, SegmentMoved
from tests.conftest import new_merchant
from tests.factories import segment_model as model
from tests.factories.segment_model import Order, Picture
from tests.factories.shop import START, day, new_members, programme, store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LISTS = [UUID(int=91), UUID(int=92), UUID(int=93), UUID(int=94)]
"""Two of each merchant's: the others' are empty for it."""
TRUST = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


class People:
    """Members as they are stored and, beside it, as a segment sees them."""

    def __init__(self, merchant: UUID, seed: int) -> None:
        self.merchant = merchant
        self.chance = random.Random(seed)
        self.lists = LISTS[:2] if seed == 1 else LISTS[2:]
        self.pictures: dict[UUID, Picture] = {}
        self.bounds: rfm.Bounds | None = None

    async def write(self) -> None:
        await programme()
        self.stores = {name: await store(name) for name in model.STORES}
        origin = await service.create("origin", "Origin", Segment(where=(TierNow(tiers=("t0",)),)), START)
        for each in self.lists:
            await db.execute(
                "INSERT INTO member_lists (id, merchant_id, segment_id, taints, taken_at)"
                " VALUES ($1, $2, $3, '{}', $4)", each, self.merchant, origin.id, START,
            )  # fmt: skip
        for _ in range(14):
            await self._member()
        self.bounds = await rfm.bounds(NOW)

    def moment(self) -> datetime:
        # At the bounds of days and at the present, and a little before and after.
        back = self.chance.choice([0, 1, 7, 29, 30, 31, 90, 200, 366, 500])
        return NOW - timedelta(days=back, microseconds=self.chance.choice([-1, 0, 1]))

    async def _member(self) -> None:
        pick = self.chance.choice
        joined = min(self.moment(), NOW)
        [member] = await new_members(1, joined)
        customer = await db.fetchrow(
            "SELECT c.id, c.external_id FROM members m JOIN customers c ON c.id = m.customer_id"
            " WHERE m.id = $1",
            member,
        )
        assert customer
        of = self.pictures[member] = Picture(pick(model.TIERS), joined, pick(model.LOCALES))
        await db.execute("UPDATE members SET tier_code = $2 WHERE id = $1", member, of.tier)
        await db.execute(
            "INSERT INTO customer_profiles (customer_id, merchant_id, locale, updated_at)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (customer_id) DO UPDATE SET locale = excluded.locale",
            customer["id"], self.merchant, of.locale, NOW,
        )  # fmt: skip
        for origin in ("shop", "review"):
            if pick([True, False]):
                of.tags.add((origin, "a"))
                await service.put_tags(member, ["a"], NOW, origin)
        for listed in self.lists:
            if pick([True, False]):
                of.lists.add(listed)
                await db.execute(
                    "INSERT INTO member_list_members VALUES ($1, $2, $3)", self.merchant, listed, member
                )
        before = await db.fetchrow(  # as whom the member was known
            "INSERT INTO customers (merchant_id, external_id, created_at, merged_into)"
            " VALUES ($1, $2, $3, $4) RETURNING id, external_id",
            *(self.merchant, new_id().hex, START, customer["id"]),
        )  # fmt: skip
        assert before
        for _ in range(pick([0, 1, 2, 5])):
            await self._order(pick([customer, customer, before])["id"], of)
        for _ in range(pick([0, 1, 3])):
            await self._event(pick([customer, before])["external_id"], of)
        for _ in range(pick([0, 1, 3])):
            await self._opinion(pick([customer, before])["id"], of)

    async def _order(self, customer: UUID, of: Picture) -> None:
        pick = self.chance.choice
        amount = pick([0, 1, 99, 5_000, 10_000])
        order = Order(
            currency=pick(["USD", "USD", "JPY"]), amount=amount, by_points=pick([0, 0, amount // 3]),
            refunded=pick([0, 0, amount // 2, amount]), discount=pick([0, 0, 50]), at=self.moment(),
            cancelled=pick([False, False, False, True]), store=pick(model.STORES),
        )  # fmt: skip
        of.orders.append(order)
        await db.execute(
            "INSERT INTO orders (merchant_id, external_id, store_id, customer_id, currency, amount_minor,"
            " points_paid_minor, refunded_minor, discount_minor, paid_at, cancelled_at, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)",
            *(self.merchant, new_id().hex, self.stores[order.store], customer, order.currency, amount),
            *(order.by_points, order.refunded, order.discount, order.at, NOW if order.cancelled else None),
        )

    async def _event(self, customer: str, of: Picture) -> None:
        kind, at = self.chance.choice(model.EVENTS), self.moment()
        of.events.append((kind, at))
        await db.execute(
            "INSERT INTO events (merchant_id, source, event_id, type, occurred_at, received_at, fingerprint,"
            " data) VALUES ($1, 'shop', $2, $3, $4, $4, '', jsonb_build_object('customer_id', $5::text))",
            *(self.merchant, new_id().hex, kind, at, customer),
        )

    async def _opinion(self, customer: UUID, of: Picture) -> None:
        feeling, at = self.chance.choice(model.FEELINGS), self.moment()
        of.opinions.append((feeling, at))
        await a_review(self.merchant, customer, feeling, at)


async def a_review(merchant: UUID, customer: UUID, feeling: str, at: datetime) -> None:
    """A review with a score, past what else happens to reviews."""
    review = new_id()
    await db.execute(
        "INSERT INTO reviews (id, merchant_id, source, account, external_id, customer_id, written_at,"
        " edited_at, received_at, version, state) VALUES ($1, $2, 'file', '', $3, $4, $5, $5, $5, 1, 'live')",
        *(review, merchant, review.hex, customer, at),
    )
    await db.execute(
        "INSERT INTO review_versions (merchant_id, review_id, number, fingerprint, title, body, lang,"
        " edited_at, received_at) VALUES ($1, $2, 1, '', '', 'x', 'en', $3, $3)", merchant, review, at,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO review_scores (merchant_id, review_id, version, model, stars, stars_expected,"
        " stars_predicted, sentiment, negative, neutral, positive, aspects, lang, scored_at)"
        " VALUES ($1, $2, 1, 'm', '{0,0,1,0,0}', 3, 3, $3, 0, 1, 0, '[]', 'en', $4)",
        *(merchant, review, feeling, at),
    )


@pytest.fixture(scope="module")
async def peoples(database: object) -> list[People]:
    found = []
    for seed in (1, 2):
        people = People(await new_merchant(), seed)
        async with db.transaction(people.merchant):
            await people.write()
        found.append(people)
    return found


@given(segment=model.segments(LISTS), which=st.integers(0, 1))
@TRUST
async def test_sql_of_all_and_of_a_few_and_python_agree(
    peoples: list[People], segment: Segment, which: int
) -> None:
    people = peoples[which]
    expected = {
        member for member, of in people.pictures.items() if model.holds(segment, of, NOW, people.bounds)
    }
    async with db.transaction(people.merchant):
        of_all = await service.members(segment, NOW, None, 1000)
        assert await service.count(segment, NOW) == len(of_all)
        assert [each.id for each in of_all] == sorted(expected)
        key = new_id()
        await db.execute(
            "INSERT INTO segments (id, merchant_id, code, base, name, definition, taints, created_at)"
            " VALUES ($1, $2, $3, $3, '', $4::jsonb, '{}', $5)",
            *(key, people.merchant, key.hex, db.to_json(segment), NOW),
        )
        some = sorted(people.pictures)[:6]
        within = await service.memberships([key], some, NOW)
    assert {member for member, its in within.items() if key in its} == expected & set(some)


@given(segment=model.segments(LISTS))
@settings(max_examples=100, database=None)
def test_a_segment_is_data(segment: Segment) -> None:
    assert msgspec.json.decode(msgspec.json.encode(segment), type=Segment) == segment


ANY = Segment(where=(OrderCount(at_least=0),))
GOLD = Segment(where=(TierNow(tiers=("t2",)),))
UNHAPPY = Segment(where=(Opinion(feeling="negative"),))


async def test_versions_follow_each_other_and_old_ones_stay(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        first = await service.create("vip", "VIP", GOLD, START)
        second = await service.revise("vip", "VIP", ANY, 1, day(1))
        assert (second.code, second.base, second.version, second.newest) == ("vip-v2", "vip", 2, True)
        assert (await service.get(first.id)).segment == GOLD
        assert [each.version for each in await service.versions("vip")] == [2, 1]
        with pytest.raises(SegmentMoved):
            await service.revise("vip", "VIP", GOLD, 1, day(2))
        with pytest.raises(SegmentExists):
            await service.create("vip", "VIP", GOLD, day(2))
        with pytest.raises(NotFound):
            await service.revise("nobody", "VIP", GOLD, 1, day(2))
        assert len(await service.every()) == 2


async def test_the_next_version_finds_a_code_that_is_free_and_fits(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        own = await service.create("vip-v2", "Of its own", ANY, START)
        await service.create("vip", "VIP", GOLD, START)
        codes = [(await service.revise("vip", "VIP", ANY, after, START)).code for after in (1, 2)]
        assert codes == ["vip-v3", "vip-v4"]
        assert [each.version for each in await service.versions("vip")] == [3, 2, 1]
        assert await service.versions("vip-v2") == [own]
        # As long as the code of a first version could be.
        long = "s" * 100
        await service.create(long, "Long", GOLD, START)
        assert (await service.revise(long, "Long", ANY, 1, START)).code == f"{'s' * 90}-v2"


async def test_a_list_stays_as_it_was_taken_and_keeps_the_taint(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        ann, bob = await new_members(2)
        customer = await db.fetchval("SELECT customer_id FROM members WHERE id = $1", ann)
        await a_review(merchant, customer, "negative", day(1))
        unhappy = await service.create("unhappy", "Unhappy", UNHAPPY, day(2))
        taken = await service.take_list(unhappy.id, "unhappy-then", "Unhappy then", day(2), None)
        other = await db.fetchval("SELECT customer_id FROM members WHERE id = $1", bob)
        await a_review(merchant, other, "negative", day(3))
        assert await service.count(UNHAPPY, day(4)) == 2
        assert [each.id for each in await service.members(taken.segment, day(4), None, 9)] == [ann]
        assert unhappy.taints == taken.taints == ["review"]
        for each in (unhappy, taken):
            rule = m.Rule(
                trigger=m.Review(), effect=m.Fixed(points=5), conditions=(m.InSegment(segment=each.id),)
            )
            with pytest.raises(SegmentTainted):
                await rules.create(f"r-{each.code}", "", rule, day(4))
        with pytest.raises(ListUnknown):
            await service.create("x", "X", Segment(where=(Listed(list=new_id()),)), day(4))


async def test_bounds_are_counted_once_a_day_and_change_nothing_but_speed(peoples: list[People]) -> None:
    people = peoples[0]
    best = Segment(where=(Scored(recency=(4, 5)),))
    async with db.transaction(people.merchant):
        before = await service.count(best, NOW)
        assert await rfm.renew(NOW)
        assert not await rfm.renew(NOW + timedelta(hours=1))
        assert await rfm.bounds(NOW) == people.bounds
        assert await service.count(best, NOW) == before > 0
        assert await rfm.renew(NOW + timedelta(days=1))
        await db.execute(
            "UPDATE rfm_bounds SET recency = $1, frequency = $2, money = $3", *_all(people.bounds)
        )


def _all(bounds: rfm.Bounds | None) -> tuple[list[int], ...]:
    assert bounds
    return bounds.recency, bounds.frequency, bounds.money


async def test_nobody_bought_and_nobody_has_a_score(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await new_members(2)
        assert await rfm.bounds(NOW) is None
        assert not await rfm.renew(NOW)
        assert await service.count(Segment(where=(Scored(),)), NOW) == 0


async def test_another_merchants_members_are_not_counted(peoples: list[People], merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        assert await service.count(ANY, NOW) == 0


async def test_names_are_said(peoples: list[People]) -> None:
    async with db.transaction(peoples[0].merchant):
        say = await service.words("en")
    segment = Segment(where=(TierNow(tiers=("t1",)), Scored(recency=(5, 4)), Listed(list=LISTS[0])))
    said: Any = say.segment(segment)
    assert said == (
        "Members of whom it is true that the member's tier is Tier 1 and their recency is 4 or 5 of 5"
        " and they are on the list Origin."
    )
