"""Say that something happened, and tell it to whoever wants to know."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core import db
from core.ids import new_id
from core.webhooks import catalogue, queries
from core.webhooks.model import EventType, Told

DEED = "webhook.deed"
DELIVER = "webhook.deliver"
TOGETHER = 100
"""Things in one row of the outbox."""


async def emit(code: str, ids: Sequence[UUID], now: datetime) -> None:
    """This has happened to these things, in the open transaction, which is that of the deed.

    Costs one round trip, and writes nothing where no endpoint wants the type. `code` is a registered type
    that reads its things: it does so after the commit.
    """
    parts = [ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER)]
    told = [db.to_json({"type": code, "of": part, "at": now}) for part in parts]
    if told:
        await db.execute(queries.EMIT, DEED, told, now, code)


async def wanted(*codes: str) -> bool:
    """Whether any endpoint wants one of these types."""
    return bool(await db.fetchval(queries.WANTED, list(codes)))


async def publish(type_: EventType, told: Sequence[Told], now: datetime, only: UUID | None = None) -> int:
    """Write events and send them, in the open transaction; answers how many deliveries were queued.

    `only`: to this endpoint, whatever it wants. For work that runs once, as that of the outbox does.
    """
    if not told:
        return 0
    done = await db.execute(
        queries.PUBLISH,
        type_.code,
        type_.version,
        [new_id() for _ in told],
        [each.customer_id for each in told],
        [catalogue.envelope(type_, each.data, each.at).decode() for each in told],
        now,
        only,
        DELIVER,
    )
    return int(done.split()[-1])


async def tell(code: str, ids: Sequence[UUID], at: datetime, now: datetime) -> None:
    """What emit() has said, in the open transaction; what is not there any more is left out."""
    type_ = catalogue.find(code)
    assert type_.read, code  # emit() is for types that read
    await publish(type_, await type_.read(ids, at), now)


async def test(endpoint_id: UUID, now: datetime) -> int:
    """Send a test event to one endpoint; answers how many deliveries were queued: 0 if it is off."""
    data = catalogue.WebhookTest(message="It works.")
    return await publish(catalogue.TEST, [Told(data, now)], now, only=endpoint_id)
