"""Balances as of a moment, by API."""

from datetime import datetime
from uuid import UUID

import httpx
import pytest

from api.app import App, create_app
from api.v1.balances import v1_balances
from core import clock
from core.embedded import Services
from tests.conftest import new_merchant
from tests.http.conftest import new_key
from tests.http.shop import Shop, delivered, joined, member_with, paid, send


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_balances,))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "ledger:read")


async def active(client: httpx.AsyncClient, key: dict[str, str], customer: str, **when: datetime) -> int:
    """What could be spent of the wallet of points."""
    times = {name: moment.isoformat() for name, moment in when.items()}
    answer = await client.get(f"/v1/members/{customer}/balances", headers=key, params=times)
    assert answer.status_code == 200, answer.text
    [points] = [each for each in answer.json()["balances"] if each["wallet"] == "points"]
    return int(points["points_active"])


async def test_what_had_happened_and_what_was_known(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 100)  # delivered 30 days ago
    known = clock.now()
    assert await active(client, key, customer) == 100
    assert await active(client, key, customer, as_of=shop.ago(35)) == 0
    assert await active(client, key, customer, as_of=shop.ago(29)) == 100
    assert await active(client, key, customer, known_at=shop.ago(1)) == 0
    late = shop.ago(20)
    await send(
        shop, joined(customer, shop.ago(60)), paid(customer, "late", late, 5000), delivered("late", late)
    )
    assert await active(client, key, customer, as_of=shop.ago(19)) == 150
    assert await active(client, key, customer, as_of=shop.ago(19), known_at=known) == 100


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
async def test_a_moment_that_is_none(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str], moment: str
) -> None:
    customer = await member_with(shop, 10)
    answer = await client.get(f"/v1/members/{customer}/balances", headers=key, params={"as_of": moment})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_another_merchants_member_is_not_there(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    customer = await member_with(shop, 10)
    theirs = await new_key(await new_merchant(), "ledger:read")
    answer = await client.get(f"/v1/members/{customer}/balances", headers=theirs)
    assert answer.status_code == 404
