"""What each person comes for, by keyboard alone, with JavaScript and without."""

import asyncio
import re

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from core import clock, db
from core.mail import service as mail
from loyalty.members import service as members
from tests.browser.site import Site
from tests.fixtures.reviews.shop import open_case

pytestmark = pytest.mark.browser

TABS = 150
"""More than any page has places to go to."""
scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


async def to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(TABS):
        if await target.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


async def press(page: Page, target: Locator) -> None:
    """Go to a link or a button and press it."""
    await to(page, target)
    await page.keyboard.press("Enter")
    await page.wait_for_load_state()


async def type_into(page: Page, target: Locator, text: str) -> None:
    """Go to a field and write over what is in it."""
    await to(page, target)
    await page.keyboard.press("Control+a")
    await page.keyboard.type(text)


async def type_address(page: Page, email: str) -> None:
    """Into the field that has the focus: the browser gives it a moment after the page has loaded."""
    await expect(page.locator("input[name=email]")).to_be_focused()
    await page.keyboard.type(email)


async def sign_in(context: BrowserContext, site: Site, email: str) -> Page:
    """Staff, by the form; the field for the address has the focus already."""
    page = await context.new_page()
    await page.goto("/staff/sign-in")
    await type_address(page, email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(site.shop.passwords[email])
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/staff/(inbox|studio)"))
    return page


async def link_for(site: Site, email: str) -> str:
    """The address in the newest mail to somebody."""
    for _ in range(400):
        async with db.transaction(site.shop.merchant_id):
            sent = [each for each in await mail.newest(50) if each.to_address == email]
        if sent:
            found = re.search(r"http\S+/portal/enter\S+", sent[0].body)
            assert found
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no mail to {email}")


async def points_of(site: Site, email: str) -> int:
    async with db.transaction(site.shop.merchant_id):
        customer = await db.fetchval("SELECT customer_id FROM customer_profiles WHERE email = $1", email)
        member = await members.by_customer(customer)
        assert member
        return next(b.points_active for b in await members.balances(member.id) if b.wallet == "points")


@scripts
async def test_customer_redeems_a_reward(site: Site, scripts: bool) -> None:
    email = site.rich[0 if scripts else 1]
    before = await points_of(site, email)
    context = await site.visitor(scripts=scripts)
    page = await context.new_page()
    await page.goto("/portal/sign-in")
    await type_address(page, email)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Look into your mail").wait_for()
    await page.goto(await link_for(site, email))
    await press(page, page.get_by_role("button", name="Sign in"))
    await page.wait_for_url("**/portal")
    await press(page, page.get_by_role("navigation").get_by_role("link", name="Rewards"))
    reward = page.get_by_role("listitem").filter(has_text="10% off your next order")
    await press(page, reward.locator("summary"))
    await press(page, reward.get_by_role("button", name="Yes, redeem"))
    await page.wait_for_url("**/portal/vouchers/**")
    code = await page.locator(".voucher-code").inner_text()
    async with db.transaction(site.shop.merchant_id):
        assert await db.fetchval("SELECT state FROM vouchers WHERE code = $1", code) == "issued"
    assert await points_of(site, email) == before - 60
    await context.close()


@scripts
async def test_manager_wins_a_customer_back(site: Site, scripts: bool) -> None:
    context = await site.visitor(scripts=scripts)
    page = await sign_in(context, site, "manager@example.com")
    await press(page, page.locator(".row-link").first)
    await page.wait_for_url("**/staff/inbox/cases/**")
    case_id = page.url.rpartition("/")[2]
    await type_into(page, page.get_by_role("textbox", name="Your reply"), "We are sorry, and on it.")
    await press(page, page.get_by_role("button", name="Send reply"))
    outgoing = page.get_by_role("region", name="On its way")
    await outgoing.get_by_role("button", name="Undo").wait_for()
    assert "We are sorry, and on it." in await outgoing.inner_text()

    await press(page, page.locator("#goodwill summary"))
    await type_into(page, page.get_by_label("Points", exact=True), "30")
    await type_into(page, page.get_by_label("Reason"), "For your patience.")
    await press(page, page.get_by_role("button", name="Yes, give them"))
    await page.get_by_text("Given on this case: 30 points.").wait_for()

    await press(page, page.locator("#resolve > summary"))
    await press(page, page.get_by_role("button", name="Yes, resolve"))
    await page.locator(".page-head").get_by_text("Resolved").wait_for()
    await page.goto("/staff/inbox?view=open")
    assert await page.locator(f'.row-link[href$="{case_id}"]').count() == 0
    async with db.transaction(site.shop.merchant_id):
        state = await db.fetchval("SELECT state FROM cases WHERE id = $1::uuid", case_id)
    assert state == "resolved"
    await context.close()


async def test_manager_takes_a_reply_back_with_single_keys(site: Site) -> None:
    context = await site.visitor()
    page = await sign_in(context, site, "manager@example.com")
    for key in ("j", "j", "Enter"):
        await page.keyboard.press(key)
    await page.wait_for_url("**/staff/inbox/cases/**")
    await page.keyboard.press("r")
    await page.keyboard.type("Too fast.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await press(page, page.get_by_role("button", name="Undo"))
    await page.get_by_text("Taken back before sending").first.wait_for()
    assert await page.get_by_role("button", name="Undo").count() == 0
    async with db.transaction(site.shop.merchant_id):
        assert await db.fetchval("SELECT count(*) FROM reviews WHERE reply = 'Too fast.'") == 0
    await context.close()


async def test_an_open_inbox_renews_itself_but_never_under_the_hand(site: Site) -> None:
    context = await site.visitor()
    page = await sign_in(context, site, "manager@example.com")
    await page.evaluate("window.stayed = true")
    await open_case(site.shop.merchant_id, external_id="live-1", at=clock.now(), author="Lena Live")
    await page.get_by_role("link", name="Lena Live").wait_for()
    news = page.get_by_text("Something happened since.")
    assert not await news.is_visible()
    box = page.locator("[data-rows] input[type=checkbox]").first
    await box.check()
    await open_case(site.shop.merchant_id, external_id="live-2", at=clock.now(), author="Nora New")
    await news.wait_for()
    assert await box.is_checked() and await page.get_by_role("link", name="Nora New").count() == 0
    await page.get_by_role("button", name="See what is new").click()
    await page.get_by_role("link", name="Nora New").wait_for()
    await news.wait_for(state="hidden")
    assert await page.evaluate("window.stayed")
    await context.close()


async def tier_counts(page: Page) -> dict[str, int]:
    """Members by tier, as the studio shows them."""
    # With scripts it lies folded behind its chart.
    rows = (
        page.locator("table")
        .filter(has=page.locator("caption", has_text="Members by tier"))
        .locator("tbody tr")
    )
    names = await rows.locator("th").all_inner_texts()
    counts = await rows.locator("td:nth-of-type(2)").all_inner_texts()
    return {name: int(count.replace(",", "")) for name, count in zip(names, counts, strict=True)}


async def moves(page: Page) -> dict[str, int]:
    """What the preview adds to each tier."""
    found: dict[str, int] = {}
    for row in await page.get_by_role("table", name="Members by move").locator("tbody tr").all():
        before, target, _ = await row.locator("td").all_inner_texts()
        members_moving = int(await row.locator("[data-value]").get_attribute("data-value") or 0)
        found[before] = found.get(before, 0) - members_moving
        found[target] = found.get(target, 0) + members_moving
    return found


@scripts
async def test_marketer_moves_a_threshold_and_publishes(site: Site, scripts: bool) -> None:
    context = await site.visitor(scripts=scripts)
    page = await sign_in(context, site, "marketer@example.com")
    await page.goto("/staff/studio")
    before = await tier_counts(page)
    assert sum(before.values()) > 0
    await press(page, page.get_by_role("link", name="Change tiers"))
    await type_into(page, page.locator("#threshold_silver"), "40" if scripts else "25")
    if not scripts:
        await press(page, page.get_by_role("button", name="Show who moves"))
    publish = page.get_by_role("button", name="Publish")
    await publish.wait_for()
    expected = await moves(page)
    assert expected and sum(expected.values()) == 0
    drawn = page.locator("#preview figure[data-chart=flow] svg path")
    if scripts:
        await drawn.first.wait_for(state="attached")
    assert (await drawn.count() >= len(expected) / 2) is scripts  # beside its table, a band for each move
    await press(page, publish)
    await page.wait_for_url("**/staff/studio?**")
    assert await tier_counts(page) == {name: n + expected.get(name, 0) for name, n in before.items()}
    await context.close()


async def test_the_slider_moves_the_preview(site: Site) -> None:
    context = await site.visitor()
    page = await sign_in(context, site, "marketer@example.com")
    await page.goto("/staff/studio/tiers")
    slider, field = page.get_by_label("Threshold of Gold"), page.locator("#threshold_gold")
    before = int(await field.input_value())
    await to(page, slider)
    for _ in range(5):
        await page.keyboard.press("ArrowLeft")
    assert int(await field.input_value()) < before
    await page.locator("#preview dl").wait_for()
    await context.close()


async def test_sliders_move_what_a_tier_multiplies_and_its_grace(site: Site) -> None:
    context = await site.visitor()
    page = await sign_in(context, site, "marketer@example.com")
    await page.goto("/staff/studio/tiers")
    await page.locator("summary").filter(has_text="Points and benefits").last.click()
    await page.get_by_text("What counts, and how a tier is kept").click()
    for label, name in (("Points in Gold, in percent", "multiplier_gold"), ("Days of grace", "grace_days")):
        slider, field = page.locator(f"input[type=range][data-mirrors={name}]"), page.locator(f"#{name}")
        assert await slider.get_attribute("aria-label") == label
        before = await field.input_value()
        await to(page, slider)
        # What was typed for the other slider may still be on its way.
        asks = re.compile(rf"/staff/studio/tiers\?(?!.*[?&]{name}={before}(&|$))")
        async with page.expect_response(asks) as asked:
            await page.keyboard.press("ArrowRight")
        after = await field.input_value()
        assert int(after) > int(before)
        assert f"{name}={after}" in (await asked.value).url
        await type_into(page, field, "120")
        assert await slider.input_value() == "120"
    await page.locator("#preview dl").wait_for()
    await context.close()


@scripts
async def test_marketer_keeps_a_draft_compares_it_and_takes_its_date_back(site: Site, scripts: bool) -> None:
    name = f"Softer {scripts}"
    context = await site.visitor(scripts=scripts)
    page = await sign_in(context, site, "marketer@example.com")
    await page.goto("/staff/studio/tiers")
    await type_into(page, page.locator("#threshold_gold"), "77" if scripts else "78")
    if not scripts:
        await press(page, page.get_by_role("button", name="Show who moves"))
    await page.get_by_role("button", name="Publish").wait_for()
    await type_into(page, page.get_by_label("Name of the draft"), name)
    await press(page, page.get_by_role("button", name="Keep as a new draft"))
    await page.wait_for_url("**/tiers/compare?**")
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name=name))
    await press(page, card.get_by_role("link", name="Steps and publishing"))
    await page.wait_for_url("**/staff/studio/changes/**")
    await page.get_by_label("On", exact=True).fill("2099-01-02T09:30")
    await press(page, page.get_by_role("button", name="Publish on this date"))
    await page.get_by_text("It goes live on that date").wait_for()
    await press(page, page.get_by_role("button", name="Not on that date"))
    await page.get_by_text("Nothing has changed for members").wait_for()
    await press(page, page.locator("summary").filter(has_text="Delete"))
    await press(page, page.get_by_role("button", name="Yes, delete it"))
    await page.get_by_text("The draft is gone.").wait_for()
    async with db.transaction(site.shop.merchant_id):
        assert await db.fetchval("SELECT count(*) FROM changes WHERE name = $1", name) == 0
    await context.close()


