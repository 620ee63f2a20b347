"""Adjustments by hand: asked for on a member's page, decided on and limited here."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.problems import RequestRefused
from core import clock, db
from core.design import ledger_views as views
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import Locale, in_language, mark, translator
from core.ids import new_id
from loyalty.adjustments import service as adjustments
from loyalty.adjustments.service import Adjustment, Asked
from loyalty.wallets import service as wallets

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/adjustments"
PAGE_SIZE = 25
WAITING_LIMIT = 100

_NOTICES = {
    "posted": ("good", mark("The adjustment is posted.")),
    "waiting": ("info", mark("This is above your limit: a second person decides on it.")),
    "rejected": ("good", mark("The adjustment is rejected; nothing was posted.")),
    "limit": ("good", mark("The limit is set.")),
    "points_insufficient": ("problem", mark("The member has not so many points. Nothing was changed.")),
    "adjustment_decided": ("problem", mark("Somebody else was faster: it is decided already.")),
    "second_person_needed": ("problem", mark("Whoever asks for an adjustment cannot decide on it.")),
    "adjustment_invalid": ("problem", mark("Type a whole number of points, and a note that says why.")),
    "wallet_unknown": ("problem", mark("There is no such wallet. Nothing was changed.")),
}


class Decision(KeyedForm):
    """Approve or reject."""

    decision: Literal["approve", "reject"]


class Limit(KeyedForm):
    """What a role may do alone from now on."""

    role: str
    limit_points: str


def notices(code: str, locale: Locale) -> tuple[Notice, ...]:
    """What a page says after an action; nothing for a code that there are no words for."""
    if code not in _NOTICES:
        return ()
    kind, text = _NOTICES[code]
    return (Notice(kind, translator(locale).gettext(text)),)


@get("/adjustments", guards=[requires_permission("studio.read")])
async def overview(
    request: Staff, before: FromQuery[UUID | None] = None, notice: FromQuery[str] = ""
) -> Response[Any]:
    """What waits, what was decided, and the limits."""
    user = request.user
    async with db.transaction(user.merchant_id):
        waiting = await adjustments.newest("waiting", limit=WAITING_LIMIT)
        decided = await adjustments.newest(None, before=before, limit=PAGE_SIZE + 1 + len(waiting))
        limits = await adjustments.limits()
        locale = locale_of(request)
        names = {each.code: in_language(each.name, locale) for each in await wallets.every()}
    rows = [each for each in decided if each.state != "waiting"]
    shown = rows[:PAGE_SIZE]
    view = views.Adjustments(
        waiting=lines(waiting, user, names),
        decided=lines(shown, user, names),
        next_href=f"{PATH}?before={shown[-1].id}" if len(rows) > PAGE_SIZE else "",
        first_href=PATH if before else "",
        limits=tuple(views.RoleLimit(role, points) for role, points in limits.items()),
        limit_key=str(new_id()) if "adjustments.limit" in user.permissions else "",
    )
    said = notices(notice, locale)
    return page(request, "staff/adjustments.html", view, section="studio", notices=said)


@post(
    "/adjustments/{adjustment_id:uuid}/decide",
    guards=[requires_permission("adjustments.decide")],
    status_code=303,
)
async def decide(
    request: Staff, adjustment_id: FromPath[UUID], data: URLEncodedBody[Decision]
) -> Response[Any]:
    """Post or reject what waits."""
    now = clock.now()

    async def effect() -> str:
        approve = data.decision == "approve"
        done = await adjustments.decide(adjustment_id, approve, request.user.member.id, now)
        return f"{PATH}?notice={done.state}"

    try:
        return await once_to(request, data.idempotency_key, data.decision, effect, now)
    except DomainError as error:
        return back(PATH, error)


@post("/adjustments/limits", guards=[requires_permission("adjustments.limit")], status_code=303)
async def limit(request: Staff, data: URLEncodedBody[Limit]) -> Response[Any]:
    """What a role may do alone."""
    now = clock.now()

    async def effect() -> str:
        points = data.limit_points.strip()
        if not points.isascii() or not points.isdigit():
            raise adjustments.AdjustmentInvalid("no whole number")
        await adjustments.set_limit(data.role, int(points))
        return f"{PATH}?notice=limit"

    try:
        return await once_to(request, data.idempotency_key, [data.role, data.limit_points], effect, now)
    except DomainError as error:
        return back(PATH, error)


handlers = [overview, decide, limit]


def asked(member_id: UUID, points: str, wallet: str, cause: str, note: str) -> Asked:
    """What the form asks for. Raises AdjustmentInvalid."""
    typed = points.strip().replace("−", "-").replace(",", "")
    digits = typed.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise adjustments.AdjustmentInvalid("no whole number of points")
    known = next((each for each in adjustments.CAUSES if each == cause), None)
    if known is None:
        raise RequestRefused("invalid_request", "The form is not right", "cause", status=422)
    return Asked(member_id=member_id, points=int(typed), cause=known, note=note.strip(), wallet=wallet)


def lines(
    found: Iterable[Adjustment], user: StaffUser, names: Mapping[str, str]
) -> tuple[views.AdjustmentLine, ...]:
    """Adjustments as rows, wallets by their names; with a key where this person can decide."""
    decides = "adjustments.decide" in user.permissions
    return tuple(
        views.AdjustmentLine(
            id=str(each.id),
            member=each.customer_name or each.customer_id,
            member_href=f"/staff/studio/members/{each.member_id}",
            points=each.points,
            wallet="" if each.wallet == "points" else names.get(each.wallet, each.wallet),
            cause=each.cause,
            note=each.note,
            state=each.state,
            asked_by=each.asked_by_name,
            asked_at=each.asked_at,
            decided_by=each.decided_by_name or "",
            decided_at=each.decided_at,
            decide_key=str(new_id())
            if decides and each.state == "waiting" and each.asked_by != user.member.id
            else "",
        )
        for each in found
    )


def form(
    user: StaffUser, member_id: UUID, names: Mapping[str, str], limits: Mapping[str, int]
) -> views.AdjustForm:
    """An empty form on a member's page."""
    return views.AdjustForm(
        action=f"/staff/studio/members/{member_id}/adjust",
        key=str(new_id()),
        wallets=tuple(names.items()),
        causes=adjustments.CAUSES,
        limit_points=limits[user.member.role],
    )


def problem(error: DomainError, locale: Locale) -> str:
    """Why nothing was done, in the reader's language. Raises an error that there are no words for."""
    if error.code not in _NOTICES:
        raise error
    return translator(locale).gettext(_NOTICES[error.code][1])


def back(path: str, error: DomainError) -> Response[Any]:
    """The page again, saying why nothing was done. Raises an error that there are no words for."""
    if error.code not in _NOTICES:
        raise error
    return see_other(f"{path}?notice={error.code}")
