"""Open pages of the inbox learn what happened: server-sent events that go on where they broke off."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.params import FromQuery, HeaderParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.auth import StaffUser, requires_permission
from core.telemetry import metrics
from reviews.cases import news

PATH = "/staff/inbox/live"
BEAT_S = 5.0
LONGEST_S = 15.0
"""Then the browser comes again, and has to be signed in still. A server that is to end waits no longer."""
RETRY_MS = 500


def href(after: UUID | None) -> str:
    """Where a page listens that shows all up to an event."""
    return f"{PATH}?after={after or UUID(int=0)}"


@get("/live", guards=[requires_permission("inbox.read")])
async def live(
    request: Request[StaffUser, Any, Any],
    after: FromQuery[UUID | None] = None,
    last_event_id: Annotated[str, HeaderParameter(name="Last-Event-ID")] = "",
) -> ServerSentEvent:
    """The cases to which something happened, as it happens; first what was missed."""
    last = _id(last_event_id) or after
    return ServerSentEvent(
        messages(request.user.merchant_id, last),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


handlers = [live]


async def messages(merchant_id: UUID, after: UUID | None) -> AsyncGenerator[ServerSentEventMessage, None]:
    """What one page hears; a comment while there is nothing, so that nobody takes the line for dead."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_S
    yield ServerSentEventMessage(comment="here", retry=RETRY_MS)
    with metrics.stream("cases"):
        async with aclosing(news.listen(merchant_id, after)) as feed:
            next_one = asyncio.ensure_future(anext(feed, None))
            try:
                while loop.time() < until:
                    done, _ = await asyncio.wait({next_one}, timeout=BEAT_S)
                    if not done:
                        yield ServerSentEventMessage(comment="here")
                        continue
                    if (heard := next_one.result()) is None:
                        return
                    cases = msgspec.json.encode(sorted(map(str, heard.cases))).decode()
                    yield ServerSentEventMessage(data=cases, event="cases", id=str(heard.id))
                    next_one = asyncio.ensure_future(anext(feed, None))
            finally:
                next_one.cancel()
                await asyncio.wait({next_one})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
