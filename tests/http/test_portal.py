"""The customer's pages, over HTTP with the real database."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api.app import App
from api.portal import words
from core import clock, db
from core.design.formats import formats
from core.embedded import Services
from core.i18n import LOCALES, Locale, translator
from core.ids import new_id
from loyalty.expiry.service import expire_due
from loyalty.ledger import Earn, post
from loyalty.ledger import reading as ledger
from loyalty.ledger.chain import Link, first_broken
from loyalty.members import service as members
from loyalty.rewards import catalogue
from loyalty.rewards.rules import Offer
from reviews.intake.model import IncomingReview
from reviews.intake.service import receive
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.shop import (
    Shop,
    balance,
    delivered,
    enter_as_customer,
    enter_as_staff,
    form,
    joined,
    member_with,
    open_shop,
    pages_app,
    paid,
    refunded,
    send,
    speak,
)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


SILVER = {"en": "Silver", "zh-Hans": "白银", "zh-Hant": "白銀"}


def said(locale: Locale, message: str, **values: str) -> str:
    """A message in a language; there must be a translation."""
    text = translator(locale).gettext(message, **values)
    assert locale == "en" or text != translator("en").gettext(message, **values)
    return text


async def entry_ids(shop: Shop, customer: str) -> list[tuple[str, str]]:
    """(verb, id) of a member's entries, the newest first."""
    async with db.transaction(shop.merchant):
        member = await members.find(customer)
        return [(e.verb, str(e.journal_id)) for e in await ledger.statement(member.id)]


async def rich_history(shop: Shop, customer: str) -> None:
    """Earned, settled, refunded, spent as one of the Silver, and pending."""
    await send(shop, joined(customer, shop.ago(90)), paid(customer, "HH-1", shop.ago(80), 30000))
    await send(shop, delivered("HH-1", shop.ago(70)))
    await send(shop, paid(customer, "HH-2", shop.ago(20), 10000), refunded("HH-2", shop.ago(10), 4000))


# --- every page, in every language ----------------------------------------------------------------


async def test_home_shows_points_tier_reward_and_entries_in_every_language(
    browser: Browser, shop: Shop
) -> None:
    await rich_history(shop, "c-1")
    await enter_as_customer(browser, shop, "c-1")
    expected = {
        "en": ("Hello, Ada", "Silver", "Mug", "200 points to go until Gold", "HH-2", "Silver is kept until"),
        "zh-Hans": ("白银", "马克杯", "再累计 200 积分即可升至黄金", "白银保留至"),
        "zh-Hant": ("白銀", "Mug", "再累積 200 積分即可升至黃金", "白銀保留至"),
    }
    for locale in LOCALES:
        speak(browser, locale)
        page = await browser.get("/portal")
        assert page.status_code == 200
        assert f'<html lang="{locale}"' in page.text
        for text in expected[locale]:
            assert text in page.text, (locale, text)
        assert re.search(r'hero-points">\s*300<', page.text)
        assert "90" in page.text  # pending: 60 dollars kept, times 1.5 as Silver


async def test_activity_pages_on_by_key_without_gaps_or_repeats(browser: Browser, shop: Shop) -> None:
    await send(shop, joined("c-1", shop.ago(90)))
    for n in range(23):
        await send(shop, paid("c-1", f"HH-{n:03}", shop.ago(80 - n), 1000))
    await enter_as_customer(browser, shop, "c-1")
    seen: list[str] = []
    path = "/portal/activity"
    while path:
        page = (await browser.get(path)).text
        seen += re.findall(r'entry-about">(HH-\d+)<', page)
        link = re.search(r'href="([^"]+)" rel="next"', page)
        path = unescape(link[1]) if link else ""
        assert len(seen) <= 23, "it goes round"
    assert seen == [f"HH-{n:03}" for n in reversed(range(23))]
    assert 'href="/portal/activity?show=all">' in page
    assert (await browser.get(f"/portal/activity?before={2**70}")).status_code == 422


