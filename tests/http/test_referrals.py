"""Referrals by API, on the member's page and in the studio."""

from typing import Any

import httpx
import pytest

from admin import operations, studio
from api import portal
from api.app import App, create_app
from api.v1.referrals import v1_referrals
from core.embedded import Services
from core.i18n import LOCALES
from tests.http.conftest import PAGE, Browser, new_key, rows, write
from tests.http.shop import Shop, enter_as_customer, enter_as_staff, form, member_with

TERMS: dict[str, Any] = {"landing_url": "https://shop.example/hi", "currency": "USD", "min_order_minor": 3000}
STUDIO = "/staff/studio/referrals"
FORM = {
    "landing_url": "https://shop.example/hi",
    "min_order": "30.00",
    "order_within_days": "60",
    "kept_after_days": "14",
    "friends_a_month": "20",
    "active": "1",
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, studio.router, operations.router, v1=(v1_referrals,))


@pytest.fixture
async def key(shop: Shop) -> dict[str, str]:
    return await new_key(shop.merchant, "members:read", "members:write", "programme:write")


async def test_terms_code_claim_and_who_was_brought(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    assert (await client.get("/v1/referral-programme", headers=key)).status_code == 404
    agreed = await client.post("/v1/referral-programme", json=TERMS, headers=write(key))
    assert agreed.status_code == 200, agreed.text
    assert (await client.get("/v1/referral-programme", headers=key)).json() == agreed.json()
    ada, ben = await member_with(shop, 10), await member_with(shop, 10)
    asked = await client.post(f"/v1/members/{ada}/referral-code", headers=write(key))
    code = asked.json()["code"]
    body = {"code": code, "customer_id": ben}
    known = await client.post("/v1/referrals", json=body, headers=write(key))
    assert (known.status_code, known.json()["code"], known.json()["reason"]) == (
        409,
        "referral_refused",
        "known",
    )
    own = await client.post("/v1/referrals", json=body | {"customer_id": ada}, headers=write(key))
    assert own.json()["reason"] == "self"
    wrong = await client.post("/v1/referrals", json=body | {"code": "NOBODYS"}, headers=write(key))
    assert wrong.status_code == 404
    assert await rows(shop.merchant, "referrals") == 0
    brought = (await client.get(f"/v1/members/{ada}/referrals", headers=key)).json()
    assert brought == {"referrals": [], "next_before": None}


@pytest.mark.parametrize(
    "change",
    [
        {"landing_url": "shop"},
        {"currency": "usd"},
        {"currency": "USD\n"},
        {"min_order_minor": 0},
        {"kept_after_days": 366},
        {"rating": 5},
    ],
    ids=str,
)
async def test_terms_that_cannot_be_are_refused(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any]
) -> None:
    answer = await client.post("/v1/referral-programme", json=TERMS | change, headers=write(key))
    assert answer.status_code == 422, answer.text
    assert await rows(shop.merchant, "referral_terms") == 0


async def test_the_marketer_opens_it_and_the_member_gets_a_link(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    saved = await browser.post(STUDIO, FORM | form((await browser.get(STUDIO)).text, STUDIO), STUDIO)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{STUDIO}?notice=saved")
    assert 'value="30.00"' in (await browser.get(STUDIO)).text
    customer = await member_with(shop, 10)
    await enter_as_customer(browser, shop, customer)
    page = await browser.get("/portal/friends")
    made = await browser.post("/portal/friends", form(page.text, "/portal/friends"), "/portal/friends")
    assert made.status_code == 303
    for locale in LOCALES:
        await enter_as_customer(browser, shop, customer, locale)
        assert "https://shop.example/hi?ref=" in (await browser.get("/portal/friends")).text


async def test_without_a_programme_there_is_no_such_page(browser: Browser, shop: Shop) -> None:
    await enter_as_customer(browser, shop, await member_with(shop, 10))
    answer = await browser.get("/portal/friends")
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")


@pytest.mark.parametrize(
    "change", [{"min_order": "x"}, {"min_order": "1.005"}, {"landing_url": "javascript:1"}], ids=str
)
async def test_a_wrong_form_is_shown_again(browser: Browser, shop: Shop, change: dict[str, str]) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = FORM | form((await browser.get(STUDIO)).text, STUDIO) | change
    answer = await browser.post(STUDIO, fields, STUDIO)
    assert answer.status_code == 422
    assert "Something does not fit" in answer.text
    assert await rows(shop.merchant, "referral_terms") == 0


@pytest.mark.parametrize("role", ["community_manager", "auditor", "agent"])
async def test_who_may_not_edit_changes_nothing(browser: Browser, shop: Shop, role: str) -> None:
    await enter_as_staff(browser, shop.merchant, role)
    data = FORM | {"csrf_token": await browser.token("/nowhere"), "idempotency_key": "k"}
    answer = await browser.client.post(STUDIO, data=data, headers=PAGE)
    assert answer.status_code == 403
    assert await rows(shop.merchant, "referral_terms") == 0
