"""Households: members who spend their points together."""

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
from loyalty.households import service as households
from loyalty.households.rules import SIZE_LIMIT
from loyalty.households.service import Household
from loyalty.members import service as members

CustomerId = Annotated[str, Meta(min_length=1, max_length=200)]


class NewHousehold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members to begin with."""

    customer_ids: Annotated[list[CustomerId], Meta(min_length=1, max_length=SIZE_LIMIT)]


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more member."""

    customer_id: CustomerId


@post("/", guards=[requires_scope("members:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(data: JSONBody[NewHousehold], once: NamedDependency[Once[Household]]) -> Response[Household]:
    """A household of these members: each keeps their own points, and pays what another lacks for a reward."""

    async def effect() -> Household:
        now = clock.now()
        household_id = await households.create(now)
        for customer_id in data.customer_ids:
            await households.join(household_id, (await members.find(customer_id)).id, now)
        return await households.read(household_id)

    return await once(effect, status=201)


@get("/{household_id:uuid}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def read(household_id: FromPath[UUID], user: NamedDependency[Integrator]) -> Household:
    """Who is in a household, and what each has."""
    async with db.transaction(user.merchant_id):
        return await households.read(household_id)


@post(
    "/{household_id:uuid}/members",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def join(
    household_id: FromPath[UUID], data: JSONBody[Joining], once: NamedDependency[Once[Household]]
) -> Response[Household]:
    """Let one more member in; somebody who is in already stays."""

    async def effect() -> Household:
        await households.join(household_id, (await members.find(data.customer_id)).id, clock.now())
        return await households.read(household_id)

    return await once(effect)


@post(
    "/{household_id:uuid}/members/{customer_id:str}/leave",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def leave(
    household_id: FromPath[UUID], customer_id: FromPath[str], once: NamedDependency[Once[Household]]
) -> Response[Household]:
    """Let a member go, with their own points and no others."""

    async def effect() -> Household:
        await households.leave(household_id, (await members.find(customer_id)).id, clock.now())
        return await households.read(household_id)

    return await once(effect)


v1_households = Router("/households", route_handlers=[create, read, join, leave], tags=["Households"])
