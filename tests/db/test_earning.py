"""From what happens to points: rules in force, their limits, refunds, and what each earn says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.ids import new_id
from loyalty.earning import service as earning
from loyalty.earning.service import Written
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import Earn, post
from loyalty.members import merge
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.facts import ReviewFacts
from loyalty.wallets import service as wallets
from loyalty.wallets.service import Rules
from tests.conftest import new_merchant
from tests.factories.events import event, joined, paid, refunded
from tests.factories.points import balance, one, redeem, reverse
from tests.factories.shop import START, day, programme, store

PLAIN = m.Order()


async def take(*events: Event, now: datetime | None = None) -> list[str]:
    found = await ingest(list(events), now or max(each.time for each in events))
    return [each.status for each in found]


async def put(code: str, trigger: m.Trigger, effect: m.Effect, now: datetime = START, **more: Any) -> UUID:
    """A rule in force from `now` on; answers its version's id."""
    rule = m.Rule(trigger=trigger, effect=effect, **more)
    draft = await rules.create(code, code, rule, now)
    return (await rules.publish(draft.version_id, now)).version_id


async def member_of(customer: str) -> UUID:
    row = await db.fetchrow(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1",
        customer,
    )
    assert row is not None
    return UUID(str(row["id"]))


async def reasons(customer: str, wallet: str = "points") -> list[dict[str, Any]]:
    rows = await db.fetch(
        "SELECT j.reason FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
        " JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $2"
        " WHERE a.member_id = $1 ORDER BY j.seq",
        await member_of(customer),
        wallet,
    )
    return [db.from_json(row["reason"]) for row in rows]


@pytest.fixture
async def shop(merchant: UUID) -> AsyncIterator[UUID]:
    """A programme of a point a dollar, a store, and the member Ann."""
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(joined("ann", START))
        yield merchant


