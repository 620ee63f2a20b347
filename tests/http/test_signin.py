"""Signing in and out as people do it: pages, forms, cookies."""

import re
import secrets
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
import structlog

from api import csrf
from api.app import App
from api.cookies import CUSTOMER_SESSION, STAFF_SESSION
from core import clock, db
from core.mail import service as mail
from core.people import customers, login_links, sessions, staff, throttle
from core.people.customers import CustomerRow
from core.settings import settings
from tests.http.conftest import PAGE, Browser, rows

PASSWORD = "a good long password"


def unique_email() -> str:
    return f"{secrets.token_hex(6)}@example.test"


async def new_staff(merchant: UUID, role: str = "marketer") -> str:
    email = unique_email()
    async with db.transaction(merchant):
        await staff.create(email, "Mina", role, PASSWORD, clock.now(), locale="zh-Hans")
    return email


async def new_customer(merchant: UUID) -> str:
    email = unique_email()
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow(email, clock.now(), email=email, name="Ada")])
    return email


async def signed_in(browser: Browser, merchant: UUID, role: str = "marketer") -> None:
    form = {"email": await new_staff(merchant, role), "password": PASSWORD}
    assert (await browser.post("/staff/sign-in", form)).status_code == 303


async def newest_link(merchant: UUID) -> str:
    async with db.transaction(merchant):
        body = (await mail.newest(1))[0].body
    found = re.search(r"/portal/enter\?token=(\S+)", body)
    assert found
    return found[1]


# --- staff ----------------------------------------------------------------------------------------


