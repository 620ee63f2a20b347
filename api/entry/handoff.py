"""The door by which the shop sends its customers to the portal, signed in."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody
from msgspec import Struct

from api.cookies import CUSTOMER_SESSION
from api.entry.signin import PORTAL_HOME, Visitor, device_of, signed_in
from api.pages import safe_path
from core import clock
from core.people import handoff

PATH = "/handoff"


class HandoffForm(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a page of the shop posts; it needs no token of ours, the shop's signature stands for it."""

    token: str
    next: str = ""


@get(PATH)
async def come_by_link(
    request: Visitor, token: FromQuery[str] = "", next: FromQuery[str] = ""
) -> Response[Any]:
    """Raises what core.people.handoff.enter() raises."""
    return await _come(request, token, next)


@post(PATH, status_code=303)
async def come_by_form(request: Visitor, data: URLEncodedBody[HandoffForm]) -> Response[Any]:
    """The same, without the token in an address. Raises what core.people.handoff.enter() raises."""
    return await _come(request, data.token, data.next)


router = Router("/", route_handlers=[come_by_link, come_by_form], include_in_schema=False)


async def _come(request: Visitor, token: str, next_path: str) -> Response[Any]:
    session = await handoff.enter(token, clock.now(), device_of(request))
    path = safe_path(next_path, PORTAL_HOME)
    return await signed_in(request, CUSTOMER_SESSION, session, path)
