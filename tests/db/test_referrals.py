"""Referrals: who counts as a friend, and when both are rewarded."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.errors import NotFound
from core.ids import new_id
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.members.merge import undo
from loyalty.referrals import service
from loyalty.referrals.rewards import settle
from loyalty.referrals.service import (
    ReferralRefused,
    ReferralsClosed,
    Terms,
    claim,
    invitation,
    mailbox,
    of_advocate,
    set_terms,
)
from loyalty.rules import service as rules
from loyalty.rules.model import Fixed, Referral, Rule
from loyalty.wallets import service as wallets
from tests.factories.points import one, redeem
from tests.factories.shop import programme, store

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 10, tzinfo=UTC)
TERMS = Terms(landing_url="https://shop.example/hello?from=regulars", currency="USD", min_order_minor=3000)


def event(kind: str, when: datetime, **data: object) -> Event:
    return Event(id=str(new_id()), source="shop", type=kind, time=when, data=data)


async def told(*events: Event) -> None:
    """Events heard of when they happen, but not before the tests' present."""
    heard = max(NOW, *(each.time for each in events))
    assert {result.status for result in await ingest(events, heard)} <= {"applied", "recorded"}


async def joins(customer: str, email: str | None = None, member: bool = True) -> None:
    """A customer, who is a member or not."""
    address = email or f"{customer}@example.test"
    await told(event("customer.created", JOINED, customer_id=customer, email=address, accepts_terms=member))


async def buys(customer: str, order: str, when: datetime, amount_minor: int = 5000) -> None:
    await told(
        event("order.paid", when, order_id=order, store_id="s1", customer_id=customer, currency="USD",
              amount_minor=amount_minor)
    )  # fmt: skip


async def code_of(customer: str) -> str:
    return (await invitation((await members.find(customer)).id, NOW)).code


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    """Ada is a member, Ben a customer who has not bought yet."""
    async with db.transaction(merchant):
        await programme()
        await store()
        await set_terms(TERMS, JOINED)
        await joins("ada")
        await joins("ben")
    return merchant


async def refused(merchant: UUID, code: str, friend: str, now: datetime = NOW) -> str:
    """Why a claim does not count; nothing is noted of it."""
    async with db.transaction(merchant):
        before = await db.fetch("SELECT * FROM referrals ORDER BY id")
    with pytest.raises(ReferralRefused) as caught:
        async with db.transaction(merchant):
            await claim(code, friend, now)
    async with db.transaction(merchant):
        assert await db.fetch("SELECT * FROM referrals ORDER BY id") == before
    return str(caught.value.extra["reason"])


async def test_a_code_is_made_once_and_its_link_keeps_what_the_shop_wants(shop: UUID) -> None:
    async with db.transaction(shop):
        ada = await members.find("ada")
        first = await invitation(ada.id, NOW)
        assert await invitation(ada.id, NOW) == first
        assert first.link == f"https://shop.example/hello?from=regulars&ref={first.code}"
        assert set(first.code) <= set(service.ALPHABET)


async def test_a_claim_is_noted_once(shop: UUID) -> None:
    async with db.transaction(shop):
        code = await code_of("ada")
        first = await claim(f" {code.lower()} ", "ben", NOW)
        assert (first.state, first.advocate, first.friend) == ("claimed", "ada", "ben")
        assert await claim(code, "ben", NOW + timedelta(days=3)) == first
        ada = await members.find("ada")
        assert await of_advocate(ada.id) == [first]


async def test_nobody_is_their_own_friend(shop: UUID) -> None:
    async with db.transaction(shop):
        await joins("eve", "e.v.e+shop@gmail.com")
        await joins("eva", "EVE+two@googlemail.com", member=False)
        code, own = await code_of("eve"), await code_of("ada")
    assert await refused(shop, own, "ada") == "self"
    assert await refused(shop, code, "eva") == "self"


async def test_who_has_ordered_before_is_no_new_friend(shop: UUID) -> None:
    async with db.transaction(shop):
        code = await code_of("ada")
        await buys("ben", "o1", NOW - timedelta(days=2))
    assert await refused(shop, code, "ben") == "known"


