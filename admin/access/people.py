"""The staff: invite, give a role, switch off, reset the second factor; and what each role may do."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.access.common import ROOT, SECTION, Staff, act, manages_staff, show, text
from api.auth import requires_staff
from api.forms import KeyedForm
from api.pages import locale_of, page
from core import db
from core.design import access_views as views
from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.errors import DomainError, Kind
from core.i18n import LOCALES, OWN_NAMES, Translator, mark, translator
from core.ids import new_id
from core.people import second_factor, team, throttle
from core.people.roles import PERMISSIONS, ROLES

PATH = f"{ROOT}/staff"
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_NAME_LIMIT_CHARS = 100
_POINTS = re.compile(r"[0-9]{1,9}")
_NOTICES = {
    "invited": mark("Invited. The mail with the link is on its way."),
    "changed": mark("Changed. With another role they have to sign in again."),
    "link": mark("A link to choose a password is on its way."),
    "off": mark("Switched off. All their sessions have ended."),
    "on": mark("Switched on again."),
    "reset": mark("Reset. They sign in with the password alone until they set it up again."),
    "required": mark("From now on everybody needs a second factor. Who has none sets it up first."),
    "optional": mark("A second factor is everybody's own choice again."),
}
_REFUSED = {
    "staff_exists": mark("This address signs somebody in already."),
    "staff_form_unfit": mark("Check the name, the address and the limit; nothing was saved."),
    "unknown_role": mark("There is no such role."),
    "last_owner": mark("A shop has at least one owner who can sign in."),
    "too_many_attempts": mark("Too many attempts. Please wait a few minutes and try again."),
    "own_account": mark("Switch your own second factor off on the page of your account."),
}


class StaffFormUnfit(DomainError):
    """A name, an address or a limit is none."""

    code = "staff_form_unfit"
    kind = Kind.INVALID
    title = "The form about one of the staff is not right"


class InviteForm(KeyedForm, kw_only=True):
    """Who is to come in, and as what."""

    email: str
    name: str
    role: str
    locale: str = "en"
    points: str = ""
    """What they may give as goodwill; empty: nothing."""


class ChangeForm(KeyedForm, kw_only=True):
    """Another role and limit."""

    role: str
    points: str = ""


class RequireForm(KeyedForm, kw_only=True):
    """Whether everybody needs a second factor: "on", or nothing."""

    required: str = ""


@get("/access/staff", guards=[manages_staff])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Everybody, and a form for one more."""
    return show(request, "staff/access_staff.html", await _view(request), text(notice, _NOTICES))


@post("/access/staff/invite", guards=[manages_staff], status_code=303)
async def invite(request: Staff, data: URLEncodedBody[InviteForm]) -> Response[Any]:
    """Add somebody and send them a link."""

    async def effect(now: datetime) -> str:
        _check(data)
        await throttle.attempt((throttle.INVITATIONS, str(request.user.merchant_id)))
        await team.invite(data.email, data.name.strip(), data.role, data.locale, _points(data.points), now)
        return f"{PATH}?notice=invited"

    said = (data.email, data.name, data.role, data.locale, data.points)
    return await _try(request, data, said, effect, data)


@post("/access/staff/{staff_id:uuid}/change", guards=[manages_staff], status_code=303)
async def change(request: Staff, staff_id: FromPath[UUID], data: URLEncodedBody[ChangeForm]) -> Response[Any]:
    """Another role or limit. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await team.change(staff_id, data.role, _points(data.points), now)
        return f"{PATH}?notice=changed"

    return await _try(request, data, (data.role, data.points), effect)


@post("/access/staff/{staff_id:uuid}/link", guards=[manages_staff], status_code=303)
async def send_link(
    request: Staff, staff_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Let them choose a password. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await throttle.attempt((throttle.INVITATIONS, str(request.user.merchant_id)))
        await team.send_link(staff_id, now)
        return f"{PATH}?notice=link"

    return await _try(request, data, "link", effect)


@post("/access/staff/{staff_id:uuid}/off", guards=[manages_staff], status_code=303)
async def switch_off(
    request: Staff, staff_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Nobody by this account any more. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await team.switch_off(staff_id, now)
        return f"{PATH}?notice=off"

    return await _try(request, data, "off", effect)


@post("/access/staff/{staff_id:uuid}/on", guards=[manages_staff], status_code=303)
async def switch_on(
    request: Staff, staff_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """In again. Raises NotFound."""

    async def effect(_: datetime) -> str:
        await team.switch_on(staff_id)
        return f"{PATH}?notice=on"

    return await _try(request, data, "on", effect)


@post("/access/staff/{staff_id:uuid}/reset", guards=[manages_staff], status_code=303)
async def reset(request: Staff, staff_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """For somebody who has lost the second factor. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await team.reset_second_factor(staff_id, request.user.member.id, now)
        return f"{PATH}?notice=reset"

    return await _try(request, data, "reset", effect)


