"""The door by which the shop sends its customers to the portal, signed in.

Whoever comes from a page of the shop's, with nobody else signed in here, is in at once. All others are asked
whether they are the one: the link can be somebody else's, who wants them in the wrong account.
"""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody
from msgspec import Struct

from api.auth import CustomerUser
from api.cookies import CUSTOMER_SESSION
from api.entry.signin import PORTAL_HOME, Form, Visitor, device_of, signed_in
from api.pages import locale_of, page, safe_path, see_other
from core import clock
from core.design import signin_views
from core.people import handoff

PATH = "/handoff"
CONFIRM_PATH = "/portal/sign-in/shop"


class HandoffForm(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a page of the shop posts; it needs no token of ours, the shop's signature stands for it."""

    token: str
    next: str = ""


class ConfirmForm(Form, forbid_unknown_fields=True, kw_only=True):
    """What our own page posts when somebody was asked."""

    token: str


@get(PATH)
async def come_by_link(
    request: Visitor, token: FromQuery[str] = "", next: FromQuery[str] = ""
) -> Response[Any]:
    """Let them in, or ask first. Raises what core.people.handoff.enter() raises."""
    arrival = await handoff.look(token, clock.now())
    path = safe_path(next, PORTAL_HOME)
    user = request.user if isinstance(request.user, CustomerUser) else None
    same = user is not None and user.profile.id == arrival.customer_id
    if same or (user is None and _comes_from(request, "referer", arrival)):
        return await _enter(request, token, path)
    shop = arrival.shop.name(locale_of(request))
    view = signin_views.HandoffConfirm(
        CONFIRM_PATH, token, path, arrival.name, shop, user.name if user else ""
    )
    return page(request, "signin/handoff.html", view, shop=shop)


@post(PATH, status_code=303)
async def come_by_form(request: Visitor, data: URLEncodedBody[HandoffForm]) -> Response[Any]:
    """The same, without the token in an address. Raises what core.people.handoff.enter() raises."""
    arrival = await handoff.look(data.token, clock.now())
    if _comes_from(request, "origin", arrival):
        return await _enter(request, data.token, safe_path(data.next, PORTAL_HOME))
    # Who is signed in here is seen only after the redirect: browsers keep our cookies from forms of others.
    return see_other(f"{PATH}?{urlencode({'token': data.token, 'next': data.next})}")


@post(CONFIRM_PATH, status_code=303)
async def confirm(request: Visitor, data: URLEncodedBody[ConfirmForm]) -> Response[Any]:
    """They are the one. Raises what core.people.handoff.enter() raises."""
    return await _enter(request, data.token, safe_path(data.next, PORTAL_HOME))


router = Router("/", route_handlers=[come_by_link, come_by_form, confirm], include_in_schema=False)


async def _enter(request: Visitor, token: str, path: str) -> Response[Any]:
    session = await handoff.enter(token, clock.now(), device_of(request))
    return await signed_in(request, CUSTOMER_SESSION, session, path)


def _comes_from(request: Visitor, header: str, arrival: handoff.Arrival) -> bool:
    """Whether a page of the shop's has sent the browser: it says so itself, and pages cannot change it.

    A picture or a frame in such a page is none: its address can be a visitor's.
    """
    goes = request.headers.get("sec-fetch-dest", "document") == "document"
    return goes and handoff.origin(request.headers.get(header, "")) in arrival.sites
