"""Merges of members, and their undoing."""

from typing import Annotated

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import requires_scope
from api.idempotency import Once
from api.intake import take_one
from api.openapi import WRITE_PROBLEMS
from api.v1.members import MemberView, view
from core import clock
from core.ids import new_id
from loyalty.intake.events import Event
from loyalty.members import merge as merges
from loyalty.members import service as members


class MergeInto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The member who is to stand for the one in the path from now on."""

    into_customer_id: Annotated[str, Meta(min_length=1, max_length=200)]


class MergeView(msgspec.Struct, frozen=True, kw_only=True):
    """Who was merged, and the member who stands for both."""

    customer_id: str
    survivor: MemberView


class UnmergeView(msgspec.Struct, frozen=True, kw_only=True):
    """Both members, each with their own again."""

    member: MemberView
    survivor: MemberView


@post(
    "/{customer_id:str}/merge",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def merge(
    customer_id: FromPath[str], data: JSONBody[MergeInto], once: NamedDependency[Once[MergeView]]
) -> Response[MergeView]:
    """Let another member have all that this one has: points with their expiry, vouchers, orders, tiers.

    The same as the event `customer.merged`, for two who are members.
    """

    async def effect() -> MergeView:
        now = clock.now()
        for each in (customer_id, data.into_customer_id):
            await members.find(each)
        event = Event(
            id=str(new_id()),
            source="regulars:api",
            type="customer.merged",
            time=now,
            data={"customer_id": customer_id, "into_customer_id": data.into_customer_id},
        )
        await take_one(event, now)
        return MergeView(customer_id=customer_id, survivor=await view(data.into_customer_id, now))

    return await once(effect)


@post(
    "/{customer_id:str}/unmerge",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def unmerge(
    customer_id: FromPath[str], once: NamedDependency[Once[UnmergeView]]
) -> Response[UnmergeView]:
    """Take a merge back: what is left of this member's points and vouchers is theirs again.

    What was spent meanwhile stays spent, and what was earned meanwhile stays with the survivor.
    """

    async def effect() -> UnmergeView:
        now = clock.now()
        survivor = await members.find(customer_id)
        await merges.undo(customer_id, now)
        return UnmergeView(
            member=await view(customer_id, now), survivor=await view(survivor.external_id, now)
        )

    return await once(effect)


v1_merges = Router("/members", route_handlers=[merge, unmerge], tags=["Members"])