@post("/access/staff/second-factor", guards=[manages_staff], status_code=303)
async def require(request: Staff, data: URLEncodedBody[RequireForm]) -> Response[Any]:
    """Require a second factor of everybody, or not any more."""
    required = data.required == "on"

    async def effect(_: datetime) -> str:
        await second_factor.require_of_all(required)
        return f"{PATH}?notice={'required' if required else 'optional'}"

    return await _try(request, data, required, effect)


@get("/access/roles", guards=[requires_staff])
async def show_roles(request: Staff) -> Response[Any]:
    """What each role may do: one table for everybody."""
    lines = tuple((name, tuple(role in may for role in ROLES)) for name, may in PERMISSIONS.items())
    view = views.RoleTable(ROLES, lines, "staff.manage" in request.user.permissions)
    return page(request, "staff/access_roles.html", view, section=SECTION)


handlers = [overview, invite, change, send_link, switch_off, switch_on, reset, require, show_roles]


async def _try(
    request: Staff,
    data: KeyedForm,
    said: object,
    effect: Callable[[datetime], Awaitable[str]],
    typed: InviteForm | None = None,
) -> Response[Any]:
    """Do it once; what is refused is said above the page."""
    try:
        return await act(request, data.idempotency_key, said, effect)
    except DomainError as error:
        if error.code not in _REFUSED:
            raise
        view = await _view(request, typed)
        return show(request, "staff/access_staff.html", view, _REFUSED[error.code], error)


def _check(data: InviteForm) -> None:
    fits = _EMAIL.fullmatch(data.email.strip()) and 0 < len(data.name.strip()) <= _NAME_LIMIT_CHARS
    if not (fits and data.locale in LOCALES):
        raise StaffFormUnfit()


def _points(typed: str) -> int:
    if typed.strip() and not _POINTS.fullmatch(typed.strip()):
        raise StaffFormUnfit()
    return int(typed.strip() or 0)


async def _view(request: Staff, typed: InviteForm | None = None) -> views.StaffList:
    words = translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        found, required = await team.everybody(), await second_factor.required_of_all()
    return views.StaffList(
        lines=tuple(_line(each, request.user.member.id) for each in found),
        roles=ROLES,
        invite=_invite_form(words, typed, locale_of(request)),
        required=required,
        required_key=str(new_id()),
        without=sum(not each.has_second_factor for each in found if each.disabled_at is None),
    )


def _line(each: team.Listed, reader: UUID) -> views.StaffLine:
    active, own = each.disabled_at is None, each.id == reader
    return views.StaffLine(
        id=str(each.id),
        name=each.name,
        email=each.email,
        role=each.role,
        state="off" if not active else "invited" if each.invited else "active",
        second_factor=each.has_second_factor,
        seen_at=each.seen_at,
        goodwill_limit_points=each.goodwill_limit_points,
        self=own,
        keys=views.StaffKeys(
            change=str(new_id()),
            link=str(new_id()) if active and not own else "",
            off=str(new_id()) if active and not own else "",
            on="" if active else str(new_id()),
            reset=str(new_id()) if each.has_second_factor and not own else "",
        ),
    )


def _invite_form(words: Translator, typed: InviteForm | None, locale: str) -> SettingsForm:
    given = typed or InviteForm(idempotency_key="-", email="", name="", role="agent", locale=locale)
    roles = tuple((role, word(words, "role", role)) for role in ROLES)
    languages = tuple(OWN_NAMES.items())
    limit_hint = words.gettext("Points that they may give for one case by themselves; empty: none.")
    fields = (
        FormField("name", words.gettext("Name"), given.name, required=True),
        FormField("email", words.gettext("E-mail address"), given.email, "email", required=True),
        FormField("role", words.gettext("Role"), given.role, "select", options=roles),
        FormField("locale", words.gettext("Language"), given.locale, "select", options=languages),
        FormField(
            "points", words.gettext("Goodwill limit"), given.points, hint=limit_hint, inputmode="numeric"
        ),
    )
    hint = words.gettext("They get a mail with a link to choose a password. It works once, for three days.")
    groups = (FormGroup(hint, fields),)
    title, submit = words.gettext("Invite somebody"), words.gettext("Invite")
    return SettingsForm(f"{PATH}/invite", title, submit, str(new_id()), groups)