async def test_the_first_advocate_counts(shop: UUID) -> None:
    async with db.transaction(shop):
        await joins("cleo")
        await claim(await code_of("ada"), "ben", NOW)
        other = await code_of("cleo")
    assert await refused(shop, other, "ben") == "taken"


async def test_circles_are_refused_however_long(shop: UUID) -> None:
    async with db.transaction(shop):
        await joins("cleo")
        await claim(await code_of("ada"), "ben", NOW)
        await claim(await code_of("ben"), "cleo", NOW)
        back, own = await code_of("cleo"), await code_of("ben")
    assert await refused(shop, back, "ada") == "loop"
    assert await refused(shop, own, "ada") == "loop"


async def test_who_left_and_who_is_gone(shop: UUID) -> None:
    async with db.transaction(shop):
        await joins("dora")
        await joins("finn", member=False)
        left, good = await code_of("dora"), await code_of("ada")
        await told(event("customer.deleted", NOW, customer_id="dora"))
        await told(event("customer.deleted", NOW, customer_id="finn"))
    assert await refused(shop, left, "ben") == "left"
    assert await refused(shop, good, "finn") == "gone"


async def test_an_advocate_brings_so_many_a_month(shop: UUID) -> None:
    async with db.transaction(shop):
        for friend in ("f1", "f2", "f3"):
            await joins(friend, member=False)
        code = await code_of("ada")
        few = Terms(landing_url="https://shop.example", currency="USD", min_order_minor=1, friends_a_month=2)
        await set_terms(few, NOW)
        await claim(code, "f1", NOW)
        await claim(code, "f2", NOW)
    assert await refused(shop, code, "f3") == "limit"
    async with db.transaction(shop):
        await claim(code, "f3", datetime(2026, 7, 1, tzinfo=UTC))


async def test_what_there_is_not(shop: UUID) -> None:
    async with db.transaction(shop):
        code = await code_of("ada")
        for wrong, friend in (("NOBODYS", "ben"), (code, "nobody")):
            with pytest.raises(NotFound):
                await claim(wrong, friend, NOW)
        off = Terms(active=False, landing_url="https://shop.example", currency="USD", min_order_minor=1)
        await set_terms(off, NOW)
        with pytest.raises(ReferralsClosed):
            await claim(code, "ben", NOW)


async def test_many_claims_at_once_make_no_circle_and_no_second_advocate(shop: UUID) -> None:
    async with db.transaction(shop):
        names = ["ada", "ben", "m2", "m3", "m4"]
        for name in names[2:]:
            await joins(name)
        codes = {name: await code_of(name) for name in names}

    async def attempt(advocate: str, friend: str) -> None:
        try:
            async with db.transaction(shop):
                await claim(codes[advocate], friend, NOW)
        except ReferralRefused:
            pass

    await asyncio.gather(*(attempt(a, f) for a in names for f in names))
    async with db.transaction(shop):
        rows = await db.fetch(
            "SELECT f.external_id AS friend, a.external_id AS advocate FROM referrals r"
            " JOIN customers f ON f.id = r.friend_id JOIN members m ON m.id = r.advocate_id"
            " JOIN customers a ON a.id = m.customer_id"
        )
    above = {row["friend"]: row["advocate"] for row in rows}
    assert len(above) == 4, "everybody but the first has one advocate"
    for start in above:
        seen, here = set(), start
        while here in above:
            assert here not in seen
            seen.add(here)
            here = above[here]


DAY = timedelta(days=1)
BOTH = {
    "advocate": Rule(trigger=Referral(side="advocate"), effect=Fixed(points=500)),
    "friend": Rule(trigger=Referral(side="friend"), effect=Fixed(points=200)),
}


@pytest.fixture
async def rewarding(shop: UUID) -> UUID:
    """The shop with 500 points for an advocate and 200 for a friend; Ben came with Ada's code."""
    async with db.transaction(shop):
        for code, rule in BOTH.items():
            made = await rules.create(code, code, rule, JOINED)
            await rules.publish(made.version_id, JOINED)
        await claim(await code_of("ada"), "ben", NOW)
    return shop


async def points(customer: str) -> int:
    """What a member got for referrals, less what was taken back."""
    member = (await members.find(customer)).id
    return sum(
        line.points if line.verb == "earn" else -line.points
        for line in await ledger.statement(member)
        if line.reason["rule"] in ("referral", "referral_withdrawn")
    )


