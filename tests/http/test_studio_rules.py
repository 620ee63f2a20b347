"""The studio's rule builder: what it means before it is saved, drafts, publication, what is refused."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import msgspec
import pytest

from admin import operations, studio
from admin.studio import rule_forms as forms
from admin.studio.reward_forms import Shop as FormShop
from api.app import App, create_app
from core import clock, db
from core.days import zone_of
from core.embedded import Services
from core.i18n import LOCALES
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign
from loyalty.rules import model as m
from loyalty.rules import queries
from loyalty.rules import service as rules
from tests.http.conftest import PAGE as PAGE_HEADERS
from tests.http.conftest import Browser, rows
from tests.http.forms import press, with_button
from tests.http.shop import Shop, enter_as_staff, speak

PATH = "/staff/studio/rules"
FIELDS = {
    "code": "silver-teas",
    "name": "Teas for silver",
    "trigger": "order",
    "amount_from": "50",
    "categories": "tea, cups",
    "tier:silver": "on",
    "effect": "fixed",
    "number": "50",
    "wallet:points": "on",
    "limit_times": "2",
    "limit_per": "month",
    "weekday_6": "on",
    "weekday_7": "on",
}
SENTENCE = (
    "For each order, if the day is Saturday or Sunday and it amounts to at least $50.00 and it has a line"
    " where the category is tea or cups and the member&#39;s tier is Silver: 50 points. At most 2 times a"
    " month."
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(studio.router, operations.router)


async def send(browser: Browser, path: str, fields: dict[str, str]) -> httpx.Response:
    return await browser.post(path, fields | {"idempotency_key": fields.get("idempotency_key", "k1")}, PATH)


async def test_a_look_says_what_it_means_and_saves_nothing(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    looked = await send(browser, f"{PATH}/new", FIELDS | {"look": "1"})
    assert looked.status_code == 200
    assert SENTENCE in looked.text
    assert "Both this rule and “Orders” can give points for the same event." in looked.text
    assert "it would have given" in looked.text
    assert 'value="tea, cups"' in looked.text
    assert await rows(shop.merchant, "earning_rules") == 1


async def test_the_order_stands_beside_the_rule_and_who_of_a_group_goes_first(
    browser: Browser, shop: Shop
) -> None:
    """In what order rules are looked at, which of them multiplies, and which of a group takes it."""
    now = clock.now()
    group: dict[str, Any] = {"trigger": m.Order(), "wallets": ("points",), "exclusive_group": "tea"}
    wanted = {
        "double": m.Rule(
            trigger=m.Order(), effect=m.Multiply(percent=200), priority=300, wallets=("points",)
        ),
        "first": m.Rule(effect=m.Fixed(points=9), conditions=(m.FirstOrder(),), priority=50, **group),
        "last": m.Rule(effect=m.Fixed(points=1), priority=200, **group),
    }
    async with db.transaction(shop.merchant):
        for code, rule in wanted.items():
            await rules.publish((await rules.create(code, code.title(), rule, now)).version_id, now)
    await enter_as_staff(browser, shop.merchant, "marketer")
    typed = FIELDS | {"exclusive_group": "tea", "priority": "100", "look": "1"}
    said = {
        "en": ("“First” comes first in the exclusive group: where both hold, this rule gives nothing.",
               "This rule comes first in the exclusive group: where both hold, “Last” gives nothing."),
        "zh-Hans": ("“First”在互斥组中排在前面：两者同时成立时，这条规则不发放积分。",
               "这条规则在互斥组中排在前面：两者同时成立时，“Last”不发放积分。"),
        "zh-Hant": ("「First」在互斥群組中排在前面：兩者同時成立時，這條規則不發放積分。",
               "這條規則在互斥群組中排在前面：兩者同時成立時，「Last」不發放積分。"),
    }  # fmt: skip
    for locale, sentences in said.items():
        speak(browser, locale)
        page = (await send(browser, f"{PATH}/new", typed)).text
        for sentence in sentences:
            assert sentence in page, (locale, sentence)
    speak(browser, "en")
    page = (await send(browser, f"{PATH}/new", typed)).text
    [order] = re.findall(r'<ol class="stacking">(.*?)</ol>', page, re.S)
    lines = re.findall(r"<li([^>]*)>(.*?)</li>", order, re.S)
    assert [re.sub(r"<[^>]+>", "", text) for _, text in lines] == [
        *("Orders", "First", "This rule", "Last"),
        "Double multiplies what is above it",
    ]
    assert ["aria-current" in attributes for attributes, _ in lines] == [False, False, True, False, False]
    # Looked at as it is written, it is evaluated: another place, another order.
    page = (await send(browser, f"{PATH}/new", typed | {"priority": "400"})).text
    [order] = re.findall(r'<ol class="stacking">(.*?)</ol>', page, re.S)
    names = [re.sub(r"<[^>]+>", "", text) for text in re.findall(r"<li[^>]*>(.*?)</li>", order, re.S)]
    assert (
        names[-1] == "This rule" and "“Last” comes first in the exclusive group: this rule will never" in page
    )


async def test_from_the_form_to_points_in_force(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    saved = await send(browser, f"{PATH}/new", FIELDS)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PATH}/silver-teas?notice=drafted")
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(f"{PATH}/silver-teas")).status_code == 200
        assert (await browser.get(PATH)).status_code == 200
    speak(browser, "en")
    page = (await browser.get(f"{PATH}/silver-teas")).text
    assert f'hx-get="{PATH}/silver-teas/figures"' in page and "it would have given" not in page
    for counted in ("/figures", "?counted=1"):
        assert "it would have given" in (await browser.get(f"{PATH}/silver-teas{counted}")).text
    published = await send(browser, f"{PATH}/silver-teas/publish", {"version": "1", "idempotency_key": "k2"})
    assert published.headers["location"].endswith("notice=published")
    page = (await browser.get(f"{PATH}/silver-teas")).text
    assert "In force" in page and 'name="amount_from" type="text" value="50.00"' in page
    next_one = FIELDS | {"number": "70", "version": "1", "idempotency_key": "k3"}
    assert (await send(browser, f"{PATH}/silver-teas", next_one)).status_code == 303
    retired = await send(browser, f"{PATH}/silver-teas/retire", {"idempotency_key": "k4"})
    assert retired.headers["location"].endswith("notice=retired")
    async with db.transaction(shop.merchant):
        found = await rules.versions("silver-teas")
    assert [(each.version, each.state) for each in found] == [(2, "draft"), (1, "retired")]


async def test_an_older_draft_replaces_only_what_its_reader_was_shown(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    path, now = f"{PATH}/orders", clock.now()
    one, two = (
        m.Rule(trigger=m.Order(), effect=m.PerAmount(points_per_100_units={"USD": rate}), wallets=("points",))
        for rate in (300, 400)
    )
    async with db.transaction(shop.merchant):
        await rules.revise("orders", one, now)
    old = (await browser.get(path)).text  # version 1 is in force, 2 is a draft
    async with db.transaction(shop.merchant):
        await rules.publish((await rules.revise("orders", two, now)).version_id, now)

    async def live() -> list[int]:
        async with db.transaction(shop.merchant):
            return [each.version for each in await rules.live(clock.now()) if each.code == "orders"]

    said = {
        "en": "Something else was published since. Look at what it would change.",
        "zh-Hans": "此后又发布了别的内容。请看它会改变什么。",
        "zh-Hant": "此後又發布了別的內容。請看它會改變什麼。",
    }
    for locale, words in said.items():
        speak(browser, locale)
        refused = await press(browser, old, "Put in force")
        assert refused.status_code == 422 and words in refused.text
    speak(browser, "en")
    # On its way as a change, it says so there.
    kept = (await press(browser, old, "On a date, or after approval")).headers["location"]
    page = (await browser.get(kept)).text
    assert "Something else was published since this change was made." in page
    assert not with_button(page, "Publish now") and await live() == [3]
    # The next version is one of what the form was filled in on.
    looked = await press(browser, old, "See what it means")
    for page in (old, looked.text):
        refused = await press(browser, page, "Save as a draft")
        assert refused.status_code == 422
        assert "Somebody has saved a newer version meanwhile; look at it first." in refused.text
    assert await rows(shop.merchant, "earning_rule_versions") == 3
    saved = await press(browser, refused.text, "Save as a draft")
    assert saved.headers["location"].endswith("notice=drafted")
    page = (await browser.get(path)).text
    form = next(each for each in with_button(page, "Put in force") if each.fields["version"] == "2")
    assert form.fields["live"] == "3"
    answer = await browser.client.post(form.action, data=form.fields, headers=PAGE_HEADERS)
    assert answer.headers["location"].endswith("notice=published")
    assert await live() == [4]  # of two drafts that say the same, the newer


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": "many"}, "Type a whole number"),
        ({"code": "No Code"}, "Small letters, digits and hyphens"),
        ({"amount_from": "50", "amount_below": "40"}, "These conditions contradict each other"),
        ({"trigger": "birthday"}, "A condition does not fit what the rule waits for."),
        ({"code": "orders"}, "There is a rule with this code already."),
        ({"trigger": "order_line", "categories": ""}, "Say which lines count."),
        ({"end": "9999-12-31T23:59"}, "Type a year from 1971 to 2199."),
    ],
)
async def test_what_is_no_rule_is_said_and_changes_nothing(
    browser: Browser, shop: Shop, change: dict[str, str], said: str
) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    answer = await send(browser, f"{PATH}/new", FIELDS | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert await rows(shop.merchant, "earning_rules") == 1


async def test_who_may_not_changes_nothing(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "auditor")
    page = (await browser.get(f"{PATH}/orders")).text
    assert "<fieldset" not in page and "Take out of force" not in page
    assert (await send(browser, f"{PATH}/new", FIELDS)).status_code == 403
    assert (await send(browser, f"{PATH}/orders/retire", {})).status_code == 403
    assert await rows(shop.merchant, "earning_rules") == 1


async def test_a_rule_beyond_the_form_is_shown_all_the_same(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    deep = m.Rule(
        trigger=m.Order(),
        effect=m.Fixed(points=1),
        conditions=(m.Not(of=m.FirstOrder()),),
        wallets=("points",),
    )
    async with db.transaction(shop.merchant):
        await rules.create("deep", "Deep", deep, clock.now())
    page = (await browser.get(f"{PATH}/deep")).text
    assert "says more than the form can show" in page
    assert "it is not so that it is the customer&#39;s first order" in page


async def test_a_rule_that_ends_with_all_time_is_shown_all_the_same(browser: Browser, shop: Shop) -> None:
    """As it could be saved once."""
    await enter_as_staff(browser, shop.merchant, "marketer")
    last = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=12)))
    rule = m.Rule(trigger=m.Order(), effect=m.Fixed(points=1))
    ends = msgspec.structs.replace(rule, schedule=m.Schedule(end=last))
    async with db.transaction(shop.merchant):
        made = await rules.create("ever", "Ever", rule, clock.now())
        await db.execute(queries.ADD_VERSION, made.rule_id, db.to_json(ends), None, clock.now())
    path = f"{PATH}/ever"
    for locale in LOCALES:
        speak(browser, locale)
        for where in (PATH, path, f"{path}/figures", f"{PATH}/new"):
            assert (await browser.get(where)).status_code == 200, where
    speak(browser, "en")
    assert "it is before Dec 31, 9999" in (await browser.get(path)).text
    page = (await browser.get(path)).text
    newest = max(with_button(page, "Put in force"), key=lambda each: each.fields["version"])
    answer = await browser.client.post(newest.action, data=newest.fields, headers=PAGE_HEADERS)
    assert answer.status_code == 422 and "A time of it lies too far away." in answer.text


def test_the_form_and_the_rule_say_the_same() -> None:
    shop = FormShop("en", "USD", zone_of("Europe/London"), [], [])
    for change in (
        {},
        {"trigger": "review", "verified": "on", "skus": "A", "categories": "", "amount_from": ""},
    ):
        made, problems = forms.read(FIELDS | {"start": "2026-03-29T00:00", "from_hour": "9"} | change, shop)
        assert made is not None and problems == {}
        fields = forms.fields_of(made, shop)
        assert fields is not None and forms.read(fields, shop) == (made, {})


CAMPAIGNS = "/staff/studio/campaigns"


TOO_LONG = {"en": "up to 90 characters", "zh-Hans": "最多90个字符", "zh-Hant": "最多90個字元"}


async def test_a_campaign_s_code_leaves_room_for_those_of_its_rules(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    for locale, said in TOO_LONG.items():
        speak(browser, locale)
        for place in ("campaigns", "segments"):
            fields = FIELDS | {"code": "c" * 91, "orders_least": "1"}
            answer = await send(browser, f"/staff/studio/{place}/new", fields)
            assert answer.status_code == 422 and said in answer.text, (locale, place)
    assert await rows(shop.merchant, "campaigns") == await rows(shop.merchant, "segments") == 0


async def test_a_campaign_s_rule_has_no_button_that_ends_it_alone(browser: Browser, shop: Shop) -> None:
    now = clock.now()
    async with db.transaction(shop.merchant):
        wanted = Campaign(rules=(m.Rule(trigger=m.Order(), effect=m.Fixed(points=5)),))
        await campaigns.create("spring", "Spring", wanted, now)
        await campaigns.publish("spring", now)
    await enter_as_staff(browser, shop.merchant, "owner")
    assert f"{PATH}/orders/retire" in (await browser.get(f"{PATH}/orders")).text
    assert f"{PATH}/spring-1/retire" not in (await browser.get(f"{PATH}/spring-1")).text
    alone = await send(browser, f"{PATH}/spring-1/retire", {})
    assert alone.status_code == 422 and "This rule belongs to a campaign" in alone.text
    assert (await send(browser, f"{PATH}/orders/retire", {"idempotency_key": "k2"})).status_code == 303
    again = await send(browser, f"{PATH}/orders/retire", {})
    assert again.status_code == 422 and "The rule is not in force." in again.text
    async with db.transaction(shop.merchant):
        assert [each.code for each in await rules.live(clock.now())] == ["spring-1"]


async def test_a_campaign_from_the_form_to_its_end(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    fields = FIELDS | {"code": "spring", "name": "Spring", "budget_total": "1000", "budget_member": "100"}
    looked = await send(browser, f"{CAMPAIGNS}/new", fields | {"look": "1"})
    assert SENTENCE in looked.text and await rows(shop.merchant, "campaigns") == 0
    saved = await send(browser, f"{CAMPAIGNS}/new", fields)
    assert saved.headers["location"] == f"{CAMPAIGNS}?notice=drafted"
    published = await send(browser, f"{CAMPAIGNS}/spring/publish", {"idempotency_key": "k2"})
    assert published.headers["location"] == f"{CAMPAIGNS}?notice=running"
    for locale in LOCALES:
        speak(browser, locale)
        page = await browser.get(CAMPAIGNS)
        assert page.status_code == 200 and "1,000" in page.text
    speak(browser, "en")
    ended = await send(browser, f"{CAMPAIGNS}/spring/end", {"idempotency_key": "k3"})
    assert ended.headers["location"] == f"{CAMPAIGNS}?notice=ended"
    wrong = await send(
        browser, f"{CAMPAIGNS}/new", fields | {"budget_total": "much", "idempotency_key": "k4"}
    )
    assert wrong.status_code == 422 and "Type a whole number" in wrong.text
    assert await rows(shop.merchant, "campaigns") == 1
