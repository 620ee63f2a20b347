"""Campaigns and segments by API."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.campaigns import v1_campaigns, v1_segments
from api.v1.events import v1_events
from api.v1.tags import v1_tags
from core import clock, db
from core.embedded import Services
from core.people import staff
from loyalty.changes import service as changes
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, member_with

CAMPAIGN: dict[str, Any] = {
    "code": "singles-day",
    "name": "Singles' day",
    "campaign": {
        "rules": [{"trigger": {"type": "order"}, "effect": {"type": "fixed", "points": 11}}],
        "channels": ["app"],
        "budget": {"points_total": 1100, "period": "day", "points_per_member_period": 22},
    },
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_campaigns, v1_segments, v1_events, v1_tags))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "members:read", "members:write", "programme:write", "events:write")


async def test_a_campaign_from_draft_to_end(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    made = await client.post("/v1/campaigns/", json=CAMPAIGN, headers=write(key))
    assert made.status_code == 201, made.text
    assert made.json()["sentences"] == ["For each order, if the channel is app: 11 points."]
    assert [each["code"] for each in made.json()["overlaps"]] == ["orders"]
    live = await client.post("/v1/campaigns/singles-day/publish", headers=write(key))
    assert live.status_code == 200, live.text
    found = live.json()["campaign"]
    assert (found["state"], found["points_given"], found["points_left"]) == ("published", 0, 1100)
    more = CAMPAIGN["campaign"]["budget"] | {"points_total": 2200}
    raised = await client.post("/v1/campaigns/singles-day/budget", json=more, headers=write(key))
    assert raised.json()["campaign"]["points_left"] == 2200
    fewer = {"points_total": 1}
    other = await client.post("/v1/campaigns/singles-day/budget", json=fewer, headers=write(key))
    assert (other.status_code, other.json()["code"]) == (409, "budget_kind_fixed")
    ended = await client.post("/v1/campaigns/singles-day/end", headers=write(key))
    assert ended.json()["campaign"]["state"] == "ended"
    listed = (await client.get("/v1/campaigns/", headers=key)).json()
    assert [each["code"] for each in listed["campaigns"]] == ["singles-day"]
    again = await client.post("/v1/campaigns/singles-day/publish", headers=write(key))
    assert (again.status_code, again.json()["code"]) == (409, "campaign_not_draft")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("campaigns", CAMPAIGN),
        ("segments", {"name": "S", "segment": {"where": [{"type": "order_count", "at_least": 1}]}}),
    ],
    ids=["campaign", "segment"],
)
async def test_a_code_leaves_room_for_those_that_are_made_of_it(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    long = await client.post(f"/v1/{path}/", json=body | {"code": "c" * 91}, headers=write(key))
    assert (long.status_code, long.json()["code"]) == (422, "invalid_request")
    assert await rows(shop.merchant, path) == 0
    fits = await client.post(f"/v1/{path}/", json=body | {"code": "c" * 90}, headers=write(key))
    assert fits.status_code == 201, fits.text


async def test_a_campaign_that_runs_is_refused_as_one_that_there_is(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await client.post("/v1/campaigns/", json=CAMPAIGN, headers=write(key))
    await client.post("/v1/campaigns/singles-day/publish", headers=write(key))
    answer = await client.post("/v1/campaigns/", json=CAMPAIGN, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign_exists")
    assert await rows(shop.merchant, "campaigns") == 1


async def test_no_program_does_alone_what_two_people_approve(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await client.post("/v1/campaigns/", json=CAMPAIGN, headers=write(key))
    await client.post("/v1/campaigns/", json=CAMPAIGN | {"code": "later"}, headers=write(key))
    await client.post("/v1/campaigns/singles-day/publish", headers=write(key))
    async with db.transaction(shop.merchant):
        owner = await staff.create("o@example.test", "O", "owner", "a good long password", clock.now())
        await changes.set_second_person(True, owner, clock.now())
    more = CAMPAIGN["campaign"]["budget"] | {"points_total": 2200}
    for path, body in (("later/publish", None), ("singles-day/budget", more)):
        refused = await client.post(f"/v1/campaigns/{path}", json=body, headers=write(key))
        assert (refused.status_code, refused.json()["code"]) == (403, "approval_needed")
    found = (await client.get("/v1/campaigns/", headers=key)).json()["campaigns"]
    assert [(each["code"], each["state"], each["points_left"]) for each in found] == [
        ("later", "draft", None),
        ("singles-day", "published", 1100),
    ]
    ended = await client.post("/v1/campaigns/singles-day/end", headers=write(key))
    assert ended.json()["campaign"]["state"] == "ended"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"rules": []}, 422, "invalid_request"),
        ({"budget": {"points_total": -1}}, 422, "invalid_request"),
        ({"budget": {}}, 422, "campaign_invalid"),
        ({"schedule": {"end": "9999-12-31T23:59:00-12:00"}}, 422, "rule_time_invalid"),
        ({"segment": "00000000-0000-0000-0000-000000000001"}, 422, "rule_reference_unknown"),
        (
            {"rules": [{"trigger": {"type": "birthday"}, "effect": {"type": "fixed", "points": 1}}]},
            422,
            "campaign_invalid",
        ),
    ],
)
async def test_what_is_no_campaign_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    body = CAMPAIGN | {"campaign": CAMPAIGN["campaign"] | change}
    answer = await client.post("/v1/campaigns/", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await rows(shop.merchant, "campaigns") == 0


async def test_segments(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    customer = await member_with(shop, 100)
    buyers = {"where": [{"type": "order_count", "at_least": 1}]}
    body = {"code": "buyers", "name": "Buyers", "segment": buyers}
    made = await client.post("/v1/segments/", json=body, headers=write(key))
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["members"], found["segment"]["taints"]) == (1, [])
    path = f"/v1/segments/{found['segment']['id']}"
    assert (await client.get(path, headers=key)).json() == found
    assert (await client.get(f"{path}/members/{customer}", headers=key)).json() == {"within": True}
    taken = await client.post("/v1/segments/", json=body, headers=write(key))
    assert (taken.status_code, taken.json()["code"]) == (409, "segment_exists")
    unhappy = {"where": [{"type": "tagged", "tags": ["unhappy"], "origin": "review"}]}
    tainted = await client.post(
        "/v1/segments/", json={"code": "unhappy", "name": "Unhappy", "segment": unhappy}, headers=write(key)
    )
    assert tainted.json()["segment"]["taints"] == ["review"]
    stars = {"where": [{"type": "rating", "at_most": 2}]}
    refused = await client.post("/v1/segments/", json=body | {"segment": stars}, headers=write(key))
    assert refused.status_code == 422
    listed = (await client.get("/v1/segments/", headers=key)).json()["segments"]
    assert [each["code"] for each in listed] == ["buyers", "unhappy"]


async def test_the_next_version_of_a_segment(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await member_with(shop, 100)
    buyers = {"where": [{"type": "order_count", "at_least": 1}]}
    body = {"code": "buyers", "name": "Buyers", "segment": buyers}
    first = (await client.post("/v1/segments/", json=body, headers=write(key))).json()
    path = "/v1/segments/buyers/versions"
    anybody = {"where": [{"type": "one_of", "of": [*buyers["where"], {"type": "joined"}]}]}
    said = {"segment": anybody, "based_on": 1}
    headers = write(key)
    made = await client.post(path, json=said, headers=headers)
    assert made.status_code == 201, made.text
    found = made.json()["segment"]
    assert (found["code"], found["base"], found["version"]) == ("buyers-v2", "buyers", 2)
    assert (found["name"], found["newest"], made.json()["members"]) == ("Buyers", True, 1)
    again = await client.post(path, json=said, headers=headers)
    assert again.json() == made.json(), "the same key, the same answer"
    before = await rows(shop.merchant, "segments")
    late = await client.post(path, json=said, headers=write(key))
    assert (late.status_code, late.json()["code"]) == (409, "segment_moved")
    none = await client.post("/v1/segments/nobody/versions", json=said, headers=write(key))
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    unfit = await client.post(path, json=said | {"based_on": 0}, headers=write(key))
    assert (unfit.status_code, unfit.json()["code"]) == (422, "invalid_request")
    assert await rows(shop.merchant, "segments") == before == 2
    named = await client.post(path, json=said | {"based_on": 2, "name": "All"}, headers=write(key))
    assert (named.json()["segment"]["name"], named.json()["segment"]["version"]) == ("All", 3)
    listed = (await client.get(path, headers=key)).json()["segments"]
    assert [(each["version"], each["newest"]) for each in listed] == [(3, True), (2, False), (1, False)]
    old = await client.get(f"/v1/segments/{first['segment']['id']}", headers=key)
    assert old.json()["segment"]["segment"] == first["segment"]["segment"], "a version never changes"


async def test_the_shops_tags_of_a_member(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    path = f"/v1/members/{await member_with(shop, 100)}/tags"
    for tags, found in ((["vip", "b2b", "vip"], ["b2b", "vip"]), (["vip"], ["vip"]), ([], [])):
        put = await client.put(path, json={"tags": tags}, headers=write(key))
        assert put.json() == (await client.get(path, headers=key)).json() == {"tags": found}
    await client.put(path, json={"tags": ["vip"]}, headers=write(key))
    body = {"code": "vip", "name": "VIP", "segment": {"where": [{"type": "tagged", "tags": ["vip"]}]}}
    assert (await client.post("/v1/segments/", json=body, headers=write(key))).json()["members"] == 1
    refused = await client.put(path, json={"tags": ["No tag"]}, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await client.get(path, headers=key)).json() == {"tags": ["vip"]}


async def test_a_segment_that_is_too_large_or_too_deep_is_refused(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    who: dict[str, Any] = {"type": "joined", "at_least_days": 1}
    wide = {"type": "all_of", "of": [{"type": "one_of", "of": [who] * 20}] * 20}
    deep = who
    for _ in range(300):
        deep = {"type": "not_so", "of": deep}
    for segment, status, code in ((wide, 422, "segment_too_large"), (deep, 400, "malformed_json")):
        body = {"code": "large", "name": "Large", "segment": {"where": [segment]}}
        refused = await client.post("/v1/segments/", json=body, headers=write(key))
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert await rows(shop.merchant, "segments") == 0
