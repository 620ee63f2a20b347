"""Files of reviews: send one, see how it is read, change that, have it taken in."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from admin.studio import import_present as present
from admin.studio.refusals import in_words
from api.auth import StaffUser, requires_permission
from api.forms import once_to
from api.pages import locale_of, page, page_text, see_other
from core import clock, db
from core.design.views import Notice
from core.errors import DomainError
from core.files.rejects import HEADER, as_csv, cells
from core.i18n import Locale, mark, translator
from core.ids import new_id
from reviews.files import uploads
from reviews.files.uploads import UPLOAD_LIMIT_BYTES

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/imports"
LISTED = 50
SHOWN_REJECTS = 20
# The file, and what a form needs besides.
BODY_LIMIT_BYTES = UPLOAD_LIMIT_BYTES + (1 << 20)

_NOTICES = {
    "sent": ("info", mark("The file is being tried. Nothing is kept yet.")),
    "checked": ("info", mark("The file is being tried anew. Nothing is kept yet.")),
    "started": ("good", mark("The reviews are being taken in.")),
    "dropped": ("good", mark("The file is gone; nothing of it was kept.")),
    "review_import_not_ready": (
        "problem",
        mark("Somebody was faster, or the file is gone. Look at it again."),
    ),
}
_PROBLEMS = {
    "review_upload_too_large": mark(
        "The file is larger than can be sent here. The command line takes any size."
    ),
    "file_unreadable": mark("The file cannot be read: %(detail)s."),
    "review_choices_invalid": mark("This cannot be so: %(detail)s."),
}


@get("/imports", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """What was sent and imported."""
    return await _list(request, notice=notice)


@post(
    "/imports",
    guards=[requires_permission("reviews.import")],
    status_code=303,
    request_max_body_size=BODY_LIMIT_BYTES,
)
async def send(request: Staff) -> Response[Any]:
    """Keep a file and have it tried; what is no file of reviews is said on the form."""
    posted = await request.form()
    file = posted.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = file.filename if isinstance(file, UploadFile) else ""
    now, user = clock.now(), request.user

    async def effect() -> str:
        about = present.about(posted)
        import_id = await uploads.send(
            name, content, about.format, about.encoding, about.choices({}), user.member.id, now
        )
        return f"{PATH}/{import_id}?notice=sent"

    try:
        key = str(posted.get("idempotency_key") or new_id())
        return await once_to(request, key, [name, uploads.digest(content)], effect, now)
    except DomainError as error:
        return await _list(request, _problem(error, locale_of(request)), 422)


@get("/imports/{import_id:uuid}", guards=[requires_permission("studio.read")])
async def show(request: Staff, import_id: FromPath[UUID], notice: FromQuery[str] = "") -> Response[Any]:
    """How a file is read, how far it is, what was rejected. Raises NotFound."""
    return await _page(request, import_id, notice=notice)


@get("/imports/{import_id:uuid}/progress", guards=[requires_permission("studio.read")])
async def progress(request: Staff, import_id: FromPath[UUID]) -> Response[Any]:
    """How far it is, for the page that shows it; the whole page anew when it has come to an end."""
    async with db.transaction(request.user.merchant_id):
        sent = await uploads.find(import_id)
    view = present.progress(sent, f"{PATH}/{import_id}")
    text = page_text(request, "staff/import_progress.html", view, clock.now())
    headers = {} if view.href else {"HX-Refresh": "true"}
    return Response(text, media_type=MediaType.HTML, headers=headers)


@get("/imports/{import_id:uuid}/rejects.csv", guards=[requires_permission("studio.read")])
async def rejects(request: Staff, import_id: FromPath[UUID]) -> Response[bytes]:
    """Every row that could not be taken in, with its line, column and reason. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        await uploads.find(import_id)
        found = await uploads.rejects(import_id, 2 * uploads.KEPT_REJECTS)
    content = as_csv([HEADER, *(cells(each) for each in found)])
    headers = {"Content-Disposition": 'attachment; filename="rejects.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@post("/imports/{import_id:uuid}/check", guards=[requires_permission("reviews.import")], status_code=303)
async def check(request: Staff, import_id: FromPath[UUID]) -> Response[Any]:
    """Try the file anew with what the form says about it."""
    posted = await request.form()
    now = clock.now()

    async def effect() -> str:
        about = present.about(posted)
        known = (await uploads.find(import_id)).findings
        # A mapping was made for the format that it was shown with.
        columns = present.columns(posted) if known and about.format in (known.format, "auto") else {}
        await uploads.check(import_id, about.format, about.encoding, about.choices(columns), now)
        return f"{PATH}/{import_id}?notice=checked"

    return await _done(request, import_id, posted, effect)


@post("/imports/{import_id:uuid}/start", guards=[requires_permission("reviews.import")], status_code=303)
async def start(request: Staff, import_id: FromPath[UUID]) -> Response[Any]:
    """Take in what was tried."""
    posted, now = await request.form(), clock.now()

    async def effect() -> str:
        await uploads.take_in(import_id, now)
        return f"{PATH}/{import_id}?notice=started"

    return await _done(request, import_id, posted, effect)


@post("/imports/{import_id:uuid}/drop", guards=[requires_permission("reviews.import")], status_code=303)
async def drop(request: Staff, import_id: FromPath[UUID]) -> Response[Any]:
    """The file goes, untaken."""
    posted, now = await request.form(), clock.now()

    async def effect() -> str:
        await uploads.drop(import_id, now)
        return f"{PATH}?notice=dropped"

    return await _done(request, import_id, posted, effect)


handlers = [overview, send, show, progress, rejects, check, start, drop]


async def _done(
    request: Staff, import_id: UUID, posted: Any, effect: Callable[[], Awaitable[str]]
) -> Response[Any]:
    """Do it once, or say on the page why it cannot be done."""
    said = {
        name: str(value) for name, value in posted.items() if name not in ("csrf_token", "idempotency_key")
    }
    try:
        key = str(posted.get("idempotency_key") or new_id())
        return await once_to(request, key, said, effect, clock.now())
    except DomainError as error:
        if error.code in _NOTICES:
            return see_other(f"{PATH}/{import_id}?notice={error.code}")
        return await _page(request, import_id, _problem(error, locale_of(request)), 422)


async def _list(request: Staff, problem: str = "", status: int = 200, notice: str = "") -> Response[Any]:
    user, locale = request.user, locale_of(request)
    async with db.transaction(user.merchant_id):
        found = await uploads.newest(LISTED)
    view = present.listed(found, PATH, "reviews.import" in user.permissions, locale, problem)
    said = _said(notice, locale)
    return page(request, "staff/imports.html", view, section="studio", notices=said, status=status)


async def _page(
    request: Staff, import_id: UUID, problem: str = "", status: int = 200, notice: str = ""
) -> Response[Any]:
    user, locale = request.user, locale_of(request)
    async with db.transaction(user.merchant_id):
        sent = await uploads.find(import_id)
        rejected = await uploads.rejects(import_id, SHOWN_REJECTS)
    view = present.page(sent, rejected, f"{PATH}/{import_id}", "reviews.import" in user.permissions, locale)
    said = (*_said(notice, locale), *([Notice("problem", problem)] if problem else []))
    return page(request, "staff/import.html", view, section="studio", notices=said, status=status)


def _said(notice: str, locale: Locale) -> tuple[Notice, ...]:
    if notice not in _NOTICES:
        return ()
    kind, text = _NOTICES[notice]
    return (Notice(kind, translator(locale).gettext(text)),)


def _problem(error: DomainError, locale: Locale) -> str:
    """What is wrong, in the reader's language. Raises an error that there are no words for."""
    if error.code not in _PROBLEMS:
        raise error
    return translator(locale).gettext(
        _PROBLEMS[error.code], detail=in_words(error.detail or error.title, locale)
    )
