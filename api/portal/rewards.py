"""What the customer's points buy: rewards, vouchers, and taking an unused one back."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.portal import offers, present, words
from api.portal.common import Customer, member_of, reader_of
from core import clock, db
from core.design import portal_views
from core.errors import DomainError, Kind
from core.ids import new_id
from loyalty.households import service as households
from loyalty.members import service as members
from loyalty.rewards import quotes, vouchers
from loyalty.rewards import service as rewards
from loyalty.rewards.errors import PointsChoiceInvalid, VoucherExpired, VoucherSpent


class RedeemForm(KeyedForm, kw_only=True):
    """What was shown is what is bought; `points` where the member chooses."""

    version: Annotated[int, Meta(ge=1)]
    points: Annotated[int, Meta(ge=1)] | None = None


@get("/rewards")
async def catalogue(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """What is on offer for this member, and the vouchers they have."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        to = await reader_of(request, now)
        balance = present.points(await members.balances(member.id))
        offered = await quotes.quotes(member.id, now)
        had = await vouchers.vouchers(member.id)
        shared = await households.spendable(member.id, now)
    view = portal_views.PortalRewards(
        points_active=balance.points_active,
        rewards=offers.rewards(offered, [str(new_id()) for _ in offered], to.tiers, locale, now),
        vouchers=tuple(offers.voucher(each, "", locale) for each in had),
        household_points=shared,
    )
    said = words.notices(notice, locale)
    return page(request, "portal/rewards.html", view, section="rewards", notices=said, now=now)


@post("/rewards/{reward_id:uuid}/redeem", status_code=303)
async def redeem(
    request: Customer, reward_id: FromPath[UUID], data: URLEncodedBody[RedeemForm]
) -> Response[Any]:
    """Buy a reward and go to its voucher; what stands against it is said above the rewards."""
    now = clock.now()

    async def effect() -> str:
        member = await member_of(request)
        bought = await rewards.redeem(
            member.id, reward_id, data.idempotency_key, now, points=data.points, version=data.version
        )
        return f"/portal/vouchers/{bought.id}?notice=redeemed"

    said = {"redeem": data.version, "points": data.points}
    try:
        return await once_to(request, data.idempotency_key, said, effect, now)
    except DomainError as error:
        if error.kind is not Kind.CONFLICT and not isinstance(error, PointsChoiceInvalid):
            raise
        return see_other(f"/portal/rewards?notice={error.code}")


@get("/vouchers/{voucher_id:uuid}")
async def voucher(
    request: Customer, voucher_id: FromPath[UUID], notice: FromQuery[str] = ""
) -> Response[Any]:
    """A voucher with its code. Raises NotFound for another member's."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        found = await vouchers.issued(member.id, voucher_id)
    view = offers.voucher(found, str(new_id()), locale)
    said = words.notices(notice, locale)
    return page(request, "portal/voucher.html", view, section="rewards", notices=said, now=now)


@post("/vouchers/{voucher_id:uuid}/cancel", status_code=303)
async def cancel(
    request: Customer, voucher_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Take an unused voucher back; its points return. Raises NotFound for another member's."""
    now = clock.now()

    async def effect() -> str:
        member = await member_of(request)
        await rewards.cancel(member.id, voucher_id, now)
        return f"/portal/vouchers/{voucher_id}?notice=cancelled"

    try:
        return await once_to(request, data.idempotency_key, "cancel", effect, now)
    except (VoucherSpent, VoucherExpired) as error:
        return see_other(f"/portal/vouchers/{voucher_id}?notice={error.code}")


handlers = [catalogue, redeem, voucher, cancel]
