"""Rewards: what is on offer and on which terms, what one would cost a member, buying it, vouchers."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.errors import NotFound
from core.ids import new_id
from core.people import throttle
from core.people.throttle import UNKNOWN_CODES
from loyalty.members import service as members
from loyalty.rewards import catalogue, service, vouchers
from loyalty.rewards import quotes as quoting
from loyalty.rewards.catalogue import RewardView, VersionView
from loyalty.rewards.quotes import Quote
from loyalty.rewards.rules import Offer
from loyalty.rewards.vouchers import VoucherView

T = TypeVar("T")
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}\Z")]
Stock = Annotated[int, Meta(ge=0, le=10**9)]


class NewReward(Offer, frozen=True, kw_only=True):
    """A reward to put on offer. `terms` is one of the kinds; money is in minor units of its currency."""

    code: Code
    """By which it is known for ever."""
    stock: Stock | None = None
    """How many there are; null: without limit."""


class ChangedReward(Offer, frozen=True, kw_only=True):
    """All terms of a reward anew."""

    based_on: Annotated[int, Meta(ge=1)]
    """The version that was looked at: if another is live by now, the change is refused."""


class NewStock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many are left from now on; null: without limit."""

    stock: Stock | None


class Redeem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Buy the reward with this code."""

    reward: Annotated[str, Meta(min_length=1, max_length=100)]
    points: Annotated[int, Meta(ge=1)] | None = None
    """How many to spend on cash back; for other kinds, left out."""
    version: Annotated[int, Meta(ge=1)] | None = None
    """The version that the member was shown: if another is live by now, nothing is bought."""
    hold_minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = None
    """Only hold it for a checkout, so long: points, stock and code are put by until it is captured."""


class Use(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Use a voucher; a gift card in part with `amount_minor`."""

    amount_minor: Annotated[int, Meta(ge=1)] | None = None
    """In minor units; left out: all that is left."""
    reference: Annotated[str, Meta(max_length=200)] = ""
    """The till's: an order or receipt."""


class Rewards(msgspec.Struct, frozen=True):
    """Rewards on offer, the cheapest first."""

    rewards: list[RewardView]


class Versions(msgspec.Struct, frozen=True):
    """Versions of a reward, the newest first."""

    versions: list[VersionView]


class Quotes(msgspec.Struct, frozen=True):
    """Rewards on offer as one member sees them, the cheapest first."""

    quotes: list[Quote]


