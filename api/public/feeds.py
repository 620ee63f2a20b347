"""Feeds of published reviews for Google and Meta, which fetch them."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from api.openapi import problems
from api.public.common import Visitor, cacheable, shop_of
from core.errors import NotFound
from core.people import throttle
from core.settings import settings
from reviews.publishing import feeds

PER_ADDRESS = throttle.Limit("feed", 60, 3600, network=True)
"""A feed is fetched once a day, in a few parts."""


class Parts(msgspec.Struct, frozen=True):
    """Addresses of the parts of a feed: together they are complete."""

    parts: list[str]


@get("/{shop:str}/feeds/{name:str}/parts", responses=problems(409, 429))
async def show_parts(request: Visitor, shop: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """The parts of a feed (`google_product.xml` or `meta.csv`): a file has at most 100 MB."""
    feed = feeds.feed_of(name)
    found = await feeds.parts(await shop_of(request, shop, PER_ADDRESS), feed)
    base = f"{settings().public_url}/public/{shop}/feeds/{name}"
    return cacheable(request, Parts([f"{base}?part={n + 1}" for n in range(len(found))]))


@get("/{shop:str}/feeds/{name:str}", responses=problems(409, 429))
async def show_feed(
    request: Visitor,
    shop: FromPath[str],
    name: FromPath[str],
    part: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
) -> Stream:
    """One part of a feed, streamed: `google_product.xml` (product reviews 2.4) or `meta.csv`.

    Complete, as Google wants it: what is left out is deleted there. Reviews without stars, without words or
    of no product are left out.
    """
    feed = feeds.feed_of(name)
    owner = await shop_of(request, shop, PER_ADDRESS)
    found = await feeds.parts(owner, feed)
    if part > len(found):
        raise NotFound(f"the feed has {len(found)} parts")
    return Stream(feeds.stream(owner, feed, found[part - 1]), media_type=feed.media_type)


handlers = [show_parts, show_feed]
