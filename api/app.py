"""The ASGI application, composed of routers; the composition for a whole installation is in admin.serve."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from asyncpg.exceptions import PostgresError
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler, Message

from api import csrf, headers, limits, media, proxies, requests
from api.auth import AuthMiddleware
from api.document import pages as reference
from api.document.config import openapi_config
from api.document.field_docs import FieldDocs
from api.entry import company, handoff, second_step, signin, welcome
from api.errors import HANDLERS
from api.health import health
from api.portal import invited, surveys
from api.portal import unsubscribe as end_page
from api.problems import refuse_unreadable
from api.v1.events import v1_events
from api.v1.router import v1_router
from api.webhooks import unsubscribe
from api.webhooks.incoming import incoming
from core import db
from core.design.pages import STATIC_DIR, STATIC_URL
from core.settings import settings
from core.telemetry import metrics, traces

POOL_COUNT_S = 5.0

log = structlog.get_logger(__name__)

PACKED = DefineMiddleware(CompressionMiddleware, config=CompressionConfig("gzip", gzip_compress_level=6))
"""Scripts and styles alone: they hold no secret that could be guessed from a size, and browsers keep them."""


class App(Litestar):
    """Litestar, with what must surround even a request that no route knows: its id and its log line."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the process."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        proxies.look_through(scope)

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request_id=requests.begin(scope))
        with requests.traced(scope) as span:
            try:
                await super().__call__(scope, receive, note_status)
            finally:
                requests.note(scope, status, started, span)
                structlog.contextvars.reset_contextvars(**bound)


def create_app(*routers: ControllerRouterHandler, v1: tuple[ControllerRouterHandler, ...] = ()) -> App:
    """The application: sign-in, health, webhooks, /v1 with the handlers of `v1`, and `routers` (pages)."""
    return App(
        route_handlers=[
            v1_router(v1_events, *v1),
            incoming,
            *unsubscribe.handlers,
            health,
            signin.router,
            second_step.router,
            welcome.router,
            handoff.router,
            company.router,
            media.router,
            invited.router,
            surveys.router,
            end_page.router,
            reference.router,
            create_static_files_router(STATIC_URL, directories=[STATIC_DIR], middleware=[PACKED]),
            *routers,
        ],
        before_request=refuse_unreadable,
        middleware=[AuthMiddleware(), limits.LimitMiddleware(), csrf.CsrfMiddleware()],
        exception_handlers=HANDLERS,
        before_send=[headers.finish],
        lifespan=[_database],
        openapi_config=openapi_config(),
        plugins=[FieldDocs()],
        request_max_body_size=settings().request_body_limit_bytes,
        logging_config=None,
    )


@asynccontextmanager
async def _database(_: Litestar) -> AsyncIterator[None]:
    """The pool of this process."""
    try:
        await db.connect(settings().database_url, settings().database_pool_size)
    except (OSError, PostgresError) as error:
        # The server ends without a word of its own.
        log.error("api cannot use the database", error=str(error), ask="regulars doctor")
        raise
    counting = asyncio.create_task(_count_connections())
    try:
        yield
    finally:
        counting.cancel()
        await limits.RATES.close()
        await db.disconnect()
        traces.end()


async def _count_connections() -> None:
    """Tell every few seconds how many connections of the pool are in use."""
    used, idle = metrics.POOL.labels("used"), metrics.POOL.labels("idle")
    while True:
        size, free = db.pool_size()
        used.set(size - free)
        idle.set(free)
        await asyncio.sleep(POOL_COUNT_S)
