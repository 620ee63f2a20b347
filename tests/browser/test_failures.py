"""When a part of a page cannot be renewed it says so, nothing is lost, and it mends itself or by a button."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from api.cookies import CUSTOMER_SESSION
from core import clock
from tests.browser.site import Site
from tests.browser.test_shift import end_session
from tests.fixtures.reviews.shop import open_case

pytestmark = pytest.mark.browser

TOLD = "A part of this page could not be renewed."
BUSY = """<main id="main"><h1>We are busy</h1><p class="lead">Please come <b>back</b>.</p></main>"""
TIERS = re.compile(r"/staff/studio/tiers\?")
LIST = re.compile(r"/staff/inbox(\?|$)")
LIVE = re.compile("/staff/inbox/live")


async def broken(route: Route) -> None:
    await route.abort("connectionreset")


async def busy(route: Route) -> None:
    await route.fulfill(status=503, content_type="text/html", body=BUSY)


async def silent(route: Route) -> None:
    """Never answered: the page gives up by itself."""


async def opened(site: Site, who: str, path: str, **look: Any) -> Page:
    context = await site.visitor(**look)
    await site.enter(context, who)
    page = await context.new_page()
    await page.goto(path)
    return page


@pytest.fixture
async def tiers(site: Site) -> AsyncIterator[Page]:
    page = await opened(site, "marketer@example.com", "/staff/studio/tiers")
    yield page
    await page.context.close()


@pytest.mark.parametrize("way", [broken, busy, silent], ids=lambda way: way.__name__)
async def test_a_preview_that_fails_says_so_and_is_asked_for_again(tiers: Page, way: Any) -> None:
    told = tiers.locator("[data-told=failed]")
    preview = tiers.locator("#preview")
    await expect(told).to_be_hidden()
    if way is silent:
        await tiers.evaluate("htmx.config.timeout = 500")
    await tiers.route(TIERS, way)
    await tiers.locator("#threshold_silver").fill("77")
    await expect(tiers.get_by_text(TOLD)).to_be_visible()
    await expect(preview).to_have_attribute("data-stale", "Not up to date")
    await expect(tiers.locator("#threshold_silver")).to_have_value("77")
    words = await told.locator("[data-own]").inner_text()
    assert words == ("We are busy. Please come back." if way is busy else "")
    await tiers.unroute(TIERS)
    await tiers.evaluate("htmx.config.timeout = 0")
    await told.get_by_role("button", name="Try again").click()
    await expect(told).to_be_hidden()
    await expect(tiers.locator("[data-stale]")).to_have_count(0)
    await expect(preview.locator("input[name=threshold_silver][value='77']").first).to_be_attached()


async def test_what_is_typed_next_mends_it_too_and_the_note_can_be_closed(tiers: Page) -> None:
    told = tiers.locator("[data-told=failed]")
    await tiers.route(TIERS, broken)
    await tiers.locator("#threshold_silver").fill("78")
    await told.get_by_role("button", name="Close").click()
    await expect(told).to_be_hidden()
    await expect(tiers.locator("#preview")).to_have_attribute("data-stale", "Not up to date")
    await tiers.unroute(TIERS)
    await tiers.locator("#threshold_silver").fill("79")
    await expect(tiers.locator("[data-stale]")).to_have_count(0)


async def test_news_of_a_case_that_do_not_come_leave_what_is_typed(site: Site) -> None:
    case = await open_case(site.shop.merchant_id, external_id="stale-1", at=clock.now(), author="Stale")
    page = await opened(site, "manager@example.com", f"/staff/inbox/cases/{case}")
    note = page.get_by_role("textbox", name="Your note")
    await note.fill("Half a thought")
    await page.route(re.compile("/news"), busy)
    await page.evaluate("document.getElementById('since').dispatchEvent(new Event('news'))")
    await expect(page.get_by_text(TOLD)).to_be_visible()
    await expect(page.locator("#since")).to_have_attribute("data-stale", "Not up to date")
    await page.unroute(re.compile("/news"))
    await page.evaluate("document.getElementById('since').dispatchEvent(new Event('news'))")
    await expect(page.get_by_text(TOLD)).to_be_hidden()
    await expect(note).to_have_value("Half a thought")
    await page.context.close()


async def test_a_customers_answer_outlives_a_conversation_that_does_not_come(site: Site) -> None:
    page = await opened(site, "customer", f"/portal/cases/{site.answered.id}")
    answer = page.get_by_label("Your answer")
    await answer.fill("It did arr")
    await page.route(re.compile("/thread"), broken)
    await expect(page.get_by_text(TOLD)).to_be_visible(timeout=30_000)
    await expect(page.locator("#thread")).to_have_attribute("data-stale", "Not up to date")
    await page.unroute(re.compile("/thread"))
    await expect(page.get_by_text(TOLD)).to_be_hidden(timeout=30_000)
    await page.context.clear_cookies(name=CUSTOMER_SESSION)
    await expect(page.locator("[data-told=signed-out]")).to_be_visible(timeout=30_000)
    await expect(answer).to_have_value("It did arr")
    assert urlsplit(page.url).path == f"/portal/cases/{site.answered.id}"
    await page.context.close()


async def test_a_session_that_ends_while_a_rule_is_typed_leads_nowhere(site: Site) -> None:
    page = await opened(site, "marketer@example.com", "/staff/studio/rules/new")
    await end_session(page.context)
    field = page.locator("form[hx-post] input[type=text]").first
    await field.fill("Twice on Sundays")
    await expect(page.locator("[data-told=signed-out]")).to_be_visible()
    await expect(field).to_have_value("Twice on Sundays")
    assert page.url.endswith("/staff/studio/rules/new")
    await page.context.close()


async def test_a_list_that_cannot_renew_itself_says_so(site: Site) -> None:
    page = await opened(site, "manager@example.com", "/staff/inbox")
    queue = page.locator("#queue")
    await page.route(LIST, busy)
    await open_case(site.shop.merchant_id, external_id="stale-2", at=clock.now(), author="Stella Stale")
    await expect(page.get_by_text(TOLD)).to_be_visible()
    await expect(page.get_by_text("We are busy. Please come back.")).to_be_visible()
    await expect(queue).to_have_attribute("data-stale", "Not up to date")
    await page.unroute(LIST)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("link", name="Stella Stale").wait_for()
    await expect(page.get_by_text(TOLD)).to_be_hidden()
    await expect(page.locator("[data-stale]")).to_have_count(0)
    await page.context.close()


async def test_a_page_that_hears_nothing_any_more_says_so_until_it_does(site: Site) -> None:
    page = await opened(site, "manager@example.com", "/staff/inbox")
    await page.evaluate("window.stayed = true")
    told = page.locator("[data-told=deaf]")
    await page.route(LIVE, busy)
    await expect(told).to_be_visible(timeout=60_000)
    await page.unroute(LIVE)
    await expect(told).to_be_hidden(timeout=60_000)
    await open_case(site.shop.merchant_id, external_id="heard", at=clock.now(), author="Henri Heard")
    await page.get_by_role("link", name="Henri Heard").wait_for()
    assert await page.evaluate("window.stayed")
    await page.context.close()


BREAKS_OFF = """() => { window.honest = window.fetch; window.fetch = async () => new Response(
  new ReadableStream({ start: (body) => body.error(new TypeError("cut")) })); }"""


async def test_a_list_whose_answer_breaks_off_is_marked_and_renews_itself_again(site: Site) -> None:
    page = await opened(site, "manager@example.com", "/staff/inbox")
    await page.evaluate(BREAKS_OFF)
    await open_case(site.shop.merchant_id, external_id="cut-1", at=clock.now(), author="Cora Cut")
    await expect(page.get_by_text(TOLD)).to_be_visible()
    await expect(page.locator("#queue")).to_have_attribute("data-stale", "Not up to date")
    await page.evaluate("window.fetch = window.honest")
    await open_case(site.shop.merchant_id, external_id="cut-2", at=clock.now(), author="Curt Cut")
    await page.get_by_role("link", name="Curt Cut").wait_for()
    await expect(page.get_by_text(TOLD)).to_be_hidden()
    await page.context.close()


async def test_a_part_that_fails_without_a_connection_is_marked_and_asked_for_when_there_is_one(
    tiers: Page,
) -> None:
    preview = tiers.locator("#preview")
    await tiers.context.set_offline(True)
    await tiers.locator("#threshold_silver").fill("81")
    await expect(preview).to_have_attribute("data-stale", "Not up to date")
    await expect(tiers.locator("[data-told=offline]")).to_be_visible()
    await expect(tiers.get_by_text(TOLD)).to_be_hidden()
    await tiers.context.set_offline(False)
    await expect(tiers.locator("[data-stale]")).to_have_count(0)
    await expect(preview.locator("input[name=threshold_silver][value='81']").first).to_be_attached()


async def test_a_note_that_was_closed_does_not_come_back_until_the_part_was_renewed(tiers: Page) -> None:
    told, field = tiers.locator("[data-told=failed]"), tiers.locator("#threshold_silver")
    await tiers.route(TIERS, busy)
    await field.fill("82")
    await told.get_by_role("button", name="Close").click()
    async with tiers.expect_response(TIERS):
        await field.fill("83")
    await tiers.wait_for_timeout(300)
    await expect(told).to_be_hidden()
    await expect(tiers.locator("#preview")).to_have_attribute("data-stale", "Not up to date")
    await tiers.unroute(TIERS)
    await field.fill("84")
    await expect(tiers.locator("[data-stale]")).to_have_count(0)
    await tiers.route(TIERS, busy)
    await field.fill("85")
    await expect(told).to_be_visible()


async def test_what_is_marked_as_not_up_to_date_stays_where_it_stands(site: Site) -> None:
    page = await opened(site, "marketer@example.com", "/staff/studio/rules/new")
    where = "document.querySelector('.meaning').dataset.stale = 'x'; getComputedStyle("
    where += "document.querySelector('.meaning')).position"
    assert await page.evaluate(where) == "sticky"
    await page.set_viewport_size({"width": 600, "height": 800})
    assert await page.evaluate(where) == "relative", "the words of the mark stand in its corner"
    await page.context.close()


async def test_a_refused_line_does_not_tell_of_news_to_somebody_in_the_list(site: Site) -> None:
    page = await opened(site, "manager@example.com", "/staff/inbox")
    await page.locator("#queue").hover()
    async with page.expect_response(LIVE, timeout=60_000) as refused:
        await page.route(LIVE, busy)
    assert (await refused.value).status == 503
    await page.wait_for_timeout(300)
    await expect(page.locator("[data-live]")).to_be_hidden()
    await page.context.close()


async def test_a_session_is_no_longer_said_to_have_ended_once_a_part_is_renewed(site: Site) -> None:
    page = await opened(site, "manager@example.com", "/staff/inbox")
    told = page.locator("[data-told=signed-out]")
    await end_session(page.context)
    await page.mouse.move(0, 0)
    await page.locator("[data-live-show]").dispatch_event("click")
    await expect(told).to_be_visible()
    await site.enter(page.context, "manager@example.com")
    await page.locator("[data-live-show]").dispatch_event("click")
    await expect(told).to_be_hidden()
    await page.context.close()


async def test_whoever_was_without_a_connection_still_hears_that_nothing_is_heard(site: Site) -> None:
    context = await site.visitor()
    await site.enter(context, "manager@example.com")
    page = await context.new_page()
    await page.clock.install()
    await page.goto("/staff/inbox")
    told = page.locator("[data-told=deaf]")
    await context.set_offline(True)
    await page.wait_for_timeout(1000)
    await page.clock.run_for(9000)
    await expect(told).to_be_hidden()
    await page.route(LIVE, busy)
    async with page.expect_response(LIVE, timeout=60_000):
        await context.set_offline(False)
    await page.clock.run_for(9000)
    await expect(told).to_be_visible()
    await context.close()