@scripts
async def test_marketer_builds_a_rule_and_runs_it_over_history(site: Site, scripts: bool) -> None:
    code = "thanks-js" if scripts else "thanks"
    context = await site.visitor(scripts=scripts)
    page = await sign_in(context, site, "marketer@example.com")
    await page.goto("/staff/studio/rules/new")
    await type_into(page, page.get_by_label("Code"), code)
    await type_into(page, page.get_by_label("How many"), "7")
    if not scripts:
        await press(page, page.get_by_role("button", name="See what it means"))
    meaning = page.get_by_role("region", name="What this means")
    await meaning.get_by_text("7 points").first.wait_for()
    await meaning.get_by_text("can give points for the same event").first.wait_for()
    await press(page, page.get_by_role("button", name="Save as a draft"))
    await page.wait_for_url(f"**/rules/{code}?**")
    await page.goto("/staff/studio/simulator")
    await to(page, page.get_by_label("Rule", exact=True))
    await page.get_by_label("Rule", exact=True).select_option(f"{code}:1")
    await press(page, page.get_by_role("button", name="Run it over these days"))
    await page.wait_for_url("**/simulator/**")
    await page.get_by_role("heading", name="By month").wait_for()
    async with db.transaction(site.shop.merchant_id):
        points = await db.fetchval(
            "SELECT result->'months'->''->>'points' FROM backtests WHERE code = $1", code
        )
    shown = page.locator(".stat").filter(has_text="Points").first
    assert f"{int(points):,}" in await shown.inner_text() and int(points) > 0
    await context.close()


async def test_a_segment_is_counted_while_it_is_typed_before_it_has_a_code(site: Site) -> None:
    context = await site.visitor()
    await site.enter(context, "marketer@example.com")
    page = await context.new_page()
    await page.goto("/staff/studio/segments/new")
    await type_into(page, page.locator("#orders_least"), "2")
    said = page.locator("#segment-look .lead")
    await expect(said).to_have_text("Members of whom it is true that they paid at least 2 orders.")
    await press(page, page.get_by_role("button", name="Add a group of which one is enough"))
    await type_into(page, page.locator('[name="any1.joined_below"]'), "3000")
    await type_into(page, page.locator('[name="any1.countries"]'), "gb")
    await expect(said).to_contain_text("(they joined less than 3,000 days ago or their country is GB)")
    await context.close()
