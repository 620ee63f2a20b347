"""The inbox in a browser: what Enter does, lists that fill while they are open, and messages on their way."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from core import clock, db
from reviews.cases import delivery, tags
from tests.browser.site import Site
from tests.browser.test_shift import desk, keys, kinds, manager, new_case
from tests.fixtures.reviews.shop import customer, open_case

pytestmark = pytest.mark.browser
__all__ = ["manager"]

AN_HOUR_AHEAD = "const right = Date.now; Date.now = () => right() + 3_600_000;"


async def staff_id(site: Site, email: str = "manager@example.com") -> UUID:
    async with db.transaction(site.shop.merchant_id):
        found: UUID = await db.fetchval("SELECT id FROM staff WHERE email = $1", email)
    return found


async def test_enter_in_the_list_adds_the_tag_and_gives_no_case_away(site: Site, manager: Page) -> None:
    page = manager
    case_id = await new_case(site, "Enter Key")
    before = await kinds(site, str(case_id))
    await page.goto("/staff/inbox?stars=1")
    tick = page.locator(f'input[name=cases][value^="{case_id}"]')
    await tick.check()
    await tick.press("Enter")
    await expect(page.get_by_label("Tag", exact=True).locator("visible=true").last).to_be_focused()
    assert page.url.endswith("/staff/inbox?stars=1") and await kinds(site, str(case_id)) == before
    await tick.focus()
    await keys(page, "t")
    await page.keyboard.type("By Enter")
    await keys(page, "Enter")
    await expect(page.get_by_text("1 case done.")).to_be_visible()
    assert await kinds(site, str(case_id)) == [*before, "tagged"]


async def test_a_list_that_stood_empty_fills_and_can_be_worked_on(site: Site, manager: Page) -> None:
    page = manager
    case_id = await new_case(site, "Fills Up")
    await page.goto("/staff/inbox?tag=fills")
    await expect(page.get_by_text("No case fits this filter")).to_be_visible()
    await expect(page.get_by_text("With the ticked cases")).to_be_hidden()
    async with db.transaction(site.shop.merchant_id):
        await tags.add(case_id, "fills", await staff_id(site), clock.now())
    tick = page.locator(f'input[name=cases][value^="{case_id}"]')
    await tick.check()
    await page.get_by_role("button", name="Snooze for a day").click()
    await expect(page.get_by_text("1 case done.")).to_be_visible()
    assert (await kinds(site, str(case_id)))[-1] == "snoozed"


async def test_ten_seconds_are_ten_whatever_the_clock_says_and_the_page_hears_the_end(site: Site) -> None:
    context, page = await desk(site)
    await context.add_init_script(AN_HOUR_AHEAD)
    path = f"/staff/inbox/cases/{await new_case(site, 'Wrong Clock')}"
    await page.goto(path)
    await page.get_by_role("textbox", name="Your reply").fill("Sent too erly.")
    await page.get_by_role("button", name="Send reply").click()
    way = page.locator("#delivery")
    await expect(way.get_by_text(re.compile(r"[1-9]\d? s left"))).to_be_visible()
    await way.get_by_role("button", name="Undo").click()
    reply = page.get_by_role("textbox", name="Your reply")
    await expect(reply).to_have_value("Sent too erly.")
    await reply.fill("Sent early.")
    await page.get_by_role("button", name="Send reply").click()
    await expect(way.get_by_text("Sent early.")).to_be_visible()
    # At the end of its time the button goes; that it went out is heard.
    await expect(way.get_by_role("button", name="Undo")).to_have_count(0, timeout=20_000)
    await expect(way.get_by_text("This goes out in a moment.")).to_be_visible()
    async with db.transaction(site.shop.merchant_id):
        sql = "SELECT id FROM case_messages WHERE body = 'Sent early.'"
        await delivery.deliver(await db.fetchval(sql), clock.now())
    await expect(page.locator("#since").get_by_text("It has gone out.")).to_be_visible()
    await expect(way.get_by_text("This goes out in a moment.")).to_have_count(0)
    await context.close()


async def test_what_was_taken_back_stands_above_what_was_typed_since(site: Site, manager: Page) -> None:
    page, merchant = manager, site.shop.merchant_id
    ada = await customer(merchant, "taken-back", email="taken@mail.test")
    case_id = await open_case(merchant, external_id="Taken Back", at=clock.now(), customer_id=ada)
    await page.goto(f"/staff/inbox/cases/{case_id}")
    message = page.get_by_role("textbox", name="Your message")
    await message.fill("First.")
    await page.get_by_role("button", name="Send message").click()
    await message.fill("Second, half wri")
    await page.locator("#delivery").get_by_role("button", name="Undo").click()
    await page.wait_for_url(re.compile("taken="))
    both = "First.\n\nSecond, half wri"
    await expect(message).to_have_value(both)
    await page.reload()
    await expect(message).to_have_value(both)


async def test_news_leave_whoever_stands_on_undo_where_they_stand(site: Site, manager: Page) -> None:
    page = manager
    case_id = await new_case(site, "Stands There")
    await page.goto(f"/staff/inbox/cases/{case_id}")
    await page.get_by_role("textbox", name="Your reply").fill("One moment.")
    await page.get_by_role("button", name="Send reply").click()
    undo = page.locator("#delivery").get_by_role("button", name="Undo")
    await undo.focus()
    async with db.transaction(site.shop.merchant_id):
        await db.execute(
            "UPDATE case_messages SET send_after = send_after + interval '1 minute' WHERE case_id = $1",
            case_id,
        )
    async with page.expect_response(re.compile("/news")):
        await page.locator("#since").dispatch_event("news")
    await expect(page.locator("#delivery").get_by_text(re.compile(r"[67]\d s left"))).to_be_visible()
    await expect(undo).to_be_focused()
    await undo.press("Enter")
    await expect(page.get_by_role("textbox", name="Your reply")).to_have_value("One moment.")
