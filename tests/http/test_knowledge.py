"""The knowledge base on its pages, in the customer's portal and over the API."""

from typing import Any

import httpx
import pytest

from admin import inbox
from api import portal
from api.app import App, create_app
from api.cookies import CUSTOMER_SESSION
from api.v1.articles import get_answers, v1_articles
from core import clock, db
from core.embedded import Services
from core.people import sessions
from reviews.knowledge import tasks  # noqa: F401 - registers the handler
from tests.http.conftest import Browser, new_key, write
from tests.http.desk import Desk, enter, hire, value, work_off
from tests.http.shop import form, speak

ROOT = "/staff/inbox/settings/knowledge"
TYPED = {
    "code": "returns",
    "title_en": "How do I send something back?",
    "asked_en": "Return label\nI want to return it",
    "body_en": "Within 30 days.\r\n\r\nIt <b>is</b> free.",
    "title_zh-Hans": "怎样退货？",
    "body_zh-Hans": "30 天内可以退货。",
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, v1=(v1_articles, get_answers))


async def as_customer(browser: Browser, desk: Desk, locale: str = "en") -> None:
    async with db.transaction(desk.merchant):
        customer = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", desk.ada)
        token = await sessions.start(clock.now(), customer_id=customer)
    browser.client.cookies.set(CUSTOMER_SESSION, token)
    speak(browser, locale)


async def save(browser: Browser, page: str, **typed: str) -> httpx.Response:
    shown = await browser.get(f"{ROOT}/{page}")
    assert shown.status_code == 200, shown.text
    return await browser.post(ROOT, form(shown.text, ROOT) | typed)


async def deed(browser: Browser, code: str, name: str) -> httpx.Response:
    page = await browser.get(f"{ROOT}/{code}")
    return await browser.post(f"{ROOT}/{code}/{name}", form(page.text, f"{ROOT}/{code}/{name}"))


async def test_written_published_found_and_called_helpful(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    saved = await save(browser, "new", **TYPED)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{ROOT}/returns")
    shown = (await browser.get(f"{ROOT}/returns")).text
    assert "As customers read the draft" in shown and "It &lt;b&gt;is&lt;/b&gt; free." in shown
    assert (await deed(browser, "returns", "publish")).status_code == 303
    assert await work_off(desk.merchant, "knowledge.embed") == 1

    await as_customer(browser, desk)
    assert "怎样退货" not in (found := (await browser.get("/portal/help?q=返品")).text)
    assert "/portal/help/returns" in found and "How do I send something back?" in found
    page = await browser.get("/portal/help/returns")
    answered = await browser.post(
        "/portal/help/returns/helpful", form(page.text, "/portal/help/returns/helpful") | {"helpful": "yes"}
    )
    assert answered.headers["location"] == "/portal/help/returns?said=true"
    assert "Your answer is noted" in (await browser.get(answered.headers["location"])).text
    await as_customer(browser, desk, "zh-Hant")
    assert "怎样退货？" in (await browser.get("/portal/help")).text

    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    listed = (await browser.get(f"{ROOT}?q=send+it+back")).text
    assert "1 / 1" in listed and "返品" in listed
    assert (await deed(browser, "returns", "withdraw")).status_code == 303
    await as_customer(browser, desk)
    assert (await browser.get("/portal/help/returns")).status_code == 404
    assert "returns" not in (await browser.get("/portal/help?q=return")).text


async def test_two_people_write_at_once_and_nothing_typed_is_lost(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    await save(browser, "new", **TYPED)
    fields = form((await browser.get(f"{ROOT}/returns")).text, ROOT)
    assert (await save(browser, "returns", **TYPED | {"title_en": "Sending it back"})).status_code == 303
    late = await browser.post(ROOT, fields | TYPED | {"title_en": "Mine"})
    assert (
        late.status_code == 409 and "Somebody else has saved this draft" in late.text and "Mine" in late.text
    )
    titles = "SELECT texts -> 'en' ->> 'title' FROM knowledge_versions"
    assert await value(desk.merchant, titles) == "Sending it back"
    unfit = await save(browser, "new", code="No Code", title_en="Typed by me")
    assert unfit.status_code == 422 and "Typed by me" in unfit.text
    assert await value(desk.merchant, "SELECT count(*) FROM knowledge_articles") == 1


async def test_agents_read_and_change_nothing(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    await save(browser, "new", **TYPED)
    await enter(browser, desk.merchant, await hire(desk.merchant, "agent"))
    page = await browser.get(f"{ROOT}/returns")
    assert page.status_code == 200 and f'action="{ROOT}' not in page.text
    for path in (ROOT, f"{ROOT}/returns/publish", f"{ROOT}/returns/withdraw"):
        refused = await browser.post(path, TYPED | {"idempotency_key": "k"})
        assert refused.status_code == 403
    assert await value(desk.merchant, "SELECT count(*) FROM knowledge_versions WHERE state = 'draft'") == 1


async def test_articles_over_the_api(client: httpx.AsyncClient, desk: Desk) -> None:
    key = await new_key(desk.merchant, "knowledge:read", "knowledge:write")
    text = {"title": "Gift cards", "body": "They are valid for three years.", "asked": ["gift voucher"]}
    body = {"texts": {"en": text}, "expected_revision": 0}
    headers = write(key)
    put = await client.put("/v1/articles/gift-cards", json=body, headers=headers)
    again = await client.put("/v1/articles/gift-cards", json=body, headers=headers)
    assert (put.status_code, again.json()) == (200, put.json())
    refused = await client.put("/v1/articles/gift-cards", json=body, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (409, "article_changed")
    published = await client.post("/v1/articles/gift-cards/publish", headers=write(key))
    assert published.json()["versions"][0]["state"] == "published"
    refused = await client.post("/v1/articles/gift-cards/publish", headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (409, "article_state_refuses")
    await work_off(desk.merchant, "knowledge.embed")
    found = (await client.get("/v1/knowledge-answers?q=礼品卡&language=zh-Hans", headers=key)).json()
    assert [(each["code"], each["sure"]) for each in found["answers"]] == [("gift-cards", False)]
    listed = (await client.get("/v1/articles", headers=key)).json()
    assert [each["code"] for each in listed["articles"]] == ["gift-cards"] and listed["next_after"] is None
    withdrawn = await client.post("/v1/articles/gift-cards/withdraw", headers=write(key))
    assert withdrawn.json()["versions"][0]["texts"]["en"] == text
    wrong: list[dict[str, Any]] = [
        {"texts": {}},
        {"texts": {"fr": text}},
        {"texts": {"en": text | {"title": ""}}},
    ]
    for bad in wrong:
        assert (await client.put("/v1/articles/x", json=bad, headers=write(key))).status_code == 422
    other = await new_key(desk.merchant, "reviews:read")
    assert (await client.get("/v1/articles", headers=other)).status_code == 403
    assert (await client.put("/v1/articles/x", json=body, headers=write(other))).status_code == 403
    assert await value(desk.merchant, "SELECT count(*) FROM knowledge_articles") == 1
