"""Writes of the API happen once: the header Idempotency-Key is required on each.

A handler declares `once: Once` and ends with `return await once(effect)`; the effect runs in the
merchant's transaction and answers what the client gets, which is stored and given again on a repeat.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter

from api.auth import Integrator
from api.problems import RequestRefused
from api.requests import Connection, method
from core import clock
from core.idempotency import Answer, fingerprint, once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

T = TypeVar("T")
_SANE = re.compile(r"[\x21-\x7e]{1,255}")


def requires_key(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of /v1: a write without a key is refused before its body is read."""
    if method(connection) in WRITES:
        _key(connection)


class Once(Generic[T]):
    """Runs one effect for one request."""

    def __init__(self, request: Request[Integrator, Any, Any]) -> None:
        self._request = request

    async def __call__(
        self, effect: Callable[[], Awaitable[T]], status: int = 200, media_type: str = "application/json"
    ) -> Response[T]:
        """The answer with `status`, new or replayed. Raises core.idempotency.KeyRunning or KeyReused."""
        user, now = self._request.user, clock.now()

        async def run() -> Answer:
            result = await effect()
            body = result if isinstance(result, bytes) else msgspec.json.encode(result)
            return Answer(status, body)

        request = fingerprint(self._request.method, _path(self._request), await self._request.body())
        answer = await once(user.merchant_id, user.actor, _key(self._request), request, run, now)
        # The bytes are the T, encoded already: a replay is equal to the first answer, byte for byte.
        content: Any = answer.body
        headers = {REPLAYED: "true"} if answer.replayed else {}
        return Response(content, status_code=answer.status, media_type=media_type, headers=headers)


async def provide_once(
    request: Request[Integrator, Any, Any],
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name=HEADER, description="Of your choice, new for each write: a repeat happens once."
        ),
    ],
) -> Once[Any]:
    """The dependency behind `once: Once`; it opens no transaction."""
    return Once(request)


def _key(connection: Connection) -> str:
    key = connection.headers.get(HEADER)
    if key is None:
        raise RequestRefused("idempotency_key_missing", "The header Idempotency-Key is missing")
    if not _SANE.fullmatch(key):
        raise RequestRefused(
            "idempotency_key_invalid", "The idempotency key is malformed", "1 to 255 visible ASCII characters"
        )
    return key


def _path(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else request.scope["path"]
