"""Points held for a checkout, without a reward."""

from datetime import datetime, timedelta
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
from api.problems import RequestRefused
from core import clock, db
from loyalty.holds import service as holds
from loyalty.holds.service import HoldView
from loyalty.members import service as members

LONGEST = timedelta(days=7)

PointsHeld = Annotated[int, Meta(ge=1, le=10**12)]
Note = Annotated[str, Meta(max_length=500)]


class NewHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points to put by. Without `minutes` or `until` they are held for a quarter of an hour."""

    points: PointsHeld
    wallet: Annotated[str, Meta(min_length=1, max_length=40)] = "points"
    """Store credit is the wallet `store_credit`, in minor units of the merchant's currency."""
    minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    """At most seven days ahead."""
    note: Note = ""
    """Shown to the member: the order, for example."""


class SomePoints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of what is held, or was captured; left out: all of it."""

    points: PointsHeld | None = None
    note: Note = ""
    """Shown to the member."""


@post("/", guards=[requires_scope("rewards:redeem")], status_code=201, responses=WRITE_PROBLEMS)
async def create(
    customer_id: FromPath[str], data: JSONBody[NewHold], once: NamedDependency[Once[HoldView]]
) -> Response[HoldView]:
    """Hold points while a customer pays. Left alone, the hold ends by itself and they are as before.

    What the member lacks, others of their household hold, as they would pay for a reward.
    """

    async def effect() -> HoldView:
        now = clock.now()
        until = _until(data, now)
        found = await members.find(customer_id)
        return await holds.hold(found.id, data.wallet, data.points, until, data.note, now)

    return await once(effect, status=201)


@get("/{hold_id:uuid}", guards=[requires_scope("ledger:read")], responses=problems(401, 403))
async def one(
    customer_id: FromPath[str], hold_id: FromPath[UUID], user: NamedDependency[Integrator]
) -> HoldView:
    """What is held still, what was captured and what released."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return await holds.find(found.id, hold_id, clock.now())


@post(
    "/{hold_id:uuid}/capture",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def capture(
    customer_id: FromPath[str],
    hold_id: FromPath[UUID],
    once: NamedDependency[Once[HoldView]],
    data: JSONBody[SomePoints | None] = None,
) -> Response[HoldView]:
    """Spend what is held, or a part; the rest stays held. Too late, it is refused with `hold_ended`."""
    wanted = data or SomePoints()

    async def effect() -> HoldView:
        found = await members.find(customer_id)
        return await holds.capture(found.id, hold_id, wanted.points, wanted.note, clock.now())

    return await once(effect)


@post(
    "/{hold_id:uuid}/release",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def release(
    customer_id: FromPath[str],
    hold_id: FromPath[UUID],
    once: NamedDependency[Once[HoldView]],
    data: JSONBody[SomePoints | None] = None,
) -> Response[HoldView]:
    """Give up what is held, or a part: the same lots get it back, with the expiry they had."""
    wanted = data or SomePoints()

    async def effect() -> HoldView:
        found = await members.find(customer_id)
        return await holds.release(found.id, hold_id, wanted.points, clock.now())

    return await once(effect)


@post(
    "/{hold_id:uuid}/reverse",
    guards=[requires_scope("rewards:redeem")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def reverse(
    customer_id: FromPath[str],
    hold_id: FromPath[UUID],
    once: NamedDependency[Once[HoldView]],
    data: JSONBody[SomePoints | None] = None,
) -> Response[HoldView]:
    """Give back what was captured, or a part, when what it paid for is called off or comes back.

    The same lots get it back, with the expiry they had. More than was captured and not given back is refused
    with `reverse_exceeds_redemption`; if nothing is left, with `already_reversed`.
    """
    wanted = data or SomePoints()

    async def effect() -> HoldView:
        found = await members.find(customer_id)
        return await holds.reverse(found.id, hold_id, wanted.points, wanted.note, clock.now())

    return await once(effect)


v1_holds = Router(
    "/members/{customer_id:str}/holds",
    route_handlers=[create, one, capture, release, reverse],
    tags=["Members"],
)


def _until(data: NewHold, now: datetime) -> datetime:
    if data.until is None:
        return now + timedelta(minutes=data.minutes or 15)
    if data.minutes is not None or not now < data.until <= now + LONGEST:
        detail = "either minutes, or until a time that lies ahead, at most seven days"
        raise RequestRefused("hold_until_invalid", "The request is not right", detail, status=422)
    return data.until
