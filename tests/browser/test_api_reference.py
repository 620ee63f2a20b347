"""The description of the API for people, once its viewer has drawn it."""

import pytest

from tests.browser.site import Site

pytestmark = pytest.mark.browser


async def test_the_viewer_draws_operations_below_the_title_of_the_page(site: Site) -> None:
    async with await site.visitor() as context:
        page = await context.new_page()
        await page.goto("/docs/api")
        await page.locator("#api-reference .opblock").first.wait_for()
        assert await page.locator("h1").all_inner_texts() == ["Programming interface"]
        assert "idempotency" in (await page.locator("#api-reference .info").inner_text()).lower()
