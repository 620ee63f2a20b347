"""A case shows what else its customer wrote, and their other cases."""

import re

import httpx
import pytest

from admin import inbox, moderation, studio
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import clock, db
from core.embedded import Services
from core.people import customers
from core.people.customers import CustomerRow
from tests.conftest import new_merchant
from tests.http.conftest import Browser
from tests.http.desk import (
    Desk,
    a_review,
    act,
    case_path,
    case_row,
    enter,
    hire,
    open_case,
    open_desk,
    send,
)
from tests.http.shop import speak


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, moderation.router, studio.router, v1=(v1_reviews,))


def customers_card(page: str) -> str:
    """The part of the page about the customer."""
    found = re.search(r"<h2>Customer</h2>.*?</section>", page, re.S)
    assert found
    return found[0]


async def test_the_last_five_of_each_and_none_of_this_case_or_another_customer(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    old = await open_case(client, desk, "old", body="It broke <b>at once</b>. 歉 😡", product_name="Kettle")
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await act(browser, old, "resolve", text="")).status_code == 303
    praise = [
        a_review(f"r{n}", rating=5, body=f"Praise number {n}", written_at=f"2025-0{n}-01T10:00:00Z",
                 customer=desk.ada, store="main")
        for n in range(1, 7)
    ]  # fmt: skip
    foreign = a_review("foreign", rating=5, body="By somebody else", customer="another")
    assert (await send(client, desk, [*praise, foreign])).status_code == 200
    case = await open_case(client, desk, "new", body="Broken again, terrible.", product_name="Teapot")
    page = (await browser.get(case_path(case))).text
    card = customers_card(page)
    shown = re.findall(r"Praise number (\d)|It broke", card)
    assert shown == ["", "6", "5", "4", "3"], "the last five, the newest first"
    assert "It broke &lt;b&gt;at once&lt;/b&gt;. 歉 😡" in card
    assert "<bdi>Kettle</bdi>" in card and "<bdi>Main</bdi>" in card
    assert "Broken again" not in card and "By somebody else" not in card
    number = (await case_row(desk.merchant, old))["number"]
    assert f'href="{case_path(old)}">Case {number}</a>' in card and "Resolved" in card
    assert case_path(case) not in card
    for href in re.findall(r'href="(/[^"]+)"', card):
        assert (await browser.get(href)).status_code == 200
    speak(browser, "zh-Hant")
    assert "該顧客最近的其他案件" in (await browser.get(case_path(case))).text


async def test_what_somebody_wrote_who_was_merged_into_them_counts_and_what_was_removed_says_so(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    assert "Their last other" not in customers_card(await _page(browser, desk, case))
    async with db.transaction(desk.merchant):
        await customers.upsert([CustomerRow("ada-before", clock.now())])
    assert (
        await send(
            client, desk, a_review("before", rating=4, body="From my old address", customer="ada-before")
        )
    ).status_code == 200
    assert "From my old address" not in customers_card(await _page(browser, desk, case))
    async with db.transaction(desk.merchant):
        await customers.merge("ada-before", desk.ada, clock.now())
    assert "From my old address" in customers_card(await _page(browser, desk, case))
    async with db.transaction(desk.merchant):
        await db.execute(
            "UPDATE reviews SET state = 'tombstone', removed_at = now() WHERE external_id = 'before'"
        )
    card = customers_card(await _page(browser, desk, case))
    assert "Deleted" in card and "/staff/moderation/" not in card, "it has no page"


async def test_stars_of_what_is_not_decided_yet_are_not_beside_the_link_to_its_decision(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    assert (await send(client, desk, a_review("held", rating=2, customer=desk.ada))).status_code == 200
    async with db.transaction(desk.merchant):
        await db.execute("UPDATE reviews SET moderation = 'held' WHERE external_id = 'held'")
    card = customers_card(await _page(browser, desk, case))
    assert "/staff/moderation/reviews/" in card
    assert "2 stars" not in card and "No stars" not in card
    async with db.transaction(desk.merchant):
        await db.execute("UPDATE reviews SET moderation = 'approved' WHERE external_id = 'held'")
    assert "2 stars of 5" in customers_card(await _page(browser, desk, case))


async def test_nobody_reads_them_who_may_not_read_the_case(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk, "new")
    earlier = a_review("old", rating=5, body="I love it.", customer=desk.ada)
    assert (await send(client, desk, earlier)).status_code == 200
    stranger = await open_desk(await new_merchant())
    # The same customer's id at another shop is another person.
    theirs = await open_case(client, stranger, "theirs", customer=desk.ada)
    await enter(browser, stranger.merchant, await hire(stranger.merchant))
    assert (await browser.get(case_path(case))).status_code == 404
    page = await browser.get(case_path(theirs))
    assert page.status_code == 200 and "I love it." not in page.text
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    card = customers_card((await browser.get(case_path(case))).text)
    assert "I love it." in card and "@example" not in card
    for href in re.findall(r'href="(/[^"]+)"', card):
        assert (await browser.get(href)).status_code == 200, "whoever reads a case may open them"


async def _page(browser: Browser, desk: Desk, case: str) -> str:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    return (await browser.get(case_path(case))).text
