"""Staff who sign in with their company's account: at a provider that behaves, and at one that does not."""

import json
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from admin import access
from api.app import App, create_app
from api.cookies import STAFF_SESSION
from api.entry.company import STATE
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from core.people import second_factor, sessions, staff
from core.people.company import service
from core.people.company import settings as configured
from core.people.company.settings import Provider
from core.settings import settings
from core.vault import vault
from tests.conftest import new_merchant
from tests.contract.fakes.oidc import CLIENT_ID, CLIENT_SECRET, FakeProvider
from tests.contract.fakes.server import Answer, running
from tests.http.conftest import Browser, _transport, rows
from tests.http.shop import enter_as_staff

PASSWORD = "a good long password"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(access.router)


@pytest.fixture
async def browser(app: App) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield Browser(client)


@pytest.fixture
def provider(database: Services) -> Iterator[FakeProvider]:
    """A provider on loopback, which the installation may reach."""
    os.environ["REGULARS_PRIVATE_HOSTS"] = json.dumps(["127.0.0.1"])
    settings.cache_clear()
    vault.cache_clear()
    try:
        with running(FakeProvider(f"{secrets.token_hex(6)}@example.test")) as fake:
            yield fake
    finally:
        del os.environ["REGULARS_PRIVATE_HOSTS"]
        settings.cache_clear()


class Shop:
    """A shop whose staff sign in there; Mina is one of them."""

    def __init__(self, merchant: UUID, code: str, mina: UUID) -> None:
        self.merchant, self.code, self.mina = merchant, code, mina

    async def leave(self, browser: Browser, next: str = "/staff/account") -> str:
        """Where the browser is sent."""
        answer = await browser.get("/staff/sign-in/company", params={"shop": self.code, "next": next})
        assert answer.status_code == 303
        return str(answer.headers["location"])


@pytest.fixture
async def shop(provider: FakeProvider) -> Shop:
    merchant = await new_merchant()
    now = clock.now()
    async with db.transaction(merchant):
        mina = await staff.create(provider.email, "Mina", "owner", PASSWORD, now)
        await configured.put(Provider(provider.url, CLIENT_ID, CLIENT_SECRET), mina, now)
        code = await db.fetchval("SELECT code FROM merchants")
    return Shop(merchant, code, mina)


async def back(browser: Browser, address: str) -> httpx.Response:
    """What the provider's redirect does."""
    parts = urlsplit(address)
    assert address.startswith(service.back_address())
    return await browser.get(f"{parts.path}?{parts.query}")


async def expect_nobody(browser: Browser, shop: Shop, answer: httpx.Response, problem: str) -> None:
    """Nobody is in, and the page for signing in says so."""
    assert answer.headers["location"] == f"/staff/sign-in?problem={problem}"
    assert STAFF_SESSION not in browser.client.cookies
    assert await rows(shop.merchant, "sessions") == 0
    assert 'class="alert problem"' in (await browser.get(answer.headers["location"])).text


async def test_somebody_of_the_staff_gets_in(browser: Browser, shop: Shop, provider: FakeProvider) -> None:
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/account")
    session = await sessions.find(browser.client.cookies[STAFF_SESSION], clock.now())
    assert session and (session.staff_id, session.via) == (shop.mina, "company")
    assert "Company account" in (await browser.get("/staff/account")).text
    assert await rows(shop.merchant, "company_flows") == 0
    assert STATE not in browser.client.cookies


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    browser: Browser, shop: Shop, provider: FakeProvider
) -> None:
    provider.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    assert answer.headers["location"] == "/staff/account"
    assert "authorization" not in provider.asked[-2].headers


async def test_the_providers_own_factors_count_instead_of_ours(
    browser: Browser, shop: Shop, provider: FakeProvider
) -> None:
    async with db.transaction(shop.merchant):
        await second_factor.require_of_all(True)
    await back(browser, provider.authorize(await shop.leave(browser)))
    assert (await browser.get("/staff/account")).status_code == 200


async def test_a_key_that_was_replaced_there_is_replaced_here(
    browser: Browser, shop: Shop, provider: FakeProvider
) -> None:
    for _ in range(2):
        answer = await back(browser, provider.authorize(await shop.leave(browser)))
        assert answer.headers["location"] == "/staff/account"
        provider.rotate()


