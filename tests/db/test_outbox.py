"""The outbox in one process: what is written, taken, failed, parked and retried."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core import clock, db, outbox
from core.errors import NotFound
from core.outbox import failures, parked, registry, work
from core.outbox.store import Item
from tests.conftest import new_merchant
from tests.worker.handlers import Score, count

KIND = "effect"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def add(merchant: UUID, topic: str, *kinds: str) -> list[Item]:
    """Add rows and answer them as the relay would send them."""
    async with db.transaction(merchant):
        await outbox.add_many(topic, [{"kind": kind} for kind in kinds], NOW)
    return await rows_of(merchant)


async def rows_of(merchant: UUID) -> list[Item]:
    async with db.transaction(merchant):
        rows = await db.fetch("SELECT id, merchant_id, topic, attempts FROM outbox ORDER BY id")
    return [Item(**row) for row in rows]


async def effects(merchant: UUID, kind: str = KIND) -> int:
    async with db.transaction(merchant):
        return await count(kind)


async def state(merchant: UUID) -> db.Row:
    async with db.transaction(merchant):
        row = await db.fetchrow("SELECT * FROM outbox")
    assert row is not None
    return row


async def test_work_is_done_and_its_row_gone(merchant: UUID) -> None:
    items = await add(merchant, "test.write", KIND)
    await work.run(items)
    assert await effects(merchant) == 1
    assert await rows_of(merchant) == []


async def test_rolled_back_transaction_sends_nothing(merchant: UUID) -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction(merchant):
            await outbox.add("test.write", {"kind": KIND}, NOW)
            raise RuntimeError
    assert await rows_of(merchant) == []


async def test_adding_needs_a_transaction(merchant: UUID) -> None:
    with pytest.raises(db.NoTransaction):
        await outbox.add("test.write", {"kind": KIND}, NOW)


async def test_delay_and_order_of_adding(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await outbox.add_many("test.write", [{"kind": str(n)} for n in range(20)], NOW, delay_s=90)
        rows = await db.fetch("SELECT payload, available_at, created_at FROM outbox ORDER BY id")
    assert [db.from_json(row["payload"])["kind"] for row in rows] == [str(n) for n in range(20)]
    assert {(row["created_at"], row["available_at"]) for row in rows} == {(NOW + timedelta(seconds=90),) * 2}


async def test_same_row_delivered_ten_times_at_once(merchant: UUID) -> None:
    items = await add(merchant, "test.write", KIND, KIND, KIND)
    await asyncio.gather(*(work.run(items) for _ in range(10)))
    await work.run(items)
    assert await effects(merchant) == 3
    assert await rows_of(merchant) == []


async def test_batch_delivered_ten_times_at_once(merchant: UUID) -> None:
    items = await add(merchant, "test.score", KIND, KIND, KIND)
    await asyncio.gather(*(work.run(items) for _ in range(10)))
    assert await effects(merchant) == 3
    assert await rows_of(merchant) == []


async def test_another_merchants_row_is_out_of_reach(merchant: UUID) -> None:
    items = await add(merchant, "test.write", KIND)
    other = await new_merchant()
    await work.run([Item(item.id, other, item.topic, item.attempts) for item in items])
    assert await effects(merchant) == 0
    assert await effects(other) == 0
    assert await rows_of(merchant) == items


async def test_failure_leaves_the_row_with_its_error_and_a_pause(merchant: UUID) -> None:
    items = await add(merchant, "test.fail", KIND)
    with clock.set_clock(lambda: NOW):
        await work.run(items)
    row = await state(merchant)
    assert row["attempts"] == 1
    assert row["last_error"] == "RuntimeError: the shelf is empty"
    assert row["parked_at"] is None
    assert 5 <= (row["available_at"] - NOW).total_seconds() <= 10
    assert await effects(merchant) == 0


async def test_message_from_before_a_failure_does_nothing(merchant: UUID) -> None:
    items = await add(merchant, "test.fail", KIND)
    for _ in range(5):
        await work.run(items)
    assert (await state(merchant))["attempts"] == 1


async def test_parked_after_the_last_attempt_then_retried(merchant: UUID) -> None:
    await add(merchant, "test.fail", KIND)
    pauses = []
    with clock.set_clock(lambda: NOW):
        for _ in range(failures.MAX_ATTEMPTS):
            await work.run(await rows_of(merchant))
            pauses.append(((await state(merchant))["available_at"] - NOW).total_seconds())
    assert pauses[:5] == sorted(pauses[:5])
    assert max(pauses) <= failures.LONGEST_PAUSE_S
    assert sum(pauses[:-1]) > 3600
    async with db.transaction(merchant):
        (row,) = await parked.newest()
    assert (row.topic, row.attempts, row.payload) == ("test.fail", failures.MAX_ATTEMPTS, {"kind": KIND})
    assert row.last_error == "RuntimeError: the shelf is empty"
    assert row.parked_at == NOW

    await work.run(await rows_of(merchant))
    assert (await state(merchant))["attempts"] == failures.MAX_ATTEMPTS

    async with db.transaction(merchant):
        # The cause is removed: the same row now succeeds.
        await db.execute("UPDATE outbox SET topic = 'test.write'")
        await parked.retry(row.id, NOW)
        assert await parked.newest() == []
    await work.run(await rows_of(merchant))
    assert await effects(merchant) == 1
    assert await rows_of(merchant) == []


async def test_retry_of_what_is_not_parked(merchant: UUID) -> None:
    (item,) = await add(merchant, "test.fail", KIND)
    other = await new_merchant()
    for owner in (merchant, other):
        with pytest.raises(NotFound):
            async with db.transaction(owner):
                await parked.retry(item.id, NOW + timedelta(days=1))
    assert (await state(merchant))["available_at"] == NOW


async def test_hopeless_error_parks_at_once(merchant: UUID) -> None:
    await work.run(await add(merchant, "test.refuse", KIND))
    row = await state(merchant)
    assert row["parked_at"] is not None
    assert row["attempts"] == 1
    assert row["last_error"] == "Refused: no such shelf"
    assert await effects(merchant) == 0


async def test_topic_that_nobody_handles_waits(merchant: UUID) -> None:
    await work.run(await add(merchant, "test.unheard-of", KIND))
    row = await state(merchant)
    assert row["parked_at"] is None
    assert "test.unheard-of" in row["last_error"]


async def test_redelivered_rows_count_and_guilty_one_is_parked(merchant: UUID) -> None:
    """A row that ends its worker each time is given up; its neighbour is done."""
    items = await add(merchant, "test.write", KIND, KIND)
    async with db.transaction(merchant):
        await db.execute(
            "UPDATE outbox SET attempts = $2 WHERE id = $1", items[0].id, failures.MAX_ATTEMPTS - 1
        )
    await work.run(await rows_of(merchant), redelivered=True)
    row = await state(merchant)
    assert row["id"] == items[0].id
    assert row["parked_at"] is not None
    assert row["last_error"].startswith("WorkerEnded")
    assert await effects(merchant) == 1


@pytest.mark.parametrize("bad", ["bad-load", "bad-compute", "bad-store"])
async def test_poisoned_item_of_a_batch_fails_alone(merchant: UUID, bad: str) -> None:
    """Two merchants in one batch: only the poisoned row of one of them remains."""
    other = await new_merchant()
    items = [*await add(merchant, "test.score", KIND, bad, KIND), *await add(other, "test.score", KIND)]
    Score.batches.clear()
    await work.run(items)
    assert Score.batches[0] == (3 if bad == "bad-load" else 4)
    assert (await effects(merchant), await effects(merchant, bad), await effects(other)) == (2, 0, 1)
    row = await state(merchant)
    assert db.from_json(row["payload"]) == {"kind": bad}
    assert row["attempts"] == 1
    assert row["last_error"] == f"RuntimeError: cannot {bad.removeprefix('bad-')}"
    assert await rows_of(other) == []


async def test_batch_row_whose_thing_is_gone_is_done(merchant: UUID) -> None:
    await work.run(await add(merchant, "test.score", "gone", KIND, "gone"))
    assert await rows_of(merchant) == []
    assert (await effects(merchant), await effects(merchant, "gone")) == (1, 0)


async def test_handler_that_hangs_is_ended(merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "HANDLER_TIMEOUT_S", 0.2)
    async with db.transaction(merchant):
        await outbox.add("test.write", {"kind": KIND, "sleep_s": 60}, NOW)
    await work.run(await rows_of(merchant))
    assert (await state(merchant))["last_error"].startswith("TimeoutError")
    assert await effects(merchant) == 0


async def claim(topics: Sequence[str], limits: Sequence[int], now: datetime) -> list[db.Row]:
    async with db.transaction(None):
        sql = "SELECT * FROM gate_outbox_claim($1, $2, $3, interval '60 s')"
        return list(await db.fetch(sql, now, topics, limits))


async def test_claim_takes_the_oldest_of_each_topic_and_leases_them(merchant: UUID) -> None:
    topics = [f"test.{merchant}.a", f"test.{merchant}.b"]
    async with db.transaction(merchant):
        for age in (3, 1, 2):
            for topic in topics:
                await outbox.add(topic, {"age": age}, NOW - timedelta(minutes=age))
    first = await claim(topics, [2, 1], NOW)
    async with db.transaction(merchant):
        sql = "SELECT topic, payload->>'age' AS age, attempts FROM outbox WHERE available_at > $1"
        leased = {(row["topic"], row["age"], row["attempts"]) for row in await db.fetch(sql, NOW)}
    assert len(first) == 3
    assert leased == {(topics[0], "3", 0), (topics[0], "2", 0), (topics[1], "3", 0)}
    assert len(await claim(topics, [9, 9], NOW)) == 3
    assert await claim(topics, [9, 9], NOW + timedelta(seconds=59)) == []
    assert len(await claim(topics, [9, 9], NOW + timedelta(seconds=60))) == 6


async def test_claims_at_the_same_time_share_the_rows(merchant: UUID) -> None:
    topic = f"test.{merchant}"
    async with db.transaction(merchant):
        await outbox.add_many(topic, [{}] * 100, NOW)
    claims = await asyncio.gather(*(claim([topic], [30], NOW) for _ in range(6)))
    ids = [row["id"] for rows in claims for row in rows]
    assert len(ids) == len(set(ids)) == 100


async def test_released_rows_are_due_again(merchant: UUID) -> None:
    topic = f"test.{merchant}"
    async with db.transaction(merchant):
        await outbox.add_many(topic, [{}, {}], NOW)
    ids = [row["id"] for row in await claim([topic], [9], NOW)]
    async with db.transaction(None):
        await db.execute("SELECT gate_outbox_release($1, $2)", ids[:1], NOW)
    assert [row["id"] for row in await claim([topic], [9], NOW)] == ids[:1]


async def test_one_handler_a_topic() -> None:
    async def handle(payload: dict[str, object], now: datetime) -> None: ...

    with pytest.raises(registry.DuplicateTopic):
        outbox.handles("test.write")(handle)
    with pytest.raises(ValueError):
        outbox.handles("test.elsewhere", queue="elsewhere")(handle)
    assert "test.elsewhere" not in registry.topics()


def test_layout_names_only_modules_that_exist() -> None:
    from core.celery_app import HANDLER_MODULES, PERIODIC_MODULES

    root = Path(__file__).parents[2]
    for name in (*HANDLER_MODULES, *PERIODIC_MODULES):
        assert (root / f"{name.replace('.', '/')}.py").exists(), name
