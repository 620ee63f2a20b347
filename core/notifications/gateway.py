"""Text messages and push: a signed request to the merchant's own system, which knows telephones and devices.

Signed as https://www.standardwebhooks.com has it; the id is that of the message, so that the system knows one
that comes again. It answers 2xx for taken, 404 or 410 where it cannot reach this customer.
"""

from datetime import datetime
from uuid import UUID

import httpx
import msgspec
import structlog
from standardwebhooks.webhooks import Webhook

from core import clock, db, outbox, outgoing
from core.notifications import queries, service, settings
from core.notifications.model import Kind, Letter, Recipient
from core.outbox.failures import pause_s

MAX_ATTEMPTS = 8
"""With the pauses of the outbox a message has failed after one to two hours."""
UNREACHABLE = (404, 410)
PASSING = (408, 425, 429)
"""Answers of the 400s that may be others later."""

log = structlog.get_logger(__name__)


async def deliver(notification_id: UUID, now: datetime) -> None:
    """Hand one message over, in the open transaction; once it was sent, given up or is unwanted: nothing."""
    channel = await db.fetchval("SELECT channel FROM notifications WHERE id = $1", notification_id)
    found = await service.queued(notification_id, now)
    if found is None:
        return
    to, kind, letter, attempts = found
    if letter is None:
        return
    gateway = (await settings.gateways()).get(channel)
    if gateway is None:
        await db.execute(queries.FAILED, notification_id, "no_gateway", now)
        return
    body = _body(notification_id, channel, to, kind, letter)
    status = await _post(gateway, str(notification_id), body, now)
    done, why = clock.now(), "refused" if status else "no_answer"
    if 200 <= status < 300:
        await db.execute(queries.SENT, notification_id, done)
    elif status in UNREACHABLE:
        await db.execute(queries.SUPPRESS, notification_id, "unreachable", done)
    elif attempts + 1 >= MAX_ATTEMPTS or (400 <= status < 500 and status not in PASSING):
        await db.execute(queries.FAILED, notification_id, why, done)
    else:
        await db.execute(queries.TRIED, notification_id, why)
        again = {"notification": notification_id}
        await outbox.add(service.GATEWAY, again, done, delay_s=pause_s(attempts + 1))


def _body(message_id: UUID, channel: str, to: Recipient, kind: Kind, letter: Letter) -> bytes:
    return msgspec.json.encode(
        {
            "type": f"notification.{channel}",
            "id": message_id,
            "customer_id": to.external_id,
            "kind": kind.code,
            "locale": to.locale,
            "title": letter.subject,
            "text": letter.short or letter.subject,
            "url": letter.href,
        }
    )


async def _post(gateway: settings.Gateway, message_id: str, body: bytes, now: datetime) -> int:
    """The status of the answer; 0: there was none."""
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(gateway.secret).sign(message_id, now, body.decode()),
    }
    try:
        async with outgoing.client() as client:
            request = client.build_request("POST", gateway.url, content=body, headers=headers)
            return (await outgoing.send(client, request)).status_code
    except (httpx.HTTPError, OSError, outgoing.AddressRefused) as error:
        log.warning("notification gateway does not answer", channel=gateway.channel, error=str(error))
        return 0
