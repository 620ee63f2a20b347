"""Gifts, merges and household payments read as words in a member's activity, in every language."""

import pytest

from api.app import App
from core import db
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.households import service as households
from loyalty.ledger import reading as ledger
from loyalty.members import merge as merges
from loyalty.members import service as members
from loyalty.rewards import service as rewards
from loyalty.transfers import service as transfers
from loyalty.transfers.rules import Terms
from tests.http.conftest import Browser
from tests.http.shop import Shop, enter_as_customer, member_with, pages_app, speak
from tests.http.test_portal import said


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def test_what_came_from_others_and_went_to_them(browser: Browser, shop: Shop) -> None:
    ann, bea, cyd = await member_with(shop, 60), await member_with(shop, 40), await member_with(shop, 50)
    async with db.transaction(shop.merchant):
        a, b, c = [await members.find(each) for each in (ann, bea, cyd)]
        await transfers.set_terms(Terms(points_min=1, points_max=100, points_per_day=100))
        await transfers.transfer(a.id, b.id, 20, "k", "For you", shop.now)
        pool = await households.create(shop.now)
        for each in (b, c):
            await households.join(pool, each.id, shop.now)
        await rewards.redeem(c.id, shop.mug, "k", shop.now)
        await merges.merge(ann, bea, shop.now, shop.now)
        entries = await ledger.statement(b.id)
    await enter_as_customer(browser, shop, bea)
    assert [entry.verb for entry in entries[:3]] == ["merge", "redeem", "transfer"]
    rules = (
        "Two accounts became one, with all their points and the expiry they had",
        "Somebody in your household spent points, and yours paid a part of it",
        "One member gave points to another; they keep the expiry that they had",
    )
    kinds = ("Two accounts became one", "Spent on a reward", "Transferred")
    shown = ("+40", "−50", "+20")
    for locale in LOCALES:
        speak(browser, locale)
        activity = await browser.get("/portal/activity")
        assert activity.status_code == 200
        for entry, rule, kind, points in zip(entries, rules, kinds, shown, strict=False):
            assert said(locale, kind) in activity.text
            page = await browser.get(f"/portal/activity/{entry.journal_id}")
            assert said(locale, rule) in page.text
            assert points in page.text


async def test_the_rewards_say_what_a_household_has_together(browser: Browser, shop: Shop) -> None:
    ann, bea = await member_with(shop, 20), await member_with(shop, 40)
    await enter_as_customer(browser, shop, ann)
    assert "Your household" not in (await browser.get("/portal/rewards")).text
    async with db.transaction(shop.merchant):
        pool = await households.create(shop.now)
        for each in (ann, bea):
            await households.join(pool, (await members.find(each)).id, shop.now)
    page = (await browser.get("/portal/rewards")).text
    assert "You can spend 20 points." in page
    assert "Your household pays what you lack: together you have 60 points." in page
