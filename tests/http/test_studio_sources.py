"""Review sources in the studio: connect, look, act, disconnect; secrets go in and never come out."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from reviews.accounts import service as accounts
from reviews.accounts.service import Account
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import Shop, enter_as_staff, form, pages_app, speak

PATH = "/staff/studio/sources"
SECRETS = ("GOCSPX-very-secret", "1//refresh-secret")
GOOGLE = {
    "source": "google",
    "name": "Main street",
    "location": "accounts/101/locations/202",
    "client_id": "client-7",
    "client_secret": SECRETS[0],
    "refresh_token": SECRETS[1],
}
UNIT = "507f191e810c19729de860ea"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def post(browser: Browser, page: str, path: str, fields: dict[str, str]) -> httpx.Response:
    hidden = form((await browser.get(page)).text, path)
    return await browser.client.post(path, data=hidden | fields, headers=PAGE)


async def connected(merchant: UUID) -> list[Account]:
    async with db.transaction(merchant):
        return list(await accounts.every())


async def test_an_account_is_connected_asked_and_disconnected(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "community_manager")
    assert "No source is connected" in (await browser.get(PATH)).text
    answer = await post(browser, PATH, f"{PATH}/connect", GOOGLE)
    [account] = await connected(shop.merchant)
    one = f"{PATH}/{account.id}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"{one}?notice=connected")
    for path in (PATH, answer.headers["location"]):
        page = (await browser.get(path)).text
        assert "Main street" in page
        assert not any(secret in page for secret in SECRETS)

    async with db.transaction(shop.merchant):
        await db.execute(
            "UPDATE review_accounts SET next_at = now() + interval '1 day', full_at = next_at + '1 day'"
        )
    for deed, full in (("sync", False), ("full", True)):
        answer = await post(browser, one, f"{one}/{deed}", {})
        assert answer.headers["location"] == f"{one}?notice=asked"
        [account] = await connected(shop.merchant)
        assert (account.next_at <= clock.now(), account.full_at <= clock.now()) == (True, full)
    answer = await post(browser, one, f"{one}/disconnect", {})
    assert answer.headers["location"] == f"{PATH}?notice=disconnected"
    assert await connected(shop.merchant) == []
    assert "Disconnected" in (await browser.get(one)).text


async def test_credentials_are_sealed_where_they_are_stored(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await post(browser, PATH, f"{PATH}/connect", GOOGLE)
    async with db.transaction(shop.merchant):
        row = await db.fetchrow("SELECT a::text, credentials FROM review_accounts a")
    assert row is not None
    assert all(secret not in row[0] and secret.encode() not in row[1] for secret in SECRETS)
    assert await _everything(shop.merchant, SECRETS) == []
    shown = repr(await connected(shop.merchant))
    assert not any(secret in shown for secret in SECRETS)


async def _everything(merchant: UUID, secrets: tuple[str, ...]) -> list[str]:
    """Tables in which one of the secrets stands."""
    async with db.transaction(merchant):
        tables = await db.fetch(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'merchant_id'"
            " AND table_schema = 'public' AND table_name IN (SELECT tablename FROM pg_tables)"
        )
        found = []
        for (table,) in tables:
            for secret in secrets:
                if await db.fetchval(f"SELECT count(*) FROM {table} t WHERE strpos(t::text, $1) > 0", secret):
                    found.append(table)
        return found


async def test_what_does_not_fit_is_said_without_the_secrets(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    for change in (
        {"location": "somewhere"},
        {"client_secret": ""},
        {"source": "woocommerce", "url": "http://shop.example", "consumer_key": "a", "consumer_secret": "b"},
        {"source": "woocommerce", "url": "https://10.0.0.1:x", "consumer_key": "a", "consumer_secret": "b"},
        {"source": "trustpilot", "business_unit": UNIT, "api_key": "a", "api_secret": "b"},
        {"source": "trustpilot", "business_unit": UNIT, "api_key": "a", "api_secret": "b", "username": "u"},
    ):
        fields = (GOOGLE if "source" not in change else {}) | change
        answer = await post(browser, PATH, f"{PATH}/connect", fields)
        assert answer.status_code == 422, change
        assert "Something does not fit" in answer.text and "This does not fit." in answer.text
        assert not any(secret in answer.text for secret in SECRETS)
    assert await rows(shop.merchant, "review_accounts") == 0


async def test_a_suspicious_list_is_shown_and_can_be_accepted(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await post(browser, PATH, f"{PATH}/connect", GOOGLE)
    [account] = await connected(shop.merchant)
    one = f"{PATH}/{account.id}"
    assert f"{one}/accept" not in (await browser.get(one)).text
    async with db.transaction(shop.merchant):
        await db.execute(
            "UPDATE review_accounts SET problem = 'source_suspicious', problem_detail = '40 of 40'"
        )
    page = (await browser.get(one)).text
    assert "nothing was removed. (40 of 40)" in page
    await post(browser, one, f"{one}/accept", {})
    async with db.transaction(shop.merchant):
        begun = await db.fetchrow("SELECT mode, state, accept_removals FROM review_syncs")
    assert begun is not None and tuple(begun) == ("full", "running", True)


async def test_the_webhooks_secret_is_for_those_who_manage(browser: Browser, shop: Shop) -> None:
    given = {"business_unit": UNIT, "api_key": "k", "api_secret": "s", "business_user": "u"}
    async with db.transaction(shop.merchant):
        account_id = await accounts.connect("trustpilot", "TP", given, clock.now())
        secret = accounts.hook_secret(await accounts.find(account_id))
    await enter_as_staff(browser, shop.merchant, "owner")
    assert (
        f"/webhooks/reviews/{account_id}?token={secret}" in (await browser.get(f"{PATH}/{account_id}")).text
    )
    for role in ("marketer", "auditor"):
        await enter_as_staff(browser, shop.merchant, role)
        page = (await browser.get(f"{PATH}/{account_id}")).text
        assert "TP" in page and secret not in page and '<form method="post" action="/staff/studio' not in page


@pytest.mark.parametrize("role", ["marketer", "auditor", "agent"])
async def test_who_may_not_changes_nothing(browser: Browser, shop: Shop, role: str) -> None:
    async with db.transaction(shop.merchant):
        given: dict[str, Any] = {
            name: value for name, value in GOOGLE.items() if name not in ("source", "name")
        }
        account_id = await accounts.connect("google", "G", given, clock.now())
        before = await db.fetchval("SELECT md5(string_agg(a::text, '')) FROM review_accounts a")
    await enter_as_staff(browser, shop.merchant, role)
    for deed in ("sync", "full", "accept", "disconnect"):
        answer = await browser.post(f"{PATH}/{account_id}/{deed}", {"idempotency_key": deed})
        assert answer.status_code == 403
    assert (await browser.post(f"{PATH}/connect", GOOGLE | {"idempotency_key": "c"})).status_code == 403
    async with db.transaction(shop.merchant):
        assert await db.fetchval("SELECT md5(string_agg(a::text, '')) FROM review_accounts a") == before
    assert await rows(shop.merchant, "review_syncs") == 0


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_pages_speak_each_language(browser: Browser, shop: Shop, locale: str) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await post(browser, PATH, f"{PATH}/connect", GOOGLE)
    [account] = await connected(shop.merchant)
    speak(browser, locale)
    for path in (PATH, f"{PATH}/{account.id}"):
        page = await browser.get(path)
        assert page.status_code == 200 and f'lang="{locale}"' in page.text
        assert ("Connect a source" in page.text or "Readings" in page.text) == (locale == "en")


@pytest.mark.parametrize(
    ("reject", "said"),
    [
        (
            "acc/1:7-x: rating: 7 is not on the scale 1 to 5",
            {"en": "acc/1:7-x: rating: 7 is not on the scale 1 to 5",
             "zh-Hans": "acc/1:7-x: rating: 7 不在", "zh-Hant": "acc/1:7-x: rating: 7 不在"},
        ),
        (
            "a review without an id",
            {"en": "a review without an id", "zh-Hans": "没有编号的评价", "zh-Hant": "沒有編號的評價"},
        ),
        ("Object missing required field `x`", dict.fromkeys(LOCALES, "Object missing required field `x`")),
    ],
)  # fmt: skip
async def test_why_a_review_was_not_taken_in_is_said_in_each_language(
    browser: Browser, shop: Shop, reject: str, said: dict[str, str]
) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await post(browser, PATH, f"{PATH}/connect", GOOGLE)
    [account] = await connected(shop.merchant)
    async with db.transaction(shop.merchant):
        await db.execute(
            "INSERT INTO review_syncs (merchant_id, account_id, mode, state, started_at, ended_at, rejected,"
            " reject) VALUES ($1, $2, 'full', 'done', $3, $3, 1, $4)",
            *(shop.merchant, account.id, clock.now(), reject),
        )
    for locale in LOCALES:
        speak(browser, locale)
        page = (await browser.get(f"{PATH}/{account.id}")).text
        assert f'<span class="muted" dir="auto">{said[locale]}' in page
