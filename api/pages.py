"""Pages: rendered from core.design in the reader's language; what is posted ends in a redirect."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Response
from litestar.response import Redirect

from api import csrf
from api.auth import CustomerUser, Integrator, StaffUser
from api.cookies import LANGUAGE, given
from api.requests import Connection, method
from core import clock
from core.design import views
from core.design.pages import render
from core.i18n import Locale, negotiate

SECTIONS = {
    "inbox": "inbox.read",
    "moderation": "inbox.read",
    "studio": "studio.read",
    "mails": "mails.read",
    "webhooks": "webhooks.read",
    "parked": "parked.read",
    "people": "people.data",
    "audit": "audit.read",
    "backoffice": "backoffice.repair",
    "access": "staff.manage",
}
"""Sections of the staff's navigation and the permission that shows each."""


def locale_of(connection: Connection) -> Locale:
    """The reader's language: chosen in this browser, else their own, else the browser's."""
    user = connection.scope.get("user")
    own = "" if user is None or isinstance(user, Integrator) else user.locale
    wanted = own or connection.headers.get("accept-language", "")
    return negotiate(wanted, given(connection, LANGUAGE) or None)


def page(
    connection: Connection,
    template: str,
    view: object,
    *,
    section: str = "",
    notices: Sequence[views.Notice] = (),
    status: int = 200,
    now: datetime | None = None,
    shop: str = "",
) -> Response[str]:
    """A whole page; `section` is where it stands in the navigation.

    `shop`: whose page it is; "": the shop where whoever looks is signed in.
    """
    text = page_text(connection, template, view, now or clock.now(), section, notices, shop)
    return Response(text, media_type=MediaType.HTML, status_code=status)


def page_text(
    connection: Connection,
    template: str,
    view: object,
    now: datetime,
    section: str = "",
    notices: Sequence[views.Notice] = (),
    shop: str = "",
) -> str:
    """The page's HTML."""
    locale = locale_of(connection)
    frame = _frame(connection, locale, now, section, notices, shop)
    return render(template, locale, csrf_token=csrf.token(connection), frame=frame, view=view)


def see_other(path: str) -> Redirect:
    """Where the browser goes after a post, so that reloading posts nothing again."""
    return Redirect(path, status_code=303)


def safe_path(path: str, fallback: str) -> str:
    """`path` if it stays on this site, else `fallback`."""
    plain = path.startswith("/") and path.isprintable() and path.isascii() and "\\" not in path
    return path if plain and not path.startswith("//") else fallback


def here(connection: Connection) -> str:
    """Path and query of this request."""
    query = connection.scope["query_string"].decode("latin-1")
    return connection.scope["path"] + (f"?{query}" if query else "")


def sign_in_path(connection: Connection, problem: str = "", next_path: str = "") -> str:
    """Where this part of the site lets people in."""
    side = "staff" if connection.scope["path"].startswith("/staff") else "portal"
    query = {name: value for name, value in (("problem", problem), ("next", next_path)) if value}
    return f"/{side}/sign-in" + (f"?{urlencode(query)}" if query else "")


def step_path(step: str, next_path: str = "") -> str:
    """Where staff take the step that is left after the password: "code" or "enrol"."""
    return f"/staff/sign-in/{step}" + (f"?{urlencode({'next': next_path})}" if next_path else "")


def _frame(
    connection: Connection,
    locale: Locale,
    now: datetime,
    section: str,
    notices: Sequence[views.Notice],
    shop: str,
) -> views.Frame:
    # Only what a GET can show again is worth returning to.
    path = here(connection) if method(connection) == "GET" else connection.scope["path"]
    common: dict[str, Any] = {"path": path, "now": now, "section": section, "notices": tuple(notices)}
    user = connection.scope.get("user")
    if not isinstance(user, StaffUser | CustomerUser):
        return views.Frame(**common, time_zone="UTC", shop=shop)
    common |= {
        "time_zone": user.shop.time_zone,
        "shop": shop or user.shop.name(locale),
        "person": user.name,
        "who": hashlib.sha256(user.actor.encode()).hexdigest()[:16],
    }
    if isinstance(user, CustomerUser):
        return views.Frame(**common)
    return views.Frame(**common, role=user.member.role, sections=_sections(connection, user))


def _sections(connection: Connection, user: StaffUser) -> tuple[str, ...]:
    allowed = [name for name, permission in SECTIONS.items() if permission in user.permissions]
    # Only a demo has a page about itself.
    return (*allowed, "demo") if connection.app.state.get("demo") else tuple(allowed)
