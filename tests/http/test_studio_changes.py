"""Drafts by name, side by side, approved by a second person, on a date, rolled back; the simulator."""

import asyncio
import html
import re
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from api.app import App
from core import clock, db
from core.days import zone_of
from core.embedded import Services
from core.i18n import LOCALES
from core.ids import new_id
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign, CampaignBudget
from loyalty.changes import service as changes
from loyalty.programme import service as programme
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import Tier
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import RollingDays
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.forms import forms, press, with_button
from tests.http.shop import (
    Shop,
    delivered,
    enter_as_staff,
    form,
    joined,
    member_with,
    open_shop,
    pages_app,
    paid,
    send,
    speak,
)

STUDIO, DRAFT = "/staff/studio", "/staff/studio/tiers"
KEEP, COMPARE, PUBLISH = f"{DRAFT}/keep", f"{DRAFT}/compare", f"{DRAFT}/publish"
CHANGES, SIMULATOR = "/staff/studio/changes", "/staff/studio/simulator"
BACKTESTS = f"{SIMULATOR}/backtests"
LOWER = {"threshold_silver": "100", "threshold_gold": "250"}
ORDER = {"customer": "m-300", "amount": "80"}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    """Members with 50, 120 and 300 qualifying points; tiers at 0, 200 and 500."""
    opened = await open_shop(merchant)
    for points in (50, 120, 300):
        await member_with(opened, points, f"m-{points}")
    return opened


async def post(browser: Browser, page: str, action: str, **typed: str) -> str:
    """Send the form of a page; where it leads to."""
    answer = await browser.client.post(action, data=form(page, action) | typed, headers=PAGE)
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["location"]


async def keep(browser: Browser, name: str, **fields: str) -> str:
    """Keep a draft; the path of its page."""
    page = (await browser.get(DRAFT, params=fields or LOWER)).text
    assert (await post(browser, page, KEEP, name=name)).startswith(COMPARE)
    found = re.findall(rf'href="({CHANGES}/[0-9a-f-]+)"', (await browser.get(CHANGES)).text)
    return found[-1]


async def counts(shop: Shop) -> dict[str, int]:
    async with db.transaction(shop.merchant):
        return await tiers.counts()


async def test_drafts_stand_side_by_side_beside_what_is_live(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer <b>")
    await keep(browser, "Harder", threshold_gold="900", gift_gold="50")
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(COMPARE)).status_code == 200
    speak(browser, "en")
    page = (await browser.get(COMPARE)).text
    assert "Softer &lt;b&gt;" in page
    row = re.search(r'<th scope="row">Silver begins at</th>(.*?)</tr>', page, re.S)
    assert row and re.findall(r">([0-9,]+ points)<", row[1]) == ["200 points", "100 points", "200 points"]
    row = re.search(r'<th scope="row">Members in Silver</th>(.*?)</tr>', page, re.S)
    assert row and re.findall(r">(\d+)</td>", row[1]) == ["1", "1", "1"]
    # Worked on further, under another name, in its own place.
    edit = re.search(r'href="([^"]*draft=[^"]*)"', (await browser.get(path)).text)
    assert edit
    draft = (await browser.get(edit[1].replace("&amp;", "&"))).text
    assert 'value="Softer &lt;b&gt;"' in draft
    await post(browser, draft, KEEP, name="Softest", draft=path.rpartition("/")[2])
    await post(browser, (await browser.get(path)).text, f"{path}/duplicate")
    await post(browser, (await browser.get(path)).text, f"{path}/discard")
    async with db.transaction(shop.merchant):
        assert [each.name for each in await changes.pending()] == ["Harder", "Softest 2"]
    assert await counts(shop) == {"bronze": 2, "silver": 1}


async def test_two_people_publish_and_one_rolls_back(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    policy = f"{CHANGES}/policy"
    await post(browser, (await browser.get(CHANGES)).text, policy)
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(DRAFT, params=LOWER | {"exact": "1"})).text
    assert "Ask a second person" in page
    path = (await post(browser, page, PUBLISH)).partition("?")[0]
    waiting = (await browser.get(path)).text
    assert f'action="{path}/approve"' not in waiting and f'action="{path}/publish"' not in waiting
    token = form(waiting, f"{path}/send-back")
    for deed in ("approve", "publish"):
        answer = await browser.client.post(
            f"{path}/{deed}", data=token | {"idempotency_key": deed}, headers=PAGE
        )
        assert "notice=approval_needed" in answer.headers["location"]
    assert await counts(shop) == {"bronze": 2, "silver": 1}
    await enter_as_staff(browser, shop.merchant, "owner")
    await post(browser, (await browser.get(path)).text, f"{path}/approve")
    assert "notice=live" in await post(browser, (await browser.get(path)).text, f"{path}/publish")
    assert await counts(shop) == {"bronze": 1, "silver": 1, "gold": 1}
    # Back to the first version: a change of its own, approved again.
    back = (await press(browser, (await browser.get(STUDIO)).text, "Bring version 1 back")).headers[
        "location"
    ]
    assert "Back to version 1" in (await browser.get(back)).text
    await post(browser, (await browser.get(back)).text, f"{back}/ask")
    await enter_as_staff(browser, shop.merchant, "marketer")
    await post(browser, (await browser.get(back)).text, f"{back}/approve")
    await post(browser, (await browser.get(back)).text, f"{back}/publish")
    assert await counts(shop) == {"bronze": 2, "silver": 1}
    async with db.transaction(shop.merchant):
        assert (await programme.live()).number == 3
    for locale in LOCALES:
        speak(browser, locale)
        for page in (CHANGES, path, back):
            assert (await browser.get(page)).status_code == 200


