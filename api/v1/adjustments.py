"""Points that people added or took by hand: who asked, who decided, and why."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import db
from loyalty.adjustments import service as adjustments
from loyalty.adjustments.service import Adjustment
from loyalty.members import service as members

PAGE_LIMIT = 200
State = Literal["waiting", "posted", "rejected"]


class Adjustments(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the newest first. `next_before` asks for the page after it; null: there is none."""

    adjustments: list[Adjustment]
    next_before: UUID | None


@get("/", guards=[requires_scope("ledger:read")], responses=problems(401, 403))
async def listed(
    user: NamedDependency[Integrator],
    customer_id: FromQuery[str | None] = None,
    state_: Annotated[State | None, QueryParameter(name="state")] = None,
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Adjustments:
    """Adjustments, of everybody or of one member, in one state or all.

    Above the limit of somebody's role a second person decides. Both are people of the staff, on the pages of
    the studio: no key can be either of them.
    """
    async with db.transaction(user.merchant_id):
        member_id = (await members.find(customer_id)).id if customer_id else None
        found = await adjustments.newest(state_, member_id, before, limit + 1)
    more = len(found) > limit
    return Adjustments(adjustments=found[:limit], next_before=found[limit - 1].id if more else None)


v1_adjustments = Router("/adjustments", route_handlers=[listed], tags=["Members"])
