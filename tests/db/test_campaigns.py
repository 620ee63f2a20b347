"""Campaigns: their rules and budgets, which are never overspent; base points never go missing."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core import db
from core.people import customers
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign, CampaignBudget, CampaignInvalid
from loyalty.earning import service as earning
from loyalty.intake.service import ingest
from loyalty.members import service as members
from loyalty.rules import model as m
from loyalty.rules import queries as rule_queries
from loyalty.rules import service as rules
from loyalty.segments import model as s
from loyalty.segments import service as segments
from loyalty.segments.model import Segment, Tagged, TierNow
from tests.db.test_earning import member_of, reasons, take
from tests.factories.events import joined, paid, refunded
from tests.factories.points import balance
from tests.factories.shop import START, day, programme, store

BONUS = m.Rule(trigger=m.Order(), effect=m.Fixed(points=100))
DOUBLE = m.Rule(trigger=m.Order(), effect=m.Multiply(percent=200))


async def run(code: str, *which: m.Rule, total: int | None = None, **more: Any) -> campaigns.CampaignView:
    """A campaign in force from the start."""
    budget = None if total is None else CampaignBudget(points_total=total)
    await campaigns.create(code, code, Campaign(rules=which, **{"budget": budget} | more), START)
    return await campaigns.publish(code, START)


@pytest.fixture
async def shop(merchant: UUID) -> Any:
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(joined("ann", START), joined("bob", START))
        yield merchant


@pytest.mark.usefixtures("shop")
class TestBudget:
    async def test_it_gives_while_it_lasts_and_says_when_it_has_run_dry(self) -> None:
        await run("hundreds", BONUS, total=250)
        await take(paid("o1", "ann", 1_000, day(1)), paid("o2", "ann", 1_000, day(2)))
        await take(paid("o3", "ann", 1_000, day(3)), paid("o4", "ann", 1_000, day(4)))
        ann = await member_of("ann")
        assert await balance(ann) == (4 * 10 + 200, 0, 0)  # 50 are left: not enough for another 100
        found = await campaigns.get("hundreds")
        assert (found.points_given, found.points_left) == (200, 50)
        last = (await reasons("ann"))[-1]
        assert last["not"] == [{"code": "hundreds-1", "version": 1, "because": "budget_exhausted"}]
        # A refund makes room again.
        await take(refunded("o1", "r1", 1_000, day(5)))
        assert (await campaigns.get("hundreds")).points_left == 150
        await take(paid("o5", "ann", 1_000, day(6)))
        assert await balance(ann) == (4 * 10 + 200, 0, 0)

    async def test_a_budget_of_zero_gives_nothing_and_says_so(self) -> None:
        await run("nothing", BONUS, total=0)
        await take(paid("o1", "ann", 1_000, day(1)))
        assert await balance(await member_of("ann")) == (10, 0, 0)
        [reason] = await reasons("ann")
        assert reason["not"] == [{"code": "nothing-1", "version": 1, "because": "budget_exhausted"}]

    async def test_each_member_has_a_share_and_each_period(self) -> None:
        budget = CampaignBudget(points_per_member=150, period="day", points_per_period=200)
        await run("shares", BONUS, budget=budget)
        await take(*[paid(f"{who}{n}", who, 0, day(1)) for who in ("ann", "bob") for n in (1, 2)])
        assert (await balance(await member_of("ann")))[0] == 100
        assert (await balance(await member_of("bob")))[0] == 100
        await take(paid("ann3", "ann", 0, day(2)), paid("bob3", "bob", 0, day(2)))
        assert (await balance(await member_of("ann")))[0] == 100  # a second would be more than her share

    async def test_what_a_dry_campaign_would_have_given_is_not_multiplied(self) -> None:
        await run("dry", BONUS, total=100)
        await run("double", DOUBLE)
        await take(paid("o1", "ann", 1_000, day(1)))
        assert await balance(await member_of("ann")) == (220, 0, 0)
        await take(paid("o2", "ann", 1_000, day(2)))
        assert await balance(await member_of("ann")) == (240, 0, 0)
        # The multiplier's own earn follows what it multiplied.
        await take(refunded("o2", "r1", 500, day(3)))
        assert await balance(await member_of("ann")) == (230, 0, 0)

    async def test_a_budget_can_grow(self) -> None:
        await run("small", BONUS, total=0)
        await campaigns.change_budget("small", CampaignBudget(points_total=100), day(1))
        await take(paid("o1", "ann", 1_000, day(2)))
        assert await balance(await member_of("ann")) == (110, 0, 0)

    async def test_events_have_budgets_too(self) -> None:
        share = m.Rule(trigger=m.SocialShare(), effect=m.Fixed(points=60))
        await run("shares", share, total=100)
        for number, who in enumerate(("ann", "bob")):
            event = ("shop", str(number), "custom.social_share", day(1), {"customer_id": who})
            await earning.custom_events([event], day(1))
        assert (await balance(await member_of("ann")), await balance(await member_of("bob"))) == (
            (0, 60, 0),
            (0, 0, 0),
        )


async def test_32_clients_never_overspend(merchant: UUID) -> None:
    names = [f"m{number}" for number in range(32)]
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(*[joined(name, START) for name in names])
        await run("rush", BONUS, total=1_050)

    async def buy(name: str) -> None:
        for number in range(2):
            async with db.transaction(merchant):
                [result] = await ingest([paid(f"{name}-{number}", name, 1_000, day(1))], day(1))
                assert result.status == "applied"

    await asyncio.gather(*[buy(name) for name in names])
    async with db.transaction(merchant):
        found = await campaigns.get("rush")
        assert (found.points_given, found.points_left) == (1_000, 50)
        # The points of the orders themselves are all there.
        total = await db.fetchval(
            "SELECT sum(points_pending)::bigint FROM ledger_accounts a JOIN wallet_types w"
            " ON w.id = a.wallet_type_id AND w.code = 'points'"
        )
        assert total == 64 * 10 + 1_000


async def test_batches_that_run_two_budgets_dry_do_not_block_each_other(merchant: UUID) -> None:
    names = [f"m{number}" for number in range(16)]
    tea = m.Rule(trigger=m.Order(), effect=m.Fixed(points=50), conditions=(m.ChannelIn(channels=("tea",)),))
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(*[joined(name, START) for name in names])
        await run("rush", BONUS, total=1_550)
        await run("teas", tea, total=620)

    async def buy(number: int) -> None:
        orders = [paid(f"{number}-{n}", names[(number * 7 + n * 5) % 16], 1_000, day(1)) for n in range(4)]
        for each in orders[number % 2 :: 2]:
            each.data["channel"] = "tea"
        async with db.transaction(merchant):
            assert {each.status for each in await ingest(orders, day(1))} == {"applied"}

    await asyncio.gather(*[buy(number) for number in range(16)])
    async with db.transaction(merchant):
        rush, teas = await campaigns.get("rush"), await campaigns.get("teas")
        assert (rush.points_given, rush.points_left) == (1_500, 50)
        assert (teas.points_given, teas.points_left) == (600, 20)


async def test_a_limit_holds_when_one_member_comes_32_times_at_once(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await take(joined("ann", START))
        once = m.Limit(per="day", times=3, points=25)
        share = m.Rule(trigger=m.SocialShare(), effect=m.Fixed(points=10), limit=once)
        draft = await rules.create("share", "share", share, START)
        await rules.publish(draft.version_id, START)

    async def tell(number: int) -> None:
        async with db.transaction(merchant):
            event = ("shop", str(number), "custom.social_share", day(1), {"customer_id": "ann"})
            await earning.custom_events([event], day(1))

    await asyncio.gather(*[tell(number) for number in range(32)])
    async with db.transaction(merchant):
        assert await balance(await member_of("ann")) == (0, 25, 0)
        assert await db.fetchval("SELECT count(*) FROM earning_events WHERE trigger = 'custom_event'") == 32


@pytest.mark.usefixtures("shop")
class TestTargeting:
    async def test_segment_and_channel(self) -> None:
        made = await segments.create("vip", "VIP", Segment(where=(Tagged(tags=("vip",)),)), START)
        await segments.put_tags(await member_of("ann"), ["vip"], START)
        assert await segments.count(made.segment, START) == 1
        assert await segments.contains(made.id, await member_of("ann"), START)
        await run("vips", BONUS, segment=made.id, channels=("app",))
        for number, (who, channel) in enumerate((("ann", "app"), ("ann", "shop"), ("bob", "app"))):
            order = paid(f"o{number}", who, 0, day(1))
            order.data["channel"] = channel
            await take(order)
        assert await balance(await member_of("ann")) == (100, 0, 0)
        assert await balance(await member_of("bob")) == (0, 0, 0)
        # Whoever leaves the segment keeps what was counted, and refunds look at what was true then.
        await segments.put_tags(await member_of("ann"), [], START)
        assert not await segments.contains(made.id, await member_of("ann"), day(2))

    @pytest.mark.parametrize("origin", ["review", "case", "survey"])
    async def test_opinions_choose_nobody_for_reviews(self, origin: Any) -> None:
        unhappy = Segment(where=(Tagged(tags=("unhappy",), origin=origin),))
        made = await segments.create("unhappy", "Unhappy", unhappy, START)
        asked = m.InSegment(segment=made.id)
        review = m.Rule(trigger=m.Review(), effect=m.Fixed(points=1))
        targeted = m.Rule(trigger=m.Review(), effect=m.Fixed(points=1), conditions=(m.Not(of=asked),))
        with pytest.raises(rules.SegmentTainted):
            await rules.create("r", "r", targeted, START)
        with pytest.raises(rules.SegmentTainted):
            await campaigns.create("c", "c", Campaign(rules=(review,), segment=made.id), START)
        # Nor beside a rule for reviews in one campaign.
        other = m.Rule(trigger=m.Order(), effect=m.Fixed(points=1), conditions=(asked,))
        with pytest.raises(rules.SegmentTainted):
            await campaigns.create("c", "c", Campaign(rules=(review, other)), START)
        await campaigns.create("c", "c", Campaign(rules=(other,)), START)
        assert await db.fetchval("SELECT count(*) FROM earning_rules") == 1
        assert await db.fetchval("SELECT count(*) FROM campaigns") == 1

    async def test_a_campaign_is_over_when_its_time_is_or_when_it_is_ended(self) -> None:
        schedule = m.Schedule(start=day(2), end=day(4))
        await run("days", BONUS, schedule=schedule)
        await take(*[paid(f"o{n}", "ann", 0, day(n)) for n in (1, 2, 3, 4)])
        assert await balance(await member_of("ann")) == (200, 0, 0)
        await campaigns.create("later", "later", Campaign(rules=(BONUS,)), day(5))
        await campaigns.publish("later", day(5))
        await campaigns.end("later", day(6))
        await take(paid("o5", "ann", 0, day(5)), paid("o6", "ann", 0, day(6)), now=day(7))
        assert await balance(await member_of("ann")) == (300, 0, 0)
        with pytest.raises(campaigns.CampaignNotLive):
            await campaigns.end("later", day(8))
        with pytest.raises(campaigns.CampaignNotDraft):
            await campaigns.publish("later", day(8))

    async def test_what_is_no_campaign(self) -> None:
        birthday = m.Rule(trigger=m.Birthday(), effect=m.Fixed(points=1))
        for wrong in (
            Campaign(rules=(birthday,), channels=("app",)),
            Campaign(rules=(BONUS,), budget=CampaignBudget()),
            Campaign(rules=(BONUS,), budget=CampaignBudget(period="day", points_total=1)),
            Campaign(rules=(BONUS,), budget=CampaignBudget(points_per_period=1)),
        ):
            with pytest.raises(CampaignInvalid):
                await campaigns.create("wrong", "wrong", wrong, START)
        with pytest.raises(rules.RulePast):
            await run("past", BONUS, schedule=m.Schedule(end=START))
        await campaigns.create("twice", "twice", Campaign(rules=(BONUS,)), START)
        with pytest.raises(campaigns.CampaignExists):
            await campaigns.create("twice", "twice", Campaign(rules=(BONUS,)), START)


@pytest.mark.usefixtures("shop")
class TestItsRules:
    async def test_a_code_that_was_allowed_to_be_long_begins_and_ends(self) -> None:
        long = "c" * 100
        await run(long, BONUS, DOUBLE)
        assert [each.code for each in await rules.live(START)] == ["orders", f"{'c' * 90}-1", f"{'c' * 90}-2"]
        assert (await campaigns.end(long, day(1))).state == "ended"
        assert [each.code for each in await rules.live(day(1))] == ["orders"]

    async def test_its_rules_take_codes_that_are_free(self) -> None:
        await campaigns.create("spring", "Spring", Campaign(rules=(BONUS, DOUBLE)), START)
        for taken in ("spring-1", "spring-3"):  # after the draft was made
            await rules.create(taken, "Other", BONUS, START)
        await campaigns.publish("spring", START)
        assert [each.code for each in await rules.live(START)] == ["orders", "spring-2", "spring-4"]
        with pytest.raises(campaigns.CampaignExists):
            await campaigns.create("spring", "Spring", Campaign(rules=(BONUS,)), START)
        await campaigns.end("spring", day(1))
        assert [each.code for each in await rules.live(day(1))] == ["orders"]

    async def test_a_rule_ends_with_its_campaign_and_not_before(self) -> None:
        await run("spring", BONUS, DOUBLE)
        for at in (None, day(2)):
            with pytest.raises(rules.RuleOfCampaign):
                await rules.retire("spring-1", day(1), at)
        assert len(await rules.live(day(1))) == 3
        # One that is out of force already, as it could be once, does not keep the campaign.
        first = (await rules.numbered("spring-1", 1)).rule_id
        await db.execute(rule_queries.END_PUBLISHED, first, day(1), day(1))
        assert (await campaigns.end("spring", day(2))).state == "ended"
        assert [each.code for each in await rules.live(day(2))] == ["orders"]
        assert (await rules.numbered("spring-1", 1)).valid_until == day(1)


async def test_segments_by_what_members_did(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        await store()
        await take(joined("ann", START), joined("bob", day(5)))
        await take(paid("o1", "ann", 10_000, day(6)), paid("o2", "ann", 1_000, day(8)))
        await take(refunded("o1", "r1", 4_000, day(9)))
        ids = await customers.upsert([customers.CustomerRow("ann", day(9), locale="en-GB")])
        found = await members.of_customers(ids.values())
        assert len(found) == 1
        asked: list[tuple[s.Who, int]] = [
            (TierNow(tiers=("t0",)), 2),
            (s.Joined(at_least_days=10), 1),
            (s.Joined(below_days=6), 1),
            (s.OrderCount(at_least=2), 1),
            (s.OrderCount(at_least=1, within_days=3), 1),
            (s.OrderCount(at_most=0), 1),
            (s.Spend(currency="USD", at_least_minor=7_000), 1),
            (s.Spend(currency="USD", at_least_minor=7_001), 0),
            (s.Spend(currency="EUR", below_minor=1), 2),
            (s.LastOrder(at_least_days=2), 1),
            (s.LastOrder(at_least_days=3), 0),
            (s.Language(languages=("en",)), 1),
            (s.Country(countries=("GB",)), 1),
            (s.NotSo(of=s.OrderCount(at_least=1)), 1),
            (s.OneOf(of=(s.OrderCount(at_least=1), s.Joined(below_days=6))), 2),
            (s.AllOf(of=(s.OrderCount(at_least=1), s.Joined(below_days=6))), 0),
        ]
        for who, expected in asked:
            assert await segments.count(Segment(where=(who,)), day(10)) == expected, who
