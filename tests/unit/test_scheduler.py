"""What the scheduler says while Valkey is away."""

import asyncio
from typing import cast

import pytest

from core import scheduler
from core.broker import Broker, BrokerAway


class _Away:
    """A Valkey that nobody reaches."""

    def __init__(self) -> None:
        self.asked = 0

    async def first(self, key: str, ttl_s: int) -> bool:
        self.asked += 1
        raise BrokerAway("Connection refused")


async def test_a_valkey_that_is_away_is_told_once_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    broker, over = _Away(), asyncio.Event()

    async def tick(_: float) -> None:
        over.set()
        await asyncio.Future()

    monkeypatch.setattr(scheduler.log, "warning", lambda event, **_: told.append(event), raising=False)
    monkeypatch.setattr(asyncio, "sleep", tick)
    ticking = asyncio.create_task(scheduler._tick(cast(Broker, broker)))
    await asyncio.wait_for(over.wait(), 5)
    ticking.cancel()
    assert told == ["scheduler cannot reach Valkey"] and broker.asked == 1
