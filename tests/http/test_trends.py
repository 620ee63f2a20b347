"""Trends by the API and on the page of the inbox."""

from uuid import UUID

import httpx
import pytest

from api.app import App
from core import clock
from core.embedded import Services
from tests.db.test_review_trends import LATER, store
from tests.http.conftest import Browser, new_key
from tests.http.desk import desk_app, enter, hire


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


async def test_a_spike_by_api_and_on_the_page(
    client: httpx.AsyncClient, browser: Browser, merchant: UUID
) -> None:
    await store(merchant, "lamp", [20] * 60, 4)
    await store(merchant, "lamp", [2] * 20, 12)
    key = await new_key(merchant, "reviews:read")
    with clock.set_clock(lambda: LATER):
        answer = await client.get("/v1/review-trends", headers=key)
        await enter(browser, merchant, await hire(merchant, "auditor"))
        page = await browser.get("/staff/inbox/trends")
        other = await new_key(merchant, "reviews:write")
        assert (await client.get("/v1/review-trends", headers=other)).status_code == 403
    assert answer.status_code == 200, answer.text
    found = {each["key"]: each for each in answer.json()["trends"]}
    assert (found["lamp"]["spike"], found["lamp"]["recent_negative"]) == (True, 12)
    assert found["lamp"]["p"] < 0.001 and len(found["lamp"]["evidence"]) == 5
    assert page.status_code == 200
    assert "12 of 20 reviews complain: 60%, before that 7%." in page.text
    assert page.text.count('<a href="/staff/inbox/cases/') >= 5


async def test_nothing_has_risen(browser: Browser, merchant: UUID) -> None:
    await enter(browser, merchant, await hire(merchant))
    page = await browser.get("/staff/inbox/trends")
    assert page.status_code == 200 and "Nothing has risen" in page.text
