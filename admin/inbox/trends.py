"""The page of trends: what more reviews complain about than before."""

from typing import Any

from litestar import Request, Response, get

from admin.inbox.present import excerpt
from api.auth import StaffUser, requires_permission
from api.pages import page
from core import clock, db
from core.design import trend_views
from reviews.trends import rules, service
from reviews.trends.service import Complaint, Shown
from reviews.wording import shown


@get("/trends", guards=[requires_permission("inbox.read")])
async def show_trends(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """Spikes with their evidence, then everything that has recent reviews."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        rows = [_row(each) for each in await service.trends(now)]
    view = trend_views.Trends(
        days=rules.RECENT.days,
        days_before=rules.BEFORE.days,
        spikes=tuple(row for row in rows if row.spike),
        others=tuple(row for row in rows if not row.spike),
    )
    return page(request, "staff/trends.html", view, section="inbox", now=now)


handlers = [show_trends]


def _row(found: Shown) -> trend_views.TrendRow:
    trend, count = found.trend, found.trend.count
    return trend_views.TrendRow(
        dimension=count.dimension,
        name=count.name,
        reviews=count.recent,
        complaints=count.recent_negative,
        share=count.share,
        share_before=count.share_before,
        spike=trend.spike,
        enough=trend.p is not None,
        evidence=tuple(_complaint(each) for each in found.evidence),
    )


def _complaint(each: Complaint) -> trend_views.Complaint:
    return trend_views.Complaint(
        excerpt=excerpt(shown(each.review.body or each.review.title)),
        language=each.review.lang,
        at=each.review.written_at,
        case_href=f"/staff/inbox/cases/{each.case_id}" if each.case_id else "",
        case_number=str(each.case_number or ""),
    )
