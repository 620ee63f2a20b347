"""Members by API: join, read, give points, redeem once."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.members import v1_members
from api.v1.rewards import v1_rewards
from core import db
from core.embedded import Services
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, member_with, open_shop

SCOPES = ("members:read", "members:write", "ledger:read", "ledger:write", "rewards:redeem")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_members, v1_rewards))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, *SCOPES)


async def test_joining_and_what_was_rejected_of_it(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    body = {"customer_id": "ada", "email": "ada@example.test"}
    answer = await client.post("/v1/members/", json=body, headers=write(key))
    assert answer.status_code == 201 and answer.json()["tier"] == "bronze"
    answer = await client.post(
        "/v1/members/", json={"customer_id": "eve", "name": "a\0b"}, headers=write(key)
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "event_data_invalid")
    assert "null character" in answer.json()["detail"]
    assert await rows(shop.merchant, "members") == 1


@pytest.mark.parametrize(
    "expires_at",
    [
        "2001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
    ],
)
async def test_points_expire_at_a_time_that_lies_ahead_and_can_be_read(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], expires_at: str
) -> None:
    customer = await member_with(shop, 10)
    postings = await rows(shop.merchant, "ledger_journal")
    body = {"points": 5, "note": "Thanks", "expires_at": expires_at}
    answer = await client.post(f"/v1/members/{customer}/earn", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (422, "expires_at_invalid")
    assert await rows(shop.merchant, "ledger_journal") == postings
    body["expires_at"] = "2198-12-31T00:00:00Z"
    answer = await client.post(f"/v1/members/{customer}/earn", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["points_active"]) == (201, 15)
    listed = await client.get(f"/v1/members/{customer}/entries", headers=key)
    assert listed.json()["entries"][0]["expires_at"].startswith("2198-12-31")


async def test_the_same_key_redeems_once(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer = await member_with(shop, 150)
    path, headers = f"/v1/members/{customer}/redemptions", write(key)
    first = await client.post(path, json={"reward": "mug"}, headers=headers)
    again = await client.post(path, json={"reward": "mug"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    short = await client.post(path, json={"reward": "mug"}, headers=write(key))
    assert (short.status_code, short.json()["code"]) == (409, "points_insufficient")
    assert await balance(shop, customer) == (50, 0)
    code = first.json()["code"]
    used = await client.post(f"/v1/vouchers/{code}/use", headers=write(key))
    assert used.json()["state"] == "used"
    back = await client.post(
        f"/v1/members/{customer}/vouchers/{first.json()['id']}/cancel", headers=write(key)
    )
    assert back.status_code == 409
    assert await balance(shop, customer) == (50, 0)


async def test_another_merchants_ids_are_not_there(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 150)
    mine = await client.post(
        f"/v1/members/{customer}/redemptions", json={"reward": "mug"}, headers=write(key)
    )
    entry = (await client.get(f"/v1/members/{customer}/entries", headers=key)).json()["entries"][0]
    other = await open_shop(await new_merchant())
    theirs = await new_key(other.merchant, *SCOPES)
    await member_with(other, 150, customer)  # the same external id, at another merchant
    voucher = mine.json()
    for path in (
        f"/v1/members/{customer}/vouchers/{voucher['id']}/cancel",
        f"/v1/vouchers/{voucher['code']}/use",
    ):
        answer = await client.post(path, headers=write(theirs))
        assert answer.status_code == 404, path
    answer = await client.get(f"/v1/members/{customer}/entries/{entry['journal_id']}", headers=theirs)
    assert answer.status_code == 404
    async with db.transaction(shop.merchant):
        assert await db.fetchval("SELECT state FROM vouchers") == "issued"


async def test_all_members_page_by_page(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    wanted = {await member_with(shop, 10 * n) for n in range(1, 6)}
    gone = await member_with(shop, 10)
    async with db.transaction(shop.merchant):
        await db.execute(
            "UPDATE members SET left_at = now() WHERE customer_id = (SELECT id FROM customers"
            " WHERE external_id = $1)",
            gone,
        )
    found, after = [], None
    for _ in range(3):
        asked = {"limit": "2"} | ({"after": after} if after else {})
        page = (await client.get("/v1/members/", params=asked, headers=key)).json()
        found += page["members"]
        after = page["next_after"]
    assert after is None and {each["customer_id"] for each in found} == wanted and len(found) == 5
    for each in found:
        alone = (await client.get(f"/v1/members/{each['customer_id']}", headers=key)).json()
        assert alone == each
    other = await open_shop(await new_merchant())
    theirs = await new_key(other.merchant, *SCOPES)
    nobody: dict[str, Any] = {"members": [], "next_after": None}
    assert (await client.get("/v1/members/", headers=theirs)).json() == nobody
    refused = await client.get("/v1/members/?after=x", headers=key)
    assert refused.status_code in (400, 422)
    stranger = await new_key(shop.merchant, "ledger:read")
    assert (await client.get("/v1/members/", headers=stranger)).status_code == 403


async def test_a_member_leaves_and_comes_back(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 150)
    path, headers = f"/v1/members/{customer}/leave", write(key)
    for _ in range(2):
        gone = await client.post(path, headers=headers)
        assert gone.status_code == 200 and gone.json()["left_at"], gone.text
    again = await client.post(path, headers=write(key))
    assert again.json()["left_at"] == gone.json()["left_at"]
    listed = (await client.get("/v1/members/", headers=key)).json()["members"]
    assert customer not in [each["customer_id"] for each in listed]
    for way, body in (("redemptions", {"reward": "mug"}), ("earn", {"points": 5, "note": "Thanks"})):
        refused = await client.post(f"/v1/members/{customer}/{way}", json=body, headers=write(key))
        assert (refused.status_code, refused.json()["code"]) == (409, "member_left"), way
    assert await balance(shop, customer) == (150, 0)
    back = await client.post("/v1/members/", json={"customer_id": customer}, headers=write(key))
    assert back.status_code == 201 and back.json()["left_at"] is None
    bought = await client.post(
        f"/v1/members/{customer}/redemptions", json={"reward": "mug"}, headers=write(key)
    )
    assert bought.status_code == 201
    nobody = await client.post("/v1/members/nobody/leave", headers=write(key))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")
