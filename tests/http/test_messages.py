"""Pages about messages to customers: what each wants, the log, and how they are sent."""

from uuid import UUID

import pytest

from api.app import App
from core import db
from core.embedded import Services
from core.notifications import service, settings
from tests.factories.notes import EXPIRY, ORDERS
from tests.http.conftest import Browser, rows
from tests.http.shop import Shop, enter_as_customer, enter_as_staff, form, joined, open_shop, pages_app, send

CHOICES, LOG, SETTINGS = "/portal/messages", "/staff/messages", "/staff/messages/settings"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    found = await open_shop(merchant)
    await send(found, joined("ada", found.ago(60)))
    return found


async def say(shop: Shop, kind: str, key: str, text: str = "Hello") -> str:
    async with db.transaction(shop.merchant):
        ada = await db.fetchval("SELECT id FROM customers WHERE external_id = 'ada'")
        [found] = await service.notify(kind, ada, {"text": text}, key, shop.now)
    return f"{found.state} {found.reason}".strip()


async def test_a_customer_chooses_and_is_obeyed(browser: Browser, shop: Shop) -> None:
    await enter_as_customer(browser, shop, "ada")
    page = (await browser.get(CHOICES)).text
    assert "ada@example.test" in page and page.count('value="on" checked') == 7
    assert "Text message" not in page  # the shop has no gateway
    fields = form(page, CHOICES) | {"cases.mail": "on", "expiry.mail": "on", "time_zone": "Asia/Hong_Kong"}
    answer = await browser.client.post(CHOICES, data=fields)
    assert answer.headers["location"] == f"{CHOICES}?notice=saved", answer.text
    page = (await browser.get(CHOICES)).text
    assert page.count('value="on" checked') == 2 and '"Asia/Hong_Kong" selected' in page
    assert await rows(shop.merchant, "notification_choices") == 5
    assert await say(shop, ORDERS.code, "a") == "suppressed opted_out"
    wrong = fields | {"idempotency_key": "other", "time_zone": "Moon/Base"}
    assert (await browser.client.post(CHOICES, data=wrong)).status_code == 422
    assert await rows(shop.merchant, "notification_choices") == 5


async def test_staff_read_the_log_in_every_language(browser: Browser, shop: Shop) -> None:
    await say(shop, ORDERS.code, "a", "<b>Hello</b>")
    await say(shop, ORDERS.code, "b", "over")
    for locale, nothing in (("en", "nothing left to say"), ("zh-Hans", "没有什么可说"), ("zh-Hant", "沒有")):
        await enter_as_staff(browser, shop.merchant, "owner", locale)
        page = (await browser.get(LOG)).text
        assert nothing in page and "/staff/mails/" in page
        assert page.count("<tr>") == 3
    assert (await browser.get(f"{LOG}?only=suppressed")).text.count("<tr>") == 2
    assert (await browser.get(f"{LOG}?only=nonsense")).text.count("<tr>") == 3
    await enter_as_staff(browser, shop.merchant, "agent")
    assert (await browser.get(LOG)).status_code == 403


async def test_staff_set_how_messages_are_sent(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "community_manager")
    page = (await browser.get(SETTINGS)).text
    fields = form(page, SETTINGS) | {"quiet_from": "22:00", "quiet_until": "07:30", "consent": "on"}
    wrong = await browser.client.post(SETTINGS, data=fields | {"quiet_from": "25:00", "idempotency_key": "w"})
    assert wrong.status_code == 422 and "look at the hours" in wrong.text
    answer = await browser.client.post(SETTINGS, data=fields)
    assert answer.headers["location"] == f"{SETTINGS}?notice=saved"
    async with db.transaction(shop.merchant):
        now = await settings.current()
    assert (str(now.quiet_until), now.marketing_needs_consent, now.sends(EXPIRY)) == ("07:30:00", True, False)

    path = f"{LOG}/gateways/sms"
    fields = form(page, path)
    private = await browser.client.post(path, data=fields | {"url_sms": "http://127.0.0.1/"})
    assert private.status_code == 422 and "must begin with https" in private.text
    taken = await browser.client.post(path, data=fields | {"url_sms": "https://gateway.example/sms"})
    assert "whsec_" in taken.text and "https://gateway.example/sms" in taken.text
    assert "whsec_" not in (await browser.get(SETTINGS)).text
    gone = await browser.client.post(path, data=fields | {"url_sms": ""})
    assert "gateway.example" not in gone.text
    assert (await browser.client.post(f"{LOG}/gateways/fax", data=fields)).status_code == 404


async def test_who_may_not_set_changes_nothing(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "agent")
    token = await browser.token("/staff/inbox")
    for path, fields in (
        (SETTINGS, {"quiet_from": "01:00", "quiet_until": "02:00"}),
        (f"{LOG}/gateways/sms", {"url_sms": "https://gateway.example/"}),
    ):
        denied = await browser.client.post(path, data=fields | {"csrf_token": token, "idempotency_key": "x"})
        assert denied.status_code == 403
    assert await rows(shop.merchant, "notification_settings") == 0
    assert await rows(shop.merchant, "notification_gateways") == 0
