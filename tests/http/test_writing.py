"""Writing, editing and deleting a review on the portal, with pictures and points, without scripts."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App
from core import clock, db
from core.embedded import Services
from reviews import attributes
from reviews.attributes import Attribute
from reviews.moderation import service as moderation
from reviews.photos.pixels import BYTES_LIMIT
from tests.conftest import new_merchant
from tests.factories import photos
from tests.http.conftest import Browser, new_key, rows, write
from tests.http.shop import (
    balance,
    delivered,
    enter_as_customer,
    enter_as_staff,
    form,
    joined,
    member_with,
    send,
)
from tests.http.writer import POINTS, Writer, bought, fill_in, judge, open_writer, value, writing_app

ROOT = Path(__file__).parents[2]
REVIEW = "SELECT id FROM reviews WHERE version > 0"
STATE = "SELECT moderation || ' ' || published || ' ' || incentivised FROM reviews"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return writing_app()


@pytest.fixture
async def writer(merchant: UUID, browser: Browser) -> Writer:
    found = await open_writer(merchant)
    await enter_as_customer(browser, found.shop, found.customer)
    return found


async def test_a_delivered_line_is_offered_reviewed_and_rewarded(browser: Browser, writer: Writer) -> None:
    page = (await browser.get("/portal/reviews")).text
    assert page.count("Write a review") == 3  # the lamp, the rug, the store
    form_page = (await browser.get(writer.path())).text
    assert "the same whatever your review says" in form_page
    before = await balance(writer.shop, "ada")
    answer = await fill_in(browser, writer.path(), stars="2", title="Dim", text="Too dark.", author="Ada L.")
    assert answer.headers["location"] == "/portal/reviews?notice=written"
    assert await value(writer, STATE) == "pending false false"
    assert "Being checked" in (await browser.get("/portal/reviews")).text

    assert await judge(writer) == 1
    assert await value(writer, STATE) == "approved true true"
    assert await value(writer, "SELECT verified AND NOT solicited FROM reviews")
    assert await value(writer, "SELECT array_agg(reason) FROM review_moderations") == ["passed"]
    assert await balance(writer.shop, "ada") == (before[0] + POINTS, before[1])
    page = (await browser.get("/portal/reviews")).text
    for text in ("Published", "Too dark.", "Verified purchase", "Points were given", f"{POINTS} points"):
        assert text in page
    assert page.count("Write a review") == 2


async def test_an_entry_names_what_the_review_was_about(browser: Browser, writer: Writer) -> None:
    for line in ("1", "2"):
        await fill_in(browser, writer.path(line))
        await judge(writer)
    page = (await browser.get("/portal/activity?show=earned")).text
    assert page.count(">Lamp<") == 1 and page.count(">Rug<") == 1
    async with db.transaction(writer.merchant):
        earned = await db.fetchval(
            "SELECT disclosure_journal_id FROM reviews WHERE product_name = 'Lamp' AND incentivised"
        )
    entry = (await browser.get(f"/portal/activity/{earned}")).text
    assert "Lamp" in entry and "Rug" not in entry
    home = (await browser.get("/portal")).text
    assert "Lamp" in home and "Rug" in home
    table = (await browser.get("/portal/activity.csv")).text
    cells = [line.split(",") for line in table.splitlines()]
    assert [row[2] for row in cells if row[1] == "Earned for a review"] == ["Rug", "Lamp"], table
    async with db.transaction(writer.merchant):
        await db.execute("UPDATE reviews SET product_name = ''")
    assert ">lamp<" in (await browser.get("/portal/activity?show=earned")).text, "without a name its SKU"


async def test_points_are_the_same_whatever_the_stars(browser: Browser, writer: Writer) -> None:
    given = []
    for line, stars in (("1", "1"), ("2", "5")):
        before = (await balance(writer.shop, "ada"))[0]
        await fill_in(browser, writer.path(line), stars=stars)
        await judge(writer)
        given.append((await balance(writer.shop, "ada"))[0] - before)
    assert given == [POINTS, POINTS]


async def test_a_held_review_keeps_its_points_pending(browser: Browser, writer: Writer) -> None:
    before = await balance(writer.shop, "ada")
    await fill_in(browser, writer.path(), text="Cheaper at https://example.com")
    await judge(writer)
    assert await value(writer, STATE) == "held false true"
    assert await balance(writer.shop, "ada") == (before[0], before[1] + POINTS)
    assert "Being checked" in (await browser.get("/portal/reviews")).text


async def test_its_author_edits_and_deletes_it(browser: Browser, writer: Writer) -> None:
    start = await balance(writer.shop, "ada")
    await fill_in(browser, writer.path(), (photos.image(), photos.image(kind="PNG")))
    await judge(writer)
    review = await value(writer, REVIEW)
    assert (await browser.get(writer.path())).headers["location"] == f"/portal/reviews/{review}/edit"
    edit = f"/portal/reviews/{review}/edit"
    page = (await browser.get(edit)).text
    assert "Warm light." in page and page.count('name="kept"') == 2
    kept = re.findall(r'name="kept" value="([^"]+)"', page)[:1]
    answer = await fill_in(browser, edit, (photos.image(30, 30),), keep=False, stars="5", text="Bright!")
    assert answer.status_code == 303, answer.text
    assert await value(writer, STATE) == "pending false true"
    await judge(writer)
    assert await value(writer, STATE) == "approved true true"
    assert await value(writer, "SELECT count(*) FROM review_versions") == 2
    assert await value(writer, "SELECT count(*) FROM review_photos WHERE last_version = 1") == 2
    assert await balance(writer.shop, "ada") == (start[0] + POINTS, start[1])
    assert kept[0] not in (await browser.get("/portal/reviews")).text

    page = (await browser.get(edit)).text
    answer = await browser.post(f"{edit[:-5]}/delete", form(page, f"{edit[:-5]}/delete"), edit)
    assert answer.headers["location"] == "/portal/reviews?notice=deleted"
    assert await value(writer, "SELECT state FROM reviews") == "tombstone"
    assert await rows(writer.merchant, "review_photos") == 0
    await judge(writer)
    assert await balance(writer.shop, "ada") == start
    assert (await browser.get(edit)).status_code == 404
    # Written anew it is shown again, but earns no second time.
    await fill_in(browser, writer.path(), text="After all.")
    await judge(writer)
    assert await value(writer, STATE) == "approved true true"
    assert await balance(writer.shop, "ada") == start


async def test_pictures_are_served_to_whom_they_concern(
    browser: Browser, client: httpx.AsyncClient, writer: Writer
) -> None:
    await fill_in(browser, writer.path(), (photos.with_metadata(),), text="Look: https://example.com")
    await judge(writer)
    photo = f"/media/reviews/{await value(writer, 'SELECT id FROM review_photos')}"
    mine = await browser.get(photo)
    assert (mine.status_code, mine.headers["content-type"]) == (200, "image/jpeg")
    assert mine.headers["cache-control"] == "private, no-store"
    assert mine.headers["x-content-type-options"] == "nosniff"
    assert b"SecretCam" not in mine.content
    assert (await client.get(photo)).status_code == 404
    other = await member_with(writer.shop, 10)
    await enter_as_customer(browser, writer.shop, other)
    assert (await browser.get(photo)).status_code == 404
    stranger = await new_merchant()
    await enter_as_staff(browser, stranger, "owner")
    assert (await browser.get(photo)).status_code == 404
    await enter_as_staff(browser, writer.merchant, "agent")
    assert (await browser.get(f"{photo}/small")).status_code == 200
    await value(writer, "UPDATE reviews SET moderation = 'approved' RETURNING id")
    public = await client.get(photo)
    assert (public.status_code, public.headers["cache-control"]) == (200, "public, max-age=300")
    assert public.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (await client.get(f"/media/reviews/{writer.order}")).status_code == 404


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((b"<html>no picture</html>",), "no JPEG, PNG or WebP"),
        ((photos.bomb(),), "too many pixels"),
        ((photos.image() + bytes(BYTES_LIMIT),), "at most 10 MB"),
        ((photos.image(),) * 6, "at most 5 pictures"),
    ],
)
async def test_unfit_pictures_are_refused_and_the_text_is_kept(
    browser: Browser, writer: Writer, files: tuple[bytes, ...], said: str
) -> None:
    answer = await fill_in(browser, writer.path(), files, text="All that I typed.")
    assert answer.status_code == 422
    assert said in answer.text and "All that I typed." in answer.text
    assert await rows(writer.merchant, "reviews") == await rows(writer.merchant, "review_photos") == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"stars": ""}, "choose how many stars"),
        ({"stars": "6"}, "choose how many stars"),
        ({"stars": "99999999999"}, "choose how many stars"),
        ({"title": "x" * 201}, "The title is too long"),
        ({"text": "x" * 10_001}, "The text is too long"),
        ({"author": "x" * 101}, "The name is too long"),
    ],
)
async def test_an_unfit_draft_is_said_on_the_form(
    browser: Browser, writer: Writer, typed: dict[str, Any], said: str
) -> None:
    answer = await fill_in(browser, writer.path(), **typed)
    assert answer.status_code == 422 and said in answer.text
    assert await rows(writer.merchant, "reviews") == 0


async def test_attributes_are_asked_for_and_kept_by_wording(browser: Browser, writer: Writer) -> None:
    async with db.transaction(writer.merchant):
        await attributes.ask([Attribute("fit", {"en": "Fit"}), Attribute("looks", {"en": "Looks"})])
    await fill_in(browser, writer.path(), attribute_fit="2", attribute_other="5")
    await judge(writer)
    review = await value(writer, REVIEW)
    await fill_in(browser, f"/portal/reviews/{review}/edit", attribute_fit="3", attribute_looks="5")
    async with db.transaction(writer.merchant):
        rated = await attributes.of_reviews([review])
        before = await db.fetch("SELECT version, code, stars FROM review_attribute_ratings ORDER BY 1, 2")
        await attributes.ask([Attribute("looks", {"en": "Looks"})])
    assert [(each.code, each.stars) for each in rated[review]] == [("fit", 3), ("looks", 5)]
    assert [tuple(row) for row in before] == [(1, "fit", 2), (2, "fit", 3), (2, "looks", 5)]
    page = (await browser.get(f"/portal/reviews/{review}/edit")).text
    assert "Looks" in page and "Fit" not in page


async def test_only_what_was_delivered_to_oneself_can_be_reviewed(browser: Browser, writer: Writer) -> None:
    await send(writer.shop, joined("bob", writer.shop.ago(60), "Bob"))
    await enter_as_customer(browser, writer.shop, "bob")
    store = await value(writer, "SELECT id FROM stores")
    for path in (writer.path(), f"/portal/reviews/write?store={store}", "/portal/reviews/write"):
        assert (await browser.get(path)).status_code == 404
    token = await browser.token("/portal")
    fields = {"csrf_token": token, "stars": "1", "text": "Never bought it."}
    answer = await browser.client.post(
        writer.path(), data=fields, files=[("photos", ("", b"", "text/plain"))]
    )
    assert answer.status_code == 404
    assert await rows(writer.merchant, "reviews") == 0


async def test_another_customers_review_is_out_of_reach(browser: Browser, writer: Writer) -> None:
    await fill_in(browser, writer.path())
    review = await value(writer, REVIEW)
    await send(writer.shop, joined("bob", writer.shop.ago(60), "Bob"))
    await enter_as_customer(browser, writer.shop, "bob")
    path = f"/portal/reviews/{review}"
    assert (await browser.get(f"{path}/edit")).status_code == 404
    token = await browser.token("/portal")
    for deed in ("edit", "delete"):
        fields = {"csrf_token": token, "idempotency_key": "k"}
        assert (await browser.client.post(f"{path}/{deed}", data=fields)).status_code == 404
    assert await value(writer, "SELECT version || state FROM reviews") == "1live"


async def test_a_double_click_writes_once_and_a_forged_form_never(browser: Browser, writer: Writer) -> None:
    page = (await browser.get(writer.path())).text
    action = writer.path().replace("&", "&amp;")
    fields = form(page, action) | {"stars": "4", "text": "Once."}
    empty = [("photos", ("", b"", "application/octet-stream"))]
    answers = [await browser.client.post(writer.path(), data=fields, files=empty) for _ in range(2)]
    assert {each.headers["location"] for each in answers} == {"/portal/reviews?notice=written"}
    assert await rows(writer.merchant, "review_versions") == 1
    forged = await browser.client.post(writer.path("2"), data=fields | {"csrf_token": "x"}, files=empty)
    assert forged.status_code == 403
    assert await rows(writer.merchant, "review_versions") == 1


async def test_a_store_review_and_an_insiders_word(browser: Browser, writer: Writer) -> None:
    store = await value(writer, "SELECT id FROM stores")
    await value(
        writer,
        "INSERT INTO staff (merchant_id, email, name, role, password_hash, created_at)"
        " VALUES (current_merchant(), 'ADA@example.test', 'Ada', 'agent', 'x', $1) RETURNING id",
        clock.now(),
    )
    await fill_in(browser, writer.path(), text="I like it.")
    await judge(writer)
    assert await value(writer, STATE) == "held false true"
    assert await value(writer, "SELECT reason FROM review_moderations") == "insider"
    await fill_in(browser, f"/portal/reviews/write?store={store}", text="Nice people.", insider="1")
    await judge(writer)
    row = "SELECT insider || ' ' || published || ' ' || verified FROM reviews WHERE product_sku = ''"
    assert await value(writer, row) == "true true true"
    assert "Written by somebody of the shop" in (await browser.get("/portal/reviews")).text


async def test_reviews_by_api_are_judged_and_earn_too_but_never_those_of_other_sources(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    key = await new_key(writer.merchant, "reviews:write", "reviews:read")
    start = await balance(writer.shop, "ada")
    body = {
        "written_at": clock.now().isoformat(), "rating": 1, "body": "Bad.", "customer": "ada",
        "product_sku": "lamp", "external_id": "r1",
    }  # fmt: skip
    for source in ("google", "judgeme", "first_party"):
        sent = await client.post("/v1/reviews", json=body | {"source": source}, headers=write(key))
        assert sent.status_code == 200, sent.text
    assert await judge(writer) == 1
    assert await value(writer, "SELECT array_agg(source) FROM reviews WHERE incentivised") == ["first_party"]
    assert await balance(writer.shop, "ada") == (start[0] + POINTS, start[1])
    gone = {"source": "first_party", "external_id": "r1"}
    for _ in range(2):
        assert (await client.post("/v1/reviews/removals", json=gone, headers=write(key))).status_code == 200
    await judge(writer)
    assert await balance(writer.shop, "ada") == start


async def test_no_key_changes_or_takes_over_what_its_author_wrote_here(
    browser: Browser, client: httpx.AsyncClient, writer: Writer
) -> None:
    await fill_in(browser, writer.path(), stars="1", text="It broke.")
    await judge(writer)
    key = await new_key(writer.merchant, "reviews:write")
    now = clock.now() + timedelta(minutes=1)
    forged = {
        "source": "first_party", "external_id": await value(writer, "SELECT external_id FROM reviews"),
        "written_at": now.isoformat(), "edited_at": now.isoformat(), "rating": 5, "body": "Lovely.",
    }  # fmt: skip
    whole = "SELECT md5(string_agg(r::text || v::text, '' ORDER BY number)) FROM reviews r, review_versions v"
    before = await value(writer, whole)
    for more in ({}, {"customer": "ada"}, {"edited_at": None, "written_at": writer.shop.ago(9).isoformat()}):
        answer = await client.post("/v1/reviews", json=forged | more, headers=write(key))
        assert (answer.status_code, answer.json()["code"]) == (409, "review_of_its_author")
    another = {**forged, "source": "judgeme", "external_id": "j1"}
    results = (await client.post("/v1/reviews", json=[forged, another], headers=write(key))).json()["results"]
    assert [each["status"] for each in results] == ["rejected", "new"]
    assert results[0]["code"] == "review_of_its_author"
    ours = " WHERE source = 'first_party' AND review_id = r.id"
    assert await value(writer, whole + ours) == before
    # One that came by the key, which the author goes on with here, is the author's from then on.
    past = writer.shop.ago(1).isoformat()
    sent = forged | {"external_id": "r1", "customer": "ada", "written_at": past, "edited_at": past}
    assert (await client.post("/v1/reviews", json=sent, headers=write(key))).status_code == 200
    review = await value(writer, "SELECT id FROM reviews WHERE external_id = 'r1'")
    await fill_in(browser, f"/portal/reviews/{review}/edit", stars="2", text="My own words.")
    answer = await client.post("/v1/reviews", json=sent | {"edited_at": now.isoformat()}, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (409, "review_of_its_author")


async def test_a_disclosure_stays_for_ever(browser: Browser, writer: Writer) -> None:
    await fill_in(browser, writer.path())
    await judge(writer)
    entry = await value(writer, "SELECT disclosure_journal_id FROM reviews")
    assert await value(writer, "SELECT verb FROM ledger_journal WHERE id = $1", entry) == "earn"
    for change in ("incentivised = false", "disclosure_journal_id = NULL", "disclosure_journal_id = id"):
        with pytest.raises(Exception, match="the disclosure of review"):
            await value(writer, f"UPDATE reviews SET {change} RETURNING id")


async def test_nobody_verifies_a_purchase_by_hand(
    browser: Browser, client: httpx.AsyncClient, writer: Writer
) -> None:
    """Not by API, not by form, not by staff's pages, not in the database: an order does, or nothing."""
    key = await new_key(writer.merchant, "reviews:write", "reviews:read")
    body = {
        "source": "first_party", "external_id": "r1", "written_at": clock.now().isoformat(), "rating": 5,
        "body": "Trust me.", "customer": "ada", "product_sku": "never-bought",
    }  # fmt: skip
    for name in ("verified", "verified_by", "order_id", "order_line_id", "verified_purchase"):
        refused = await client.post("/v1/reviews", json=body | {name: "order"}, headers=write(key))
        assert refused.status_code == 422
    sent = await client.post(
        "/v1/reviews", json=body | {"order": "o1", "extra": {"verified": True}}, headers=write(key)
    )
    review = sent.json()["results"][0]["review_id"]
    await judge(writer)
    found = (await client.get(f"/v1/reviews/{review}", headers=key)).json()
    assert (found["verified"], found["verified_by"]) == (False, None)
    await fill_in(browser, f"/portal/reviews/{review}/edit", verified="1", order_id=str(writer.order))
    await judge(writer)
    assert (await client.get(f"/v1/reviews/{review}", headers=key)).json()["verified_by"] is None
    with pytest.raises(Exception, match="verified"):
        await value(writer, "UPDATE reviews SET verified = true RETURNING id")
    await fill_in(browser, writer.path())
    lamp = await value(writer, "SELECT id FROM reviews WHERE product_sku = 'lamp'")
    assert (await client.get(f"/v1/reviews/{lamp}", headers=key)).json()["verified_by"] == "order"


