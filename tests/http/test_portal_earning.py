"""Ways to earn, as the live rules say them, and entries by kind and as a file."""

import csv
import html
import io
from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES, translator
from loyalty.earning import why
from loyalty.earning.ways import as_told
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.segments import service as segments
from loyalty.segments.model import Joined, Segment
from tests.http.conftest import Browser
from tests.http.shop import (
    Shop,
    balance,
    enter_as_customer,
    enter_as_staff,
    joined,
    member_with,
    pages_app,
    paid,
    send,
)

HOUR_OLD = m.MemberFor(at_least_days=0)
SEGMENT = UUID(int=7)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


async def make_rule(code: str, rule: m.Rule, now: datetime) -> None:
    draft = await rules.create(code, code, rule, now)
    await rules.publish(draft.version_id, now)


# --- the ways to earn --------------------------------------------------------------------------------


async def test_the_page_says_the_rules_and_tiers_in_force(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 300)
    async with db.transaction(shop.merchant):
        await make_rule("birthday", m.Rule(trigger=m.Birthday(), effect=m.Fixed(points=77)), clock.now())
    for locale in LOCALES:
        await enter_as_customer(browser, shop, customer, locale)
        page = html.unescape((await browser.get("/portal/earning")).text)
        async with db.transaction(shop.merchant):
            say = await rules.words(locale)
            live = await rules.live(clock.now())
        assert len(live) == 2
        assert all(say.rule(each.rule) in page for each in live)
        assert page.count('class="mine"') == 1
        assert translator(locale).gettext("Tiers and ways to earn") in page


async def test_a_rule_that_begins_later_or_gives_other_points_is_not_told(
    browser: Browser, shop: Shop
) -> None:
    customer = await member_with(shop, 300)
    async with db.transaction(shop.merchant):
        now = clock.now()
        draft = await rules.create(
            "later", "later", m.Rule(trigger=m.Birthday(), effect=m.Fixed(points=77)), now
        )
        await rules.publish(draft.version_id, now, valid_from=now.replace(year=now.year + 1))
        hidden = m.Rule(trigger=m.Enrolment(), effect=m.Fixed(points=88), wallets=("qualifying",))
        await make_rule("hidden", hidden, now)
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal/earning")).text
    assert "77 points" not in page and "88 points" not in page


async def test_the_calculator_is_what_the_ledger_then_posts(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 300)
    async with db.transaction(shop.merchant):
        second = m.Rule(
            trigger=m.Order(), conditions=(m.OrderNumber(at_least=2, at_most=2),), effect=m.Fixed(points=40)
        )
        await make_rule("second", second, clock.now())
    await enter_as_customer(browser, shop, customer)
    before = await balance(shop, customer)
    page = (await browser.get("/portal/earning?amount=80")).text
    # Silver: one and a half points a dollar, and this would be the second order.
    assert "+160" in page and "+120" in page and "+40" in page
    assert "As Gold it would be 200 points." in page
    assert await balance(shop, customer) == before
    await send(shop, paid(customer, "tried", clock.now(), 8000))
    after = await balance(shop, customer)
    assert after[1] - before[1] == 160


@pytest.mark.parametrize("typed", ["ten", "-5", "0", "1e99", "12.345", "٣", "9" * 500, "<script>", "NaN"])
async def test_what_is_no_amount_is_said_so(browser: Browser, shop: Shop, typed: str) -> None:
    await enter_as_customer(browser, shop, await member_with(shop, 10))
    answer = await browser.get("/portal/earning", params={"amount": typed})
    assert answer.status_code == 200
    told = "Write an amount such as 25 or 12.50." in answer.text
    # A digit of another script is a digit.
    assert told == (typed != "٣")
    assert "<script>" not in answer.text.split("<main")[1]


def test_groups_of_customers_have_no_words_for_customers() -> None:
    plain = m.Rule(trigger=m.Order(), conditions=(HOUR_OLD,), effect=m.Fixed(points=1))
    mine = m.Rule(
        trigger=m.Order(), conditions=(m.InSegment(segment=SEGMENT), HOUR_OLD), effect=m.Fixed(points=1)
    )
    inner = m.Rule(
        trigger=m.Order(),
        conditions=(m.AnyOf(of=(m.InSegment(segment=SEGMENT), HOUR_OLD)),),
        effect=m.Fixed(points=1),
    )
    assert as_told(plain, ()) == plain
    assert as_told(mine, ()) is None
    assert as_told(mine, {SEGMENT}) == plain
    assert as_told(inner, {SEGMENT}) is None


# --- why an entry was made --------------------------------------------------------------------------


