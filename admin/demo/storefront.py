"""A page as a shop has it, with the widget in it: the demo's merchant has no shop of its own."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from admin.demo.shop import MERCHANT
from admin.demo.stores import STORES
from api.pages import locale_of, page
from api.public.reviews import structured
from core import db
from core.design import publishing_views as views
from core.errors import NotFound
from reviews.publishing import jsonld
from reviews.publishing import service as publishing
from reviews.publishing.rules import HERE

Visitor = Request[Any, Any, Any]

PRODUCTS = {product.sku: product for store in STORES for product in store.catalogue}
_MOST = """
    SELECT product_sku AS sku FROM reviews
    WHERE merchant_id = $1 AND published AND product_sku <> '' AND source = ANY ($2::text[])
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 12
"""


@get("/")
async def shelf(request: Visitor) -> Response[str]:
    """The products that most is written about."""
    shop = await publishing.shop(MERCHANT)
    async with db.transaction(shop.id):
        skus = [row["sku"] for row in await db.fetch(_MOST, shop.id, list(HERE))]
    products = tuple(
        views.StoreProduct(PRODUCTS[sku].name, f"/demo/shop/{sku}") for sku in skus if sku in PRODUCTS
    )
    return page(request, "public/storefront.html", views.Storefront(shop.name(locale_of(request)), products))


@get("/{sku:str}")
async def product(request: Visitor, sku: FromPath[str]) -> Response[str]:
    """One product with its reviews. Raises NotFound."""
    if sku not in PRODUCTS:
        raise NotFound(f"no product {sku!r}")
    shop = await publishing.shop(MERCHANT)
    async with db.transaction(shop.id):
        document = await structured(sku, PRODUCTS[sku].name, str(request.url.with_replacements(query="")))
    view = views.StorePage(
        shop.name(locale_of(request)), shop.code, sku, PRODUCTS[sku].name, jsonld.script(document)
    )
    return page(request, "public/store_page.html", view)


router = Router("/demo/shop", route_handlers=[shelf, product], include_in_schema=False)
