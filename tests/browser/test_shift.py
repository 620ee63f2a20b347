"""A shift of an agent without the mouse, two people on one case, and what must not be lost while writing."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext, Page, expect

from api.cookies import STAFF_SESSION
from core import clock, db
from core.people import sessions
from tests.browser.site import Site
from tests.fixtures.reviews.shop import open_case

pytestmark = pytest.mark.browser
CASE = re.compile(r"/staff/inbox/cases/[0-9a-f-]{36}$")
# While a page is on its way, nobody can be asked about the one before it.
SLOW_IS_SAID = """() => new MutationObserver(([change]) => {
  if (!change.target.hidden) console.log("slow is said");
}).observe(document.querySelector("[data-told=slow]"), { attributes: true })"""
LONG = "We read every word of this. " * 60


async def desk(site: Site, email: str = "manager@example.com") -> tuple[BrowserContext, Page]:
    """A browser of one of the staff, in the inbox."""
    context = await site.visitor()
    await site.enter(context, email)
    page = await context.new_page()
    await page.goto("/staff/inbox")
    return context, page


async def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        await page.keyboard.press(key)


async def new_case(site: Site, name: str) -> UUID:
    """An open case of nobody's."""
    merchant = site.shop.merchant_id
    return await open_case(merchant, external_id=name, at=clock.now(), author=name)


async def kinds(site: Site, case_id: str) -> list[str]:
    async with db.transaction(site.shop.merchant_id):
        rows = await db.fetch("SELECT kind FROM case_events WHERE case_id = $1::uuid ORDER BY id", case_id)
    return [row["kind"] for row in rows]


async def replies(site: Site, text: str) -> int:
    async with db.transaction(site.shop.merchant_id):
        sql = "SELECT count(*) FROM case_messages WHERE body = $1"
        return int(await db.fetchval(sql, text.strip()))


async def end_session(context: BrowserContext) -> None:
    """As if its time were over; the browser still has the cookie."""
    token = next(each["value"] for each in await context.cookies() if each["name"] == STAFF_SESSION)
    found = await sessions.find(token, clock.now())
    assert found
    await sessions.revoke(found, clock.now())


@pytest.fixture
async def manager(site: Site) -> AsyncIterator[Page]:
    context, page = await desk(site)
    yield page
    await context.close()


async def test_a_whole_shift_without_the_mouse(site: Site, manager: Page) -> None:
    page = manager
    await keys(page, "?")
    overlay = page.get_by_role("dialog", name="Keys")
    await expect(overlay.get_by_text("next case")).to_be_visible()
    await keys(page, "Escape")
    await expect(overlay).to_be_hidden()

    # That of a member, who can be given something.
    members = {str(each.id) for each in site.waiting}
    links = [await each.get_attribute("href") or "" for each in await page.locator(".row-link").all()]
    place, case_id = next(
        (n, found) for n, link in enumerate(links, 1) if (found := link.rpartition("/")[2]) in members
    )
    await keys(page, *["j"] * place, "Enter")
    await page.wait_for_url(CASE)
    assert page.url.endswith(case_id)
    mine = page.get_by_role("button", name=re.compile("Assign to me|Take over"))
    if await mine.count():
        await keys(page, "a", "Enter")
        await expect(page.get_by_text("That is you")).to_be_visible()
    await keys(page, "n")
    await page.keyboard.type("Same batch as last week.")
    await keys(page, "Control+Enter")
    await expect(page.locator(".timeline").get_by_text("Same batch as last week.")).to_be_visible()

    await keys(page, "r")
    await page.keyboard.type("Sent too early.")
    await keys(page, "Control+Enter")
    await expect(page.get_by_role("button", name="Undo")).to_be_visible()
    await keys(page, "u", "Enter")
    await expect(page.get_by_text("Taken back before sending").first).to_be_visible()

    await keys(page, "g")
    await expect(page.get_by_label("Points", exact=True)).to_be_focused()
    await page.keyboard.type("5")
    await keys(page, "Tab")
    await page.keyboard.type("For your patience.")
    await keys(page, "Enter")
    await expect(page.get_by_text("Given on this case: 5 points.")).to_be_visible()

    await keys(page, "m")
    await expect(page.get_by_label("Back in the queue in")).to_be_focused()
    await keys(page, "Tab", "Enter")
    await expect(page.locator(".timeline").get_by_text("Snoozed", exact=True)).to_be_visible()

    await keys(page, "e")
    await page.keyboard.type("A new one was sent.")
    await keys(page, "Control+Enter")
    await expect(page.locator(".page-head").get_by_text("Resolved")).to_be_visible()
    done = await kinds(site, case_id)
    assert {"note", "reply", "undone", "goodwill", "snoozed", "resolved"} <= set(done)

    await keys(page, "Escape")
    await page.wait_for_url(re.compile(r"/staff/inbox$"))
    await keys(page, "j", "Enter")
    await page.wait_for_url(CASE)
    assert page.url.rpartition("/")[2] != case_id
    await keys(page, "/")
    await page.wait_for_url(re.compile(r"/staff/inbox/search"))
    await expect(page.get_by_label("Words to find")).to_be_focused()
    await page.keyboard.type("good or 好")
    await keys(page, "Enter")
    await expect(page.locator("[data-rows] li").first).to_be_visible()


