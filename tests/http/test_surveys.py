"""The questions of a survey, one a page, and how staff set when it is asked."""

import re

import httpx
import pytest

from admin import inbox
from api import portal
from api.app import App, create_app
from api.v1.reviews import v1_reviews
from core import clock, db
from core.embedded import Services
from reviews.surveys import service as surveys
from tests.http.conftest import Browser, rows
from tests.http.desk import Desk, act, enter, hire, open_case
from tests.http.shop import enter_as_customer, form, member_with, speak

SETTINGS = "/staff/inbox/settings/surveys"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, v1=(v1_reviews,))


async def link(desk: Desk) -> str:
    async with db.transaction(desk.merchant):
        ada = await db.fetchval("SELECT id FROM customers WHERE external_id = $1", desk.ada)
        return await surveys.make("recommend", ada, None, clock.now())


async def test_a_survey_is_answered_question_by_question_without_signing_in(
    browser: Browser, desk: Desk
) -> None:
    path = await link(desk)
    page = (await browser.get(path)).text
    assert "How likely is it that you would recommend Shop" in page and page.count('type="radio"') == 11
    assert await rows(desk.merchant, "case_survey_answers") == 0
    action = re.search(r'action="(/surveys/answer[^"]+)"', page)
    assert action
    to = action[1].replace("&amp;", "&")
    for wrong in ({}, {"score": "11"}, {"score": "x"}):
        answer = await browser.post(to, wrong, path)
        assert answer.status_code == 422 and "Please choose one of the answers." in answer.text
    answer = await browser.post(to, {"score": "3"}, path)
    assert answer.headers["location"].endswith("&q=text"), answer.text
    text = answer.headers["location"]
    long = await browser.post(text, {"text": "x" * 2001}, path)
    assert long.status_code == 422 and "x" * 2001 in long.text  # nothing is lost
    answer = await browser.post(text, {"text": "Slow <b>delivery</b>"}, path)
    done = (await browser.get(answer.headers["location"])).text
    assert "Thank you" in done and "Change what I answered" in done
    assert 'value="3" required checked' in (await browser.get(path)).text
    assert await rows(desk.merchant, "cases") == 1
    for locale, asked in (("zh-Hans", "推荐给朋友"), ("zh-Hant", "推薦給朋友")):
        speak(browser, locale)
        assert asked in (await browser.get(path)).text


async def test_a_link_that_is_none_ends_politely(browser: Browser, desk: Desk) -> None:
    path = await link(desk)
    for each in ("/surveys/answer", "/surveys/answer?token=x"):
        page = await browser.get(each)
        assert page.status_code == 404 and "This link has ended" in page.text
    answer = await browser.post("/surveys/answer?token=x&q=nps", {"score": "3"}, path)
    assert answer.status_code == 404
    async with db.transaction(desk.merchant):
        await db.execute("UPDATE case_surveys SET expires_at = made_at")
    assert (await browser.get(path)).status_code == 404
    closed = await browser.post(f"{path}&q=nps", {"score": "3"}, "/staff/sign-in")
    assert closed.status_code == 303
    assert await rows(desk.merchant, "case_survey_answers") == 0


async def test_staff_set_when_customers_are_asked(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    page = (await browser.get(SETTINGS)).text
    assert "nothing is given for an answer" in page
    fields = form(page, SETTINGS) | {
        "after_resolution": "on", "after_hours": "12", "recommend_after_days": "7", "cooldown_days": "60",
        "valid_days": "14",
    }  # fmt: skip
    wrong = await browser.client.post(SETTINGS, data=fields | {"cooldown_days": "0", "idempotency_key": "w"})
    assert wrong.status_code == 422 and "look at the numbers" in wrong.text
    answer = await browser.client.post(SETTINGS, data=fields)
    assert answer.headers["location"] == SETTINGS, answer.text
    async with db.transaction(desk.merchant):
        now = await surveys.settings()
    assert (now.after_resolution, now.effort, now.after_hours, now.cooldown_days) == (True, False, 12, 60)
    await enter(browser, desk.merchant, await hire(desk.merchant, "agent"))
    denied = await browser.post(SETTINGS, {**fields, "csrf_token": await browser.token(SETTINGS)}, SETTINGS)
    assert denied.status_code == 403
    assert await rows(desk.merchant, "case_survey_settings") == 1


async def test_a_customer_rates_a_resolved_case_from_its_page(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    path = f"/portal/cases/{case}"
    await enter_as_customer(browser, desk.shop, desk.ada)
    assert "Say how we did" not in (await browser.get(path)).text
    early = await browser.post(f"{path}/survey", {"idempotency_key": "k"}, path)
    assert early.status_code == 404
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await act(browser, case, "resolve", text="Done")).status_code == 303
    other = await member_with(desk.shop, 5)
    await enter_as_customer(browser, desk.shop, other)
    denied = await browser.post(f"{path}/survey", {"idempotency_key": "k"}, "/portal/messages")
    assert denied.status_code == 404 and await rows(desk.merchant, "case_surveys") == 0
    await enter_as_customer(browser, desk.shop, desk.ada)
    page = (await browser.get(path)).text
    for _ in range(2):
        answer = await browser.client.post(f"{path}/survey", data=form(page, f"{path}/survey"))
        assert answer.headers["location"].startswith("/surveys/answer?token="), answer.text
    assert "handled your case" in (await browser.get(answer.headers["location"])).text
    assert await rows(desk.merchant, "case_surveys") == 1
