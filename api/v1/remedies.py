"""Remedies for programs: what a role may give alone, the month's budget, what waits for a second person."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from reviews.cases.remedies import budget
from reviews.cases.remedies import rules as remedy_rules
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.budget import Budget

Amount = Annotated[int, Meta(ge=0, le=remedy_rules.MOST_MINOR)]
reads, sets = requires_scope("cases:read"), requires_scope("cases:write")


class AuthorityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On one case alone: points and vouchers in points, refunds and replacements in minor units of money."""

    points: Amount
    amount_minor: Amount


class Authorities(msgspec.Struct, frozen=True):
    """By role; points besides by each person's own limit."""

    authorities: dict[str, AuthorityBody]


class BudgetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all together may give in a month, in points and in minor units of the shop's currency.

    null: no limit. One in points can be changed, but not be taken away again.
    """

    points_per_month: Amount | None = None
    amount_minor_per_month: Amount | None = None


class WaitingRemedy(msgspec.Struct, frozen=True, kw_only=True):
    """Asked for above somebody's authority. `points` of gifts and vouchers, money of the others."""

    id: UUID
    case_id: UUID
    case_number: int
    kind: str
    points: int
    reward: str
    amount_minor: int
    currency: str
    order_line: str
    message: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime


class WaitingRemedies(msgspec.Struct, frozen=True):
    """The oldest first, up to 200."""

    requests: list[WaitingRemedy]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person has decided: `by` is of the staff, may approve, and is not who asked."""

    decision: Literal["give", "reject"]
    by: UUID


class Decided(msgspec.Struct, frozen=True):
    """How a request stands now: given or rejected."""

    state: str


@get("/authorities", guards=[reads], responses=problems(401, 403))
async def list_authorities(user: NamedDependency[Integrator]) -> Authorities:
    """What each role may give alone."""
    async with db.transaction(user.merchant_id):
        return await _authorities()


@put("/authorities/{role:str}", guards=[sets], responses=WRITE_PROBLEMS)
async def put_authority(
    role: FromPath[str], data: JSONBody[AuthorityBody], once: NamedDependency[Once[Authorities]]
) -> Response[Authorities]:
    """Change what a role may give alone."""

    async def effect() -> Authorities:
        await remedies.set_authority(role, remedies.Authority(data.points, data.amount_minor), None)
        return await _authorities()

    return await once(effect)


@get("/budget", guards=[reads], responses=problems(401, 403))
async def get_budget(user: NamedDependency[Integrator]) -> BudgetBody:
    """The month's limits."""
    async with db.transaction(user.merchant_id):
        return await _budget()


@put("/budget", guards=[sets], responses=WRITE_PROBLEMS)
async def put_budget(
    data: JSONBody[BudgetBody], once: NamedDependency[Once[BudgetBody]]
) -> Response[BudgetBody]:
    """Change the month's limits, from this month on."""

    async def effect() -> BudgetBody:
        wanted = Budget(data.points_per_month, data.amount_minor_per_month)
        await budget.set_limits(wanted, None, clock.now())
        return await _budget()

    return await once(effect)


@get("/requests", guards=[reads], responses=problems(401, 403))
async def list_requests(user: NamedDependency[Integrator]) -> WaitingRemedies:
    """What waits for a second person."""
    async with db.transaction(user.merchant_id):
        return WaitingRemedies([_waiting(each) for each in await remedies.waiting()])


@post(
    "/requests/{request_id:uuid}/decide",
    guards=[requires_scope("remedies:decide")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def decide(
    request_id: FromPath[UUID], data: JSONBody[Decision], once: NamedDependency[Once[Decided]]
) -> Response[Decided]:
    """Give what was asked for, or reject it, as a person has decided elsewhere."""

    async def effect() -> Decided:
        await remedies.decide(request_id, data.decision, data.by, clock.now())
        return Decided("given" if data.decision == "give" else "rejected")

    return await once(effect)


async def _authorities() -> Authorities:
    found = await remedies.authorities()
    return Authorities(
        {
            role: AuthorityBody(points=each.points, amount_minor=each.amount_minor)
            for role, each in found.items()
        }
    )


async def _budget() -> BudgetBody:
    found = await budget.limits()
    return BudgetBody(
        points_per_month=found.points_per_month, amount_minor_per_month=found.amount_minor_per_month
    )


def _waiting(each: remedies.Request) -> WaitingRemedy:
    return WaitingRemedy(
        id=each.id,
        case_id=each.case_id,
        case_number=each.number,
        asked_by=each.asked_by,
        asked_by_name=each.asked_by_name,
        asked_at=each.asked_at,
        **msgspec.structs.asdict(each.remedy),
    )


v1_remedies = Router(
    "/remedies",
    route_handlers=[list_authorities, put_authority, get_budget, put_budget, list_requests, decide],
    tags=["Cases"],
)
