"""A shop's reviews as a plain page: what the widget shows, for browsers that run no scripts."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from api.pages import locale_of, page
from api.public.common import Visitor, shop_of
from api.public.reviews import Sku
from core import db
from core.design import publishing_views as views
from core.design.review_views import Picture
from reviews.publishing import service as publishing
from reviews.publishing.rules import Published, Wanted

PAGE = 20


@get("/{shop:str}/reviews")
async def show_reviews(
    request: Visitor, shop: FromPath[str], product: Sku = "", after: FromQuery[str] = ""
) -> Response[Any]:
    """Reviews of a product (a SKU; without one: of the shop itself), the newest first. Raises NotFound."""
    found = await shop_of(request, shop)
    async with db.transaction(found.id):
        listed = await publishing.page(Wanted(product), after, PAGE)
        rating = await publishing.rating_of(product)
    name = found.name(locale_of(request))
    path = f"/shops/{shop}/reviews?"
    view = views.ReviewsPage(
        shop=name,
        about=next((each.product_name for each in listed.rows if each.product_name), product) or name,
        mean=None if rating.mean is None else round(float(rating.mean), 1),
        count=rating.reviews,
        reviews=tuple(_line(each) for each in listed.rows),
        policy_href=f"/shops/{shop}/review-policy",
        first_href=path + urlencode({"product": product}) if after else "",
        next_href=path + urlencode({"product": product, "after": listed.next}) if listed.next else "",
    )
    return page(request, "public/reviews.html", view, shop=name)


handlers = [show_reviews]


def _line(review: Published) -> views.ReviewOnPage:
    return views.ReviewOnPage(
        stars=review.stars,
        title=review.title,
        text=review.body,
        language=review.language,
        author=review.author,
        at=review.written_at,
        edited=review.edited,
        verified=review.verified,
        incentivised=review.incentivised,
        insider=review.insider,
        pictures=tuple(
            Picture(str(each), f"/media/reviews/{each}", f"/media/reviews/{each}/small")
            for each in review.photos
        ),
        reply=review.reply,
    )
