"""Signing in and out, and the choice of the language."""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

import structlog
from litestar import Request, Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromQuery, URLEncodedBody
from msgspec import Struct

from api.auth import CustomerUser, Person, StaffUser
from api.cookies import CUSTOMER_SESSION, LANGUAGE, STAFF_SESSION, given, gone, own_cookie, renew
from api.pages import locale_of, page, safe_path, see_other
from api.secret import secret_key
from core import clock
from core.design import signin_views, words
from core.i18n import LOCALES
from core.people import login_links, sessions, staff
from core.people.devices import device
from core.people.throttle import TooManyAttempts
from core.settings import settings

log = structlog.get_logger(__name__)

Visitor = Request[Person | None, Any, Any]

STAFF_HOME = "/staff"
PORTAL_HOME = "/portal"
LANGUAGE_TTL_S = 365 * 24 * 3600

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


class Form(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every form carries."""

    csrf_token: str = ""
    next: str = ""


class SignOutForm(Form, forbid_unknown_fields=True, kw_only=True):
    """Whose session ends: that of "staff" or of the customer ("portal"); empty: of whoever posts it."""

    side: str = ""


class StaffSignInForm(Form, forbid_unknown_fields=True, kw_only=True):
    """What staff sign in with."""

    email: str
    password: str


class CustomerSignInForm(Form, forbid_unknown_fields=True, kw_only=True):
    """Where the link goes."""

    email: str


class EnterForm(Form, forbid_unknown_fields=True, kw_only=True):
    """The token out of the link."""

    token: str


class LanguageForm(Form, forbid_unknown_fields=True, kw_only=True):
    """The language to go on in; one that we do not speak changes nothing."""

    locale: str


@get("/staff/sign-in")
async def show_staff_sign_in(
    request: Visitor, next: FromQuery[str] = "", problem: FromQuery[str] = ""
) -> Response[Any]:
    """The form for staff, or their first page when they are signed in."""
    if isinstance(request.user, StaffUser):
        return see_other(safe_path(next, STAFF_HOME))
    return page(request, "signin/staff.html", signin_views.StaffSignIn("", next, _known(problem)))


@post("/staff/sign-in", status_code=200)
async def staff_sign_in(request: Visitor, data: URLEncodedBody[StaffSignInForm]) -> Response[Any]:
    """Let one of the staff in, or show the form with the same words for every reason."""
    try:
        _expect_email(data.email)
        token = await staff.sign_in(
            data.email, data.password, address_of(request), clock.now(), device_of(request)
        )
    except (staff.SignInRefused, TooManyAttempts) as error:
        log.warning("sign_in_refused", reason=error.code, account=pseudonym(data.email))
        status, problem = (429, "too_many") if isinstance(error, TooManyAttempts) else (401, "wrong")
        view = signin_views.StaffSignIn(data.email, data.next, problem)
        return page(request, "signin/staff.html", view, status=status)
    return await signed_in(request, STAFF_SESSION, token, safe_path(data.next, STAFF_HOME))


@get("/portal/sign-in")
async def show_customer_sign_in(
    request: Visitor, next: FromQuery[str] = "", problem: FromQuery[str] = ""
) -> Response[Any]:
    """The form for customers, or their first page when they are signed in."""
    if isinstance(request.user, CustomerUser):
        return see_other(safe_path(next, PORTAL_HOME))
    return page(request, "signin/customer.html", signin_views.CustomerSignIn("", next, _known(problem)))


@post("/portal/sign-in", status_code=200)
async def customer_sign_in(request: Visitor, data: URLEncodedBody[CustomerSignInForm]) -> Response[Any]:
    """Promise a link. Whether there is one to send is looked up after the answer has gone out."""
    email, now = data.email.strip(), clock.now()
    if not _EMAIL.fullmatch(email):
        view = signin_views.CustomerSignIn(data.email, data.next, "invalid_email")
        return page(request, "signin/customer.html", view, status=422)
    try:
        await login_links.count(email, address_of(request))
    except TooManyAttempts:
        view = signin_views.CustomerSignIn(data.email, data.next, "too_many")
        return page(request, "signin/customer.html", view, status=429)
    mails_href = str(request.app.state.get("mails_href", ""))
    sent = signin_views.LinkSent(email, settings().login_link_ttl_s // 60, mails_href)
    answer = page(request, "signin/sent.html", sent, now=now)
    answer.background = BackgroundTask(_send_link, email, now)
    return answer


@get("/portal/enter")
async def show_enter(request: Visitor, token: FromQuery[str] = "") -> Response[Any]:
    """A button: mail scanners open links, but they post no forms."""
    if not token:
        return see_other("/portal/sign-in?problem=link_expired")
    found = await login_links.whose(token, clock.now())
    user = request.user if isinstance(request.user, CustomerUser) else None
    # The link can be somebody else's, who wants them in the wrong account.
    other = found is not None and user is not None and user.profile.id != found.id
    view = signin_views.LinkConfirm(
        "/portal/enter",
        token,
        (found.name or found.email) if found else "",
        user.name if user and other else "",
    )
    return page(request, "signin/confirm.html", view)


@post("/portal/enter", status_code=200)
async def enter(request: Visitor, data: URLEncodedBody[EnterForm]) -> Response[Any]:
    """Use the link up."""
    try:
        token = await login_links.use(data.token, clock.now(), device_of(request))
    except login_links.LinkInvalid:
        view = signin_views.CustomerSignIn("", "", "link_expired")
        return page(request, "signin/customer.html", view, status=401)
    return await signed_in(request, CUSTOMER_SESSION, token, PORTAL_HOME)


@post("/sign-out", status_code=303)
async def sign_out(request: Visitor, data: URLEncodedBody[SignOutForm]) -> Response[Any]:
    """End the session, here and in the browser; the other one in this browser goes on."""
    side = data.side or ("staff" if isinstance(request.user, StaffUser) else "portal")
    name = STAFF_SESSION if side == "staff" else CUSTOMER_SESSION
    await _end(request, name)
    answer = see_other(f"/{'staff' if name == STAFF_SESSION else 'portal'}/sign-in?problem=signed_out")
    answer.cookies = [gone(name)]
    return answer


@post("/language", status_code=303)
async def choose_language(request: Visitor, data: URLEncodedBody[LanguageForm]) -> Response[Any]:
    """Remember the language in this browser and go back to the page."""
    answer = see_other(safe_path(data.next, "/portal"))
    chosen = data.locale if data.locale in LOCALES else locale_of(request)
    answer.cookies = [own_cookie(LANGUAGE, chosen, LANGUAGE_TTL_S)]
    return answer


router = Router(
    "/",
    route_handlers=[
        show_staff_sign_in,
        staff_sign_in,
        show_customer_sign_in,
        customer_sign_in,
        show_enter,
        enter,
        sign_out,
        choose_language,
    ],
    include_in_schema=False,
)


async def signed_in(request: Visitor, name: str, token: str, path: str) -> Response[Any]:
    """Go on with a new session; the one that the browser had on this side ends."""
    await _end(request, name)
    answer = see_other(path)
    answer.cookies = [renew(request, name, token)]
    return answer


async def _end(request: Visitor, name: str) -> None:
    """End the session that a cookie names, if it is one."""
    now, token = clock.now(), given(request, name)
    if token and (session := await sessions.find(token, now)):
        await sessions.revoke(session, now)


async def _send_link(email: str, now: datetime) -> None:
    """Nobody waits for this any more: a failure is written down, and the customer asks again."""
    try:
        await login_links.request(email, now)
    except Exception:
        log.exception("login_link_not_sent")


def _known(problem: str) -> str:
    """A problem in the address, if it is one that there are words for."""
    return problem if problem in words.codes("sign_in_problem") else ""


def _expect_email(email: str) -> None:
    if not _EMAIL.fullmatch(email.strip()):
        raise staff.SignInRefused()


def pseudonym(account: str) -> str:
    """The same for the same account, for the log alone: nobody is found by it but by this installation."""
    said = f"account\n{account.strip().lower()}".encode("utf-8", "surrogatepass")
    return hmac.new(secret_key(), said, hashlib.sha256).hexdigest()[:16]


def device_of(request: Visitor) -> str:
    """What kind of browser asks."""
    return device(request.headers.get("user-agent", ""))


def address_of(request: Visitor) -> str:
    """The network address of the other end."""
    client = request.client
    return client.host if client else "unknown"
