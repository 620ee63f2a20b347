"""What a customer told another system of the shop, on its way into their case by a signed webhook."""

import hashlib
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from api.problems import RequestRefused
from loyalty.intake.events import Event, Id, Result
from reviews.cases import rules
from reviews.cases.inbound import service

RECEIVED = "message.received"


class ReceivedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`case`: number of one of the customer's cases; without it their open case, or a new one."""

    customer_id: Id
    text: Annotated[str, Meta(min_length=1, max_length=rules.TEXT_LIMIT_CHARS)]
    case: Annotated[int, Meta(ge=1, lt=2**31)] | None = None


async def take_message(event: Event, now: datetime) -> Result:
    """Take it into the conversation, in the open transaction; again: duplicate, nothing changes.

    Raises RequestRefused, unreviewed.CustomerGone, TextUnfit or NotFound.
    """
    try:
        told = msgspec.convert(event.data, ReceivedMessage)
    except msgspec.ValidationError as error:
        raise RequestRefused(
            "event_data_invalid", "The event was rejected", str(error), status=422
        ) from error
    name = msgspec.json.encode((event.source, event.id))
    key = f"event:{hashlib.sha256(name).hexdigest()}"
    new = await service.hear(key, told.customer_id, told.text, told.case, now)
    return Result(id=event.id, status="applied" if new else "duplicate")
