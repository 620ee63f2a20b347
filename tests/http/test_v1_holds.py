"""Checkouts by API: points held, captured in parts, released; rewards held and captured."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import App, create_app
from api.v1.holds import v1_holds
from api.v1.members import v1_members
from api.v1.rewards import v1_rewards
from core import clock, db
from core.embedded import Services
from loyalty.ledger import reading as ledger
from loyalty.ledger import release_due
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, member_with, open_shop

SCOPES = ("members:read", "ledger:read", "rewards:redeem")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_members, v1_rewards, v1_holds))


@pytest.fixture
async def key(shop: Shop) -> dict[str, str]:
    return await new_key(shop.merchant, *SCOPES)


async def sound(shop: Shop) -> bool:
    async with db.transaction(shop.merchant):
        return await ledger.check() == []


async def test_points_are_held_captured_in_part_and_released(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 300)
    path = f"/v1/members/{customer}/holds"
    headers = write(key)
    for _ in range(2):
        body = {"points": 200, "minutes": 30, "note": "Order 7"}
        held = await client.post(path + "/", json=body, headers=headers)
        assert held.status_code == 201, held.text
        assert (held.json()["points_held"], held.json()["state"]) == (200, "held")
        assert await balance(shop, customer) == (100, 0)
    here = f"{path}/{held.json()['id']}"
    headers = write(key)
    for _ in range(2):
        part = (await client.post(f"{here}/capture", json={"points": 120}, headers=headers)).json()
        assert (part["points_held"], part["points_captured"], part["state"]) == (80, 120, "held")
    too_much = await client.post(f"{here}/capture", json={"points": 81}, headers=write(key))
    assert (too_much.status_code, too_much.json()["code"]) == (409, "hold_exceeded")
    rest = (await client.post(f"{here}/release", headers=write(key))).json()
    assert (rest["points_held"], rest["points_released"], rest["state"]) == (0, 80, "ended")
    assert (await client.get(here, headers=key)).json() == rest
    assert await balance(shop, customer) == (180, 0)
    entries = (await client.get(f"/v1/members/{customer}/entries", headers=key)).json()["entries"]
    assert [each["verb"] for each in entries[:3]] == ["release", "capture", "hold"]
    assert await sound(shop)


async def test_captured_points_come_back_when_the_order_does(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 300)
    path = f"/v1/members/{customer}/holds"
    here = f"{path}/{(await client.post(path + '/', json={'points': 200}, headers=write(key))).json()['id']}"
    nothing = await client.post(f"{here}/reverse", headers=write(key))
    assert (nothing.status_code, nothing.json()["code"]) == (409, "already_reversed")
    for points in (50, 120):
        await client.post(f"{here}/capture", json={"points": points}, headers=write(key))
    headers = write(key)
    for _ in range(2):  # a partial return, sent twice
        body = {"points": 130, "note": "Lamp came back"}
        part = await client.post(f"{here}/reverse", json=body, headers=headers)
        assert part.status_code == 200, part.text
        found = part.json()
        assert (found["points_captured"], found["points_returned"], found["points_held"]) == (170, 130, 30)
        assert await balance(shop, customer) == (230, 0)
    other = await client.post(f"{here}/reverse", json={"points": 1}, headers=headers)
    assert other.status_code == 422, "the same key with another body"
    too_much = await client.post(f"{here}/reverse", json={"points": 41}, headers=write(key))
    assert (too_much.status_code, too_much.json()["code"]) == (409, "reverse_exceeds_redemption")
    rest = (await client.post(f"{here}/reverse", headers=write(key))).json()
    assert (rest["points_returned"], rest["state"]) == (170, "held")
    again = await client.post(f"{here}/reverse", headers=write(key))
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert await balance(shop, customer) == (270, 0)
    assert await sound(shop)


async def test_a_hold_without_a_part_is_captured_whole(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 50)
    path = f"/v1/members/{customer}/holds"
    until = (clock.now() + timedelta(hours=1)).isoformat()
    held = (await client.post(path + "/", json={"points": 50, "until": until}, headers=write(key))).json()
    done = (await client.post(f"{path}/{held['id']}/capture", headers=write(key))).json()
    assert (done["points_captured"], done["state"]) == (50, "ended")
    assert await balance(shop, customer) == (0, 0)


async def test_a_hold_that_time_has_ended(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await member_with(shop, 50)
    path = f"/v1/members/{customer}/holds"
    held = (await client.post(path + "/", json={"points": 50, "minutes": 1}, headers=write(key))).json()
    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    late = await client.post(f"{path}/{held['id']}/capture", headers=write(key))
    assert (late.status_code, late.json()["code"]) == (409, "hold_ended")
    async with db.transaction(shop.merchant):
        assert await release_due(later) == 1
    seen = (await client.get(f"{path}/{held['id']}", headers=key)).json()
    assert (seen["points_released"], seen["state"]) == (50, "ended")
    assert await balance(shop, customer) == (50, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"points": 301}, 409, "points_insufficient"),
        ({"points": 0}, 422, "invalid_request"),
        ({"points": 10, "wallet": "gold"}, 404, "wallet_unknown"),
        ({"points": 10, "minutes": 0}, 422, "invalid_request"),
        ({"points": 10, "until": "2001-01-01T00:00:00Z"}, 422, "hold_until_invalid"),
        ({"points": 10, "until": "2199-01-01T00:00:00Z"}, 422, "hold_until_invalid"),
        ({"points": 10, "until": "2199-01-01T00:00:00Z", "minutes": 5}, 422, "hold_until_invalid"),
    ],
    ids=str,
)
async def test_what_cannot_be_held(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], body: dict[str, Any], status: int, code: str
) -> None:
    customer = await member_with(shop, 300)
    postings = await rows(shop.merchant, "ledger_journal")
    answer = await client.post(f"/v1/members/{customer}/holds/", json=body, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await rows(shop.merchant, "ledger_journal") == postings


async def test_a_reward_is_held_and_captured_or_given_up(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 300)
    redemptions, vouchers = (f"/v1/members/{customer}/{noun}" for noun in ("redemptions", "vouchers"))
    body = {"reward": "last", "hold_minutes": 15}
    held = (await client.post(redemptions, json=body, headers=write(key))).json()
    assert (held["state"], held["code"]) == ("held", None)
    other = await client.post(redemptions, json=body, headers=write(key))
    assert (other.status_code, other.json()["code"]) == (409, "reward_sold_out")
    assert (await client.get(f"{vouchers}/{held['id']}", headers=key)).json() == held
    # The hold of a reward is no hold of points: it cannot be captured behind its voucher's back.
    async with db.transaction(shop.merchant):
        hold = await db.fetchval("SELECT journal_id FROM ledger_holds")
    behind = await client.post(f"/v1/members/{customer}/holds/{hold}/capture", headers=write(key))
    assert behind.status_code == 404
    given_up = await client.post(f"{vouchers}/{held['id']}/cancel", headers=write(key))
    assert given_up.json()["state"] == "released"
    late = await client.post(f"{vouchers}/{held['id']}/capture", headers=write(key))
    assert (late.status_code, late.json()["code"]) == (409, "hold_ended")
    again = (await client.post(redemptions, json=body, headers=write(key))).json()
    bought = (await client.post(f"{vouchers}/{again['id']}/capture", headers=write(key))).json()
    assert bought["state"] == "issued" and bought["code"]
    assert await balance(shop, customer) == (250, 0)
    assert await sound(shop)


async def test_who_may_not_changes_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 300)
    path = f"/v1/members/{customer}/holds"
    held = (await client.post(path + "/", json={"points": 10}, headers=write(key))).json()
    body = {"reward": "mug", "hold_minutes": 5}
    voucher = (await client.post(f"/v1/members/{customer}/redemptions", json=body, headers=write(key))).json()
    reader = await new_key(shop.merchant, "members:read")
    other = await open_shop(await new_merchant())
    await member_with(other, 300, customer)  # the same external id, at another merchant
    stranger = await new_key(other.merchant, *SCOPES)
    for who, status in ((reader, 403), (stranger, 404)):
        for step in ("capture", "release", "reverse"):
            answer = await client.post(f"{path}/{held['id']}/{step}", headers=write(who))
            assert answer.status_code == status
        answer = await client.get(f"{path}/{held['id']}", headers=who)
        assert answer.status_code == status
        for step in ("capture", "cancel"):
            there = f"/v1/members/{customer}/vouchers/{voucher['id']}/{step}"
            assert (await client.post(there, headers=write(who))).status_code == status
    assert (await client.post(path + "/", json={"points": 10}, headers=write(reader))).status_code == 403
    # Nor can another member of the same merchant.
    second = await member_with(shop, 10)
    answer = await client.post(f"/v1/members/{second}/holds/{held['id']}/release", headers=write(key))
    assert answer.status_code == 404
    assert (await client.get(f"{path}/{held['id']}", headers=key)).json() == held
    assert await balance(shop, customer) == (190, 0)
