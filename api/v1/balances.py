"""What a member had at a past moment, by what had happened then and by what was known then."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from api.auth import Integrator, requires_scope
from api.openapi import problems
from api.problems import RequestRefused
from core import db
from loyalty.ledger import reading as ledger
from loyalty.members import service as members

YEARS = (1970, 2299)


class BalancesAsOf(msgspec.Struct, frozen=True, kw_only=True):
    """A member's wallets. `as_of` and `known_at` are those of the request; None: now."""

    customer_id: str
    member_id: UUID
    as_of: datetime | None
    known_at: datetime | None
    balances: list[ledger.Balance]


@get(
    "/{customer_id:str}/balances",
    guards=[requires_scope("ledger:read")],
    responses=problems(400, 401, 403, 422),
)
async def balances(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    as_of: FromQuery[datetime | None] = None,
    known_at: FromQuery[datetime | None] = None,
) -> BalancesAsOf:
    """A member's balances as of a moment.

    `as_of` counts what had happened by then, `known_at` what had been heard of by then. An order that
    comes a month late changes the first and never the second.
    """
    _expect_moment("as_of", as_of)
    _expect_moment("known_at", known_at)
    async with db.transaction(user.merchant_id):
        member = await members.find(customer_id)
        return BalancesAsOf(
            customer_id=customer_id,
            member_id=member.id,
            as_of=as_of,
            known_at=known_at,
            balances=await ledger.balances_as_of(member.id, as_of, known_at),
        )


def _expect_moment(name: str, moment: datetime | None) -> None:
    if moment and not (moment.tzinfo and YEARS[0] <= moment.year <= YEARS[1]):
        detail = f"{name} needs its offset from UTC and a year from {YEARS[0]} to {YEARS[1]}"
        raise RequestRefused("moment_invalid", "The request is not right", detail, status=422)


v1_balances = Router("/members", route_handlers=[balances], tags=["Members"])