@pytest.mark.usefixtures("shop")
class TestOrders:
    async def test_rules_add_up_and_say_why(self) -> None:
        await put("bonus", PLAIN, m.Fixed(points=50), conditions=(m.FirstOrder(),))
        await put("double", PLAIN, m.Multiply(percent=200), conditions=(m.StoreIn(stores=("s1",)),))
        silver = (m.TierIn(tiers=("t1",)),)
        await put("silver", PLAIN, m.Fixed(points=5), conditions=silver)
        await take(paid("o1", "ann", 1_999, day(1)))
        assert await balance(await member_of("ann")) == (139, 0, 0)  # (19.99 + 50) * 2, rounded down once
        [reason] = await reasons("ann")
        gave = [(each["code"], each["version"], each["points"]) for each in reason["rules"]]
        assert gave == [("orders", 1, 19), ("bonus", 1, 50), ("double", 1, 70)]
        assert reason["not"] == [{"code": "silver", "version": 1, "because": "tier_in"}]
        assert await balance(await member_of("ann"), "qualifying") == (19, 0, 0)

    async def test_a_version_holds_for_what_is_paid_while_it_is_in_force(self) -> None:
        rate = m.PerAmount(points_per_100_units={"USD": 300})
        draft = await rules.revise("orders", m.Rule(trigger=PLAIN, effect=rate, wallets=()), day(10))
        await rules.publish(draft.version_id, day(10))
        # The older order is heard of after the newer one, and after the change.
        await take(paid("o2", "ann", 1_000, day(11)), now=day(12))
        await take(paid("o1", "ann", 1_000, day(9)), now=day(12))
        assert await balance(await member_of("ann")) == (30 + 10, 0, 0)
        await take(refunded("o1", "r1", 500, day(13)), refunded("o2", "r1", 500, day(13)))
        assert await balance(await member_of("ann")) == (15 + 5, 0, 0)

    async def test_points_paid_earn_nothing(self) -> None:
        order = paid("o1", "ann", 10_000, day(1))
        order.data["points_paid_minor"] = 4_000
        await take(order)
        assert await balance(await member_of("ann")) == (60, 0, 0)
        assert await balance(await member_of("ann"), "qualifying") == (60, 0, 0)
        await take(refunded("o1", "r1", 5_000, day(2)))
        assert await balance(await member_of("ann")) == (30, 0, 0)

    async def test_more_paid_by_points_than_at_all_is_refused(self) -> None:
        order = paid("o1", "ann", 10_000, day(1))
        order.data["points_paid_minor"] = 10_001
        assert await take(order) == ["rejected"]
        assert await db.fetchval("SELECT count(*) FROM orders") == 0

    async def test_a_fixed_bonus_goes_when_the_kept_order_no_longer_meets_its_conditions(self) -> None:
        fifty = m.AmountBetween(currency="USD", at_least_minor=5_000)
        await put("fifty", PLAIN, m.Fixed(points=25), conditions=(fifty,))
        await take(paid("o1", "ann", 8_000, day(1)))
        ann = await member_of("ann")
        await take(refunded("o1", "r1", 3_000, day(2)))
        assert await balance(ann) == (50 + 25, 0, 0)
        await take(refunded("o1", "r2", 1, day(3)))
        assert await balance(ann) == (49, 0, 0)

    async def test_an_order_does_not_become_small_enough_by_a_refund(self) -> None:
        small = m.AmountBetween(currency="USD", below_minor=5_000)
        await put("small", PLAIN, m.Fixed(points=25), conditions=(m.Not(of=small),))
        await take(paid("o1", "ann", 8_000, day(1)))
        await take(refunded("o1", "r1", 4_000, day(2)))
        assert await balance(await member_of("ann")) == (40, 0, 0)

    async def test_lines_earn_net_of_what_was_paid_back_for_them(self) -> None:
        tea = m.OrderLine(where=(m.CategoryIn(categories=("tea",)),))
        await put("tea", tea, m.PerAmount(points_per_100_units={"USD": 100}))
        lines = [
            {"line_id": "1", "sku": "A", "name": "Tea", "category": "tea", "amount_minor": 6_000},
            {"line_id": "2", "sku": "B", "name": "Cup", "category": "cups", "amount_minor": 6_000},
        ]
        # A discount of 2,000 is spread over both lines.
        order = event(
            "order.paid", day(1), order_id="o1", store_id="s1", customer_id="ann", currency="USD",
            amount_minor=10_000, lines=lines,
        )  # fmt: skip
        await take(order)
        ann = await member_of("ann")
        assert await balance(ann) == (100 + 50, 0, 0)
        cup = event(
            "order.refunded", day(2), order_id="o1", refund_id="r1", amount_minor=5_000,
            lines=[{"line_id": "2", "amount_minor": 5_000}],
        )  # fmt: skip
        await take(cup)
        assert await balance(ann) == (50 + 50, 0, 0)
        half_the_tea = event(
            "order.refunded", day(3), order_id="o1", refund_id="r2", amount_minor=3_000,
            lines=[{"line_id": "1", "amount_minor": 3_000}],
        )  # fmt: skip
        await take(half_the_tea)
        assert await balance(ann) == (20 + 25, 0, 0)

    async def test_limits_hold_within_a_batch_and_across(self) -> None:
        daily = m.Limit(per="day", times=2, points=70)
        await put("daily", PLAIN, m.Fixed(points=50), limit=daily)
        hours = [day(1) + timedelta(hours=hour) for hour in (1, 2, 3)]
        await take(*[paid(f"o{n}", "ann", 0, at) for n, at in enumerate(hours)])
        ann = await member_of("ann")
        assert await balance(ann) == (50 + 20, 0, 0)
        await take(paid("late", "ann", 0, day(1) + timedelta(hours=4)))
        assert await balance(ann) == (70, 0, 0)
        await take(paid("next", "ann", 0, day(2)))
        assert await balance(ann) == (70 + 50, 0, 0)
        # A refund takes what its order gave, and makes no room for more.
        [first, second, _] = await reasons("ann")
        assert [each["rules"][-1]["points"] for each in (first, second)] == [50, 20]
        assert second["rules"][-1]["points_due"] == 50

    async def test_the_number_of_an_order_is_given_once(self) -> None:
        await put("first", PLAIN, m.Fixed(points=100), conditions=(m.FirstOrder(),))
        await take(paid("o2", "ann", 0, day(2)))
        await take(paid("o1", "ann", 0, day(1)), now=day(3))
        assert await balance(await member_of("ann")) == (100, 0, 0)
        numbers = await db.fetch("SELECT external_id, number FROM orders ORDER BY number")
        assert [tuple(row) for row in numbers] == [("o2", 1), ("o1", 2)]


