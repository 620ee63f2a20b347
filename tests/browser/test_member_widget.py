"""The member's widget in a page of another origin with a strict policy: by keyboard, in each language."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from admin.demo.shop import MERCHANT
from core import db
from core.i18n import Locale
from tests.browser.site import Site
from tests.browser.test_widget import POLICY, WATCH

pytestmark = pytest.mark.browser

HTML = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Lamp</title></head>
<body><main><h1>Lamp</h1>
<script src="{url}/public/widget/member.js" data-shop="{shop}" data-token="{token}" data-enter="{enter}"
 async></script>
</main></body></html>"""
TITLE: dict[Locale, str] = {"en": "Your points", "zh-Hans": "您的积分", "zh-Hant": "您的積分"}


@pytest.fixture(scope="module")
async def shop(site: Site) -> AsyncIterator[str]:
    """Where the shop's own server answers: a page in the language and with the token that are asked for."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = parse_qs(urlsplit((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()).query)
        fields = {"lang": "en", "token": "", "enter": ""} | {name: said[0] for name, said in asked.items()}
        body = HTML.format(url=site.url, shop=MERCHANT, **fields).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            f"Content-Security-Policy: {POLICY.format(url=site.url)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/lamp"


@pytest.fixture(scope="module")
async def token(site: Site) -> str:
    """As the shop's server gets it."""
    async with db.transaction(site.shop.merchant_id):
        sql = "SELECT external_id FROM customers WHERE id = $1"
        customer = await db.fetchval(sql, site.answered.customer_id)
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
        path, key = f"/v1/members/{customer}/widget-token", f"Bearer {site.shop.api_key}"
        answer = await client.get(path, headers={"authorization": key})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


async def _open(site: Site, address: str, width: int = 1280) -> tuple[Page, list[str]]:
    """The shop's page and what its console complains of."""
    context = await site.browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(30_000)
    page, said = await context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.add_init_script(WATCH)
    await page.goto(address)
    return page, said


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("zh-Hans", 360), ("zh-Hant", 360)])
async def test_accessible_in_each_language_under_a_strict_policy(
    site: Site, shop: str, token: str, lang: Locale, width: int
) -> None:
    page, said = await _open(site, f"{shop}?lang={lang}&token={token}", width)
    await expect(page.get_by_role("heading", name=TITLE[lang])).to_be_visible()
    await expect(page.locator(".points")).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.locator("script[data-token]").count() == 0
    assert said == []
    await page.context.close()


async def test_by_keyboard_to_the_portal(site: Site, shop: str, token: str) -> None:
    page, said = await _open(site, f"{shop}?token={token}")
    await expect(page.locator(".points")).to_be_visible()
    whys = page.get_by_role("link", name="Why?")
    assert 0 < await whys.count() <= 3
    for each in await whys.all():
        await page.keyboard.press("Tab")
        await expect(each).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Ways to earn")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("For each order").first).to_be_visible()
    await page.keyboard.press("Tab")
    link = page.get_by_role("link", name="All points and rewards")
    await expect(link).to_be_focused()
    assert await link.get_attribute("href") == f"{site.url}/portal"
    assert said == []
    await page.context.close()


async def test_each_entry_leads_to_what_explains_it(site: Site, shop: str, token: str) -> None:
    page, said = await _open(site, f"{shop}?token={token}")
    await site.enter(page.context, "customer")
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Why?").first.click()
    why = await opened.value
    await expect(why.get_by_role("heading", level=1)).to_be_visible()
    assert why.url.startswith(f"{site.url}/portal/activity/") and await why.evaluate("opener") is None
    assert page.url.startswith(shop) and said == []
    await page.context.close()


async def test_through_the_shops_door_an_entry_is_explained_too(site: Site, shop: str, token: str) -> None:
    page, _ = await _open(site, f"{shop}?{urlencode({'token': token, 'enter': '/my-points'})}")
    href = await page.get_by_role("link", name="Why?").first.get_attribute("href")
    door = urlsplit(href or "")
    assert urlsplit(shop).netloc == door.netloc and door.path == "/my-points"
    assert parse_qs(door.query)["next"][0].startswith("/portal/activity/")
    await page.context.close()


@pytest.mark.parametrize("document", ["widget.md", "publishing.md", "integration.md"])
async def test_without_scripts_the_snippet_of_the_documents_leads_on(site: Site, document: str) -> None:
    """What a shop copies from there: a link to a page that shows the same."""
    text = (Path(__file__).parents[2] / "docs" / document).read_text(encoding="utf-8")
    snippet = next(found for found in re.findall(r"```html\n(.*?)```", text, re.S) if "<script src" in found)
    host = re.search(r'src="(https://[^/]+)/', snippet)
    assert host and "async></script>" in snippet
    shown = re.sub(r"/shops/\w+/", f"/shops/{MERCHANT}/", snippet.replace(host[1], site.url))
    context = await site.visitor(scripts=False)
    page = await context.new_page()
    body = f"<!doctype html><title>Lamp</title><h1>Lamp</h1>{shown}"
    await page.route("**/lamp", lambda route: route.fulfill(content_type="text/html", body=body))
    await page.goto(f"{site.url}/lamp")
    link = page.get_by_role("link")
    await expect(link).to_have_count(1)
    async with page.expect_navigation() as gone:
        await link.click()
    assert (await gone.value).status == 200
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert urlsplit(page.url).path in ("/portal/sign-in", f"/shops/{MERCHANT}/reviews")
    await context.close()


@pytest.mark.parametrize("given", ["", "old"])
async def test_without_a_good_token_there_is_a_link_to_sign_in(site: Site, shop: str, given: str) -> None:
    page, _ = await _open(site, f"{shop}?token={given}")
    link = page.get_by_role("link", name="Sign in")
    await expect(link).to_be_visible()
    assert await link.get_attribute("href") == f"{site.url}/portal/sign-in"
    await page.context.close()


@pytest.mark.parametrize(
    ("given", "enter", "path"),
    [
        ("good", "/my-points?from=lamp", "/my-points?from=lamp&next=%2Fportal"),
        ("old", "/my-points", "/my-points?next=%2Fportal"),
        ("", "/my-points", None),  # nobody is signed in at the shop
        ("good", "javascript:alert(1)", None),
        ("good", "http://[", None),
    ],
)
async def test_who_is_signed_in_at_the_shop_goes_through_its_door(
    site: Site, shop: str, token: str, given: str, enter: str, path: str | None
) -> None:
    asked = urlencode({"token": token if given == "good" else given, "enter": enter})
    page, _ = await _open(site, f"{shop}?{asked}")
    link = page.get_by_role("link", name="All points and rewards" if given == "good" else "Sign in")
    elsewhere = f"{site.url}/portal" if given == "good" else f"{site.url}/portal/sign-in"
    wanted = urljoin(shop, path) if path else elsewhere
    assert await link.get_attribute("href") == wanted
    assert await link.get_attribute("referrerpolicy") == ("origin" if path else None)
    await page.context.close()


async def test_when_the_server_is_away_it_says_so_and_tries_again(site: Site, shop: str, token: str) -> None:
    context = await site.browser.new_context()
    page = await context.new_page()
    await page.route("**/public/*/member?*", lambda route: route.abort())
    await page.goto(f"{shop}?token={token}")
    again = page.get_by_role("button", name="Try again")
    await expect(again).to_be_visible()
    await page.unroute("**/public/*/member?*")
    await again.click()
    await expect(page.locator(".points")).to_be_visible()
    await context.close()
