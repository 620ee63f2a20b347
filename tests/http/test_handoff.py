"""Customers who come from the shop signed in: the example of the documents, and all that is refused."""

import asyncio
import base64
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from admin import access
from api import portal
from api.app import App, create_app
from api.cookies import CUSTOMER_SESSION
from api.entry.handoff import CONFIRM_PATH
from core import clock, db
from core.embedded import Services
from core.errors import DomainError
from core.ids import new_id
from core.people import customers, handoff, sessions
from core.people.customers import CustomerRow
from core.settings import settings
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import enter_as_staff, form, speak

SITE = "https://shop.example"
FROM_SHOP = {"referer": f"{SITE}/account", "sec-fetch-dest": "document"}
DOC = Path(__file__).parents[2] / "docs" / "hand-off.md"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(access.router, portal.router)


@dataclass
class Shop:
    """A shop whose server signs, written anew from RFC 7515 and 7519."""

    merchant: UUID
    code: str
    key: handoff.NewKey
    claims: dict[str, Any] = field(default_factory=dict)

    def token(self, header: dict[str, Any] | None = None, digest: str = "sha256", **other: Any) -> str:
        head = {"alg": "HS256", "kid": str(self.key.id)} | (header or {})
        said = {name: value for name, value in (self.said() | other).items() if value is not None}
        signed = b".".join(_part(json.dumps(each).encode()) for each in (head, said))
        return (signed + b"." + _part(hmac.digest(self.key.secret.encode(), signed, digest))).decode()

    def said(self) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        return {
            "iss": self.code,
            "aud": settings().public_url,
            "sub": "bea",
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(16),
        }


