"""Pictures of reviews: for everybody once the review is published, before that for author and staff.

Those that customers send along to a case are for them and staff alone.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from api.auth import CustomerUser, Person, StaffUser
from core import db
from core.errors import NotFound
from reviews.cases.inbound import pictures
from reviews.photos import service as photos

PUBLIC = "public, max-age=300"
"""Short: a review that is taken back takes its pictures along."""


@get("/reviews/{photo_id:uuid}")
async def photo(request: Request[Person | None, Any, Any], photo_id: FromPath[UUID]) -> Response[bytes]:
    """The picture, at most 2048 pixels long."""
    return await _send(request, photo_id, small=False)


@get("/reviews/{photo_id:uuid}/small")
async def small_photo(request: Request[Person | None, Any, Any], photo_id: FromPath[UUID]) -> Response[bytes]:
    """The picture, at most 400 pixels long."""
    return await _send(request, photo_id, small=True)


@get("/cases/{picture_id:uuid}")
async def picture(request: Request[Person | None, Any, Any], picture_id: FromPath[UUID]) -> Response[bytes]:
    """The picture of a case, at most 2048 pixels long."""
    return await _send_own(request, picture_id, small=False)


@get("/cases/{picture_id:uuid}/small")
async def small_picture(
    request: Request[Person | None, Any, Any], picture_id: FromPath[UUID]
) -> Response[bytes]:
    """The picture of a case, at most 400 pixels long."""
    return await _send_own(request, picture_id, small=True)


router = Router(
    "/media", route_handlers=[photo, small_photo, picture, small_picture], include_in_schema=False
)


async def _send(request: Request[Person | None, Any, Any], photo_id: UUID, small: bool) -> Response[bytes]:
    merchant_id = await photos.merchant_of(photo_id)
    async with db.transaction(merchant_id):
        found = await photos.media(photo_id, small)
    if not found.public and not _may_see(request.user, merchant_id, found.customer_id):
        raise NotFound(f"no picture {photo_id}")
    headers = {
        "Cache-Control": PUBLIC if found.public else "private, no-store",
        "Content-Disposition": "inline",
        "Cross-Origin-Resource-Policy": "cross-origin",  # widgets show it on the shop's own pages
    }
    return Response(found.jpeg, media_type="image/jpeg", headers=headers)


async def _send_own(
    request: Request[Person | None, Any, Any], picture_id: UUID, small: bool
) -> Response[bytes]:
    user = request.user
    if user is None:
        raise NotFound(f"no picture {picture_id}")
    async with db.transaction(user.merchant_id):
        jpeg, customer_id = await pictures.find(picture_id, small)
    if not _may_see(user, user.merchant_id, customer_id):
        raise NotFound(f"no picture {picture_id}")
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def _may_see(user: Person | None, merchant_id: UUID, customer_id: UUID | None) -> bool:
    if user is None or user.merchant_id != merchant_id:
        return False
    if isinstance(user, StaffUser):
        return "inbox.read" in user.permissions
    return isinstance(user, CustomerUser) and user.profile.id == customer_id
