"""Mails that no case took in: a person puts each into a case or dismisses it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.inbox import words
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.design import case_views as views
from core.errors import DomainError, NotFound
from core.i18n import translator
from core.ids import new_id
from reviews.cases.inbound import service
from reviews.cases.inbound.service import Listed

Staff = Request[StaffUser, Any, Any]
PATH = "/staff/inbox/mail"
PAGE_SIZE = 30
SHOWN_CHARS = 1500
STATES = ("parked", "refused", "dismissed", "taken")
replies = requires_permission("inbox.reply")


class PutForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """Number of the case; empty: the sender's own."""

    number: str = ""


@get("/mail", guards=[requires_permission("inbox.read")])
async def show_mails(
    request: Staff, view: FromQuery[str] = "parked", after: FromQuery[UUID | None] = None
) -> Response[str]:
    """Mails of one state, the newest first."""
    return await _page(request, view if view in STATES else "parked", clock.now(), after)


@post("/mail/{inbound_id:uuid}/put", guards=[replies], status_code=303)
async def put(request: Staff, inbound_id: FromPath[UUID], data: URLEncodedBody[PutForm]) -> Response[Any]:
    """Put it into a case."""
    by, now = request.user.member.id, clock.now()

    async def effect() -> str:
        number = data.number.strip()
        if number and not (number.isascii() and number.isdigit() and len(number) < 10):
            raise NotFound(f"no case {number}")
        case_id = await service.put(inbound_id, int(number) if number else None, by, now)
        return f"/staff/inbox/cases/{case_id}"

    return await _act(request, data.idempotency_key, data.number, effect, now)


@post("/mail/{inbound_id:uuid}/dismiss", guards=[replies], status_code=303)
async def dismiss(
    request: Staff, inbound_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """It is for no case."""
    by, now = request.user.member.id, clock.now()

    async def effect() -> str:
        await service.dismiss(inbound_id, by, now)
        return PATH

    return await _act(request, data.idempotency_key, "dismiss", effect, now)


handlers = [show_mails, put, dismiss]


async def _act(request: Staff, key: str, said: object, effect: Any, now: datetime) -> Response[Any]:
    try:
        return await once_to(request, key, said, effect, now)
    except DomainError as error:
        say = translator(locale_of(request))
        because = words.problem(say, error)
        if isinstance(error, NotFound):
            because = say.gettext("There is no case with this number.")
        if not because:
            raise
        return await _page(request, "parked", now, None, because, STATUS[error.kind])


async def _page(
    request: Staff, state: str, now: datetime, after: UUID | None, problem: str = "", status: int = 200
) -> Response[str]:
    async with db.transaction(request.user.merchant_id):
        found = await service.listed(state, after, PAGE_SIZE + 1)
        parked = await service.parked()
    rows = found[:PAGE_SIZE]
    acts = "inbox.reply" in request.user.permissions
    sees = "customers.email" in request.user.permissions
    view = views.MailsIn(
        state=state,
        states=STATES,
        parked=parked,
        mails=tuple(_line(each, acts, sees) for each in rows),
        problem=problem,
        first_href=f"{PATH}?view={state}" if after else "",
        next_href=f"{PATH}?view={state}&after={rows[-1].id}" if len(found) > PAGE_SIZE else "",
    )
    return page(request, "staff/mails_in.html", view, section="inbox", status=status, now=now)


def _line(mail: Listed, acts: bool, sees: bool) -> views.MailIn:
    open_still = acts and mail.state in ("parked", "refused")
    return views.MailIn(
        id=str(mail.id),
        at=mail.received_at,
        sender=(mail.from_address if sees else "") or mail.from_name,
        name=mail.from_name,
        subject=mail.subject,
        text=mail.body[:SHOWN_CHARS],
        cut=len(mail.body) > SHOWN_CHARS,
        attachments=tuple(mail.attachments),
        reason=mail.reason or "",
        case_href=f"/staff/inbox/cases/{mail.case_id}" if mail.case_id else "",
        case_number=str(mail.case_number or ""),
        decided_by=mail.decided_by or "",
        put_key=str(new_id()) if open_still else "",
        dismiss_key=str(new_id()) if open_still else "",
    )
