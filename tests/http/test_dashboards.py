"""Dashboards, segments, goals and the back office over HTTP: who may, what they say, what they refuse."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from admin import backoffice, operations, studio
from api.app import App, create_app
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from loyalty.ledger import Earn, post
from loyalty.members import service as members
from loyalty.segments import service as segments
from loyalty.segments.model import OrderCount, Segment
from reviews.figures import service as reviews
from tests.conftest import new_merchant
from tests.db.test_segments import a_review
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import Shop, enter_as_staff, form, joined, member_with, open_shop, paid, send, speak

STUDIO = "/staff/studio"
BOARDS = f"{STUDIO}/dashboards"
SEGMENTS = f"{STUDIO}/segments"
GOALS = f"{STUDIO}/goals"
OFFICE = "/staff/backoffice"
LINK = re.compile(r'href="(/staff/studio/(?:dashboards/rows|compliance/reviews)\?[^"]+)"')


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(studio.router, operations.router, backoffice.router)


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    """Four members, one of whom bought twice; a bad review that is answered, and a good one."""
    opened = await open_shop(merchant)
    for points in (50, 220, 600):
        await member_with(opened, points, f"m-{points}")
    await send(opened, joined("m-0", opened.ago(5)), paid("m-600", "again", opened.ago(3), 1_000))
    async with db.transaction(merchant):
        customer = await db.fetchval("SELECT id FROM customers WHERE external_id = 'm-50'")
        for feeling, stars in (("negative", 1), ("positive", 5)):
            await a_review(merchant, customer, feeling, opened.ago(2))
            await db.execute("UPDATE reviews SET rating_norm = $1 WHERE rating_norm IS NULL", stars)
    return opened


def links(page: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in LINK.findall(page)]


async def test_each_figure_of_the_dashboards_leads_to_rows(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = await browser.get(f"{BOARDS}?months=3")
    assert page.status_code == 200
    found = links(page.text)
    assert {"points", "moves", "buyers"} <= {
        figure[1] for each in found if (figure := re.search(r"figure=(\w+)", each))
    }
    for each in found:
        answer = await browser.get(each)
        assert answer.status_code == 200
        if "rows?figure" in each:
            assert "The figure counts nothing" not in answer.text, each


async def test_each_figure_of_the_overview_leads_to_what_it_adds_up(browser: Browser, shop: Shop) -> None:
    """The sum of the rows is the figure: earned, pending, expiring; and the members of each tier."""
    async with db.transaction(shop.merchant):
        member = (await members.find("m-220")).id
        gift: dict[str, Any] = {
            "side": "goodwill",
            "reason": {"rule": "goodwill"},
            "effective_at": shop.ago(1),
        }
        await post([Earn(key="g", member=member, points=33, expires_at=shop.ago(-9), **gift)], shop.now)
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(STUDIO)).text
    figures = re.findall(r'<dt>([^<]+)</dt><dd><b><a href="([^"]+)">([^<]+)</a></b>', page)
    by_name = {name: (href.replace("&amp;", "&"), said) for name, href, said in figures}
    assert by_name.keys() >= {"Liability", "Breakage", "Pending", "Earned", "Redemption rate", "Expiring"}
    for name in ("Pending", "Earned", "Expiring"):
        href, said = by_name[name]
        rows = (await browser.get(href)).text
        added = sum(int(each) for each in re.findall(r"<bdi>\+([\d,]+)</bdi>", rows))
        assert added == int(said.replace(",", "")) > 0, name
    assert by_name["Expiring"][1] == "33" and "m-220" in (await browser.get(by_name["Expiring"][0])).text
    for name in ("Liability", "Redemption rate"):
        assert (await browser.get(by_name[name][0])).status_code == 200
    tiers = re.findall(r'href="([^"]+figure=tier[^"]+)">(\d+)</a>', page)
    assert sorted(int(said) for _, said in tiers) == [1, 1, 2]
    for href, said in tiers:
        rows = (await browser.get(href.replace("&amp;", "&"))).text
        assert len(re.findall(r"<bdi>m-\d+</bdi>", rows)) == int(said)


async def test_the_boards_are_the_same_as_files(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "auditor")
    page = (await browser.get(f"{BOARDS}?months=3")).text
    for board in re.findall(r"dashboards\.csv\?board=(\w+)", page):
        answer = await browser.get(f"{BOARDS}.csv?board={board}&months=3")
        assert answer.headers["content-type"].startswith("text/csv")
        lines = list(csv.reader(io.StringIO(answer.text)))
        assert len({len(line) for line in lines}) == 1, board
    lines = list(csv.reader(io.StringIO((await browser.get(f"{BOARDS}.csv?board=points&months=3")).text)))
    assert lines[0] == ["Month", "Earned", "Redeemed", "Expired", "Taken back"]
    assert sum(int(line[1]) for line in lines[1:]) == 50 + 220 + 600 + 20  # gold: twice a point a dollar
    assert (await browser.get(f"{BOARDS}.csv?board=nothing")).status_code == 404


async def test_reviews_of_a_stretch_and_of_the_one_before_it_are_read_in_one_pass(shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        customer = await db.fetchval("SELECT id FROM customers WHERE external_id = 'm-50'")
        for days, stars in ((40, 2), (100, 1), (120, 5), (400, 5)):
            await a_review(shop.merchant, customer, "negative", shop.ago(days))
            await db.execute("UPDATE reviews SET rating_norm = $1 WHERE rating_norm IS NULL", stars)
        found = await reviews.compared(shop.ago(180), shop.ago(90), shop.ago(0), "UTC")
        assert (found.new.reviews, found.new.low, found.new.high) == (3, 2, 1)
        assert (found.old.reviews, found.old.stars) == (2, 3.0)
        assert sum(each.reviews for each in found.months.values()) == 3
        assert found.months[shop.ago(40).date().replace(day=1)].low >= 1
        nothing = await reviews.compared(shop.ago(900), shop.ago(800), shop.ago(700), "UTC")
        assert nothing == reviews.Compared({}, reviews.Reviews(), reviews.Reviews())


@pytest.mark.parametrize(
    "query", ["months=0", "months=7&until=x", "until=9999-99", "until=2001-01", "months=24&until=2031-01"]
)
async def test_what_is_no_stretch_is_a_page_all_the_same(browser: Browser, shop: Shop, query: str) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    assert (await browser.get(f"{BOARDS}?{query}")).status_code == 200
    for figure in (
        "points&flow=earned",
        "moves&from=&to=silver",
        "buyers&joined=x",
        "nothing",
        "points&flow=x",
    ):
        status = 404 if figure in ("nothing", "points&flow=x") else 200
        assert (await browser.get(f"{BOARDS}/rows?figure={figure}&{query}")).status_code == status, figure


async def test_a_shop_without_a_programme_has_dashboards_too(browser: Browser, merchant: UUID) -> None:
    await enter_as_staff(browser, merchant, "marketer")
    for path in (STUDIO, BOARDS, GOALS, SEGMENTS, f"{SEGMENTS}/new"):
        assert (await browser.get(path)).status_code == 200, path


async def test_the_overview_says_what_the_programme_owes_and_does(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    for locale, word in (("en", "Breakage"), ("zh-Hans", "预计作废"), ("zh-Hant", "預計失效")):
        speak(browser, locale)
        page = await browser.get(STUDIO)
        assert page.status_code == 200 and word in page.text
        assert "charts.js" in page.text and "echarts.min.js" in page.text
    for each in links(page.text):
        assert (await browser.get(each)).status_code == 200


# ---------------------------------------------------------------- segments


async def test_a_segment_is_made_counted_and_revised(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = await browser.get(f"{SEGMENTS}/new")
    fields = form(page.text, f"{SEGMENTS}/new") | {"code": "often", "name": "Often", "orders_least": "2"}
    looked = await browser.client.post(f"{SEGMENTS}/new", data=fields | {"look": "1"}, headers=PAGE)
    assert "they paid at least 2 orders" in looked.text and looked.status_code == 200
    live = await browser.get(f"{SEGMENTS}/look?orders_least=1&orders_most=")
    assert '<b class="count-now">3</b>' in live.text and "<html" not in live.text
    assert await rows(shop.merchant, "segments") == 0
    made = await browser.client.post(f"{SEGMENTS}/new", data=fields, headers=PAGE)
    assert made.headers["location"] == f"{SEGMENTS}/often?notice=made"
    page = await browser.get(f"{SEGMENTS}/often")
    assert "m-600" in page.text and "m-50" not in page.text

    again = form(page.text, f"{SEGMENTS}/often")
    revised = await browser.client.post(f"{SEGMENTS}/often", data=again | {"orders_least": "1"}, headers=PAGE)
    assert revised.headers["location"] == f"{SEGMENTS}/often?notice=revised"
    late = again | {"orders_least": "5", "idempotency_key": "another"}
    refused = await browser.client.post(f"{SEGMENTS}/often", data=late, headers=PAGE)
    assert refused.status_code == 422 and "newer version" in refused.text
    assert await rows(shop.merchant, "segments") == 2
    assert "m-50" in (await browser.get(f"{SEGMENTS}/often")).text
    assert "m-50" not in (await browser.get(f"{SEGMENTS}/often?version=1")).text
    lines = (await browser.get(f"{SEGMENTS}/often/members.csv")).text.split("\r\n")
    assert lines[0] == "customer,tier,joined_at"
    assert sorted(line.split(",")[0] for line in lines[1:] if line) == ["m-220", "m-50", "m-600"]

    page = await browser.get(f"{SEGMENTS}/often")
    key = form(page.text, f"{SEGMENTS}/often/list")
    taken = await browser.client.post(f"{SEGMENTS}/often/list", data=key, headers=PAGE)
    assert taken.status_code == 303
    listed = await browser.get(taken.headers["location"].split("?")[0])
    assert "they are on the list Often" in listed.text and "more than the form can show" in listed.text
    campaign = re.search(r'href="(/staff/studio/campaigns/new\?segment=[^"]+)"', page.text)
    assert campaign and " selected>Often · 2<" in (await browser.get(campaign[1])).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"code": "Not A Code", "orders_least": "1"}, "Small letters"),
        ({"code": "x"}, "at least one thing"),
        ({"code": "x", "orders_least": "many"}, "whole number"),
        ({"code": "x", "countries": "Nowhere"}, "does not"),
        ({"code": "x", "event": "Not An Event"}, "does not"),
        ({"code": "x", "discount_least": "101"}, "does not"),
        ({"code": "x", "orders_days": "99999", "orders_least": "1"}, "does not"),
    ],
)
async def test_what_does_not_fit_is_said_and_not_saved(
    browser: Browser, shop: Shop, typed: dict[str, str], said: str
) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    fields = form((await browser.get(f"{SEGMENTS}/new")).text, f"{SEGMENTS}/new") | typed
    answer = await browser.client.post(f"{SEGMENTS}/new", data=fields, headers=PAGE)
    assert answer.status_code == 422
    assert "problem" in answer.text
    assert await rows(shop.merchant, "segments") == 0


@pytest.mark.parametrize("preset", ["new", "returning", "champions", "at_risk", "bargain", "big"])
async def test_presets_mean_something(browser: Browser, shop: Shop, preset: str) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    page = (await browser.get(f"{SEGMENTS}/new?preset={preset}")).text
    assert "Members of whom it is true" in page
    assert 'role="alert"' not in page


async def test_who_may_only_look_makes_no_segment(browser: Browser, shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        await segments.create("all", "All", Segment(where=(OrderCount(at_least=0),)), clock.now())
    await enter_as_staff(browser, shop.merchant, "auditor")
    page = await browser.get(f"{SEGMENTS}/all")
    assert page.status_code == 200 and "<form" not in page.text.split("<main")[1]
    for path in (f"{SEGMENTS}/new", f"{SEGMENTS}/all", f"{SEGMENTS}/all/list"):
        denied = await browser.post(path, {"code": "x", "orders_least": "1", "idempotency_key": "k"})
        assert denied.status_code == 403, path
    assert (await browser.get(f"{SEGMENTS}/look?orders_least=1")).status_code == 403
    assert await rows(shop.merchant, "segments") == 1 and await rows(shop.merchant, "member_lists") == 0


async def test_segments_of_another_merchant_are_not_there(browser: Browser, shop: Shop) -> None:
    other = await new_merchant()
    async with db.transaction(other):
        await segments.create("theirs", "Theirs", Segment(where=(OrderCount(at_least=0),)), clock.now())
    await enter_as_staff(browser, shop.merchant, "owner")
    assert "Theirs" not in (await browser.get(SEGMENTS)).text
    for path in (f"{SEGMENTS}/theirs", f"{SEGMENTS}/theirs/members.csv"):
        assert (await browser.get(path)).status_code == 404


# ---------------------------------------------------------------- goals


async def test_goals_say_what_the_month_lacks(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    key = form((await browser.get(GOALS)).text, GOALS)
    for typed in ({"rating": "5"}, {"rating": "x"}, {"redemption": "101"}, {"redemption": "-1"}):
        wrong = key | {"idempotency_key": str(new_id())} | typed
        refused = await browser.client.post(GOALS, data=wrong, headers=PAGE)
        assert refused.status_code == 422 and "look at the numbers" in refused.text
    assert await rows(shop.merchant, "case_goals") == 0
    done = await browser.client.post(GOALS, data=key | {"rating": "4.5", "redemption": "40 %"}, headers=PAGE)
    assert done.headers["location"] == GOALS
    page = (await browser.get(GOALS)).text
    assert 'value="4.5"' in page and 'value="40"' in page and "Average stars of reviews" in page
    async with db.transaction(shop.merchant):
        this_month = await db.fetchval(
            "SELECT count(*) FROM reviews"
            " WHERE date_trunc('month', received_at) = date_trunc('month', $1::timestamptz)",
            clock.now(),
        )
    if this_month == 2:
        # 1 and 5 stars: (6 + 5n) / (2 + n) >= 4.5 from n = 6 on.
        assert "6 more reviews with five stars by" in page
    lines = list(csv.reader(io.StringIO((await browser.get(f"{GOALS}.csv")).text)))
    assert len(lines) == 1 + 7 * 24
    await enter_as_staff(browser, shop.merchant, "community_manager")
    denied = await browser.post(GOALS, {"rating": "", "idempotency_key": "k"})
    assert denied.status_code == 403 and await rows(shop.merchant, "case_goals") == 2


async def test_a_shop_of_less_than_a_week_is_told_so(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    for locale, said in (
        ("en", "There is less than one whole week to look at yet"),
        ("zh-Hans", "目前还不足一整周"),
        ("zh-Hant", "目前尚不足一整週"),
    ):
        speak(browser, locale)
        page = (await browser.get(GOALS)).text
        assert said in page, locale
    speak(browser, "en")
    assert "in an hour of the last week." in (await browser.get(GOALS)).text


async def test_managers_set_the_goals_of_cases(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "community_manager")
    of_cases = f"{GOALS}/cases"
    page = (await browser.get(GOALS)).text
    assert "Goals of the programme" not in page
    fields = form(page, of_cases) | {
        "reply_share": "90 %", "reply_hours": "24", "reply_stars": "2",
        "resolve_share": "", "resolve_hours": "120", "csat_share": "80",
    }  # fmt: skip
    wrong = (("reply_share", "101"), ("reply_hours", "x"), ("csat_share", "nan"), ("reply_stars", "6"))
    for name, typed in wrong:
        answer = await browser.client.post(
            of_cases, data=fields | {name: typed, "idempotency_key": name}, headers=PAGE
        )
        assert answer.status_code == 422 and f'value="{typed}"' in answer.text
        assert "Nothing was saved" in answer.text
    assert await rows(shop.merchant, "case_goals") == 0
    done = await browser.client.post(of_cases, data=fields, headers=PAGE)
    assert done.headers["location"] == GOALS
    page = (await browser.get(GOALS)).text
    assert "Reviews of up to 2 stars answered within 24 hours" in page and 'value="90"' in page
    await enter_as_staff(browser, shop.merchant, "marketer")
    assert "Answer bad reviews in public" not in (await browser.get(GOALS)).text
    denied = await browser.post(of_cases, {"csat_share": "10", "idempotency_key": "k"})
    assert denied.status_code == 403 and await rows(shop.merchant, "case_goals") == 2


# ---------------------------------------------------------------- the back office


async def store_of(shop: Shop) -> tuple[UUID, str]:
    async with db.transaction(shop.merchant):
        row = await db.fetchrow("SELECT id, name::text AS name FROM stores")
        assert row
        return row["id"], row["name"]


async def test_an_owner_puts_a_name_right_and_it_is_written_down(browser: Browser, shop: Shop) -> None:
    store, _ = await store_of(shop)
    path = f"{OFFICE}/stores/{store}"
    await enter_as_staff(browser, shop.merchant, "owner")
    assert path in (await browser.get(f"{OFFICE}/stores")).text
    fields = form((await browser.get(path)).text, path)
    wanted = {"name.en": "High Street", "name.zh-Hans": "大街", "reason": "A typing error"}
    for wrong in ({"reason": ""}, {"reason": "x" * 501}, {"name.en": "x" * 501}):
        key = {"idempotency_key": str(new_id())}
        assert (
            await browser.client.post(path, data=fields | wanted | key | wrong, headers=PAGE)
        ).status_code == 422
    assert await rows(shop.merchant, "repairs") == 0
    done = await browser.client.post(path, data=fields | wanted, headers=PAGE)
    assert done.headers["location"] == f"{path}?notice=repaired"
    assert db.from_json((await store_of(shop))[1]) == {"en": "High Street", "zh-Hans": "大街"}
    page = (await browser.get(path)).text
    assert "A typing error" in page and "Mina" in page
    stale = fields | wanted | {"name.en": "Low Street", "idempotency_key": "later"}
    refused = await browser.client.post(path, data=stale, headers=PAGE)
    assert refused.status_code == 409 and "meanwhile" in refused.text
    same = form(page, path) | {"name.en": "High Street", "name.zh-Hans": "大街", "reason": "None"}
    again = await browser.client.post(path, data=same, headers=PAGE)
    assert again.headers["location"] == f"{path}?notice=same"
    assert await rows(shop.merchant, "repairs") == 1


async def test_what_points_follow_from_is_put_right_by_nobody(browser: Browser, shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        [order] = await db.fetch("SELECT id, channel FROM orders WHERE external_id = 'again'")
    path = f"{OFFICE}/orders/{order['id']}"
    await enter_as_staff(browser, shop.merchant, "owner")
    listed = await browser.get(f"{OFFICE}/orders")
    assert "again" in listed.text and "Only to look at" in listed.text and path not in listed.text
    assert (await browser.get(path)).status_code == 404
    wanted = {"was:channel": order["channel"] or "", "channel": "app", "reason": "because"}
    assert (await browser.post(path, wanted | {"idempotency_key": "k"})).status_code == 404
    async with db.transaction(shop.merchant):
        after = await db.fetchval("SELECT channel FROM orders WHERE id = $1", order["id"])
        assert after == order["channel"]


@pytest.mark.parametrize("role", ["marketer", "community_manager", "agent", "auditor"])
async def test_nobody_else_sees_or_changes_anything(browser: Browser, shop: Shop, role: str) -> None:
    store, name = await store_of(shop)
    await enter_as_staff(browser, shop.merchant, role)
    for path in (OFFICE, f"{OFFICE}/stores", f"{OFFICE}/stores/{store}"):
        assert (await browser.get(path)).status_code == 403
    answer = await browser.post(
        f"{OFFICE}/stores/{store}", {"name.en": "Mine", "reason": "because", "idempotency_key": "k"}
    )
    assert answer.status_code == 403
    assert (await store_of(shop), await rows(shop.merchant, "repairs")) == ((store, name), 0)


@pytest.mark.parametrize(
    "table", ["ledger_journal", "ledger_entries", "ledger_accounts", "ledger_lots", "tier_changes", "repairs"]
)
async def test_the_ledger_offers_no_write(browser: Browser, shop: Shop, table: str) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    page = await browser.get(f"{OFFICE}/{table}")
    assert page.status_code == 200 and "Only to look at" in page.text
    assert "<form" not in page.text.split("<main")[1]
    async with db.transaction(shop.merchant):
        before = await db.fetch("SELECT * FROM ledger_journal ORDER BY id")
    key = before[0]["id"]
    assert (await browser.get(f"{OFFICE}/{table}/{key}")).status_code == 404
    answer = await browser.post(
        f"{OFFICE}/{table}/{key}", {"points": "1", "reason": "because", "idempotency_key": "k"}
    )
    assert answer.status_code == 404
    async with db.transaction(shop.merchant):
        assert await db.fetch("SELECT * FROM ledger_journal ORDER BY id") == before


async def test_another_merchants_rows_are_not_seen_and_secrets_are_no_tables(
    browser: Browser, shop: Shop
) -> None:
    other = await open_shop(await new_merchant())
    await member_with(other, 100, "theirs")
    store, name = await store_of(other)
    await enter_as_staff(browser, shop.merchant, "owner")
    page = (await browser.get(f"{OFFICE}/stores")).text
    assert str(store) not in page
    path = f"{OFFICE}/stores/{store}"
    assert (await browser.get(path)).status_code == 404
    fields = {"was:name.en": "Main", "name.en": "Mine", "reason": "because", "idempotency_key": "k"}
    assert (await browser.post(path, fields)).status_code == 404
    assert await store_of(other) == (store, name)
    for table in ("staff", "sessions", "api_keys", "customer_profiles", "mails", "pg_class", "stores;--"):
        assert (await browser.get(f"{OFFICE}/{table}")).status_code == 404


async def test_long_tables_are_paged(browser: Browser, shop: Shop) -> None:
    now = clock.now()
    await send(shop, *[paid("m-600", f"more-{n}", now - timedelta(hours=n), 100) for n in range(60)])
    await enter_as_staff(browser, shop.merchant, "owner")
    seen: set[str] = set()
    path = f"{OFFICE}/orders"
    while path:
        page = (await browser.get(path)).text
        seen |= set(re.findall(r"more-\d+", page))
        following = re.search(r'href="(/staff/backoffice/orders\?before=[^"]+)" rel="next"', page)
        path = following[1] if following else ""
    assert len(seen) == 60
    for odd in ("x", "2026-01-01", "%00"):
        assert (await browser.get(f"{OFFICE}/orders?before={odd}")).status_code == 200
        assert (await browser.get(f"{OFFICE}/liability_months?before={odd}")).status_code == 200
