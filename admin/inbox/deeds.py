"""What is done on a case: each post acts once and leads back to the case.

What cannot be done comes back on the page of the case as it is now, with what was typed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox import words
from admin.inbox.forms import AssignForm, CaseForm, CorrectForm, GoodwillForm, ReplyForm, TextForm, UndoForm
from admin.inbox.pages import Staff, case_page, path_of
from admin.inbox.present import Deed, Refused
from api.auth import requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of
from api.problems import STATUS
from core import clock, db
from core.errors import DomainError, Kind, NotFound
from core.i18n import translator
from reviews.cases import conversation, delivery, goodwill, service
from reviews.cases.remedies.service import PointsUnfit
from reviews.versions import service as versions
from reviews.versions.rules import Correction, sentiment_of
from sentiment.types import ASPECTS

replies = requires_permission("inbox.reply")
POINTS_LIMIT_DIGITS = 15


class OwnerUnfit(DomainError):
    """The case cannot go to this person."""

    code = "owner_unfit"
    kind = Kind.INVALID
    title = "This person cannot take over cases"


@post("/cases/{case_id:uuid}/reply", guards=[replies], status_code=303)
async def reply(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[ReplyForm]) -> Response[Any]:
    """Answer in public."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await conversation.reply(case_id, data.plain, by, data.version, now, data.review)

    return await act(request, case_id, "reply", data, effect)


@post("/cases/{case_id:uuid}/message", guards=[replies], status_code=303)
async def message(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[TextForm]) -> Response[Any]:
    """Write to the customer."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await conversation.message(case_id, data.plain, by, data.version, now)

    return await act(request, case_id, "message", data, effect)


@post("/cases/{case_id:uuid}/note", guards=[replies], status_code=303)
async def note(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[TextForm]) -> Response[Any]:
    """Write for colleagues; a note collides with nothing that others do."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.note(case_id, data.plain, by, now)

    return await act(request, case_id, "note", data, effect)


@post("/cases/{case_id:uuid}/goodwill", guards=[requires_permission("inbox.goodwill")], status_code=303)
async def give(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[GoodwillForm]) -> Response[Any]:
    """Give points."""
    user = request.user

    async def effect(now: datetime) -> object:
        await service.lock(case_id, data.version)
        points = _points(data.points)
        # Of this person and this form, and short, whatever the form brought as its key.
        key = str(uuid5(user.member.id, data.idempotency_key))
        return await goodwill.give(case_id, points, data.reason, key, user.member.id, now)

    return await act(request, case_id, "goodwill", data, effect)


@post("/cases/{case_id:uuid}/assign", guards=[requires_permission("inbox.read")], status_code=303)
async def assign(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[AssignForm]) -> Response[Any]:
    """Take a case over, or give it to somebody; the domain knows which permission that takes."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        await service.lock(case_id, data.version)
        try:
            to = UUID(data.staff_id) if data.staff_id else by
            return await service.assign(case_id, to, by, data.version, now)
        except (ValueError, NotFound) as error:
            raise OwnerUnfit() from error

    return await act(request, case_id, "assign", data, effect)


@post("/cases/{case_id:uuid}/undo", guards=[replies], status_code=303)
async def undo(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[UndoForm]) -> Response[Any]:
    """Take a message back before it goes out."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        await conversation.undo(case_id, data.message, by, now)
        return None

    return await act(request, case_id, "undo", data, effect)


@post("/cases/{case_id:uuid}/retry", guards=[replies], status_code=303)
async def retry(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[UndoForm]) -> Response[Any]:
    """Send a reply again that did not reach its source."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        await delivery.retry(case_id, data.message, by, now)
        return None

    return await act(request, case_id, "retry", data, effect)


@post("/cases/{case_id:uuid}/resolve", guards=[replies], status_code=303)
async def resolve(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[TextForm]) -> Response[Any]:
    """The matter is settled."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.resolve(case_id, by, data.version, now, data.plain)

    return await act(request, case_id, "resolve", data, effect)


@post("/cases/{case_id:uuid}/reopen", guards=[replies], status_code=303)
async def reopen(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[CaseForm]) -> Response[Any]:
    """It was not settled."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.reopen(case_id, by, data.version, now)

    return await act(request, case_id, "reopen", data, effect)


@post("/cases/{case_id:uuid}/correct", guards=[replies], status_code=303)
async def correct(
    request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[CorrectForm]
) -> Response[Any]:
    """Say what the review says; its scores stay as they are."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        row = await db.fetchrow("SELECT review_id FROM cases WHERE id = $1", case_id)
        if row is None or row["review_id"] is None:
            raise NotFound(f"no review in case {case_id}")
        return await versions.correct(row["review_id"], _correction(data), now, by)

    return await act(request, case_id, "correct", data, effect)


handlers = [correct, reply, message, note, give, assign, undo, retry, resolve, reopen]


async def act(
    request: Staff,
    case_id: UUID,
    deed: Deed,
    form: KeyedForm,
    effect: Callable[[datetime], Awaitable[object]],
) -> Response[Any]:
    now = clock.now()
    said = {name: value for name, value in msgspec.to_builtins(form).items() if name not in _NOT_SAID}

    async def act() -> str:
        await effect(now)
        return path_of(case_id)

    try:
        return await once_to(request, form.idempotency_key, said, act, now)
    except DomainError as error:
        because = words.problem(translator(locale_of(request)), error)
        if not because:
            raise
        tried = _tried(deed, form, because, conflict=error.code == service.CaseChanged.code)
        return await case_page(request, case_id, now, tried, STATUS[error.kind])


_NOT_SAID = ("csrf_token", "idempotency_key")


def _tried(deed: Deed, form: KeyedForm, because: str, conflict: bool) -> Refused:
    if isinstance(form, GoodwillForm):
        return Refused(deed, because, conflict, form.reason, form.points)
    return Refused(deed, because, conflict, form.plain if isinstance(form, TextForm) else "")


def _correction(form: CorrectForm) -> Correction:
    """The form as a correction; stars decide the sentiment. Raises CorrectionUnfit."""
    aspects = {name: getattr(form, name) for name in ASPECTS if getattr(form, name)}
    if form.stars:
        stars = int(form.stars) if form.stars in ("1", "2", "3", "4", "5") else 0
        return Correction(sentiment_of(stars), stars, aspects)
    return Correction(form.sentiment, None, aspects)  # type: ignore[arg-type]


def _points(typed: str) -> int:
    """A number as people type it. Raises PointsUnfit."""
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= POINTS_LIMIT_DIGITS):
        raise PointsUnfit()
    return int(typed)
