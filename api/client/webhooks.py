"""Webhooks, as they arrive at your system: whether one is ours, and what it tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class NotOurs(Exception):
    """No secret fits, or it was signed too long ago: answer 401 and do nothing."""


@dataclass(frozen=True)
class Event:
    """Something that happened. One that comes again has the same `id`: remember those that you have seen."""

    id: str
    type: str
    version: int
    at: datetime
    data: Mapping[str, Any]


def receive(secrets: str | Sequence[str], headers: Mapping[str, str], body: bytes) -> Event:
    """The event of a request, if one of your secrets signed it. Raises NotOurs.

    `body` as it came, before anything has parsed it.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        try:
            told = Webhook(secret).verify(body, given)
        except WebhookVerificationError:
            continue
        at = datetime.fromisoformat(told["timestamp"])
        return Event(given["webhook-id"], told["type"], told["version"], at, told["data"])
    raise NotOurs()
