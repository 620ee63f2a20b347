"""The chat box and the live thread of a case on the portal, over HTTP; neither needs a script."""

import httpx
import pytest

from api.app import App
from api.portal import chat
from core import clock, db
from core.embedded import Services
from core.i18n import LOCALES
from core.people.throttle import Limit
from reviews.knowledge import service as knowledge
from reviews.knowledge.model import ArticleText
from tests.http.conftest import Browser
from tests.http.desk import (
    MESSAGE_DUE,
    Desk,
    act,
    case_path,
    desk_app,
    enter,
    hire,
    open_case,
    state,
    value,
    work_off,
)
from tests.http.shop import enter_as_customer, form, joined, speak
from tests.http.shop import send as tell

PATH = "/portal/chat"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


async def send(browser: Browser, what: str, text: str) -> httpx.Response:
    page = await browser.get(PATH)
    return await browser.post(f"{PATH}/{what}", form(page.text, f"{PATH}/{what}") | {"text": text})


async def test_articles_answer_first_and_a_person_takes_it_up(browser: Browser, desk: Desk) -> None:
    async with db.transaction(desk.merchant):
        text = ArticleText("Return a lamp", "Send the lamp back within thirty days.", ())
        await knowledge.put("return-a-lamp", {"en": text}, None, clock.now())
        await knowledge.publish("return-a-lamp", None, clock.now())
    await enter_as_customer(browser, desk.shop, desk.ada)
    asked = await send(browser, "ask", "How do I return the lamp? <b>")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PATH}#ask")
    for locale in LOCALES:
        speak(browser, locale)
        page = (await browser.get(PATH)).text
        assert "return the lamp? &lt;b&gt;" in page and "/portal/help/return-a-lamp" in page
    speak(browser, "en")
    assert "A person, please" in (await browser.get(PATH)).text
    person = await send(browser, "person", "It is broken.")
    assert person.status_code == 303, person.text
    case = person.headers["location"].rpartition("/")[2]
    mine = (await browser.get(f"/portal/cases/{case}")).text
    assert "Your question" in mine and "→ Return a lamp" in mine and "It is broken." in mine
    assert f"/portal/cases/{case}" in (await browser.get(PATH)).text
    await enter(browser, desk.merchant, await hire(desk.merchant))
    staff = (await browser.get(case_path(case))).text
    assert "→ Return a lamp" in staff and "A question" in staff
    assert (await browser.get("/staff/inbox")).status_code == 200


@pytest.mark.parametrize(
    ("what", "text", "said"),
    [
        ("ask", "x" * 501, "Write 1 to 500 characters."),
        ("ask", " ", "Write 1 to 500 characters."),
        ("person", "x" * 4001, "Write 1 to 4000 characters."),
        ("person", "", "then a person takes it up"),
    ],
)
async def test_what_cannot_be_asked_changes_nothing(
    browser: Browser, desk: Desk, what: str, text: str, said: str
) -> None:
    await enter_as_customer(browser, desk.shop, desk.ada)
    before = await state(desk.merchant)
    answer = await send(browser, what, text)
    assert answer.status_code == 422 and said in answer.text
    assert await state(desk.merchant) == before
    assert await value(desk.merchant, "SELECT count(*) FROM case_chats") == 0


async def test_questions_have_a_limit(browser: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "QUESTIONS", Limit("chat", 1, 3600))
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert (await send(browser, "ask", "One?")).status_code == 303
    answer = await send(browser, "ask", "Two?")
    assert answer.status_code == 429 and "Please wait" in answer.text and "Two?" in answer.text
    assert await value(desk.merchant, "SELECT count(*) FROM case_chat_lines") == 1


async def test_the_thread_says_only_what_is_new(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    await enter(browser, desk.merchant, await hire(desk.merchant))
    await act(browser, case, "message", text="What is broken?")
    await work_off(desk.merchant, MESSAGE_DUE)
    await enter_as_customer(browser, desk.shop, desk.ada)
    new = await browser.get(f"/portal/cases/{case}/thread?seen=0")
    assert new.status_code == 200 and "What is broken?" in new.text and "<html" not in new.text
    assert (await browser.get(f"/portal/cases/{case}/thread?seen=1")).status_code == 204
    page = (await browser.get(f"/portal/cases/{case}")).text
    assert "What has happened so far" in page and f"/portal/cases/{case}/thread?seen=1" in page
    await tell(desk.shop, joined("eve", desk.shop.ago(1)))
    await enter_as_customer(browser, desk.shop, "eve")
    assert (await browser.get(f"/portal/cases/{case}/thread")).status_code == 404
