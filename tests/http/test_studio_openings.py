"""Opening balances by file in the studio: with a reason, and by two people where the shop asks for it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from core.ids import new_id
from core.people import staff
from loyalty.changes import service as changes
from loyalty.openings import sending
from tests.conftest import new_merchant
from tests.http.conftest import PAGE, Browser, rows
from tests.http.forms import press, with_button
from tests.http.shop import Shop, balance, enter_as_staff, form, member_with, open_shop, pages_app, speak

PATH = "/staff/studio/openings"
FILE = b"id,customer_id,points,note\no-1,ada,250,From before\no-2,ada,30,\no-3,bob,70,\no-4,ada,many,\n"
WHY = "From the programme <before>"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return pages_app()


@pytest.fixture
async def shop(merchant: Any) -> Shop:
    """A member, ada, with 10 points."""
    opened = await open_shop(merchant)
    await member_with(opened, 10, "ada")
    return opened


async def ask_for_two(shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        email = f"{new_id()}@example.test"
        owner = await staff.create(email, "Boss", "owner", "a good long password", clock.now())
        await changes.set_second_person(True, owner, clock.now())


async def send(browser: Browser, content: bytes = FILE, **typed: str) -> httpx.Response:
    """Send the page's form as a browser does."""
    data = form((await browser.get(PATH)).text, PATH) | {"reason": WHY} | typed
    file = {"file": ("points.csv", content, "text/csv")}
    return await browser.client.post(PATH, data=data, files=file, headers=PAGE)


