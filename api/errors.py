"""One handler for every exception: problem+json for programs, a page for people."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import MethodNotAllowedException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from api import csrf
from api.above import page_above
from api.auth import SecondFactorNeeded, SignInNeeded, StaffUser
from api.cookies import given, gone, session_cookies
from api.pages import here, locale_of, page_text, sign_in_path, step_path
from api.problems import Problem, describe
from api.requests import Connection, method, request_id, wants_page
from core import clock
from core.design import views
from core.i18n import mark, translator

log = structlog.get_logger(__name__)


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that raised; a trace goes to the log alone."""
    problem = describe(error)
    if problem.status >= 500:
        log.error(problem.code, request_id=request_id(request.scope), exc_info=error)
    if not wants_page(request):
        return _document(request, problem)
    if isinstance(error, MethodNotAllowedException) and method(request) == "GET":
        path = page_above(request.app, request.scope["path"])
        return Redirect(path, status_code=303) if path else _page(request, error, problem)
    if isinstance(error, SignInNeeded) or _signed_out(request, error):
        return _to_sign_in(request)
    if isinstance(error, SecondFactorNeeded):
        return _away(request, step_path(error.extra["step"], _where(request)))
    return _page(request, error, problem)


_AGAIN = mark("Go back to the shop and follow its link once more, or sign in here with a link by mail.")
_WORDS = {
    csrf.TokenInvalid.code: (
        mark("This form is out of date"),
        mark("Go back, load the page again and repeat it. Nothing was changed."),
    ),
    "handoff_invalid": (mark("This link is not valid"), _AGAIN),
    "handoff_expired": (mark("This link has expired"), _AGAIN),
    "handoff_used": (mark("This link was used already"), _AGAIN),
    "handoff_elsewhere": (mark("This link is for another shop"), _AGAIN),
    "handoff_customer_unknown": (
        mark("We do not know you yet"),
        mark("The shop has not told us of your account. Please try again a little later."),
    ),
}
"""Titles and details by code."""
HANDLERS: ExceptionHandlersMap = {Exception: answer_error}


def _document(connection: Connection, problem: Problem) -> Response[Any]:
    return Response(
        problem.body(request_id(connection.scope)),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _page(connection: Connection, error: Exception, problem: Problem) -> Response[Any]:
    title, detail = _own_words(connection, error)
    user = connection.scope.get("user")
    view = views.Problem(
        problem.status,
        problem.code,
        request_id(connection.scope),
        title,
        detail,
        "/staff" if isinstance(user, StaffUser) else "/portal",
    )
    text = page_text(connection, "error.html", view, clock.now())
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return Response(text, status_code=problem.status, media_type=MediaType.HTML, headers=headers)


def _own_words(connection: Connection, error: Exception) -> tuple[str, str]:
    """Title and detail of what the status alone would describe wrongly."""
    title, detail = _WORDS.get(getattr(error, "code", ""), ("", ""))
    words = translator(locale_of(connection))
    return (words.gettext(title), words.gettext(detail)) if title else ("", "")


def _signed_out(connection: Connection, error: Exception) -> bool:
    """A form of somebody whose session, and with it the form's token, has ended in the browser."""
    path: str = connection.scope["path"]
    signing_in = "/sign-in" in path or path.endswith(("/enter", "/welcome"))
    inside = path.startswith(("/staff", "/portal")) and not signing_in
    return isinstance(error, csrf.TokenInvalid) and connection.scope.get("user") is None and inside


def _where(connection: Connection) -> str:
    """The page to come back to: the one that was asked for, or that whose form was posted."""
    if "hx-request" in connection.headers:
        return ""
    if method(connection) == "GET":
        return here(connection)
    came = urlsplit(connection.headers.get("referer", ""))
    if came.netloc != connection.headers.get("host"):
        return ""
    return came.path + (f"?{came.query}" if came.query else "")


def _to_sign_in(connection: Connection) -> Response[Any]:
    """A browser goes to the sign-in page, and comes back afterwards to what it looked at."""
    given_by = [name for name in session_cookies(connection.scope["path"]) if given(connection, name)]
    ended = given_by if connection.scope.get("user") is None else []
    path = sign_in_path(connection, "session_expired" if ended else "", _where(connection))
    return _away(connection, path, [gone(name) for name in ended])


def _away(connection: Connection, path: str, cookies: Sequence[Cookie] = ()) -> Response[Any]:
    if "hx-request" in connection.headers:
        return Response(None, status_code=401, headers={"HX-Redirect": path}, cookies=cookies)
    return Redirect(path, status_code=303, cookies=cookies)
