"""Bring a friend: the member's link, what both get, and the friends so far."""

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.portal.common import Customer, member_of
from core import clock, db
from core.design import friend_views as views
from core.errors import NotFound
from core.ids import new_id
from loyalty.referrals import service as referrals
from loyalty.referrals.rewards import sentences

PATH = "/portal/friends"


@get("/friends")
async def friends(request: Customer) -> Response[Any]:
    """The member's link and friends; without a referral programme there is no such page."""
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        try:
            terms = await referrals.terms()
        except NotFound:
            return see_other("/portal")
        known = await referrals.known_invitation(member.id)
        brought = await referrals.of_advocate(member.id)
        gives = await sentences(locale_of(request), clock.now())
    if not terms.active:
        return see_other("/portal")
    view = views.PortalFriends(
        code=known.code if known else "",
        link=known.link if known else "",
        order_within_days=terms.order_within_days,
        kept_after_days=terms.kept_after_days,
        min_order_minor=terms.min_order_minor,
        currency=terms.currency,
        rewards=gives,
        friends=tuple(views.Friend(each.claimed_at, each.state, each.rewarded_at) for each in brought),
        code_key="" if known else str(new_id()),
    )
    return page(request, "portal/friends.html", view, section="home")


@post("/friends", status_code=303)
async def make_link(request: Customer, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Make the member's link."""
    now = clock.now()

    async def effect() -> str:
        await referrals.invitation((await member_of(request)).id, now)
        return PATH

    return await once_to(request, data.idempotency_key, "link", effect, now)


handlers = [friends, make_link]