async def test_many_at_once_by_keys_and_back(site: Site, manager: Page) -> None:
    page = manager
    await new_case(site, "Many One")
    await page.goto("/staff/inbox?stars=1")
    await keys(page, "j", "x", "t")
    await page.keyboard.type("Recall")
    await keys(page, "Tab", "Enter")
    await expect(page.get_by_text("1 case done.")).to_be_visible()
    tag = page.locator("[data-rows] .case-tag", has_text="recall")
    await expect(tag).to_have_count(1)
    await keys(page, "u", "Enter")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await expect(tag).to_have_count(0)


async def test_a_list_that_was_kept_is_there_again(manager: Page) -> None:
    page = manager
    await page.goto("/staff/inbox?stars=1")
    await page.get_by_label("Keep this list as").fill("One star")
    await page.get_by_role("button", name="Keep").click()
    await page.goto("/staff/inbox")
    await page.get_by_role("link", name="One star").click()
    await expect(page.locator('[aria-label="More views"] [aria-current=page]')).to_have_text("One star")
    await page.get_by_text("Filter", exact=True).click()
    await page.get_by_text("Remove the list “One star”").click()
    await page.get_by_role("button", name="Yes, remove it").click()
    await expect(page.get_by_role("link", name="One star")).to_have_count(0)


# --- two people, two tabs --------------------------------------------------------------------------------


async def test_a_colleague_replies_while_somebody_writes(site: Site, manager: Page) -> None:
    case_id = await new_case(site, "Two People")
    path = f"/staff/inbox/cases/{case_id}"
    await manager.goto(path)
    reply = manager.get_by_role("textbox", name="Your reply")
    await reply.fill(LONG)
    context, other = await desk(site, "owner@example.com")
    await other.goto(path)
    await other.get_by_role("textbox", name="Your reply").fill("I was faster.")
    await other.get_by_role("button", name="Send reply").click()
    await expect(other.get_by_role("button", name="Undo")).to_be_visible()
    since = manager.locator("#since")
    await expect(since.get_by_text("Public reply")).to_be_visible()
    await expect(since.get_by_text("Also looking at this case now")).to_be_visible()
    await expect(reply).to_have_value(LONG)
    # Sending all the same is refused, and the text is still there.
    await manager.get_by_role("button", name="Send reply").click()
    await expect(manager.get_by_text("Somebody else did something on this case meanwhile.")).to_be_visible()
    await expect(manager.get_by_role("textbox", name="Your reply")).to_have_value(LONG)
    assert await replies(site, "I was faster.") == 1
    await context.close()


async def test_two_tabs_of_one_person(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'Two Tabs')}"
    await manager.goto(path)
    second = await manager.context.new_page()
    await second.goto(path)
    await second.get_by_role("textbox", name="Your note").fill("From the second tab.")
    await manager.get_by_role("textbox", name="Your reply").fill("From the first tab.")
    await manager.get_by_role("button", name="Send reply").click()
    await expect(second.locator("#since").get_by_text("You, in another window")).to_be_visible()
    await second.get_by_role("button", name="Save note").click()
    await expect(second.locator(".timeline").get_by_text("From the second tab.")).to_be_visible()
    assert await replies(site, "From the first tab.") == 1


# --- nothing is lost, nothing is doubled --------------------------------------------------------------------


async def test_back_after_a_send_doubles_nothing(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'Back Button')}"
    await manager.goto(path)
    await manager.get_by_role("textbox", name="Your note").fill("Only once.")
    await manager.get_by_role("button", name="Save note").click()
    await expect(manager.locator(".timeline").get_by_text("Only once.")).to_be_visible()
    await manager.go_back()
    note = manager.get_by_role("textbox", name="Your note")
    if await note.input_value() == "Only once.":
        await manager.get_by_role("button", name="Save note").click()
        await expect(manager.locator(".timeline").get_by_text("Only once.")).to_be_visible()
    await manager.goto(path)
    assert await replies(site, "Only once.") == 1
    await expect(manager.get_by_role("textbox", name="Your note")).to_have_value("")


