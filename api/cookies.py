"""Our cookies: for this host only, out of reach of scripts, not sent along from other sites.

Staff and customers have a session each: one browser may hold both, and neither ends the other.
"""

from litestar.datastructures import Cookie

from api.requests import Connection
from core.settings import settings

STAFF_SESSION = "regulars_staff"
CUSTOMER_SESSION = "regulars_customer"
LANGUAGE = "regulars_language"
HOST = "__Host-"
"""Browsers take a cookie of such a name over HTTPS alone, from this very host (RFC 6265bis)."""


def session_cookies(path: str) -> tuple[str, ...]:
    """The sessions that count on a path, the first that is valid before the others."""
    if path == "/staff" or path.startswith("/staff/"):
        return (STAFF_SESSION,)
    if path == "/portal" or path.startswith("/portal/"):
        return (CUSTOMER_SESSION,)
    # Staff see pictures that customers do not; everything else in between is made for customers.
    both = (STAFF_SESSION, CUSTOMER_SESSION)
    return both if path.startswith("/media/") else both[::-1]


def given(connection: Connection, name: str) -> str:
    """The value of one of our cookies; empty: there is none."""
    return connection.cookies.get(_full(name), "")


def renew(connection: Connection, name: str, value: str) -> Cookie:
    """A cookie of a session that the page which is sent with it counts with already."""
    connection.cookies[_full(name)] = value
    return own_cookie(name, value, settings().session_ttl_s)


def own_cookie(name: str, value: str, max_age_s: int | None = None) -> Cookie:
    """A cookie; without `max_age_s` it ends with the browser."""
    return Cookie(
        key=_full(name),
        value=value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings().cookies_secure,
        max_age=max_age_s,
    )


def gone(name: str) -> Cookie:
    """What takes a cookie away."""
    return own_cookie(name, "", max_age_s=0)


def _full(name: str) -> str:
    return HOST + name if settings().cookies_secure else name
