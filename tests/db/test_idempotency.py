"""A key, its answer and its effect are one: all of it or nothing, once."""

import asyncio
from uuid import UUID

import pytest

from core import clock, db
from core.idempotency import Answer, KeyReused, KeyRunning, fingerprint, once
from core.ids import new_id
from tests.conftest import new_merchant

REQUEST = fingerprint("POST", "/v1/things", b'{"n": 1}')
OTHER = fingerprint("POST", "/v1/things", b'{"n": 2}')


async def _stores() -> int:
    return int(await db.fetchval("SELECT count(*) FROM stores"))


async def stores_of(merchant: UUID) -> int:
    async with db.transaction(merchant):
        return await _stores()


async def keys_of(merchant: UUID) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval("SELECT count(*) FROM idempotency_keys"))


async def add_store() -> Answer:
    """An effect that leaves one row each time it runs."""
    await db.execute(
        "INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)"
        " VALUES ($1, $2, '{}', 'USD', 'UTC')",
        db.merchant_id(),
        str(new_id()),
    )
    return Answer(201, b'{"made": true}')


async def test_the_same_request_again_is_answered_without_happening_again(merchant: UUID) -> None:
    first = await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())
    again = await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())
    assert (first.status, first.body, first.replayed) == (201, b'{"made": true}', False)
    assert (again.status, again.body, again.replayed) == (201, b'{"made": true}', True)
    assert await stores_of(merchant) == 1


async def test_the_same_key_with_another_request_is_refused(merchant: UUID) -> None:
    await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())
    with pytest.raises(KeyReused):
        await once(merchant, "key:a", "k1", OTHER, add_store, clock.now())
    assert await stores_of(merchant) == 1
    assert (await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())).replayed


@pytest.mark.parametrize("same_request", [True, False])
async def test_while_the_first_still_runs_the_second_is_told_so(merchant: UUID, same_request: bool) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> Answer:
        answer = await add_store()
        started.set()
        await go_on.wait()
        return answer

    first = asyncio.create_task(once(merchant, "key:a", "k1", REQUEST, slow, clock.now()))
    await started.wait()
    with pytest.raises(KeyRunning):
        await once(merchant, "key:a", "k1", REQUEST if same_request else OTHER, add_store, clock.now())
    assert await stores_of(merchant) == 0
    go_on.set()
    assert not (await first).replayed
    assert await stores_of(merchant) == 1
    assert (await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())).replayed


async def test_many_at_once_happen_once(merchant: UUID) -> None:
    async def ask() -> str:
        try:
            answer = await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())
        except KeyRunning:
            return "running"
        return "replayed" if answer.replayed else "done"

    outcomes = await asyncio.gather(*(ask() for _ in range(12)))
    assert outcomes.count("done") == 1
    assert await stores_of(merchant) == 1


async def test_a_failing_effect_leaves_neither_rows_nor_the_key(merchant: UUID) -> None:
    async def fail() -> Answer:
        await add_store()
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await once(merchant, "key:a", "k1", REQUEST, fail, clock.now())
    assert await stores_of(merchant) == 0
    assert await keys_of(merchant) == 0
    # The key is free, also for another request.
    assert not (await once(merchant, "key:a", "k1", OTHER, add_store, clock.now())).replayed
    assert await stores_of(merchant) == 1


async def test_actors_and_merchants_do_not_share_keys(merchant: UUID) -> None:
    other = await new_merchant()
    await once(merchant, "key:a", "k1", REQUEST, add_store, clock.now())
    assert not (await once(merchant, "key:b", "k1", OTHER, add_store, clock.now())).replayed
    assert not (await once(other, "key:a", "k1", OTHER, add_store, clock.now())).replayed
    assert (await stores_of(merchant), await stores_of(other)) == (2, 1)


def test_a_fingerprint_tells_method_path_and_body_apart() -> None:
    same = fingerprint("POST", "/v1/a", b"x")
    assert same == fingerprint("POST", "/v1/a", b"x")
    others = {
        fingerprint("PUT", "/v1/a", b"x"),
        fingerprint("POST", "/v1/b", b"x"),
        fingerprint("POST", "/v1/a", b"y"),
        fingerprint("POST", "/v1/a\nx", b""),
    }
    assert len(others) == 4
    assert same not in others
