"""What the customer's points buy: rewards, vouchers, and taking an unused one back."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.portal import present, words
from api.portal.common import Customer, member_of
from core import clock, db
from core.design import views
from core.ids import new_id
from loyalty.ledger import queries as ledger
from loyalty.ledger.errors import PointsInsufficient
from loyalty.members import service as members
from loyalty.rewards import service as rewards
from loyalty.rewards.service import RewardInactive, RewardSoldOut, VoucherSpent


@get("/rewards")
async def catalogue(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """What is on offer for this member, and the vouchers they have."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        balance = present.points(await members.balances(member.id))
        offers = await rewards.catalogue()
        vouchers = await rewards.vouchers(member.id)
    view = views.PortalRewards(
        points_active=balance.points_active,
        rewards=tuple(present.reward(each, balance, str(new_id()), locale) for each in offers),
        vouchers=tuple(present.voucher(each, each.cost_points, "", locale) for each in vouchers),
    )
    said = words.notices(notice, locale)
    return page(request, "portal/rewards.html", view, section="rewards", notices=said, now=now)


@post("/rewards/{reward_id:uuid}/redeem", status_code=303)
async def redeem(
    request: Customer, reward_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Buy a reward and go to its voucher; what stands against it is said above the rewards."""
    now = clock.now()

    async def effect() -> str:
        member = await member_of(request)
        bought = await rewards.redeem(member.id, reward_id, data.idempotency_key, now)
        return f"/portal/vouchers/{bought.id}?notice=redeemed"

    try:
        return await once_to(request, data.idempotency_key, "redeem", effect, now)
    except (PointsInsufficient, RewardSoldOut, RewardInactive) as error:
        return see_other(f"/portal/rewards?notice={error.code}")


@get("/vouchers/{voucher_id:uuid}")
async def voucher(
    request: Customer, voucher_id: FromPath[UUID], notice: FromQuery[str] = ""
) -> Response[Any]:
    """A voucher with its code. Raises NotFound for another member's."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        found = await rewards.voucher(member.id, voucher_id)
        paid = (await ledger.explain(member.id, found.journal_id)).line.points
    view = present.voucher(found, paid, str(new_id()), locale)
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
    except VoucherSpent as error:
        return see_other(f"/portal/vouchers/{voucher_id}?notice={error.code}")


handlers = [catalogue, redeem, voucher, cancel]
