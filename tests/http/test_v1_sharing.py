"""Members who are merged, give points to each other, or spend together: by API."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.households import v1_households
from api.v1.members import v1_members
from api.v1.merges import v1_merges
from api.v1.rewards import v1_rewards
from api.v1.transfers import v1_transfers
from core import db
from core.embedded import Services
from loyalty.ledger import reading
from tests.conftest import new_merchant
from tests.http.conftest import new_key, write
from tests.http.shop import Shop, balance, member_with, open_shop

SCOPES = ("members:read", "members:write", "ledger:write", "programme:write", "rewards:redeem")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_members, v1_rewards, v1_merges, v1_transfers, v1_households))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, *SCOPES)


Answer = tuple[int, dict[str, Any]]


async def ask(client: httpx.AsyncClient, key: dict[str, str], path: str, body: Any = None) -> Answer:
    answer = await client.post(f"/v1{path}", json=body, headers=write(key))
    return answer.status_code, answer.json()


async def sound(shop: Shop) -> None:
    async with db.transaction(shop.merchant):
        assert await reading.check() == []


async def test_a_merge_and_its_undoing(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    ann, bea = await member_with(shop, 60), await member_with(shop, 40)
    status, done = await ask(client, key, f"/members/{ann}/merge", {"into_customer_id": bea})
    assert (status, done["customer_id"], done["survivor"]["customer_id"]) == (200, ann, bea)
    asked = await client.get(f"/v1/members/{ann}", headers=key)
    assert asked.json() == done["survivor"]
    status, voucher = await ask(client, key, f"/members/{ann}/redemptions", {"reward": "mug"})
    assert status == 201, "100 points together"
    status, _ = await ask(client, key, f"/members/{bea}/vouchers/{voucher['id']}/cancel")
    assert status == 200
    status, undone = await ask(client, key, f"/members/{ann}/unmerge")
    assert (status, undone["member"]["customer_id"], undone["survivor"]["customer_id"]) == (200, ann, bea)
    assert (await balance(shop, ann), await balance(shop, bea)) == ((60, 0), (40, 0))
    await sound(shop)


async def test_merges_that_are_refused(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    ann, bea = await member_with(shop, 60), await member_with(shop, 40)
    theirs = await open_shop(await new_merchant())
    stranger = await member_with(theirs, 10)
    for body, status, code in (
        ({"into_customer_id": ann}, 422, "customer_merge_refused"),
        ({"into_customer_id": stranger}, 404, "not_found"),
        ({"into_customer_id": ""}, 422, "invalid_request"),
        ({"into": bea}, 422, "invalid_request"),
    ):
        answer = await ask(client, key, f"/members/{ann}/merge", body)
        assert (answer[0], answer[1]["code"]) == (status, code), answer
    answer = await ask(client, key, f"/members/{ann}/unmerge")
    assert (answer[0], answer[1]["code"]) == (409, "not_merged")
    assert (await balance(shop, ann), await balance(shop, bea)) == ((60, 0), (40, 0))


async def test_giving_points(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    ann, bea = await member_with(shop, 60), await member_with(shop, 40)
    gift = {"to_customer_id": bea, "points": 25, "note": "For you"}
    answer = await ask(client, key, f"/members/{ann}/transfers", gift)
    assert (answer[0], answer[1]["code"]) == (409, "transfers_off")
    terms = {"terms": {"points_min": 5, "points_max": 30, "points_per_day": 40}}
    put = await client.put("/v1/transfer-terms", json=terms, headers=write(key))
    assert put.json() == terms == (await client.get("/v1/transfer-terms", headers=key)).json()
    status, given = await ask(client, key, f"/members/{ann}/transfers", gift)
    assert (status, given["points"], given["points_active"]) == (201, 25, 35)
    for points, status, code in ((31, 422, "transfer_out_of_range"), (20, 409, "transfer_day_exceeded")):
        answer = await ask(client, key, f"/members/{ann}/transfers", gift | {"points": points})
        assert (answer[0], answer[1]["code"]) == (status, code)
    answer = await ask(client, key, f"/members/{ann}/transfers", gift | {"to_customer_id": ann, "points": 5})
    assert (answer[0], answer[1]["code"]) == (422, "same_account")
    assert (await balance(shop, ann), await balance(shop, bea)) == ((35, 0), (65, 0))
    await sound(shop)


async def test_a_household(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    ann, bea, cyd = await member_with(shop, 60), await member_with(shop, 30), await member_with(shop, 30)
    status, made = await ask(client, key, "/households", {"customer_ids": [ann, bea]})
    assert (status, made["points_active"], len(made["members"])) == (201, 90, 2)
    path = f"/households/{made['id']}"
    answer = await ask(client, key, f"/members/{ann}/redemptions", {"reward": "mug"})
    assert (answer[0], answer[1]["code"]) == (409, "points_insufficient")
    assert (await ask(client, key, f"{path}/members", {"customer_id": cyd}))[1]["points_active"] == 120
    status, voucher = await ask(client, key, f"/members/{ann}/redemptions", {"reward": "mug"})
    assert status == 201
    assert sum([(await balance(shop, each))[0] for each in (ann, bea, cyd)]) == 20
    left = await ask(client, key, f"{path}/members/{bea}/leave")
    assert [each["customer_id"] for each in left[1]["members"]] == [ann, cyd]
    assert (await ask(client, key, f"/members/{ann}/vouchers/{voucher['id']}/cancel"))[0] == 200
    assert [(await balance(shop, each))[0] for each in (ann, bea, cyd)] == [60, 30, 30]
    await sound(shop)


async def test_another_merchants_household_is_not_there(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    ann = await member_with(shop, 60)
    _, made = await ask(client, key, "/households", {"customer_ids": [ann]})
    other = await open_shop(await new_merchant())
    theirs, eve = await new_key(other.merchant, *SCOPES), await member_with(other, 10)
    assert (await client.get(f"/v1/households/{made['id']}", headers=theirs)).status_code == 404
    answer = await ask(client, theirs, f"/households/{made['id']}/members", {"customer_id": eve})
    assert answer[0] == 404
    assert len((await client.get(f"/v1/households/{made['id']}", headers=key)).json()["members"]) == 1
