"""What belongs to one request: its id, its log line, and whether a page or a program is asked for."""

import re
import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from litestar.connection import ASGIConnection

from core import logs
from core.ids import new_id
from core.telemetry import metrics, traces

Connection = ASGIConnection[Any, Any, Any, Any]
Asked = MutableMapping[str, Any]
"""An ASGI scope; Litestar's own type is a union that knows no method until it is told apart."""

HEADER = "X-Request-Id"
PROGRAM_PATHS = ("/v1", "/webhooks", "/health", "/public", "/openapi.json")
_BELOW = tuple(f"{path}/" for path in PROGRAM_PATHS)

_SANE = re.compile(rb"[A-Za-z0-9._-]{8,128}")


def begin(scope: Asked) -> str:
    """Give the request its id: the caller's own where it is sane, else a fresh one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    request_id = given.decode() if _SANE.fullmatch(given) else str(new_id())
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id


def header(scope: Any, name: bytes) -> str | None:
    """The first header of this name (lower case), None without one; cheaper than Litestar's Headers."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def request_id(scope: Any) -> str:
    """The id that begin() gave."""
    return str(scope["state"]["request_id"])


def method(connection: Connection) -> str:
    """The request's method."""
    asked: Any = connection.scope
    return str(asked["method"])


def is_program(scope: Any) -> bool:
    """Whether this path is for programs, which never get pages and never bring cookies."""
    path: str = scope["path"]
    return path.startswith(_BELOW) or path in PROGRAM_PATHS


def wants_page(connection: Connection) -> bool:
    """Whether an error is answered with a page."""
    if is_program(connection.scope):
        return False
    accepted = connection.headers.get("accept", "").lower()
    return "text/html" in accepted or "hx-request" in connection.headers


def traced(scope: Asked) -> AbstractContextManager[Any]:
    """The request's span, None if nothing is traced. Only programs go on with a trace of their own."""
    if not traces.on():
        return nullcontext()
    theirs = header(scope, b"traceparent") if is_program(scope) else None
    return traces.request(scope["method"], theirs or "", **{"url.path": scope["path"]})


def note(scope: Asked, status: int, started: float, span: Any = None) -> None:
    """Count it, end its span, and write one line. No query, which can carry a token, no person."""
    method, route, took_s = scope["method"], scope.get("path_template", ""), time.perf_counter() - started
    metrics.request(method, route, status, took_s)
    if span:
        span.update_name(f"{method} {route}".strip())
        span.set_attributes(
            {"http.route": route, "http.response.status_code": status, "request.id": request_id(scope)}
        )
    logs.line(
        "access",
        "request",
        method=method,
        path=scope["path"],
        status=status,
        duration_ms=round(took_s * 1000, 1),
        request_id=request_id(scope),
    )
