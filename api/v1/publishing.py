"""Where products are shown, for feeds and search engines."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from reviews.publishing import service as publishing


class Publishing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How published reviews are shown elsewhere."""

    product_url: Annotated[str, Meta(max_length=1000)]
    """Address of a product's page at the shop, with {sku} in it; empty: not told."""


@get("/", guards=[requires_scope("reviews:read")], responses=problems(401, 403))
async def get_publishing(user: NamedDependency[Integrator]) -> Publishing:
    """What is told."""
    async with db.transaction(user.merchant_id):
        return Publishing(await publishing.product_url())


@put("/", guards=[requires_scope("reviews:write")], responses=WRITE_PROBLEMS)
async def put_publishing(
    data: JSONBody[Publishing], once: NamedDependency[Once[Publishing]]
) -> Response[Publishing]:
    """Tell it."""

    async def effect() -> Publishing:
        await publishing.keep_product_url(data.product_url, clock.now())
        return data

    return await once(effect)


v1_publishing = Router("/publishing", route_handlers=[get_publishing, put_publishing], tags=["Reviews"])
