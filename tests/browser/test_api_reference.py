"""The description of the API for people, once its viewer has drawn it."""

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_viewer_draws_operations_below_the_title_of_the_page(
    site: Site, width: int, theme: str
) -> None:
    async with await site.visitor(width=width, theme=theme) as context:
        page = await context.new_page()
        await page.goto("/docs/api#/Members")
        await page.locator("#api-reference .opblock").first.wait_for()
        assert await page.locator("h1").all_inner_texts() == ["Programming interface"]
        assert "idempotency" in (await page.locator("#api-reference .info").inner_text()).lower()
        for shown in (".opblock-post", ".webhooks-container .opblock"):
            await page.locator(f"#api-reference {shown} .opblock-summary-control").first.click()
            await page.locator(f"#api-reference {shown}.is-open .opblock-body").first.wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        results = await Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
