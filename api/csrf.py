"""Forms can be posted only from our own pages: a signed token in a cookie, and the same in the form.

Litestar's own protection is not used: it keeps a cookie for ever that a former key has signed, so that
every form of that browser is refused, and its token is not bound to the session.
"""

import hashlib
import hmac
import secrets
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Send

from api.cookies import SESSION, own_cookie
from api.requests import Connection, is_program
from api.secret import secret_key
from core.errors import DomainError, Kind

COOKIE = "regulars_csrf"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_STATE = "csrf_new"
_FORMS = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})


class TokenInvalid(DomainError):
    """The form is not one of our pages, or the session has changed since the page was loaded."""

    code = "csrf_token_invalid"
    kind = Kind.FORBIDDEN
    title = "The form is out of date"


def token(connection: Connection) -> str:
    """The token for the forms of a page; a new one is also sent as cookie with this answer."""
    kept = connection.cookies.get(COOKIE, "")
    if _is_ours(kept, _session(connection)):
        return kept
    state = connection.scope["state"]
    if _STATE not in state:
        state[_STATE] = _signed(secrets.token_hex(16), _session(connection))
    return str(state[_STATE])


def new_cookie(scope: Any) -> Cookie | None:
    """The cookie that token() has asked for in this request."""
    made = scope["state"].get(_STATE)
    return own_cookie(COOKIE, made) if made else None


class CsrfMiddleware(ASGIMiddleware):
    """Lets a write pass with a token that fits. Programs are exempt: they bring a key, never a cookie."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises TokenInvalid."""
        if scope["method"] not in SAFE_METHODS and not is_program(scope):
            await _check(Request(scope, receive, send))
        await next_app(scope, receive, send)


async def _check(request: Request[Any, Any, Any]) -> None:
    kept = request.cookies.get(COOKIE, "")
    if not _is_ours(kept, _session(request)):
        raise TokenInvalid()  # before a body is read, which may be full of pictures
    given = request.headers.get(HEADER, "")
    if not given and request.content_type[0] in _FORMS:
        given = str((await request.form()).get(FIELD, ""))
    if not hmac.compare_digest(kept.encode(), given.encode()):
        raise TokenInvalid()


def _session(connection: Connection) -> str:
    return connection.cookies.get(SESSION, "")


def _is_ours(kept: str, session: str) -> bool:
    nonce = kept.partition(".")[0]
    return bool(nonce) and hmac.compare_digest(kept.encode(), _signed(nonce, session).encode())


def _signed(nonce: str, session: str) -> str:
    """Bound to the session, so that a cookie planted from elsewhere fits nobody else's."""
    mac = hmac.new(secret_key(), f"csrf\n{nonce}\n{session}".encode(), hashlib.sha256)
    return f"{nonce}.{mac.hexdigest()}"