async def states() -> list[str]:
    return [row["state"] for row in await db.fetch("SELECT state FROM referrals ORDER BY id")]


async def delivered(order: str, when: datetime) -> None:
    await told(event("order.delivered", when, order_id=order))


async def test_both_are_rewarded_when_the_order_was_kept(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 3 * DAY)
        assert await settle(NOW + 17 * DAY - timedelta(seconds=1)) == 0
        assert (await points("ada"), await points("ben")) == (0, 0)
        assert await settle(NOW + 17 * DAY) == 1
        assert (await points("ada"), await points("ben")) == (500, 200)
        assert await settle(NOW + 18 * DAY) == 0
        [known] = await of_advocate((await members.find("ada")).id)
        assert (known.state, known.order_id, known.rewarded_at) == ("rewarded", "o1", NOW + 17 * DAY)


@pytest.mark.parametrize("kind", ["refund", "cancel"])
async def test_an_order_that_goes_back_takes_both_rewards(rewarding: UUID, kind: str) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await settle(NOW + 20 * DAY)
        if kind == "refund":
            gone = event("order.refunded", NOW + 30 * DAY, refund_id="r", order_id="o1", amount_minor=2001)
        else:
            gone = event("order.cancelled", NOW + 30 * DAY, order_id="o1")
        await told(gone)
        assert await settle(NOW + 30 * DAY) == 1
        assert (await points("ada"), await points("ben")) == (0, 0)
        assert await states() == ["withdrawn"]
        await buys("ben", "o2", NOW + 32 * DAY)
        await delivered("o2", NOW + 33 * DAY)
        assert await settle(NOW + 90 * DAY) == 0
        assert await ledger.check() == []


