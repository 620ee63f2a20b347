"""What the portal's handlers share."""

from datetime import datetime
from typing import Any

from litestar import Request, Response

from api.auth import CustomerUser
from api.pages import locale_of, page
from api.portal import present
from core.design.review_views import LinkEnded
from loyalty.members import service as members
from loyalty.members.service import Profile
from loyalty.programme import service as programme
from loyalty.rewards import catalogue

Customer = Request[CustomerUser, Any, Any]


class NotJoined(Exception):
    """The customer is no member yet; every page but the first leads there, to the invitation."""


def link_ended(
    request: Request[Any, Any, Any], sign_in_href: str = "/portal/sign-in?next=/portal/reviews"
) -> Response[Any]:
    """Of a link of a mail that opens nothing any more, whatever it opened."""
    return page(request, "portal/review_link_ended.html", LinkEnded(sign_in_href), status=404)


async def member_of(request: Customer) -> Profile:
    """The customer as a member, in the open transaction. Raises NotJoined."""
    member = await members.by_customer(request.user.profile.id)
    if member is None:
        raise NotJoined()
    return member


async def reader_of(request: Customer, now: datetime) -> present.Reader:
    """The reader with names of tiers and rewards, in the open transaction."""
    live = await programme.live()
    return present.reader(
        locale_of(request), now, [tier for each in live.sets for tier in each.tiers], await catalogue.names()
    )
