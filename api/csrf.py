"""Forms can be posted only from our own pages: a signed token in a cookie, and the same in the form.

Litestar's own protection is not used: it keeps a cookie for ever that a former key has signed, so that
every form of that browser is refused, and its token is not bound to the session.

The cookie holds random bytes; a page's token signs them together with the session of staff and, beside
it, with that of the customer in the same browser: when one of them changes, the other's open forms stay good.
"""

import hashlib
import hmac
import re
import secrets
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Send

from api.cookies import CUSTOMER_SESSION, STAFF_SESSION, given, own_cookie, session_cookies
from api.requests import Connection, is_program
from api.secret import secret_key
from core.errors import DomainError, Kind

COOKIE = "regulars_csrf"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
SIGNED = frozenset({"/handoff"})
"""What is posted there comes from the shop's pages, and is signed by the shop."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_STATE = "csrf_new"
_NONCE = re.compile(r"[0-9a-f]{32}")
_SESSIONS = (STAFF_SESSION, CUSTOMER_SESSION)
_FORMS = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})


class TokenInvalid(DomainError):
    """The form is not one of our pages, or the session has changed since the page was loaded."""

    code = "csrf_token_invalid"
    kind = Kind.FORBIDDEN
    title = "The form is out of date"


def token(connection: Connection) -> str:
    """The token for the forms of a page; where needed, a new cookie is also sent with this answer."""
    nonce = given(connection, COOKIE)
    if not _NONCE.fullmatch(nonce):
        nonce = connection.scope["state"].setdefault(_STATE, secrets.token_hex(16))
    return ".".join(_signed(nonce, name, connection) for name in _SESSIONS)


def new_cookie(scope: Any) -> Cookie | None:
    """The cookie that token() has asked for in this request."""
    made = scope["state"].get(_STATE)
    return own_cookie(COOKIE, made) if made else None


class CsrfMiddleware(ASGIMiddleware):
    """Lets a write pass with a token that fits. Programs are exempt: they bring a key, never a cookie."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises TokenInvalid."""
        asks = scope["method"] not in SAFE_METHODS and scope["path"] not in SIGNED
        if asks and not is_program(scope):
            await _check(Request(scope, receive, send))
        await next_app(scope, receive, send)


async def _check(request: Request[Any, Any, Any]) -> None:
    nonce = given(request, COOKIE)
    if not _NONCE.fullmatch(nonce):
        raise TokenInvalid()  # before a body is read, which may be full of pictures
    shown = request.headers.get(HEADER, "")
    if not shown and request.content_type[0] in _FORMS:
        shown = str((await request.form()).get(FIELD, ""))
    parts = dict(zip(_SESSIONS, shown.split("."), strict=False))
    counted = session_cookies(request.scope["path"])
    # Where both sessions count and are there, the form may have come from either's page.
    for name in [each for each in counted if given(request, each)] or counted:
        if hmac.compare_digest(parts.get(name, "").encode(), _signed(nonce, name, request).encode()):
            return
    raise TokenInvalid()


def _signed(nonce: str, name: str, connection: Connection) -> str:
    """Bound to the session, so that a cookie planted from elsewhere fits nobody else's."""
    text = f"csrf\n{nonce}\n{name}\n{given(connection, name)}"
    return hmac.new(secret_key(), text.encode(), hashlib.sha256).hexdigest()