async def test_why_names_the_rules_as_they_were_and_those_that_did_not_count(
    browser: Browser, shop: Shop
) -> None:
    customer = await member_with(shop, 300)
    second = m.Rule(trigger=m.Order(), conditions=(m.OrderNumber(at_least=2),), effect=m.Fixed(points=40))
    never = m.Rule(trigger=m.Order(), conditions=(m.OrderNumber(at_least=9),), effect=m.Fixed(points=90))
    async with db.transaction(shop.merchant):
        now = clock.now()
        old = await segments.create("old", "Old hands", Segment(where=(Joined(at_least_days=1000),)), now)
        young = await segments.create("young", "Young ones", Segment(where=(Joined(at_least_days=0),)), now)
        secret = replace(never, conditions=(m.InSegment(segment=old.id),))
        gift = replace(second, conditions=(m.InSegment(segment=young.id),), effect=m.Fixed(points=5))
        for code, rule in {"second": second, "never": never, "secret": secret, "gift": gift}.items():
            await make_rule(code, rule, now)
        member = await members.find(customer)
    await send(shop, paid(customer, "tried", clock.now(), 8000))
    async with db.transaction(shop.merchant):
        later = replace(second, effect=m.Fixed(points=41))
        draft = await rules.revise("second", later, clock.now())
        await rules.publish(draft.version_id, clock.now())
        [entry, *_] = await ledger.statement(member.id, "points", None, 1)
    for locale in LOCALES:
        await enter_as_customer(browser, shop, customer, locale)
        page = html.unescape((await browser.get(f"/portal/activity/{entry.journal_id}")).text)
        async with db.transaction(shop.merchant):
            say = await rules.words(locale)
        _ = say.words.gettext
        assert say.rule(second) in page and say.rule(replace(gift, conditions=())) in page
        assert page.count(_("Version %(number)s, as it was on that day.", number=1)) == 3
        assert all(f">{points}<" in page for points in ("+120", "+40", "+5"))
        assert _("Rules that did not count here") in page and say.rule(never) in page
        assert _("Not so: %(condition)s.", condition=say.condition(never.conditions[0])) in page
        assert "Old hands" not in page and "Young ones" not in page and say.rule(later) not in page
    await enter_as_staff(browser, shop.merchant, "owner")
    page = html.unescape(
        (await browser.get(f"/staff/studio/members/{member.id}/entries/{entry.journal_id}")).text
    )
    assert "Old hands" in page and "Young ones" in page and "{'" not in page


async def test_versions_that_are_not_here_are_left_out(shop: Shop) -> None:
    elsewhere = {
        "rules": [{"code": "gone", "version": 3, "points": 5}],
        "not": [{"code": "gone", "version": 2, "because": "no_line"}],
    }
    async with db.transaction(shop.merchant):
        assert await why.why(elsewhere, "en") == why.Why() == await why.why({"rule": "expiry"}, "en")


# --- entries by kind, and as a file --------------------------------------------------------------------


async def test_entries_by_kind(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 300)
    await enter_as_customer(browser, shop, customer)
    every = (await browser.get("/portal/activity")).text
    earned = (await browser.get("/portal/activity?show=earned")).text
    spent = (await browser.get("/portal/activity?show=spent")).text
    assert "Earned for an order" in every and "Earned for an order" in earned
    assert "Earned for an order" not in spent and "Nothing of this kind" in spent
    answer = await browser.get("/portal/activity?show=everything")
    assert answer.status_code == 422


async def test_the_file_has_every_entry_and_no_formula(browser: Browser, shop: Shop) -> None:
    customer = "c-file"
    await send(shop, joined(customer, shop.ago(90)))
    for n in range(3):
        await send(shop, paid(customer, f"=cmd()-{n}", shop.ago(50 - n), 1000))
    await enter_as_customer(browser, shop, customer, "zh-Hant")
    answer = await browser.get("/portal/activity.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == [
        translator("zh-Hant").gettext(each)
        for each in ("Date", "What", "About", "Why", "Points", "Balance afterwards", "Valid until")
    ]
    assert [row[2] for row in rows[1:]] == ["'=cmd()-2", "'=cmd()-1", "'=cmd()-0"]
    assert [row[4] for row in rows[1:]] == ["10", "10", "10"]


async def test_a_file_is_the_members_own(browser: Browser, shop: Shop) -> None:
    await member_with(shop, 300, "c-other")
    await enter_as_customer(browser, shop, await member_with(shop, 20, "c-own"))
    answer = await browser.get("/portal/activity.csv")
    assert "o-c-own" in answer.text and "o-c-other" not in answer.text
