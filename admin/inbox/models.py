"""The page of models side by side: the one that answers and the one in its shadow."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get

from admin.inbox.pages import path_of
from admin.inbox.present import excerpt
from api.auth import StaffUser, requires_permission
from api.pages import page
from core import clock, db
from core.design import model_views
from reviews.versions import service
from reviews.versions.service import Comparison, Difference
from reviews.wording import shown


@get("/models", guards=[requires_permission("inbox.read")])
async def show_models(request: Request[StaffUser, Any, Any]) -> Response[str]:
    """Each pair of models that have read the same reviews."""
    async with db.transaction(request.user.merchant_id):
        pairs = [
            _pair(pair, await service.differences(pair.answered_by, pair.shadow))
            for pair in await service.comparisons()
        ]
    return page(
        request, "staff/models.html", model_views.Models(tuple(pairs)), section="inbox", now=clock.now()
    )


handlers = [show_models]


def _pair(pair: Comparison, differences: Sequence[Difference]) -> model_views.ModelPair:
    return model_views.ModelPair(
        answered_by=pair.answered_by,
        shadow=pair.shadow,
        reviews=pair.reviews,
        same_sentiment=pair.same_sentiment / pair.reviews,
        same_stars=pair.same_stars / pair.reviews,
        newly_flagged=pair.newly_flagged,
        no_longer_flagged=pair.no_longer_flagged,
        corrected=pair.corrected,
        answered_right=pair.answered_right,
        shadow_right=pair.shadow_right,
        differences=tuple(
            model_views.ModelDifference(
                excerpt=excerpt(shown(each.body or each.title)),
                language=each.lang,
                answered=each.answered,
                shadow=each.sentiment,
                case_href=path_of(each.case_id) if each.case_id else "",
            )
            for each in differences
        ),
    )
