"""Signed events in (https://www.standardwebhooks.com)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.params import FromPath, RawBody

from api.intake import take_one
from api.openapi import problems
from api.problems import RequestRefused
from core import clock, db
from core.people import webhooks
from loyalty.intake.events import Event, Result


@post("/in/{source_id:uuid}", status_code=200, tags=["Webhooks"], responses=problems(400, 401, 413, 422, 503))
async def receive(source_id: FromPath[UUID], body: RawBody, request: Request[None, None, Any]) -> Result:
    """Take one event in. The signature is checked before the body is read as anything but bytes."""
    now = clock.now()
    merchant_id = await webhooks.verify(source_id, request.headers, body, now)
    event = _event(body)
    async with db.transaction(merchant_id):
        return await take_one(event, now)


def _event(body: bytes) -> Event:
    try:
        return msgspec.json.decode(body, type=Event)
    except msgspec.ValidationError as error:
        raise RequestRefused("invalid_request", "The request is not right", str(error), status=422) from error
    except msgspec.DecodeError as error:
        raise RequestRefused("malformed_json", "The body is not JSON", str(error)) from error


incoming = Router("/webhooks", route_handlers=[receive])
