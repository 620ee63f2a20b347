"""What waits for a decision, what was decided, and one review with all of it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.moderation import present
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.design import review_views as views
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import mark, translator
from core.ids import new_id
from reviews.moderation import queue
from reviews.moderation import service as moderation
from reviews.moderation.model import HIDES, Reason
from reviews.photos import service as photos

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/moderation"
NEEDED = "reviews.moderate"
PAGE_SIZE = 20
reads = requires_permission("inbox.read")
decides = requires_permission(NEEDED)

_NOTICES = {
    "approved": mark("The review is shown from now on."),
    "hidden": mark("The review is hidden, with its reason on record."),
}
_PROBLEMS = {
    moderation.WordingChanged.code: mark("Its author has written it anew. This is the new wording."),
    moderation.ReasonUnfit.code: mark("Please choose one of the reasons."),
    moderation.DeletionDisabled.code: mark("On a marketplace only what is unlawful may be hidden."),
}


class ApproveForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """`version` is the wording that the reader saw."""

    version: int


class HideForm(ApproveForm, forbid_unknown_fields=True, kw_only=True):
    """One of the neutral reasons."""

    reason: Reason | None = None


@get("/", guards=[reads])
async def held(request: Staff, after: FromQuery[str] = "", notice: FromQuery[str] = "") -> Response[Any]:
    """What waits, the oldest first, without stars. Raises CursorInvalid."""
    locale, user = locale_of(request), request.user
    async with db.transaction(user.merchant_id):
        found = await queue.held(after, PAGE_SIZE)
        view = views.Moderation(
            held_count=await queue.count(),
            rows=await _rows(request, found.rows),
            reasons=HIDES,
            marketplace=await moderation.profile() == "marketplace",
            next_href=f"{PATH}?after={found.next}" if found.next else "",
            first_href=PATH if after else "",
        )
    said = [Notice("good", translator(locale).gettext(_NOTICES[notice]))] if notice in _NOTICES else []
    return page(request, "staff/moderation.html", view, section="moderation", notices=said)


@get("/decided", guards=[reads])
async def decisions(request: Staff, after: FromQuery[str] = "") -> Response[Any]:
    """What staff decided, the latest first, with stars. Raises CursorInvalid."""
    shop = request.user.shop.name(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        found = await queue.decided(after, PAGE_SIZE)
        view = views.Decisions(
            held_count=await queue.count(),
            rows=tuple(present.decided(row, shop) for row in found.rows),
            next_href=f"{PATH}/decided?after={found.next}" if found.next else "",
            first_href=f"{PATH}/decided" if after else "",
        )
    return page(request, "staff/moderation_decisions.html", view, section="moderation")


@get("/reviews/{review_id:uuid}", guards=[reads])
async def review(request: Staff, review_id: FromPath[UUID]) -> Response[Any]:
    """One review, its history, and deciding anew. Raises NotFound."""
    return await _review_page(request, review_id)


@post("/reviews/{review_id:uuid}/approve", guards=[decides], status_code=303)
async def approve(
    request: Staff, review_id: FromPath[UUID], data: URLEncodedBody[ApproveForm]
) -> Response[Any]:
    """Show it. Raises NotFound."""
    return await _decide(request, review_id, "approved", data, "passed")


@post("/reviews/{review_id:uuid}/hide", guards=[decides], status_code=303)
async def hide(request: Staff, review_id: FromPath[UUID], data: URLEncodedBody[HideForm]) -> Response[Any]:
    """Hide it for a reason. Raises NotFound."""
    return await _decide(request, review_id, "hidden", data, data.reason or "passed")


handlers = [held, decisions, review, approve, hide]


async def _decide(
    request: Staff, review_id: UUID, decision: moderation.Decision, data: ApproveForm, reason: Reason
) -> Response[Any]:
    now, by = clock.now(), request.user.member.id

    async def effect() -> str:
        await moderation.decide(review_id, data.version, decision, reason, by, now)
        return f"{PATH}?notice={decision}"

    try:
        return await once_to(request, data.idempotency_key, [data.version, decision, reason], effect, now)
    except DomainError as error:
        if error.code not in _PROBLEMS:
            raise
        problem = translator(locale_of(request)).gettext(_PROBLEMS[error.code])
        return await _review_page(request, review_id, problem, STATUS[error.kind])


async def _review_page(
    request: Staff, review_id: UUID, problem: str = "", status: int = 200
) -> Response[Any]:
    async with db.transaction(request.user.merchant_id):
        found = await queue.one(review_id)
        [row] = await _rows(request, [found])
        view = views.ModeratedReview(
            held_count=await queue.count(),
            review=row,
            state=found.moderation,
            stars=present.stars(await queue.stars(review_id)),
            decided=found.moderation in ("approved", "hidden"),
            steps=tuple(views.Step(**vars(each)) for each in await queue.steps(review_id)),
            reasons=HIDES,
            marketplace=await moderation.profile() == "marketplace",
            problem=problem,
        )
    return page(request, "staff/moderation_review.html", view, section="moderation", status=status)


async def _rows(request: Staff, found: Any) -> tuple[views.HeldReview, ...]:
    locale, shop = locale_of(request), request.user.shop.name(locale_of(request))
    shot = await photos.of_reviews([each.id for each in found])
    may = NEEDED in request.user.permissions
    return tuple(
        present.waiting(each, shot, (str(new_id()), str(new_id())) if may else ("", ""), shop, locale)
        for each in found
    )
