"""The inbox over HTTP: lists, one case, and everything that is done on it."""

import asyncio
import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
import pytest

from admin.inbox import words
from api.app import App
from core import clock, db
from core.embedded import Services
from core.errors import DomainError
from core.i18n import LOCALES, translator
from core.ids import new_id
from reviews.accounts import service as accounts
from reviews.cases import conversation, delivery, service
from reviews.cases.remedies import budget
from reviews.cases.remedies import rules as remedy_rules
from reviews.cases.remedies import service as remedies
from reviews.photos import service as photos
from reviews.scoring.service import EXPLAIN
from tests.conftest import new_merchant
from tests.factories.photos import image
from tests.http.conftest import PAGE, Browser
from tests.http.desk import (
    ANGRY,
    MESSAGE_DUE,
    SCORE,
    Desk,
    a_review,
    act,
    case_path,
    case_row,
    desk_app,
    enter,
    hire,
    open_case,
    post,
    send,
    state,
    value,
    work_off,
)
from tests.http.shop import balance, enter_as_customer, form, speak

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> \u202eevil\u202c \U0001f4a9 {{ 7*7 }} '


class Inline(HTMLParser):
    """What a strict policy forbids: inline scripts and styles, handlers in attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


# --- the whole way --------------------------------------------------------------------------------


async def test_from_review_to_resolved_and_what_the_customer_sees(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    case_id = await open_case(client, desk, product_name="Pour-over set")
    before = await balance(desk.shop, desk.ada)
    await enter(browser, desk.merchant, mina)
    inbox = (await browser.get("/staff/inbox")).text
    assert case_path(case_id) in inbox
    assert "Two stars or fewer" in inbox
    assert "Pour-over set" in inbox

    for deed, typed in (
        ("note", {"text": "Same batch as last week."}),
        ("reply", {"text": "We are so sorry."}),
        ("message", {"text": "A new one is on its way."}),
        ("goodwill", {"points": "150", "reason": "For the trouble"}),
    ):
        answer = await act(browser, case_id, deed, **typed)
        assert (answer.status_code, answer.headers.get("location")) == (303, case_path(case_id)), answer.text
    assert await work_off(desk.merchant, MESSAGE_DUE) == 2
    page = (await browser.get(case_path(case_id))).text
    for text in ("Same batch as last week.", "A new one is on its way.", "For the trouble", "150 points"):
        assert text in page
    assert (await act(browser, case_id, "resolve", text="A new one was sent.")).status_code == 303
    resolved = await browser.get("/staff/inbox?view=resolved")
    assert case_path(case_id) in resolved.text
    assert case_path(case_id) not in (await browser.get("/staff/inbox")).text

    assert await balance(desk.shop, desk.ada) == (before[0] + 150, before[1])
    await enter_as_customer(browser, desk.shop, desk.ada)
    mine = (await browser.get("/portal/reviews")).text
    for text in ("We are so sorry.", "You received 150 points.", "Resolved", "Pour-over set"):
        assert text in mine
    thread = (await browser.get(f"/portal/cases/{case_id}")).text
    for text in (
        "A new one is on its way.",
        "We are so sorry.",
        "With a gift of 150 points",
        "For the trouble",
    ):
        assert text in thread
    assert "Same batch as last week." not in thread


async def test_every_page_in_every_language_without_anything_inline(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant, "community_manager")
    case_id = await open_case(client, desk)
    await open_case(client, desk, "r2", body="I will call my lawyer. " + ANGRY, customer="", rating=2)
    await enter(browser, desk.merchant, mina)
    for deed, typed in (("reply", {"text": "Sorry."}), ("goodwill", {"points": "5", "reason": "Sorry"})):
        assert (await act(browser, case_id, deed, **typed)).status_code == 303
    spoken = {"en": "First reply", "zh-Hans": "首次回复", "zh-Hant": "首次回覆"}
    for locale in LOCALES:
        speak(browser, locale)
        for path in (
            "/staff/inbox",
            "/staff/inbox?view=due_soon",
            "/staff/inbox?view=mine",
            case_path(case_id),
        ):
            page = await browser.get(path)
            assert page.status_code == 200, page.text
            assert f'<html lang="{locale}"' in page.text
            assert Inline(page.text).found == []
        assert spoken[locale] in page.text
        strip = await browser.client.get("/staff/inbox/scoring", headers=PAGE | {"hx-request": "true"})
        assert strip.status_code == 200
        assert "<html" not in strip.text
        assert Inline(strip.text).found == []


async def test_a_case_shows_the_pictures_of_its_review(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    case_id = await open_case(client, desk)
    taken = await photos.decode([image(), image(30, 30)])
    async with db.transaction(desk.merchant):
        row = await db.fetchrow("SELECT id, version FROM reviews")
        assert row
        await photos.put(row["id"], row["version"], [], taken, clock.now())
        ids = [each.id for each in (await photos.of_reviews([row["id"]]))[row["id"]]]
    await enter(browser, desk.merchant, mina)
    page = (await browser.get(case_path(case_id))).text
    for each in ids:
        assert f'<a href="/media/reviews/{each}"><img src="/media/reviews/{each}/small"' in page
        assert (await browser.get(f"/media/reviews/{each}/small")).status_code == 200


async def test_the_words_that_speak_about_something_are_marked_and_say_about_what(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    body = (
        "The zip <i>broke</i> on the first day, terrible quality. המוצר 😡 Delivery took six weeks."
        " Nobody in support answers."
    )
    case = await open_case(client, desk, body=body)
    await work_off(desk.merchant, EXPLAIN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(case_path(case))).text
    [text] = re.findall(r'<p class="prose review-text".*?</p>', page, re.S)
    about = (
        '<small class="mark-about negative" lang="en" dir="ltr">{}<span class="sr">: Negative</span></small>'
    )
    assert re.search(rf"<mark[^>]*>[^<]*</mark>{about.format('Shipping')}", text), text
    assert about.format("Quality") in text
    bare = re.sub(r"</?mark[^>]*>|<small.*?</small>", "", text)
    assert html.escape(body) in bare and "<i>" not in text
    speak(browser, "zh-Hans")
    page = (await browser.get(case_path(case))).text
    assert '<small class="mark-about negative" lang="zh-Hans" dir="ltr">质量<span class="sr">: 负面' in page


# --- lists ----------------------------------------------------------------------------------------


async def test_views_count_and_page_without_gaps_or_repeats(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await hire(desk.merchant)
    boss = await hire(desk.merchant, "owner")
    sent = [a_review(f"r{n:03}", body="") for n in range(63)]
    assert (await send(client, desk, sent)).status_code == 200
    await enter(browser, desk.merchant, boss)
    page = (await browser.get("/staff/inbox")).text
    assert "Scored 0 of 63 reviews" in page
    assert 'hx-get="/staff/inbox/scoring"' in page
    await work_off(desk.merchant, SCORE)
    assert "hx-get" not in (await browser.get("/staff/inbox")).text

    seen: list[str] = []
    path = "/staff/inbox?view=open"
    for _ in range(3):
        page = (await browser.get(path)).text
        seen += re.findall(r'row-link" href="/staff/inbox/cases/([0-9a-f-]{36})"', page)
        following = re.search(r'href="(/staff/inbox\?view=open&amp;after=[^"]+)"', page)
        if not following:
            break
        path = html.unescape(following[1])
    assert len(seen) == len(set(seen)) == 63
    assert 'href="/staff/inbox?view=open"' in page, "the way back to the first page"
    assert (await browser.get("/staff/inbox?view=mine")).text.count("row-link") == 0
    assert (await browser.get("/staff/inbox?view=resolved")).text.count("row-link") == 0


@pytest.mark.parametrize("query", ["after=x", "after=WzFd", "view=all", "view=open&after=bnVsbA"])
async def test_what_is_no_view_or_place_is_refused(browser: Browser, desk: Desk, query: str) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await browser.get(f"/staff/inbox?{query}")).status_code == 422


async def test_cases_know_their_neighbours(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    for n in range(3):
        await open_case(client, desk, f"r{n}", customer="", body="")
    found = re.findall(r'row-link" href="([^"]+)"', (await browser.get("/staff/inbox")).text)
    assert len(found) == 3
    middle = (await browser.get(found[1])).text
    assert re.search(rf'href="{found[0]}" data-key="k"', middle)
    assert re.search(rf'href="{found[2]}" data-key="j"', middle)
    assert 'data-key="k"' not in (await browser.get(found[0])).text


# --- what is done on a case -----------------------------------------------------------------------


async def test_a_reply_can_be_taken_back_once(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    await enter(browser, desk.merchant, mina)
    case_id = await open_case(client, desk)
    await act(browser, case_id, "reply", text="Half a tho")
    page = (await browser.get(case_path(case_id))).text
    assert "This goes out in a moment." in page
    undo = form(page, case_path(case_id, "undo"))
    taken = await post(browser, case_id, "undo", undo)
    assert taken.status_code == 303
    # What was taken back can be made better.
    again = (await browser.get(taken.headers["location"])).text
    assert "\nHalf a tho</textarea>" in again
    assert (
        "</textarea>" in again and "Half a tho</textarea>" not in (await browser.get(case_path(case_id))).text
    )
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    assert "Half a tho</textarea>" not in (await browser.get(taken.headers["location"])).text
    await enter(browser, desk.merchant, mina)
    assert (await post(browser, case_id, "undo", undo)).status_code == 303, "a double click"
    late = await post(browser, case_id, "undo", undo | {"idempotency_key": "another"})
    assert late.status_code == 409
    assert "It is too late" in late.text
    await work_off(desk.merchant, MESSAGE_DUE)
    assert await value(desk.merchant, "SELECT reply FROM reviews") == ""
    assert await value(desk.merchant, "SELECT count(*) FROM case_events WHERE kind = 'undone'") == 1


async def test_of_two_messages_that_wait_each_can_be_taken_back(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    await send(client, desk, a_review("r2", customer=desk.ada))
    await work_off(desk.merchant, SCORE)
    for deed in ("reply", "message"):
        assert (await act(browser, case_id, deed, text=f"The {deed}")).status_code == 303
    page = (await browser.get(case_path(case_id))).text
    waits = "A reply is already waiting to be sent."
    assert page.count("This goes out in a moment.") == 2 and page.count(waits) == 2, (
        "also for further reviews"
    )
    ids = re.findall(rf'action="{case_path(case_id, "undo")}".*?name="message" value="([^"]+)"', page, re.S)
    assert len(set(ids)) == 2
    for n, each in enumerate(ids):
        taken = {"idempotency_key": f"k{n}", "message": each}
        assert (await browser.post(case_path(case_id, "undo"), taken)).status_code == 303
    page = (await browser.get(case_path(case_id))).text
    assert "This goes out in a moment." not in page and waits not in page
    assert await value(desk.merchant, "SELECT count(*) FROM case_messages WHERE state = 'cancelled'") == 2


async def test_what_waits_although_its_seconds_are_over_is_seen_and_cannot_be_taken_back(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    await enter(browser, desk.merchant, mina)
    case_id = await open_case(client, desk)
    async with db.transaction(desk.merchant):
        await conversation.reply(UUID(case_id), "We are sorry.", mina, 1, clock.now() - timedelta(seconds=11))
    page = (await browser.get(case_path(case_id))).text
    assert "This goes out in a moment." in page and case_path(case_id, "undo") not in page
    assert "A reply is already waiting to be sent." in page


async def test_a_case_goes_from_hand_to_hand_and_round_again(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    boss = await hire(desk.merchant, "community_manager", name="Jonas")
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, boss)
    page = (await browser.get(case_path(case_id))).text
    owner = (await case_row(desk.merchant, case_id))["owner_id"]
    to = mina if owner == boss else boss
    assert f'value="{to}"' in page
    fields = form(page, case_path(case_id, "assign"))
    assert (await post(browser, case_id, "assign", fields | {"staff_id": str(to)})).status_code == 303
    assert (await case_row(desk.merchant, case_id))["owner_id"] == to
    assert (await act(browser, case_id, "resolve", text="")).status_code == 303
    page = (await browser.get(case_path(case_id))).text
    assert "The case is done. Reopen it first." in page
    assert (await act(browser, case_id, "reopen")).status_code == 303
    row = await case_row(desk.merchant, case_id)
    assert (row["state"], row["cycle"]) == ("reopened", 2)
    assert "Cycle 2" in (await browser.get(case_path(case_id))).text


async def test_posting_twice_acts_once(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    page = (await browser.get(case_path(case_id))).text
    typed = {"points": "40", "reason": "Sorry"}
    fields = form(page, case_path(case_id, "goodwill")) | typed | {"idempotency_key": "k" * 255}
    answers = await asyncio.gather(*(post(browser, case_id, "goodwill", fields) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert await value(desk.merchant, "SELECT sum(points)::int FROM case_remedies") == 40
    assert (await balance(desk.shop, desk.ada))[0] == 140

    before = await state(desk.merchant)
    other = await post(browser, case_id, "goodwill", fields | {"points": "41"})
    assert other.status_code == 422
    assert "This form was sent before" in other.text
    assert 'value="41"' in other.text
    assert await state(desk.merchant) == before


# --- what is refused changes nothing --------------------------------------------------------------

TOO_LONG = "x" * 4001


@pytest.mark.parametrize(
    ("deed", "typed", "status", "says", "kept"),
    [
        ("reply", {"text": " \r\n "}, 422, "Write 1 to 4000 characters.", None),
        ("reply", {"text": TOO_LONG}, 422, "Write 1 to 4000 characters.", TOO_LONG),
        ("message", {"text": TOO_LONG}, 422, "Write 1 to 4000 characters.", TOO_LONG),
        ("note", {"text": ""}, 422, "Write 1 to 4000 characters.", None),
        ("resolve", {"text": TOO_LONG}, 422, "Write 1 to 4000 characters.", TOO_LONG),
        (
            "goodwill",
            {"points": "501", "reason": "Oh"},
            403,
            "You may give 500 more points on this case.",
            "501",
        ),
        (
            "goodwill",
            {"points": "5", "reason": "Please change your review"},
            422,
            "A gift never asks",
            "change your",
        ),
        ("goodwill", {"points": "0", "reason": "Oh"}, 422, "Write a whole number of points", "Oh"),
        ("goodwill", {"points": "-5", "reason": "Oh"}, 422, "Write a whole number of points", "-5"),
        ("goodwill", {"points": "٣", "reason": "Oh"}, 422, "Write a whole number of points", "Oh"),
        ("goodwill", {"points": "9" * 30, "reason": "Oh"}, 422, "Write a whole number of points", "Oh"),
        ("goodwill", {"points": "5", "reason": TOO_LONG}, 422, "Write 1 to 4000 characters.", TOO_LONG),
        ("assign", {"staff_id": "nobody"}, 422, "This person cannot take over cases.", None),
        ("assign", {"staff_id": str(UUID(int=1))}, 422, "This person cannot take over cases.", None),
    ],
)
async def test_what_cannot_be_done_keeps_what_was_typed(
    browser: Browser,
    client: httpx.AsyncClient,
    desk: Desk,
    deed: str,
    typed: dict[str, str],
    status: int,
    says: str,
    kept: str | None,
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    before = await state(desk.merchant)
    answer = await act(browser, case_id, deed, **typed)
    assert answer.status_code == status
    assert says in answer.text
    if kept:
        assert kept in answer.text
    assert await state(desk.merchant) == before


@pytest.mark.parametrize(
    ("deed", "typed"),
    [
        ("reply", {"text": "My careful words"}),
        ("message", {"text": "My careful words"}),
        ("goodwill", {"points": "7", "reason": "My careful words"}),
        ("resolve", {"text": "My careful words"}),
        ("call", {"text": "My careful words"}),
        ("remedy", {"kind": "replacement", "amount": "3", "line": "My careful words"}),
        ("assign", {"staff_id": ""}),
    ],
)
async def test_somebody_else_was_faster(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, deed: str, typed: dict[str, str]
) -> None:
    mina = await hire(desk.merchant)
    case_id = await open_case(client, desk)
    other = await hire(desk.merchant, name="Jonas")
    await enter(browser, desk.merchant, other)
    fields = form((await browser.get(case_path(case_id))).text, case_path(case_id, deed)) | typed
    await enter(browser, desk.merchant, mina)
    assert (await act(browser, case_id, "message", text="I was here first")).status_code == 303

    await enter(browser, desk.merchant, other)
    before = await state(desk.merchant)
    answer = await post(browser, case_id, deed, fields)
    assert answer.status_code == 409
    assert "Somebody else did something on this case meanwhile." in answer.text
    assert "I was here first" in answer.text
    if "My careful words" in typed.values():
        assert "My careful words" in answer.text
    if deed == "goodwill":
        question = answer.text.split('id="goodwill"')[1].split("</section>")[0]
        assert '<details class="ask" open>' in question, "what was typed is not out of sight"
    assert await state(desk.merchant) == before
    # The page shows the case as it is now: sent again from there, it is meant.
    again = form(answer.text, case_path(case_id, deed)) | typed
    assert (await post(browser, case_id, deed, again)).status_code == 303
    assert await state(desk.merchant) != before


@pytest.mark.parametrize(
    ("deed", "typed"),
    [
        ("wait", {"on": "customer", "text": "My careful words"}),
        ("remedy", {"kind": "refund", "amount": "3.50", "text": "My careful words"}),
        ("goodwill", {"points": "7", "reason": "My careful words"}),
        ("call", {"outcome": "reached", "text": "My careful words"}),
        ("resolve", {"text": "My careful words"}),
    ],
)
async def test_what_was_typed_for_a_case_that_is_done_by_now_stands_above_it(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, deed: str, typed: dict[str, str]
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    fields = form((await browser.get(case_path(case_id))).text, case_path(case_id, deed)) | typed
    assert (await act(browser, case_id, "resolve")).status_code == 303
    before = await state(desk.merchant)
    answer = await post(browser, case_id, deed, fields)
    assert answer.status_code == 409
    unsent = answer.text.split('id="unsent"')[1].split("</section>")[0]
    assert "My careful words" in unsent and typed.get("amount", "") in unsent
    assert await state(desk.merchant) == before


async def test_what_was_typed_for_a_further_review_stays_with_it(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    await send(client, desk, a_review("r2", customer=desk.ada))
    await work_off(desk.merchant, SCORE)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    second = await value(desk.merchant, "SELECT id FROM reviews WHERE external_id = 'r2'")
    answer = await act(browser, case_id, "reply", review=str(second), text="For the second", version="1")
    assert answer.status_code == 409
    at = answer.text.index("For the second")
    opened = answer.text.rindex("<details", 0, at)
    assert answer.text[opened:].startswith("<details open>")
    assert f'name="review" value="{second}"' in answer.text[opened:at]


async def test_a_second_reply_waits_until_the_first_is_out(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    fields = form((await browser.get(case_path(case_id))).text, case_path(case_id, "reply"))
    await act(browser, case_id, "reply", text="The first")
    version = str((await case_row(desk.merchant, case_id))["version"])
    before = await state(desk.merchant)
    answer = await post(browser, case_id, "reply", fields | {"text": "The second", "version": version})
    assert answer.status_code == 409
    assert "A reply is already waiting to be sent." in answer.text
    assert "The second" in answer.text
    assert await state(desk.merchant) == before


DEEDS = {
    "reply": {"text": "No"},
    "message": {"text": "No"},
    "note": {"text": "No"},
    "goodwill": {"points": "1", "reason": "No"},
    "assign": {"staff_id": ""},
    "resolve": {"text": ""},
    "reopen": {},
    "undo": {"message": str(UUID(int=1))},
}


def crafted(deed: str) -> dict[str, str]:
    """A form as somebody writes one who was shown none."""
    version = {} if deed == "undo" else {"version": "1"}
    return {"idempotency_key": str(new_id())} | version | DEEDS[deed]


@pytest.mark.parametrize("role", ["auditor", "marketer"])
async def test_who_may_only_read_changes_nothing(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, role: str
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, role))
    page = await browser.get(case_path(case_id))
    assert page.status_code == 200
    assert "Your role may look, but not write." in page.text
    assert f'action="{case_path(case_id)}' not in page.text
    assert "@example.test" not in page.text, "the address is not for this role"
    before = await state(desk.merchant)
    for deed in DEEDS:
        assert (await post(browser, case_id, deed, crafted(deed))).status_code == 403, deed
    assert await state(desk.merchant) == before


async def test_an_agent_gives_no_case_away(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    other = await hire(desk.merchant, name="Jonas")
    before = await state(desk.merchant)
    answer = await post(browser, case_id, "assign", crafted("assign") | {"staff_id": str(other)})
    assert answer.status_code == 403
    assert await state(desk.merchant) == before


async def test_another_merchants_case_is_not_there(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    stranger = await new_merchant()
    await enter(browser, stranger, await hire(stranger, "owner"))
    before = await state(desk.merchant)
    assert (await browser.get(case_path(case_id))).status_code == 404
    for deed in DEEDS:
        assert (await post(browser, case_id, deed, crafted(deed))).status_code == 404, deed
    assert case_id not in (await browser.get("/staff/inbox")).text
    assert await state(desk.merchant) == before


async def test_customers_and_strangers_are_sent_to_sign_in(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    before = await state(desk.merchant)
    assert (await browser.get(case_path(case_id))).headers["location"].startswith("/staff/sign-in")
    await enter_as_customer(browser, desk.shop, desk.ada)
    for path in ("/staff/inbox", "/staff/inbox/scoring", case_path(case_id)):
        assert (await browser.get(path)).status_code == 303
    assert (await post(browser, case_id, "reply", crafted("reply"))).status_code == 303
    assert await state(desk.merchant) == before


@pytest.mark.parametrize(
    "wrong",
    [{"version": "x"}, {"version": "-1"}, {"version": str(2**31)}, {"idempotency_key": ""}, {"more": "x"}],
)
async def test_a_form_that_is_none_of_ours_is_refused(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, wrong: dict[str, str]
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    before = await state(desk.merchant)
    answer = await post(browser, case_id, "reply", crafted("reply") | wrong)
    assert answer.status_code == 422
    assert await state(desk.merchant) == before


# --- hostile texts --------------------------------------------------------------------------------


async def test_hostile_texts_stay_texts(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    text = (HOSTILE + "Ужас! 很差。שלום ").ljust(50_000, "\U0001f44e")
    case_id = await open_case(client, desk, title=HOSTILE, body=text, author=HOSTILE, product_name=HOSTILE)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    for deed in ("reply", "note", "message"):
        assert (await act(browser, case_id, deed, text=HOSTILE)).status_code == 303
    refused = await act(browser, case_id, "goodwill", points=HOSTILE, reason=HOSTILE)
    assert refused.status_code == 422
    await work_off(desk.merchant, MESSAGE_DUE)
    pages = [refused, await browser.get("/staff/inbox"), await browser.get(case_path(case_id))]
    await enter_as_customer(browser, desk.shop, desk.ada)
    pages += [await browser.get("/portal/reviews"), await browser.get(f"/portal/cases/{case_id}")]
    for page in pages:
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "<img" not in page.text
        assert "{{ 7*7 }}" in page.text
        assert Inline(page.text).found == []
    assert "\U0001f44e" * 1000 in pages[2].text, "the whole text is on the page"
    assert len(pages[1].text) < 30_000, "the list shows the beginning alone"


async def test_a_case_nobody_knows_the_customer_of(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk, customer="", author="bob@example.org")
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(case_path(case_id))).text
    assert "It is not known which customer wrote this review." in page
    assert "Only members can receive points." in page
    assert "bob@example.org" not in page
    before = await state(desk.merchant)
    for deed, status in (("message", 409), ("goodwill", 409)):
        answer = await post(browser, case_id, deed, crafted(deed))
        assert answer.status_code == status
    assert await state(desk.merchant) == before


def test_every_refusal_of_a_case_has_words() -> None:
    extra: dict[str, Any] = {"limit_points": 1, "limit_chars": 1}
    refusals = [
        error
        for module in (budget, conversation, remedies, remedy_rules, service)
        for error in vars(module).values()
        if isinstance(error, type) and issubclass(error, DomainError) and error.__module__ == module.__name__
    ]
    assert len(refusals) >= 11
    assert [error.code for error in refusals if not words.problem(translator("en"), error(**extra))] == []


async def test_points_given_count_against_the_limit(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, limit_points=100))
    case_id = await open_case(client, desk)
    assert (await act(browser, case_id, "goodwill", points="60", reason="a")).status_code == 303
    before = await state(desk.merchant)
    answer = await act(browser, case_id, "goodwill", points="41", reason="b")
    assert answer.status_code == 403
    assert "You may give 40 more points on this case." in answer.text
    assert await state(desk.merchant) == before
    assert (await act(browser, case_id, "goodwill", points="40", reason="b")).status_code == 303
    assert "Your limit for this case is used up." in (await browser.get(case_path(case_id))).text
    async with db.transaction(desk.merchant):
        assert await db.fetchval("SELECT sum(points)::int FROM case_remedies") == 100


async def test_a_reply_that_did_not_reach_its_source_is_seen_and_sent_again(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk, source="google", account="accounts/1/locations/2")
    mina = await hire(desk.merchant)
    await enter(browser, desk.merchant, mina)
    page = (await browser.get(case_path(case_id))).text
    assert "This source is not connected" in page and case_path(case_id, "reply") not in page
    async with db.transaction(desk.merchant):
        await conversation.reply(UUID(case_id), "We are sorry.", mina, 1, clock.now() - timedelta(seconds=11))
    assert await work_off(desk.merchant, MESSAGE_DUE) == 1

    page = (await browser.get(case_path(case_id))).text
    assert "The reply has not reached its source. The source is not connected." in page
    before = await state(desk.merchant)
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    assert case_path(case_id, "retry") not in (await browser.get(case_path(case_id))).text
    hidden = form(page, case_path(case_id, "retry"))
    assert (await post(browser, case_id, "retry", hidden)).status_code == 403
    assert await state(desk.merchant) == before

    await enter(browser, desk.merchant, mina)
    for _ in range(2):  # a double click
        assert (await post(browser, case_id, "retry", hidden)).status_code == 303
    page = (await browser.get(case_path(case_id))).text
    assert "The reply is on its way to its source." in page and "Sent again" in page
    assert await value(desk.merchant, "SELECT count(*) FROM outbox WHERE topic = 'case.reply_post'") == 1


async def test_a_failed_reply_to_one_review_stays_while_another_is_answered(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk, source="google", account="accounts/1/locations/2")
    await send(client, desk, a_review("r2", customer=desk.ada))
    await work_off(desk.merchant, SCORE)
    second = await value(desk.merchant, "SELECT id FROM reviews WHERE external_id = 'r2'")
    mina, now = await hire(desk.merchant), clock.now()
    version = (await case_row(desk.merchant, case_id))["version"]
    async with db.transaction(desk.merchant):
        first = await conversation.reply(UUID(case_id), "To the first.", mina, version, now)
        await delivery.deliver(first.message_id, now)
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", UUID(case_id))
        other = await conversation.reply(UUID(case_id), "To the second.", mina, version, now, second)
    await enter(browser, desk.merchant, mina)
    page = (await browser.get(case_path(case_id))).text
    assert "The reply has not reached its source. The source is not connected." in page
    assert case_path(case_id, "retry") not in page, "one reply at a time"
    async with db.transaction(desk.merchant):
        await delivery.deliver(other.message_id, now)
    page = (await browser.get(case_path(case_id))).text
    assert form(page, case_path(case_id, "retry"))["message"] == str(first.message_id)


async def test_a_further_review_can_be_read_whole(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    long = "It broke. " * 40 + "\nThe last line."
    await send(client, desk, a_review("r2", customer=desk.ada, title="Broken again", body=long))
    await send(client, desk, a_review("r3", customer=desk.ada, title="", body="It broke.\nAgain and again."))
    await work_off(desk.merchant, SCORE)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(case_path(case_id))).text
    further = page[page.index("Further reviews") :]
    assert "Broken again</h3>" in further and "The last line.</p></details>" in further
    assert further.count("The whole text") == 1 and "It broke.\nAgain and again.</p>" in further


async def test_the_composer_has_the_limit_of_the_source(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    given = {
        "location": "accounts/1/locations/2",
        "client_id": "c",
        "client_secret": "s",
        "refresh_token": "r",
    }
    async with db.transaction(desk.merchant):
        await accounts.connect("google", "", given, clock.now())
    case_id = await open_case(client, desk, source="google", account=given["location"])
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(case_path(case_id))).text
    assert (
        'data-counts="reply-text" data-limit="4096" data-unit="bytes"' in page
        and "at most 4,096 characters" in page
    )
    before = await state(desk.merchant)
    refused = await act(browser, case_id, "reply", text="歉" * 1366)
    assert refused.status_code == 422 and "The source takes at most 4096 bytes" in refused.text
    assert await state(desk.merchant) == before
    assert (await act(browser, case_id, "reply", text="歉" * 1365)).status_code == 303


async def test_a_person_says_what_the_text_says(
    client: httpx.AsyncClient, browser: Browser, desk: Desk
) -> None:
    case = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, name="Mina"))
    answer = await act(browser, case, "correct", stars="3", quality="negative", service="")
    assert answer.status_code == 303
    page = await browser.get(case_path(case))
    assert "Corrected by Mina." in page.text
    assert '<option value="3" selected>' in page.text
    stored = await value(desk.merchant, "SELECT sentiment || stars || aspects::text FROM review_corrections")
    assert stored == 'neutral3{"quality": "negative"}'
    wrong = await act(browser, case, "correct", stars="", sentiment="furious")
    assert wrong.status_code == 422 and "Choose how the text reads" in wrong.text
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    page = await browser.get(case_path(case))
    assert "The model misread this" not in page.text
