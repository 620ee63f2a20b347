"""What becomes of work that failed: again later, or parked for people to look at."""

import logging
import random
from datetime import datetime, timedelta

import structlog

from core import db
from core.errors import DomainError, Kind
from core.outbox import store
from core.outbox.store import Item
from core.telemetry import metrics

MAX_ATTEMPTS = 8
"""With the pauses below, a row is parked after one to two hours of failing."""
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 3600.0
ERROR_LIMIT_CHARS = 2000

log = structlog.get_logger(__name__)


class WorkerEnded(Exception):
    """A worker process ended, or was ended, with this work in its hands."""

    def __init__(self) -> None:
        super().__init__("a worker process ended while it had this work")


def pause_s(attempts: int) -> float:
    """How long to wait after so many failed attempts: 10 s, 30 s, 90 s … 1 h, less up to half of it.

    The random part keeps rows that failed together from failing together again.
    """
    longest = min(FIRST_PAUSE_S * 3.0 ** (attempts - 1), LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1.0)


def hopeless(error: BaseException) -> bool:
    """Whether trying again cannot help."""
    return isinstance(error, DomainError) and error.kind in (Kind.INVALID, Kind.NOT_FOUND)


async def record(item: Item, error: BaseException, now: datetime) -> Item | None:
    """Count a failed attempt, in a transaction of its own; park the row or set when to try again.

    Answers the row as it is now; None when it is parked, done, or in other hands.
    """
    attempts = item.attempts + 1
    park = attempts >= MAX_ATTEMPTS or hopeless(error)
    text = f"{type(error).__name__}: {error}".replace("\0", "")[:ERROR_LIMIT_CHARS]
    again_at = now + timedelta(seconds=pause_s(attempts))
    async with db.transaction(item.merchant_id):
        counted = await store.fail(item, text, again_at, now if park else None)
    if not counted:
        return None
    metrics.ROWS.labels(item.topic, "parked" if park else "failed").inc()
    log.log(
        logging.ERROR if park else logging.WARNING,
        "outbox work parked" if park else "outbox work failed",
        topic=item.topic,
        outbox_id=str(item.id),
        merchant_id=str(item.merchant_id),
        attempts=attempts,
        error=text,
        exc_info=error if not isinstance(error, DomainError | WorkerEnded) else None,
    )
    return None if park else Item(item.id, item.merchant_id, item.topic, attempts)
