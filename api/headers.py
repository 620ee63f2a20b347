"""Headers of every answer, put on at the very end so that 404, 500 and static files have them too."""

from typing import Any

from litestar.types import Message

from api import csrf, limits
from api.deprecation import deprecation_of
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
_SECURITY = [(name.lower().encode(), value.encode()) for name, value in SECURITY.items()]
# What everybody may see, scripts of every page may read: also why they were refused.
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_REQUEST_ID = HEADER.lower().encode()
_OURS = {name for name, _ in _SECURITY} | {_REQUEST_ID}
FOR_EVER = "public, max-age=31536000, immutable"


async def finish(message: Message, scope: Any) -> None:
    """The hook: Litestar calls it for each message that is about to be sent."""
    if message["type"] != "http.response.start" or scope["type"] != "http":
        return
    given = [pair for pair in message.get("headers", ()) if pair[0] not in _OURS]
    headers = [*given, *_SECURITY, (_REQUEST_ID, request_id(scope).encode())]
    if scope["path"].startswith("/public/"):
        headers.append(_ANY_ORIGIN)
    if settings().cookies_secure:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    if not any(name == b"cache-control" for name, _ in given):
        headers.append((b"cache-control", _caching(scope, message["status"]).encode()))
    headers += limits.headers(scope)
    if deprecation := deprecation_of(scope.get("route_handler")):
        headers += deprecation.headers()
    if cookie := csrf.new_cookie(scope):
        headers.append((b"set-cookie", cookie.to_header(header="").encode("latin-1")))
    message["headers"] = headers


def _caching(scope: Asked, status: int) -> str:
    """What is named by its content's digest never changes; the rest of the files is asked for again."""
    if not scope["path"].startswith("/static/") or status >= 400:
        return "no-store"
    return FOR_EVER if b"v=" in scope["query_string"] else "no-cache"