WRONG: list[dict[str, Any]] = [
    {"iss": "https://evil.test"},
    {"iss": None},
    {"aud": "somebody else"},
    {"aud": ["somebody else"]},
    {"aud": [CLIENT_ID, "somebody else"]},
    {"aud": [CLIENT_ID], "azp": "somebody else"},
    {"aud": None},
    {"nonce": "another"},
    {"nonce": None},
    {"exp": 1},
    {"exp": None},
    {"exp": "soon"},
    {"iat": 1},
    {"iat": 10**11},
    {"iat": None},
    {"sub": None},
    {"sub": ""},
    {"email_verified": False},
    {"email_verified": "true"},
    {"email_verified": None},
    {"email": None},
    {"email": "nobody@example.test"},
]


@pytest.mark.parametrize("claims", WRONG, ids=str)
async def test_a_token_that_says_something_else_lets_nobody_in(
    browser: Browser, shop: Shop, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    await expect_nobody(browser, shop, answer, "company_refused")


HEADERS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "none", "kid": None},
    {"alg": "HS256"},
    {"alg": "RS512"},
    {"kid": "unknown"},
    {"kid": "q1"},
    {"crit": ["x"], "x": 1},
]


@pytest.mark.parametrize("header", HEADERS, ids=str)
async def test_a_token_that_is_not_signed_as_it_must_be_lets_nobody_in(
    browser: Browser, shop: Shop, provider: FakeProvider, header: dict[str, Any]
) -> None:
    provider.header = header
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    await expect_nobody(browser, shop, answer, "company_refused")


async def test_a_token_under_a_key_that_is_not_published_lets_nobody_in(
    browser: Browser, shop: Shop, provider: FakeProvider
) -> None:
    published = provider._public(provider.kid)
    address = provider.authorize(await shop.leave(browser))
    kid = provider.kid
    provider.rotate()
    provider.header = {"kid": kid}
    provider.failing["/keys"] = Answer(body={"keys": [published]})
    await expect_nobody(browser, shop, await back(browser, address), "company_refused")


async def test_a_code_is_good_once_here_even_where_the_provider_takes_it_twice(
    browser: Browser, shop: Shop, provider: FakeProvider, app: App
) -> None:
    provider.forgiving = True
    address = provider.authorize(await shop.leave(browser))
    state = browser.client.cookies[STATE]
    assert (await back(browser, address)).headers["location"] == "/staff/account"
    before = await rows(shop.merchant, "sessions")
    browser.client.cookies.set(STATE, state)
    assert "company_refused" in (await back(browser, address)).headers["location"]
    assert await rows(shop.merchant, "sessions") == before


async def test_who_began_elsewhere_is_not_let_in(
    browser: Browser, shop: Shop, provider: FakeProvider, app: App
) -> None:
    address = provider.authorize(await shop.leave(browser))
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        victim = Browser(client)
        await expect_nobody(victim, shop, await back(victim, address), "company_refused")
    # The state was not this browser's: it is used up by nobody.
    assert (await back(browser, address)).headers["location"] == "/staff/account"


async def test_a_code_of_another_sign_in_is_not_taken(
    browser: Browser, shop: Shop, provider: FakeProvider, app: App
) -> None:
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        theirs = provider.authorize(await shop.leave(Browser(client)))
    ours = provider.authorize(await shop.leave(browser))
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    state = parse_qs(urlsplit(ours).query)["state"][0]
    answer = await browser.get("/staff/sign-in/company/back", params={"state": state, "code": code})
    await expect_nobody(browser, shop, answer, "company_refused")


@pytest.mark.parametrize("query", ["", "?state=x", "?code=x", "?state=x&code=y", "?error=access_denied"])
async def test_who_comes_back_without_having_left_is_not_let_in(
    browser: Browser, shop: Shop, query: str
) -> None:
    answer = await browser.get(f"/staff/sign-in/company/back{query}")
    await expect_nobody(browser, shop, answer, "company_refused")


async def test_who_says_no_there_is_not_let_in(browser: Browser, shop: Shop) -> None:
    state = parse_qs(urlsplit(await shop.leave(browser)).query)["state"][0]
    answer = await browser.get(
        "/staff/sign-in/company/back", params={"error": "access_denied", "state": state}
    )
    await expect_nobody(browser, shop, answer, "company_refused")


