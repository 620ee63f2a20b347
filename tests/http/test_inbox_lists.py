"""Lists of the inbox: filters, lists of one's own, tags, deeds on many taken back, news of a case."""

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App
from api.cookies import STAFF_SESSION
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from reviews.cases import conversation, delivery, events, queries, service
from tests.http.conftest import Browser
from tests.http.desk import (
    Desk,
    act,
    case_path,
    case_row,
    desk_app,
    enter,
    hire,
    open_case,
    post,
    state,
    value,
)
from tests.http.shop import form

INBOX = "/staff/inbox"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


async def shown(browser: Browser, query: str) -> set[str]:
    """Ids of the cases in a list."""
    page = await browser.get(f"{INBOX}?{query}")
    assert page.status_code == 200, page.text
    return {
        re.split('["?]', piece)[0] for piece in page.text.split(f'class="row-link" href="{INBOX}/cases/')[1:]
    }


async def on_many(browser: Browser, deed: str, *cases: str, query: str = "", **more: Any) -> httpx.Response:
    """Tick cases in a list as it is shown, and do something with them."""
    page = (await browser.get(f"{INBOX}?{query}")).text
    fields = form(page, f"{INBOX}/bulk")
    ticked = re.findall(rf'value="((?:{"|".join(cases)}):\d+)"', page)
    assert len(ticked) == len(cases)
    data = {"csrf_token": await browser.token("/nowhere"), **fields, "deed": deed, "cases": ticked, **more}
    return await browser.client.post(f"{INBOX}/bulk", data=data, headers={"accept": "text/html"})


async def take_back(browser: Browser, answer: httpx.Response) -> httpx.Response:
    page = (await browser.get(answer.headers["location"])).text
    return await browser.post(f"{INBOX}/bulk/undo", form(page, f"{INBOX}/bulk/undo"))


# --- filters and lists of one's own -----------------------------------------------------------------


