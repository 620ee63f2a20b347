"""What staff do after the password: show their second factor, or set one up."""

from typing import Any

import structlog
from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.auth import HalfWay, Person, SignInNeeded, StaffUser, half_way
from api.cookies import STAFF_SESSION, renew
from api.entry.signin import STAFF_HOME, Form, pseudonym
from api.pages import locale_of, page, safe_path, see_other
from api.portal.qr import svg
from core import clock, db
from core.design import account_views as views
from core.errors import DomainError
from core.i18n import translator
from core.people import second_factor, sessions, staff
from core.people.throttle import TooManyAttempts

log = structlog.get_logger(__name__)

Visitor = Request[Person | None, Any, Any]


class CodeForm(Form, forbid_unknown_fields=True, kw_only=True):
    """A code of the authenticator, or a recovery code."""

    code: str


class EnrolForm(Form, forbid_unknown_fields=True, kw_only=True):
    """A code, so that nobody locks themselves out; and the password, since the session may be an old one."""

    sealed: str
    code: str
    password: str


@get("/staff/sign-in/code")
async def show_code(request: Visitor, next: FromQuery[str] = "") -> Response[Any]:
    """The form for the code. Raises SignInNeeded."""
    path = safe_path(next, STAFF_HOME)
    return (
        page(request, "signin/code.html", views.CodeStep(path))
        if _waits_for_code(request)
        else see_other(path)
    )


@post("/staff/sign-in/code", status_code=200)
async def take_code(request: Visitor, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Make the session a whole one, or show the form again. Raises SignInNeeded."""
    path, now = safe_path(data.next, STAFF_HOME), clock.now()
    waiting = _waits_for_code(request)
    if waiting is None:
        return see_other(path)
    member, session = waiting.user.member, waiting.user.session
    try:
        await second_factor.prove(data.code, member.merchant_id, member.id, now)
    except (second_factor.CodeWrong, TooManyAttempts) as error:
        log.warning("sign_in_refused", reason=error.code, account=pseudonym(member.email))
        status, problem = (429, "too_many") if isinstance(error, TooManyAttempts) else (401, "code_wrong")
        return page(request, "signin/code.html", views.CodeStep(path, problem), status=status)
    async with db.transaction(member.merchant_id):
        token = await sessions.rotate(session, now)
    answer = see_other(path)
    answer.cookies = [renew(request, STAFF_SESSION, token)]
    return answer


@get("/staff/sign-in/enrol")
async def show_enrol(request: Visitor, next: FromQuery[str] = "") -> Response[Any]:
    """A secret for the authenticator. Raises SignInNeeded."""
    user, path = _enrolling(request), safe_path(next, STAFF_HOME)
    if user.member.has_second_factor:
        return see_other(path)
    draft = second_factor.draft(user.member.id, user.member.email, _shop(request, user))
    return page(request, "signin/enrol.html", _enrol_view(request, draft, path))


@post("/staff/sign-in/enrol", status_code=200)
async def enrol(request: Visitor, data: URLEncodedBody[EnrolForm]) -> Response[Any]:
    """Set it up and show the recovery codes, this once. Raises SignInNeeded or SetUpAlready."""
    user, now, path = _enrolling(request), clock.now(), safe_path(data.next, STAFF_HOME)
    member = user.member
    try:
        async with db.transaction(member.merchant_id):
            await staff.check_password(member.id, data.password)
            codes = await second_factor.set_up(data.sealed, data.code, member.id, now)
            await sessions.revoke_all(now, staff_id=member.id, but=user.session.id)
            token = await sessions.rotate(user.session, now)
    except (second_factor.CodeWrong, staff.PasswordWrong, TooManyAttempts) as error:
        return _enrol_again(request, user, data, error)
    cookie = renew(request, STAFF_SESSION, token)
    answer = page(request, "signin/recovery_codes.html", views.RecoveryCodes(tuple(codes), path))
    answer.cookies = [cookie]
    return answer


router = Router("/", route_handlers=[show_code, take_code, show_enrol, enrol], include_in_schema=False)


def _waits_for_code(request: Visitor) -> HalfWay | None:
    """Who has to show a code; None: it is done. Raises SignInNeeded."""
    waiting = half_way(request)
    if waiting is None and not isinstance(request.user, StaffUser):
        raise SignInNeeded()
    return waiting if waiting and waiting.step == "code" else None


def _enrolling(request: Visitor) -> StaffUser:
    """Who may set one up: whoever is signed in, or has only this left to do. Raises SignInNeeded."""
    waiting = half_way(request)
    if waiting and waiting.step == "enrol":
        return waiting.user
    if isinstance(request.user, StaffUser):
        return request.user
    raise SignInNeeded()


def _enrol_again(request: Visitor, user: StaffUser, data: EnrolForm, error: DomainError) -> Response[Any]:
    """The form again, with the same secret where it was ours."""
    member, shop = user.member, _shop(request, user)
    try:
        draft = second_factor.drafted(data.sealed, member.id, member.email, shop)
    except second_factor.CodeWrong:
        draft = second_factor.draft(member.id, member.email, shop)
    problems = {staff.PasswordWrong.code: (401, "password_wrong"), TooManyAttempts.code: (429, "too_many")}
    status, problem = problems.get(error.code, (401, "code_wrong"))
    view = _enrol_view(request, draft, safe_path(data.next, STAFF_HOME), problem)
    return page(request, "signin/enrol.html", view, status=status)


def _enrol_view(request: Visitor, draft: second_factor.Draft, path: str, problem: str = "") -> views.Enrol:
    words = translator(locale_of(request))
    picture = svg(draft.address, words.gettext("QR code for your authenticator"))
    return views.Enrol(
        picture, draft.secret, draft.sealed, path, required=half_way(request) is not None, problem=problem
    )


def _shop(request: Visitor, user: StaffUser) -> str:
    return user.shop.name(locale_of(request))
