"""Profile and privacy: what customers say of themselves, a file of what is kept of them, and its end."""

from typing import Any
from uuid import UUID

from babel.dates import get_month_names
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from api.cookies import CUSTOMER_SESSION, gone
from api.downloads import zip_of
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page
from api.portal import messages
from api.portal.common import Customer
from api.problems import STATUS
from core import clock, db
from core.design import person_views as views
from core.design.views import Notice
from core.i18n import LOCALES, OWN_NAMES, babel_locale, negotiate, translator
from core.ids import new_id
from core.people import customers, erasure, export
from loyalty.members import service as members

PATH = "/portal/profile"
SESSIONS = "/portal/sessions"
"""The page of sessions, where the application has one."""


@get("/profile")
async def show_profile(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """Who they are, what we may write, their exports, and the end."""
    words = translator(locale_of(request))
    texts = {
        "saved": words.gettext("Saved. It holds from now on."),
        "asked": words.gettext("Your file is being made. Load this page again in a minute."),
    }
    said = [Notice("good", texts[notice])] if notice in texts else []
    return await _page(request, said=said)


@post("/profile", status_code=303)
async def save_profile(request: Customer, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Keep name, language and birthday; what is wrong with them is said above the form."""
    now, profile = clock.now(), request.user.profile

    async def effect() -> str:
        chosen = negotiate(profile.locale, data.get("locale"))
        locale = None if chosen == negotiate(profile.locale, profile.locale) else chosen
        month, day = data.get("month", ""), data.get("day", "")
        born = f"{month}-{day}" if month or day else ""
        await customers.change(profile.id, data.get("name", "")[:500], locale, born, now)
        return f"{PATH}?notice=saved"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except customers.ProfileUnfit as error:
        words = translator(locale_of(request))
        return await _page(
            request, profile_problem=words.gettext("There is no such day."), status=STATUS[error.kind]
        )


@post("/profile/export", status_code=303)
async def ask_export(request: Customer, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Have a file made of everything that is kept of them."""
    now = clock.now()

    async def effect() -> str:
        await export.ask(request.user.profile.id, now)
        return f"{PATH}?notice=asked#export"

    return await once_to(request, data.idempotency_key, "export", effect, now)


@get("/profile/exports/{export_id:uuid}")
async def download(request: Customer, export_id: FromPath[UUID]) -> Stream:
    """The file. Raises NotFound for somebody else's, ExportNotReady while it is being made."""
    async with db.transaction(request.user.merchant_id):
        found = await export.get(export_id, request.user.profile.id)
    return await zip_of(found, request.user.merchant_id)


@post("/profile/erase", status_code=200)
async def erase(request: Customer, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Erase them, once they have typed who they are; it signs them out everywhere.

    A second post finds nobody signed in: the key of the form need not be kept.
    """
    if data.get("confirm", "").strip().casefold() != _confirm(request).casefold():
        words = translator(locale_of(request))
        because = words.gettext("That is not what was to be typed. Nothing was deleted.")
        return await _page(request, problem=because, status=422)
    keeps = data.get("keep_reviews") == "on"
    async with db.transaction(request.user.merchant_id):
        await erasure.ask(request.user.profile.id, "portal", clock.now(), keeps_reviews=keeps)
    shop = request.user.shop.name(locale_of(request))
    request.scope["user"] = None
    answer = page(request, "portal/erased.html", views.Erased(), shop=shop)
    answer.cookies.append(gone(CUSTOMER_SESSION))
    return answer


handlers = [show_profile, save_profile, ask_export, download, erase]


def _confirm(request: Customer) -> str:
    """What they type: their address, or the shop's number for whoever has none."""
    return request.user.profile.email or request.user.profile.external_id


async def _page(
    request: Customer,
    said: list[Notice] | None = None,
    problem: str = "",
    profile_problem: str = "",
    status: int = 200,
) -> Response[Any]:
    profile, locale = request.user.profile, locale_of(request)
    async with db.transaction(request.user.merchant_id):
        born = await customers.birthday(profile.id)
        exports = await export.of(profile.id)
        member = await members.by_customer(profile.id)
        choices = await messages.choices(request)
    names = get_month_names("wide", locale=babel_locale(locale), context="stand-alone")
    view = views.Profile(
        action=PATH,
        key=str(new_id()),
        name=profile.name,
        email=profile.email,
        external_id=profile.external_id,
        locale=negotiate(profile.locale, profile.locale),
        locales=tuple((each, OWN_NAMES[each]) for each in LOCALES),
        month=born[:2],
        day=born[3:],
        months=tuple((f"{n:02}", names[n]) for n in range(1, 13)),
        messages=choices,
        exports=views.export_rows(exports, f"{PATH}/exports"),
        export_key=str(new_id()),
        erase_key=str(new_id()),
        confirm=_confirm(request),
        leave_key=str(new_id()) if member and member.left_at is None else "",
        sessions_href=SESSIONS if any(each.path == SESSIONS for each in request.app.routes) else "",
        problem=problem,
        profile_problem=profile_problem,
    )
    return page(request, "portal/profile.html", view, notices=said or [], status=status)
