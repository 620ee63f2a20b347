"""Wallets by API: list, create, change, and what is refused."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.wallets import v1_wallets
from core.embedded import Services
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop

CREDIT: dict[str, Any] = {
    "code": "credit",
    "name": {"en": "Store credit"},
    "debt_policy": "forbid",
    "expiry": {"kind": "period_end", "period": "year", "later": 1},
    "settling": {"kind": "after_payment", "days": 14},
    "warn_days": 30,
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_wallets,))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "members:read", "programme:write")


async def test_create_change_and_read(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    made = await client.post("/v1/wallets/", json=CREDIT, headers=write(key))
    assert made.status_code == 201, made.text
    body = {"expiry": {"kind": "inactivity", "days": 90}, "expected_version": 1}
    changed = await client.post("/v1/wallets/credit/rules", json=body, headers=write(key))
    assert changed.status_code == 200, changed.text
    found = (await client.get("/v1/wallets/", headers=key)).json()["wallets"]
    assert [wallet["code"] for wallet in found] == ["credit", "points", "qualifying"]
    assert found[0] == changed.json()
    assert (found[0]["version"], found[0]["expiry"], found[0]["debt_policy"]) == (2, body["expiry"], "debt")
    versions = (await client.get("/v1/wallets/credit/versions", headers=key)).json()["versions"]
    assert [each["expiry"] for each in versions] == [body["expiry"], CREDIT["expiry"]]
    assert versions[1]["settling"] == CREDIT["settling"] and versions[1]["warn_days"] == 30


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"expiry": {"kind": "rolling_days"}}, 422, "invalid_request"),
        ({"expiry": {"kind": "rolling_days", "days": 0}}, 422, "invalid_request"),
        ({"expiry": {"kind": "rolling_days", "days": 1, "hours": 1}}, 422, "invalid_request"),
        ({"expiry": {"kind": "tomorrow"}}, 422, "invalid_request"),
        ({"expiry": {"kind": "period_end", "period": "week"}}, 422, "invalid_request"),
        ({"settling": {"kind": "on_date", "day": "2026-02-30"}}, 422, "invalid_request"),
        ({"settling": {"kind": "on_event", "event": "no event"}}, 422, "invalid_request"),
        ({"debt_policy": "ignore"}, 422, "invalid_request"),
        ({"warn_days": 0}, 422, "invalid_request"),
        ({"code": "Credit"}, 422, "invalid_request"),
        ({"code": "points"}, 409, "wallet_exists"),
    ],
)
async def test_what_is_no_wallet_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.post("/v1/wallets/", json=CREDIT | change, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await rows(shop.merchant, "wallet_types") == 2


async def test_a_change_on_old_ground_or_without_the_right_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    reader = await new_key(shop.merchant, "members:read")
    for headers, path, body, status in (
        (key, "points", {"expected_version": 2}, 409),
        (key, "none", {}, 404),
        (reader, "points", {}, 403),
    ):
        answer = await client.post(f"/v1/wallets/{path}/rules", json=body, headers=write(headers))
        assert answer.status_code == status, answer.text
    assert await rows(shop.merchant, "wallet_versions") == 2
