"""Writes of the API happen once: the header Idempotency-Key is required on each.

A handler declares `once: Once` and ends with `return await once(effect)`; the effect runs in the
merchant's transaction and answers what the client gets, which is stored and given again on a repeat.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter

from api.auth import Integrator
from api.keys import HEADER, given_key
from core import clock
from core.gather import Gather
from core.idempotency import Answer, Asked, fingerprint, once

REPLAYED = "Idempotency-Replayed"

T = TypeVar("T")
W = TypeVar("W")


class Once(Generic[T]):
    """Runs one effect for one request."""

    def __init__(self, request: Request[Integrator, Any, Any]) -> None:
        self._request = request

    @property
    def user(self) -> Integrator:
        """Who asks. (Two dependencies of one handler cost a group of tasks; this is one.)"""
        return self._request.user

    async def __call__(
        self, effect: Callable[[], Awaitable[T]], status: int = 200, media_type: str = "application/json"
    ) -> Response[T]:
        """The answer with `status`, new or replayed. Raises core.idempotency.KeyRunning or KeyReused."""
        user, now, asked = self._request.user, clock.now(), await self.asked()

        async def run() -> Answer:
            result = await effect()
            body = result if isinstance(result, bytes) else msgspec.json.encode(result)
            return Answer(status, body)

        return _response(await once(user.merchant_id, *asked, run, now), media_type)

    async def together(self, gather: Gather[tuple[Asked, W], Answer], request: W) -> Response[T]:
        """The answer to `request`, done with others that came at the same time. Raises like a call."""
        answer = await gather.do(self._request.user.merchant_id, (await self.asked(), request))
        return _response(answer, "application/json")

    async def asked(self) -> Asked:
        """What names this request."""
        request = fingerprint(self._request.method, _path(self._request), await self._request.body())
        return Asked(self._request.user.actor, given_key(self._request), request)


def _response(answer: Answer, media_type: str) -> Response[Any]:
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


def _path(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else request.scope["path"]
