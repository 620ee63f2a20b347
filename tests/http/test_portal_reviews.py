"""The customer's reviews and conversations, over HTTP."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from api.app import App
from api.cookies import CUSTOMER_SESSION, STAFF_SESSION
from core import db
from core.embedded import Services
from core.i18n import LOCALES
from core.ids import new_id
from reviews.cases import clocks
from tests.http.conftest import Browser
from tests.http.desk import (
    MESSAGE_DUE,
    Desk,
    a_review,
    act,
    case_row,
    desk_app,
    enter,
    hire,
    open_case,
    send,
    state,
    value,
    work_off,
)
from tests.http.shop import enter_as_customer, form, joined, member_with, speak
from tests.http.shop import send as tell


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


def path(case_id: str) -> str:
    return f"/portal/cases/{case_id}"


async def answer(browser: Browser, case_id: str, fields: dict[str, str]) -> httpx.Response:
    return await browser.post(f"{path(case_id)}/answer", fields)


async def fields_of(browser: Browser, case_id: str) -> dict[str, str]:
    page = await browser.get(path(case_id))
    assert page.status_code == 200, page.text
    return form(page.text, f"{path(case_id)}/answer")


async def test_a_customer_sees_where_each_review_stands(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk, product_name="Pour-over set")
    happy = a_review("r2", customer=desk.ada, rating=5, body="Lovely!", reply="Thank you!")
    assert (await send(client, desk, happy)).status_code == 200
    await enter_as_customer(browser, desk.shop, desk.ada)
    page = (await browser.get("/portal/reviews")).text
    for text in (
        "Pour-over set",
        "Lovely!",
        "Thank you!",
        "We are on it",
        "You hear from us by",
        path(case_id),
    ):
        assert text in page
    assert page.count("Open the conversation") == 1

    assert (
        await answer(browser, case_id, await fields_of(browser, case_id) | {"text": "Hello?\r\nYes?"})
    ).headers["location"] == path(case_id)
    assert await value(desk.merchant, "SELECT body FROM case_messages") == "Hello?\nYes?"
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await act(browser, case_id, "message", text="What is your address?")).status_code == 303
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert "What is your address?" not in (await browser.get(path(case_id))).text, "not sent yet"
    await work_off(desk.merchant, MESSAGE_DUE)
    page = (await browser.get(path(case_id))).text
    for text in ("What is your address?", "Waiting for your answer", "Hello?", "Mina"):
        assert text in page


async def test_no_date_is_promised_that_has_passed(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    async with db.transaction(desk.merchant):
        await db.execute("UPDATE cases SET due_at = opened_at - interval '1 minute'")
        assert await clocks.sweep(desk.shop.now + timedelta(days=30)) == (0, 6)
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert "You hear from us by" not in (await browser.get(path(case_id))).text


async def test_answering_reopens_what_was_done(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await act(browser, case_id, "resolve", text="")).status_code == 303
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert "Resolved" in (await browser.get(path(case_id))).text
    fields = await fields_of(browser, case_id) | {"text": "It broke again."}
    answers = await asyncio.gather(*(answer(browser, case_id, fields) for _ in range(3)))
    assert {each.status_code for each in answers} == {303}
    row = await case_row(desk.merchant, case_id)
    assert (row["state"], row["cycle"]) == ("reopened", 2)
    assert await value(desk.merchant, "SELECT count(*) FROM case_messages") == 1

    before = await state(desk.merchant)
    other = await answer(browser, case_id, fields | {"text": "Something else"})
    assert other.status_code == 422
    assert "This form was sent before with another text." in other.text
    assert "Something else" in other.text
    assert await state(desk.merchant) == before


@pytest.mark.parametrize("text", ["", " \n\t ", "x" * 4001])
async def test_an_answer_that_is_empty_or_too_long_comes_back(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, text: str
) -> None:
    case_id = await open_case(client, desk)
    await enter_as_customer(browser, desk.shop, desk.ada)
    fields = await fields_of(browser, case_id)
    before = await state(desk.merchant)
    refused = await answer(browser, case_id, fields | {"text": text})
    assert refused.status_code == 422
    assert "Write 1 to 4000 characters." in refused.text
    assert text.strip() in refused.text
    assert await state(desk.merchant) == before


async def test_only_ones_own(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    case_id = await open_case(client, desk, body="Adas secret. It broke, terrible.")
    eve = await member_with(desk.shop, 10)
    before = await state(desk.merchant)
    crafted = {"idempotency_key": str(new_id()), "text": "I am Ada"}
    assert (await browser.get(path(case_id))).headers["location"].startswith("/portal/sign-in")
    assert (await answer(browser, case_id, crafted)).status_code == 303
    await enter_as_customer(browser, desk.shop, eve)
    assert "Adas secret" not in (await browser.get("/portal/reviews")).text
    assert (await browser.get(path(case_id))).status_code == 404
    assert (await answer(browser, case_id, crafted)).status_code == 404
    assert (await browser.get(path(str(new_id())))).status_code == 404
    await enter(browser, desk.merchant, await hire(desk.merchant, "owner"))
    assert (await browser.get(path(case_id))).status_code == 404, "eve's session is beside the owner's"
    browser.client.cookies.delete(CUSTOMER_SESSION)
    assert (await browser.get(path(case_id))).headers["location"].startswith("/portal/sign-in")
    browser.client.cookies.set(CUSTOMER_SESSION, browser.client.cookies[STAFF_SESSION])
    assert (await browser.get(path(case_id))).headers["location"].startswith("/portal/sign-in")
    assert (await answer(browser, case_id, crafted)).status_code == 303, "staff are no customers"
    assert await state(desk.merchant) == before


async def test_whoever_stands_for_another_goes_on_with_their_conversation(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case_id = await open_case(client, desk)
    await tell(desk.shop, joined("bob", desk.shop.ago(60), "Bob"))
    merged = {"customer_id": desk.ada, "into_customer_id": "bob"}
    await tell(desk.shop, ("customer.merged", desk.shop.now, merged))
    await enter_as_customer(browser, desk.shop, "bob")
    assert path(case_id) in (await browser.get("/portal/reviews")).text
    said = await fields_of(browser, case_id) | {"text": "Still me."}
    assert (await answer(browser, case_id, said)).headers["location"] == path(case_id)
    assert "Still me." in (await browser.get(path(case_id))).text


async def test_reviews_page_on_without_gaps(browser: Browser, client: httpx.AsyncClient, desk: Desk) -> None:
    sent = [a_review(f"r{n}", customer=desk.ada, body=f"Number {n:02}.") for n in range(23)]
    assert (await send(client, desk, sent)).status_code == 200
    await enter_as_customer(browser, desk.shop, desk.ada)
    first = (await browser.get("/portal/reviews")).text
    following = first.split('href="/portal/reviews?after=')[1].split('"')[0]
    second = (await browser.get(f"/portal/reviews?after={following}")).text
    assert [(f"Number {n:02}." in first) + (f"Number {n:02}." in second) for n in range(23)] == [1] * 23
    assert (await browser.get("/portal/reviews?after=x")).status_code == 422


async def test_in_every_language_also_for_who_is_no_member(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    await tell(desk.shop, (*joined("bob", desk.shop.ago(1))[:2], {"customer_id": "bob", "name": "Bob"}))
    case_id = await open_case(client, desk, customer="bob", title="Never again")
    await enter_as_customer(browser, desk.shop, "bob")
    words = {"en": "My reviews", "zh-Hans": "我的评价", "zh-Hant": "我的評價"}
    for locale in LOCALES:
        speak(browser, locale)
        for place in ("/portal/reviews", path(case_id)):
            page = await browser.get(place)
            assert page.status_code == 200, page.text
            assert f'<html lang="{locale}"' in page.text
            assert words[locale] in page.text
            assert "Never again" in page.text


async def test_what_was_removed_is_said_to_be(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    assert (await send(client, desk, a_review(customer=desk.ada))).status_code == 200
    gone = {"source": "first_party", "external_id": "r1"}
    answered = await client.post(
        "/v1/reviews/removals", json=gone, headers=desk.key | {"idempotency-key": "gone"}
    )
    assert answered.json() == {"status": "removed"}
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert "Deleted" in (await browser.get("/portal/reviews")).text
