"""The liability, adjustments and chains by API: what the studio and the ledger say, and nobody else's."""

from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.adjustments import v1_adjustments
from api.v1.chains import v1_chains
from api.v1.liability import v1_liability
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from loyalty.adjustments import service as adjustments
from loyalty.adjustments.service import Asked
from loyalty.ledger.chain import Link, first_broken
from loyalty.liability import service as liability
from loyalty.members import service as members
from tests.conftest import new_merchant
from tests.http.conftest import new_key, write
from tests.http.shop import Shop, member_with, open_shop


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_liability, v1_adjustments, v1_chains))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "ledger:read", "liability:close")


async def test_months_are_read_and_closed(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await member_with(shop, 150)
    found = (await client.get("/v1/liability/", headers=key)).json()
    async with db.transaction(shop.merchant):
        report = await liability.report(clock.now())
    assert [each["month"] for each in found["months"]] == [str(each.month) for each in report.months]
    newest = found["months"][0]
    assert (newest["points_closing"], newest["closed_at"]) == (150, None)
    assert newest["liability_micros"] == report.months[0].liability_micros > 0
    assert sum(each["points_outstanding"] for each in newest["cohorts"]) == 150
    this = newest["month"]
    early = await client.post("/v1/liability/close", json={"month": this}, headers=write(key))
    assert (early.status_code, early.json()["code"]) == (409, "month_not_over")
    later = datetime(clock.now().year + 1, 12, 15, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: later)
    wrong = await client.post("/v1/liability/close", json={"month": "1990-01-01"}, headers=write(key))
    assert (wrong.status_code, wrong.json()["code"]) == (409, "month_not_next")
    headers = write(key)
    for _ in range(2):
        closed = await client.post("/v1/liability/close", json={"month": this}, headers=headers)
        assert closed.status_code == 200, closed.text
    month = next(each for each in closed.json()["months"] if each["month"] == this)
    assert month["closed_at"] and month["liability_micros"] == newest["liability_micros"]
    other = await client.post("/v1/liability/close", json={"month": "1990-01-01"}, headers=headers)
    assert other.status_code == 422, "the same key with another body"
    reader = await new_key(shop.merchant, "ledger:read")
    assert (
        await client.post("/v1/liability/close", json={"month": this}, headers=write(reader))
    ).status_code == 403


async def test_adjustments_say_who(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer, staff = await member_with(shop, 150), new_id()
    async with db.transaction(shop.merchant):
        await db.execute(
            "INSERT INTO staff (id, merchant_id, email, name, role, password_hash, created_at)"
            " VALUES ($1, $2, 'olga@example.test', 'Olga', 'owner', 'x', $3)",
            *(staff, shop.merchant, clock.now()),
        )
        member = (await members.find(customer)).id
        for number, points in enumerate((5, 7, 60_000)):
            asked = Asked(member_id=member, points=points, cause="courtesy", note=f"No {number}")
            await adjustments.ask(asked, staff, clock.now())
    page = (await client.get("/v1/adjustments/?limit=2", headers=key)).json()
    assert [(each["note"], each["state"], each["asked_by_name"]) for each in page["adjustments"]] == [
        ("No 2", "waiting", "Olga"),
        ("No 1", "posted", "Olga"),
    ]
    rest = (await client.get(f"/v1/adjustments/?before={page['next_before']}", headers=key)).json()
    assert ([each["note"] for each in rest["adjustments"]], rest["next_before"]) == (["No 0"], None)
    query = f"/v1/adjustments/?state=posted&customer_id={customer}"
    assert len((await client.get(query, headers=key)).json()["adjustments"]) == 2
    stranger = await new_key((await open_shop(await new_merchant())).merchant, "ledger:read")
    assert (await client.get("/v1/adjustments/", headers=stranger)).json()["adjustments"] == []
    assert (await client.get(query, headers=stranger)).status_code == 404


async def test_a_chain_is_followed_page_by_page(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 150)
    links: list[Link] = []
    after = 0
    while after is not None:
        page = (await client.get(f"/v1/members/{customer}/chain?after={after}&limit=1", headers=key)).json()
        links += [Link(**each) for each in page["links"]]
        after = page["next_after"]
    assert len(links) >= 2 and first_broken(links) is None
    whole = (await client.get(f"/v1/members/{customer}/chain", headers=key)).json()
    assert [each["hash"] for each in whole["links"]] == [each.hash for each in links]
    stranger = await new_key((await open_shop(await new_merchant())).merchant, "ledger:read")
    assert (await client.get(f"/v1/members/{customer}/chain", headers=stranger)).status_code == 404
