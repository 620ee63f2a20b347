"""Earning rules by API: from a draft to points, in words, tried, back-tested, refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.events import v1_events
from api.v1.rules import v1_rule_settings, v1_rules
from core import clock, db
from core.embedded import Services
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign
from loyalty.rules import model as m
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop

BONUS: dict[str, Any] = {
    "code": "weekend",
    "name": "Weekend bonus",
    "rule": {
        "trigger": {"type": "order"},
        "conditions": [{"type": "amount_between", "currency": "USD", "at_least_minor": 5000}],
        "effect": {"type": "fixed", "points": 50},
        "limit": {"per": "month", "times": 1},
    },
}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_rules, v1_rule_settings, v1_events))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "members:read", "programme:write", "events:write")


async def test_from_a_draft_to_another_version(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    made = await client.post("/v1/rules/", json=BONUS, headers=write(key))
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["version"]["state"] == "draft"
    said = "For each order, if it amounts to at least $50.00: 50 points. At most 1 time a month."
    assert body["sentence"] == said
    assert [(each["kind"], each["code"]) for each in body["overlaps"]] == [("adds_up", "orders")]
    live = await client.post("/v1/rules/weekend/publish", json={"version": 1}, headers=write(key))
    assert live.status_code == 200 and live.json()["version"]["state"] == "published", live.text
    more = {"rule": BONUS["rule"] | {"effect": {"type": "fixed", "points": 70}}}
    await client.post("/v1/rules/weekend/versions", json=more, headers=write(key))
    await client.post("/v1/rules/weekend/publish", json={"version": 2}, headers=write(key))
    versions = (await client.get("/v1/rules/weekend?locale=zh-Hant", headers=key)).json()["rules"]
    assert [each["version"]["state"] for each in versions] == ["published", "retired"]
    assert versions[0]["version"]["valid_from"] == versions[1]["version"]["valid_until"]
    assert versions[0]["sentence"] == "每筆訂單，如果訂單金額不低於 US$50.00：70 積分。每月最多 1 次。"
    listed = (await client.get("/v1/rules/", headers=key)).json()
    assert [(each["version"]["code"], each["version"]["version"]) for each in listed["rules"]] == [
        ("weekend", 2),
        ("orders", 1),
    ]
    gone = await client.post("/v1/rules/weekend/retire", json={}, headers=write(key))
    assert gone.json()["version"]["state"] == "retired"
    again = await client.post("/v1/rules/weekend/retire", json={}, headers=write(key))
    assert (again.status_code, again.json()["code"]) == (409, "rule_not_live")


async def test_a_campaign_s_rule_gets_no_next_version_and_no_end_of_its_own(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    async with db.transaction(shop.merchant):
        rule = m.Rule(trigger=m.Order(), effect=m.Fixed(points=5))
        await campaigns.create("spring", "Spring", Campaign(rules=(rule,)), clock.now())
        await campaigns.publish("spring", clock.now())
    more = {"rule": BONUS["rule"]}
    answer = await client.post("/v1/rules/spring-1/versions", json=more, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (409, "rule_of_campaign")
    assert len((await client.get("/v1/rules/spring-1", headers=key)).json()["rules"]) == 1
    gone = await client.post("/v1/rules/spring-1/retire", json={}, headers=write(key))
    assert (gone.status_code, gone.json()["code"]) == (409, "rule_of_campaign")
    [found] = (await client.get("/v1/rules/spring-1", headers=key)).json()["rules"]
    assert found["version"]["state"] == "published"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"trigger": {"type": "comet"}}, 422, "invalid_request"),
        ({"trigger": {"type": "review", "rating": 5}}, 422, "invalid_request"),
        ({"conditions": [{"type": "rating_at_least", "stars": 4}]}, 422, "invalid_request"),
        ({"limit": {"per": "day"}}, 422, "invalid_request"),
        ({"schedule": {"end": "9999-12-31T23:59:00-12:00"}}, 422, "rule_time_invalid"),
        (
            {
                "conditions": [
                    {"type": "not", "of": {"type": "between", "start": "0001-01-01T00:00:00+12:00"}}
                ]
            },
            422,
            "rule_time_invalid",
        ),
        ({"effect": {"type": "multiply", "percent": 100}}, 422, "invalid_request"),
        ({"conditions": [{"type": "with_photo"}]}, 422, "rule_condition_unfitting"),
        ({"conditions": [{"type": "tier_in", "tiers": ["comet"]}]}, 422, "rule_reference_unknown"),
        ({"wallets": ["comet"]}, 422, "rule_reference_unknown"),
        (
            {"conditions": [{"type": "order_number", "at_least": 2}, {"type": "first_order"}]},
            422,
            "rule_never_applies",
        ),
        (
            {"trigger": {"type": "custom_event", "name": "custom.points.posted"}, "conditions": []},
            422,
            "rule_loops",
        ),
    ],
)
async def test_what_is_no_rule_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    body = BONUS | {"rule": BONUS["rule"] | change}
    answer = await client.post("/v1/rules/", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await rows(shop.merchant, "earning_rules") == 1


async def test_the_past_and_what_is_there_are_refused(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await client.post("/v1/rules/", json=BONUS, headers=write(key))
    taken = await client.post("/v1/rules/", json=BONUS, headers=write(key))
    assert (taken.status_code, taken.json()["code"]) == (409, "rule_exists")
    early = {"version": 1, "valid_from": shop.ago(1).isoformat()}
    never = {"version": 1, "valid_until": "9999-12-31T23:59:00-12:00"}
    for body, code in (
        (early, "rule_past"),
        (never, "rule_time_invalid"),
        ({"version": 2}, "not_found"),
    ):
        answer = await client.post("/v1/rules/weekend/publish", json=body, headers=write(key))
        assert answer.json()["code"] == code
    await client.post("/v1/rules/weekend/publish", json={"version": 1}, headers=write(key))
    twice = await client.post("/v1/rules/weekend/publish", json={"version": 1}, headers=write(key))
    assert (twice.status_code, twice.json()["code"]) == (409, "rule_not_draft")


async def test_without_the_right_nothing_changes(
    client: httpx.AsyncClient, shop: Shop, merchant: UUID
) -> None:
    reader = await new_key(merchant, "members:read")
    answer = await client.post("/v1/rules/", json=BONUS, headers=write(reader))
    assert answer.status_code == 403
    assert await rows(shop.merchant, "earning_rules") == 1


async def test_trying_says_why_and_posts_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    order = {"currency": "USD", "amount_minor": 4000}
    answer = await client.post(
        "/v1/rules/try", json={"order": order, "rules": [BONUS["rule"]]}, headers=write(key)
    )
    assert answer.status_code == 200, answer.text
    [wallet] = answer.json()["wallets"]
    assert (wallet["wallet"], wallet["points"], wallet["rules"]) == ("points", 0, [])
    assert wallet["not_applied"] == [
        {
            "code": "given-1",
            "version": 0,
            "because": "amount_between",
            "condition": "it amounts to at least $50.00",
        }
    ]
    live = (await client.post("/v1/rules/try", json={"order": order}, headers=write(key))).json()["wallets"]
    assert [(each["wallet"], each["points"]) for each in live] == [("points", 40), ("qualifying", 40)]
    both = {"order": order, "moment": "birthday"}
    assert (await client.post("/v1/rules/try", json=both, headers=write(key))).status_code == 422
    for wrong in ({"member_days": 1_000_000}, {"at": "0001-01-01T00:00:00+14:00"}):
        never = {"moment": "birthday", **wrong}
        assert (await client.post("/v1/rules/try", json=never, headers=write(key))).status_code == 422
    stars = {"review": {"verified_purchase": True, "has_photo": True, "rating": 5}}
    assert (await client.post("/v1/rules/try", json=stars, headers=write(key))).status_code == 422
    assert await rows(shop.merchant, "ledger_journal") == 0


async def test_a_back_test_by_api(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    when = {"start": shop.ago(30).isoformat(), "end": (shop.now + timedelta(days=1)).isoformat()}
    found = await client.post("/v1/rules/orders/backtest", json=when, headers=write(key))
    assert found.status_code == 200, found.text
    assert found.json() == {"events": 0, "members": 0, "points": 0, "points_due": 0}
    other = when | {"rule": BONUS["rule"]}
    assert (await client.post("/v1/rules/orders/backtest", json=other, headers=write(key))).status_code == 200
    assert (await client.post("/v1/rules/comet/backtest", json=when, headers=write(key))).status_code == 404


async def test_points_for_reviews_are_off_in_china_unless_switched_on(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    path = "/v1/rule-settings/"
    assert (await client.get(path, headers=key)).json() == {"market": "world", "review_points": True}
    china = await client.post(path, json={"market": "cn"}, headers=write(key))
    assert china.json() == {"market": "cn", "review_points": False}
    review = {"trigger": {"type": "review"}, "effect": {"type": "fixed", "points": 5}}
    body = {"code": "review", "name": "Review", "rule": review}
    assert (await client.post("/v1/rules/", json=body, headers=write(key))).status_code == 201
    refused = await client.post("/v1/rules/review/publish", json={"version": 1}, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (409, "review_points_off")
    on = await client.post(path, json={"market": "cn", "review_points": True}, headers=write(key))
    assert on.json() == {"market": "cn", "review_points": True}
    assert (
        await client.post("/v1/rules/review/publish", json={"version": 1}, headers=write(key))
    ).status_code == 200
