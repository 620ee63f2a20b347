"""What the public handlers share: whose shop, how often, and answers that caches may keep."""

import hashlib
from typing import Any

import msgspec
from litestar import MediaType, Request, Response

from core.people import throttle
from reviews.publishing import service as publishing
from reviews.publishing.service import PublicShop

Visitor = Request[Any, Any, Any]

PER_ADDRESS = throttle.Limit("public", 600, 60, network=True)
"""Generous: a whole office shares one address, and a page of reviews is one request."""
CACHED_S = 60
"""How long a change may take to be seen by those who have asked before."""


async def shop_of(request: Visitor, code: str, limit: throttle.Limit = PER_ADDRESS) -> PublicShop:
    """The shop that is asked for; the request is counted. Raises TooManyAttempts or NotFound."""
    await throttle.attempt((limit, address(request)))
    return await publishing.shop(code)


def address(request: Visitor) -> str:
    """The network address of the other end."""
    return request.client.host if request.client else "unknown"


def cacheable(request: Visitor, value: Any, media_type: str = MediaType.JSON) -> Response[bytes]:
    """The value, or 304 without it for who has it already."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={CACHED_S}"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