RULE, WALLET = "/staff/studio/rules/orders", "/staff/studio/wallets/points"
TERMS = {"expiry": "rolling_days", "debt_policy": "debt", "settling": "on_delivery", "settling_days": "0"}


async def two_versions(browser: Browser, shop: Shop) -> None:
    """Of the tiers, the rule for orders, and the wallet of points."""
    page = (await browser.get(DRAFT, params=LOWER | {"exact": "1"})).text
    await post(browser, page, PUBLISH)
    async with db.transaction(shop.merchant):
        twice = programme.order_rule({"USD": 200})
        draft = await rules.revise("orders", twice, clock.now())
        await rules.publish(draft.version_id, clock.now())
    page = (await browser.get(WALLET)).text
    await post(browser, page, WALLET, **TERMS, expiry_number="365", warn_days="30")


async def test_each_table_of_versions_brings_one_back(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    await two_versions(browser, shop)
    for table, kind in ((STUDIO, "tiers"), (RULE, "rule"), (WALLET, "wallet")):
        for locale in LOCALES:
            speak(browser, locale)
            page = (await browser.get(table)).text
            assert page.count(f'action="{CHANGES}/back"') == 1, (table, locale)  # what is live stays
        speak(browser, "en")
        where = (await press(browser, (await browser.get(table)).text, "Bring version 1 back")).headers
        async with db.transaction(shop.merchant):
            made = await changes.find(UUID(where["location"].rpartition("/")[2]))
        assert (made.kind, made.back_to, made.state) == (kind, 1, "draft")
        page = (await browser.get(where["location"])).text
        assert "notice=live" in (await press(browser, page, "Publish now")).headers["location"]
    assert await counts(shop) == {"bronze": 2, "silver": 1}
    async with db.transaction(shop.merchant):
        rule = (await rules.versions("orders"))[0]
        wallet = (await wallets.versions("points"))[0]
    assert (rule.version, rule.state, rule.rule) == (3, "published", programme.order_rule({"USD": 100}))
    assert (wallet.number, wallet.expiry) == (3, RollingDays(730))


async def test_a_superseded_change_comes_back_by_two_people(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    await two_versions(browser, shop)
    page = (await browser.get(WALLET)).text
    await post(browser, page, WALLET, **TERMS, expiry_number="90", warn_days="30")
    async with db.transaction(shop.merchant):
        [was] = [each for each in await changes.done("wallet") if each.state == "superseded"]
    old = f"{CHANGES}/{was.id}"
    await enter_as_staff(browser, shop.merchant, "owner")
    await press(browser, (await browser.get(CHANGES)).text, "Ask for a second person")
    page = (await browser.get(old)).text
    back = (await press(browser, page, "Bring version 2 back")).headers["location"].partition("?")[0]
    assert back != old and not with_button((await browser.get(back)).text, "Publish now")
    await press(browser, (await browser.get(back)).text, "Ask a second person")
    page = (await browser.get(back)).text
    assert not with_button(page, "Approve") and not with_button(page, "Publish now")
    # Readers may neither bring it back nor go on with it.
    held = form(page, f"{back}/send-back")
    await enter_as_staff(browser, shop.merchant, "auditor")
    held["csrf_token"] = form((await browser.get(CHANGES)).text, "/language")["csrf_token"]
    for table in (STUDIO, RULE, WALLET):
        assert f"{CHANGES}/back" not in (await browser.get(table)).text
    asked = held | {"kind": "wallet", "subject": "points", "version": "1"}
    for action, data in ((f"{old}/back", held), (f"{back}/approve", held), (f"{CHANGES}/back", asked)):
        assert (await browser.client.post(action, data=data, headers=PAGE)).status_code == 403
    async with db.transaction(shop.merchant):
        assert [each.state for each in await changes.pending()] == ["asked"]
        assert (await wallets.get("points")).expiry == RollingDays(90)
    await enter_as_staff(browser, shop.merchant, "marketer")
    await press(browser, (await browser.get(back)).text, "Approve")
    await press(browser, (await browser.get(back)).text, "Publish now")
    async with db.transaction(shop.merchant):
        assert (await wallets.get("points")).expiry == RollingDays(365)
        assert [each.state for each in await changes.done("wallet")] == ["live", "rolled_back", "superseded"]


CAMPAIGNS = "/staff/studio/campaigns"
SPRING = Campaign(
    rules=(m.Rule(trigger=m.Order(), effect=m.Fixed(points=40)),), budget=CampaignBudget(points_total=900)
)


async def campaign(shop: Shop, code: str = "spring") -> str:
    """A campaign as a draft; its name."""
    async with db.transaction(shop.merchant):
        return (await campaigns.create(code, f"{code} & more", SPRING, clock.now())).name


async def state_of(shop: Shop, code: str = "spring") -> tuple[str, int]:
    """Of a campaign, and how many rules it has in force."""
    async with db.transaction(shop.merchant):
        found = [each for each in await rules.live(clock.now()) if each.campaign_id]
        return (await campaigns.get(code)).state, len(found)


async def test_a_campaign_begins_by_two_people(browser: Browser, shop: Shop) -> None:
    await campaign(shop)
    await enter_as_staff(browser, shop.merchant, "owner")
    await press(browser, (await browser.get(CHANGES)).text, "Ask for a second person")
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(CAMPAIGNS)).text
    path = (await press(browser, page, "Yes, put it in force")).headers["location"]
    assert path.startswith(CHANGES) and await state_of(shop) == ("draft", 0)
    again = await press(
        browser, page.replace('idempotency_key" value="', 'idempotency_key" value="2'), "Yes, put it in force"
    )
    assert again.headers["location"] == path and await rows(shop.merchant, "changes") == 1
    # Its author can neither approve nor publish it, here or where it was made.
    page = (await browser.get(path)).text
    assert "For each order: 40 points." in page and ">900<" in page
    assert not with_button(page, "Approve") and not with_button(page, "Publish now")
    assert f'<a href="{path}">Waits for approval</a>' in (await browser.get(CAMPAIGNS)).text
    token = form(page, f"{path}/send-back")
    for deed in ("approve", "publish"):
        data = token | {"idempotency_key": deed}
        answer = await browser.client.post(f"{path}/{deed}", data=data, headers=PAGE)
        assert "notice=approval_needed" in answer.headers["location"]
    await enter_as_staff(browser, shop.merchant, "auditor")
    token["csrf_token"] = form((await browser.get(CHANGES)).text, "/language")["csrf_token"]
    for action in (f"{path}/approve", f"{CAMPAIGNS}/spring/publish"):
        assert (await browser.client.post(action, data=token, headers=PAGE)).status_code == 403
    assert await state_of(shop) == ("draft", 0) and await rows(shop.merchant, "earning_rules") == 1
    for locale in LOCALES:
        speak(browser, locale)
        for shown in (path, CHANGES, CAMPAIGNS):
            assert (await browser.get(shown)).status_code == 200
    await enter_as_staff(browser, shop.merchant, "owner")
    await press(browser, (await browser.get(path)).text, "Approve")
    assert await state_of(shop) == ("draft", 0)
    await press(browser, (await browser.get(path)).text, "Publish now")
    assert await state_of(shop) == ("published", 1)
    assert "40 points" in (await browser.get(path)).text


async def test_a_campaign_waits_for_its_date(browser: Browser, shop: Shop) -> None:
    await campaign(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(CAMPAIGNS)).text
    path = (await press(browser, page, "On a date, or after approval")).headers["location"]
    day = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT09:30")
    await press(browser, (await browser.get(path)).text, "Publish on this date", date=day)
    assert await state_of(shop) == ("draft", 0)
    async with db.transaction(shop.merchant):
        [done] = await changes.publish_due(clock.now() + timedelta(days=4))
    assert (done.kind, done.state) == ("campaign", "live") and (await state_of(shop))[0] == "published"


async def test_a_campaign_begins_at_once_where_one_person_is_enough(browser: Browser, shop: Shop) -> None:
    await campaign(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(CAMPAIGNS)).text
    path = (await press(browser, page, "On a date, or after approval")).headers["location"]
    kept = (await browser.get(path)).text
    await press(browser, kept, "Yes, delete it")
    answer = await press(browser, (await browser.get(CAMPAIGNS)).text, "Yes, put it in force")
    assert answer.headers["location"] == f"{CAMPAIGNS}?notice=running"
    assert await state_of(shop) == ("published", 1)
    async with db.transaction(shop.merchant):
        assert [(each.kind, each.state) for each in await changes.done()] == [("campaign", "live")]


WORDS = {
    "rule_past": (
        "It would begin or end in the past.",
        "它的开始或结束会在过去。",
        "它的開始或結束會在過去。",
    ),
    "rule_of_campaign": (
        "This rule belongs to a campaign, and stays as the campaign began with it.",
        "这条规则属于一个活动，并保持活动开始时的样子。",
        "這條規則屬於一個活動，並保持活動開始時的樣子。",
    ),
    "change_once": (
        "A campaign begins once: nothing of it is repeated or comes back.",
        "活动只开始一次：不能重复，也不能恢复。",
        "活動只開始一次：不能重複，也不能恢復。",
    ),
}


async def says(browser: Browser, where: str, code: str) -> None:
    """The page says why, in each language."""
    for locale, said in zip(LOCALES, WORDS[code], strict=True):
        speak(browser, locale)
        assert said in (await browser.get(where)).text, (where, locale)
    speak(browser, "en")


async def test_why_a_campaign_does_not_begin_is_said_in_words(browser: Browser, shop: Shop) -> None:
    now = clock.now()
    over = msgspec.structs.replace(SPRING, schedule=m.Schedule(end=now - timedelta(days=1)))
    async with db.transaction(shop.merchant):
        await campaigns.create("over", "Over", over, now - timedelta(days=9))
    await enter_as_staff(browser, shop.merchant, "marketer")
    for button in ("Yes, put it in force", "On a date, or after approval"):
        where = (await press(browser, (await browser.get(CAMPAIGNS)).text, button)).headers["location"]
        assert where == f"{CAMPAIGNS}?notice=rule_past"
        await says(browser, where, "rule_past")
    assert await rows(shop.merchant, "changes") == 0
    # It could begin on its date, but what was to publish it then comes after its end.
    ends = msgspec.structs.replace(SPRING, schedule=m.Schedule(end=now + timedelta(days=4)))
    async with db.transaction(shop.merchant):
        await campaigns.create("spring", "Spring", ends, now)
        made = await changes.draft("campaign", "spring", "Spring", ends, None, now)
    path = f"{CHANGES}/{made.id}"
    day = (now + timedelta(days=3)).strftime("%Y-%m-%dT09:30")
    await press(browser, (await browser.get(path)).text, "Publish on this date", date=day)
    async with db.transaction(shop.merchant):
        assert await changes.publish_due(now + timedelta(days=5)) == []
    await says(browser, path, "rule_past")
    assert (await state_of(shop)) == ("draft", 0)


async def test_nothing_of_a_campaign_comes_back_by_a_form(browser: Browser, shop: Shop) -> None:
    await campaign(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    held = form((await browser.get(CHANGES)).text, "/language")
    asked = {"kind": "campaign", "subject": "spring", "version": "0"}

    async def ask(action: str, **fields: str) -> httpx.Response:
        data = {"csrf_token": held["csrf_token"], "idempotency_key": str(new_id())} | fields
        return await browser.client.post(action, data=data, headers=PAGE)

    where = (await ask(f"{CHANGES}/back", **asked)).headers["location"]
    assert where == f"{CHANGES}?notice=change_once"
    await says(browser, where, "change_once")
    path = (
        await press(browser, (await browser.get(CAMPAIGNS)).text, "On a date, or after approval")
    ).headers["location"]
    for deed in ("duplicate", "rebase"):
        mark = form((await browser.get(path)).text, f"{path}/discard")["mark"]
        assert (await ask(f"{path}/{deed}", mark=mark)).headers["location"] == f"{path}?notice=change_once"
    await press(browser, (await browser.get(path)).text, "Publish now")
    await ask(f"{CAMPAIGNS}/spring/end")
    assert await state_of(shop) == ("ended", 0)
    asked = {"kind": "rule", "subject": "spring-1", "version": "1"}
    where = (await ask(f"{CHANGES}/back", **asked)).headers["location"]
    assert where == f"{CHANGES}?notice=rule_of_campaign"
    await says(browser, where, "rule_of_campaign")
    rule = "/staff/studio/rules/spring-1"
    await says(browser, rule, "rule_of_campaign")
    assert f'action="{rule}"' not in (await browser.get(rule)).text
    typed = {"trigger": "order", "effect": "fixed", "number": "50", "wallet:points": "on"}
    answer = await ask(rule, **typed)
    assert answer.status_code == 422 and answer.text.count(WORDS["rule_of_campaign"][0]) == 2
    assert await rows(shop.merchant, "changes") == 1 and await state_of(shop) == ("ended", 0)
    async with db.transaction(shop.merchant):
        assert [each.version for each in await rules.versions("spring-1")] == [1]


async def test_what_was_set_for_a_date_alone_has_no_button_once_two_are_asked_for(
    browser: Browser, shop: Shop
) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    path = await keep(browser, "Softer")
    day = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT09:30")
    await post(browser, (await browser.get(path)).text, f"{path}/schedule", date=day)
    before = (await browser.get(path)).text
    assert with_button(before, "Publish now")
    await press(browser, (await browser.get(CHANGES)).text, "Ask for a second person")
    assert not with_button((await browser.get(path)).text, "Publish now")
    assert "notice=approval_needed" in await post(browser, before, f"{path}/publish")
    async with db.transaction(shop.merchant):
        assert await changes.publish_due(clock.now() + timedelta(days=4)) == []
    assert "Somebody else has to approve it first." in (await browser.get(path)).text
    assert await counts(shop) == {"bronze": 2, "silver": 1}


async def test_a_preview_that_moved_says_what_is_different(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer")
    page = (await browser.get(path)).text
    await member_with(shop, 130, "m-130")
    where = await post(browser, page, f"{path}/publish")
    assert "notice=preview_stale" in where
    again = (await browser.get(where)).text
    row = re.search(r'<th scope="row">Bronze → Silver</th>(.*?)</tr>', again, re.S)
    assert row and re.findall(r">(\d+)</td>", row[1]) == ["1", "2"]
    assert await counts(shop) == {"bronze": 3, "silver": 1}
    assert "notice=live" in await post(browser, again, f"{path}/publish")
    assert await counts(shop) == {"bronze": 1, "silver": 2, "gold": 1}


async def test_a_date_is_of_the_shop_s_clock_and_can_be_taken_back(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer")
    past = await post(browser, (await browser.get(path)).text, f"{path}/schedule", date="2020-01-01T00:00")
    assert "notice=change_invalid" in past
    day = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT09:30")
    await post(browser, (await browser.get(path)).text, f"{path}/schedule", date=day)
    async with db.transaction(shop.merchant):
        found = await changes.find(UUID(path.rpartition("/")[2]))
        assert found.publish_at and found.publish_at.strftime("%Y-%m-%dT%H:%M") == day
    await post(browser, (await browser.get(path)).text, f"{path}/take-back")
    assert f'action="{path}/schedule"' in (await browser.get(path)).text


@pytest.mark.parametrize("role", ["community_manager", "agent", "auditor"])
async def test_who_may_only_read_changes_nothing(browser: Browser, shop: Shop, role: str) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    path = await keep(browser, "Softer")
    data = form((await browser.get(path)).text, f"{path}/publish")
    await enter_as_staff(browser, shop.merchant, role)
    page = await browser.get(path)
    assert page.status_code == (403 if role == "agent" else 200)
    assert f'action="{path}' not in page.text
    data["csrf_token"] = form((await browser.get("/staff/inbox")).text, "/language")["csrf_token"]
    for action in (f"{path}/publish", f"{path}/discard", KEEP, f"{CHANGES}/policy", f"{CHANGES}/back"):
        assert (await browser.client.post(action, data=data, headers=PAGE)).status_code == 403
    assert await counts(shop) == {"bronze": 2, "silver": 1}
    assert await rows(shop.merchant, "changes") == 1


async def test_another_merchant_s_change_is_not_there(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    path = await keep(browser, "Softer")
    data = form((await browser.get(path)).text, f"{path}/discard")
    other = await open_shop(await new_merchant())
    await enter_as_staff(browser, other.merchant, "owner")
    assert (await browser.get(path)).status_code == 404
    data["csrf_token"] = form((await browser.get(CHANGES)).text, "/language")["csrf_token"]
    assert (await browser.client.post(f"{path}/discard", data=data, headers=PAGE)).status_code == 404
    assert await rows(shop.merchant, "changes") == 1


async def test_a_wallet_waits_for_its_date_and_an_unknown_step_is_none(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    action = "/staff/studio/wallets/points"
    page = (await browser.get(action)).text
    wanted = {"expiry": "rolling_days", "expiry_number": "365", "warn_days": "30", "later": "1"}
    wanted |= {"debt_policy": "debt", "settling": "on_delivery", "settling_days": "0"}
    path = await post(browser, page, action, **wanted)
    kept = (await browser.get(path)).text
    assert f'action="{path}/schedule"' in kept
    data = form(kept, f"{path}/discard")
    assert (await browser.client.post(f"{path}/leap", data=data, headers=PAGE)).status_code == 404
    assert "notice=live" in await post(browser, kept, f"{path}/publish")
    assert "365" in (await browser.get(action)).text


# --- what a form was made on, and what was seen


def next_move(page: str, **fields: str) -> dict[str, str]:
    """What the tiers' form asks for once more of its fields are changed."""
    [draft] = [each for each in forms(page) if each.action == DRAFT]
    return draft.fields | fields


async def ben_publishes(browser: Browser, shop: Shop, **fields: str) -> None:
    """Somebody else's tiers go live."""
    page = (await browser.get(DRAFT, params=fields | {"exact": "1"})).text
    assert "published=" in await post(browser, page, PUBLISH)


async def thresholds(shop: Shop) -> list[int]:
    async with db.transaction(shop.merchant):
        return [tier.threshold for tier in (await programme.live()).primary.tiers]


BEGUN = {
    "en": "Something else was published since this draft was begun.",
    "zh-Hans": "此草稿建立之后又发布了别的内容。",
    "zh-Hant": "此草稿建立之後又發布了別的內容。",
}


async def test_a_form_begun_on_older_tiers_takes_nothing_back_unseen(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    begun = (await browser.get(DRAFT, params={"threshold_gold": "900", "exact": "1"})).text
    await ben_publishes(browser, shop, threshold_silver="250")
    # As it stands, moved once more, and published by hand.
    refused = await post(browser, begun, PUBLISH)
    moved = next_move(begun, threshold_gold="950")
    for where, params in ((refused, None), (DRAFT, moved | {"exact": "1"}), (DRAFT, moved)):
        for locale in LOCALES:
            speak(browser, locale)
            page = (await browser.get(where, params=params)).text
            assert BEGUN[locale] in page and f'action="{PUBLISH}"' not in page and "muted publish" not in page
    speak(browser, "en")
    page = (await browser.get(DRAFT, params=moved)).text
    row = re.search(r'<th scope="row">Silver begins at</th>(.*?)</tr>', page, re.S)
    assert row and re.findall(r">([0-9,]+ points)<", row[1]) == ["250 points", "200 points"]
    assert await thresholds(shop) == [0, 250, 500]
    # It is kept, and is published only by who has looked at the difference.
    path = (await post(browser, page, KEEP, name="Gold")).partition("?")[0]
    kept = (await browser.get(path)).text
    assert "Something else was published since this change was made." in kept
    assert not with_button(kept, "Publish now")
    work = re.search(r'href="([^"]*draft=[^"]*)"', kept)
    assert work
    page = (await browser.get(html.unescape(work[1]))).text
    assert BEGUN["en"] in page and f'action="{PUBLISH}"' not in page
    again = next_move(page, threshold_gold="960") | {"exact": "1"}
    page = (await browser.get(DRAFT, params=again)).text
    assert BEGUN["en"] in page and f'action="{PUBLISH}"' not in page
    assert (await press(browser, page, "Save")).headers["location"].startswith(path)
    kept = (await browser.get(path)).text
    assert "960 points" in kept and not with_button(kept, "Publish now")
    await press(browser, kept, "Make it a change of what is live now")
    await press(browser, (await browser.get(path)).text, "Publish now")
    assert await thresholds(shop) == [0, 200, 960]


async def test_a_second_form_on_the_same_version_is_told(browser: Browser, shop: Shop) -> None:
    """Two who begin at once, and the first of them publishes: the other's old form moves nobody."""
    await enter_as_staff(browser, shop.merchant, "marketer")
    kept = (await browser.get(DRAFT, params={"threshold_gold": "900"})).text
    await ben_publishes(browser, shop, threshold_silver="250")
    where = await post(browser, kept, KEEP, name="Gold")
    assert where.startswith(CHANGES) and "what is live now" in (await browser.get(where)).text
    assert await thresholds(shop) == [0, 250, 500]


UNSEEN = (
    "The change says something else by now than you were shown.",
    "此变更的内容与您看到的已经不同",
    "此變更的內容與您看到的已經不同",
)


async def test_who_approves_has_seen_what_is_approved(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await press(browser, (await browser.get(CHANGES)).text, "Ask for a second person")
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer")
    await press(browser, (await browser.get(path)).text, "Ask a second person")
    await enter_as_staff(browser, shop.merchant, "owner")
    opened = (await browser.get(path)).text
    await enter_as_staff(browser, shop.merchant, "marketer")
    await press(browser, (await browser.get(path)).text, "Back to a draft")
    change = UUID(path.rpartition("/")[2])
    async with db.transaction(shop.merchant):
        found = await changes.find(change)
        tiers_of = found.definition.tiers
        dear = msgspec.structs.replace(tiers_of[2], multiplier_percent=900)
        wanted = msgspec.structs.replace(found.definition, tiers=(*tiers_of[:2], dear))
        await changes.save(change, "Softer", wanted, clock.now())
    await press(browser, (await browser.get(path)).text, "Ask a second person")
    await enter_as_staff(browser, shop.merchant, "owner")
    token = form((await browser.get(path)).text, f"{path}/approve")
    for mark in (form(opened, f"{path}/approve")["mark"], ""):
        data = token | {"mark": mark, "idempotency_key": str(new_id())}
        answer = await browser.client.post(f"{path}/approve", data=data, headers=PAGE)
        assert answer.headers["location"] == f"{path}?notice=change_unseen"
    for locale, said in zip(LOCALES, UNSEEN, strict=True):
        speak(browser, locale)
        assert said in (await browser.get(f"{path}?notice=change_unseen")).text
    speak(browser, "en")
    async with db.transaction(shop.merchant):
        assert (await changes.find(change)).state == "asked"
    assert "notice=approved" in await post(browser, (await browser.get(path)).text, f"{path}/approve")


async def test_who_publishes_has_seen_what_goes_live(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer")
    opened, beside = (await browser.get(path)).text, (await browser.get(COMPARE)).text
    work = re.search(r'href="([^"]*draft=[^"]*)"', opened)
    assert work
    page = (await browser.get(html.unescape(work[1]))).text
    page = (await browser.get(DRAFT, params=next_move(page, gift_gold="70"))).text  # moves the same members
    await press(browser, page, "Save")
    for page, deed in ((opened, "publish"), (opened, "schedule"), (beside, "discard"), (beside, "duplicate")):
        typed = {"date": "2099-01-01T00:00"} if deed == "schedule" else {}
        assert "notice=change_unseen" in await post(browser, page, f"{path}/{deed}", **typed)
    assert await thresholds(shop) == [0, 200, 500] and await rows(shop.merchant, "changes") == 1
    assert "notice=live" in await post(browser, (await browser.get(path)).text, f"{path}/publish")
    async with db.transaction(shop.merchant):
        assert [each.value for each in (await programme.live()).primary.tiers[2].benefits] == [70]


OVERTAKEN = (
    "This draft was saved since you opened it, so nothing was put in its place.",
    "您打开此草稿之后，它又被保存过",
    "您打開此草稿之後，它又被儲存過",
)


async def test_a_draft_that_was_saved_meanwhile_is_not_overwritten(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = await keep(browser, "Softer")
    change = UUID(path.rpartition("/")[2])
    opened = (await browser.get(DRAFT, params={"draft": str(change)})).text
    moved = next_move(opened, threshold_silver="150") | {"exact": "1"}
    page = (await browser.get(DRAFT, params=moved)).text
    # Only "Save" names the draft as what is replaced.
    [held] = with_button(page, "Save")
    assert held.fields["of_draft"] == str(change) and "draft" not in held.fields
    assert held.buttons == {"Save": {"draft": str(change)}, "Keep as a new draft": {}}
    theirs = next_move(opened, gift_gold="70")
    await press(browser, (await browser.get(DRAFT, params=theirs)).text, "Save")
    async with db.transaction(shop.merchant):
        saved = await changes.find(change)
    for button in ("Save", "Publish"):
        where = (await press(browser, page, button)).headers["location"]
        for locale, said in zip(LOCALES, OVERTAKEN, strict=True):
            speak(browser, locale)
            assert said in (await browser.get(where)).text
        speak(browser, "en")
        again = (await browser.get(where)).text
        assert not with_button(again, "Save") and not with_button(again, "Publish")
        assert "muted publish" not in again and 'value="150"' in again
    async with db.transaction(shop.merchant):
        assert [each.mark for each in await changes.pending()] == [saved.mark]
    assert await thresholds(shop) == [0, 200, 500]
    await press(browser, again, "Keep as a new draft", name="Mine")
    async with db.transaction(shop.merchant):
        found = {each.name: each.definition.tiers for each in await changes.pending()}
    assert {name: tiers_of[1].threshold for name, tiers_of in found.items()} == {"Softer": 100, "Mine": 150}
    # Whoever opens it now goes on from what it says.
    page = (await browser.get(DRAFT, params={"draft": str(change), "exact": "1"})).text
    assert OVERTAKEN[0] not in page
    assert "published=" in (await press(browser, page, "Publish")).headers["location"]
    assert await thresholds(shop) == [0, 100, 250]


async def test_whoever_publishes_a_kept_draft_waits_for_the_others_first(
    browser: Browser, shop: Shop
) -> None:
    """The scheduler locks tiers, then the change: a form that did it the other way round would be its end."""
    await enter_as_staff(browser, shop.merchant, "marketer")
    change = UUID((await keep(browser, "Softer")).rpartition("/")[2])
    page = (await browser.get(DRAFT, params={"draft": str(change), "exact": "1"})).text
    locked = asyncio.Event()

    async def scheduler() -> None:
        async with db.transaction(shop.merchant):
            await tiers.lock(None)
            locked.set()
            await asyncio.sleep(0.5)
            await db.execute("SELECT FROM changes WHERE id = $1 FOR UPDATE NOWAIT", change)

    async def publish() -> str:
        await locked.wait()
        return (await press(browser, page, "Publish")).headers["location"]

    [_, where] = await asyncio.gather(scheduler(), publish())
    assert "published=" in where


async def other_ladder(shop: Shop) -> None:
    """Silver is no more, gold is called otherwise, and platinum is above it."""
    async with db.transaction(shop.merchant):
        live = (await programme.live()).primary
        bronze, _, gold = live.tiers
        wanted = (
            bronze,
            msgspec.structs.replace(gold, rank=1, name={"en": "Golden", "zh-Hans": "金", "zh-Hant": "金"}),
            Tier(rank=2, code="platinum", name={"en": "Platinum"}, threshold=900),
        )
        changed = msgspec.structs.replace(live, tiers=wanted)
        await tiers.put_in_force(changed, None, None, clock.now())


async def test_a_version_that_comes_back_is_worked_on_as_it_was(browser: Browser, shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        first = (await programme.live()).primary
    await other_ladder(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = (await press(browser, (await browser.get(STUDIO)).text, "Bring version 1 back")).headers[
        "location"
    ]
    change, page = UUID(path.rpartition("/")[2]), (await browser.get(path)).text
    work = re.search(r'href="([^"]*draft=[^"]*)"', page)
    assert work
    where = html.unescape(work[1])
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(where)).status_code == 200
    speak(browser, "en")
    page = (await browser.get(where)).text
    assert "Not there yet" in page and 'name="threshold_silver"' in page and "platinum" not in page
    await press(browser, page, "Save", name="As it was")
    async with db.transaction(shop.merchant):
        found = await changes.find(change)
    assert (found.definition, found.back_to, found.name) == (first, 1, "As it was")
    # Another number is another draft, of the same ladder and names.
    moved = next_move(page, threshold_silver="150")
    for button in ("Save", "Keep as a new draft"):
        page = (await browser.get(DRAFT, params=moved)).text
        assert (await press(browser, page, button)).headers["location"].startswith(COMPARE)
    silver = msgspec.structs.replace(first.tiers[1], threshold=150)
    wanted = msgspec.structs.replace(first, tiers=(first.tiers[0], silver, first.tiers[2]))
    async with db.transaction(shop.merchant):
        kept = await changes.pending("tiers")
    assert [(each.definition, each.back_to) for each in kept] == [(wanted, None)] * 2
    # Asked for by somebody meanwhile, it is not overwritten.
    page = (await browser.get(where)).text
    async with db.transaction(shop.merchant):
        await changes.ask(change, await db.fetchval("SELECT id FROM staff LIMIT 1"), clock.now())
    assert (await press(browser, page, "Save")).headers["location"] == f"{path}?notice=change_state"


async def test_what_comes_and_goes_is_said_in_words(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    await other_ladder(shop)
    path = (await press(browser, (await browser.get(STUDIO)).text, "Bring version 1 back")).headers[
        "location"
    ]

    def cells(page: str, label: str) -> list[str]:
        found = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', page, re.S)
        assert found, label
        return re.findall(r"<td[^>]*>([^<]*)</td>", found[1])

    for page in ((await browser.get(path)).text, (await browser.get(COMPARE)).text):
        assert cells(page, "Silver begins at") == ["Not there yet", "200 points"]
        assert cells(page, "Silver brings") == ["–", "1.5 times the points"]
        assert cells(page, "Platinum begins at") == ["900 points", "Removed"]
        assert cells(page, "Golden is called") == ["Golden / 金 / 金", "Gold / 黄金 / 黃金"]
    assert cells(page, "Members in Platinum") == ["0", "0"]
    assert "Platinum is called" not in page and "Silver is called" not in page
    labels = re.findall(r'<th scope="row">([A-Z]\w+) begins at</th>', page)
    assert labels == ["Bronze", "Silver", "Golden", "Platinum"]
    for locale in LOCALES:
        speak(browser, locale)
        for where in (path, COMPARE):
            assert (await browser.get(where)).status_code == 200


# --- the simulator


async def test_one_order_says_rule_by_rule_what_it_gives(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "auditor")
    for locale in LOCALES:
        speak(browser, locale)
        for asked in (
            {},
            {"customer": "m-300", "amount": "80"},
            {"amount": "x"},
            {"customer": "?", "amount": "1"},
        ):
            assert (await browser.get(SIMULATOR, params=asked)).status_code == 200
    speak(browser, "en")
    page = (await browser.get(SIMULATOR, params=ORDER)).text
    assert "Points · 120 points" in page  # 80 at one a dollar, one and a half times in Silver
    assert "$80.00 at 100 points per 100, times 150% of the tier." in page
    assert (
        "No member has this id."
        in (await browser.get(SIMULATOR, params={"customer": "?", "amount": "1"})).text
    )
    assert "Something does not fit." in (await browser.get(SIMULATOR, params={"amount": "x"})).text


async def test_a_rule_over_what_has_happened_is_the_ledger(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(SIMULATOR)).text
    days = {"start": shop.ago(90).date().isoformat(), "end": shop.now.date().isoformat()}
    asked = {"rule": "orders:1", "wallet": "points", **days}
    where = await post(browser, page, BACKTESTS, **asked)
    found = (await browser.get(where)).text
    assert "the ledger gave exactly as much, 470 points" in found
    assert re.findall(r'data-value="(\d+)"', found) == ["470"]
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(where)).status_code == 200
        assert (await browser.get(f"{where}/progress")).headers["hx-refresh"] == "true"
    speak(browser, "en")
    wrong = form(page, BACKTESTS) | asked | {"end": "soon", "idempotency_key": "w"}
    answer = await browser.client.post(BACKTESTS, data=wrong, headers=PAGE)
    assert answer.status_code == 422 and "days that are over" in answer.text
    assert await rows(shop.merchant, "backtests") == 1


async def test_a_month_like_those_of_the_history_lies_in_an_interval(
    browser: Browser, merchant: UUID
) -> None:
    """Seven months, one of them empty: the page's mean and bounds are Student's, worked out here by hand."""
    opened = await open_shop(merchant)
    first = opened.now.astimezone(zone_of("UTC")).replace(day=1, hour=12, minute=0)
    starts = [first]
    for _ in range(7):
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    amounts = (90, 100, 140, 0, 180, 230, 70)  # dollars, the oldest first: a point each
    await send(opened, joined("ada", starts[0]))
    for n, (at, dollars) in enumerate(zip(starts, amounts, strict=False)):
        if dollars:
            when = at + timedelta(days=3)
            await send(opened, paid("ada", f"o{n}", when, 100 * dollars), delivered(f"o{n}", when))
    flat = m.Rule(
        trigger=m.Order(), effect=m.PerAmount(points_per_100_units={"USD": 100}), wallets=("points",)
    )
    async with db.transaction(merchant):
        await rules.create("flat", "Flat", flat, clock.now())
    await enter_as_staff(browser, merchant, "marketer")
    page = (await browser.get(SIMULATOR)).text
    days = {"start": starts[0].date().isoformat(), "end": starts[-1].date().isoformat()}
    where = await post(browser, page, BACKTESTS, rule="flat:1", wallet="points", **days)
    found = (await browser.get(where)).text
    inner = (100, 140, 0, 180, 230)  # the first and the last month may be cut off
    mean = sum(inner) / 5
    variance = sum((each - mean) ** 2 for each in inner) / 4
    half = 2.776 * (variance / 5) ** 0.5  # t of 4 degrees of freedom, two-sided 95 %
    said = re.search(r"(\d+) points; with 95 % confidence .* lies between (\d+) and (\d+)\.", found)
    assert said, found
    shown, low, high = map(int, said.groups())
    assert (mean, shown) == (130, 130)
    assert abs(low - (mean - half)) <= 1 and abs(high - (mean + half)) <= 1
    # Of fewer months nothing is said.
    days |= {"start": starts[3].date().isoformat()}
    page = (await browser.get(SIMULATOR)).text
    where = await post(browser, page, BACKTESTS, rule="flat:1", wallet="points", **days)
    found = (await browser.get(where)).text
    assert "Points by month" in found and "95 % confidence" not in found
