"""What somebody wrote is only ever text: very long, in every direction, with script in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from core import clock, db
from core.design.pages import STATIC_DIR, render
from core.design.portal_views import WalletNow
from tests.browser.site import Site
from tests.fixtures.reviews.shop import open_case
from tests.unit.design.samples import CSRF, SAMPLES

pytestmark = pytest.mark.browser

SCRIPT = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
RIGHT = "مرحبا، لم يصل الطلب \u202eevil\u202c שלום"
EMOJI = "👩🏽‍🚒🏳️‍🌈 e\u0301 \U0001f4a9"
ODD = f"{SCRIPT} {RIGHT} {EMOJI} {{{{ 7*7 }}}}"
LONG = (ODD + " Unbroken" + "x" * 400 + "\n") * 100
LENGTH = 50_000
WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
async def case(site: Site) -> AsyncIterator[UUID]:
    """The case of a review of 50,000 characters, with as much as fits in each of its other fields."""
    yield await open_case(
        site.shop.merchant_id,
        external_id="hostile",
        at=clock.now(),
        author=ODD[:200],
        title=ODD,
        body=LONG[:LENGTH],
        product_sku="hostile",
        product_name=ODD[:200],
        lang="ar",
    )


async def open_page(site: Site, path: str, width: int) -> tuple[Page, list[str]]:
    context = await site.visitor(width=width)
    await site.enter(context, "manager@example.com")
    page, said = await context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    await page.goto(path)
    return page, said


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_that_shows_it_stays_whole(site: Site, case: UUID, width: int) -> None:
    async with db.transaction(site.shop.merchant_id):
        review = await db.fetchval("SELECT review_id FROM cases WHERE id = $1", case)
    for path in (
        "/staff/inbox?owner=nobody",
        f"/staff/inbox/cases/{case}",
        "/staff/inbox/search?q=Unbroken*",
        f"/staff/moderation/reviews/{review}",
        "/staff/inbox/patrol",
    ):
        page, said = await open_page(site, path, width)
        await expect(page.locator("h1")).to_have_count(1)
        assert await page.title() != "run", path
        assert await page.locator("img[src=x]").count() == 0, path
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert said == [], path
        await page.context.close()


async def test_the_case_shows_all_of_it(site: Site, case: UUID) -> None:
    page, _ = await open_page(site, f"/staff/inbox/cases/{case}", 1280)
    text = await page.locator(".review-text").first.inner_text()
    assert len(text) > LENGTH * 0.9 and "Unbroken" in text and SCRIPT in text
    assert await page.locator(".review-text").first.get_attribute("dir") == "auto"
    await page.context.close()


async def test_every_field_takes_it_as_text(site: Site, case: UUID) -> None:
    page, said = await open_page(site, f"/staff/inbox/cases/{case}", 1280)
    path = page.url
    await page.get_by_role("textbox", name="Your note").fill(ODD)
    await page.get_by_role("button", name="Save note").click()
    await expect(page.locator(".timeline").get_by_text("document.title").first).to_be_visible()
    await page.get_by_label("New tag").fill(ODD[-38:])
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#tags .case-tag")).to_have_count(1)
    await page.get_by_role("textbox", name="Your reply").fill(f"Sorry. {RIGHT} {EMOJI} {SCRIPT}")
    await page.get_by_role("button", name="Send reply").click()
    await expect(page.locator(".undo .prose")).to_contain_text("document.title")
    await page.goto("/staff/inbox?stars=1")
    await page.get_by_label("Keep this list as").fill(ODD[:60])
    await page.get_by_role("button", name="Keep", exact=True).click()
    await expect(page.locator('[aria-label="More views"] [aria-current=page]')).to_contain_text("<img")
    for address in (path, "/staff/inbox", "/staff/inbox/search?q=" + "%3Cscript%3E"):
        await page.goto(address)
        assert await page.title() != "run"
        assert await page.locator("img[src=x]").count() == 0
    assert said == []
    await page.context.close()


async def test_a_wallet_s_name_stays_within_the_page(chromium: Browser) -> None:
    name = "Unbroken" + "x" * 82
    wallet = WalletNow(name, 1250, 0, "/portal/activity?wallet=x", "EUR", points_debt=4)
    views: dict[str, dict[str, Any]] = {
        "portal-home": {"wallets": (wallet,)},
        "portal-activity-credit": {"wallets": ((name, "/portal/activity?wallet=x", True),)},
    }
    page = await chromium.new_page(viewport={"width": 360, "height": 800})
    for sample in SAMPLES:
        if sample.name in views:
            view: Any = sample.view
            shown = replace(view, **views[sample.name])
            html = render(sample.template, "en", csrf_token=CSRF, frame=sample.frame, view=shown)
            await page.set_content(html)
            await page.add_style_tag(path=STATIC_DIR / "regulars.css")
            await expect(page.get_by_text(name).first).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, sample.name
    await page.close()


async def test_an_answer_of_a_customer_is_text(site: Site) -> None:
    context = await site.visitor(width=360)
    await site.enter(context, "customer")
    page, said = await context.new_page(), []
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"/portal/cases/{site.answered.id}")
    await page.get_by_label("Your answer").fill(ODD)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#thread").get_by_text("document.title").first).to_be_visible()
    assert await page.title() != "run" and await page.locator("img[src=x]").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert said == []
    await context.close()
