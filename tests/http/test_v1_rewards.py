"""The catalogue by API: offer, change, quote, buy, use; what is refused changes nothing."""

from typing import Any

import httpx
import pytest

from api.app import App, create_app
from api.v1 import rewards as rewards_api
from api.v1.rewards import v1_rewards
from core.embedded import Services
from core.people.throttle import Limit
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, member_with

SCOPES = ("members:read", "programme:write", "rewards:redeem")
CARD: dict[str, Any] = {
    "code": "card",
    "name": {"en": "Gift card", "zh-Hans": "礼品卡", "zh-Hant": "禮品卡"},
    "terms": {"kind": "gift_card", "amount": {"amount_minor": 2000, "currency": "USD"}},
    "cost_points": 100,
    "limit_per_period": {"times": 2, "period": "month"},
    "tiers": ["bronze", "silver"],
    "valid_days": 30,
    "stock": 5,
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_rewards,))


@pytest.fixture
async def key(shop: Shop) -> dict[str, str]:
    return await new_key(shop.merchant, *SCOPES)


async def post(
    client: httpx.AsyncClient, path: str, body: object, key: dict[str, str], status: int = 201
) -> Any:
    answer = await client.post(path, json=body, headers=write(key))
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_from_offer_to_use(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer = await member_with(shop, 350)
    made = await post(client, "/v1/rewards", CARD, key)
    assert (made["version"], made["stock"], made["terms"]) == (1, 5, CARD["terms"])
    changed = {name: value for name, value in CARD.items() if name not in ("code", "stock")}
    changed |= {"cost_points": 150, "based_on": 1}
    assert (await post(client, "/v1/rewards/card/versions", changed, key))["version"] == 2
    quote = (await client.get(f"/v1/members/{customer}/rewards/card/quote", headers=key)).json()
    assert (quote["cost_points"], quote["points_after"], quote["allowed"]) == (150, 200, True)
    body = {"reward": "card", "version": 2}
    bought = await post(client, f"/v1/members/{customer}/redemptions", body, key)
    assert bought["worth"] == {"amount_minor": 2000, "currency": "USD"}
    used = await post(client, f"/v1/vouchers/{bought['code']}/use", {"amount_minor": 500}, key, 200)
    assert (used["state"], used["worth_left_minor"]) == ("issued", 1500)
    listed = (await client.get(f"/v1/members/{customer}/vouchers", headers=key)).json()
    assert listed == {"vouchers": [used], "next_before": None}
    seen = (await client.get(f"/v1/members/{customer}/rewards", headers=key)).json()["quotes"]
    assert [(each["reward"]["code"], each["allowed"]) for each in seen] == [
        ("last", True), ("mug", True), ("card", True), ("tea", False),
    ]  # fmt: skip
    assert seen[3]["refusals"][0] == {
        "code": "points_insufficient",
        "detail": "The member has not enough points",
        "figures": {"short_points": 4800},
    }
    versions = (await client.get("/v1/rewards/card/versions", headers=key)).json()["versions"]
    assert [(each["number"], each["cost_points"]) for each in versions] == [(2, 150), (1, 100)]


async def test_vouchers_come_in_pages(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer = await member_with(shop, 350)
    path = f"/v1/members/{customer}"
    bought = [await post(client, f"{path}/redemptions", {"reward": "mug"}, key) for _ in range(3)]
    seen, query = [], "?limit=2"
    while query:
        answer = (await client.get(f"{path}/vouchers{query}", headers=key)).json()
        seen += answer["vouchers"]
        query = f"?limit=2&before={answer['next_before']}" if answer["next_before"] else ""
    assert seen == bought[::-1]
    assert (await client.get(f"{path}/vouchers?limit=0", headers=key)).status_code == 422


async def test_on_and_off_and_stock(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer = await member_with(shop, 350)
    off = await client.post("/v1/rewards/mug/deactivate", headers=write(key))
    assert off.json()["active"] is False
    offered = (await client.get("/v1/rewards", headers=key)).json()["rewards"]
    assert [each["code"] for each in offered] == ["last", "tea"]
    path, body = f"/v1/members/{customer}/redemptions", {"reward": "mug"}
    assert (await post(client, path, body, key, 409))["code"] == "reward_inactive"
    assert (await client.post("/v1/rewards/mug/activate", headers=write(key))).json()["active"] is True
    answer = await client.put("/v1/rewards/mug/stock", json={"stock": 0}, headers=write(key))
    assert (answer.status_code, answer.json()["stock"]) == (200, 0)
    assert (await post(client, path, body, key, 409))["code"] == "reward_sold_out"
    assert await balance(shop, customer) == (350, 0)
    assert await rows(shop.merchant, "vouchers") == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"terms": {"kind": "lottery"}}, "invalid_request"),
        ({"terms": {"kind": "percent_off", "percent": 200}}, "invalid_request"),
        ({"name": {"fr": "Carte"}}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
        ({"cost_points": 0}, "invalid_request"),
        ({"stock": -1}, "invalid_request"),
        ({"code": "Gift Card"}, "invalid_request"),
        ({"cost_points": None}, "reward_invalid"),
        ({"pool": "nowhere"}, "reward_invalid"),
        ({"valid_until": "2027-01-01T00:00:00Z"}, "reward_invalid"),
    ],
    ids=str,
)
async def test_what_cannot_be_offered(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any], code: str
) -> None:
    problem = await post(client, "/v1/rewards", CARD | change, key, 422)
    assert problem["code"] == code
    assert await rows(shop.merchant, "rewards") == 3


