"""What became of events: look through deliveries, and send them again."""

from datetime import datetime
from uuid import UUID

from core import db
from core.errors import NotFound
from core.webhooks import endpoints, queries, service
from core.webhooks.errors import DeliveryUnderWay
from core.webhooks.model import Attempt, Delivery

REPLAY_LIMIT = 10_000
"""Deliveries that one replay sends again; the rest by another one."""


async def newest(
    limit: int,
    before: UUID | None = None,
    endpoint_id: UUID | None = None,
    state: str = "",
    type_: str = "",
) -> list[Delivery]:
    """The newest first, before one of them; empty: every state, every type."""
    rows = await db.fetch(queries.DELIVERIES, endpoint_id, state, type_, before, limit)
    return [Delivery(**row) for row in rows]


async def find(delivery_id: UUID) -> tuple[Delivery, str, list[Attempt]]:
    """A delivery, what was sent, and its attempts, the oldest first. Raises NotFound."""
    row = await db.fetchrow(queries.DELIVERY, delivery_id)
    if row is None:
        raise NotFound("there is no such delivery")
    fields = dict(row)
    body = fields.pop("body")
    attempts = [Attempt(**each) for each in await db.fetch(queries.ATTEMPTS, delivery_id)]
    return Delivery(**fields), body, attempts


async def send_again(delivery_id: UUID, now: datetime) -> None:
    """From the beginning of the schedule; the id of the event stays.

    Raises NotFound, EndpointOff or DeliveryUnderWay.
    """
    found, _, _ = await find(delivery_id)
    await endpoints.expect_on(found.endpoint_id)
    if not await db.fetchval(queries.SEND_AGAIN, delivery_id, now, service.DELIVER):
        raise DeliveryUnderWay()


async def replay(endpoint_id: UUID, since: datetime, now: datetime) -> int:
    """Send all again that has failed since then, the oldest first; answers how many, up to REPLAY_LIMIT.

    Raises NotFound or EndpointOff.
    """
    await endpoints.expect_on(endpoint_id)
    again: int = await db.fetchval(queries.REPLAY, endpoint_id, now, service.DELIVER, since, REPLAY_LIMIT)
    return again
