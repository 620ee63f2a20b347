"""Behind the scenes: outgoing mails, and work that waits for somebody."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.operations import present
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import views
from core.i18n import translator
from core.mail import service as mail
from core.outbox import parked
from core.settings import settings

Staff = Request[StaffUser, Any, Any]

LIMIT = 100
"""Mails and parked rows on a page: the newest."""


@get("/mails", guards=[requires_permission("mails.read")])
async def mails(request: Staff) -> Response[Any]:
    """The newest mails."""
    async with db.transaction(request.user.merchant_id):
        found, failures = await mail.newest(LIMIT), present.failed(await parked.newest(LIMIT))
    view = present.mails(found, None, failures, bool(settings().smtp_url), _full(request.user))
    return page(request, "staff/mails.html", view, section="mails")


@get("/mails/{mail_id:uuid}", guards=[requires_permission("mails.read")])
async def one_mail(request: Staff, mail_id: FromPath[UUID]) -> Response[Any]:
    """One mail. Raises NotFound for another merchant's."""
    async with db.transaction(request.user.merchant_id):
        found, failures = await mail.get(mail_id), present.failed(await parked.newest(LIMIT))
    sends, full = bool(settings().smtp_url), _full(request.user)
    owner = "staff.manage" in request.user.permissions
    shown = present.mail(found, settings().mail_from, failures, sends, full, owner, locale_of(request))
    view = present.mails((), shown, failures, sends, full)
    return page(request, "staff/mails.html", view, section="mails")


@get("/parked", guards=[requires_permission("parked.read")])
async def parked_work(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Work that failed too often, the newest first."""
    async with db.transaction(request.user.merchant_id):
        items = await parked.newest(LIMIT)
    view = present.parked(items, "parked.retry" in request.user.permissions)
    said = []
    if notice == "retried":
        text = translator(locale_of(request)).gettext("It is on its way again.")
        said.append(views.Notice("good", text))
    return page(request, "staff/parked.html", view, section="parked", notices=said)


@post("/parked/{row_id:uuid}/retry", guards=[requires_permission("parked.retry")], status_code=303)
async def retry(request: Staff, row_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Send a piece of work again. Raises NotFound when it is not parked any more."""
    now = clock.now()

    async def effect() -> str:
        await parked.retry(row_id, now)
        return "/staff/parked?notice=retried"

    return await once_to(request, data.idempotency_key, "retry", effect, now)


handlers = [mails, one_mail, parked_work, retry]


def _full(user: StaffUser) -> bool:
    """Whether this reader may see customers' whole addresses."""
    return "customers.email" in user.permissions