def _part(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


async def open_shop() -> Shop:
    merchant = await new_merchant()
    async with db.transaction(merchant):
        await customers.upsert(
            [CustomerRow(name.lower(), clock.now(), name=name) for name in ("Bea", "Carla")]
        )
        code = await db.fetchval("SELECT code FROM merchants")
        return Shop(merchant, code, await handoff.create_key("server", clock.now(), [SITE]))


@pytest.fixture
async def shop(database: Services) -> Shop:
    return await open_shop()


async def come(browser: Browser, token: str, came: dict[str, str] = FROM_SHOP, **more: str) -> httpx.Response:
    return await browser.client.get("/handoff", params={"token": token, **more}, headers=PAGE | came)


async def who(browser: Browser, shop: Shop) -> str:
    """The number of the customer who is signed in; empty: nobody."""
    token = browser.client.cookies.get(CUSTOMER_SESSION) or ""
    session = await sessions.find(token, clock.now())
    if session is None:
        return ""
    async with db.transaction(shop.merchant):
        sql = "SELECT external_id FROM customers WHERE id = $1"
        return str(await db.fetchval(sql, session.customer_id))


async def expect_refused(browser: Browser, shop: Shop, token: str, code: str) -> None:
    """A page that says why, with the code, and nothing has changed."""
    before = [await rows(shop.merchant, table) for table in ("sessions", "handoff_uses")]
    answer = await come(browser, token)
    assert answer.status_code == 401, answer.text
    assert f"<code>{code}</code>" in answer.text
    assert "Please sign in" not in answer.text, "it has words of its own"
    assert CUSTOMER_SESSION not in browser.client.cookies
    assert [await rows(shop.merchant, table) for table in ("sessions", "handoff_uses")] == before


async def test_the_example_of_the_documents_signs_a_customer_in(
    browser: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"```python\n(.*?)```", DOC.read_text("utf-8"), re.S)
    assert found
    for name, value in {
        "HANDOFF_KEY_ID": str(shop.key.id),
        "HANDOFF_SECRET": shop.key.secret,
        "HANDOFF_SHOP": shop.code,
        "HANDOFF_PORTAL": settings().public_url,
    }.items():
        monkeypatch.setenv(name, value)
    example: dict[str, Any] = {}
    exec(compile(found[1], str(DOC), "exec"), example)
    link = urlsplit(example["portal_link"]("bea", "/portal/sessions"))
    assert f"{link.scheme}://{link.netloc}" == settings().public_url
    answer = await browser.client.get(f"{link.path}?{link.query}", headers=PAGE | FROM_SHOP)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sessions")
    shown = await browser.get("/portal/sessions")
    assert shown.status_code == 200 and "From the shop" in shown.text
    token = parse_qs(link.query)["token"][0]
    browser.client.cookies.clear()
    await expect_refused(browser, shop, token, "handoff_used")


def test_the_documents_name_every_code() -> None:
    codes = {
        each.code
        for each in vars(handoff).values()
        if isinstance(each, type) and issubclass(each, DomainError) and hasattr(each, "code")
        and each.code.startswith("handoff_")
    }  # fmt: skip
    assert set(re.findall(r"^\| `(handoff_\w+)`", DOC.read_text("utf-8"), re.M)) == codes


async def test_a_form_of_the_shop_does_the_same(browser: Browser, shop: Shop) -> None:
    headers = PAGE | {"origin": SITE}
    answer = await browser.client.post("/handoff", data={"token": shop.token()}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    session = await sessions.find(browser.client.cookies[CUSTOMER_SESSION], clock.now())
    assert session and (session.merchant_id, session.via) == (shop.merchant, "shop")


@pytest.mark.parametrize(
    "came",
    [
        {},
        {"referer": "https://evil.test/"},
        {"referer": "https://shop.example.evil.test/"},
        {"referer": "http://shop.example/"},
        {"referer": "https://shop.example:8443/"},
        {"referer": "https://evil.test/?https://shop.example/"},
        {"referer": "https://shop.example@evil.test/"},
        {"referer": "no address"},
        {"referer": "https://[/"},
        FROM_SHOP | {"sec-fetch-dest": "image"},
        {"origin": SITE},
    ],
    ids=str,
)
async def test_who_comes_from_elsewhere_is_asked_first(
    browser: Browser, shop: Shop, came: dict[str, str]
) -> None:
    """Somebody else's link signs nobody in unseen: they would go on in a stranger's account."""
    token = shop.token()
    asked = await come(browser, token, came, next="/portal/sessions")
    assert asked.status_code == 200 and "Continue as Bea" in asked.text
    assert await rows(shop.merchant, "sessions") == await rows(shop.merchant, "handoff_uses") == 0
    assert CUSTOMER_SESSION not in browser.client.cookies
    answer = await browser.client.post(CONFIRM_PATH, data=form(asked.text, CONFIRM_PATH), headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sessions")
    assert await who(browser, shop) == "bea"
    assert await rows(shop.merchant, "handoff_uses") == 1


async def test_a_key_without_pages_of_the_shop_asks_everybody(browser: Browser, shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        shop.key = await handoff.create_key("without", clock.now())
    for came in (FROM_SHOP, {}):
        assert "Continue as Bea" in (await come(browser, shop.token(), came)).text
    assert await rows(shop.merchant, "sessions") == 0


async def test_the_session_of_another_customer_does_not_change_unasked(browser: Browser, shop: Shop) -> None:
    await come(browser, shop.token(sub="carla"))
    asked = await come(browser, shop.token())
    assert "Continue as Bea" in asked.text and "Stay signed in as Carla" in asked.text
    assert await who(browser, shop) == "carla"
    carlas = browser.client.cookies[CUSTOMER_SESSION]
    await browser.client.post(CONFIRM_PATH, data=form(asked.text, CONFIRM_PATH), headers=PAGE)
    assert await who(browser, shop) == "bea"
    assert await sessions.find(carlas, clock.now()) is None, "it has ended here, too"


async def test_who_is_the_same_is_not_asked(browser: Browser, shop: Shop) -> None:
    await come(browser, shop.token())
    assert (await come(browser, shop.token(), {})).status_code == 303
    assert await who(browser, shop) == "bea"


async def test_a_form_of_another_site_is_asked_about(browser: Browser, shop: Shop) -> None:
    token = shop.token()
    for origin in ("https://evil.test", "null"):
        data, headers = {"token": token, "next": "/portal/sessions"}, PAGE | {"origin": origin}
        answer = await browser.client.post("/handoff", data=data, headers=headers)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/handoff?token=")
        assert CUSTOMER_SESSION not in browser.client.cookies
        asked = await browser.get(answer.headers["location"])
        assert "Continue as Bea" in asked.text and form(asked.text, CONFIRM_PATH)["next"] == data["next"]
    assert await rows(shop.merchant, "sessions") == await rows(shop.merchant, "handoff_uses") == 0


async def test_the_answer_is_posted_from_our_page_alone(browser: Browser, shop: Shop) -> None:
    token = shop.token()
    filled = form((await come(browser, token, {})).text, CONFIRM_PATH)
    for data in (
        {"token": token},
        filled | {"csrf_token": "x"},
        filled | {"csrf_token": ".".join(reversed(filled["csrf_token"].split(".")))},
    ):
        refused = await browser.client.post(CONFIRM_PATH, data=data, headers=PAGE)
        assert refused.status_code == 403 and "csrf_token_invalid" in refused.text
    assert await rows(shop.merchant, "sessions") == await rows(shop.merchant, "handoff_uses") == 0
    for status in (303, 401):
        filled = form((await come(browser, shop.token(), {})).text, CONFIRM_PATH) | {"token": token}
        assert (await browser.client.post(CONFIRM_PATH, data=filled, headers=PAGE)).status_code == status
        browser.client.cookies.set(CUSTOMER_SESSION, "")


async def test_the_question_is_in_the_readers_language(browser: Browser, shop: Shop) -> None:
    for locale, words in (("zh-Hans", "以 Bea 的身份继续"), ("zh-Hant", "以 Bea 的身分繼續")):
        speak(browser, locale)
        assert words in (await come(browser, shop.token(), {})).text


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Shop.Example/en?x#y", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("http://shop.example:8080/", "http://shop.example:8080"),
        ("https://café.example/", "https://xn--caf-dma.example"),
        ("https://user:word@evil.test/", "https://evil.test"),
        ("ftp://shop.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://a..b/", ""),
        ("https://shop.example:port/", ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_an_origin_is_written_as_browsers_do(address: str, origin: str) -> None:
    assert handoff.origin(address) == origin


async def test_of_many_uses_at_once_one_wins(shop: Shop) -> None:
    token = shop.token()
    outcomes = await asyncio.gather(
        *(handoff.enter(token, clock.now()) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, handoff.HandoffUsed) for outcome in outcomes) == 7
    assert await rows(shop.merchant, "sessions") == 1


@pytest.mark.parametrize(
    ("iat_s", "exp_s"), [(-300, -1), (-120, 0), (120, 200), (0, 301), (-200, 200)], ids=str
)
async def test_what_is_not_for_now_is_refused(browser: Browser, shop: Shop, iat_s: int, exp_s: int) -> None:
    now = int(clock.now().timestamp())
    token = shop.token(iat=now + iat_s, exp=now + exp_s)
    await expect_refused(browser, shop, token, "handoff_expired")


async def test_a_token_for_another_shop_or_installation_is_refused(browser: Browser, shop: Shop) -> None:
    other = await open_shop()
    elsewhere: list[dict[str, Any]] = [{"iss": other.code}, {"aud": "https://elsewhere.example"}]
    for said in elsewhere:
        await expect_refused(browser, shop, shop.token(**said), "handoff_elsewhere")
    assert await rows(other.merchant, "sessions") == 0
    # The key of one shop signs for none of the others, whatever the token calls itself.
    forged = shop.token(header={"kid": str(other.key.id)}, iss=other.code)
    await expect_refused(browser, other, forged, "handoff_invalid")


async def test_a_customer_whom_nobody_has_named_is_refused(browser: Browser, shop: Shop) -> None:
    await expect_refused(browser, shop, shop.token(sub="nobody"), "handoff_customer_unknown")
    async with db.transaction(shop.merchant):
        await customers.erase(["bea"], clock.now())
    await expect_refused(browser, shop, shop.token(), "handoff_customer_unknown")


async def test_algorithms_are_not_chosen_by_whoever_sends_a_token(browser: Browser, shop: Shop) -> None:
    plain = b".".join(
        _part(json.dumps(each).encode()) for each in ({"alg": "none", "kid": str(shop.key.id)}, shop.said())
    ).decode()
    for token in (
        f"{plain}.",
        plain,
        shop.token(header={"alg": "none"}),
        shop.token(header={"alg": "HS512"}, digest="sha512"),
        shop.token(header={"alg": "RS256"}),
    ):
        await expect_refused(browser, shop, token, "handoff_invalid")


@pytest.mark.parametrize(
    "said",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a\0b"},
        {"jti": None},
        {"jti": "short"},
        {"jti": "x" * 201},
        {"iat": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**20},
        {"exp": 1.5},
        {"aud": ["a"]},
        {"iss": None},
    ],
    ids=str,
)
async def test_claims_that_are_none_are_refused(browser: Browser, shop: Shop, said: dict[str, Any]) -> None:
    await expect_refused(browser, shop, shop.token(**said), "handoff_invalid")


async def test_what_is_no_token_is_refused(browser: Browser, shop: Shop) -> None:
    good = shop.token()
    head, body, signature = good.split(".")
    for token in (
        "",
        "x",
        "a.b.c",
        "é.é.é",
        "\x00",
        "x" * 5000,
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-2]}",
        f"{head}.{_part(b'[]').decode()}.{signature}",
        shop.token(header={"kid": "none"}),
        shop.token(header={"kid": str(new_id())}),
        shop.token(header={"crit": ["x"], "x": 1}),
    ):
        await expect_refused(browser, shop, token, "handoff_invalid")
    assert (await come(browser, good)).status_code == 303


async def test_a_revoked_key_signs_nobody_in(browser: Browser, shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        await handoff.revoke(shop.key.id, clock.now())
    await expect_refused(browser, shop, shop.token(), "handoff_invalid")


@pytest.mark.parametrize("away", ["https://evil.test/", "//evil.test", "/\\evil.test"])
async def test_nobody_is_sent_to_another_site(browser: Browser, shop: Shop, away: str) -> None:
    assert (await come(browser, shop.token(), next=away)).headers["location"] == "/portal"


async def test_keys_are_made_and_revoked_on_a_page_and_sealed_at_rest(
    browser: Browser, merchant: UUID
) -> None:
    await enter_as_staff(browser, merchant, "owner")
    filled = {"name": "Server", "idempotency_key": str(new_id())}
    shown = (await browser.post("/staff/access/handoff/make", filled)).text
    [secret] = re.findall(r"hs_[\w-]{43}", shown)
    again = await browser.post("/staff/access/handoff/make", filled)
    assert again.headers["location"] == "/staff/access/handoff?notice=made"
    assert secret not in (await browser.get("/staff/access/handoff")).text
    async with db.transaction(merchant):
        [kept] = await db.fetch("SELECT * FROM handoff_keys")
        assert secret.encode() not in bytes(kept["secret"])
        assert secret not in str(await db.fetch("SELECT body FROM idempotency_keys"))
    assert (
        await browser.post("/staff/access/handoff/make", filled | {"name": " ", "idempotency_key": "2"})
    ).status_code == 422
    sites = {"sites": " https://Shop.example/en https://www.shop.example  https://shop.example:443 "}
    for told, status in (
        ({"sites": "shop.example"}, 422),
        ({"sites": "http://shop.example"}, 422),
        (sites, 200),
    ):
        key = {"idempotency_key": str(new_id())}
        assert (await browser.post("/staff/access/handoff/make", filled | told | key)).status_code == status
    async with db.transaction(merchant):
        assert (await handoff.keys())[0].sites == ("https://shop.example", "https://www.shop.example")
        await handoff.revoke((await handoff.keys())[0].id, clock.now())
    revoked = await browser.post(f"/staff/access/handoff/{kept['id']}/revoke", {"idempotency_key": "3"})
    assert revoked.headers["location"] == "/staff/access/handoff?notice=revoked"
    async with db.transaction(merchant):
        assert all(each.revoked_at for each in await handoff.keys())


async def test_a_key_is_given_other_pages_and_the_log_has_them(browser: Browser, shop: Shop) -> None:
    """The server goes on signing with the same key."""
    await enter_as_staff(browser, shop.merchant, "owner")
    path = f"/staff/access/handoff/{shop.key.id}"
    for sites, status in (("shop.example", 422), ("https://New.example/en https://b.example", 303)):
        filled = {"sites": sites, "idempotency_key": str(new_id())}
        assert (await browser.post(f"{path}/sites", filled)).status_code == status
    assert (
        'value="https://new.example https://b.example"' in (await browser.get("/staff/access/handoff")).text
    )
    assert "Continue as Bea" in (await come(browser, shop.token(), {"referer": "https://c.example/"})).text
    assert (await come(browser, shop.token(), {"referer": "https://new.example/"})).status_code == 303
    async with db.transaction(shop.merchant):
        found = await db.fetch(
            "SELECT after FROM audit_entries WHERE table_name = 'handoff_keys' AND op = 'update'"
            " AND row_id = $1 AND actor = 'staff'",
            str(shop.key.id),
        )
        await handoff.revoke(shop.key.id, clock.now())
    assert any("https://new.example" in str(row["after"]) for row in found)
    filled = {"sites": "https://late.example", "idempotency_key": str(new_id())}
    assert (await browser.post(f"{path}/sites", filled)).status_code == 404


async def test_what_was_used_is_forgotten_only_when_it_is_too_old_to_be_used(shop: Shop) -> None:
    await handoff.enter(shop.token(), clock.now())
    async with db.transaction(shop.merchant):
        ends = await db.fetchval("SELECT expires_at FROM handoff_uses")
    assert ends <= clock.now() + timedelta(seconds=120)