async def test_only_the_intake_says_which_order_a_review_is_about() -> None:
    writers = [
        f"{path.relative_to(ROOT)}"
        for folder in ("core", "loyalty", "reviews", "api", "admin")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for statement in re.findall(r"(?:UPDATE reviews|INSERT INTO reviews)\b[^;\"]*", path.read_text())
        if "order_id =" in statement.partition("WHERE")[0] or "order_line_id," in statement
    ]
    assert set(writers) == {"reviews/intake/queries.py"}


async def test_no_request_of_the_api_has_a_field_for_it(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    requests = [
        text
        for path in document["paths"].values()
        for call in path.values()
        if (text := str(call.get("requestBody", "")))
    ]
    names = set(re.findall(r"#/components/schemas/([\w.]+)", " ".join(requests)))
    schemas = document["components"]["schemas"]
    assert names and not [
        (name, field)
        for name in names
        for field in schemas.get(name, {}).get("properties", {})
        if "verified" in field
    ]


async def test_workers_at_once_judge_and_give_points_once(browser: Browser, writer: Writer) -> None:
    start = await balance(writer.shop, "ada")
    await fill_in(browser, writer.path())
    review = await value(writer, REVIEW)

    async def work() -> None:
        async with db.transaction(writer.merchant):
            await moderation.judge([review], clock.now())

    await asyncio.gather(*(work() for _ in range(6)))
    assert await rows(writer.merchant, "review_moderations") == 1
    assert await balance(writer.shop, "ada") == (start[0] + POINTS, start[1])


async def test_whoever_stands_for_another_has_their_orders_and_reviews(
    browser: Browser, writer: Writer
) -> None:
    shop = writer.shop
    await send(shop, joined("bob", shop.ago(60)), bought("bob", "o2", shop), delivered("o2", shop.ago(5)))
    theirs = replace(writer, order=await value(writer, "SELECT id FROM orders WHERE external_id = 'o2'"))
    await enter_as_customer(browser, shop, "bob")
    await fill_in(browser, theirs.path(), (photos.image(),), text="Bright enough.")
    await judge(writer)
    await value(writer, "UPDATE reviews SET moderation = 'held' RETURNING id")  # its picture is not public
    merged = {"customer_id": "bob", "into_customer_id": "ada"}
    await send(shop, ("customer.merged", clock.now(), merged))
    start = await balance(shop, "ada")

    await enter_as_customer(browser, shop, "ada")
    page = (await browser.get("/portal/reviews")).text
    assert "Bright enough." in page and page.count("Write a review") == 4  # three lines and the store
    review = await value(writer, REVIEW)
    picture = await value(writer, "SELECT id FROM review_photos")
    assert (await browser.get(f"/media/reviews/{picture}")).status_code == 200
    answer = await fill_in(browser, f"/portal/reviews/{review}/edit", text="Dim.")
    assert answer.headers["location"] == "/portal/reviews?notice=edited"

    await fill_in(browser, theirs.path("2"), text="A soft rug.")
    assert await value(writer, "SELECT count(*) FROM reviews WHERE verified") == 2
    assert (await browser.get("/portal/reviews")).text.count("Write a review") == 3
    await judge(writer)
    assert await balance(shop, "ada") == (start[0] + POINTS, start[1])  # those of the lamp came before


async def test_an_erased_author_has_no_name_any_more(browser: Browser, writer: Writer) -> None:
    await fill_in(browser, writer.path(), text="Warm light.", author="Ada Lovelace")
    await judge(writer)
    assert await value(writer, "SELECT count(*) FROM review_traces") > 0
    points = await balance(writer.shop, "ada")
    gone = ("customer.deleted", clock.now(), {"customer_id": "ada"})
    await send(writer.shop, gone)
    told = "SELECT author || '|' || published || '|' || incentivised FROM reviews"
    assert await value(writer, told) == "|true|true"
    assert await value(writer, "SELECT count(*) FROM review_traces") == 0
    assert await balance(writer.shop, "ada") == points
    await value(writer, "UPDATE reviews SET author = 'Ada' RETURNING id")  # as a late wording would
    assert await value(writer, "SELECT author FROM reviews") == ""


async def test_what_a_second_tab_writes_is_neither_lost_nor_silently_taken(
    browser: Browser, writer: Writer
) -> None:
    fields = form((await browser.get(writer.path())).text, writer.path().replace("&", "&amp;"))
    await fill_in(browser, writer.path(), (photos.image(),), stars="4", text="From the first tab.")
    review = await value(writer, REVIEW)
    edit = f"/portal/reviews/{review}/edit"
    empty = [("photos", ("", b"", "application/octet-stream"))]
    typed = {"stars": "2", "title": "Second", "text": "From the second tab."}
    answer = await browser.client.post(writer.path(), data=fields | typed, files=empty)
    assert answer.status_code == 409
    for said in ("You have written about this already", "From the second tab.", "From the first tab."):
        assert said in answer.text
    assert f'action="{edit}"' in answer.text and re.search(r'name="kept" value="[^"]+" checked', answer.text)
    assert await value(writer, "SELECT string_agg(body, '|') FROM review_versions") == "From the first tab."
    # Sent again from there, it is meant.
    kept = {"kept": re.findall(r'name="kept" value="([^"]+)" checked', answer.text)}
    again = await browser.client.post(edit, data=form(answer.text, edit) | typed | kept, files=empty)
    assert again.headers["location"] == "/portal/reviews?notice=edited"
    assert await value(writer, "SELECT count(*) FROM review_photos WHERE last_version IS NULL") == 1


async def test_a_stale_tab_replaces_nothing_and_keeps_what_was_ticked(
    browser: Browser, writer: Writer
) -> None:
    await fill_in(browser, writer.path(), (photos.image(), photos.image(20, 20)), text="At first.")
    edit = f"/portal/reviews/{await value(writer, REVIEW)}/edit"
    stale = (await browser.get(edit)).text
    first, second = re.findall(r'name="kept" value="([^"]+)" checked', stale)
    await fill_in(browser, edit, (photos.image(30, 30),), text="By the other tab.")
    before = await value(writer, "SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM review_photos p")
    fields: dict[str, Any] = form(stale, edit) | {"stars": "1", "text": "By the stale tab.", "kept": [second]}
    empty = [("photos", ("", b"", "application/octet-stream"))]
    answer = await browser.client.post(edit, data=fields, files=empty)
    assert answer.status_code == 409 and "This review was changed elsewhere" in answer.text
    assert "By the stale tab." in answer.text and "By the other tab." in answer.text
    ticked = re.findall(r'name="kept" value="([^"]+)" checked', answer.text)
    added = str(await value(writer, "SELECT id FROM review_photos WHERE first_version = 2"))
    assert ticked == [second, added] and first in answer.text
    assert await value(writer, "SELECT max(number) FROM review_versions") == 2
    assert before == await value(
        writer, "SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM review_photos p"
    )

    fields = form(answer.text, edit) | {"stars": "", "text": "Without stars.", "kept": [added]}
    unfit = await browser.client.post(edit, data=fields, files=empty)
    assert unfit.status_code == 422 and "Without stars." in unfit.text
    assert re.findall(r'name="kept" value="([^"]+)" checked', unfit.text) == [added]
    assert form(unfit.text, edit)["version"] == "2"