async def test_a_file_is_taken_in_with_its_reason(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    sent = await send(browser)
    assert sent.status_code == 303 and sent.headers["location"].endswith("?notice=done"), sent.text
    assert await balance(shop, "ada") == (10 + 280, 0)
    page = (await browser.get(sent.headers["location"])).text
    assert "From the programme &lt;before&gt;" in page and "Mina" in page and ">280<" in page
    assert "is no member" in page and "no whole number" in page and not with_button(page, "Approve")
    # Sent again, its rows are known; whoever is no member becomes one if the form says so.
    again = await send(browser, create_members="on")
    assert await balance(shop, "ada") == (290, 0) and await balance(shop, "bob") == (70, 0)
    for locale in LOCALES:
        speak(browser, locale)
        for path in (PATH, sent.headers["location"], again.headers["location"]):
            assert (await browser.get(path)).status_code == 200
    async with db.transaction(shop.merchant):
        logged = await db.fetch(
            "SELECT actor, after->>'reason' AS why FROM audit_entries WHERE table_name = 'opening_imports'"
        )
        assert await db.fetchval("SELECT count(*) FROM opening_imports WHERE content IS NOT NULL") == 0
        named = await db.fetchval(
            "SELECT count(*) FROM opening_imports o JOIN ledger_journal j ON j.reason->>'file' = o.id::text"
        )
    assert [(row["actor"], row["why"]) for row in logged] == [("staff", WHY)] * 2
    assert named == 3


async def test_what_was_found_repeats_no_cell_of_the_file(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    shifted = "id,customer_id,points,wallet,earned_at,expires_at,pending\n"
    cells = ["ada@example.test"] * 5
    for n in range(5):
        row = ["5", "points", "2026-01-01", "never", "no"]
        row[n] = cells[n]
        shifted += f"o-{n},ada,{','.join(row)}\n"
    sent = await send(browser, shifted.encode("utf-16"))
    page = (await browser.get(sent.headers["location"])).text
    assert "is no wallet of the programme" in page and "is no ISO date or time" in page
    speak(browser, "zh-Hans")
    assert "is no " not in (await browser.get(sent.headers["location"])).text
    async with db.transaction(shop.merchant):
        kept = await db.fetchval("SELECT string_agg(found::text, '') FROM opening_imports")
        logged = await db.fetchval("SELECT string_agg(after::text, '') FROM audit_entries")
    assert '"rejected": 5' in kept and "example.test" not in kept + logged.replace("@staff", "")


async def test_who_gives_somebody_more_than_alone_waits_too(browser: Browser, shop: Shop) -> None:
    await enter_as_staff(browser, shop.merchant, "marketer")
    sent = await send(browser, b"id,customer_id,points\no-1,ada,3000\no-2,ada,2001\n")
    path = sent.headers["location"].partition("?")[0]
    assert sent.headers["location"].endswith("?notice=waiting") and await balance(shop, "ada") == (10, 0)
    # What it would give by now is another thing than what was shown: it is shown again first.
    async with db.transaction(shop.merchant):
        sql = "UPDATE opening_imports SET found = jsonb_set(found, '{points}', '0')"
        await db.execute(sql)
    await enter_as_staff(browser, shop.merchant, "owner")
    again = await press(browser, (await browser.get(path)).text, "Approve, and take it in")
    assert again.headers["location"].endswith("?notice=changed") and await balance(shop, "ada") == (10, 0)
    page = (await browser.get(again.headers["location"])).text
    assert ">5,001<" in page
    file = await browser.get(f"{path}/file")
    assert file.content.endswith(b"o-2,ada,2001\n") and "attachment" in file.headers["content-disposition"]
    await press(browser, page, "Approve, and take it in")
    assert await balance(shop, "ada") == (5_011, 0)
    assert (await browser.get(f"{path}/file")).status_code == 404


async def test_whoever_sent_a_file_takes_it_back_and_a_week_ends_it(browser: Browser, shop: Shop) -> None:
    await ask_for_two(shop)
    await enter_as_staff(browser, shop.merchant, "owner")
    paths = [(await send(browser)).headers["location"].partition("?")[0] for _ in range(2)]
    page = (await browser.get(paths[0])).text
    assert not with_button(page, "Approve")
    taken_back = await press(browser, page, "Take it back")
    assert taken_back.headers["location"].endswith("?notice=rejected")
    now = clock.now()
    async with db.transaction(shop.merchant):
        assert await sending.lapse(now + timedelta(days=6)) == 0
        assert await sending.lapse(now + timedelta(days=8)) == 1
        assert await db.fetchval("SELECT count(*) FROM opening_imports WHERE content IS NOT NULL") == 0
        assert sorted(each.state for each in await sending.newest()) == ["lapsed", "rejected"]
    assert await balance(shop, "ada") == (10, 0)


async def test_where_two_people_decide_it_waits_for_the_other(browser: Browser, shop: Shop) -> None:
    await ask_for_two(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    sent = await send(browser, create_members="on")
    path = sent.headers["location"].partition("?")[0]
    page = (await browser.get(sent.headers["location"])).text
    assert ">350<" in page and not with_button(page, "Approve") and "has to approve it first" in page
    postings = await rows(shop.merchant, "ledger_journal")
    # Its sender cannot approve it, whatever form is sent; readers neither.
    held = form((await browser.get(PATH)).text, PATH)
    held["decision"] = "approve"
    answer = await browser.client.post(f"{path}/decide", data=held, headers=PAGE)
    assert "notice=approval_needed" in answer.headers["location"]
    for role in ("auditor", "community_manager", "agent"):
        await enter_as_staff(browser, shop.merchant, role)
        assert not with_button((await browser.get(path)).text, "Approve")
        held["csrf_token"] = form((await browser.get("/staff/inbox")).text, "/language")["csrf_token"]
        for action in (f"{path}/decide", PATH):
            refused = await browser.client.post(action, data=held, headers=PAGE)
            assert refused.status_code == 403, (role, action)
    assert await rows(shop.merchant, "ledger_journal") == postings
    assert await balance(shop, "ada") == (10, 0) and await rows(shop.merchant, "members") == 1
    await enter_as_staff(browser, shop.merchant, "owner")
    page = (await browser.get(path)).text
    done = await press(browser, page, "Approve, and take it in")
    assert "notice=done" in done.headers["location"]
    assert await balance(shop, "ada") == (290, 0) and await balance(shop, "bob") == (70, 0)
    late = await browser.client.post(
        f"{path}/decide", data=held | form(page, f"{path}/decide") | {"idempotency_key": "late"}, headers=PAGE
    )
    assert "notice=openings_decided" in late.headers["location"]
    async with db.transaction(shop.merchant):
        [found] = await sending.newest()
        assert (found.state, found.asked_by_name, found.decided_by_name) == ("done", "Mina", "Mina")
        assert found.asked_by != found.decided_by and found.reason == WHY
        assert await db.fetchval("SELECT content FROM opening_imports") is None


async def test_what_is_rejected_brings_nothing_and_is_gone(browser: Browser, shop: Shop) -> None:
    await ask_for_two(shop)
    await enter_as_staff(browser, shop.merchant, "marketer")
    path = (await send(browser)).headers["location"].partition("?")[0]
    await enter_as_staff(browser, shop.merchant, "owner")
    await press(browser, (await browser.get(path)).text, "Reject")
    assert await balance(shop, "ada") == (10, 0)
    async with db.transaction(shop.merchant):
        assert await db.fetchval("SELECT content FROM opening_imports") is None
    other = await open_shop(await new_merchant())
    await enter_as_staff(browser, other.merchant, "owner")
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("content", "reason", "said"),
    [
        (FILE, " ", "Say why"),
        (FILE, "x" * 501, "Say why"),
        (b"id,points\n1,2\n", WHY, "The file cannot be read"),
        (b"", WHY, "The file cannot be read"),
        (b"id,customer_id,points\n", WHY, "The file cannot be read"),
        (b"id,customer_id,points\n" + b"a,b,1\n" * 5_001, WHY, "The file cannot be read"),
    ],
)
async def test_what_does_not_fit_is_said_and_changes_nothing(
    browser: Browser, shop: Shop, content: bytes, reason: str, said: str
) -> None:
    await enter_as_staff(browser, shop.merchant, "owner")
    before = await rows(shop.merchant, "ledger_journal")
    answer = await send(browser, content, reason=reason)
    assert answer.status_code == 422 and said in answer.text, answer.text[:3000]
    assert await rows(shop.merchant, "opening_imports") == 0
    assert await rows(shop.merchant, "ledger_journal") == before
