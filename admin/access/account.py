"""One's own account: password, second factor, sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.access.common import Staff, act
from api import sessions as listing
from api.auth import requires_staff
from api.cookies import STAFF_SESSION, renew
from api.entry.signin import Form
from api.forms import KeyedForm
from api.pages import locale_of, page, see_other
from api.problems import STATUS
from core import clock, db
from core.design import account_views as views
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import mark, translator
from core.people import second_factor, sessions, staff
from core.people.throttle import TooManyAttempts

PATH = "/staff/account"
_NOTICES = {
    "password": mark("Your password is changed. All your other sessions have ended."),
    "off": mark("Your second factor is switched off."),
    "ended": mark("Signed out there."),
    "set_up": mark("Your second factor is set up."),
}
_REFUSED = (
    staff.PasswordWrong,
    staff.PasswordUnfit,
    staff.PasswordGuessable,
    staff.SecondFactorRequired,
    TooManyAttempts,
)


class PasswordForm(Form, forbid_unknown_fields=True, kw_only=True):
    """The password of now, and the one from now on."""

    current: str
    new: str


class ConfirmedForm(Form, forbid_unknown_fields=True, kw_only=True):
    """The password again."""

    password: str


@get("/account", guards=[requires_staff])
async def show_account(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Everything about oneself."""
    text = translator(locale_of(request)).gettext(_NOTICES[notice]) if notice in _NOTICES else ""
    return page(
        request, "staff/account.html", await _view(request), notices=[Notice("good", text)] if text else []
    )


@post("/account/password", guards=[requires_staff], status_code=303)
async def change_password(request: Staff, data: URLEncodedBody[PasswordForm]) -> Response[Any]:
    """Another password; all other sessions end."""
    user = request.user
    try:
        async with db.transaction(user.merchant_id):
            token = await staff.change_password(user.session, data.current, data.new, clock.now())
    except _REFUSED as error:
        return await _again(request, error, "password")
    answer = see_other(f"{PATH}?notice=password")
    answer.cookies = [renew(request, STAFF_SESSION, token)]
    return answer


@post("/account/second-factor/off", guards=[requires_staff], status_code=303)
async def switch_off(request: Staff, data: URLEncodedBody[ConfirmedForm]) -> Response[Any]:
    """Ask for no codes any more; refused while the owner requires them."""
    user, now = request.user, clock.now()
    try:
        async with db.transaction(user.merchant_id):
            await staff.check_password(user.member.id, data.password)
            await staff.drop_second_factor(user.member)
            await sessions.revoke_all(now, staff_id=user.member.id, but=user.session.id)
            token = await sessions.rotate(user.session, now)
    except _REFUSED as error:
        return await _again(request, error, "off")
    answer = see_other(f"{PATH}?notice=off")
    answer.cookies = [renew(request, STAFF_SESSION, token)]
    return answer


@post("/account/second-factor/codes", guards=[requires_staff], status_code=200)
async def renew_codes(request: Staff, data: URLEncodedBody[ConfirmedForm]) -> Response[Any]:
    """Other recovery codes, shown this once; the former ones are void."""
    user = request.user
    if not user.member.has_second_factor:
        return see_other(PATH)
    try:
        async with db.transaction(user.merchant_id):
            await staff.check_password(user.member.id, data.password)
            codes = await second_factor.new_recovery_codes(user.member.id)
    except _REFUSED as error:
        return await _again(request, error, "codes")
    return page(request, "signin/recovery_codes.html", views.RecoveryCodes(tuple(codes), PATH))


@post("/account/sessions/{session_id:uuid}/end", guards=[requires_staff], status_code=303)
async def end_one(
    request: Staff, session_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Sign out there; twice changes nothing. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await sessions.revoke_own(session_id, now, staff_id=request.user.member.id)
        return f"{PATH}?notice=ended"

    return await act(request, data.idempotency_key, {}, effect)


@post("/account/sessions/end-others", guards=[requires_staff], status_code=303)
async def end_others(request: Staff, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Sign out everywhere but here."""
    user = request.user

    async def effect(now: datetime) -> str:
        await sessions.revoke_all(now, staff_id=user.member.id, but=user.session.id)
        return f"{PATH}?notice=ended"

    return await act(request, data.idempotency_key, {}, effect)


handlers = [show_account, change_password, switch_off, renew_codes, end_one, end_others]


async def _again(request: Staff, error: DomainError, form: str) -> Response[Any]:
    """The page with what was wrong; nothing was changed."""
    view = await _view(request, error.code, form)
    return page(request, "staff/account.html", view, status=STATUS[error.kind])


async def _view(request: Staff, problem: str = "", problem_of: str = "") -> views.Account:
    member = request.user.member
    async with db.transaction(request.user.merchant_id):
        found = await sessions.listed(clock.now(), staff_id=member.id)
        left = await second_factor.recovery_codes_left(member.id)
    return views.Account(
        email=member.email,
        name=member.name,
        role=member.role,
        sessions=listing.shown(found, request.user, f"{PATH}/sessions"),
        second_factor=member.has_second_factor,
        second_factor_required=member.needs_second_factor,
        recovery_codes_left=left,
        password_min_chars=staff.PASSWORD_MIN_CHARS,
        problem=problem,
        problem_of=problem_of,
    )
