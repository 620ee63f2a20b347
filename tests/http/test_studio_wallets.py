"""Wallets in the studio."""

import pytest

from api.app import App
from core import db
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import AfterPayment, Inactivity, OnDelivery, PeriodEnd, RollingDays
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import Shop, enter_as_staff, form, pages_app, speak

PATH = "/staff/studio/wallets"
CREDIT = {
    "code": "credit",
    "name_en": "Store credit",
    "settling": "after_payment",
    "settling_days": "14",
    "expiry": "year",
    "expiry_number": "1",
    "warn_days": "30",
    "debt_policy": "forbid",
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def test_a_wallet_is_made_and_its_rules_change(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    hidden = form((await browser.get(PATH)).text, PATH)
    answer = await browser.client.post(PATH, data=hidden | CREDIT, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?made=credit")
    page = (await browser.get(f"{PATH}?made=credit")).text
    assert "The wallet is there." in page and "Points can be spent 14 days after the payment." in page
    path = f"{PATH}/credit"
    change = {"settling": "on_delivery", "settling_days": "0", "expiry": "inactivity", "expiry_number": "90"}
    hidden = form((await browser.get(path)).text, path)
    answer = await browser.client.post(path, data=hidden | change | {"debt_policy": "debt"}, headers=PAGE)
    assert answer.headers["location"] == f"{path}?changed=1"
    page = (await browser.get(f"{path}?changed=1")).text
    assert page.count("Mina") >= 2 and "Points expire after 90 days" in page
    async with db.transaction(shop.merchant):
        newest, first = await wallets.versions("credit")
    assert (newest.expiry, newest.settling, newest.warn_days) == (Inactivity(90), OnDelivery(), None)
    assert (first.expiry, first.settling, first.warn_days) == (PeriodEnd("year", 1), AfterPayment(14), 30)


async def test_what_does_not_fit_is_said_and_changes_nothing(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    for wrong in (
        {"code": "No code"},
        {"code": "points"},
        {"name_en": " "},
        {"expiry": "rolling_days", "expiry_number": ""},
        {"expiry": "tomorrow"},
        {"settling": "on_date", "settling_day": "2026-02-30"},
        {"warn_days": "0"},
        {"debt_policy": "ignore"},
    ):
        hidden = form((await browser.get(PATH)).text, PATH)
        answer = await browser.client.post(PATH, data=hidden | CREDIT | wrong, headers=PAGE)
        assert answer.status_code == 422 and 'role="alert"' in answer.text, wrong
        assert f'value="{CREDIT["settling_days"]}"' in answer.text, "what was typed stays"
    assert await rows(shop.merchant, "wallet_types") == 2


async def test_rules_changed_by_another_are_not_overwritten(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    path = f"{PATH}/points"
    stale = form((await browser.get(path)).text, path)
    fresh = form((await browser.get(path)).text, path)
    rules = {"settling": "at_once", "expiry": "rolling_days", "debt_policy": "debt"}
    await browser.client.post(path, data=fresh | rules | {"expiry_number": "30"}, headers=PAGE)
    answer = await browser.client.post(path, data=stale | rules | {"expiry_number": "60"}, headers=PAGE)
    assert answer.status_code == 422 and "Somebody changed these rules meanwhile" in answer.text
    async with db.transaction(shop.merchant):
        assert (await wallets.get("points")).expiry == RollingDays(30)


async def test_readers_see_no_form_and_cannot_post(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "auditor")
    for locale in LOCALES:
        speak(browser, locale)
        for path in (PATH, f"{PATH}/qualifying"):
            page = await browser.get(path)
            assert page.status_code == 200 and 'name="debt_policy"' not in page.text
    answer = await browser.post(PATH, CREDIT | {"idempotency_key": "k"}, form_on=PATH)
    assert answer.status_code == 403
    assert await rows(shop.merchant, "wallet_types") == 2
    assert (await browser.get(f"{PATH}/none")).status_code == 404
