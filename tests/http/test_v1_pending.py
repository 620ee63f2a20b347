"""Pending points by API: given, settled in parts, voided, never twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.members import v1_members
from api.v1.pending import v1_pending
from api.v1.wallets import v1_wallets
from core import clock, db
from core.embedded import Services
from loyalty.settling.service import settle_due
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import RollingDays
from loyalty.wallets.service import Rules
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, member_with, open_shop

GIFT: dict[str, Any] = {"points": 10, "note": "A quiz"}


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_members, v1_pending, v1_wallets))


@pytest.fixture
async def shop(merchant: UUID) -> Shop:
    opened = await open_shop(merchant)
    await member_with(opened, 1, "ada")
    return opened


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "ledger:write", "members:read", "ledger:read")


async def given(client: httpx.AsyncClient, key: dict[str, str], **more: Any) -> str:
    answer = await client.post("/v1/members/ada/earn", json=GIFT | more, headers=write(key))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["entry_id"])


async def test_settled_in_parts_and_the_rest_voided(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    path = f"/v1/members/ada/entries/{await given(client, key, pending=True)}"
    assert await balance(shop, "ada") == (1, 10)
    for move in ("settle", "void"):
        answer = await client.post(f"{path}/{move}", json={"points": 11}, headers=write(key))
        assert (answer.status_code, answer.json()["code"]) == (409, "pending_exceeded")
        assert await balance(shop, "ada") == (1, 10)
    for body, move, points, after in (
        ({"points": 4}, "settle", 4, (5, 6)),
        ({"points": 3}, "void", 3, (5, 3)),
        ({}, "settle", 3, (8, 0)),
    ):
        headers = write(key)
        first = await client.post(f"{path}/{move}", json=body, headers=headers)
        again = await client.post(f"{path}/{move}", json=body, headers=headers)
        assert first.status_code == 201 and again.content == first.content
        assert first.json()["points"] == points and await balance(shop, "ada") == after
    postings = await rows(shop.merchant, "ledger_journal")
    for move in ("settle", "void"):
        answer = await client.post(f"{path}/{move}", json={}, headers=write(key))
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_pending")
    assert await rows(shop.merchant, "ledger_journal") == postings


async def test_points_with_a_date_settle_by_themselves(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    soon = clock.now() + timedelta(days=3)
    await given(client, key, settles_at=soon.isoformat())
    async with db.transaction(shop.merchant):
        assert await settle_due(soon - timedelta(seconds=1)) == 0
        assert await settle_due(soon) == 1
    assert await balance(shop, "ada") == (11, 0)


async def test_gifts_follow_the_rules_of_their_wallet(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    async with db.transaction(shop.merchant):
        await wallets.create("stamps", {"en": "Stamps"}, Rules(expiry=RollingDays(30)), clock.now())
    before = clock.now()
    entry = await given(client, key, wallet="stamps")
    line = (await client.get("/v1/members/ada/entries?wallet=stamps", headers=key)).json()["entries"][0]
    assert line["journal_id"] == entry
    async with db.transaction(shop.merchant):
        expires_at = await db.fetchval(
            "SELECT expires_at FROM ledger_lots WHERE journal_id = $1", UUID(entry)
        )
    assert timedelta(days=30) <= expires_at - before < timedelta(days=30, minutes=5)
    answer = await client.post("/v1/members/ada/earn", json=GIFT | {"wallet": "none"}, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (404, "wallet_unknown")


async def test_another_members_entry_and_a_missing_right_move_nothing(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    await member_with(shop, 1, "eve")
    entry = await given(client, key, pending=True)
    reader = await new_key(shop.merchant, "ledger:read")
    for headers, who, status in ((key, "eve", 404), (reader, "ada", 403)):
        for move in ("settle", "void"):
            path = f"/v1/members/{who}/entries/{entry}/{move}"
            assert (await client.post(path, json={}, headers=write(headers))).status_code == status
    past = (clock.now() - timedelta(days=1)).isoformat()
    for field in ("settles_at", "expires_at"):
        answer = await client.post("/v1/members/ada/earn", json=GIFT | {field: past}, headers=write(key))
        assert (answer.status_code, answer.json()["code"]) == (422, f"{field}_invalid")
    assert await balance(shop, "ada") == (1, 10)