async def test_a_price_that_has_changed_is_not_paid(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 350)
    body = {"reward": "mug", "version": 2}
    problem = await post(client, f"/v1/members/{customer}/redemptions", body, key, 409)
    assert (problem["code"], problem["version"]) == ("reward_changed", 1)
    assert await balance(shop, customer) == (350, 0)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/v1/rewards"),
        ("POST", "/v1/rewards/mug/versions"),
        ("PUT", "/v1/rewards/mug/stock"),
        ("POST", "/v1/rewards/mug/activate"),
        ("POST", "/v1/rewards/mug/deactivate"),
    ],
)
async def test_changing_the_offer_takes_its_scope(
    client: httpx.AsyncClient, shop: Shop, verb: str, path: str
) -> None:
    key = await new_key(shop.merchant, "members:read", "rewards:redeem")
    answer = await client.request(verb, path, json={}, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def test_another_merchants_rewards_are_not_there(client: httpx.AsyncClient, shop: Shop) -> None:
    key = await new_key(await new_merchant(), *SCOPES)
    assert (await client.get("/v1/rewards", headers=key)).json() == {"rewards": []}
    assert (await client.get("/v1/rewards/mug/versions", headers=key)).status_code == 404
    for path in ("/v1/rewards/mug/deactivate", f"/v1/members/{await member_with(shop, 1)}/redemptions"):
        answer = await client.post(path, json={"reward": "mug"}, headers=write(key))
        assert answer.status_code == 404, path


async def test_codes_cannot_be_tried_out(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewards_api, "UNKNOWN_CODES", Limit("unknown-code", 3, 900))
    customer = await member_with(shop, 350)
    bought = await post(client, f"/v1/members/{customer}/redemptions", {"reward": "mug"}, key)
    path = f"/v1/vouchers/{bought['code']}"
    assert (await client.get(path, headers=key)).json() == bought
    for _ in range(3):
        unknown = await client.get("/v1/vouchers/AAAA-BBBB", headers=key)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    # Now nothing is told any more, not even of a code that is good.
    for answer in (
        await client.get(path, headers=key),
        await client.post(f"{path}/use", headers=write(key)),
        await client.get("/v1/vouchers/AAAA-BBBB", headers=key),
    ):
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert int(answer.headers["retry-after"]) > 0
    other = await new_key(shop.merchant, *SCOPES)
    assert (await client.post(f"{path}/use", headers=write(other))).json()["state"] == "used"
