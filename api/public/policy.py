"""How a shop's reviews are verified, in every version that ever held."""

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from api.pages import locale_of, page
from api.public.common import Visitor
from core.design import publishing_views as views
from core.errors import NotFound
from reviews.publishing import rules
from reviews.publishing import service as publishing


@get("/{shop:str}/review-policy")
async def show_policy(
    request: Visitor, shop: FromPath[str], version: FromQuery[int | None] = None
) -> Response[str]:
    """The statement that holds, or one that held before. Raises NotFound."""
    found = await publishing.shop(shop)
    current = rules.POLICIES[-1]
    asked = current if version is None else rules.policy(version)
    if asked is None:
        raise NotFound(f"no version {version}")
    view = views.ReviewPolicy(
        shop=found.name(locale_of(request)),
        version=asked.version,
        since=asked.since,
        current=asked == current,
        versions=tuple(
            views.PolicyVersion(
                each.version, each.since, f"/shops/{shop}/review-policy?version={each.version}"
            )
            for each in reversed(rules.POLICIES)
        ),
    )
    return page(request, "public/review_policy.html", view)


handlers = [show_policy]
