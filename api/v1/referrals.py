"""Referrals: the programme's terms, members' codes, and who came with one."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.members import service as members
from loyalty.referrals import service as referrals
from loyalty.referrals.service import Invitation, Referral, Terms

PAGE_LIMIT = 200
Id = Annotated[str, Meta(min_length=1, max_length=200)]


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer came with this code. Small letters and blanks around it do not matter."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    customer_id: Id


class Referrals(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the newest first. `next_before` asks for the one after it; null: the end."""

    referrals: list[Referral]
    next_before: UUID | None


@get("/referral-programme", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def programme(user: NamedDependency[Integrator]) -> Terms:
    """How referrals work now."""
    async with db.transaction(user.merchant_id):
        return await referrals.terms()


@post(
    "/referral-programme",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def set_programme(data: JSONBody[Terms], once: NamedDependency[Once[Terms]]) -> Response[Terms]:
    """Set how referrals work from now on. What advocate and friend get is set by earning rules."""

    async def effect() -> Terms:
        return await referrals.set_terms(data, clock.now())

    return await once(effect)


@post("/referrals", guards=[requires_scope("members:write")], status_code=201, responses=WRITE_PROBLEMS)
async def claim(data: JSONBody[Claim], once: NamedDependency[Once[Referral]]) -> Response[Referral]:
    """Note who brought a customer. Orders and customers may carry `referral_code` instead.

    `referral_refused` (409) says in `reason` why it does not count: self, known, taken, loop, left,
    limit, gone.
    """

    async def effect() -> Referral:
        return await referrals.claim(data.code, data.customer_id, clock.now())

    return await once(effect, status=201)


@post(
    "/members/{customer_id:str}/referral-code",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def code(customer_id: FromPath[str], once: NamedDependency[Once[Invitation]]) -> Response[Invitation]:
    """A member's code and link, made when first asked for."""

    async def effect() -> Invitation:
        found = await members.find(customer_id)
        return await referrals.invitation(found.id, clock.now())

    return await once(effect)


@get(
    "/members/{customer_id:str}/referrals",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def of_member(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Referrals:
    """Whom a member has brought, the newest first."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        brought = await referrals.of_advocate(found.id, limit + 1, before)
    more = brought[limit - 1].id if len(brought) > limit else None
    return Referrals(referrals=brought[:limit], next_before=more)


v1_referrals = Router(
    "/", route_handlers=[programme, set_programme, claim, code, of_member], tags=["Referrals"]
)
