"""The studio over HTTP with the real database."""

import html
import re
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from admin.studio import liability, tier_form
from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES, translator
from loyalty.programme import service as programme
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import Benefit, Calendar, Spend, TierSet
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.forms import press
from tests.http.shop import (
    TIERS,
    Shop,
    enter_as_customer,
    enter_as_staff,
    form,
    member_with,
    open_shop,
    pages_app,
    paid,
    send,
    speak,
)

DRAFT = "/staff/studio/tiers"
PUBLISH = "/staff/studio/tiers/publish"
LOWER = {"threshold_silver": "100", "threshold_gold": "250"}
EXACT = {"exact": "1"}
"""As the button of the form asks: counted, so that it can be published."""
HTMX = {"hx-request": "true"}
READERS, PUBLISHERS = ("owner", "marketer", "community_manager", "auditor"), ("owner", "marketer")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    """Five members with 50, 120, 220, 300 and 600 qualifying points: 2 Bronze, 2 Silver, 1 Gold."""
    opened = await open_shop(merchant)
    for points in (50, 120, 220, 300, 600):
        await member_with(opened, points, f"m-{points}")
    return opened


async def counts(shop: Shop) -> dict[str, int]:
    async with db.transaction(shop.merchant):
        return await tiers.counts()


async def live_number(shop: Shop) -> int:
    async with db.transaction(shop.merchant):
        return (await programme.live()).number


def stat(page: str, label: str) -> str:
    found = re.search(rf"<dt>{label}</dt><dd><b>(?:<a [^>]*>)?([^<]*)<", page)
    assert found, label
    return found[1]


# --- overview -------------------------------------------------------------------------------------


async def test_the_overview_adds_up_in_every_language(browser: Browser, shop: Shop) -> None:
    await send(shop, paid("m-50", "late", shop.ago(1), 1000))
    await enter_as_staff(browser, shop.merchant, "marketer")
    for locale, silver in (("en", "Silver"), ("zh-Hans", "白银"), ("zh-Hant", "白銀")):
        speak(browser, locale)
        answer = await browser.get("/staff/studio")
        assert answer.status_code == 200
        assert f'<html lang="{locale}"' in answer.text
        assert silver in answer.text
        assert "13" in answer.text
    speak(browser, "en")
    page = (await browser.get("/staff/studio")).text
    # 1,290 active and 10 pending points at a cent each.
    assert stat(page, "Liability") == "$13.00"
    assert "1,300 points outstanding" in page
    assert stat(page, "Pending") == "10"
    # Only the order of yesterday is of the last 30 days; the others were paid 40 days ago.
    assert stat(page, "Earned") == "10"
    assert stat(page, "Redeemed") == "0"
    assert stat(page, "Expiring") == "0"
    row = re.search(r'<th scope="row">Silver</th>(.*?)</tr>', page, re.S)
    assert row
    assert re.findall(r'<td class="num"[^>]*>(?:<a [^>]*>)?([^<]*)<', row[1]) == [
        "from 200 points",
        "2",
        "40%",
    ]
    assert "The first version" in page


async def test_a_shop_without_a_programme_has_an_empty_studio(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "owner")
    page = await browser.get("/staff/studio")
    assert page.status_code == 200
    assert "No tiers yet" in page.text
    assert (await browser.get(DRAFT)).headers["location"] == "/staff/studio"


@pytest.mark.parametrize(
    ("points", "micros", "currency", "minor"),
    [
        (1300, 10_000, "USD", 1300),
        (1, 5_000, "USD", 1),
        (1, 4_999, "USD", 0),
        (1000, 1_500_000, "JPY", 1500),
        (0, 10_000, "EUR", 0),
    ],
)
def test_liability_is_money_in_minor_units(points: int, micros: int, currency: str, minor: int) -> None:
    assert liability.minor(points * micros, currency) == minor


# --- the draft ------------------------------------------------------------------------------------


