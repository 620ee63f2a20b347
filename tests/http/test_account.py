"""One's own account: the second factor, the password, and where one is signed in."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pyotp
import pytest

from admin import access
from api import csrf, portal
from api.app import App, create_app
from api.cookies import CUSTOMER_SESSION, HOST, STAFF_SESSION
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from core.people import second_factor, sessions, staff
from core.settings import settings
from tests.http.conftest import PAGE, Browser, _transport, rows
from tests.http.shop import enter_as_customer, member_with, open_shop

PASSWORD = "a good long password"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(access.router, portal.router)


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes change every half minute: here the clock stands still."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)


@dataclass
class Mina:
    """One of the staff, and her browser."""

    merchant: UUID
    id: UUID
    email: str
    browser: Browser
    secret: str = ""

    async def password(self, next: str = "/staff/account", browser: Browser | None = None) -> httpx.Response:
        form = {"email": self.email, "password": PASSWORD, "next": next}
        return await (browser or self.browser).post("/staff/sign-in", form)

    def shows(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(clock.now() + steps * timedelta(seconds=second_factor.STEP_S))

    async def enrol(self) -> list[str]:
        """Set a second factor up in the browser; the recovery codes."""
        shown = (await self.browser.get("/staff/sign-in/enrol")).text
        answer = await self.browser.post("/staff/sign-in/enrol", self.filled(shown))
        assert answer.status_code == 200, answer.text
        return re.findall(r"<li><code>([^<]+)</code>", answer.text)

    def filled(self, page: str, **other: str) -> dict[str, str]:
        found = re.search(r"<code>([A-Z2-7-]+)</code>", page)
        sealed = re.search(r'name="sealed" value="([^"]+)"', page)
        assert found and sealed, page
        self.secret = found[1].replace("-", "")
        # A code of the step before leaves that of now for signing in.
        return {"sealed": sealed[1], "code": self.shows(-1), "password": PASSWORD} | other


def key() -> dict[str, str]:
    return {"idempotency_key": str(new_id())}


async def hire(browser: Browser, merchant: UUID, role: str = "agent") -> Mina:
    email = f"{secrets.token_hex(6)}@example.test"
    async with db.transaction(merchant):
        return Mina(merchant, await staff.create(email, "Mina", role, PASSWORD, clock.now()), email, browser)


@pytest.fixture
async def mina(browser: Browser, merchant: UUID) -> Mina:
    """Signed in with her password."""
    found = await hire(browser, merchant)
    assert (await found.password()).status_code == 303
    return found


async def require_of_all(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await second_factor.require_of_all(True)


# --- second factor --------------------------------------------------------------------------------


async def test_setting_it_up_shows_a_qr_code_and_a_secret_and_takes_the_password_again(mina: Mina) -> None:
    shown = (await mina.browser.get("/staff/sign-in/enrol")).text
    assert 'class="qr"' in shown
    form = mina.filled(shown)
    for wrong in (form | {"code": "000000"}, form | {"password": "wrong"}, form | {"sealed": "x"}):
        answer = await mina.browser.post("/staff/sign-in/enrol", wrong)
        assert answer.status_code == 401
        assert PASSWORD not in answer.text
    assert await rows(mina.merchant, "staff_second_factors") == 0
    before = mina.browser.client.cookies[STAFF_SESSION]
    answer = await mina.browser.post("/staff/sign-in/enrol", form)
    assert len(re.findall(r"<li><code>", answer.text)) == second_factor.RECOVERY_CODES
    # More is proved than before: the session has another token, and the old one is void.
    assert mina.browser.client.cookies[STAFF_SESSION] != before
    assert await sessions.find(before, clock.now()) is None
    assert (await mina.browser.get("/staff/account")).status_code == 200


async def test_a_password_alone_opens_nothing_once_there_is_a_second_factor(mina: Mina) -> None:
    await mina.enrol()
    await mina.browser.post("/sign-out", {"side": "staff"})
    await mina.password()
    half = mina.browser.client.cookies[STAFF_SESSION]
    for path in ("/staff/account", "/staff/sign-in/enrol"):
        answer = await mina.browser.get(path)
        assert answer.status_code == 303, path
    answer = await mina.browser.get("/staff/account")
    assert answer.headers["location"] == "/staff/sign-in/code?next=%2Fstaff%2Faccount"
    refused = await mina.browser.post("/staff/account/password", {"current": PASSWORD, "new": "x" * 20})
    assert refused.headers["location"] == "/staff/sign-in/code"
    async with db.transaction(mina.merchant):
        await staff.check_password(mina.id, PASSWORD)  # as it was
        assert await sessions.listed(clock.now(), staff_id=mina.id) == [], "half of a session is none"

    answer = await mina.browser.post("/staff/sign-in/code", {"code": "000000", "next": "/staff/account"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (401, None)
    answer = await mina.browser.post("/staff/sign-in/code", {"code": mina.shows(), "next": "/staff/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/account")
    assert mina.browser.client.cookies[STAFF_SESSION] != half
    assert await sessions.find(half, clock.now()) is None
    assert (await mina.browser.get("/staff/account")).status_code == 200


async def test_a_code_is_not_taken_twice_in_two_browsers(mina: Mina, app: App) -> None:
    await mina.enrol()
    code = mina.shows()
    outcomes = []
    for _ in range(2):
        async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
            await mina.password(browser=Browser(client))
            outcomes.append((await Browser(client).post("/staff/sign-in/code", {"code": code})).status_code)
    assert outcomes == [303, 401]


async def test_codes_are_not_tried_out(mina: Mina) -> None:
    await mina.enrol()
    await mina.password()
    form = {"code": "000000"}
    answers = [
        (await mina.browser.post("/staff/sign-in/code", form)).status_code for _ in range(second_factor.TRIES)
    ]
    assert answers == [401] * second_factor.TRIES
    assert (await mina.browser.post("/staff/sign-in/code", {"code": mina.shows()})).status_code == 429
    # Signing in again does not help.
    await mina.password()
    assert (await mina.browser.post("/staff/sign-in/code", {"code": mina.shows()})).status_code == 429


async def test_a_recovery_code_signs_in_once(mina: Mina) -> None:
    [code, *_] = await mina.enrol()
    for status in (303, 401):
        await mina.password()
        assert (await mina.browser.post("/staff/sign-in/code", {"code": code})).status_code == status
    # The half session is none: the page is not there.
    assert (await mina.browser.get("/staff/account")).status_code == 303


async def test_who_is_required_to_have_one_is_led_there_before_anything_else(mina: Mina) -> None:
    await require_of_all(mina.merchant)
    answer = await mina.browser.get("/staff/account")
    assert answer.headers["location"] == "/staff/sign-in/enrol?next=%2Fstaff%2Faccount"
    refused = await mina.browser.post("/staff/account/sessions/end-others", key())
    assert refused.headers["location"] == "/staff/sign-in/enrol"
    assert len(await mina.enrol()) == second_factor.RECOVERY_CODES
    assert (await mina.browser.get("/staff/account")).status_code == 200
    answer = await mina.browser.post("/staff/account/second-factor/off", {"password": PASSWORD})
    assert answer.status_code == 409
    assert await rows(mina.merchant, "staff_second_factors") == 1


async def test_switching_it_off_takes_the_password_and_ends_other_sessions(mina: Mina) -> None:
    await mina.enrol()
    async with db.transaction(mina.merchant):
        other = await sessions.start(clock.now(), staff_id=mina.id)
    answer = await mina.browser.post("/staff/account/second-factor/off", {"password": "wrong"})
    assert answer.status_code == 401
    assert await rows(mina.merchant, "staff_second_factors") == 1
    assert await sessions.find(other, clock.now())
    answer = await mina.browser.post("/staff/account/second-factor/off", {"password": PASSWORD})
    assert answer.headers["location"] == "/staff/account?notice=off"
    assert (
        await rows(mina.merchant, "staff_second_factors")
        == await rows(mina.merchant, "staff_recovery_codes")
        == 0
    )
    assert await sessions.find(other, clock.now()) is None


async def test_new_recovery_codes_take_the_password_and_void_the_old(mina: Mina) -> None:
    [old, *_] = await mina.enrol()
    assert (
        await mina.browser.post("/staff/account/second-factor/codes", {"password": "no"})
    ).status_code == 401
    answer = await mina.browser.post("/staff/account/second-factor/codes", {"password": PASSWORD})
    new = re.findall(r"<li><code>([^<]+)</code>", answer.text)
    await mina.password()
    assert (await mina.browser.post("/staff/sign-in/code", {"code": old})).status_code == 401
    assert (await mina.browser.post("/staff/sign-in/code", {"code": new[0]})).status_code == 303


# --- password and sessions ------------------------------------------------------------------------


async def test_another_password_ends_all_other_sessions(mina: Mina) -> None:
    async with db.transaction(mina.merchant):
        other = await sessions.start(clock.now(), staff_id=mina.id)
    before = mina.browser.client.cookies[STAFF_SESSION]
    for current, new, status in (("wrong", "another good password", 401), (PASSWORD, "short", 422)):
        answer = await mina.browser.post("/staff/account/password", {"current": current, "new": new})
        assert answer.status_code == status
        assert await sessions.find(other, clock.now())
    form = {"current": PASSWORD, "new": "another good password"}
    assert (await mina.browser.post("/staff/account/password", form)).status_code == 303
    assert await sessions.find(other, clock.now()) is None
    assert await sessions.find(before, clock.now()) is None
    assert (await mina.browser.get("/staff/account")).status_code == 200
    with pytest.raises(staff.SignInRefused):
        await staff.sign_in(mina.email, PASSWORD, mina.email, clock.now())
    assert await staff.sign_in(mina.email, "another good password", mina.email, clock.now())


async def test_sessions_are_listed_and_ended(mina: Mina, app: App) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    async with httpx.AsyncClient(
        transport=_transport(app), base_url="http://shop.test", headers={"user-agent": agent}
    ) as client:
        await mina.password(browser=Browser(client))
        shown = (await mina.browser.get("/staff/account")).text
        assert "Firefox · Linux" in shown and "This browser" in shown
        [there] = re.findall(r'action="(/staff/account/sessions/[0-9a-f-]{36}/end)"', shown)
        for _ in range(2):
            assert (await mina.browser.post(there, key())).status_code == 303
        assert (await Browser(client).get("/staff/account")).status_code == 303
    assert (await mina.browser.get("/staff/account")).status_code == 200


async def test_nobody_ends_a_session_of_somebody_else(mina: Mina) -> None:
    async with db.transaction(mina.merchant):
        email = f"{secrets.token_hex(6)}@example.test"
        other = await staff.create(email, "Otto", "agent", PASSWORD, clock.now())
        token = await sessions.start(clock.now(), staff_id=other)
        [listed] = await sessions.listed(clock.now(), staff_id=other)
    answer = await mina.browser.post(f"/staff/account/sessions/{listed.id}/end", key())
    assert answer.status_code == 404
    assert (await mina.browser.post("/staff/account/sessions/end-others", key())).status_code == 303
    assert await sessions.find(token, clock.now())


async def test_signing_in_again_ends_the_session_that_this_browser_had(mina: Mina) -> None:
    before = mina.browser.client.cookies[STAFF_SESSION]
    await mina.password()
    assert await sessions.find(before, clock.now()) is None


async def test_a_session_that_nobody_uses_ends_and_one_in_use_ends_in_time(mina: Mina) -> None:
    now, idle = clock.now(), timedelta(seconds=settings().staff_idle_s)
    async with db.transaction(mina.merchant):
        token = await sessions.start(now, staff_id=mina.id)
    at, end = now, now + timedelta(seconds=settings().session_ttl_s)
    while at + idle * 0.9 < end:
        at += idle * 0.9
        assert await sessions.find(token, at), "in use"
    assert await sessions.find(token, end) is None, "in use, yet over"
    async with db.transaction(mina.merchant):
        unused = await sessions.start(now, staff_id=mina.id)
    assert await sessions.find(unused, now + idle) is None


async def test_customers_see_their_sessions_and_end_them(browser: Browser, merchant: UUID) -> None:
    shop = await open_shop(merchant)
    await enter_as_customer(browser, shop, await member_with(shop, 300, "bea"))
    async with db.transaction(merchant):
        bea = await db.fetchval("SELECT id FROM customers WHERE external_id = 'bea'")
        other = await sessions.start(clock.now(), customer_id=bea, via="link", device="Chrome · Android")
    shown = (await browser.get("/portal/sessions")).text
    assert "Chrome · Android" in shown
    [there] = re.findall(r'action="(/portal/sessions/[0-9a-f-]{36}/end)"', shown)
    assert (await browser.post(there, key())).headers["location"] == "/portal/sessions?notice=ended"
    assert await sessions.find(other, clock.now()) is None
    assert (await browser.get("/portal/sessions")).status_code == 200


async def test_staff_and_customer_of_one_browser_do_not_disturb_each_other(mina: Mina) -> None:
    shop = await open_shop(mina.merchant)
    browser = mina.browser
    staff_page = (await browser.get("/staff/account")).text
    await enter_as_customer(browser, shop, await member_with(shop, 300, "bea"))
    assert (await browser.get("/portal/sessions")).status_code == 200
    # The form of the page that was open before is still good.
    found = re.search(r'name="csrf_token" value="([^"]+)"', staff_page)
    assert found
    data = {"csrf_token": found[1]} | key()
    answer = await browser.client.post("/staff/account/sessions/end-others", data=data, headers=PAGE)
    assert answer.headers["location"] == "/staff/account?notice=ended"
    await browser.post("/sign-out", {"side": "portal"})
    assert (await browser.get("/portal/sessions")).status_code == 303
    assert (await browser.get("/staff/account")).status_code == 200


async def test_over_https_cookies_are_bound_to_the_host(
    browser: Browser, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = settings().model_copy(update={"cookies_secure": True})
    monkeypatch.setattr("api.cookies.settings", lambda: secure)
    browser.client.base_url = httpx.URL("https://shop.test")
    mina = await hire(browser, merchant)
    answer = await mina.password()
    [cookie] = [each for each in answer.headers.get_list("set-cookie") if STAFF_SESSION in each]
    assert cookie.startswith(f"{HOST}{STAFF_SESSION}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    assert (await browser.get("/staff/account")).status_code == 200
    assert f"{HOST}{csrf.COOKIE}" in browser.client.cookies
    # A name without the prefix, as a neighbouring host could set it, is nobody's session.
    token = browser.client.cookies[f"{HOST}{STAFF_SESSION}"]
    plain = {**PAGE, "cookie": f"{STAFF_SESSION}={token}; {CUSTOMER_SESSION}={token}"}
    browser.client.cookies.clear()
    assert (await browser.client.get("/staff/account", headers=plain)).status_code == 303
