"""Ratings and publishing for programs with a key."""

from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from admin.serve import V1
from api.app import create_app
from core import db
from core.embedded import Services
from tests.fixtures.reviews.shop import DAY, NOW, take_in, value
from tests.fixtures.reviews.shop import moved as review
from tests.http.conftest import _transport, new_key, write


@pytest.fixture
async def api(database: Services) -> httpx.AsyncClient:
    """A program of an integrator."""
    return httpx.AsyncClient(transport=_transport(create_app(v1=V1)), base_url="http://x.test")


async def test_ratings_by_month_and_the_ranking(api: httpx.AsyncClient, merchant: UUID) -> None:
    await take_in(
        merchant,
        review("a", product_sku="lamp", rating=Decimal(5)),
        review("b", product_sku="lamp", rating=Decimal(4), written_at=NOW - 60 * DAY),
        review("c", product_sku="desk", rating=Decimal(1)),
    )
    key = await new_key(merchant, "reviews:read")
    found = (await api.get("/v1/ratings?of=product&key=lamp&period=month", headers=key)).json()["ratings"]
    assert [(each["starts"], each["mean"]) for each in found] == [("2025-12-01", 4.0), ("2026-02-01", 5.0)]
    (whole,) = (await api.get("/v1/ratings", headers=key)).json()["ratings"]
    assert (whole["starts"], whole["reviews"], whole["stars"]) == (None, 3, [1, 0, 0, 1, 1])
    ranked = (await api.get("/v1/ratings/ranking", headers=key)).json()["products"]
    assert [each["sku"] for each in ranked] == ["lamp", "desk"]
    nowhere = await api.get("/v1/ratings?of=store&key=nowhere", headers=key)
    assert nowhere.json() == {"ratings": []}
    assert (await api.get("/v1/ratings?of=galaxy", headers=key)).status_code == 422


async def test_where_products_are_shown(api: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "reviews:read", "reviews:write")
    body = {"product_url": "https://shop.example/p/{sku}"}
    assert (await api.put("/v1/publishing", json=body, headers=write(key))).json() == body
    refused = await api.put("/v1/publishing", json={"product_url": "https://x"}, headers=write(key))
    assert (refused.status_code, refused.json()["code"]) == (422, "product_url_invalid")
    assert (await api.get("/v1/publishing", headers=key)).json() == body


async def test_a_key_without_the_scope_changes_nothing(api: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "members:read")
    body = {"product_url": "https://shop.example/p/{sku}"}
    for path in ("/v1/ratings", "/v1/ratings/ranking", "/v1/publishing"):
        assert (await api.get(path, headers=key)).status_code == 403
    assert (await api.put("/v1/publishing", json=body, headers=write(key))).status_code == 403
    assert await value(merchant, "SELECT count(*) FROM review_publishing") == 0
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM idempotency_keys") == 0