async def test_the_draft_shows_who_would_move_with_and_without_htmx(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    for locale in LOCALES:
        speak(browser, locale)
        plain = await browser.get(DRAFT)
        assert plain.status_code == 200
        assert PUBLISH not in plain.text
        whole = await browser.get(DRAFT, params=LOWER | EXACT)
        assert 'name="threshold_silver" type="number"' in whole.text
        assert f'action="{PUBLISH}"' in whole.text
        panel = await browser.client.get(DRAFT, params=LOWER, headers=PAGE | HTMX)
        exact = await browser.client.get(DRAFT, params=LOWER | EXACT, headers=PAGE | HTMX)
        assert panel.text.lstrip().startswith('<section id="preview"')
        assert PUBLISH not in panel.text and f'action="{PUBLISH}"' in exact.text
        looked_up = await browser.get(DRAFT, params=LOWER)
        assert PUBLISH not in looked_up.text and "exact=1" in looked_up.text
        for page in (whole.text, looked_up.text, panel.text, exact.text):
            words = translator(locale).gettext
            assert [stat(page, words(x)) for x in ("Moving up", "Moving down", "Unchanged")] == [
                "2",
                "0",
                "3",
            ]
    speak(browser, "en")
    panel = await browser.client.get(DRAFT, params=LOWER, headers=PAGE | HTMX)
    check = re.search(r'hx-get="(/staff/studio/tiers[?][^"]*exact=1[^"]*)"', panel.text)
    assert check
    exact = await browser.client.get(html.unescape(check[1]), headers=PAGE | HTMX)
    assert "Publishing moves exactly these 2 members." in exact.text
    assert "120 points are enough: Silver would begin at 100 points, not at 200 points." in exact.text
    assert await live_number(shop) == 1
    assert await counts(shop) == {"bronze": 2, "silver": 2, "gold": 1}


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"threshold_silver": "600"}, ["Gold must need more points than Silver."]),
        ({"threshold_silver": "0"}, ["Silver must need more points than Bronze."]),
        ({"threshold_gold": "-1"}, ["Type a whole number of points, at most 1,000,000,000,000."]),
        ({"threshold_gold": "1e3"}, ["Type a whole number of points, at most 1,000,000,000,000."]),
        ({"threshold_gold": "9" * 13}, ["Type a whole number of points, at most 1,000,000,000,000."]),
        ({"threshold_gold": ""}, ["Type a whole number of points, at most 1,000,000,000,000."]),
    ],
)
async def test_thresholds_that_make_no_ladder_are_told_at_their_fields(
    browser: Browser, shop: Shop, fields: dict[str, str], problems: list[str]
) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    whole = (await browser.get(DRAFT, params=fields)).text
    assert re.findall(r'<p class="problem" id="threshold_[a-z]+-hint">([^<]*)</p>', whole) == problems
    panel = (await browser.client.get(DRAFT, params=fields, headers=PAGE | HTMX)).text
    for page in (whole, panel):
        assert problems[0] in page
        assert PUBLISH not in page


def test_the_lowest_tier_stays_at_zero_and_missing_fields_stay_live() -> None:
    live = TierSet(code="main", name={}, tiers=TIERS)
    made = tier_form.read(live, {"threshold_bronze": "7", "threshold_silver": " 150 "}, "USD", "en")
    assert [tier.threshold for tier in made.tier_set.tiers] == [0, 150, 500]
    assert made.previewable
    assert not tier_form.read(live, {}, "USD", "en").changed


CALENDAR = {
    "window": "year", "requalification": "period_end", "downgrade": "one_step", "grace_days": "30",
    "gift_gold": "50", "shipping_silver": "40", "multiplier_gold": "300",
}  # fmt: skip


def test_a_form_says_what_counts_how_a_tier_is_kept_and_what_it_brings() -> None:
    live = TierSet(code="main", name={}, tiers=TIERS)
    made = tier_form.read(live, CALENDAR, "USD", "en")
    assert made.previewable, made.problems
    wanted = made.tier_set
    assert (wanted.window, wanted.requalification) == (Calendar("year"), "period_end")
    assert (wanted.downgrade, wanted.grace_days) == ("one_step", 30)
    gold, silver = wanted.tiers[2], wanted.tiers[1]
    assert gold.multiplier_percent == 300
    assert gold.benefits == (Benefit(code="birthday_gift", kind="birthday_gift", value=50),)
    assert silver.benefits == (Benefit(code="free_shipping", kind="free_shipping", value=4000),)
    # What the form shows of it is what it reads back.
    again = tier_form.read(wanted, tier_form.fields_of(wanted, "USD"), "USD", "en")
    assert not again.changed and not again.problems
    gone = tier_form.read(wanted, {"gift_gold": "", "shipping_silver": "0"}, "USD", "en").tier_set
    assert gone.tiers[2].benefits == () and gone.tiers[1].benefits[0].value == 0


