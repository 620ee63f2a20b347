"""Write down what must happen after this transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import db
from core.outbox import store

Payload = Mapping[str, Any]


async def add(topic: str, payload: Payload, now: datetime, delay_s: float = 0) -> None:
    """One piece of work of this merchant, in the open transaction; it starts `delay_s` after `now`.

    `payload` is anything msgspec writes as a JSON object; the handler gets it back as a dict.
    A rolled-back transaction sends nothing. Raises core.db.NoTransaction without one.
    """
    await add_many(topic, [payload], now, delay_s)


async def add_many(topic: str, payloads: Sequence[Payload], now: datetime, delay_s: float = 0) -> None:
    """Several pieces of work of one topic in one round trip, otherwise like add()."""
    if payloads:
        await store.insert(
            db.merchant_id(),
            topic,
            [db.to_json(each) for each in payloads],
            now + timedelta(seconds=delay_s),
        )