class Vouchers(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a member's vouchers, the newest first."""

    vouchers: list[VoucherView]
    next_before: UUID | None
    """Asks for the page after it; null: there is none."""


@get("/rewards", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def offered(user: NamedDependency[Integrator]) -> Rewards:
    """What points buy."""
    async with db.transaction(user.merchant_id):
        return Rewards(await catalogue.catalogue())


@post("/rewards", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(data: JSONBody[NewReward], once: NamedDependency[Once[RewardView]]) -> Response[RewardView]:
    """Put a reward on offer."""

    async def effect() -> RewardView:
        await catalogue.offer(data.code, data, clock.now(), data.stock)
        return await catalogue.find(data.code)

    return await once(effect, status=201)


@post(
    "/rewards/{code:str}/versions",
    guards=[requires_scope("programme:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def change(
    code: FromPath[str], data: JSONBody[ChangedReward], once: NamedDependency[Once[RewardView]]
) -> Response[RewardView]:
    """Change price and terms, as another version. Vouchers keep what they were bought under."""

    async def effect() -> RewardView:
        await catalogue.change(code, data.based_on, data, clock.now())
        return await catalogue.find(code)

    return await once(effect, status=201)


@get(
    "/rewards/{code:str}/versions",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def versions(code: FromPath[str], user: NamedDependency[Integrator]) -> Versions:
    """What a reward has cost, and since when."""
    async with db.transaction(user.merchant_id):
        return Versions(await catalogue.versions((await catalogue.find(code)).id))


@put(
    "/rewards/{code:str}/stock",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def restock(
    code: FromPath[str], data: JSONBody[NewStock], once: NamedDependency[Once[RewardView]]
) -> Response[RewardView]:
    """Say how many are left."""

    async def effect() -> RewardView:
        await catalogue.set_stock(code, data.stock)
        return await catalogue.find(code)

    return await once(effect)


@post(
    "/rewards/{code:str}/activate",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def activate(code: FromPath[str], once: NamedDependency[Once[RewardView]]) -> Response[RewardView]:
    """Put a reward back on offer."""
    return await once(lambda: _switch(code, True))


@post(
    "/rewards/{code:str}/deactivate",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def deactivate(code: FromPath[str], once: NamedDependency[Once[RewardView]]) -> Response[RewardView]:
    """Take a reward off the offer; vouchers stay good."""
    return await once(lambda: _switch(code, False))


async def _switch(code: str, active: bool) -> RewardView:
    await catalogue.set_active(code, active)
    return await catalogue.find(code)


@get(
    "/members/{customer_id:str}/rewards",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def quotes(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> Quotes:
    """Every reward on offer with what it would cost this member, and what stands against it."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return Quotes(await quoting.quotes(found.id, clock.now()))


@get(
    "/members/{customer_id:str}/rewards/{code:str}/quote",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403, 422),
)
async def quote(
    customer_id: FromPath[str],
    code: FromPath[str],
    user: NamedDependency[Integrator],
    points: FromQuery[int | None] = None,
) -> Quote:
    """What one reward would cost, allowed or why not; nothing is reserved.

    The codes of `refusals` are those of the errors that redeeming would answer. `points`: how many to
    spend on cash back.
    """
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return await quoting.quote(found.id, code, clock.now(), points)


@post(
    "/members/{customer_id:str}/redemptions",
    guards=[requires_scope("rewards:redeem")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def redeem(
    customer_id: FromPath[str], data: JSONBody[Redeem], once: NamedDependency[Once[VoucherView]]
) -> Response[VoucherView]:
    """Spend points on a reward and get its voucher code; or hold it, with `hold_minutes`.

    A voucher that is `held` has no code yet. Capture it when the order is paid, cancel it if not; left
    alone, it is released by itself and points and stock are as before.
    """

    async def effect() -> VoucherView:
        found = await members.find(customer_id)
        wanted = await catalogue.find(data.reward)
        key, now = str(new_id()), clock.now()
        choice = {"points": data.points, "version": data.version}
        if data.hold_minutes is None:
            return await service.redeem(found.id, wanted.id, key, now, **choice)
        until = now + timedelta(minutes=data.hold_minutes)
        return await service.hold(found.id, wanted.id, key, until, now, **choice)

    return await once(effect, status=201)


@get(
    "/members/{customer_id:str}/vouchers",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def listed(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=vouchers.PAGE_LIMIT)] = 50,
) -> Vouchers:
    """A member's vouchers, the newest first; what is only held is none yet."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        had = await vouchers.vouchers(found.id, before, limit + 1)
    more = len(had) > limit
    return Vouchers(vouchers=had[:limit], next_before=had[limit - 1].id if more else None)


@get(
    "/members/{customer_id:str}/vouchers/{voucher_id:uuid}",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def one(
    customer_id: FromPath[str], voucher_id: FromPath[UUID], user: NamedDependency[Integrator]
) -> VoucherView:
    """One voucher, also one that is only held."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return await vouchers.voucher(found.id, voucher_id)


@post(
    "/members/{customer_id:str}/vouchers/{voucher_id:uuid}/capture",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def capture(
    customer_id: FromPath[str], voucher_id: FromPath[UUID], once: NamedDependency[Once[VoucherView]]
) -> Response[VoucherView]:
    """Buy what is held: the voucher gets its code. Too late, it is refused with `hold_ended`."""

    async def effect() -> VoucherView:
        found = await members.find(customer_id)
        return await service.capture(found.id, voucher_id, clock.now())

    return await once(effect)


@post(
    "/members/{customer_id:str}/vouchers/{voucher_id:uuid}/cancel",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def cancel(
    customer_id: FromPath[str], voucher_id: FromPath[UUID], once: NamedDependency[Once[VoucherView]]
) -> Response[VoucherView]:
    """Give an unused voucher back, or up what is held: the same points return, with the expiry they had."""

    async def effect() -> VoucherView:
        found = await members.find(customer_id)
        return await service.cancel(found.id, voucher_id, clock.now())

    return await once(effect)


async def _known_code(user: Integrator, look: Callable[[], Awaitable[T]]) -> T:
    """Codes cannot be tried out: after so many unknown ones, this key finds none for a while."""
    await throttle.expect_free(UNKNOWN_CODES, user.actor)
    try:
        return await look()
    except NotFound:
        await throttle.attempt((UNKNOWN_CODES, user.actor))
        raise


@get(
    "/vouchers/{code:str}",
    guards=[requires_scope("rewards:redeem")],
    responses=problems(401, 403, 429),
)
async def look_up(code: FromPath[str], user: NamedDependency[Integrator]) -> VoucherView:
    """What a code at the till stands for. An API key that asks for many unknown codes has to wait."""

    async def look() -> VoucherView:
        async with db.transaction(user.merchant_id):
            return await vouchers.by_code(code)

    return await _known_code(user, look)


@post(
    "/vouchers/{code:str}/use",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS | problems(429),
)
async def use(
    code: FromPath[str],
    once: NamedDependency[Once[VoucherView]],
    user: NamedDependency[Integrator],
    data: JSONBody[Use | None] = None,
) -> Response[VoucherView]:
    """Use a voucher at the till; without a body, all of it."""
    wanted = data or Use()

    async def effect() -> VoucherView:
        return await service.use(code, clock.now(), wanted.amount_minor, wanted.reference)

    return await _known_code(user, lambda: once(effect))


v1_rewards = Router(
    "/",
    route_handlers=[
        offered, create, change, versions, restock, activate, deactivate,
        quotes, quote, redeem, listed, one, capture, cancel, look_up, use,
    ],
    tags=["Rewards"],
)  # fmt: skip