def test_money_is_typed_in_whole_units_and_untouched_cents_stay() -> None:
    tiers = tuple(
        msgspec.structs.replace(tier, threshold=tier.threshold * 100 + 50 * tier.rank) for tier in TIERS
    )
    live = TierSet(code="main", name={}, tiers=tiers, metric=Spend("USD"))
    assert tier_form.fields_of(live, "USD")["threshold_silver"] == "200"
    made = tier_form.read(live, {"threshold_gold": "700"}, "USD", "en")
    assert [tier.threshold for tier in made.tier_set.tiers] == [0, 20_050, 70_000]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"metric": "spend", "metric_of": "dollars"}, "metric_of"),
        ({"metric": "stars"}, "metric_of"),
        ({"window_length": "0"}, "window_length"),
        ({"window": "fortnight"}, "window_length"),
        ({"requalification": "period_end"}, "rules"),
        ({"downgrade": "one_step"}, "rules"),
        ({"grace_days": "400"}, "grace_days"),
        ({"grace_days": "9", "window": "year"}, "rules"),
        (CALENDAR | {"window": "month"}, "grace_days"),
        ({"multiplier_gold": "99"}, "multiplier_gold"),
        ({"gift_gold": "many"}, "gift_gold"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(fields: dict[str, str], problem: str) -> None:
    live = TierSet(code="main", name={}, tiers=TIERS)
    for locale in LOCALES:
        assert list(tier_form.read(live, fields, "USD", locale).problems) == [problem]


async def test_a_calendar_year_with_benefits_is_published_from_the_form(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(DRAFT, params=CALENDAR | EXACT)).text
    answer = await browser.client.post(PUBLISH, data=form(page, PUBLISH), headers=PAGE)
    assert answer.headers["location"] == "/staff/studio?published=2"
    async with db.transaction(shop.merchant):
        live = (await programme.live()).primary
    assert (live.window, live.grace_days, live.tiers[2].benefits[0].value) == (Calendar("year"), 30, 50)
    assert "Rules or benefits of Tiers" in (await browser.get("/staff/studio")).text
    for locale in LOCALES:
        speak(browser, locale)
        assert translator(locale).gettext("of the calendar year") in (await browser.get(DRAFT)).text


# --- one member -----------------------------------------------------------------------------------


MEMBER = f"{DRAFT}/members/m-220"
GIVE = f"{MEMBER}/main/override"


async def test_a_tier_is_given_by_hand_and_taken_back(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "community_manager")
    found = await browser.get(f"{DRAFT}/members", params={"customer": " m-220 "})
    assert found.headers["location"] == MEMBER
    for locale in LOCALES:
        speak(browser, locale)
        assert (await browser.get(MEMBER)).status_code == 200
    speak(browser, "en")
    page = (await browser.get(MEMBER)).text
    assert "280 points to go until Gold." in page and "1.5 times the points" in page
    last = (clock.now() + timedelta(days=9)).date()
    data = form(page, GIVE) | {"tier": "gold", "until": last.isoformat(), "reason": "Won it"}
    answers = [await browser.client.post(GIVE, data=data, headers=PAGE) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"{MEMBER}?notice=given"}
    assert await counts(shop) == {"bronze": 2, "silver": 1, "gold": 2}
    page = (await browser.get(f"{MEMBER}?notice=given")).text
    assert (
        "The member is in this tier now." in page and "Given by Mina until" in page and "Mina: Won it" in page
    )
    async with db.transaction(shop.merchant):
        ends = await db.fetchval("SELECT ends_at FROM tier_overrides")
    assert ends.date() == last + timedelta(days=1) and ends.hour == 0
    end = f"{GIVE}/end"
    answer = await browser.client.post(end, data=form(page, end), headers=PAGE)
    assert answer.headers["location"] == f"{MEMBER}?notice=ended"
    assert await counts(shop) == {"bronze": 2, "silver": 2, "gold": 1}


@pytest.mark.parametrize(
    "typed",
    [
        {"tier": "gold", "until": "2020-01-01", "reason": "x"},
        {"tier": "gold", "until": "soon", "reason": "x"},
        {"tier": "gold", "until": "9999-12-31", "reason": "x"},
        {"tier": "platinum", "until": "2099-01-01", "reason": "x"},
        {"tier": "gold", "until": "2099-01-01", "reason": " "},
    ],
)
async def test_a_tier_that_cannot_be_given_changes_nothing(
    browser: Browser, shop: Shop, typed: dict[str, str]
) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    data = form((await browser.get(MEMBER)).text, GIVE) | typed
    answer = await browser.client.post(GIVE, data=data, headers=PAGE)
    assert answer.status_code == 422
    assert "Choose a tier and a day from today on, and say why." in answer.text
    assert await rows(shop.merchant, "tier_overrides") == 0


@pytest.mark.parametrize("role", ["agent", "auditor"])
async def test_who_may_not_give_tiers_gives_none(browser: Browser, shop: Shop, role: str) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    data = form((await browser.get(MEMBER)).text, GIVE)
    data |= {"tier": "gold", "until": "2099-01-01", "reason": "x"}
    await enter_as_staff(browser, shop.merchant, role)
    page = await browser.get(MEMBER)
    assert page.status_code == (200 if role in READERS else 403)
    assert GIVE not in page.text
    data["csrf_token"] = form((await browser.get("/staff/inbox")).text, "/language")["csrf_token"]
    for path in (GIVE, f"{GIVE}/end"):
        assert (await browser.client.post(path, data=data, headers=PAGE)).status_code == 403
    assert await rows(shop.merchant, "tier_overrides") == 0


async def test_nobody_has_such_an_id(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    assert "No member has this id." in (await browser.get(f"{DRAFT}/members?customer=nobody")).text
    assert (await browser.get(f"{DRAFT}/members/nobody")).status_code == 404


# --- publishing -----------------------------------------------------------------------------------


async def test_publishing_moves_exactly_the_previewed_members_once(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = {"threshold_silver": "250", "threshold_gold": "280"}
    page = (await browser.get(DRAFT, params=fields | EXACT)).text
    assert (stat(page, "Moving up"), stat(page, "Moving down"), stat(page, "Unchanged")) == ("1", "1", "3")
    moves = re.findall(r'<tr class="(up|down)"><td>(\w+)</td><td>(\w+)</td><td [^>]*data-value="(\d+)"', page)
    assert moves == [("down", "Silver", "Bronze", "1"), ("up", "Silver", "Gold", "1")]
    data = form(page, PUBLISH)
    answers = [await browser.client.post(PUBLISH, data=data, headers=PAGE) for _ in range(3)]
    assert {(a.status_code, a.headers["location"]) for a in answers} == {(303, "/staff/studio?published=2")}
    assert await counts(shop) == {"bronze": 3, "gold": 2}
    async with db.transaction(shop.merchant):
        changed = await db.fetch("SELECT from_code, to_code FROM tier_changes WHERE reason = 'published'")
    assert sorted((row["from_code"], row["to_code"]) for row in changed) == [
        ("silver", "bronze"),
        ("silver", "gold"),
    ]
    assert await live_number(shop) == 2
    overview = (await browser.get("/staff/studio?published=2")).text
    assert "Version 2 is live" in overview
    assert "Silver from 250 instead of 200 · Gold from 280 instead of 500" in overview
    assert "Mina" in overview
    # Nothing is left to preview: what was drafted is live.
    assert PUBLISH not in (await browser.get(DRAFT, params=fields)).text


async def test_a_stale_preview_publishes_nothing_and_shows_the_new_one(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    first = (await browser.get(DRAFT, params=LOWER | EXACT)).text
    second = (await browser.get(DRAFT, params={"threshold_silver": "40"} | EXACT)).text
    await browser.client.post(PUBLISH, data=form(second, PUBLISH))
    assert await live_number(shop) == 2
    before = await counts(shop)
    answer = await browser.client.post(PUBLISH, data=form(first, PUBLISH), headers=PAGE)
    assert answer.status_code == 303
    assert await live_number(shop) == 2
    assert await counts(shop) == before
    for locale in LOCALES:
        speak(browser, locale)
        page = (await browser.get(answer.headers["location"])).text
        said = translator(locale).gettext(
            "The members or the live tiers changed since your preview, so nothing was published."
            " This is how it looks now."
        )
        assert said in page
    # Kept, and made a change of what is live by now, it is published after all.
    assert f'action="{PUBLISH}"' not in page
    speak(browser, "en")
    page = (await browser.get(answer.headers["location"])).text
    path = (await press(browser, page, "Keep as a new draft", name="Lower")).headers["location"]
    for button in ("Make it a change of what is live now", "Publish now"):
        path = (await press(browser, (await browser.get(path)).text, button)).headers["location"]
    assert path.endswith("notice=live") and await live_number(shop) == 3


@pytest.mark.parametrize(
    "forged",
    [
        {"as_of": "yesterday"},
        {"as_of": "2026-01-01T00:00:00"},
        {"as_of": "2020-01-01T00:00:00+00:00"},
        {"fingerprint": "0" * 64},
        {"threshold_silver": "101"},
        {"threshold_silver": "many"},
        {"threshold_gold": "100"},
    ],
)
async def test_a_forged_form_publishes_nothing(browser: Browser, shop: Shop, forged: dict[str, str]) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    await member_with(shop, 100, "m-100")  # at the border, so that 101 moves other members than 100
    data = form((await browser.get(DRAFT, params=LOWER | EXACT)).text, PUBLISH) | forged
    answer = await browser.client.post(PUBLISH, data=data, headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{DRAFT}?")
    assert await live_number(shop) == 1
    assert await rows(shop.merchant, "programme_versions") == 1


async def test_a_preview_of_long_ago_is_stale(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    data = form((await browser.get(DRAFT, params=LOWER | EXACT)).text, PUBLISH)
    later = clock.now() + timedelta(minutes=61)
    with clock.set_clock(lambda: later):
        answer = await browser.client.post(PUBLISH, data=data, headers=PAGE)
    assert "conflict=1" in answer.headers["location"]
    assert await live_number(shop) == 1


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "marketer", "community_manager", "agent", "auditor"])
async def test_roles_see_and_publish_what_they_may(browser: Browser, shop: Shop, role: str) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    page = (await browser.get(DRAFT, params=LOWER | EXACT)).text
    data = form(page, PUBLISH)
    await enter_as_staff(browser, shop.merchant, role)
    for path in ("/staff/studio", DRAFT):
        assert (await browser.get(path)).status_code == (200 if role in READERS else 403)
    draft = (await browser.get(DRAFT, params=LOWER | EXACT)).text
    assert (f'action="{PUBLISH}"' in draft) == (role in PUBLISHERS)
    data["csrf_token"] = form(draft, "/language")["csrf_token"]
    answer = await browser.client.post(PUBLISH, data=data, headers=PAGE)
    if role in PUBLISHERS:
        assert answer.status_code == 303
        assert await live_number(shop) == 2
    else:
        assert answer.status_code == 403
        assert await live_number(shop) == 1
        assert await counts(shop) == {"bronze": 2, "silver": 2, "gold": 1}


async def test_customers_and_other_merchants_change_nothing(browser: Browser, shop: Shop) -> None:
    await enter_as_customer(browser, shop, "m-50")
    token = form((await browser.get("/portal")).text, "/sign-out")["csrf_token"]
    data = LOWER | {"csrf_token": token, "idempotency_key": "k", "fingerprint": "", "as_of": ""}
    answer = await browser.client.post(PUBLISH, data=data, headers=PAGE)
    assert answer.headers["location"].startswith("/staff/sign-in")
    other = await open_shop(await new_merchant())
    await enter_as_staff(browser, other.merchant, "owner")
    page = (await browser.get(DRAFT, params=LOWER | EXACT)).text
    assert "m-50" not in page
    await browser.client.post(PUBLISH, data=form(page, PUBLISH))
    assert await live_number(other) == 2
    assert await live_number(shop) == 1
