"""What is done on every case: answer, write, note, give points, hand over, take back, resolve, correct."""

from uuid import UUID

from admin.inbox.acting import Deal, deed
from admin.inbox.forms import (
    AssignForm,
    CaseForm,
    CorrectForm,
    GoodwillForm,
    MessageForm,
    ReplyForm,
    TagForm,
    TextForm,
    TriageForm,
    UndoForm,
)
from core import db
from core.errors import DomainError, Kind, NotFound
from reviews.cases import conversation, delivery, goodwill, service, tags
from reviews.cases.remedies.service import PointsUnfit
from reviews.cases.routing.triage import triage
from reviews.versions import service as versions
from reviews.versions.rules import Correction, sentiment_of
from sentiment.types import ASPECTS

POINTS_LIMIT_DIGITS = 15


class TeamGone(DomainError):
    """There is no such team."""

    code = "case_team_gone"
    kind = Kind.INVALID
    title = "There is no such team"


class OwnerUnfit(DomainError):
    """The case cannot go to this person."""

    code = "owner_unfit"
    kind = Kind.INVALID
    title = "This person cannot take over cases"


async def _reply(on: Deal, form: ReplyForm) -> None:
    await conversation.reply(
        on.case_id, form.plain, on.by, form.version, on.now, form.review, confirmed=bool(form.confirmed)
    )


async def _message(on: Deal, form: MessageForm) -> None:
    await conversation.message(
        on.case_id, form.plain, on.by, form.version, on.now, confirmed=bool(form.confirmed)
    )


async def _note(on: Deal, form: TextForm) -> None:
    """It collides with nothing that others do, so its version does not count."""
    await service.note(on.case_id, form.plain, on.by, on.now)


async def _give(on: Deal, form: GoodwillForm) -> None:
    await service.lock(on.case_id, form.version)
    await goodwill.give(on.case_id, points_of(form.points), form.reason, on.key(form), on.by, on.now)


async def _assign(on: Deal, form: AssignForm) -> None:
    """Take a case over, or give it to somebody; the domain knows which permission that takes."""
    await service.lock(on.case_id, form.version)
    try:
        to = UUID(form.staff_id) if form.staff_id else on.by
        await service.assign(on.case_id, to, on.by, form.version, on.now)
    except (ValueError, NotFound) as error:
        raise OwnerUnfit() from error


async def _triage(on: Deal, form: TriageForm) -> None:
    try:
        await triage(on.case_id, UUID(form.team_id), on.by, form.version, on.now)
    except (ValueError, NotFound) as error:
        raise TeamGone() from error


async def _undo(on: Deal, form: UndoForm) -> str:
    await conversation.undo(on.case_id, form.message, on.by, on.now)
    return str(form.message)


async def _retry(on: Deal, form: UndoForm) -> None:
    """Send a reply again that did not reach its source."""
    await delivery.retry(on.case_id, form.message, on.by, on.now)


async def _resolve(on: Deal, form: TextForm) -> None:
    await service.resolve(on.case_id, on.by, form.version, on.now, form.plain)


async def _reopen(on: Deal, form: CaseForm) -> None:
    await service.reopen(on.case_id, on.by, form.version, on.now)


async def _tag(on: Deal, form: TagForm) -> None:
    await tags.add(on.case_id, form.tag, on.by, on.now)


async def _untag(on: Deal, form: TagForm) -> None:
    await tags.remove(on.case_id, form.tag, on.by, on.now)


async def _correct(on: Deal, form: CorrectForm) -> None:
    """Say what the review says; its scores stay as they are."""
    row = await db.fetchrow("SELECT review_id FROM cases WHERE id = $1", on.case_id)
    if row is None or row["review_id"] is None:
        raise NotFound(f"no review in case {on.case_id}")
    await versions.correct(row["review_id"], _correction(form), on.now, on.by)


handlers = [
    deed("reply", ReplyForm, _reply),
    deed("message", MessageForm, _message),
    deed("note", TextForm, _note),
    deed("goodwill", GoodwillForm, _give, "inbox.goodwill"),
    deed("assign", AssignForm, _assign, "inbox.read"),
    deed("triage", TriageForm, _triage, "inbox.assign"),
    deed("undo", UndoForm, _undo),
    deed("retry", UndoForm, _retry),
    deed("resolve", TextForm, _resolve),
    deed("reopen", CaseForm, _reopen),
    deed("tag", TagForm, _tag),
    deed("untag", TagForm, _untag),
    deed("correct", CorrectForm, _correct),
]


def _correction(form: CorrectForm) -> Correction:
    """The form as a correction; stars decide the sentiment. Raises CorrectionUnfit."""
    aspects = {name: getattr(form, name) for name in ASPECTS if getattr(form, name)}
    if form.stars:
        stars = int(form.stars) if form.stars in ("1", "2", "3", "4", "5") else 0
        return Correction(sentiment_of(stars), stars, aspects)
    return Correction(form.sentiment, None, aspects)  # type: ignore[arg-type]


def points_of(typed: str) -> int:
    """A number as people type it. Raises PointsUnfit."""
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= POINTS_LIMIT_DIGITS):
        raise PointsUnfit()
    return int(typed)
