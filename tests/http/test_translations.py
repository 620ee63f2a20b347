"""A review in the reader's language: asked for on the page of its case, written by a worker, shown there."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from admin import inbox
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import clock, db
from core.embedded import Services
from core.people import tasks as person_tasks
from reviews.cases import unreviewed
from reviews.cases.unreviewed import Asked
from reviews.intake.service import SCORE
from reviews.translating import tasks  # noqa: F401 - registers the handler
from tests.conftest import new_merchant
from tests.contract.fakes.completions import FakeCompletions, installed
from tests.contract.fakes.server import Answer, running
from tests.http.conftest import Browser
from tests.http.desk import (
    Desk,
    a_review,
    act,
    case_path,
    enter,
    hire,
    open_case,
    open_desk,
    post,
    send,
    state,
    value,
    work_off,
)
from tests.http.shop import form

GERMAN = (
    "Ana hier, ana@example.com: Nach einem Tag war alles kaputt. <b>Nie wieder</b>, ich bin sehr enttäuscht."
)
ENGLISH = "Everything was broken after one day. <b>Never again</b>, I am very disappointed."
TOPIC = "review.translate"
ROWS = """
    SELECT string_agg(concat_ws(' ', language, state, body, failure, attempts), '|') FROM review_translations
"""


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, v1=(v1_reviews,))


@pytest.fixture
async def desk(merchant: UUID) -> Desk:
    return await open_desk(merchant)


@pytest.fixture
def fake() -> Iterator[FakeCompletions]:
    with running(FakeCompletions(lambda messages: ENGLISH)) as served, installed(served.url):
        yield served


async def test_it_is_asked_for_once_and_shown_with_whose_it_is(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, author="Ana", body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = form((await browser.get(case_path(case))).text, case_path(case, "translate"))
    for key in (fields["idempotency_key"], fields["idempotency_key"], "another"):
        asked = await post(browser, case, "translate", fields | {"idempotency_key": key})
        assert asked.status_code == 303
    assert "It is being translated." in (await browser.get(case_path(case))).text
    assert await work_off(desk.merchant, TOPIC) == 1
    page = (await browser.get(case_path(case))).text
    assert "Everything was broken after one day. &lt;b&gt;Never again&lt;/b&gt;" in page
    assert "Translated by the language model m-1" in page and case_path(case, "translate") not in page
    [request] = fake.asked
    sent = request.body.decode()
    assert "Nach einem Tag" in sent and "Ana" not in sent and "ana@example.com" not in sent
    assert await value(desk.merchant, ROWS) == f"en ready {ENGLISH} 1"


async def test_who_reads_it_anyway_is_offered_none_nor_is_anybody_without_a_model(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    english = await open_case(client, desk, "english")
    german = await open_case(client, desk, "german", customer="another", body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert case_path(german, "translate") not in (await browser.get(case_path(german))).text
    before = await state(desk.merchant)
    with running(FakeCompletions(lambda messages: ENGLISH)) as served, installed(served.url):
        fields = form((await browser.get(case_path(german))).text, case_path(german, "translate"))
        assert case_path(english, "translate") not in (await browser.get(case_path(english))).text
    refused = await post(browser, german, "translate", fields)
    assert refused.status_code == 409 and "There are no translations here." in refused.text
    assert await state(desk.merchant) == before and await value(desk.merchant, ROWS) is None


async def test_nobody_has_one_made_who_may_not_answer(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = form((await browser.get(case_path(case))).text, case_path(case, "translate"))
    await enter(browser, desk.merchant, await hire(desk.merchant, "auditor"))
    assert case_path(case, "translate") not in (await browser.get(case_path(case))).text
    assert (await post(browser, case, "translate", fields)).status_code == 403
    assert await value(desk.merchant, ROWS) is None and fake.asked == []


@pytest.mark.parametrize("change", ["state = 'tombstone', removed_at = now()", "version = version + 1"])
@pytest.mark.parametrize("when", ["before it goes out", "while it is written"])
async def test_what_its_author_took_back_is_not_translated(
    browser: Browser,
    client: httpx.AsyncClient,
    desk: Desk,
    fake: FakeCompletions,
    database: Services,
    change: str,
    when: str,
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    await act(browser, case, "translate")

    async def take_back() -> None:
        connection = await asyncpg.connect(database.database_admin_url)
        await connection.execute(f"UPDATE reviews SET {change} WHERE merchant_id = $1", desk.merchant)
        await connection.close()

    def says(messages: list[dict[str, str]]) -> str:
        asyncio.run(take_back())
        return ENGLISH

    if when == "before it goes out":
        await take_back()
    fake.says = says
    await work_off(desk.merchant, TOPIC)
    assert len(fake.asked) == (when == "while it is written")
    assert await value(desk.merchant, ROWS) == "en failed translation_overtaken 1"


async def test_a_long_one_is_translated_from_its_beginning(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN + " Immer noch kaputt." * 3000)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    await act(browser, case, "translate")
    await work_off(desk.merchant, TOPIC)
    assert "Only the beginning of the review was translated." in (await browser.get(case_path(case))).text
    assert len(fake.asked[0].json["messages"][1]["content"]) < 3600


async def test_trouble_is_said_and_it_can_be_asked_for_again(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fake.next = [Answer(503, b"<html>")] * 3
    await act(browser, case, "translate")
    for _ in range(3):
        await work_off(desk.merchant, TOPIC)
    assert "The language model cannot be reached now." in (await browser.get(case_path(case))).text
    await act(browser, case, "translate")
    await work_off(desk.merchant, TOPIC)
    assert "Everything was broken" in (await browser.get(case_path(case))).text


async def test_a_new_wording_wants_a_new_translation(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    await act(browser, case, "translate")
    await work_off(desk.merchant, TOPIC)
    body = GERMAN + " Auch der Kundendienst antwortet nicht."
    await send(client, desk, a_review(body=body, edited_at="2026-01-06T10:00:00+01:00"))
    await work_off(desk.merchant, SCORE)
    page = (await browser.get(case_path(case))).text
    assert "Everything was broken" not in page and case_path(case, "translate") in page


async def test_an_erasure_while_the_model_writes_leaves_nothing(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    await act(browser, case, "translate")
    customer = await value(desk.merchant, "SELECT customer_id FROM cases")
    loop = asyncio.get_running_loop()

    def says(messages: list[dict[str, str]]) -> str:
        work = person_tasks.erase({"customer": str(customer)}, clock.now())
        asyncio.run_coroutine_threadsafe(_in(desk.merchant, work), loop).result(timeout=30)
        return ENGLISH

    fake.says = says
    await work_off(desk.merchant, TOPIC)
    assert len(fake.asked) == 1
    kept = await value(desk.merchant, "SELECT string_agg(coalesce(body, ''), '') FROM review_translations")
    assert not kept and ENGLISH not in (await browser.get(case_path(case))).text


async def _in(merchant: UUID, work: Coroutine[Any, Any, object]) -> None:
    async with db.transaction(merchant):
        await work


async def test_another_merchants_case_is_not_there(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    case = await open_case(client, desk, body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = form((await browser.get(case_path(case))).text, case_path(case, "translate"))
    stranger = await new_merchant()
    await enter(browser, stranger, await hire(stranger, "owner"))
    before = await state(desk.merchant)
    assert (await post(browser, case, "translate", fields)).status_code == 404
    assert await state(desk.merchant) == before
    for merchant in (desk.merchant, stranger):
        assert await value(merchant, ROWS) is None
    assert fake.asked == []


async def test_a_case_without_a_review_has_nothing_to_translate(
    browser: Browser, client: httpx.AsyncClient, desk: Desk, fake: FakeCompletions
) -> None:
    reviewed = await open_case(client, desk, customer="another", body=GERMAN)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    fields = form((await browser.get(case_path(reviewed))).text, case_path(reviewed, "translate"))
    async with db.transaction(desk.merchant):
        ada = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", desk.ada)
        [opened] = await unreviewed.begin([Asked(ada, "question")], clock.now())
        fields["version"] = str(await db.fetchval("SELECT version FROM cases WHERE id = $1", opened.case_id))
    case = str(opened.case_id)
    before = await state(desk.merchant)
    assert case_path(case, "translate") not in (await browser.get(case_path(case))).text
    assert (await post(browser, case, "translate", fields)).status_code == 404
    assert await state(desk.merchant) == before and await value(desk.merchant, ROWS) is None
    assert fake.asked == []
