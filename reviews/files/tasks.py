"""Files that staff sent: the worker goes on with them, and forgets those that nobody wants."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.outbox import Turn, handles
from core.sweeps import sweep_by
from reviews.files import uploads


@handles(uploads.TOPIC, size=1, turn=Turn.BULK)
async def go_on(payload: dict[str, Any], now: datetime) -> None:
    """Some thousand rows of a file more."""
    await uploads.step(UUID(payload["import"]), now)


of_merchant = sweep_by("reviews.files.tidy", uploads.tidy)
