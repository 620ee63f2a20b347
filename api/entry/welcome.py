"""Staff choose a password by the link of a mail."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.cookies import STAFF_SESSION
from api.entry.signin import STAFF_HOME, Form, Visitor, device_of, signed_in
from api.pages import page, see_other
from core import clock
from core.design import account_views as views
from core.people import staff, staff_links


class WelcomeForm(Form, forbid_unknown_fields=True, kw_only=True):
    """The token out of the link, and the password from now on."""

    token: str
    password: str


@get("/staff/welcome")
async def show_welcome(request: Visitor, token: FromQuery[str] = "") -> Response[Any]:
    """The form; looking at it uses nothing up."""
    try:
        return page(request, "signin/welcome.html", await _view(token))
    except staff_links.LinkInvalid:
        return see_other("/staff/sign-in?problem=staff_link_expired")


@post("/staff/welcome", status_code=200)
async def welcome(request: Visitor, data: URLEncodedBody[WelcomeForm]) -> Response[Any]:
    """Use the link up: from now on this is the password, and this browser is signed in."""
    try:
        token = await staff_links.use(data.token, data.password, clock.now(), device_of(request))
    except (staff.PasswordUnfit, staff.PasswordGuessable) as error:
        return page(request, "signin/welcome.html", await _view(data.token, error.code), status=422)
    except staff_links.LinkInvalid:
        return see_other("/staff/sign-in?problem=staff_link_expired")
    return await signed_in(request, STAFF_SESSION, token, STAFF_HOME)


router = Router("/", route_handlers=[show_welcome, welcome], include_in_schema=False)


async def _view(token: str, problem: str = "") -> views.Welcome:
    name = await staff_links.whose(token, clock.now())
    return views.Welcome(name, token, staff.PASSWORD_MIN_CHARS, problem)
