"""How much each page brings over the line when it is seen for the first time."""

import asyncio

import pytest
from playwright.async_api import Browser, Response

from tests.browser.site import Site
from tests.browser.test_pages import PAGES, WHO, found

pytestmark = pytest.mark.browser
__all__ = ["found"]

LIMIT_BYTES = 150_000
WITH_CHARTS_BYTES = 600_000
CHARTS = ("echarts", "swagger-ui")
"""In the names of the files that draw them, and the description of the API."""
AT_ONCE = 4


async def transferred(site: Site, browser: Browser, who: str, path: str) -> tuple[int, bool]:
    """Bytes of all answers as they were sent, to an empty cache, and whether the page draws charts."""
    context = await site.visitor()
    if WHO[who]:
        await site.enter(context, WHO[who])
    page = await context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    # What is told as it happens has no end.
    await page.goto(path, wait_until="load")
    ended = [each for each in answers if not each.url.startswith(f"{site.url}/staff/inbox/live")]
    sizes = [await each.request.sizes() for each in ended]
    await context.close()
    charts = any(name in each.url for each in answers for name in CHARTS)
    return sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes), charts


async def test_no_page_is_heavy(site: Site, found: dict[str, str]) -> None:
    at_once = asyncio.Semaphore(AT_ONCE)

    async def weigh(name: str, who: str, path: str) -> tuple[str, int, bool]:
        async with at_once:
            return (name, *await transferred(site, site.browser, who, path.format(**found)))

    pages = [(name, who, path) for name, who, path, _ in PAGES]
    weighed = await asyncio.gather(*(weigh(*each) for each in pages))
    heavy = {
        name: size for name, size, charts in weighed if size > (WITH_CHARTS_BYTES if charts else LIMIT_BYTES)
    }
    assert heavy == {}, sorted(weighed, key=lambda each: -each[1])[:12]
    assert all(size > 10_000 for _, size, _ in weighed), "nothing was measured"
