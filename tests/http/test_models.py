"""Models side by side on the page of the inbox."""

from uuid import UUID

import pytest

from api.app import App
from core import db
from core.embedded import Services
from reviews.versions import service
from reviews.versions.rules import Correction
from reviews.versions.service import Unshadowed
from sentiment.types import Text
from tests.fixtures.reviews.shop import NOW, reading, review, score, take_in
from tests.http.conftest import Browser
from tests.http.desk import desk_app, enter, hire


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return desk_app()


async def test_a_pair_with_where_it_differs(browser: Browser, merchant: UUID) -> None:
    (received,) = await take_in(merchant, review(body="Not bad <b>at all</b>.", rating=None))
    await score(merchant, received, reading(0.9, model="first-1"))
    seen = Unshadowed(received.review_id, 1, Text("Not bad."), flagged=True)
    async with db.transaction(merchant):
        await service.store([seen], [(reading(0.1, model="second-1").score, False)], "first-1", NOW)
        await service.correct(received.review_id, Correction("positive"), NOW)
    await enter(browser, merchant, await hire(merchant))
    page = await browser.get("/staff/inbox/models")
    assert page.status_code == 200
    assert "second-1 in the shadow of first-1" in page.text
    assert "0 and 1 of 1" in page.text and "Staff correct what the first model misread" in page.text
    assert "Not bad &lt;b&gt;at all&lt;/b&gt;." in page.text


async def test_without_a_second_model(browser: Browser, merchant: UUID) -> None:
    await enter(browser, merchant, await hire(merchant))
    page = await browser.get("/staff/inbox/models")
    assert page.status_code == 200 and "No second model" in page.text
