"""Opening balances by API: a result a line, once."""

from uuid import UUID

import httpx
import msgspec
import pytest

from api.app import App, create_app
from api.v1.openings import v1_openings
from core.embedded import Services
from tests.http.conftest import new_key, rows, write
from tests.http.shop import Shop, balance, member_with

LINES = b"""{"id": "1", "customer_id": "ada", "points": 100, "expires_at": "never"}
{"id": "2", "customer_id": "ada", "points": 0}
not json
{"id": "3", "customer_id": "eve", "points": 5, "pending": true}
"""
PATH = "/v1/openings/batch"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=(v1_openings,))


@pytest.fixture
async def key(merchant: UUID) -> dict[str, str]:
    return await new_key(merchant, "ledger:write")


def outcomes(answer: httpx.Response) -> list[tuple[int, str, str | None]]:
    assert answer.status_code == 200, answer.text
    found = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    return [(each["line"], each["status"], each.get("code")) for each in found]


async def test_each_line_has_its_result(client: httpx.AsyncClient, shop: Shop, key: dict[str, str]) -> None:
    await member_with(shop, 10, "ada")
    bad = [(2, "rejected", "invalid"), (3, "rejected", "malformed")]
    only_members = await client.post(PATH, content=LINES, headers=write(key))
    assert outcomes(only_members) == [(1, "new", None), *bad, (4, "rejected", "member_unknown")]
    dry = await client.post(f"{PATH}?create_members=true&dry_run=true", content=LINES, headers=write(key))
    assert outcomes(dry) == [(1, "known", None), *bad, (4, "new", None)]
    assert await rows(shop.merchant, "members") == 1
    again = await client.post(f"{PATH}?create_members=true", content=LINES, headers=write(key))
    assert outcomes(again) == outcomes(dry)
    assert (await balance(shop, "ada"), await balance(shop, "eve")) == ((110, 0), (0, 5))


async def test_without_the_right_or_with_too_much_nothing_is_taken_in(
    client: httpx.AsyncClient, shop: Shop, key: dict[str, str]
) -> None:
    reader = await new_key(shop.merchant, "ledger:read")
    assert (await client.post(PATH, content=LINES, headers=write(reader))).status_code == 403
    answer = await client.post(PATH, content=b"\n" * 5001, headers=write(key))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_lines")
    assert await rows(shop.merchant, "ledger_journal") == 0