@pytest.mark.parametrize("still", [True, False], ids=["cookie", "no-cookie"])
async def test_a_session_that_ends_in_a_long_reply(site: Site, manager: Page, still: bool) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, f'Long Reply {still}')}"
    before = await replies(site, LONG)
    await manager.goto(path)
    await manager.get_by_role("textbox", name="Your reply").fill(LONG)
    if still:
        await end_session(manager.context)
    else:
        await manager.context.clear_cookies(name=STAFF_SESSION)
    await manager.get_by_role("button", name="Send reply").click()
    await manager.wait_for_url(re.compile("sign-in"))
    assert await replies(site, LONG) == before
    email = "manager@example.com"
    await manager.get_by_label("E-mail address").fill(email)
    await manager.get_by_label("Password").fill(site.shop.passwords[email])
    await manager.get_by_role("button", name="Sign in").click()
    await manager.wait_for_url(f"**{path}")
    await expect(manager.get_by_role("textbox", name="Your reply")).to_have_value(LONG)
    await expect(manager.locator("[data-told=restored]:visible")).to_have_count(1)
    await manager.get_by_role("button", name="Send reply").click()
    await expect(manager.get_by_role("button", name="Undo")).to_be_visible()
    assert await replies(site, LONG) == before + 1
    await manager.reload()
    await expect(manager.locator("[data-told=restored]:visible")).to_have_count(0)


async def test_what_one_person_typed_is_not_for_the_next(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'Next Person')}"
    await manager.goto(path)
    await manager.get_by_role("textbox", name="Your note").fill("Between us.")
    await manager.context.clear_cookies(name=STAFF_SESSION)
    await site.enter(manager.context, "owner@example.com")
    await manager.goto(path)
    await expect(manager.get_by_role("textbox", name="Your note")).to_have_value("")


async def test_without_a_connection_nothing_is_sent_and_all_stays(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'No Connection')}"
    await manager.goto(path)
    note = manager.get_by_role("textbox", name="Your note")
    await note.fill("Offline words.")
    await manager.context.set_offline(True)
    told = manager.get_by_text("There is no connection.")
    await expect(told).to_be_visible()
    await manager.get_by_role("button", name="Save note").click()
    await expect(note).to_have_value("Offline words.")
    assert await replies(site, "Offline words.") == 0
    await manager.context.set_offline(False)
    await expect(told).to_be_hidden()
    await manager.get_by_role("button", name="Save note").click()
    await expect(manager.locator(".timeline").get_by_text("Offline words.")).to_be_visible()
    assert await replies(site, "Offline words.") == 1


async def test_a_connection_that_breaks_while_sending(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'Broken Line')}"
    await manager.goto(path)
    await manager.get_by_role("textbox", name="Your note").fill("Through a broken line.")

    async def breaks(route: Any) -> None:
        await route.abort("connectionreset")

    await manager.route(f"**{path}/note", breaks)
    await manager.get_by_role("button", name="Save note").click()
    await manager.wait_for_load_state()
    await manager.unroute(f"**{path}/note")
    await manager.goto(path)
    await manager.reload()
    await expect(manager.get_by_role("textbox", name="Your note")).to_have_value("Through a broken line.")
    assert await replies(site, "Through a broken line.") == 0


async def test_a_slow_line_says_so(site: Site, manager: Page) -> None:
    path = f"/staff/inbox/cases/{await new_case(site, 'Slow Line')}"
    await manager.goto(path)
    await manager.get_by_role("textbox", name="Your note").fill("Slowly.")
    held: list[Any] = []

    async def hold(route: Any) -> None:
        held.append(route)

    await manager.route(f"**{path}/note", hold)
    shown = asyncio.Event()
    manager.on("console", lambda message: shown.set() if message.text == "slow is said" else None)
    await manager.evaluate(SLOW_IS_SAID)
    await manager.get_by_role("button", name="Save note").click(no_wait_after=True)
    async with asyncio.timeout(60):
        await shown.wait()
    await held[0].continue_()
    await expect(manager.locator(".timeline").get_by_text("Slowly.")).to_be_visible()
    await expect(manager.get_by_text("Still sending.")).to_be_hidden()
    assert await replies(site, "Slowly.") == 1
