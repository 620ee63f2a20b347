"""Tiers by API: publishing sets, where a member stands, benefits, tiers by hand, and what is refused."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.tiers import v1_member_tiers, v1_tiers
from core import clock
from core.embedded import Services
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, member_with, open_shop

CLUB: dict[str, Any] = {
    "code": "club",
    "name": {"en": "Club"},
    "metric": {"kind": "orders"},
    "window": {"kind": "calendar", "period": "year"},
    "requalification": "period_end",
    "downgrade": "one_step",
    "grace_days": 30,
    "tiers": [
        {"rank": 0, "code": "guest", "name": {"en": "Guest"}, "threshold": 0},
        {
            "rank": 1,
            "code": "friend",
            "name": {"en": "Friend"},
            "threshold": 1,
            "benefits": [
                {"code": "ship", "kind": "free_shipping", "value": 0, "name": {"en": "Free shipping"}},
                {"code": "gift", "kind": "birthday_gift", "value": 50},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_tiers, v1_member_tiers))


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    """Ada has 300 qualifying points by one order: Silver, and 200 from Gold."""
    opened = await open_shop(merchant)
    await member_with(opened, 300, "ada")
    return opened


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "members:read", "programme:write", "tiers:override")


async def publish(client: httpx.AsyncClient, key: dict[str, str], wanted: dict[str, Any]) -> httpx.Response:
    seen = await client.post("/v1/tiers/preview", json=wanted, headers=write(key))
    assert seen.status_code == 200, seen.text
    body = {"tier_set": wanted, "fingerprint": seen.json()["fingerprint"], "as_of": seen.json()["as_of"]}
    return await client.post("/v1/tiers/publish", json=body, headers=write(key))


async def test_a_set_is_previewed_published_and_read(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    seen = (await client.post("/v1/tiers/preview", json=CLUB, headers=write(key))).json()
    assert (seen["members"], seen["flows"]) == (
        1,
        [{"from_code": "guest", "to_code": "friend", "members": 1}],
    )
    assert len((await client.get("/v1/tiers/", headers=key)).json()["sets"]) == 1
    answer = await publish(client, key, CLUB)
    assert (answer.status_code, answer.json()) == (200, {"version": 2})
    found = (await client.get("/v1/tiers/", headers=key)).json()
    assert (found["version"], found["time_zone"]) == (2, "UTC")
    assert [each["code"] for each in found["sets"]] == ["main", "club"]
    club = found["sets"][1]
    assert {name: club[name] for name in CLUB if name != "tiers"} == {
        name: CLUB[name] for name in CLUB if name != "tiers"
    }
    assert [tier["code"] for tier in club["tiers"]] == ["guest", "friend"]


async def test_a_member_sees_what_is_missing_and_what_keeps_the_tier(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await publish(client, key, CLUB)
    found = (await client.get("/v1/members/ada/tiers", headers=key)).json()
    main, club = found["tiers"]
    assert (main["tier"], main["value"], main["next_tier"], main["next_missing"]) == (
        "silver",
        300,
        "gold",
        200,
    )
    assert (main["next_by"], main["basis"], main["keep_missing"]) == (None, "reached", 200)
    # Delivered 30 days ago, so the points of that day leave the last 365 days in 335 days.
    until = datetime.fromisoformat(main["keep_until"])
    assert until == (shop.ago(30) + timedelta(days=365)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (club["tier"], club["value"], club["metric"]) == ("friend", 1, {"kind": "orders"})
    assert (club["next_tier"], club["keep_missing"]) == (None, 0)
    history = (await client.get("/v1/members/ada/tiers/history", headers=key)).json()
    assert [(each["set_code"], each["reason"]) for each in history["changes"]] == [
        ("club", "published"),
        ("main", "earned"),
        ("main", "joined"),
    ]
    page = (await client.get("/v1/members/ada/tiers/history?limit=2", headers=key)).json()
    rest = await client.get(f"/v1/members/ada/tiers/history?before={page['next_before']}", headers=key)
    assert [each["reason"] for each in rest.json()["changes"]] == ["joined"]
    assert rest.json()["next_before"] is None


async def test_benefits_come_and_go_with_the_tier(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    async def has() -> list[tuple[str, str, int]]:
        found = (await client.get("/v1/members/ada/benefits", headers=key)).json()["benefits"]
        return [(each["tier"], each["benefit"]["kind"], each["benefit"]["value"]) for each in found]

    multiplier = ("silver", "multiplier", 150)
    assert await has() == [multiplier]
    await publish(client, key, CLUB)
    assert await has() == [multiplier, ("friend", "free_shipping", 0), ("friend", "birthday_gift", 50)]
    until = (clock.now() + timedelta(days=5)).isoformat()
    body = {"tier": "guest", "until": until, "reason": "Asked for it"}
    given = await client.post("/v1/members/ada/tiers/club/override", json=body, headers=write(key))
    assert given.status_code == 201, given.text
    assert [(each["set_code"], each["reason"]) for each in given.json()["overrides"]] == [
        ("club", "Asked for it")
    ]
    assert given.json()["tiers"][1]["keep_until"] == until.replace("+00:00", "Z")
    assert await has() == [multiplier]
    ended = await client.post("/v1/members/ada/tiers/club/override/end", headers=write(key))
    assert ended.status_code == 200, ended.text
    assert len(await has()) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tiers": []}, "tiers_invalid"),
        ({"window": {"kind": "rolling_days", "days": 30}}, "tiers_invalid"),
        ({"requalification": "always"}, "tiers_invalid"),
        ({"window": {"kind": "calendar", "period": "month"}}, "tiers_invalid"),
        ({"window": {"kind": "rolling_days", "days": 0}}, "invalid_request"),
        ({"window": {"kind": "fortnight"}}, "invalid_request"),
        ({"metric": {"kind": "spend"}}, "invalid_request"),
        ({"metric": {"kind": "stars"}}, "invalid_request"),
        ({"grace_days": 365}, "invalid_request"),
        ({"code": "The Club"}, "invalid_request"),
        ({"colour": "gold"}, "invalid_request"),
    ],
)
async def test_what_is_no_tier_set_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any], code: str
) -> None:
    for path, body in (
        ("preview", CLUB | change),
        ("publish", {"tier_set": CLUB | change, "fingerprint": "x", "as_of": clock.now().isoformat()}),
    ):
        answer = await client.post(f"/v1/tiers/{path}", json=body, headers=write(key))
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert await rows(shop.merchant, "programme_versions") == 1


async def test_a_preview_of_before_publishes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    seen = (await client.post("/v1/tiers/preview", json=CLUB, headers=write(key))).json()
    await member_with(shop, 100, "bob")
    body = {"tier_set": CLUB, "fingerprint": seen["fingerprint"], "as_of": seen["as_of"]}
    answer = await client.post("/v1/tiers/publish", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (409, "preview_stale")
    assert await rows(shop.merchant, "programme_versions") == 1


@pytest.mark.parametrize(
    ("path", "change", "status", "code"),
    [
        ("ada/tiers/main", {"tier": "platinum"}, 404, "tier_unknown"),
        ("ada/tiers/other", {}, 404, "tier_unknown"),
        ("nobody/tiers/main", {}, 404, "not_found"),
        ("ada/tiers/main", {"until": "2020-01-01T00:00:00Z"}, 422, "override_invalid"),
        ("ada/tiers/main", {"until": "2126-01-01T00:00:00"}, 422, "invalid_request"),
        ("ada/tiers/main", {"reason": ""}, 422, "invalid_request"),
    ],
)
async def test_an_override_that_cannot_be(
    client: httpx.AsyncClient,
    shop: Shop,
    key: dict[str, str],
    path: str,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    body = {"tier": "gold", "until": "2126-01-01T00:00:00Z", "reason": "A friend"} | change
    answer = await client.post(f"/v1/members/{path}/override", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    ended = await client.post(f"/v1/members/{path}/override/end", headers=write(key))
    assert ended.status_code == 404
    assert await rows(shop.merchant, "tier_overrides") == 0


async def test_each_write_needs_its_scope_and_other_merchants_see_nothing(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    reader = await new_key(shop.merchant, "members:read", "ledger:write")
    body = {"tier": "gold", "until": "2126-01-01T00:00:00Z", "reason": "A friend"}
    for path, sent in (
        ("/v1/members/ada/tiers/main/override", body),
        ("/v1/members/ada/tiers/main/override/end", None),
        ("/v1/tiers/preview", CLUB),
        ("/v1/tiers/publish", {"tier_set": CLUB, "fingerprint": "x", "as_of": clock.now().isoformat()}),
    ):
        answer = await client.post(path, json=sent, headers=write(reader))
        assert answer.status_code == 403, path
    assert await rows(shop.merchant, "tier_overrides") == 0
    assert await rows(shop.merchant, "programme_versions") == 1
    stranger = await new_key((await open_shop(await new_merchant())).merchant, "members:read")
    writer = await new_key(shop.merchant, "events:write")
    for path in ("tiers", "tiers/history", "benefits"):
        assert (await client.get(f"/v1/members/ada/{path}", headers=stranger)).status_code == 404
        assert (await client.get(f"/v1/members/ada/{path}", headers=writer)).status_code == 403
