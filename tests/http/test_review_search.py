"""Finding reviews: for programs with a key, for staff on a page."""

from uuid import UUID

import httpx
import pytest

from admin import inbox
from admin.serve import V1
from api.app import create_app
from core import clock, db
from core.embedded import Services
from core.people import sessions
from reviews.search import service
from tests.fixtures.reviews.shop import NOW, employee, open_case, review, rows, take_in
from tests.http.conftest import PAGE, _transport, new_key

HOSTILE = "late <script>alert(1)</script>"


@pytest.fixture
async def client(database: Services) -> httpx.AsyncClient:
    """A client of the API and the inbox."""
    app = create_app(inbox.router, v1=V1)
    return httpx.AsyncClient(transport=_transport(app), base_url="http://x.test")


async def _index(merchant: UUID) -> None:
    ids = [row[0] for row in await rows(merchant, "SELECT id FROM reviews")]
    async with db.transaction(merchant):
        await service.index(ids)


async def test_by_api(client: httpx.AsyncClient, merchant: UUID) -> None:
    await take_in(
        merchant, review("a", body="Arrived late."), review("b", body="质量很好", product_sku="lamp")
    )
    await _index(merchant)
    key = await new_key(merchant, "reviews:read")
    found = (await client.get("/v1/reviews/search", params={"q": "late"}, headers=key)).json()
    (one,) = found["results"]
    assert one["review"]["external_id"] == "a" and found["next_after"] is None
    assert one["excerpt"] == [
        {"text": "Arrived ", "match": False},
        {"text": "late", "match": True},
        {"text": ".", "match": False},
    ]
    asked = {"q": "質量", "product": "lamp", "published": "true"}
    assert len((await client.get("/v1/reviews/search", params=asked, headers=key)).json()["results"]) == 1
    refused = await client.get("/v1/reviews/search", params={"q": "-late"}, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "query_empty")
    stranger = await new_key(merchant, "members:read")
    assert (await client.get("/v1/reviews/search?q=late", headers=stranger)).status_code == 403


async def _staff(merchant: UUID) -> dict[str, str]:
    staff_id = await employee(merchant)
    async with db.transaction(merchant):
        token = await sessions.start(clock.now(), staff_id=staff_id)
    return {"cookie": f"regulars_staff={token}", **PAGE}


async def test_on_the_page(client: httpx.AsyncClient, merchant: UUID) -> None:
    case = await open_case(merchant, body=HOSTILE)
    await take_in(merchant, review("other", body="On time", written_at=NOW))
    headers = await _staff(merchant)
    waiting = await client.get("/staff/inbox/search?q=late", headers=headers)
    assert waiting.status_code == 200, waiting.text
    assert "2 reviews cannot be found by words yet." in waiting.text and "Nothing found" in waiting.text
    await _index(merchant)
    page = (await client.get("/staff/inbox/search?q=late", headers=headers)).text
    assert "<mark>late</mark> &lt;script&gt;" in page and "<script>alert" not in page
    assert f"/staff/inbox/cases/{case}" in page
    assert "<mark>" not in (await client.get("/staff/inbox/search?q=late&stars=5", headers=headers)).text
    wrong = await client.get("/staff/inbox/search?q=-late", headers=headers)
    assert "Write at least one word" in wrong.text
    nobody = await client.get("/staff/inbox/search?q=late", headers=PAGE)
    assert (nobody.status_code, nobody.headers["location"].split("?")[0]) == (303, "/staff/sign-in")
