"""What the pages about access share."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response

from api.auth import StaffUser, requires_permission
from api.forms import once_to
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import translator

Staff = Request[StaffUser, Any, Any]

ROOT = "/staff/access"
SECTION = "access"
manages_staff = requires_permission("staff.manage")
manages_keys = requires_permission("keys.manage")


async def act(
    request: Staff, key: str, said: object, effect: Callable[[datetime], Awaitable[str]]
) -> Response[Any]:
    """Do it once and go where it leads."""
    now = clock.now()
    return await once_to(request, key, said, lambda: effect(now), now)


def show(
    request: Staff, template: str, view: object, notice: str = "", error: DomainError | None = None
) -> Response[Any]:
    """A page, with what was done or why it was not; both are messages that are marked already."""
    words = translator(locale_of(request))
    kind = "problem" if error else "good"
    said = [Notice(kind, words.gettext(notice))] if notice else []
    status = STATUS[error.kind] if error else 200
    return page(request, template, view, section=SECTION, notices=said, status=status)


def text(code: str, texts: Mapping[str, str]) -> str:
    """The message of a code in an address, if it is one that there are words for."""
    return texts.get(code, "")
