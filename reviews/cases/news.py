"""What has happened to the cases of a merchant since: for pages that are open.

Read again and again, once for all who listen in a process. Ids of events are times; a transaction that began
earlier may commit later, so the last seconds are always read again and what was told is left out.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from core import clock, db
from core.errors import NotFound

log = structlog.get_logger(__name__)

POLL_S = 0.06
RETRY_S = 2.0
OVERLAP = timedelta(seconds=5)
LIMIT = 500
WAITING = 100
"""So many pieces of news wait for somebody who does not read; then theirs ends, and they begin anew."""

_NEWEST = "SELECT id FROM case_events WHERE merchant_id = $1 ORDER BY id DESC LIMIT 1"
_SINCE = """
    SELECT id, case_id FROM case_events WHERE merchant_id = $1 AND id > $2 ORDER BY id DESC LIMIT $3
"""
# What the colleagues who look at a case should know before they write.
_ON_CASE = """
    SELECT e.kind, coalesce(s.name, '') AS person, e.staff_id = $3 AS own, e.at
    FROM case_events e LEFT JOIN staff s ON s.id = e.staff_id
    WHERE e.case_id = $1 AND e.id > $2 AND NOT starts_with(e.kind, 'clock_')
      AND e.kind NOT IN ('scored', 'tagged', 'untagged')
    ORDER BY e.id DESC LIMIT 5
"""


@dataclass(frozen=True)
class Happened:
    """Something on one case; `person` "": no colleague did it. `own`: whoever asks did, in another window."""

    kind: str
    person: str
    own: bool
    at: datetime


async def on_case(case_id: UUID, after: UUID, by: UUID) -> list[Happened]:
    """The last things that happened on a case since an event, the newest first, in the open transaction.

    Raises NotFound.
    """
    if not await db.fetchval("SELECT EXISTS (SELECT FROM cases WHERE id = $1)", case_id):
        raise NotFound(f"no case {case_id}")
    rows = await db.fetch(_ON_CASE, case_id, after, by)
    return [Happened(row["kind"], row["person"], bool(row["own"]), row["at"]) for row in rows]


@dataclass(frozen=True)
class News:
    """Cases to which something happened; `id` is of the last event."""

    id: UUID
    cases: frozenset[UUID]


@dataclass
class _Feed:
    merchant_id: UUID
    listeners: set[asyncio.Queue[News | None]] = field(default_factory=set)
    reader: asyncio.Task[None] | None = None


_feeds: dict[UUID, _Feed] = {}


async def newest() -> UUID | None:
    """The last event of the merchant's cases, in the open transaction."""
    found: UUID | None = await db.fetchval(_NEWEST, db.merchant_id())
    return found


async def listen(merchant_id: UUID, after: UUID | None) -> AsyncGenerator[News, None]:
    """News as it comes, first what came `after` an event. Ends when the listener is too slow."""
    feed = _feeds.setdefault(merchant_id, _Feed(merchant_id))
    queue: asyncio.Queue[News | None] = asyncio.Queue(WAITING)
    feed.listeners.add(queue)
    if feed.reader is None or feed.reader.done():
        feed.reader = asyncio.create_task(_read(feed))
    try:
        if after and (missed := _news(await _since(merchant_id, after))):
            yield missed
        while (news := await queue.get()) is not None:
            yield news
    finally:
        feed.listeners.discard(queue)
        if not feed.listeners:
            feed.reader.cancel()
            if _feeds.get(merchant_id) is feed:
                del _feeds[merchant_id]


async def _read(feed: _Feed) -> None:
    """Until nobody listens; the database may come and go."""
    told: set[UUID] | None = None
    while True:
        try:
            rows = await _since(feed.merchant_id, _floor(clock.now() - OVERLAP))
        except (OSError, TimeoutError, PostgresError, InterfaceError) as error:
            log.warning("news cannot be read", error=repr(error))
            await asyncio.sleep(RETRY_S)
            continue
        if told is not None and (news := _news([row for row in rows if row["id"] not in told])):
            for queue in list(feed.listeners):
                _tell(queue, news)
        told = {row["id"] for row in rows}
        await asyncio.sleep(POLL_S)


def _tell(queue: asyncio.Queue[News | None], news: News) -> None:
    if queue.full():
        queue.get_nowait()
        queue.put_nowait(None)
    else:
        queue.put_nowait(news)


async def _since(merchant_id: UUID, after: UUID) -> Sequence[db.Row]:
    async with db.transaction(merchant_id):
        return await db.fetch(_SINCE, merchant_id, after, LIMIT)


def _news(rows: Sequence[db.Row]) -> News | None:
    if not rows:
        return None
    return News(max(row["id"] for row in rows), frozenset(row["case_id"] for row in rows))


def _floor(moment: datetime) -> UUID:
    """Below every id that is made from this moment on (UUID version 7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
