"""Where the customer is signed in, and how to end it from afar."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api import sessions as listing
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal.common import Customer
from core import clock, db
from core.design import account_views as views
from core.design.views import Notice
from core.i18n import translator
from core.people import sessions

PATH = "/portal/sessions"


async def own(request: Customer) -> views.SessionList:
    """What `session_parts.html` shows of this customer, in the open transaction."""
    found = await sessions.listed(clock.now(), customer_id=request.user.profile.id)
    return listing.shown(found, request.user, PATH)


@get("/sessions")
async def show_sessions(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """All of them, this browser's first."""
    async with db.transaction(request.user.merchant_id):
        view = views.PortalSessions(await own(request))
    words = translator(locale_of(request))
    said = [Notice("good", words.gettext("Signed out there."))] if notice == "ended" else []
    return page(request, "portal/sessions.html", view, notices=said)


@post("/sessions/{session_id:uuid}/end", status_code=303)
async def end_one(
    request: Customer, session_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Sign out there; twice changes nothing. Raises NotFound."""
    now = clock.now()

    async def effect() -> str:
        await sessions.revoke_own(session_id, now, customer_id=request.user.profile.id)
        return f"{PATH}?notice=ended"

    return await once_to(request, data.idempotency_key, {}, effect, now)


@post("/sessions/end-others", status_code=303)
async def end_others(request: Customer, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Sign out everywhere but here."""
    user, now = request.user, clock.now()

    async def effect() -> str:
        await sessions.revoke_all(now, customer_id=user.profile.id, but=user.session.id)
        return f"{PATH}?notice=ended"

    return await once_to(request, data.idempotency_key, {}, effect, now)


handlers = [show_sessions, end_one, end_others]
