"""Reports of cases as a page, as CSV and over the API; the holdout is set there."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from admin import inbox
from api import portal
from api.app import App, create_app
from api.v1.case_reports import get_case_report
from api.v1.reviews import v1_reviews
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from reviews.cases.remedies import holdout
from reviews.proof.rules import arm_of
from reviews.surveys import answering
from reviews.surveys import service as surveys
from tests.http.conftest import Browser, new_key, rows
from tests.http.desk import Desk, act, enter, hire, open_case
from tests.http.shop import form, speak

REPORTS = "/staff/inbox/reports"
HALF = Decimal("0.5")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(portal.router, inbox.router, v1=(v1_reviews, get_case_report))


async def test_a_month_as_page_csv_and_json_says_the_same(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    agent = await hire(desk.merchant, name="=Mina")
    await enter(browser, desk.merchant, agent)
    assert (await act(browser, case, "resolve", text="Done")).status_code == 303
    now = clock.now()
    async with db.transaction(desk.merchant):
        ada = await db.fetchval("SELECT customer_id FROM cases")
        path = await surveys.make("resolution", ada, UUID(case), now)
        survey, _ = await surveys.open_link(path.partition("token=")[2])
        await answering.answer(survey.id, "csat", 5, "", now)
    page = (await browser.get(REPORTS)).text
    assert "Satisfied" in page and "100% (1 of 1)" in page and "=Mina" in page
    assert "Nobody is held out" in page and "Share in per cent" not in page  # an agent sets nothing
    month = f"{now:%Y-%m}"
    answer = await browser.get(f"{REPORTS}.csv?month={month}")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    told = {(each["section"], each["name"], each["figure"]): each for each in lines}
    assert told["person", "'=Mina", "csat"]["count"] == "1" and told["cases", "", "csat"]["of"] == "1"
    key = await new_key(desk.merchant, "reviews:read")
    document = (await client.get(f"/v1/case-reports?month={month}", headers=key)).json()
    same = {(each["section"], each["name"], each["figure"]): each for each in document["figures"]}
    assert same["person", "=Mina", "csat"]["value"] == 1.0
    assert len(document["figures"]) == len(lines)
    of_him = (await client.get(f"/v1/case-reports?month={month}&person={agent}", headers=key)).json()
    assert of_him["figures"] != []
    earlier = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert "Nothing was resolved." in (await browser.get(f"{REPORTS}?month={earlier}")).text
    for locale, said in (("zh-Hans", "报告"), ("zh-Hant", "報告")):
        speak(browser, locale)
        assert said in (await browser.get(REPORTS)).text


@pytest.mark.parametrize("query", ["month=x", "month=9999-12", "team=x&person=y&aspect=z"])
async def test_what_is_no_month_or_filter_shows_the_current_month(
    browser: Browser, desk: Desk, query: str
) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant))
    assert (await browser.get(f"{REPORTS}?{query}")).status_code == 200
    assert (await browser.get(f"{REPORTS}.csv?{query}")).status_code == 200


async def test_the_api_wants_a_month_and_a_key(client: httpx.AsyncClient, desk: Desk) -> None:
    key = await new_key(desk.merchant, "reviews:read")
    wrong = await client.get("/v1/case-reports?month=9999-12", headers=key)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "month_invalid")
    assert (await client.get("/v1/case-reports?month=2026-01")).status_code == 401
    other = await new_key(desk.merchant, "members:read")
    assert (await client.get("/v1/case-reports?month=2026-01", headers=other)).status_code == 403


async def test_managers_set_who_is_held_out(browser: Browser, desk: Desk) -> None:
    await enter(browser, desk.merchant, await hire(desk.merchant, "community_manager"))
    held = f"{REPORTS}/holdout"
    page = (await browser.get(REPORTS)).text
    assert 'href="/staff/studio/goals">Set goals' in page
    assert 'href="/staff/studio/goals"' in (await browser.get("/staff/inbox/settings/targets")).text
    far = await browser.client.post(held, data=form(page, held) | {"holdout": "51"})
    assert far.status_code == 422
    assert (await browser.client.post(held, data=form(page, held) | {"holdout": "10"})).status_code == 303
    assert "By chance 10% of customers get no remedy" in (await browser.get(REPORTS)).text

    token = await browser.token(REPORTS)
    await enter(browser, desk.merchant, await hire(desk.merchant, "agent"))
    assert "Set goals" not in (await browser.get(REPORTS)).text
    fields = {"csrf_token": token, "holdout": "0", "idempotency_key": "k"}
    assert (await browser.post(held, fields, REPORTS)).status_code == 403
    assert await rows(desk.merchant, "case_holdouts") == 1


async def test_staff_see_who_is_held_out_and_may_give_all_the_same(
    browser: Browser, client: httpx.AsyncClient, desk: Desk
) -> None:
    case = await open_case(client, desk)
    async with db.transaction(desk.merchant):
        row = await db.fetchrow("SELECT customer_id, opened_at FROM cases")
        assert row is not None
        seed = next(
            each for each in iter(new_id, None) if arm_of(each, row["customer_id"], HALF) == "holdout"
        )
        await db.execute(
            "INSERT INTO case_holdouts (merchant_id, share, seed, began_at)"
            " VALUES (current_merchant(), 0.5, $1, $2)", seed, row["opened_at"],
        )  # fmt: skip
        await holdout.assign(clock.now())
    await enter(browser, desk.merchant, await hire(desk.merchant))
    page = (await browser.get(f"/staff/inbox/cases/{case}")).text
    assert "By chance this customer is among those who get no remedy" in page
    refused = await act(browser, case, "goodwill", points="10", reason="Sorry")
    assert refused.status_code == 409 and "with a reason" in refused.text
    assert await rows(desk.merchant, "case_remedies") == 0
    assert (await act(browser, case, "all-the-same", text="She was hurt")).status_code == 303
    assert (await act(browser, case, "goodwill", points="10", reason="Sorry")).status_code == 303
    page = (await browser.get(f"/staff/inbox/cases/{case}")).text
    assert "Given all the same" in page and "get no remedy, so that" not in page
    assert (await rows(desk.merchant, "case_remedies"), await rows(desk.merchant, "case_arm_overrides")) == (
        1,
        1,
    )
