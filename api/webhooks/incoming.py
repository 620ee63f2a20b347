"""Webhooks in: signed events (https://www.standardwebhooks.com), and hints of review sources."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.params import FromPath, FromQuery, RawBody

from api.intake import take_one
from api.openapi import TAKES, problems
from api.problems import RequestRefused
from api.webhooks.mail import receive_mail
from api.webhooks.messages import RECEIVED, take_message
from api.webhooks.reviews import is_review, take_review
from core import clock, db
from core.people import webhooks
from loyalty.intake.events import Event, Result
from reviews.accounts import hints
from reviews.connectors.model import Delivery


class Noted(msgspec.Struct, frozen=True):
    """How many reviews will be looked at."""

    reviews: int


EVENT = {
    "id": "1",
    "source": "shop",
    "type": "order.delivered",
    "time": "2027-03-04T09:30:00Z",
    "data": {"order_id": "1001"},
}


@post(
    "/in/{source_id:uuid}",
    status_code=200,
    tags=["Webhooks"],
    responses=problems(400, 401, 413, 422, 503),
    opt={TAKES: {"application/json": EVENT}},
)
async def receive(source_id: FromPath[UUID], body: RawBody, request: Request[None, None, Any]) -> Result:
    """Take one event in. The signature is checked before the body is read as anything but bytes.

    `review.created` and `review.updated` have the data of a review as POST /v1/reviews takes it,
    `review.deleted` that of POST /v1/reviews/removals. `message.received` is what a customer told another
    system: `customer_id`, `text`, and the number of a `case` if it is known.
    """
    now = clock.now()
    merchant_id = await webhooks.verify(source_id, request.headers, body, now)
    event = _event(body)
    async with db.transaction(merchant_id):
        if event.type == RECEIVED:
            return await take_message(event, now)
        return await (take_review if is_review(event) else take_one)(event, now)


@post(
    "/reviews/{account_id:uuid}",
    status_code=200,
    tags=["Webhooks"],
    responses=problems(401, 413, 503),
    opt={TAKES: {"application/json": {"event": "as its source has it"}}},
)
async def hint(
    account_id: FromPath[UUID], body: RawBody, request: Request[None, None, Any], token: FromQuery[str] = ""
) -> Noted:
    """A webhook of a review source, signed as it does. What it says is asked of the source itself."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Noted(await hints.receive(account_id, Delivery(headers, body, token), clock.now()))


def _event(body: bytes) -> Event:
    try:
        return msgspec.json.decode(body, type=Event)
    except msgspec.ValidationError as error:
        raise RequestRefused("invalid_request", "The request is not right", str(error), status=422) from error
    except msgspec.DecodeError as error:
        raise RequestRefused("malformed_json", "The body is not JSON", str(error)) from error


incoming = Router("/webhooks", route_handlers=[receive, hint, receive_mail])
