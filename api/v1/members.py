"""Members: join, read what they have and why, give points."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.intake import take_one
from api.openapi import WRITE_PROBLEMS, problems
from api.problems import RequestRefused
from core import clock, db
from core.ids import new_id
from loyalty.intake.events import Event
from loyalty.ledger import Earn
from loyalty.ledger import post as post_points
from loyalty.ledger import queries as ledger
from loyalty.members import service as members
from loyalty.tiers import service as tiers

PAGE_LIMIT = 200
EXPIRY_YEAR_LIMIT = 2199


class Join(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Enrol the shop's customer `customer_id`; earlier guest orders are claimed by the programme's policy."""

    customer_id: Annotated[str, Meta(min_length=1, max_length=200)]
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    name: Annotated[str, Meta(max_length=500)] | None = None
    locale: Annotated[str, Meta(max_length=35)] | None = None
    terms_version: Annotated[str, Meta(max_length=100)] = ""


class GivePoints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for something that is no order. `note` is shown to the member; `expires_at` lies ahead."""

    points: Annotated[int, Meta(ge=1, le=10**9)]
    note: Annotated[str, Meta(min_length=1, max_length=500)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member with points by wallet and the way to the next tier."""

    customer_id: str
    member_id: UUID
    joined_at: datetime
    balances: list[members.Balance]
    tier: str
    qualifying_points: int
    next_tier: str | None
    next_tier_missing_points: int | None
    next_expiry: ledger.Expiring | None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The posting, and what the member can spend after it."""

    entry_id: UUID
    points: int
    points_active: int
    points_pending: int


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, the newest first. `next_before` asks for the page after it; None: there is none."""

    entries: list[ledger.StatementLine]
    next_before: int | None


async def view(customer_id: str, now: datetime) -> MemberView:
    """A member as the API shows one, in the open transaction. Raises NotFound."""
    member = await members.find(customer_id)
    progress = await tiers.progress(member.id, member.tier_code, now)
    return MemberView(
        customer_id=customer_id,
        member_id=member.id,
        joined_at=member.joined_at,
        balances=await members.balances(member.id),
        tier=member.tier_code,
        qualifying_points=progress.qualifying_points,
        next_tier=progress.next_tier.code if progress.next_tier else None,
        next_tier_missing_points=progress.next_missing_points,
        next_expiry=await ledger.next_expiry(member.id, now),
    )


@post("/", guards=[requires_scope("members:write")], status_code=201, responses=WRITE_PROBLEMS)
async def join(data: JSONBody[Join], once: NamedDependency[Once[MemberView]]) -> Response[MemberView]:
    """Enrol a customer. Somebody who is a member already stays one, with what is new about them."""

    async def effect() -> MemberView:
        now = clock.now()
        facts: dict[str, Any] = {k: v for k, v in msgspec.to_builtins(data).items() if v is not None}
        event = Event(
            id=str(new_id()),
            source="regulars:api",
            type="customer.updated",
            time=now,
            data=facts | {"accepts_terms": True},
        )
        await take_one(event, now)
        return await view(data.customer_id, now)

    return await once(effect, status=201)


@get("/{customer_id:str}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def member(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> MemberView:
    """What a member has: points, tier, and the way to the next one."""
    async with db.transaction(user.merchant_id):
        return await view(customer_id, clock.now())


@post(
    "/{customer_id:str}/earn",
    guards=[requires_scope("ledger:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def earn(
    customer_id: FromPath[str], data: JSONBody[GivePoints], once: NamedDependency[Once[Given]]
) -> Response[Given]:
    """Give points at once, for something that is no order."""

    async def effect() -> Given:
        now = clock.now()
        _expect_ahead(data.expires_at, now)
        found = await members.find(customer_id)
        command = Earn(
            key=f"api:{new_id()}",
            member=found.id,
            points=data.points,
            effective_at=now,
            expires_at=data.expires_at,
            reason={"rule": "api", "note": data.note},
        )
        [posting] = await post_points([command], now)
        assert posting.journal_id is not None  # an earn always posts
        return Given(
            entry_id=posting.journal_id,
            points=posting.points,
            points_active=posting.points_active,
            points_pending=posting.points_pending,
        )

    return await once(effect, status=201)


@get("/{customer_id:str}/entries", guards=[requires_scope("ledger:read")], responses=problems(401, 403))
async def entries(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    before: FromQuery[int | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
    wallet: FromQuery[str] = "points",
) -> Entries:
    """A member's ledger entries, the newest first."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        lines = await ledger.statement(found.id, wallet, before, limit + 1)
    more = len(lines) > limit
    return Entries(entries=lines[:limit], next_before=lines[limit - 1].seq if more else None)


def _expect_ahead(expires_at: datetime | None, now: datetime) -> None:
    """A time of the past, or one that no calendar of ours can hold, would stay in the ledger for ever."""
    if expires_at and not (now < expires_at and expires_at.year <= EXPIRY_YEAR_LIMIT):
        detail = f"expires_at must lie ahead, up to the year {EXPIRY_YEAR_LIMIT}"
        raise RequestRefused("expires_at_invalid", "The request is not right", detail, status=422)


@get(
    "/{customer_id:str}/entries/{entry_id:uuid}",
    guards=[requires_scope("ledger:read")],
    responses=problems(401, 403),
)
async def entry(
    customer_id: FromPath[str], entry_id: FromPath[UUID], user: NamedDependency[Integrator]
) -> ledger.Explanation:
    """Why an entry was made: its reason, and the lots it made or took from."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return await ledger.explain(found.id, entry_id)


v1_members = Router("/members", route_handlers=[join, member, earn, entries, entry], tags=["Members"])
