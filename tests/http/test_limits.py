"""How much one program may ask: over all processes together, and also while Valkey is away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import limits
from api.limits import ADVANCE, JSON_DEPTH, WINDOW_S, RateLimited, Rates, is_too_deep
from core import clock
from core.embedded import Services
from core.ids import new_id
from core.settings import settings
from tests.http.conftest import new_key, rows, write

NOW = 1_800_000_000.0


@pytest.fixture
async def few(monkeypatch: pytest.MonkeyPatch, database: Services) -> AsyncIterator[None]:
    monkeypatch.setenv("REGULARS_API_REQUESTS_PER_MINUTE", "5")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
async def lost(monkeypatch: pytest.MonkeyPatch, database: Services) -> AsyncIterator[None]:
    """Valkey is where nobody listens."""
    monkeypatch.setenv("REGULARS_VALKEY_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def count(rates: Rates, who: str, limit: int, tries: int, now: float = NOW) -> int:
    """How many of these are let through."""

    async def one() -> bool:
        try:
            await rates.take(who, limit, now)
            return True
        except RateLimited:
            return False

    return sum(await asyncio.gather(*(one() for _ in range(tries))))


@pytest.fixture
async def processes(database: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Rates]]:
    # Four thousand at once take a busy machine longer than a request may wait for its count.
    monkeypatch.setattr(limits, "VALKEY_TIME_S", 30.0)
    made = [Rates() for _ in range(4)]
    yield made
    for each in made:
        await each.close()


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_processes_share_a_limit_which_is_never_exceeded(processes: list[Rates], limit: int) -> None:
    who = str(new_id())
    passed = await asyncio.gather(*(count(each, who, limit, limit) for each in processes))
    assert sum(passed) == limit
    assert await count(processes[0], who, limit, 1, NOW + WINDOW_S) == 1  # the next minute


async def test_what_a_process_took_and_did_not_use_is_lost_to_the_others(processes: list[Rates]) -> None:
    who = str(new_id())
    passed = [await count(each, who, 1000, 300) for each in processes]
    assert 1000 - 4 * ADVANCE <= sum(passed) <= 1000


async def test_keys_have_limits_of_their_own(processes: list[Rates]) -> None:
    rates = processes[0]
    assert await count(rates, str(new_id()), 3, 10) == 3
    assert await count(rates, str(new_id()), 3, 10) == 3


async def test_what_is_left_falls_by_one_a_request(processes: list[Rates]) -> None:
    rates, who = processes[0], str(new_id())
    assert [await rates.take(who, 1000, NOW + 15) for _ in range(40)] == [(999 - n, 45) for n in range(40)]


async def test_without_valkey_each_process_counts_for_itself(lost: None, processes: list[Rates]) -> None:
    who = str(new_id())
    assert [await count(each, who, 50, 80) for each in processes] == [50] * 4


async def test_requests_say_what_is_left_and_when_there_is_more(
    client: httpx.AsyncClient, merchant: UUID, few: None
) -> None:
    key = await new_key(merchant, "members:read", "members:write")
    now = clock.now()
    with clock.set_clock(lambda: now):
        answers = [await client.get("/v1/things", headers=key) for _ in range(5)]
        before = await rows(merchant, "stores")
        refused = await client.post("/v1/things", json={"name": "x"}, headers=write(key))
        other = await client.get("/v1/things", headers=await new_key(merchant, "members:read"))
    assert [each.status_code for each in answers] == [200] * 5
    assert [each.headers["ratelimit"].partition(";t=")[0] for each in answers] == [
        f'"key";r={left}' for left in (4, 3, 2, 1, 0)
    ]
    assert answers[0].headers["ratelimit-policy"] == f'"key";q=5;w={WINDOW_S}'
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= WINDOW_S
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert await rows(merchant, "stores") == before
    assert other.status_code == 200


async def test_a_request_that_takes_too_long_ends(
    client: httpx.AsyncClient, merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await new_key(merchant, "members:read", "members:write")

    async def think(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(limits, "REQUEST_TIME_S", 0.5)
    monkeypatch.setattr("tests.http.conftest.db.execute", think)
    answer = await client.post("/v1/things", json={"name": "x"}, headers=write(key))
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["code"]) == (503, "request_timeout")
    assert await rows(merchant, "stores") == 0


async def test_what_is_nested_too_deeply_is_no_json_of_ours(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    key = await new_key(merchant, "members:read", "members:write")
    for body in (b"[" * 65, b'{"name": ' + b'{"a":' * 64 + b"1" + b"}" * 65, b"[" * 200_000):
        headers = write(key) | {"content-type": "application/json"}
        answer = await client.post("/v1/things", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert await rows(merchant, "stores") == 0


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


TEXTS = st.text('[]{}"\\,:a', max_size=20)
VALUES = st.recursive(
    TEXTS | st.none(), lambda part: st.lists(part, max_size=4) | st.dictionaries(TEXTS, part, max_size=4)
)


@given(VALUES, st.integers(0, 2 * JSON_DEPTH))
def test_depth_is_that_of_brackets_outside_of_texts(value: object, more: int) -> None:
    for _ in range(more):
        value = [value]
    filler: list[list[None]] = [
        [] for _ in range(JSON_DEPTH + 1)
    ]  # so many brackets that they have to be looked at
    deep = {"value": value, "filler": filler}
    assert is_too_deep(msgspec.json.encode(deep)) == (depth(deep) > JSON_DEPTH)
