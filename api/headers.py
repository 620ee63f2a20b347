"""Headers of every answer, put on at the very end so that 404, 500 and static files have them too."""

from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message

from api import csrf
from api.requests import HEADER, Asked, request_id
from core.settings import settings

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self';"
    " script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FOR_EVER = "public, max-age=31536000, immutable"


async def finish(message: Message, scope: Any) -> None:
    """The hook: Litestar calls it for each message that is about to be sent."""
    if message["type"] != "http.response.start" or scope["type"] != "http":
        return
    message.setdefault("headers", [])
    headers = MutableScopeHeaders.from_message(message)
    for name, value in SECURITY.items():
        headers[name] = value
    headers[HEADER] = request_id(scope)
    if settings().cookies_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "cache-control" not in headers:
        headers["Cache-Control"] = _caching(scope, message["status"])
    if cookie := csrf.new_cookie(scope):
        headers.add("Set-Cookie", cookie.to_header(header=""))


def _caching(scope: Asked, status: int) -> str:
    """What is named by its content's digest never changes; the rest of the files is asked for again."""
    if not scope["path"].startswith("/static/") or status >= 400:
        return "no-store"
    return FOR_EVER if b"v=" in scope["query_string"] else "no-cache"
