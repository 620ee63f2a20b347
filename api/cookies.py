"""Our cookies: for this host only, out of reach of scripts, not sent along from other sites."""

from litestar.datastructures import Cookie

from core.settings import settings

SESSION = "regulars_session"
LANGUAGE = "regulars_language"


def own_cookie(name: str, value: str, max_age_s: int | None = None) -> Cookie:
    """A cookie; without `max_age_s` it ends with the browser."""
    return Cookie(
        key=name,
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
