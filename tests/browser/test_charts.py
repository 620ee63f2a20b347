"""Charts are drawn from the page's own tables; without JavaScript the tables stand."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_pages import WATCH

pytestmark = pytest.mark.browser

DASHBOARDS = "/staff/studio/dashboards?months=6"


async def opened(site: Site, path: str, theme: str = "light", scripts: bool = True) -> tuple[Page, list[str]]:
    context = await site.visitor("en", theme=theme, scripts=scripts)
    if scripts:
        await context.add_init_script(WATCH)
    await site.enter(context, "marketer@example.com")
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(path)
    return page, said


async def test_each_chart_shows_its_table(site: Site) -> None:
    page, said = await opened(site, DASHBOARDS)
    figures = page.locator("figure[data-chart]")
    count = await figures.count()
    assert count >= 4
    for n in range(count):
        figure = figures.nth(n)
        await expect(figure.locator("svg path").first).to_be_attached()
        drawing = figure.locator(".chart-drawing")
        assert await drawing.get_attribute("role") == "img"
        assert await drawing.get_attribute("aria-label") == await figure.locator("caption").inner_text()
        await expect(figure.locator("table")).to_be_visible()
    # The names of the series are the table's heads, in the page's language.
    points = page.locator("#points")
    assert "Redeemed" in (await points.locator(".chart-drawing").text_content() or "")
    assert said == []
    await page.context.close()


async def test_without_javascript_the_tables_stand(site: Site) -> None:
    page, _ = await opened(site, DASHBOARDS, scripts=False)
    assert await page.locator(".chart-drawing").count() == 0
    assert await page.locator("figure[data-chart] table").count() >= 4
    await expect(page.locator("#points table")).to_be_visible()
    await page.context.close()


async def test_the_dark_theme_has_its_own_colours(site: Site) -> None:
    colours = []
    for theme in ("light", "dark"):
        page, said = await opened(site, DASHBOARDS, theme)
        svg = page.locator("#points svg")
        await expect(svg.locator("path").first).to_be_attached()
        colours.append(
            await svg.evaluate("svg => [...svg.querySelectorAll('path')].map(p => p.getAttribute('fill'))")
        )
        assert said == []
        await page.context.close()
    assert colours[0] != colours[1]


@pytest.mark.parametrize("values", [(0.01, 0.04), (0.2, 0.7), (3, 8), (1200, 9800)])
async def test_marks_of_an_axis_never_read_the_same(site: Site, values: tuple[float, float]) -> None:
    page, said = await opened(site, DASHBOARDS)
    await page.emulate_media(reduced_motion="reduce")
    await page.evaluate(
        """values => {
            const cells = document.querySelectorAll("#points figure [data-value]");
            cells.forEach((cell, n) => { cell.dataset.value = values[n % values.length]; });
            document.dispatchEvent(new Event("htmx:afterSettle"));
        }""",
        list(values),
    )
    await page.wait_for_timeout(500)
    # Those of the upright axis end at it; names of series begin, and months stand in the middle.
    labels = await page.locator("#points svg text[text-anchor=end]").all_text_contents()
    assert len(labels) > 1 and len(set(labels)) == len(labels), labels
    assert said == []
    await page.context.close()


async def test_pages_without_charts_load_no_library(site: Site) -> None:
    page, _ = await opened(site, "/staff/studio/members")
    assert await page.evaluate("typeof globalThis.echarts") == "undefined"
    await page.goto(DASHBOARDS)
    assert await page.evaluate("typeof globalThis.echarts") == "object"
    await page.context.close()
