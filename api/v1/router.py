"""Everything under /v1: a key on each request, an idempotency key on each write."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from api.auth import Integrator
from api.idempotency import provide_once
from api.json_body import JsonRequest
from api.limits import expect_shallow
from api.problems import refuse_unreadable


def v1_router(*handlers: ControllerRouterHandler) -> Router:
    """The router; each handler brings its guard `requires_scope(…)` and, if it writes, takes `once`.

    That one guard also asks for the idempotency key: Litestar copies the handler for each guard it calls.
    """
    return Router(
        "/v1",
        route_handlers=handlers,
        dependencies={"once": Provide(provide_once), "user": Provide(provide_user)},
        security=[{"api_key": []}],
        before_request=before,
        request_class=JsonRequest,
    )


async def before(request: Request[Any, Any, Any]) -> None:
    """Before each handler: what no handler can read, or is nested too deeply."""
    await refuse_unreadable(request)
    await expect_shallow(request)


async def provide_user(request: Request[Integrator, Any, Any]) -> Integrator:
    """Whose key it is; the handler's guard has made sure that there is one."""
    return request.user
