"""What a form posts happens once, however often it is sent, and always ends on the same page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.response import Redirect
from msgspec import Meta, Struct

from api.auth import CustomerUser, StaffUser
from api.pages import see_other
from api.problems import RequestRefused
from core.idempotency import Answer, KeyRunning, fingerprint, once

Key = Annotated[str, Meta(min_length=1, max_length=255)]
WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class KeyedForm(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every form that changes something carries."""

    csrf_token: str = ""
    idempotency_key: Key


def key_of(data: Mapping[str, str]) -> str:
    """The key of a form whose fields are not known before. Raises RequestRefused without one."""
    key = data.get("idempotency_key", "")
    if not 1 <= len(key) <= 255:
        raise RequestRefused("invalid_request", "The form is not right", "idempotency_key", status=422)
    return key


def said_of(data: Mapping[str, str]) -> dict[str, str]:
    """What such a form says besides its key."""
    return {name: value for name, value in data.items() if name not in ("csrf_token", "idempotency_key")}


async def once_to(
    request: Request[Any, Any, Any],
    key: str,
    said: object,
    effect: Callable[[], Awaitable[str]],
    now: datetime,
) -> Redirect:
    """Run `effect` unless this person has posted `key` before, and go where it went then.

    `said` is what the form says besides its key: the same key with something else is refused. The
    effect runs in the merchant's transaction and answers a path; what it raises changes nothing.
    Raises core.idempotency.KeyReused, or KeyRunning when the first post takes too long.
    """

    async def run() -> Answer:
        return Answer(303, (await effect()).encode())

    user: StaffUser | CustomerUser = request.user
    path: Any = request.scope["path"]
    asked = fingerprint("POST", path, msgspec.json.encode(said, order="sorted"))
    for wait_s in (*WAITS_S, None):
        try:
            answer = await once(user.merchant_id, user.actor, key, asked, run, now)
            break
        except KeyRunning:
            # A double click: the browser shows the second answer, which waits for the first.
            if wait_s is None:
                raise
            await asyncio.sleep(wait_s)
    return see_other(answer.body.decode())
