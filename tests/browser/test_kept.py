"""What a browser keeps of what somebody types: each thing its own, and nothing is cut off without a word."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from api.cookies import CUSTOMER_SESSION
from core import clock, db
from core.people import sessions
from reviews.cases.templates import service as templates
from reviews.cases.templates.rules import Template
from reviews.writing import service as writing
from reviews.writing.model import BODY_LIMIT_CHARS
from tests.browser.site import Site

pytestmark = pytest.mark.browser
WORDS = "What should others know?"
_BUYERS = """
    SELECT o.customer_id FROM orders o JOIN order_lines l ON l.order_id = o.id
    WHERE o.delivered_at > $1 GROUP BY 1 HAVING count(*) > 3 ORDER BY count(*) DESC, 1
"""


@pytest.fixture
async def buyer(site: Site) -> AsyncIterator[tuple[Page, str, str]]:
    """A customer with two things to write about, and where each is written about."""
    now = clock.now()
    async with db.transaction(site.shop.merchant_id):
        for row in await db.fetch(_BUYERS, now - writing.SUGGESTED_FOR):
            lines = await writing.waiting(row["customer_id"], now, 2)
            if len(lines) == 2:
                break
        token = await sessions.start(now, customer_id=row["customer_id"])
    context = await site.visitor()
    await context.add_cookies([{"name": CUSTOMER_SESSION, "value": token, "url": site.url}])
    first, second = (f"/portal/reviews/write?order={each.order_id}&line={each.line_id}" for each in lines)
    yield await context.new_page(), first, second
    await context.close()


def stars(page: Page, number: int) -> Locator:
    return page.locator(f"input[name=stars][value='{number}']")


async def test_each_review_keeps_its_own_words_title_and_stars(buyer: tuple[Page, str, str]) -> None:
    page, first, second = buyer
    await page.goto(first)
    await page.get_by_label(WORDS).fill("Half a sentence about the fir")
    await page.get_by_label("In a few words").fill("Half a title")
    await stars(page, 2).check(force=True)
    await page.goto(second)
    await expect(page.get_by_label(WORDS)).to_have_value("")
    await expect(page.get_by_label("In a few words")).to_have_value("")
    await expect(page.locator("input[name=stars]:checked")).to_have_count(0)
    await page.get_by_label(WORDS).fill("All about the second.")
    await stars(page, 5).check(force=True)
    await page.get_by_role("button", name="Send the review").click()
    await page.wait_for_url("**/portal/reviews?notice=written")
    await page.goto(first)
    await expect(page.get_by_label(WORDS)).to_have_value("Half a sentence about the fir")
    await expect(page.get_by_label("In a few words")).to_have_value("Half a title")
    await expect(stars(page, 2)).to_be_checked()
    left = page.locator("[data-counts=text]")
    await expect(left).to_have_text(f"{BODY_LIMIT_CHARS - 29:,} characters left")


async def test_what_is_pasted_is_never_cut_off(buyer: tuple[Page, str, str]) -> None:
    page, _, second = buyer
    await page.goto(second)
    long = "word " * (BODY_LIMIT_CHARS // 5) + "end"
    await page.get_by_label(WORDS).evaluate("field => field.focus()")
    await page.keyboard.insert_text(long)
    await expect(page.get_by_label(WORDS)).to_have_value(long)
    left = page.locator("[data-counts=text]")
    await expect(left).to_have_text("-3 characters left")
    await expect(left).to_have_class("hint needs-js problem")
    await stars(page, 4).check(force=True)
    await page.get_by_role("button", name="Send the review").click()
    await expect(page.get_by_role("alert")).to_contain_text("The text is too long.")
    await expect(page.get_by_label(WORDS)).to_have_value(long)


async def test_each_template_keeps_its_own_texts(site: Site) -> None:
    now = clock.now()
    async with db.transaction(site.shop.merchant_id):
        by = await db.fetchval("SELECT id FROM staff WHERE email = 'owner@example.com'")
        for code in ("kept-a", "kept-b"):
            await templates.put(Template(code=code, name=code, channel="any", texts={"en": "Hello"}), by, now)
    context = await site.visitor()
    await site.enter(context, "owner@example.com")
    page = await context.new_page()
    at = "/staff/inbox/settings/templates?edit=kept-"
    await page.goto(f"{at}a")
    await page.locator("#text_zh-Hans").fill("给甲的话")
    await page.goto(f"{at}b")
    await expect(page.locator("#text_zh-Hans")).to_have_value("")
    await page.goto("/staff/inbox/settings/templates")
    await expect(page.locator("#text_zh-Hans")).to_have_value("")
    await page.goto(f"{at}a")
    await expect(page.locator("#text_zh-Hans")).to_have_value("给甲的话")
    await context.close()


async def test_what_is_typed_to_be_sure_is_not_kept(site: Site) -> None:
    context = await site.visitor()
    await site.enter(context, "customer")
    page = await context.new_page()
    await page.goto("/portal/profile")
    await page.locator("[name=confirm]").evaluate(
        "field => { field.value = 'x'; field.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    kept = await page.evaluate("() => Object.keys(sessionStorage).filter((key) => key.includes('kept'))")
    assert kept == []
    await context.close()
