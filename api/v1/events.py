"""Events of a shop, in."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, RawBody

from api.auth import requires_scope
from api.idempotency import Once
from api.intake import take_one
from api.openapi import GIVES, TAKES, WRITE_PROBLEMS
from api.problems import RequestRefused
from core import clock
from loyalty.intake.events import Event, Result
from loyalty.intake.service import ingest

ARRAY_LIMIT = 500
LINES_LIMIT = 5000
NDJSON = "application/x-ndjson"


class Results(msgspec.Struct, frozen=True):
    """What became of each event, in the order they were sent."""

    results: list[Result]


class LineResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line; lines count from 1."""

    line: int
    id: str | None = None
    status: str
    code: str | None = None
    detail: str | None = None


@post(
    "/events",
    guards=[requires_scope("events:write")],
    status_code=200,
    tags=["Events"],
    responses=WRITE_PROBLEMS,
)
async def post_events(
    data: JSONBody[Event | list[Event]], once: NamedDependency[Once[Results]]
) -> Response[Results]:
    """Send one event, or an array of up to 500.

    A single event that cannot be applied is refused with 422; of an array each event has its own
    result, and a rejected one does not hinder the others. An event that came before is a `duplicate`.
    Reviews come by POST /v1/reviews, whose scope is another, or by signed webhook: `review.created` is
    unknown here.
    """

    if isinstance(data, list) and len(data) > ARRAY_LIMIT:
        raise RequestRefused("too_many_events", "Too many events", f"at most {ARRAY_LIMIT}", status=413)

    async def effect() -> Results:
        now = clock.now()
        if isinstance(data, Event):
            return Results([await take_one(data, now)])
        return Results(await ingest(data, now))

    return await once(effect)


LINES_TAKEN = {
    NDJSON: '{"id": "2", "source": "shop", "type": "order.delivered", "time": "2027-03-04T09:30:00Z",'
    ' "data": {"order_id": "1001"}}\n'
}
LINES_GIVEN = {NDJSON: '{"line": 1, "id": "2", "status": "applied"}\n'}


@post(
    "/events/batch",
    guards=[requires_scope("events:write")],
    status_code=200,
    tags=["Events"],
    responses=WRITE_PROBLEMS,
    opt={TAKES: LINES_TAKEN, GIVES: LINES_GIVEN},
)
async def post_event_lines(body: RawBody, once: NamedDependency[Once[bytes]]) -> Response[bytes]:
    """Send up to 5000 events as NDJSON, one a line; each line has its own result, also one that is no JSON.

    The body and the answer are `application/x-ndjson`.
    """
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if len(lines) > LINES_LIMIT:
        raise RequestRefused("too_many_lines", "Too many lines", f"at most {LINES_LIMIT}", status=413)

    async def effect() -> bytes:
        return b"".join(msgspec.json.encode(each) + b"\n" for each in await _take(lines))

    return await once(effect, media_type=NDJSON)


v1_events = Router("/", route_handlers=[post_events, post_event_lines])


async def _take(lines: Sequence[tuple[int, bytes]]) -> list[LineResult]:
    read = [(number, _read(number, line)) for number, line in lines]
    events = [(number, event) for number, event in read if isinstance(event, Event)]
    results = await ingest([event for _, event in events], clock.now())
    done = [
        LineResult(line=number, id=each.id, status=each.status, code=each.code, detail=each.detail)
        for (number, _), each in zip(events, results, strict=True)
    ]
    refused = [each for _, each in read if isinstance(each, LineResult)]
    return sorted([*done, *refused], key=lambda each: each.line)


def _read(number: int, line: bytes) -> Event | LineResult:
    """One line as an event, or why it is none."""

    def refuse(code: str, error: Any) -> LineResult:
        return LineResult(line=number, status="rejected", code=code, detail=str(error))

    try:
        return msgspec.json.decode(line, type=Event)
    except msgspec.ValidationError as error:
        return refuse("invalid_request", error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return refuse("malformed_json", error)
