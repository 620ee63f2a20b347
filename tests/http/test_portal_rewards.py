"""What a customer sees of each kind and state of reward, and of vouchers."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.ledger import Clawback, Redeem, post
from loyalty.rewards import catalogue, service
from loyalty.rewards.kinds import CashBack, GiftCard, Money, Product, StoreCredit
from loyalty.rewards.rules import Offer, PeriodLimit
from loyalty.segments import service as segments
from loyalty.segments.model import Joined, Segment
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import RollingDays
from loyalty.wallets.service import Rules
from tests.factories.points import WHY, earn
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import (
    Shop,
    balance,
    enter_as_customer,
    enter_as_staff,
    form,
    member_with,
    pages_app,
    speak,
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


def dollars(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="USD")


async def offer(shop: Shop, code: str, offered: Offer) -> UUID:
    async with db.transaction(shop.merchant):
        return await catalogue.offer(code, offered, shop.ago(50))


def goods(code: str, **more: object) -> Offer:
    return Offer(name={"en": f"The {code}"}, terms=Product(sku=code), cost_points=10, **more)  # type: ignore[arg-type]


def card_of(page: str, name: str) -> str:
    """The list item of a reward."""
    found = re.search(
        rf'<li class="card reward[^>]*>(?:(?!</li>).)*<h2>{re.escape(name)}</h2>.*?</li>', page, re.S
    )
    assert found, name
    return found[0]


async def test_each_state_says_why(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 120)
    async with db.transaction(shop.merchant):
        await segments.create("old", "Old hands", Segment(where=(Joined(at_least_days=1000),)), shop.now)
        member = await db.fetchval("SELECT id FROM members")
    daily = await offer(shop, "daily", goods("daily", limit_per_period=PeriodLimit(times=1, period="day")))
    once = await offer(shop, "once", goods("once", limit_per_member=1))
    await offer(shop, "golden", goods("golden", tiers=("gold",)))
    await offer(shop, "later", goods("later", offered_from=shop.now + timedelta(days=9)))
    await offer(shop, "over", goods("over", offered_until=shop.now - timedelta(days=9)))
    await offer(shop, "secret", goods("secret", segments=("old",)))
    async with db.transaction(shop.merchant):
        for reward in (daily, once):
            await service.redeem(member, reward, str(reward), clock.now())
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal/rewards")).text
    for code, said in (
        ("daily", "Again tomorrow"),
        ("once", "You have had yours"),
        ("golden", "From tier Gold"),
        ("later", "From "),
    ):
        card = card_of(page, f"The {code}")
        assert said in card and "/redeem" not in card, code
    assert "The over" not in page and "The secret" not in page
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get("/portal/rewards")).status_code == 200


async def test_points_for_money_as_many_as_one_likes(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 130)
    terms = CashBack(step_points=25, step_amount=dollars(100), min_points=50, max_points=500)
    reward = await offer(shop, "money", Offer(name={"en": "Money off"}, terms=terms))
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal/rewards")).text
    action = f"/portal/rewards/{reward}/redeem"
    assert 'min="50" max="125" step="25"' in page and "$1.00 for every 25 points" in page
    hidden = form(page, action)
    wrong = await browser.client.post(action, data=hidden | {"points": "60"}, headers=PAGE)
    assert wrong.headers["location"].endswith("points_choice_invalid")
    assert await rows(shop.merchant, "vouchers") == 0
    bought = await browser.client.post(action, data=hidden | {"points": "75"}, headers=PAGE)
    shown = (await browser.get(bought.headers["location"])).text
    assert "$3.00" in shown and "75 points" in shown and "<svg" in shown and 'class="qr"' in shown
    assert await balance(shop, customer) == (55, 0)


async def test_a_price_that_changed_since_the_page_was_made_is_not_paid(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 130)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    hidden = form((await browser.get("/portal/rewards")).text, action)
    async with db.transaction(shop.merchant):
        await catalogue.change("mug", 1, goods("mug"), clock.now())
    answer = await browser.client.post(action, data=hidden, headers=PAGE)
    assert answer.headers["location"].endswith("reward_changed")
    assert "has just been changed" in (await browser.get(answer.headers["location"])).text
    assert await balance(shop, customer) == (130, 0)


async def test_vouchers_show_what_is_left_and_what_needs_no_code(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 130)
    card = await offer(
        shop, "card", Offer(name={"en": "Card"}, terms=GiftCard(amount=dollars(2000)), cost_points=10)
    )
    credit = await offer(
        shop, "credit", Offer(name={"en": "Credit"}, terms=StoreCredit(amount=dollars(500)), cost_points=10)
    )
    async with db.transaction(shop.merchant):
        member = await db.fetchval("SELECT id FROM members")
        bought = await service.redeem(member, card, "1", clock.now())
        await service.use(str(bought.code), clock.now(), 750)
        credited = await service.redeem(member, credit, "2", clock.now())
        held = await service.hold(member, shop.last, "3", clock.now() + timedelta(hours=1), clock.now())
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get(f"/portal/vouchers/{bought.id}")).text
    assert "$20.00" in page and "$12.50" in page and "/cancel" not in page
    page = (await browser.get(f"/portal/vouchers/{credited.id}")).text
    assert "in your account already" in page and str(credited.code) not in page and 'class="qr"' not in page
    assert (await browser.get(f"/portal/vouchers/{held.id}")).status_code == 404
    activity = (await browser.get("/portal/activity")).text
    assert "Reserved at checkout" in activity


async def test_store_credit_is_seen_with_its_expiry_its_entries_and_their_reason(
    browser: Browser, shop: Shop
) -> None:
    customer = await member_with(shop, 130)
    terms = StoreCredit(amount=dollars(1250))
    credit = await offer(shop, "credit", Offer(name={"en": "Credit"}, terms=terms, cost_points=10))
    await enter_as_customer(browser, shop, customer)
    assert "Your other balances" not in (await browser.get("/portal")).text
    page = (await browser.get("/portal/activity")).text
    assert 'href="/portal/activity"' in page and "wallet=" not in page
    assert (await browser.get("/portal/activity?wallet=store_credit")).status_code == 404
    async with db.transaction(shop.merchant):
        await wallets.change(
            "store_credit", Rules(debt_policy="forbid", expiry=RollingDays(days=90)), clock.now()
        )
        member = await db.fetchval("SELECT id FROM members")
        await service.redeem(member, credit, "1", clock.now())

    home = (await browser.get("/portal")).text
    card = home.split("Your other balances")[1].split("</section>")[0]
    assert "Store credit" in card and "$12.50" in card and "Next to expire: $12.50 on" in card
    assert "/portal/activity?wallet=store_credit" in card
    page = (await browser.get("/portal/activity?wallet=store_credit&show=earned")).text
    assert "+$12.50" in page and "Balance $12.50" in page and ">Credit<" in page
    assert 'href="/portal/activity?wallet=store_credit" aria-current="page"' in page
    assert "/portal/activity.csv?wallet=store_credit&amp;show=" in page
    for path in ("wallet=qualifying", "wallet=nothing"):
        for of in ("", ".csv", ".json"):
            assert (await browser.get(f"/portal/activity{of}?{path}")).status_code == 404
    entry = re.findall(r'href="(/portal/activity/[0-9a-f-]{36})"', page)
    assert len(entry) == 1
    why = (await browser.get(entry[0])).text
    assert "its amount is in your account" in why and "+$12.50" in why and "12.50 points" not in why
    assert "What expires first is spent first." in why and "1,250" not in why
    file = await browser.get("/portal/activity.csv?wallet=store_credit")
    assert 'filename="store_credit.csv"' in file.headers["content-disposition"]
    assert "Amount in USD" in file.text and ",12.50,12.50," in file.text
    chain = (await browser.get("/portal/activity.json?wallet=store_credit")).json()
    assert len(chain) == 1
    points = (await browser.get("/portal/activity")).text
    assert "$12.50" not in points and "Store credit" in points
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get("/portal/activity?wallet=store_credit")).status_code == 200


async def test_what_is_owed_in_a_further_wallet_is_said(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 130)
    terms = StoreCredit(amount=dollars(1250))
    await offer(shop, "credit", Offer(name={"en": "Credit"}, terms=terms, cost_points=10))
    async with db.transaction(shop.merchant):
        await wallets.change("store_credit", Rules(debt_policy="debt"), clock.now())
        member = await db.fetchval("SELECT id FROM members")
        await post([earn("credit", member, 1250, shop.ago(9), wallet="store_credit")], shop.now)
        more: dict[str, Any] = {"member": member, "wallet": "store_credit", "reason": WHY}
        await post([Redeem(key="used", points=1000, effective_at=shop.ago(8), **more)], shop.now)
        taken = Clawback(
            key="c", parent="credit", points=1250, policy="debt", effective_at=shop.ago(7), **more
        )
        await post([taken], shop.now)
    await enter_as_customer(browser, shop, customer)
    owed = {"en": "Owed: $10.00.", "zh-Hans": "欠款：US$10.00。", "zh-Hant": "欠款：US$10.00。"}
    for locale in LOCALES:
        speak(browser, locale)
        for path in ("/portal", "/portal/activity?wallet=store_credit"):
            assert owed[locale] in (await browser.get(path)).text, path
        assert "US$10.00" not in (await browser.get("/portal/activity")).text
    await enter_as_staff(browser, shop.merchant, "marketer")
    speak(browser, "en")
    page = (await browser.get(f"/staff/studio/members/{member}")).text
    row = re.search(r'<th scope="row">Store credit</th>(.*?)</tr>', page, re.S)
    assert row and re.findall(r">([^<]+)</td>", row[1]) == ["$0.00", "$0.00", "$0.00", "$10.00"]


async def test_the_member_has_a_code_for_the_till(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 10)
    await enter_as_customer(browser, shop, customer)
    for locale in LOCALES:
        speak(browser, locale)
        page = (await browser.get("/portal")).text
        assert 'class="qr"' in page and customer in page and "style=" not in page
