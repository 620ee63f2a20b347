"""From where a review was written: a device, an address and a mailbox, as digests that nobody can read back.

The salt changes every week, so that a digest can be compared with those of the same week and no others.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from api.cookies import given, own_cookie
from api.secret import secret_key
from core import db
from core.people.throttle import network_of
from reviews.fraud.rules import TRACE_DAYS, TraceKind, mailbox

DEVICE = "regulars_device"
DEVICE_TTL_S = 90 * 24 * 3600


def cookies(request: Request[Any, Any, Any]) -> list[Cookie]:
    """What tells this browser from others from now on; none where it has it already."""
    if given(request, DEVICE):
        return []
    return [own_cookie(DEVICE, secrets.token_urlsafe(16), DEVICE_TTL_S)]


def of(request: Request[Any, Any, Any], email: str, now: datetime) -> dict[TraceKind, bytes]:
    """The traces of a request, in the open transaction of the merchant."""
    said: dict[TraceKind, str] = {
        "device": given(request, DEVICE),
        "address": network_of(request.client.host) if request.client else "",
        "mailbox": mailbox(email) if email else "",
    }
    week = int(now.timestamp()) // (TRACE_DAYS * 24 * 3600)
    salt = f"{db.merchant_id()}\n{week}"
    return {
        kind: hmac.digest(secret_key(), f"trace\n{salt}\n{kind}\n{value}".encode(), "sha256")
        for kind, value in said.items()
        if value
    }
