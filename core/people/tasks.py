"""What follows when somebody asks for their data, or for its end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import outbox
from core.people import erasure, export, journal


@outbox.handles(erasure.TOPIC, size=1)
async def erase(payload: dict[str, Any], now: datetime) -> None:
    """Payload: customer (id)."""
    await erasure.erase(UUID(payload["customer"]), now, journal.path())


@outbox.handles(export.TOPIC, size=1, turn=outbox.Turn.BULK)
async def make(payload: dict[str, Any], now: datetime) -> None:
    """Payload: export (id)."""
    await export.make(UUID(payload["export"]), now)
