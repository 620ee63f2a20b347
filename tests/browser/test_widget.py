"""The widget in a page of another origin with a strict policy, by keyboard, with hostile reviews."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from admin.demo.shop import MERCHANT
from core.i18n import Locale
from tests.browser.site import Site
from tests.fixtures.reviews.shop import NOW, take_in
from tests.fixtures.reviews.shop import moved as review

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
HTML = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Lamp</title></head>
<body><main><h1>Lamp</h1>
<script src="{url}/public/widget/reviews.js" data-shop="{shop}" data-product="widget-lamp" async></script>
</main></body></html>"""
POLICY = (
    "default-src 'none'; script-src {url}; connect-src {url}; base-uri 'none';"
    " require-trusted-types-for 'script'"
)
WATCH = """document.addEventListener("securitypolicyviolation",
  (event) => console.error("CSP", event.violatedDirective, event.blockedURI));"""
MORE: dict[Locale, str] = {"en": "More reviews", "zh-Hans": "更多评价", "zh-Hant": "更多評價"}


@pytest.fixture(scope="module")
async def written(site: Site) -> AsyncIterator[None]:
    """Fourteen reviews of one lamp, the newest of them hostile."""
    told = [
        review(
            f"widget-{n}",
            product_sku="widget-lamp",
            rating=Decimal(n % 5 + 1),
            title=HOSTILE if n == 0 else f"Title {n}",
            body=HOSTILE if n == 0 else f"Text {n}",
            author=HOSTILE if n == 0 else "Ana",
            lang="en",
            written_at=NOW - timedelta(days=n + 1),
            photo_urls=("https://pictures.test/1.jpg",),
            reply="Thank you." if n == 1 else "",
            incentivised=n == 2,
        )
        for n in range(14)
    ]
    await take_in(site.shop.merchant_id, *told)
    yield


@pytest.fixture(scope="module")
async def shop(site: Site, written: None) -> AsyncIterator[str]:
    """Where the shop's own server answers: a page in the language that is asked for."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        lang = parse_qs(urlsplit(asked).query).get("lang", ["en"])[0]
        body = HTML.format(lang=lang, url=site.url, shop=MERCHANT).encode()
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


async def _open(site: Site, shop: str, lang: str = "en", width: int = 1280) -> tuple[Page, list[str]]:
    """The shop's page and what its console complains of."""
    context = await site.browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(30_000)
    page, said = await context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.add_init_script(WATCH)

    await page.goto(f"{shop}?lang={lang}")
    try:
        await expect(page.locator("li.review")).to_have_count(10)
    except AssertionError as error:
        raise AssertionError(said) from error
    return page, said


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("zh-Hans", 360), ("zh-Hant", 360)])
async def test_accessible_in_each_language_under_a_strict_policy(
    site: Site, shop: str, lang: Locale, width: int
) -> None:
    page, said = await _open(site, shop, lang, width)
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await expect(page.get_by_role("button", name=MORE[lang])).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    await page.context.close()


async def test_by_keyboard_alone(site: Site, shop: str) -> None:
    page, said = await _open(site, shop)
    await page.get_by_label("Sort by").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("li.review .stars .read").first).to_have_text("1 out of 5 stars")
    await page.get_by_role("button", name="5 stars: 2 reviews").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("li.review")).to_have_count(2)
    # The bars were drawn anew: the focus is where it was, and the choice is told.
    pressed = page.get_by_role("button", name="5 stars: 2 reviews", pressed=True)
    await expect(pressed).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("li.review")).to_have_count(10)
    await page.get_by_role("button", name="More reviews").press("Enter")
    await expect(page.locator("li.review")).to_have_count(14)
    await expect(page.locator("li.review").nth(10)).to_be_focused()
    await expect(page.get_by_role("button", name="More reviews")).to_be_hidden()
    await expect(page.get_by_role("status")).to_have_text("14 reviews are shown.")
    assert said == []
    await page.context.close()


async def test_what_reviewers_write_is_text(site: Site, shop: str) -> None:
    page, said = await _open(site, shop)
    first = page.locator("li.review").first
    await expect(first.locator(".body")).to_have_text(HOSTILE)
    await expect(first.locator("h3")).to_have_text(HOSTILE)
    assert await first.locator("img, script").count() == 0
    assert await page.title() == "Lamp"
    await expect(page.locator("li.review").nth(2).locator(".tags")).to_contain_text("Received a reward")
    await expect(page.locator("blockquote")).to_contain_text("Thank you.")
    assert said == []
    await page.context.close()


async def test_a_vote_is_counted_where_it_was_given(site: Site, shop: str) -> None:
    page, said = await _open(site, shop)
    vote = page.locator("li.review").nth(3).locator(".vote")
    await vote.get_by_role("button").click()
    await expect(vote).to_contain_text("1 person found this helpful")
    await expect(page.get_by_role("status")).to_have_text("Thank you.")
    assert said == []
    await page.context.close()


async def test_when_the_server_is_away_it_says_so_and_tries_again(site: Site, shop: str) -> None:
    page, _ = await _open(site, shop)
    await page.route("**/public/*/reviews?*", lambda route: route.abort())
    await page.get_by_label("With photos").check()
    again = page.get_by_role("button", name="Try again")
    await expect(again).to_be_visible()
    await page.unroute("**/public/*/reviews?*")
    await again.click()
    await expect(page.get_by_role("status")).to_have_text("10 reviews are shown.")
    await page.context.close()