async def test_why_says_the_rule_with_its_facts_in_every_language(browser: Browser, shop: Shop) -> None:
    await rich_history(shop, "c-1")
    await enter_as_customer(browser, shop, "c-1")
    entries = await entry_ids(shop, "c-1")
    assert [verb for verb, _ in entries] == ["clawback", "earn", "settle", "earn"]
    rule = "%(rate)s, and %(factor)s times as many in the tier %(tier)s"
    rates = {locale: words.earning(100, "USD", locale) for locale in LOCALES}
    assert rates["en"] == "1 point for every $1.00 spent"
    for locale in LOCALES:
        speak(browser, locale)
        page = await browser.get(f"/portal/activity/{entries[1][1]}")
        assert page.status_code == 200
        assert said(locale, rule, rate=rates[locale], factor="1.5", tier=SILVER[locale]) in page.text
        assert "100.00" in page.text
        assert "HH-2" in page.text
    speak(browser, "en")
    clawback = (await browser.get(f"/portal/activity/{entries[0][1]}")).text
    assert "$40.00 of this order was paid back" in clawback
    assert "−60" in clawback
    settle = (await browser.get(f"/portal/activity/{entries[2][1]}")).text
    assert "Your order is final" in settle
    assert "+300" in settle


async def test_rewards_tell_affordable_short_and_sold_out(browser: Browser, shop: Shop) -> None:
    first, second = await member_with(shop, 120), await member_with(shop, 60)
    await enter_as_customer(browser, shop, second)
    page = (await browser.get("/portal/rewards")).text
    assert f"/portal/rewards/{shop.last}/redeem" in page
    assert f"/portal/rewards/{shop.mug}/redeem" not in page
    assert "40 points short" in page
    await enter_as_customer(browser, shop, first)
    action = f"/portal/rewards/{shop.last}/redeem"
    await browser.client.post(action, data=form((await browser.get("/portal/rewards")).text, action))
    await enter_as_customer(browser, shop, second)
    page = (await browser.get("/portal/rewards")).text
    assert "Sold out" in page
    assert action not in page
    for locale, text in (("zh-Hans", "您可使用 60 积分"), ("zh-Hant", "您可使用 60 積分")):
        speak(browser, locale)
        assert text in (await browser.get("/portal/rewards")).text


# --- redeeming ------------------------------------------------------------------------------------


async def test_one_form_redeems_once_and_always_leads_to_its_voucher(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 250)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    data = form((await browser.get("/portal/rewards")).text, action)
    answers = await asyncio.gather(*(browser.client.post(action, data=data, headers=PAGE) for _ in range(2)))
    answers.append(await browser.client.post(action, data=data, headers=PAGE))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    [place] = {answer.headers["location"] for answer in answers}
    assert await rows(shop.merchant, "vouchers") == 1
    assert await balance(shop, customer) == (150, 0)
    for locale in LOCALES:
        speak(browser, locale)
        page = await browser.get(place)
        assert page.status_code == 200
        assert re.search(r"<code[^>]*>[2-9A-Z]{12}</code>", page.text)
        assert {"en": "100 points", "zh-Hans": "100 积分", "zh-Hant": "100 積分"}[locale] in page.text
    # The same key for another reward is refused and buys nothing.
    other = await browser.client.post(f"/portal/rewards/{shop.last}/redeem", data=data, headers=PAGE)
    assert other.status_code == 422
    assert await balance(shop, customer) == (150, 0)


async def test_too_few_points_or_none_left_say_so_and_change_nothing(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 60)
    await enter_as_customer(browser, shop, customer)
    token = form((await browser.get("/portal/rewards")).text, "/sign-out")["csrf_token"]
    async with db.transaction(shop.merchant):
        await db.execute("UPDATE reward_stock SET units = 0 WHERE reward_id = $1", shop.last)
    cases = (
        (shop.mug, "You do not have enough points for this reward. Nothing was changed."),
        (shop.last, "Somebody else took the last one of this reward. Your points are all there."),
    )
    for reward, message in cases:
        data = {"csrf_token": token, "idempotency_key": str(new_id()), "version": "1"}
        answer = await browser.client.post(f"/portal/rewards/{reward}/redeem", data=data, headers=PAGE)
        assert answer.status_code == 303
        for locale in LOCALES:
            speak(browser, locale)
            assert said(locale, message) in (await browser.get(answer.headers["location"])).text
    assert await balance(shop, customer) == (60, 0)
    assert await rows(shop.merchant, "vouchers") == 0
    assert await rows(shop.merchant, "idempotency_keys") == 0
    gone = {"csrf_token": token, "idempotency_key": str(new_id()), "version": "1"}
    answer = await browser.client.post(f"/portal/rewards/{new_id()}/redeem", data=gone, headers=PAGE)
    assert answer.status_code == 404


