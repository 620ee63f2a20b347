"""Pools by API: an upload of any size, repeated, broken off, and by somebody who may not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.app import App, create_app
from api.v1.pools import v1_pools
from core.embedded import Services
from core.settings import settings
from tests.conftest import new_merchant
from tests.http.conftest import new_key, rows, write


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_pools,))


@pytest.fixture
async def key(merchant: Any, client: httpx.AsyncClient) -> dict[str, str]:
    """A key, and a pool that is empty."""
    key = await new_key(merchant, "programme:write")
    made = await client.post("/v1/pools/", json={"code": "spring", "low_water": 5}, headers=write(key))
    assert made.status_code == 201, made.text
    return key


async def test_an_upload_is_taken_in_as_it_comes(
    client: httpx.AsyncClient, merchant: Any, key: dict[str, str]
) -> None:
    count = settings().request_body_limit_bytes // 40

    async def body() -> AsyncIterator[bytes]:
        for number in range(count):
            yield b'{"code": "CODE-%08d", "note": "more than an ordinary body may have"}\n' % number
        yield b"CODE-00000000\n"

    headers = write(key, "upload-1")
    answers = [await client.post("/v1/pools/spring/codes", content=body(), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    first, again = (answer.json() for answer in answers)
    assert first == {
        "lines": count + 1,
        "added": count,
        "rejected": 1,
        "rejects": [{"line": count + 1, "code": "code_duplicate", "text": "CODE-00000000"}],
    }
    assert again == first | {"rejects": []}
    assert await rows(merchant, "pool_codes") == count
    other = await client.post("/v1/pools/spring/codes", content=b"OTHER\n" * 9, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "import_key_reused")
    listed = (await client.get("/v1/pools/", headers=key)).json()["pools"]
    assert [(each["code"], each["free"], each["low"]) for each in listed] == [("spring", count, False)]


async def test_codes_are_made_once_for_one_key(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    headers = write(key)
    for _ in range(2):
        body = {"count": 50, "pattern": "TEA-????-????"}
        made = await client.post("/v1/pools/spring/generate", json=body, headers=headers)
        assert (made.status_code, made.json()["free"]) == (200, 50)
    body = {"count": 50, "pattern": "TEA-????"}
    short = await client.post("/v1/pools/spring/generate", json=body, headers=write(key))
    assert (short.status_code, short.json()["code"]) == (422, "code_pattern_too_short")
    assert short.json()["wildcards"] == 6
    marked = await client.put("/v1/pools/spring/low-water", json={"low_water": 50}, headers=write(key))
    assert marked.json()["low"] is True


async def test_who_may_not_changes_nothing(
    client: httpx.AsyncClient, merchant: Any, key: dict[str, str]
) -> None:
    reader = await new_key(merchant, "members:read", "rewards:redeem")
    stranger = await new_key(await new_merchant(), "programme:write")
    for who, status in ((reader, 403), (stranger, 404)):
        answer = await client.post("/v1/pools/spring/codes", content=b"AAAA", headers=write(who))
        assert answer.status_code == status
        answer = await client.post("/v1/pools/spring/generate", json={"count": 1}, headers=write(who))
        assert answer.status_code == status
    without_key = await client.post("/v1/pools/spring/codes", content=b"AAAA", headers=key)
    assert (without_key.status_code, without_key.json()["code"]) == (400, "idempotency_key_missing")
    assert await rows(merchant, "pool_codes") == 0


async def test_the_description_tells_of_the_stream_and_its_key(client: httpx.AsyncClient) -> None:
    found = (await client.get("/openapi.json")).json()["paths"]["/v1/pools/{code}/codes"]["post"]
    assert set(found["requestBody"]["content"]) == {"text/plain", "text/csv", "application/x-ndjson"}
    assert "Idempotency-Key" in {each["name"] for each in found["parameters"]}
