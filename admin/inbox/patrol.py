"""The patrol as a page: what is nobody's or late now."""

from typing import Any

from litestar import Request, Response, get

from api.auth import StaffUser, requires_permission
from api.pages import page
from core import clock, db
from core.design import case_views as views
from reviews.cases.patrol import service


@get("/patrol", guards=[requires_permission("inbox.read")])
async def show_patrol(request: Request[StaffUser, Any, Any]) -> Response[Any]:
    """As the daily mail has it."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        found, undone = await service.look(now)
    view = views.PatrolPage(
        negative=found.negative,
        handled=found.handled,
        listed=found.listed,
        without_case=found.without_case,
        unowned=found.unowned,
        overdue=found.overdue,
        calls=found.calls,
        lines=tuple(
            views.PatrolLine(
                f"/staff/inbox/cases/{each.id}",
                each.number,
                each.who,
                each.owner,
                each.due_at,
                each.call_owed,
            )
            for each in undone
        ),
    )
    return page(request, "staff/patrol.html", view, section="inbox", now=now)


handlers = [show_patrol]