async def test_an_unused_voucher_comes_back_once_with_its_points(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    data = form((await browser.get("/portal/rewards")).text, action)
    place = (await browser.client.post(action, data=data)).headers["location"]
    cancel = place.partition("?")[0] + "/cancel"
    page = (await browser.get(place)).text
    data = form(page, cancel)
    answers = [await browser.client.post(cancel, data=data, headers=PAGE) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert "your points are back" in (await browser.get(answers[0].headers["location"])).text
    assert await balance(shop, customer) == (100, 0)
    # Another form for the same voucher, opened before, finds it taken back.
    late = await browser.client.post(cancel, data=data | {"idempotency_key": str(new_id())}, headers=PAGE)
    assert "used or taken back before" in (await browser.get(late.headers["location"])).text
    assert await balance(shop, customer) == (100, 0)
    reverse, redeem, *_ = await entry_ids(shop, customer)
    assert (reverse[0], redeem[0]) == ("reverse", "redeem")
    for entry, text in ((reverse, "The code was not used"), (redeem, "You chose this reward")):
        page = (await browser.get(f"/portal/activity/{entry[1]}")).text
        assert text in page
        assert "Mug" in page


async def test_the_price_of_a_voucher_is_what_was_paid(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    data = form((await browser.get("/portal/rewards")).text, action)
    place = (await browser.client.post(action, data=data)).headers["location"]
    async with db.transaction(shop.merchant):
        mug = await catalogue.find("mug")
        dearer = Offer(name=mug.name, terms=mug.terms, cost_points=777_777)
        await catalogue.change("mug", 1, dearer, clock.now())
        await catalogue.set_active("mug", False)
    page = (await browser.get(place)).text
    assert "100 points" in page
    assert "777,777" not in page


# --- what is not theirs ---------------------------------------------------------------------------


async def test_what_belongs_to_others_is_not_there_and_stays_as_it_is(browser: Browser, shop: Shop) -> None:
    owner, other = await member_with(shop, 100), await member_with(shop, 100)
    await enter_as_customer(browser, shop, owner)
    action = f"/portal/rewards/{shop.mug}/redeem"
    data = form((await browser.get("/portal/rewards")).text, action)
    place = (await browser.client.post(action, data=data)).headers["location"].partition("?")[0]
    entry = f"/portal/activity/{(await entry_ids(shop, owner))[0][1]}"

    stranger = await open_shop(await new_merchant())
    foreign = await member_with(stranger, 100)
    for in_shop, customer in ((shop, other), (stranger, foreign)):
        await enter_as_customer(browser, in_shop, customer)
        assert (await browser.get(place)).status_code == 404
        assert (await browser.get(entry)).status_code == 404
        token = form((await browser.get("/portal")).text, "/sign-out")["csrf_token"]
        tried = {"csrf_token": token, "idempotency_key": str(new_id())}
        answer = await browser.client.post(f"{place}/cancel", data=tried, headers=PAGE)
        assert answer.status_code == 404
    assert await balance(shop, owner) == (0, 0)
    async with db.transaction(shop.merchant):
        assert await db.fetchval("SELECT state FROM vouchers") == "issued"


async def test_the_portal_is_for_customers_alone(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    paths = ("/portal", "/portal/activity", "/portal/rewards", f"/portal/activity/{new_id()}")
    for path in paths:
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/portal/sign-in")
    await enter_as_staff(browser, shop.merchant, "owner")
    for path in paths:
        assert (await browser.get(path)).status_code == 303
    browser.client.cookies.clear()
    await enter_as_customer(browser, shop, customer)
    for path in ("/staff/studio", "/staff/studio/tiers", "/staff/mails", "/staff/parked"):
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/staff/sign-in")


async def test_posts_without_token_or_key_do_nothing(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    data = form((await browser.get("/portal/rewards")).text, action)
    for missing, status in (("csrf_token", 403), ("idempotency_key", 422)):
        kept = {name: value for name, value in data.items() if name != missing}
        assert (await browser.client.post(action, data=kept, headers=PAGE)).status_code == status
    assert await rows(shop.merchant, "vouchers") == 0


# --- joining --------------------------------------------------------------------------------------


async def test_somebody_who_is_no_member_joins_and_claims_earlier_orders(
    browser: Browser, shop: Shop
) -> None:
    await send(shop, paid("guest", "G-1", shop.ago(10), 5000), paid("guest", "G-0", shop.ago(50), 9900))
    await enter_as_customer(browser, shop, "guest")
    for path in ("/portal/activity", "/portal/rewards"):
        assert (await browser.get(path)).headers["location"] == "/portal"
    for locale in reversed(LOCALES):
        speak(browser, locale)
        page = (await browser.get("/portal")).text
        assert said(locale, "Join now") in page
    assert "1 point for every $1.00 spent" in page
    data = form(page, "/portal/join")
    answers = [await browser.client.post("/portal/join", data=data, headers=PAGE) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {"/portal?notice=joined"}
    assert await rows(shop.merchant, "members") == 1
    # The order of 10 days ago counts, that of 50 days ago is older than the programme claims.
    assert await balance(shop, "guest") == (0, 50)
    assert "Welcome!" in (await browser.get("/portal?notice=joined")).text


async def test_a_member_leaves_and_comes_back(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal/profile")).text
    data = form(page, "/portal/leave")
    answers = [await browser.client.post("/portal/leave", data=data, headers=PAGE) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {"/portal"}
    for locale in reversed(LOCALES):
        speak(browser, locale)
        page = (await browser.get("/portal")).text
        assert said(locale, "You have left the programme.") in page
    assert "The 100 points that you still have are there when you come back." in page
    assert "/portal/leave" not in (await browser.get("/portal/profile")).text
    back = await browser.client.post("/portal/join", data=form(page, "/portal/join"), headers=PAGE)
    assert back.headers["location"] == "/portal?notice=joined"
    page = (await browser.get("/portal")).text
    assert "You have left" not in page and "/portal/join" not in page
    assert await balance(shop, customer) == (100, 0)


async def test_the_hashes_of_all_entries_can_be_kept(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    assert "/portal/activity.json" in (await browser.get("/portal/activity")).text
    answer = await browser.get("/portal/activity.json")
    assert "attachment" in answer.headers["content-disposition"]
    links = msgspec.json.decode(answer.content, type=list[Link])
    assert len(links) >= 2 and first_broken(links) is None
    assert first_broken([msgspec.structs.replace(links[0], content="other"), *links[1:]]) == 1


async def test_without_a_programme_there_is_nothing_to_join(browser: Browser, merchant: UUID) -> None:
    now = datetime.now(UTC)
    shop = Shop(merchant, now, new_id(), new_id(), new_id())
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO customers (merchant_id, external_id, created_at) VALUES ($1, 'c', $2)", merchant, now
        )
    await enter_as_customer(browser, shop, "c")
    page = await browser.get("/portal")
    assert page.status_code == 200
    assert "There is no programme yet" in page.text
    token = form(page.text, "/language")["csrf_token"]
    data = {"csrf_token": token, "idempotency_key": "k"}
    assert (await browser.client.post("/portal/join", data=data, headers=PAGE)).status_code == 404
    assert await rows(merchant, "members") == 0


# --- states ---------------------------------------------------------------------------------------


async def test_points_owed_after_a_return_are_told(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    action = f"/portal/rewards/{shop.mug}/redeem"
    await browser.client.post(action, data=form((await browser.get("/portal/rewards")).text, action))
    await send(shop, refunded(f"o-{customer}", shop.ago(1), 10000))
    page = (await browser.get("/portal")).text
    assert "100 points were taken back for a return" in page
    assert "150 points short" in page  # the cheapest costs 50, and 100 are owed
    assert (await browser.get("/portal/rewards")).status_code == 200


async def test_an_entry_says_what_became_of_its_points(browser: Browser, shop: Shop) -> None:
    customer = "c-1"
    await send(shop, joined(customer, shop.ago(90)), paid(customer, "A", shop.ago(80), 10000))
    await enter_as_customer(browser, shop, customer)
    earn = f"/portal/activity/{(await entry_ids(shop, customer))[0][1]}"
    assert ">Pending<" in (await browser.get(earn)).text
    await send(shop, delivered("A", shop.ago(70)))
    page = (await browser.get(earn)).text
    assert ">Available<" in page
    assert shop.ago(80 - 730).strftime("%Y") in page
    action = f"/portal/rewards/{shop.mug}/redeem"
    await browser.client.post(action, data=form((await browser.get("/portal/rewards")).text, action))
    assert ">Spent<" in (await browser.get(earn)).text


async def test_the_language_switch_comes_back_to_the_page(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal/activity?before=99")).text
    data = form(page, "/language")
    assert data["next"] == "/portal/activity?before=99"
    browser.client.cookies.delete("regulars_language")
    answer = await browser.client.post("/language", data=data | {"locale": "zh-Hant"}, headers=PAGE)
    assert answer.headers["location"] == "/portal/activity?before=99"
    shown = (await browser.get(answer.headers["location"])).text
    assert said("zh-Hant", "Your order is final, so its points can be spent now") in shown


async def test_expiry_is_told_with_its_date(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 100)
    await enter_as_customer(browser, shop, customer)
    page = (await browser.get("/portal")).text
    at = shop.ago(40) + timedelta(days=730)
    assert re.search(rf"100 points expire on [^<]*{at.year}", page)


async def test_expiry_is_told_in_the_activity_with_its_time_zone(browser: Browser, shop: Shop) -> None:
    """The day that ends and where: at the same moment it is another day elsewhere."""
    customer = await member_with(shop, 100)
    at = shop.now.replace(year=shop.now.year + 2, month=6, day=30, hour=22, minute=30)
    async with db.transaction(shop.merchant):
        member = (await members.find(customer)).id
        gift: dict[str, Any] = {
            "effective_at": shop.ago(1),
            "side": "goodwill",
            "reason": {"rule": "goodwill"},
        }
        await post([Earn(key="g", member=member, points=7, expires_at=at, **gift)], shop.now)
    await enter_as_customer(browser, shop, customer)
    for zone, day in (("UTC", 30), ("Asia/Hong_Kong", 1)):
        async with db.transaction(shop.merchant):
            await db.execute("UPDATE merchants SET time_zone = $1", zone)
        month = "Jun" if day == 30 else "Jul"
        page = (await browser.get("/portal/activity")).text
        [row] = [each for each in re.findall(r"<li.*?</li>", page, re.S) if "+7" in each]
        assert f"Valid until {month} {day}, {at.year}" in row, row
        name = formats("en").zone(at, zone)
        assert f"All times: {name}." in page
        # The next to expire is on the first page with its hour, too.
        home = (await browser.get("/portal")).text
        assert f"({name})" in home


async def test_the_file_of_a_filter_has_just_its_rows(browser: Browser, shop: Shop) -> None:
    """By verb, of the ledger itself, whatever the pages show."""
    customer = await member_with(shop, 100)
    async with db.transaction(shop.merchant):
        member = (await members.find(customer)).id
        await post([Earn(key="x", member=member, points=9, effective_at=shop.ago(9), side="goodwill",
                         reason={"rule": "goodwill"}, expires_at=shop.ago(2))], shop.ago(9))  # fmt: skip
        assert await expire_due(shop.now) == 1
        ledger = await db.fetch(
            "SELECT j.verb, j.points, j.effective_at FROM ledger_journal j"
            " JOIN ledger_accounts a ON a.id = j.account_id JOIN wallet_types w ON w.id = a.wallet_type_id"
            " WHERE a.member_id = $1 AND w.code = 'points' ORDER BY j.seq DESC", member
        )  # fmt: skip
    await enter_as_customer(browser, shop, customer)
    wanted = {"all": {"earn", "settle", "expire"}, "earned": {"earn", "settle"}, "spent": {"redeem", "hold"}}
    for show, verbs in (wanted | {"lost": {"expire"}, "moved": {"transfer"}}).items():
        answer = await browser.get(f"/portal/activity.csv?show={show}")
        heads, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        rows = [row for row in ledger if row["verb"] in verbs]
        assert len(heads) == 7 and len(lines) == len(rows), show
        days = [row["effective_at"].date().isoformat() for row in rows]
        assert [line[0][:10] for line in lines] == days, show
    assert {row["verb"] for row in ledger} == wanted["all"]
    assert "show=lost" in (await browser.get("/portal/activity?show=lost")).text


@pytest.mark.parametrize(
    ("rate", "currency", "sentence"),
    [
        (100, "USD", "1 point for every $1.00 spent"),
        (200, "USD", "2 points for every $1.00 spent"),
        (50, "EUR", "1 point for every €2.00 spent"),
        (150, "USD", "3 points for every $2.00 spent"),
        (3, "USD", "3 points for every $100.00 spent"),
        (1, "JPY", "1 point for every ¥100 spent"),
    ],
)
def test_earn_rates_are_said_in_their_lowest_terms(rate: int, currency: str, sentence: str) -> None:
    assert words.earning(rate, currency, "en") == sentence


async def test_gifts_and_expiry_say_why(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 10)
    async with db.transaction(shop.merchant):
        member = (await members.find(customer)).id
        given: dict[str, Any] = {"effective_at": shop.ago(5), "member": member}
        gift = {"rule": "goodwill", "number": 1042}
        note = {"rule": "api", "note": "Happy birthday"}
        expires = shop.ago(2)
        commands = [
            Earn(key="g", points=20, side="goodwill", reason=gift, **given),
            Earn(key="a", points=30, reason=note, expires_at=expires, **given),
        ]
        await post(commands, shop.ago(5))
        assert await expire_due(shop.now) == 1
    await enter_as_customer(browser, shop, customer)
    entries = await entry_ids(shop, customer)
    assert [verb for verb, _ in entries[:3]] == ["expire", "earn", "earn"]
    expected = (
        ("−30", "The time in which these points could be spent was over"),
        ("Happy birthday", "The shop gave you these points<", ">Expired<"),
        ("A goodwill gift from the shop", "Case 1042", "to make up for the trouble you had"),
    )
    for (_, entry), texts in zip(entries, expected, strict=False):
        page = (await browser.get(f"/portal/activity/{entry}")).text
        for text in texts:
            assert text in page, text


async def test_a_full_return_takes_pending_points_back(browser: Browser, shop: Shop) -> None:
    await send(shop, joined("c-1", shop.ago(9)), paid("c-1", "A", shop.ago(8), 5000))
    await send(shop, refunded("A", shop.ago(7), 5000))
    await enter_as_customer(browser, shop, "c-1")
    (_, clawback), (_, earn) = await entry_ids(shop, "c-1")
    assert ">Taken back<" in (await browser.get(f"/portal/activity/{earn}")).text
    page = (await browser.get(f"/portal/activity/{clawback}")).text
    assert "−50" in page
    assert "0 points" in page


async def test_home_shows_the_latest_review(browser: Browser, shop: Shop) -> None:
    customer = await member_with(shop, 10)
    await enter_as_customer(browser, shop, customer)
    assert "No review yet" in (await browser.get("/portal")).text
    texts = (("A fine mug", shop.ago(5)), ("Lid came loose", shop.ago(2)))
    reviews = [
        IncomingReview(
            source="own", external_id=body, written_at=at, rating=Decimal(4), body=body, customer=customer
        )
        for body, at in texts
    ]
    async with db.transaction(shop.merchant):
        await receive(reviews, shop.now)
    page = (await browser.get("/portal")).text
    assert "Lid came loose" in page
    assert "A fine mug" not in page