@pytest.mark.usefixtures("shop")
class TestOtherEvents:
    async def test_an_event_of_the_shop_earns_once(self) -> None:
        walked = m.CustomEvent(name="custom.walked")
        far = (m.FieldBetween(field="steps", at_least=10_000),)
        await put("walk", walked, m.Fixed(points=7), conditions=far)
        walk = event("custom.walked", day(1), "e1", customer_id="ann", steps=12_000)
        assert await take(walk) == ["recorded"]
        assert await take(walk) == ["duplicate"]
        await take(event("custom.walked", day(1), customer_id="ann", steps=9_999))
        await take(event("custom.walked", day(1), customer_id="nobody", steps=12_000))
        ann = await member_of("ann")
        assert await balance(ann) == (0, 7, 0)
        [reason] = await reasons("ann")
        assert (reason["rule"], reason["event"]) == ("custom_event", "custom.walked")

    async def test_profile_enrolment_and_share(self) -> None:
        await put("hello", m.Enrolment(), m.Fixed(points=1))
        await put("profile", m.ProfileCompleted(), m.Fixed(points=10))
        await put("share", m.SocialShare(), m.Fixed(points=100))
        facts = {"customer_id": "bob", "name": "Bob", "email": "bob@example.test"}
        await take(event("customer.created", day(1), **facts, accepts_terms=True))
        bob = await member_of("bob")
        assert await balance(bob) == (0, 1, 0)
        await take(event("customer.updated", day(2), customer_id="bob", birthday="02-29"))
        await take(event("customer.updated", day(3), customer_id="bob", birthday="02-28"))
        assert await balance(bob) == (0, 11, 0)
        await take(event("custom.social_share", day(3), customer_id="bob"))
        assert await balance(bob) == (0, 111, 0)

    @pytest.mark.parametrize("retired", [True, False], ids=["retired", "followed"])
    async def test_versions_of_a_rule_never_hold_together(self, retired: bool) -> None:
        rule = m.Rule(trigger=m.SocialShare(), effect=m.Fixed(points=5))
        first = await rules.create("share", "Share", rule, START)
        await rules.publish(first.version_id, START)
        if retired:
            await rules.retire("share", day(1), day(10))
        else:
            later = await rules.revise("share", rule, day(1))
            await rules.publish(later.version_id, day(1), day(10))
        await rules.publish((await rules.revise("share", rule, day(2))).version_id, day(2))
        for when in (day(2), day(11)):
            await take(event("custom.social_share", when, customer_id="ann"))
        assert await balance(await member_of("ann")) == (0, 10, 0)

    async def test_who_is_merged_is_greeted_once_and_keeps_what_limits_have_seen(self) -> None:
        await put("hello", m.Enrolment(), m.Fixed(points=1))
        await put("profile", m.ProfileCompleted(), m.Fixed(points=10))
        once = m.Limit(per="ever", times=1)
        await put("share", m.SocialShare(), m.Fixed(points=100), limit=once)
        facts = {"name": "Bob", "email": "bob@example.test", "birthday": "02-29"}
        await take(event("customer.created", day(1), customer_id="bob", **facts, accepts_terms=True))
        await take(event("custom.social_share", day(1), customer_id="bob"))
        assert await balance(await member_of("bob")) == (0, 111, 0)
        await take(event("customer.merged", day(2), customer_id="bob", into_customer_id="robert"))
        await take(event("customer.updated", day(3), customer_id="robert", **facts))
        await take(event("custom.social_share", day(3), customer_id="robert"))
        assert await balance(await member_of("robert")) == (0, 111, 0)

    async def test_reviews_earn_when_they_are_approved_and_lose_when_removed(self) -> None:
        await put("photo", m.Review(), m.Fixed(points=30), conditions=(m.WithPhoto(),))
        ann, review = await member_of("ann"), new_id()
        facts = ReviewFacts(product="A", verified_purchase=True, has_photo=True)
        written = Written(review_id=review, member_id=ann, facts=facts, at=day(1))
        for _ in range(2):
            entries = await earning.reviews_submitted([written], day(1))
            assert list(entries) == [review]
        assert await balance(ann) == (30, 0, 0)
        await earning.reviews_approved([review], day(2), day(2))
        assert await balance(ann) == (0, 30, 0)
        for _ in range(2):
            await earning.reviews_removed([review], day(3), day(3))
        assert await balance(ann) == (0, 0, 0)

    async def test_a_review_can_go_although_its_points_were_spent(self) -> None:
        await put("review", m.Review(), m.Fixed(points=30))
        await wallets.change("points", Rules(debt_policy="forbid"), START)
        ann = await member_of("ann")
        written = [_written(ann), _written(ann)]
        reviews = [each.review_id for each in written]
        assert set(await earning.reviews_submitted(written, day(1))) == set(reviews)
        await earning.reviews_approved(reviews, day(2), day(2))
        await one(redeem("r", ann, 50, day(2)))
        await earning.reviews_removed(reviews, day(3), day(3))
        assert await balance(ann) == (0, 0, 0)
        await one(reverse("v", ann, "r", day(4)))
        assert await balance(ann) == (0, 0, 0)

    async def test_reviews_earn_nothing_when_that_is_switched_off(self) -> None:
        await put("review", m.Review(), m.Fixed(points=30))
        await rules.set_settings("cn", None, day(1))
        ann = await member_of("ann")
        facts = ReviewFacts(verified_purchase=True, has_photo=False)
        written = Written(review_id=new_id(), member_id=ann, facts=facts, at=day(1))
        assert await earning.reviews_submitted([written], day(1)) == {}
        assert await balance(ann) == (0, 0, 0)
        draft = await rules.revise("review", m.Rule(trigger=m.Review(), effect=m.Fixed(points=1)), day(1))
        with pytest.raises(rules.ReviewPointsOff):
            await rules.publish(draft.version_id, day(1))


