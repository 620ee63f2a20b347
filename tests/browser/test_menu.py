"""The main navigation: a menu on a narrow screen, with JavaScript and without; else it stands open."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_tasks import press, scripts, to

pytestmark = pytest.mark.browser
STUDIO = "/staff/studio/segments"


async def _studio(site: Site, width: int, scripts: bool = True) -> Page:
    context = await site.visitor(width=width, scripts=scripts)
    await site.enter(context, "owner@example.com")
    page = await context.new_page()
    await page.goto(STUDIO)
    return page


@scripts
async def test_a_narrow_screen_has_a_menu_that_keys_open_and_close(site: Site, scripts: bool) -> None:
    page = await _studio(site, 360, scripts)
    audit = page.get_by_role("link", name="Audit log")
    await expect(audit).to_be_hidden()
    button = page.get_by_role("button", name="Menu")
    await press(page, button)
    await expect(audit).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(audit).to_be_hidden()
    await press(page, button)
    await press(page, audit)
    await page.wait_for_url("**/staff/audit")
    await page.context.close()


async def test_the_open_menu_fits_and_is_accessible(site: Site) -> None:
    for theme in ("light", "dark"):
        context = await site.visitor("zh-Hans", width=360, theme=theme)
        await site.enter(context, "owner@example.com")
        page = await context.new_page()
        await page.goto(STUDIO)
        await page.locator(".menu-button").click()
        box = await page.locator(".menu").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] + box["height"] <= 800
        results = await Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        await context.close()


async def test_a_wide_screen_shows_all_of_it(site: Site) -> None:
    page = await _studio(site, 1280)
    await expect(page.get_by_role("button", name="Menu")).to_be_hidden()
    await expect(page.get_by_role("link", name="Audit log")).to_be_visible()
    await expect(page.get_by_role("navigation", name="Studio").get_by_role("link")).to_have_count(5)
    pages = page.get_by_role("navigation", name="Campaigns").get_by_role("link")
    await expect(pages).to_have_count(5)
    await expect(page.locator(".sub-tabs [aria-current=page]")).to_have_text("Segments")
    await to(page, pages.last)
    await page.context.close()