async def test_staff_come_in_and_go(browser: Browser, merchant: UUID) -> None:
    form = {"email": await new_staff(merchant), "password": PASSWORD, "next": "/staff/publish?a=1"}
    answer = await browser.post("/staff/sign-in", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/publish?a=1")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(STAFF_SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await browser.get("/staff/publish")).text == "may publish"
    token = browser.client.cookies[STAFF_SESSION]

    answer = await browser.post("/sign-out", {})
    assert answer.headers["location"] == "/staff/sign-in?problem=signed_out"
    assert STAFF_SESSION not in browser.client.cookies
    # The session is over here, too, not only in the browser.
    assert await sessions.find(token, clock.now()) is None
    browser.client.cookies.set(STAFF_SESSION, token)
    assert (await browser.get("/staff/publish")).status_code == 303


async def test_refusals_look_the_same_and_start_nothing(browser: Browser, merchant: UUID) -> None:
    email = await new_staff(merchant)
    pages = set()
    for who, password in ((email, "not the password"), (unique_email(), PASSWORD)):
        answer = await browser.post("/staff/sign-in", {"email": who, "password": password})
        assert answer.status_code == 401
        assert STAFF_SESSION not in browser.client.cookies
        assert PASSWORD not in answer.text
        pages.add(re.sub(r"[0-9a-f]{64}\.[0-9a-f]{64}", "", answer.text.replace(who, "")))
    assert len(pages) == 1
    assert await rows(merchant, "sessions") == 0


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.test", "a@b\x00.test"])
async def test_what_is_no_address_is_refused_like_a_wrong_one(browser: Browser, email: str) -> None:
    answer = await browser.post("/staff/sign-in", {"email": email, "password": PASSWORD})
    assert answer.status_code == 401


async def test_too_many_attempts_are_told_so(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_EMAIL", throttle.Limit("email-test", 1, 60))
    email = await new_staff(merchant)
    assert (await browser.post("/staff/sign-in", {"email": email, "password": "wrong"})).status_code == 401
    assert (await browser.post("/staff/sign-in", {"email": email, "password": PASSWORD})).status_code == 429
    assert await rows(merchant, "sessions") == 0


@pytest.mark.parametrize(
    "away", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/a\nb", "evil", ""]
)
async def test_nobody_is_sent_to_another_site(browser: Browser, merchant: UUID, away: str) -> None:
    form = {"email": await new_staff(merchant), "password": PASSWORD, "next": away}
    answer = await browser.post("/staff/sign-in", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")


async def test_the_permission_decides(browser: Browser, merchant: UUID) -> None:
    await signed_in(browser, merchant, "agent")
    answer = await browser.get("/staff/publish")
    assert answer.status_code == 403
    assert "permission_missing" in answer.text
    assert (await browser.post("/staff/publish", {})).status_code == 403


async def test_who_is_not_signed_in_is_shown_where(browser: Browser, merchant: UUID) -> None:
    answer = await browser.get("/staff/publish", params={"a": "1"})
    assert answer.headers["location"] == "/staff/sign-in?next=%2Fstaff%2Fpublish%3Fa%3D1"
    answer = await browser.client.get("/staff/publish", headers={"hx-request": "true", "accept": "*/*"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/staff/sign-in")
    browser.client.cookies.set(STAFF_SESSION, "an old one")
    answer = await browser.get("/staff/publish")
    assert "problem=session_expired" in answer.headers["location"]
    assert 'class="alert' in (await browser.get(answer.headers["location"])).text


async def test_a_disabled_person_is_out_at_once(browser: Browser, merchant: UUID) -> None:
    await signed_in(browser, merchant)
    async with db.transaction(merchant):
        await staff.disable(await db.fetchval("SELECT id FROM staff"), clock.now())
    assert (await browser.get("/staff/publish")).status_code == 303


# --- customers ------------------------------------------------------------------------------------


async def test_a_customer_enters_by_mail_once(browser: Browser, merchant: UUID) -> None:
    email = await new_customer(merchant)
    answer = await browser.post("/portal/sign-in", {"email": email})
    assert answer.status_code == 200
    token = await newest_link(merchant)

    # Looking at the link, as scanners do, uses nothing up.
    for _ in range(2):
        shown = await browser.get("/portal/enter", params={"token": token})
        assert shown.status_code == 200
        assert token in shown.text and "signs you in as Ada" in shown.text
    assert await rows(merchant, "sessions") == 0

    answer = await browser.post("/portal/enter", {"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    session = await sessions.find(browser.client.cookies[CUSTOMER_SESSION], clock.now())
    assert session is not None
    assert session.customer_id
    assert (await browser.get("/portal/sign-in")).headers["location"] == "/portal"

    browser.client.cookies.delete(CUSTOMER_SESSION)
    answer = await browser.post("/portal/enter", {"token": token})
    assert answer.status_code == 401
    assert CUSTOMER_SESSION not in browser.client.cookies
    assert await rows(merchant, "sessions") == 1


async def test_a_link_says_whose_it_is_before_it_ends_the_session_of_somebody_else(
    browser: Browser, merchant: UUID
) -> None:
    async with db.transaction(merchant):
        known = await customers.upsert([CustomerRow("bea", clock.now(), name="Bea")])
        browser.client.cookies.set(
            CUSTOMER_SESSION, await sessions.start(clock.now(), customer_id=known["bea"])
        )
    await login_links.request(await new_customer(merchant), clock.now())
    token = await newest_link(merchant)
    shown = (await browser.get("/portal/enter", params={"token": token})).text
    assert "signs you in as Ada" in shown and "Stay signed in as Bea" in shown
    assert "Ada" not in (await browser.get("/portal/enter", params={"token": "made up"})).text
    await browser.post("/portal/enter", {"token": token})
    assert "Ada" not in (await browser.get("/portal/enter", params={"token": token})).text, "it was used"


async def test_asking_for_a_link_tells_nobody_who_exists(browser: Browser, merchant: UUID) -> None:
    pages = set()
    for email in (await new_customer(merchant), unique_email()):
        answer = await browser.post("/portal/sign-in", {"email": email})
        assert answer.status_code == 200
        pages.add(re.sub(r"[0-9a-f]{64}\.[0-9a-f]{64}", "", answer.text.replace(email, "")))
    assert len(pages) == 1
    assert await rows(merchant, "mails") == 1


async def test_bad_addresses_and_links(browser: Browser, merchant: UUID) -> None:
    assert (await browser.post("/portal/sign-in", {"email": "nobody"})).status_code == 422
    assert (await browser.get("/portal/enter")).headers["location"].endswith("problem=link_expired")
    for token in ("made up", "\x00", "é"):
        assert (await browser.post("/portal/enter", {"token": token})).status_code == 401
    assert await rows(merchant, "sessions") == 0


async def test_links_are_limited_for_known_and_unknown_alike(browser: Browser, merchant: UUID) -> None:
    for email in (await new_customer(merchant), unique_email()):
        asked = [
            (await browser.post("/portal/sign-in", {"email": email})).status_code
            for _ in range(throttle.LINKS_PER_EMAIL.attempts + 1)
        ]
        assert asked == [200] * throttle.LINKS_PER_EMAIL.attempts + [429]
    assert await rows(merchant, "mails") == throttle.LINKS_PER_EMAIL.attempts


async def test_a_customer_is_no_staff(browser: Browser, merchant: UUID) -> None:
    await browser.post("/portal/sign-in", {"email": await new_customer(merchant)})
    await browser.post("/portal/enter", {"token": await newest_link(merchant)})
    assert (await browser.get("/staff/publish")).status_code == 303


# --- language -------------------------------------------------------------------------------------


async def test_the_language_is_the_chosen_one_else_the_persons_else_the_browsers(
    browser: Browser, merchant: UUID
) -> None:
    page = await browser.client.get("/staff/sign-in", headers=PAGE | {"accept-language": "zh-HK, en;q=0.5"})
    assert '<html lang="zh-Hant"' in page.text
    await signed_in(browser, merchant)
    assert '<html lang="zh-Hans"' in (await browser.get("/staff/boom")).text
    answer = await browser.post("/language", {"locale": "en", "next": "/staff/sign-in?problem=wrong"})
    assert answer.headers["location"] == "/staff/sign-in?problem=wrong"
    assert '<html lang="en"' in (await browser.get("/staff/boom")).text
    answer = await browser.post("/language", {"locale": "klingon", "next": "//evil.test"})
    assert answer.headers["location"] == "/portal"
    assert '<html lang="en"' in (await browser.get("/staff/boom")).text


# --- forms of others ------------------------------------------------------------------------------


async def test_a_form_of_another_site_is_refused(browser: Browser, merchant: UUID) -> None:
    await signed_in(browser, merchant)
    token = await browser.token("/nothing")
    post = browser.client.post
    for form in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 97}, {"csrf_token": "x" + token[1:]}):
        answer = await post("/staff/publish", data=form, headers=PAGE)
        assert answer.status_code == 403
        assert "csrf_token_invalid" in answer.text
        assert (await post("/sign-out", data=form, headers=PAGE)).status_code == 403
    answer = await post("/sign-out", json={"csrf_token": token}, headers=PAGE)
    assert answer.status_code == 403
    assert (await browser.get("/staff/publish")).status_code == 200, "still signed in"
    answer = await post("/staff/publish", data={}, headers=PAGE | {csrf.HEADER: token})
    assert answer.text == "published"


async def test_a_token_fits_one_session_only(browser: Browser, merchant: UUID) -> None:
    before = await browser.token()
    kept = browser.client.cookies[csrf.COOKIE]
    await signed_in(browser, merchant)
    browser.client.cookies.set(csrf.COOKIE, kept)
    answer = await browser.client.post("/staff/publish", data={"csrf_token": before}, headers=PAGE)
    assert answer.status_code == 403


async def test_a_cookie_of_a_former_key_is_replaced(browser: Browser) -> None:
    browser.client.cookies.set(csrf.COOKIE, f"{'0' * 32}.{'0' * 64}", domain="shop.test", path="/")
    token = await browser.token()
    assert token != f"{'0' * 32}.{'0' * 64}"
    answer = await browser.client.post("/language", data={"csrf_token": token, "locale": "en"}, headers=PAGE)
    assert answer.status_code == 303


# --- refusals, and who they are counted for ---------------------------------------------------------


async def test_a_refusal_is_logged_without_the_address_that_was_typed(
    browser: Browser, merchant: UUID
) -> None:
    email = await new_staff(merchant)
    with structlog.testing.capture_logs() as lines:
        for typed in (email, email.upper(), unique_email()):
            await browser.post("/staff/sign-in", {"email": typed, "password": "wrong"})
        await browser.post("/staff/sign-in", {"email": email, "password": PASSWORD})
    refused = [line for line in lines if line["event"] == "sign_in_refused"]
    assert [line["reason"] for line in refused] == ["sign_in_refused"] * 3
    assert refused[0]["account"] == refused[1]["account"] != refused[2]["account"]
    assert email not in str(refused).lower()


@pytest.fixture
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REGULARS_TRUSTED_PROXIES", '["127.0.0.0/8"]')
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def test_visitors_behind_a_proxy_are_counted_one_by_one(
    app: App, merchant: UUID, behind_a_proxy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or one of them could keep everybody else out."""
    monkeypatch.setattr(throttle, "PER_ADDRESS", throttle.Limit(f"address-{merchant}", 2, 60))
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:

        async def tried(told: str) -> int:
            client.headers["x-forwarded-for"] = told
            form = {"email": unique_email(), "password": "wrong"}
            return (await Browser(client).post("/staff/sign-in", form)).status_code

        assert [await tried("203.0.113.7") for _ in range(3)] == [401, 401, 429]
        assert await tried("198.51.100.1, 203.0.113.7") == 429, "what a visitor adds counts for nothing"
        assert await tried("203.0.113.8") == 401