async def test_points_for_a_review_find_whom_its_author_was_merged_into(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await put("review", m.Review(), m.Fixed(points=30))
        await take(joined("ann", START), joined("bob", START))
        ann, bob = await member_of("ann"), await member_of("bob")
        await merge.merge("ann", "bob", day(2), day(2))
    written = _written(ann)
    async with db.transaction(merchant):
        assert list(await earning.reviews_submitted([written], day(2))) == [written.review_id]
        assert await balance(bob) == (30, 0, 0)
        await earning.reviews_approved([written.review_id], day(3), day(3))
        assert await balance(bob) == (0, 30, 0)
        await earning.reviews_removed([written.review_id], day(4), day(4))
        assert await balance(bob) == (0, 0, 0)


@pytest.mark.parametrize("row", [False, True], ids=["one merge", "merges in a row"])
async def test_points_that_came_while_merged_are_found_when_the_merge_is_undone(
    merchant: UUID, row: bool
) -> None:
    """They stay with who stood for the member, settle there, and are taken back there."""
    async with db.transaction(merchant):
        await programme()
        await put("review", m.Review(), m.Fixed(points=30))
        await take(joined("ann", START), joined("bob", START), joined("cat", START))
        ann, bob, cat = [await member_of(name) for name in ("ann", "bob", "cat")]
        await merge.merge("ann", "bob", day(2), day(2))
        if row:
            await merge.merge("bob", "cat", day(3), day(3))
    written = _written(ann)
    async with db.transaction(merchant):
        assert list(await earning.reviews_submitted([written], day(3))) == [written.review_id]
    async with db.transaction(merchant):
        if row:
            await merge.undo("bob", day(4))
        await merge.undo("ann", day(4))
    has, others = (cat, (ann, bob)) if row else (bob, (ann, cat))
    async with db.transaction(merchant):
        assert await balance(has) == (30, 0, 0)
        assert list(await earning.reviews_submitted([written], day(5))) == [written.review_id]
        await earning.reviews_approved([written.review_id], day(5), day(5))
        assert await balance(has) == (0, 30, 0)
        await earning.reviews_removed([written.review_id], day(6), day(6))
        assert await balance(has) == (0, 0, 0)
        assert [await balance(each) for each in others] == [(0, 0, 0)] * 2


def _written(member: UUID) -> Written:
    facts = ReviewFacts(verified_purchase=True, has_photo=False)
    return Written(review_id=new_id(), member_id=member, facts=facts, at=day(1))


@pytest.mark.parametrize(
    ("birthday", "zone", "moment", "celebrated"),
    [
        ("03-10", "UTC", datetime(2026, 3, 10, 0, 30, tzinfo=UTC), 1),
        ("03-10", "Asia/Tokyo", datetime(2026, 3, 9, 15, tzinfo=UTC), 1),  # midnight there
        ("03-10", "Asia/Tokyo", datetime(2026, 3, 9, 14, 59, tzinfo=UTC), 0),
        ("02-29", "UTC", datetime(2026, 2, 28, 12, tzinfo=UTC), 1),
        ("02-29", "UTC", datetime(2028, 2, 28, 12, tzinfo=UTC), 0),
        ("02-29", "UTC", datetime(2028, 2, 29, 12, tzinfo=UTC), 1),
    ],
)
async def test_birthdays(
    database: object, birthday: str, zone: str, moment: datetime, celebrated: int
) -> None:
    async with db.transaction(await new_merchant(zone)):
        await programme()
        await put("birthday", m.Birthday(), m.Fixed(points=200))
        await take(
            joined("ann", START), event("customer.updated", START, customer_id="ann", birthday=birthday)
        )
        assert await earning.birthdays(moment) == celebrated
        if celebrated:
            assert await balance(await member_of("ann")) == (0, 200, 0)
            for days in (1, 2, 30):
                assert await earning.birthdays(moment + timedelta(days=days)) == 0
            assert await earning.birthdays(moment + timedelta(days=366)) == 1


async def test_earns_from_before_there_were_rules_are_taken_back_by_their_rate(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme(rates={"EUR": 100})
        await store()
        await take(joined("ann", START), paid("o1", "ann", 1_999, day(1)))
        ann = await member_of("ann")
        order = await db.fetchrow("SELECT id, number FROM orders")
        assert order is not None and order["number"] == 1 and await balance(ann) == (0, 0, 0)
        await db.execute("UPDATE orders SET multiplier_percent = 150")
        reason = {
            "rule": "order", "version": 3, "order": "o1", "order_id": str(order["id"]), "amount_minor": 1_999,
            "currency": "USD", "points_per_100_units": 100, "multiplier_percent": 150, "tier": "t0",
        }  # fmt: skip
        earn = Earn(
            key=f"earn:{order['id']}:points",
            member=ann,
            points=29,
            pending=True,
            effective_at=day(1),
            reason=reason,
        )
        await post([earn], day(1))
        await take(refunded("o1", "r1", 999, day(2)))
        assert await balance(ann) == (15, 0, 0)


async def test_a_time_zone_that_is_no_more_is_said(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(joined("ann", START))
        await db.execute("UPDATE merchants SET time_zone = 'Mars/Olympus'")
        [result] = await ingest([paid("o1", "ann", 1_000, day(1))], day(1))
        assert (result.status, result.code) == ("rejected", "time_zone_unknown")
        assert await db.fetchval("SELECT count(*) FROM orders") == 0


async def test_more_points_than_a_posting_can_have_are_refused(shop: UUID) -> None:
    await put("huge", PLAIN, m.PerAmount(points_per_100_units={"USD": 10**7}))
    [result] = await ingest([paid("o1", "ann", 10**13, day(1))], day(1))
    assert (result.status, result.code) == ("rejected", "points_out_of_range")
    assert await balance(await member_of("ann")) == (0, 0, 0)
