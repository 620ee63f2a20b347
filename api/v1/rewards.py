"""Rewards: what is on offer, buying one with points, vouchers."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.errors import NotFound
from core.ids import new_id
from loyalty.members import service as members
from loyalty.rewards import service as rewards


class Redeem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Buy the reward with this code."""

    reward: Annotated[str, Meta(min_length=1, max_length=100)]


class Rewards(msgspec.Struct, frozen=True):
    """Rewards on offer, the cheapest first."""

    rewards: list[rewards.RewardView]


class Vouchers(msgspec.Struct, frozen=True):
    """A member's vouchers, the newest first."""

    vouchers: list[rewards.VoucherView]


@get("/rewards", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def catalogue(user: NamedDependency[Integrator]) -> Rewards:
    """What points buy."""
    async with db.transaction(user.merchant_id):
        return Rewards(await rewards.catalogue())


@post(
    "/members/{customer_id:str}/redemptions",
    guards=[requires_scope("rewards:redeem")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def redeem(
    customer_id: FromPath[str], data: JSONBody[Redeem], once: NamedDependency[Once[rewards.VoucherView]]
) -> Response[rewards.VoucherView]:
    """Spend points on a reward and get its voucher code."""

    async def effect() -> rewards.VoucherView:
        found = await members.find(customer_id)
        wanted = next((r for r in await rewards.catalogue() if r.code == data.reward), None)
        if wanted is None:
            raise NotFound(f"no reward {data.reward} is on offer")
        return await rewards.redeem(found.id, wanted.id, str(new_id()), clock.now())

    return await once(effect, status=201)


@get(
    "/members/{customer_id:str}/vouchers",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def vouchers(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> Vouchers:
    """A member's vouchers."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return Vouchers(await rewards.vouchers(found.id))


@post(
    "/members/{customer_id:str}/vouchers/{voucher_id:uuid}/cancel",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def cancel(
    customer_id: FromPath[str], voucher_id: FromPath[UUID], once: NamedDependency[Once[rewards.VoucherView]]
) -> Response[rewards.VoucherView]:
    """Give an unused voucher back: the same points return, with the expiry they had."""

    async def effect() -> rewards.VoucherView:
        found = await members.find(customer_id)
        return await rewards.cancel(found.id, voucher_id, clock.now())

    return await once(effect)


@post(
    "/vouchers/{code:str}/use",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def use(
    code: FromPath[str], once: NamedDependency[Once[rewards.VoucherView]]
) -> Response[rewards.VoucherView]:
    """Mark a voucher as used at the till."""

    async def effect() -> rewards.VoucherView:
        return await rewards.use(code, clock.now())

    return await once(effect)


v1_rewards = Router("/", route_handlers=[catalogue, redeem, vouchers, cancel, use], tags=["Rewards"])