async def test_the_first_order_that_is_kept_counts_even_after_one_that_went_back(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        for number, amount in (("o1", 5000), ("o2", 2999), ("o3", 3000)):
            await buys("ben", number, NOW + DAY, amount)
            await delivered(number, NOW + 2 * DAY)
        await told(event("order.refunded", NOW + 3 * DAY, refund_id="r", order_id="o1", amount_minor=5000))
        await settle(NOW + 20 * DAY)
        [known] = await of_advocate((await members.find("ada")).id)
        assert (known.state, known.order_id) == ("rewarded", "o3")
        assert await points("ada") == 500


async def test_a_claim_lapses_when_nothing_came_in_time(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "late", NOW + 60 * DAY)
        await delivered("late", NOW + 61 * DAY)
        await settle(NOW + 60 * DAY - timedelta(seconds=1))
        assert await states() == ["claimed"]
        await settle(NOW + 60 * DAY)
        assert await states() == ["lapsed"]
        await settle(NOW + 90 * DAY)
        assert await points("ada") == 0


async def test_an_order_in_time_that_is_not_decided_yet_keeps_the_claim(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "o1", NOW + 59 * DAY)
        await settle(NOW + 70 * DAY)
        assert await states() == ["claimed"]
        await delivered("o1", NOW + 71 * DAY)
        await settle(NOW + 85 * DAY)
        assert await states() == ["rewarded"]


async def test_a_friend_who_is_no_member_brings_the_advocates_points_all_the_same(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await joins("cleo", member=False)
        await claim(await code_of("ada"), "cleo", NOW)
        await buys("cleo", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await settle(NOW + 20 * DAY)
        assert await points("ada") == 500


async def test_points_that_were_spent_hinder_no_withdrawal(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await wallets.change("points", wallets.Rules(debt_policy="forbid"), NOW)
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await settle(NOW + 20 * DAY)
        await one(redeem("r", (await members.find("ada")).id, 500, NOW + 21 * DAY))
        await told(event("order.refunded", NOW + 30 * DAY, refund_id="r", order_id="o1", amount_minor=5000))
        assert await settle(NOW + 30 * DAY) == 1
        assert await states() == ["withdrawn"]
        assert await points("ben") == 0
        assert await ledger.check() == []


async def test_who_stands_for_the_advocate_is_rewarded(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await joins("eve")
        await told(event("customer.merged", NOW, customer_id="ada", into_customer_id="eve"))
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await settle(NOW + 20 * DAY)
        assert (await points("eve"), await points("ben")) == (500, 200)
        await told(event("order.cancelled", NOW + 30 * DAY, order_id="o1"))
        await settle(NOW + 30 * DAY)
        assert (await points("eve"), await points("ben")) == (0, 0)


async def test_a_friend_is_whoever_stands_for_them(rewarding: UUID) -> None:
    """What they buy as the other customer is kept for both sides, and stays one order."""
    async with db.transaction(rewarding):
        await joins("eve")
        await told(event("customer.merged", NOW, customer_id="ben", into_customer_id="eve"))
        await buys("eve", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        assert await settle(NOW + 20 * DAY) == 1
        assert (await points("ada"), await points("eve")) == (500, 200)
        assert await settle(NOW + 90 * DAY) == 0


async def test_a_friend_who_turns_out_to_have_ordered_before_brings_nothing(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await joins("eve")
        await joins("new", member=False)
        await buys("eve", "o0", NOW - 5 * DAY)
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await told(event("customer.merged", NOW + 3 * DAY, customer_id="ben", into_customer_id="eve"))
        assert await settle(NOW + 20 * DAY) == 0
        assert (await points("ada"), await points("eve")) == (0, 0)
        await told(event("customer.merged", NOW + 4 * DAY, customer_id="eve", into_customer_id="new"))
        code = await code_of("ada")
    assert await refused(rewarding, code, "new", NOW + 5 * DAY) == "known"


@pytest.mark.parametrize(("source", "into"), [("ben", "ada"), ("ada", "ben")])
async def test_two_who_turn_out_to_be_one_bring_each_other_nothing(
    rewarding: UUID, source: str, into: str
) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)
        await told(event("customer.merged", NOW + 3 * DAY, customer_id=source, into_customer_id=into))
        assert await settle(NOW + 20 * DAY) == 0
        assert await points(into) == 0
        await undo(source, NOW + 21 * DAY)
        await settle(NOW + 21 * DAY)
        assert (await points("ada"), await points("ben")) == (500, 200)


async def test_sweeps_at_once_reward_once(rewarding: UUID) -> None:
    async with db.transaction(rewarding):
        await buys("ben", "o1", NOW + DAY)
        await delivered("o1", NOW + 2 * DAY)

    async def sweep() -> int:
        async with db.transaction(rewarding):
            return await settle(NOW + 20 * DAY)

    assert sum(await asyncio.gather(*(sweep() for _ in range(6)))) == 1
    async with db.transaction(rewarding):
        assert (await points("ada"), await points("ben")) == (500, 200)


async def test_orders_and_customers_carry_the_code(shop: UUID) -> None:
    async with db.transaction(shop):
        code = await code_of("ada")
        paid = {"store_id": "s1", "currency": "USD", "amount_minor": 5000, "referral_code": code}
        events = [
            event("customer.created", NOW, customer_id="new", referral_code=code),
            event("order.paid", NOW, **paid | {"order_id": "o1", "customer_id": "other"}),
            event("order.paid", NOW, **paid | {"order_id": "o2", "customer_id": "ada"}),
            event(
                "order.paid", NOW, **paid | {"order_id": "o3", "customer_id": "ben", "referral_code": "WRONG"}
            ),
        ]
        assert [(each.status, each.code) for each in await ingest(events, NOW)] == [
            ("applied", None),
            ("applied", None),
            ("applied", "referral_refused"),
            ("applied", "not_found"),
        ]
        brought = await of_advocate((await members.find("ada")).id)
        assert {each.friend for each in brought} == {"new", "other"}


@given(
    st.from_regex(r"[a-z][a-z.]{0,8}[a-z]", fullmatch=True), st.from_regex(r"[a-z0-9]{0,6}", fullmatch=True)
)
def test_a_mailbox_is_one_whatever_stands_after_a_plus(name: str, tag: str) -> None:
    assert (
        mailbox(f"{name}+{tag}@Example.test")
        == mailbox(f" {name.upper()}@example.test ")
        == f"{name}@example.test"
    )
    assert mailbox(f"{name}@gmail.com") == mailbox(f"{name.replace('.', '')}+{tag}@googlemail.com")
    assert mailbox(name) == mailbox("") == mailbox(None) == ""
