"""Files of opening balances: send one with a reason, approve or reject what waits, see what became of it."""

from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio.refusals import in_words
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, key_of, once_to
from api.pages import locale_of, page, see_other
from core import clock, db
from core.design import opening_views as views
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import Locale, mark, translator
from core.ids import new_id
from loyalty.changes import service as changes
from loyalty.openings import sending
from loyalty.openings.sending import FILE_LIMIT_BYTES, NEEDED, Sent

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/openings"
# The file, and what a form needs besides.
BODY_LIMIT_BYTES = FILE_LIMIT_BYTES + (1 << 20)

_NOTICES = {
    "done": ("good", mark("The opening balances are taken in.")),
    "waiting": ("info", mark("Nothing is taken in yet: somebody else has to approve it.")),
    "rejected": ("good", mark("It is rejected; nothing was taken in, and the file is gone.")),
    "changed": (
        "problem",
        mark("By now it would give something else. Look again before you decide."),
    ),
    "openings_decided": ("problem", mark("Somebody else was faster: it is decided already.")),
    "approval_needed": ("problem", mark("Somebody else has to approve it first.")),
}
_PROBLEMS = {
    "openings_invalid": mark("Say why, in at most 500 characters, and send a file of at most 2 MB."),
    "file_unreadable": mark("The file cannot be read: %(detail)s."),
}


@get("/openings", guards=[requires_permission("studio.read")])
async def overview(request: Staff) -> Response[Any]:
    """What was sent, why, and what waits."""
    return await _list(request)


@post(
    "/openings",
    guards=[requires_permission(NEEDED)],
    status_code=303,
    request_max_body_size=BODY_LIMIT_BYTES,
)
async def send(request: Staff) -> Response[Any]:
    """Take a file in, or let it wait for a second person; what is wrong with it is said on the form."""
    posted = await request.form()
    file = posted.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = file.filename if isinstance(file, UploadFile) else ""
    now, reason = clock.now(), str(posted.get("reason", "")).replace("\r\n", "\n")
    create = posted.get("create_members") == "on"

    async def effect() -> str:
        sent = await sending.send(name, content, reason, create, request.user.member.id, now)
        return f"{PATH}/{sent.id}?notice={sent.state}"

    try:
        key = key_of({"idempotency_key": str(posted.get("idempotency_key", ""))})
        return await once_to(request, key, [name, sending.digest(content), reason, create], effect, now)
    except DomainError as error:
        if error.code not in _PROBLEMS:
            raise
        detail = in_words(error.detail or error.title, locale_of(request))
        problem = translator(locale_of(request)).gettext(_PROBLEMS[error.code], detail=detail)
        return await _list(request, problem, reason, 422)


@get("/openings/{opening_id:uuid}", guards=[requires_permission("studio.read")])
async def show(request: Staff, opening_id: FromPath[UUID], notice: FromQuery[str] = "") -> Response[Any]:
    """One file: why it was sent, what becomes or became of its rows, and who decided. Raises NotFound."""
    user, locale = request.user, locale_of(request)
    async with db.transaction(user.merchant_id):
        sent = await sending.find(opening_id)
    may = NEEDED in user.permissions and sent.state == "waiting"
    rejects = tuple((each.line, each.column, in_words(each.reason, locale)) for each in sent.found.rejects)
    view = views.Opening(
        _line(sent),
        sent.create_members,
        rejects,
        key=str(new_id()) if may else "",
        approves=may and sent.asked_by != user.member.id,
        file_href=f"{PATH}/{opening_id}/file" if may else "",
    )
    said = _said(notice, locale)
    return page(request, "staff/opening.html", view, section="studio", notices=said)


@get("/openings/{opening_id:uuid}/file", guards=[requires_permission(NEEDED)])
async def fetch(request: Staff, opening_id: FromPath[UUID]) -> Response[bytes]:
    """The file that waits, so that nobody approves what they have not seen. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        found = await sending.waiting(opening_id, request.user.member.id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(found.content, media_type="application/octet-stream", headers=headers)


class Decision(KeyedForm, kw_only=True):
    """Approve or reject."""

    decision: Literal["approve", "reject"]


@post("/openings/{opening_id:uuid}/decide", guards=[requires_permission(NEEDED)], status_code=303)
async def decide(request: Staff, opening_id: FromPath[UUID], data: URLEncodedBody[Decision]) -> Response[Any]:
    """Take in what waits, or reject it. Raises NotFound."""
    now, path = clock.now(), f"{PATH}/{opening_id}"

    async def effect() -> str:
        sent = await sending.decide(opening_id, data.decision == "approve", request.user.member.id, now)
        return f"{path}?notice={'changed' if sent.state == 'waiting' else sent.state}"

    try:
        return await once_to(request, data.idempotency_key, data.decision, effect, now)
    except DomainError as error:
        if error.code not in _NOTICES:
            raise
        return see_other(f"{path}?notice={error.code}")


handlers = [overview, send, show, fetch, decide]


async def _list(request: Staff, problem: str = "", reason: str = "", status: int = 200) -> Response[Any]:
    user = request.user
    async with db.transaction(user.merchant_id):
        found = await sending.newest()
        second = await changes.second_person()
    view = views.Openings(
        tuple(_line(each) for each in found),
        second,
        str(new_id()) if NEEDED in user.permissions else "",
        reason,
        problem,
    )
    return page(request, "staff/openings.html", view, section="studio", status=status)


def _line(sent: Sent) -> views.OpeningLine:
    found = sent.found
    return views.OpeningLine(
        href=f"{PATH}/{sent.id}",
        file_name=sent.file_name,
        reason=sent.reason,
        state=sent.state,
        asked_by=sent.asked_by_name,
        asked_at=sent.asked_at,
        decided_by=sent.decided_by_name or "",
        decided_at=sent.decided_at,
        rows=found.rows,
        new=found.new,
        known=found.known,
        rejected=found.rejected,
        points=found.points,
        largest=found.largest,
    )


def _said(notice: str, locale: Locale) -> list[Notice]:
    if notice not in _NOTICES:
        return []
    kind, text = _NOTICES[notice]
    return [Notice(kind, translator(locale).gettext(text))]