async def test_a_filter_narrows_a_view(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    one = await open_case(client, desk, "one", rating=1, customer="")
    two = await open_case(client, desk, "two", rating=2, customer="")
    assert await shown(browser, "view=open") == {one, two}
    assert await shown(browser, "stars=1") == {one}
    assert await shown(browser, "stars=2") == {one, two}
    assert await shown(browser, "language=en") == {one, two}
    assert await shown(browser, "language=fr") == set()
    # The only person at work got both.
    assert await shown(browser, "owner=me") == {one, two}
    assert await shown(browser, "owner=nobody") == set()
    assert "No case fits this filter" in (await browser.get(f"{INBOX}?tag=nothing")).text
    assert (await browser.get(f"{INBOX}?sign=nonsense")).status_code == 422


async def test_each_sign_has_its_own_cases(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    agent = await hire(desk.merchant)
    await enter(browser, desk.merchant, agent)
    late = await open_case(client, desk, "late", rating=1, customer="")
    unsure = await open_case(client, desk, "unsure", rating=1, customer="")
    contrary = await open_case(client, desk, "contrary", rating=5, customer="")
    async with db.transaction(desk.merchant):
        await events.add(UUID(late), 1, "escalated", clock.now(), level=1, to=agent)
        read = {
            "model": "another",
            "negative": 0.5,
            "neutral": 0.3,
            "positive": 0.2,
            "scored_at": clock.now(),
        }
        await db.execute(
            "INSERT INTO review_scores SELECT (jsonb_populate_record(s, $2::jsonb)).* FROM review_scores s"
            " WHERE s.review_id = (SELECT review_id FROM cases WHERE id = $1)",
            UUID(unsure),
            db.to_json(read),
        )
    for sign, only in (("escalated", late), ("low_confidence", unsure), ("mismatch", contrary)):
        assert await shown(browser, f"view=open&sign={sign}") == {only}, sign


async def test_a_row_shows_what_decides_whose_turn_it_is(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, name="Mina"))
    body = "Die Lieferung kam zwei Wochen zu spät und das Paket war kaputt. Nie wieder!"
    case = await open_case(client, desk, rating=2, customer="", author="Ada", body=body)
    page = (await browser.get(f"{INBOX}?view=open")).text
    [row] = [each for each in page.split('<li class="case-row')[1:] if case in each]
    assert "2 stars of 5" in row
    assert '<span class="lang">German</span>' in row and "zwei Wochen zu spät" in row
    assert re.search(r"Negative.{0,80}\d\d%", row, re.S)
    assert "Shipping" in row and "Mina" in row
    assert "First reply" in row and "Ada" in row


async def test_a_list_of_ones_own(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    mina, bo = await hire(desk.merchant, name="Mina"), await hire(desk.merchant, name="Bo")
    await enter(browser, desk.merchant, mina)
    one = await open_case(client, desk, "one", rating=1, customer="")
    await open_case(client, desk, "two", rating=2, customer="")
    page = (await browser.get(f"{INBOX}?stars=1")).text
    fields = form(page, f"{INBOX}/views")
    assert fields["stars"] == "1"
    kept = await browser.post(f"{INBOX}/views", fields | {"name": "  The <b>worst</b> "})
    assert kept.status_code == 303
    query = kept.headers["location"].partition("?")[2]
    assert await shown(browser, query) == {one}
    again = (await browser.get(f"{INBOX}?{query}")).text
    assert "The &lt;b&gt;worst&lt;/b&gt;" in again and "<b>worst" not in again

    await enter(browser, desk.merchant, bo)
    assert "worst" not in (await browser.get(INBOX)).text
    assert (await browser.get(f"{INBOX}?{query}")).status_code == 404
    remove = f"{INBOX}/views/{query.partition('=')[2]}/remove"
    assert (await browser.post(remove, {"idempotency_key": "x"})).status_code == 404

    await enter(browser, desk.merchant, mina)
    key = form(again, remove)["idempotency_key"]
    assert (await browser.post(remove, {"idempotency_key": key})).status_code == 303
    assert (await browser.get(f"{INBOX}?{query}")).status_code == 404


async def test_a_list_of_ones_own_keeps_its_view(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    done, _ = [await open_case(client, desk, name, customer="") for name in ("done", "open")]
    assert (await act(browser, done, "resolve")).status_code == 303
    fields = form((await browser.get(f"{INBOX}?view=resolved&stars=2")).text, f"{INBOX}/views")
    kept = await browser.post(f"{INBOX}/views", fields | {"name": "Done"})
    query = kept.headers["location"].partition("?")[2]
    assert await shown(browser, query) == {done}
    page = (await browser.get(f"{INBOX}?{query}")).text
    assert form(page, INBOX)["view"] == "resolved"
    within = html.unescape(page.split('row-link" href="')[1].split('"')[0])
    assert f'href="{INBOX}?{query}" data-key="escape"' in (await browser.get(within)).text
    # One that was kept before views were is of the open cases.
    await value(desk.merchant, "UPDATE case_views SET filter = filter - 'view' RETURNING 1")
    assert await shown(browser, query) != {done}


@pytest.mark.parametrize(("name", "stars"), [("", "1"), ("x" * 61, "1"), ("fine", ""), ("\0", "1")])
async def test_a_list_needs_a_name_and_a_filter(browser: Browser, desk: Desk, name: str, stars: str) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = {"idempotency_key": "k", "name": name, "stars": stars}
    assert (await browser.post(f"{INBOX}/views", fields)).status_code == 422
    assert await value(desk.merchant, "SELECT count(*) FROM case_views") == 0


# --- tags -------------------------------------------------------------------------------------------


async def test_a_tag_is_put_on_found_and_taken_off(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    one, two = [await open_case(client, desk, name, customer="") for name in ("one", "two")]
    assert (await act(browser, one, "tag", tag="  Batch   17 ")).status_code == 303
    version = (await case_row(desk.merchant, one))["version"]
    assert await shown(browser, "tag=batch+17") == {one}
    page = (await browser.get(case_path(one))).text
    assert "batch 17" in page and "Tag added" in page
    assert (await case_row(desk.merchant, one))["version"] == version == 1, "nobody has to look again"
    assert (await act(browser, one, "untag")).status_code == 303
    assert await shown(browser, "tag=batch+17") == set()
    assert two in await shown(browser, "view=open")


@pytest.mark.parametrize("tag", ["", "   ", "x" * 41, "\0"])
async def test_what_is_no_tag(browser: Browser, client: httpx.AsyncClient, desk: Desk, tag: str) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    before = await state(desk.merchant)
    answer = await act(browser, case_id, "tag", tag=tag)
    assert answer.status_code == 422 and "A tag has 1 to 40 characters" in answer.text
    assert await state(desk.merchant) == before


async def test_a_case_has_at_most_twenty_tags(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    answers = [(await act(browser, case_id, "tag", tag=f"t{n}")).status_code for n in range(21)]
    assert answers == [303] * 20 + [422]


async def test_an_auditor_puts_no_tag(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    before = await state(desk.merchant)
    answer = await browser.post(case_path(case_id, "tag"), {"idempotency_key": "k", "tag": "x"})
    assert answer.status_code == 403 and await state(desk.merchant) == before


async def test_a_filter_stays_in_the_view_that_it_narrows(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(f"{INBOX}?view=resolved")).text
    assert form(page, INBOX)["view"] == "resolved"
    narrowed = (await browser.get(f"{INBOX}?view=resolved&stars=1")).text
    assert f'href="{INBOX}?view=resolved" aria-current="page"' in narrowed


async def test_a_case_knows_the_list_from_which_it_was_opened(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    two, one, other = [
        await open_case(client, desk, name, rating=rating, customer="", body="")
        for name, rating in (("a", 2), ("b", 1), ("c", 2))
    ]
    for each in (two, one, other):
        assert (await act(browser, each, "resolve")).status_code == 303
    resolved = (await browser.get(f"{INBOX}?view=resolved&stars=2")).text
    links = [html.unescape(each) for each in re.findall(r'row-link" href="([^"]+)"', resolved)]
    assert [re.split("[/?]", link)[4] for link in links] == [other, one, two], "the last resolved first"
    query = links[1].partition("?")[2]

    async def leads(path: str) -> list[str]:
        page = (await browser.get(path)).text
        found = {key: href for href, key in re.findall(r'href="([^"]+)" data-key="(j|k|escape)"', page)}
        return [html.unescape(found.get(key, "")) for key in ("k", "j", "escape")]

    assert await leads(links[1]) == [links[0], links[2], f"{INBOX}?view=resolved&stars=2"]
    assert await leads(case_path(one)) == ["", "", INBOX], "of the open ones there is none"
    assert (await leads(f"{case_path(one)}?within=view%3Dnonsense"))[2] == f"{INBOX}?view=open"
    # It is still that list after something was done on its page.
    fields = form((await browser.get(links[1])).text, case_path(one, "note"))
    noted = await post(browser, one, "note", fields | {"text": "Looked at."})
    assert noted.status_code == 303 and noted.headers["location"] == f"{case_path(one)}?{query}"


async def test_the_list_is_known_after_something_was_inserted_or_refused(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    case_id = await open_case(client, desk)
    query, listed = (
        "within=view%3Dopen%26stars%3D2",
        f'href="{INBOX}?view=open&amp;stars=2" data-key="escape"',
    )

    def fields(page: str) -> dict[str, str]:
        assert listed in page
        forms = re.findall(r'<form[^>]*action="/staff/inbox/cases/[^>]*>(.*?)</form>', page, re.S)
        assert len(forms) > 9 and all('name="within" value="view=open&amp;stars=2"' in each for each in forms)
        return form(page, case_path(case_id, "reply"))

    page = (await browser.get(f"{case_path(case_id)}?{query}")).text
    inserted = await post(browser, case_id, "fill/reply", fields(page) | {"text": "We are sorry."})
    assert inserted.status_code == 200
    refused = await post(browser, case_id, "reply", fields(inserted.text) | {"text": " "})
    assert refused.status_code == 422
    sent = await post(browser, case_id, "reply", fields(refused.text) | {"text": "We are sorry."})
    assert sent.status_code == 303 and sent.headers["location"] == f"{case_path(case_id)}?{query}"
    page = (await browser.get(sent.headers["location"])).text
    assert listed in page
    asks = html.unescape(page.split('hx-get="')[1].split('"')[0])
    undo = form((await browser.get(asks)).text, case_path(case_id, "undo"))
    undone = await post(browser, case_id, "undo", undo)
    assert undone.headers["location"] == f"{case_path(case_id)}?taken={undo['message']}&{query}"


async def test_after_a_case_has_left_its_list_the_first_of_that_comes_next(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    cases = [await open_case(client, desk, name, customer="", body="") for name in "abc"]
    async with db.transaction(desk.merchant):
        for n, each in enumerate(cases):
            sql = "UPDATE cases SET due_at = $2::timestamptz - interval '1 hour' WHERE id = $1"
            await db.execute(sql, UUID(each), clock.now() + timedelta(minutes=n))
    query = "within=view%3Doverdue"

    async def leads(case_id: str) -> tuple[str, str]:
        page = (await browser.get(f"{case_path(case_id)}?{query}")).text
        found = {
            key: re.split("[/?]", href)[4]
            for href, key in re.findall(r'href="([^"]+)" data-key="(j|k)"', page)
        }
        return found.get("k", ""), found.get("j", "")

    assert await leads(cases[1]) == (cases[0], cases[2])
    assert (await act(browser, cases[1], "resolve")).status_code == 303
    assert await leads(cases[1]) == ("", cases[0])
    assert await leads(cases[0]) == ("", cases[2])
    async with db.transaction(desk.merchant):  # as after a reply: something later is due next
        sql = "UPDATE cases SET due_at = $2 WHERE id = $1"
        await db.execute(sql, UUID(cases[2]), clock.now() + timedelta(days=2))
    assert await leads(cases[2]) == ("", cases[0])
    assert (await act(browser, cases[0], "resolve")).status_code == 303
    assert await leads(cases[0]) == ("", "")


# --- deeds on many, and taking them back ---------------------------------------------------------------


async def test_a_deed_on_many_is_taken_back(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    bo = await hire(desk.merchant, name="Bo")
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    cases = [await open_case(client, desk, f"r{n}", customer="") for n in range(3)]
    before = [await case_row(desk.merchant, each) for each in cases]
    for deed, more in (("assign", {"staff_id": str(bo)}), ("snooze", {}), ("tag", {"tag": "Recall"})):
        answer = await on_many(browser, deed, *cases, query="stars=2", **more)
        assert answer.headers["location"].startswith(f"{INBOX}?view=open&stars=2&done=3&refused=0&undo="), (
            deed
        )
        changed = [await case_row(desk.merchant, each) for each in cases]
        tagged = await value(desk.merchant, "SELECT count(*) FROM case_tags")
        assert deed == "tag" or all(a != b for a, b in zip(before, changed, strict=True))
        assert tagged == (3 if deed == "tag" else 0)
        undone = await take_back(browser, answer)
        assert undone.headers["location"].endswith("done=3&refused=0")
        after = [await case_row(desk.merchant, each) for each in cases]
        for was, now in zip(before, after, strict=True):
            for name in ("owner_id", "state", "snoozed_until", "assigned_at"):
                assert was[name] == now[name], (deed, name)
        assert await value(desk.merchant, "SELECT count(*) FROM case_tags") == 0


@pytest.mark.parametrize(
    ("deed", "typed", "ticked", "because"),
    [
        ("tag", "", 2, "A tag has 1 to 40 characters"),
        ("tag", "x" * 41, 2, "A tag has 1 to 40 characters"),
        ("tag", "recall", 0, "Tick the cases first"),
        ("assign", "", 2, "Tick the cases first, and for assigning choose a person."),
    ],
    ids=["no-tag", "long-tag", "no-tick", "nobody"],
)
async def test_what_is_unfit_is_said_on_the_list_with_the_ticks_kept(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, deed: str, typed: str, ticked: int, because: str
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    cases = [await open_case(client, desk, f"r{n}", customer="") for n in range(2)]
    before = await state(desk.merchant)
    more = {"tag": typed, "staff_id": ""}
    answer = await on_many(browser, deed, *cases[:ticked], query="view=mine&stars=2", **more)
    assert answer.status_code == 422 and because in answer.text
    assert answer.text.count(" checked aria-label") == ticked
    assert "data-bulk open" in answer.text and f'required value="{typed}"' in answer.text
    again = form(answer.text, f"{INBOX}/bulk")
    assert again["asked"] == "view=mine&stars=2"
    assert f'data-live-list="{INBOX}?view=mine&amp;stars=2"' in answer.text, (
        "no address that can be read again"
    )
    assert await state(desk.merchant) == before


async def test_a_case_full_of_tags_is_left_and_one_that_has_the_tag_is_done(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    full, has, new = [await open_case(client, desk, f"r{n}", customer="") for n in range(3)]
    for n in range(20):
        assert (await act(browser, full, "tag", tag=f"t{n}")).status_code == 303
    assert (await act(browser, has, "tag", tag="recall")).status_code == 303
    answer = await on_many(browser, "tag", full, has, new, tag="Recall")
    assert re.search(r"done=2&refused=0&full=1&undo=", answer.headers["location"])
    page = (await browser.get(answer.headers["location"])).text
    assert "2 cases done." in page and "1 case has 20 tags already, and got no other." in page
    assert await shown(browser, "tag=recall") == {has, new}
    # What one of twenty tags is already is no fault, in a list and on its page.
    assert "done=1&refused=0" in (await on_many(browser, "tag", full, tag="t3")).headers["location"]
    assert (await act(browser, full, "tag", tag="t3")).status_code == 303
    # Only what was put on is taken off again.
    assert (await take_back(browser, answer)).headers["location"].endswith("done=1&refused=0")
    assert await shown(browser, "tag=recall") == {has}


async def test_a_list_that_stands_empty_has_its_form(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(INBOX)).text
    assert "Nothing waits here" in page and form(page, f"{INBOX}/bulk")
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    assert f"{INBOX}/bulk" not in (await browser.get(INBOX)).text


async def test_what_somebody_touched_since_stays(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    bo = await hire(desk.merchant, name="Bo")
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    cases = [await open_case(client, desk, f"r{n}", customer="") for n in range(2)]
    before = (await case_row(desk.merchant, cases[1]))["owner_id"]
    assert before != bo
    answer = await on_many(browser, "assign", *cases, staff_id=str(bo))
    assert (await act(browser, cases[0], "resolve")).status_code == 303
    undone = await take_back(browser, answer)
    assert undone.headers["location"].endswith("done=1&refused=1")
    assert (await case_row(desk.merchant, cases[0]))["owner_id"] == bo
    assert (await case_row(desk.merchant, cases[1]))["owner_id"] == before


async def test_it_is_taken_back_once_and_by_whoever_did_it(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina, bo = await hire(desk.merchant, name="Mina"), await hire(desk.merchant, name="Bo")
    await enter(browser, desk.merchant, mina)
    case_id = await open_case(client, desk)
    answer = await on_many(browser, "snooze", case_id)
    fields = form((await browser.get(answer.headers["location"])).text, f"{INBOX}/bulk/undo")
    del fields["csrf_token"]
    await enter(browser, desk.merchant, bo)
    before = await state(desk.merchant)
    other = await browser.post(f"{INBOX}/bulk/undo", fields)
    assert other.status_code == 404 and await state(desk.merchant) == before
    await enter(browser, desk.merchant, mina)
    first = await browser.post(f"{INBOX}/bulk/undo", fields)
    again = await browser.post(f"{INBOX}/bulk/undo", fields)
    assert first.headers["location"] == again.headers["location"], "the same form, the same answer"
    late = await browser.post(f"{INBOX}/bulk/undo", fields | {"idempotency_key": str(new_id())})
    assert late.status_code == 409


# --- news of an open case ------------------------------------------------------------------------------


async def test_an_open_case_hears_who_replied(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina, bo = await hire(desk.merchant, name="Mina"), await hire(desk.merchant, name="Bo")
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, mina)
    page = (await browser.get(case_path(case_id))).text
    asks = page.split('hx-get="')[1].split('"')[0]
    assert "Something happened" not in (await browser.get(asks)).text
    await enter(browser, desk.merchant, bo)
    assert (await act(browser, case_id, "reply", text="We are sorry.")).status_code == 303
    own = (await browser.get(asks)).text
    assert "You, in another window: Public reply" in own
    await enter(browser, desk.merchant, mina)
    heard = (await browser.get(asks)).text
    assert "Bo: Public reply" in heard and "Also looking at this case now: Bo." in heard
    assert "<html" not in heard


async def test_an_open_case_hears_that_its_reply_went_out(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina = await hire(desk.merchant)
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, mina)
    assert (await act(browser, case_id, "reply", text="We are sorry.")).status_code == 303
    page = (await browser.get(case_path(case_id))).text
    asks = page.split('hx-get="')[1].split('"')[0]
    waits = (await browser.get(asks)).text
    assert 'id="delivery" hx-swap-oob="true"' in waits and case_path(case_id, "undo") in waits
    assert "It has gone out." not in waits
    message = await value(desk.merchant, "SELECT id FROM case_messages")
    async with db.transaction(desk.merchant):
        await delivery.deliver(message, clock.now())
    heard = (await browser.get(asks)).text
    assert "It has gone out." in heard and "Something happened" not in heard
    assert "This goes out in a moment." not in heard and 'id="delivery"' in heard


async def test_an_open_case_hears_why_its_reply_did_not_arrive_and_a_list_has_those(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina, now = await hire(desk.merchant), clock.now()
    case_id = await open_case(client, desk, source="google", account="accounts/1/locations/2")
    await enter(browser, desk.merchant, mina)
    async with db.transaction(desk.merchant):
        queued = await conversation.reply(UUID(case_id), "We are sorry.", mina, 1, now)
    asks = (await browser.get(case_path(case_id))).text.split('hx-get="')[1].split('"')[0]
    assert await shown(browser, "sign=undelivered") == set()
    async with db.transaction(desk.merchant):
        await delivery.deliver(queued.message_id, now)
    heard = (await browser.get(asks)).text
    assert "Regulars: Not delivered" in heard
    assert "The reply has not reached its source. The source is not connected." in heard
    assert case_path(case_id, "retry") in heard
    assert await shown(browser, "sign=undelivered") == {case_id}
    page = (await browser.get(case_path(case_id))).text
    await post(browser, case_id, "retry", form(page, case_path(case_id, "retry")))
    assert await shown(browser, "sign=undelivered") == set()


async def test_what_the_list_of_the_undelivered_has_the_page_of_its_case_says(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    mina, now = await hire(desk.merchant), clock.now()
    await enter(browser, desk.merchant, mina)
    one, other = [await open_case(client, desk, name, customer="") for name in ("one", "other")]
    review_id = (await case_row(desk.merchant, other))["review_id"]
    async with db.transaction(desk.merchant):
        for case, kind, about, became in (
            (one, "private_message", None, "failed"),
            (other, "public_reply", None, "failed"),
            (other, "public_reply", review_id, "sent"),
        ):
            locked = await service.lock(UUID(case))
            message = await service.add_message(locked, kind, "Words", mina, now, now, review_id=about)
            if became == "failed":
                await db.execute(queries.FAILED, message, "source_not_connected", 1)
            else:
                await db.execute(queries.SENT, message, now)
    for case in (one, other):
        assert "has not reached its source" not in (await browser.get(case_path(case))).text
    assert await shown(browser, "sign=undelivered") == set()


async def test_a_session_that_ended_leads_back_to_the_case(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = form((await browser.get(case_path(case_id))).text, case_path(case_id, "reply"))
    browser.client.cookies.set(STAFF_SESSION, "ended")
    token = await browser.token("/nowhere")
    data = fields | {"csrf_token": token, "text": "Long words"}
    headers = {"accept": "text/html", "referer": f"http://shop.test{case_path(case_id)}"}
    answer = await browser.client.post(case_path(case_id, "reply"), data=data, headers=headers)
    assert answer.status_code == 303
    wanted = case_path(case_id).replace("/", "%2F")
    assert answer.headers["location"] == f"/staff/sign-in?problem=session_expired&next={wanted}"
    browser.client.cookies.set(STAFF_SESSION, "ended")
    data["csrf_token"] = await browser.token("/nowhere")
    headers["referer"] = f"http://evil.test{case_path(case_id)}"
    answer = await browser.client.post(case_path(case_id, "reply"), data=data, headers=headers)
    assert answer.headers["location"] == "/staff/sign-in?problem=session_expired"