async def test_a_sign_in_that_takes_too_long_is_over(
    browser: Browser, shop: Shop, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = provider.authorize(await shop.leave(browser))
    late = clock.now() + service.FLOW_TTL
    monkeypatch.setattr(clock, "now", lambda: late)
    await expect_nobody(browser, shop, await back(browser, address), "company_refused")


async def test_somebody_who_was_switched_off_or_works_elsewhere_is_not_let_in(
    browser: Browser, shop: Shop, provider: FakeProvider
) -> None:
    other = await new_merchant()
    async with db.transaction(other):
        await staff.create("otto@elsewhere.example.test", "Otto", "owner", PASSWORD, clock.now())
    provider.claims = {"email": "otto@elsewhere.example.test"}
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    await expect_nobody(browser, shop, answer, "company_refused")
    assert await rows(other, "sessions") == 0
    provider.claims = {}
    async with db.transaction(shop.merchant):
        await staff.disable(shop.mina, clock.now())
    answer = await back(browser, provider.authorize(await shop.leave(browser)))
    await expect_nobody(browser, shop, answer, "company_refused")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", Answer(500, {"error": "server_error"})),
        ("/token", Answer(200, b"<!doctype html>")),
        ("/token", Answer(200, {"access_token": "x"})),
        ("/keys", Answer(503, {})),
        ("/keys", Answer(200, {"keys": "none"})),
        ("/.well-known/openid-configuration", Answer(302, {}, {"location": "https://evil.test"})),
    ],
    ids=str,
)
async def test_a_provider_that_does_not_answer_is_told_so(
    browser: Browser, shop: Shop, provider: FakeProvider, path: str, answer: Answer
) -> None:
    address = provider.authorize(await shop.leave(browser))
    provider.failing[path] = answer
    await expect_nobody(browser, shop, await back(browser, address), "company_unavailable")


async def test_a_shop_without_a_provider_and_no_shop_are_not_told_apart(
    browser: Browser, merchant: UUID, shop: Shop
) -> None:
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    for name in (code, "no-such-shop", "", "\x00"):
        answer = await browser.get("/staff/sign-in/company", params={"shop": name})
        assert answer.headers["location"] == "/staff/sign-in?problem=company_unknown"


# --- settings -------------------------------------------------------------------------------------


def filled(provider: FakeProvider, **other: str) -> dict[str, str]:
    form = {"issuer": provider.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return form | {"idempotency_key": str(new_id())} | other


async def _owner() -> UUID:
    return UUID(str(await db.fetchval("SELECT id FROM staff WHERE role = 'owner'")))


async def test_an_owner_sets_the_provider_and_takes_it_away(
    browser: Browser, merchant: UUID, provider: FakeProvider
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    answer = await browser.post("/staff/access/company", filled(provider))
    assert answer.headers["location"] == "/staff/access/company?notice=saved"
    async with db.transaction(merchant):
        [kept] = await db.fetch("SELECT * FROM company_providers")
        assert CLIENT_SECRET.encode() not in bytes(kept["client_secret"])
    assert CLIENT_SECRET not in (await browser.get("/staff/access/company")).text
    # Without a secret that of before stays.
    await browser.post("/staff/access/company", filled(provider, client_secret="", client_id="new"))
    async with db.transaction(merchant):
        assert await configured.find() == Provider(provider.url, "new", CLIENT_SECRET)
        # What was kept for one provider is not told to another one.
        await configured.put(
            Provider("https://other.example", CLIENT_ID, "kept"), await _owner(), clock.now()
        )
    refused = await browser.post("/staff/access/company", filled(provider, client_secret=""))
    assert refused.status_code == 422
    async with db.transaction(merchant):
        assert await configured.find() == Provider("https://other.example", CLIENT_ID, "kept")
    answer = await browser.post("/staff/access/company/drop", {"idempotency_key": str(new_id())})
    assert answer.headers["location"] == "/staff/access/company?notice=dropped"
    assert await rows(merchant, "company_providers") == 0


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"issuer": "http://id.example"}, 422),
        ({"issuer": "not an address"}, 422),
        ({"issuer": "https://169.254.169.254"}, 503),
        ({"client_id": ""}, 422),
        ({"client_secret": ""}, 422),
        ({"issuer": "{url}/elsewhere"}, 503),
    ],
    ids=str,
)
async def test_what_is_no_provider_is_not_saved(
    browser: Browser, merchant: UUID, provider: FakeProvider, wrong: dict[str, str], status: int
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    wrong = {name: value.replace("{url}", provider.url) for name, value in wrong.items()}
    answer = await browser.post("/staff/access/company", filled(provider, **wrong))
    assert answer.status_code == status
    assert 'class="alert problem"' in answer.text and CLIENT_SECRET not in answer.text
    assert await rows(merchant, "company_providers") == 0


async def test_a_provider_that_calls_itself_otherwise_is_not_saved(
    browser: Browser, merchant: UUID, provider: FakeProvider
) -> None:
    provider.described = {"issuer": "https://id.example"}
    await enter_as_staff(browser, merchant, "owner")
    assert (await browser.post("/staff/access/company", filled(provider))).status_code == 503
    assert await rows(merchant, "company_providers") == 0
