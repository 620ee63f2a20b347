"""The pages of the inbox: lists, one case, and how far scoring is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from admin.inbox import present
from admin.inbox.present import Reader, Refused
from admin.inbox.queries import neighbours
from api.auth import StaffUser, requires_permission
from api.pages import locale_of, page
from core import clock, db
from core.design import views
from core.i18n import in_language, translator
from core.ids import new_id
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from reviews.cases import queries as cases
from reviews.cases import rules
from reviews.cases.queries import ViewName
from reviews.scoring import service as scoring
from reviews.sources import source_of

Staff = Request[StaffUser, Any, Any]

PAGE_SIZE = 50
SCORING = "/staff/inbox/scoring"
reads = requires_permission("inbox.read")


@get("/", guards=[reads])
async def inbox(
    request: Staff, view: FromQuery[ViewName] = "open", after: FromQuery[str] = ""
) -> Response[str]:
    """One page of a view. Raises CursorInvalid."""
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        counts = await cases.counts(user.member.id, now)
        found = await cases.inbox(view, user.member.id, now, after, PAGE_SIZE)
        progress = await scoring.progress()
    to = _reader(request, {}, now)
    shown = views.Inbox(
        tabs=present.tabs(counts, view),
        rows=tuple(present.case_row(row, to) for row in found.rows),
        scoring=views.Scoring(progress.scored, progress.total, SCORING),
        next_href=f"/staff/inbox?view={view}&after={found.next}" if found.next else "",
        first_href=f"/staff/inbox?view={view}" if after else "",
    )
    return page(request, "staff/inbox.html", shown, section="inbox", now=now)


@get("/scoring", guards=[reads])
async def show_scoring(request: Staff) -> Response[str]:
    """The strip alone, which asks for itself again while something is left."""
    async with db.transaction(request.user.merchant_id):
        progress = await scoring.progress()
    return page(request, "staff/scoring.html", views.Scoring(progress.scored, progress.total, SCORING))


@get("/cases/{case_id:uuid}", guards=[reads])
async def show_case(request: Staff, case_id: FromPath[UUID]) -> Response[str]:
    """One case. Raises NotFound."""
    return await case_page(request, case_id, clock.now())


async def case_page(
    request: Staff, case_id: UUID, now: datetime, tried: Refused | None = None, status: int = 200
) -> Response[str]:
    """The page of a case, after `tried` with what was typed. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        found = await cases.case(case_id, request.user.member.id, now)
        before, behind = await neighbours(case_id)
        to = _reader(request, await _tiers(request), now)
    review = found.row.review
    limit_chars = source_of(review.source).reply_limit_chars if review else rules.TEXT_LIMIT_CHARS
    view = present.case(found, to, limit_chars, (_href(before), _href(behind)), lambda: str(new_id()))
    if tried:
        view = present.refused(view, tried)
    return page(request, "staff/case.html", view, section="inbox", status=status, now=now)


handlers = [inbox, show_scoring, show_case]


def path_of(case_id: UUID) -> str:
    """The address of a case."""
    return f"/staff/inbox/cases/{case_id}"


def _href(case_id: UUID | None) -> str:
    return path_of(case_id) if case_id else ""


def _reader(request: Staff, tiers: dict[str, str], now: datetime) -> Reader:
    user = request.user
    return Reader(user.member.id, user.permissions, translator(locale_of(request)), now, tiers)


async def _tiers(request: Staff) -> dict[str, str]:
    """Names of the tiers, in the open transaction; none without a programme."""
    try:
        live = await programme.live()
    except ProgrammeMissing:
        return {}
    return {tier.code: in_language(tier.name, locale_of(request)) for tier in live.tiers}
