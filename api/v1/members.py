"""Members: join, read what they have and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.intake import take_one
from api.openapi import WRITE_PROBLEMS, problems
from api.v1.earns import earn
from api.v1.member_tokens import widget_token
from core import clock, db
from core.errors import NotFound
from core.gather import Gather
from core.ids import new_id
from loyalty.intake.events import Event
from loyalty.intake.service import API
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.members.overview import Overview, overviews

PAGE_LIMIT = 200
LIST_LIMIT = 100
FIRST = UUID(int=0)
"""Before every member."""


class Join(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Enrol the shop's customer `customer_id`; earlier guest orders are claimed by the programme's policy."""

    customer_id: Annotated[str, Meta(min_length=1, max_length=200)]
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z", max_length=254)] | None = None
    name: Annotated[str, Meta(max_length=500)] | None = None
    locale: Annotated[str, Meta(max_length=35)] | None = None
    terms_version: Annotated[str, Meta(max_length=100)] = ""


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member with points by wallet and the way to the next tier.

    `terms_version`: the last one of the programme's terms that they accepted, as the shop told.
    `left_at`: who has left keeps the points until they expire and cannot spend them; null: a member.
    """

    customer_id: str
    member_id: UUID
    joined_at: datetime
    left_at: datetime | None
    terms_version: str
    balances: list[members.Balance]
    tier: str
    qualifying_points: int
    next_tier: str | None
    next_tier_missing_points: int | None
    next_expiry: ledger.Expiring | None


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, the newest first. `next_before` asks for the page after it; None: there is none."""

    entries: list[ledger.StatementLine]
    next_before: int | None


class MembersPage(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of their ids, which is about that of their joining. `next_after` asks for the next page;
    null: the end."""

    members: list[MemberView]
    next_after: UUID | None


async def views(customer_ids: Sequence[str], now: datetime) -> list[MemberView | NotFound]:
    """Members as the API shows them, in the open transaction; NotFound in the place of who is none."""
    found = await overviews(customer_ids, now)
    return [_view(found[each]) if each in found else members.unknown(each) for each in customer_ids]


def _view(member: Overview) -> MemberView:
    place = member.place
    return MemberView(
        customer_id=member.external_id,
        member_id=member.id,
        joined_at=member.joined_at,
        left_at=member.left_at,
        terms_version=member.terms_version,
        balances=member.balances,
        tier=place.tier.code,
        qualifying_points=place.value,
        next_tier=place.next_tier.code if place.next_tier else None,
        next_tier_missing_points=place.next_missing,
        next_expiry=member.next_expiry,
    )


async def view(customer_id: str, now: datetime) -> MemberView:
    """A member as the API shows one, in the open transaction. Raises NotFound."""
    [found] = await views([customer_id], now)
    if isinstance(found, NotFound):
        raise found
    return found


async def _look_up(merchant_id: UUID, customer_ids: Sequence[str]) -> list[MemberView | NotFound]:
    async with db.transaction(merchant_id):
        return await views(customer_ids, clock.now())


VIEWS: Gather[str, MemberView] = Gather(_look_up, limit=16, lanes=2)
"""Two small groups rather than a large one: the answers of one are written while the other is looked up."""


@post("/", guards=[requires_scope("members:write")], status_code=201, responses=WRITE_PROBLEMS)
async def join(data: JSONBody[Join], once: NamedDependency[Once[MemberView]]) -> Response[MemberView]:
    """Enrol a customer. Somebody who is a member already stays one, with what is new about them; somebody
    who has left is one again from now on, with what points they still have."""

    async def effect() -> MemberView:
        now = clock.now()
        facts: dict[str, Any] = {k: v for k, v in msgspec.to_builtins(data).items() if v is not None}
        event = Event(
            id=str(new_id()),
            source=API,
            type="customer.updated",
            time=now,
            data=facts | {"accepts_terms": True},
        )
        await take_one(event, now)
        return await view(data.customer_id, now)

    return await once(effect, status=201)


@post(
    "/{customer_id:str}/leave",
    guards=[requires_scope("members:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def leave(customer_id: FromPath[str], once: NamedDependency[Once[MemberView]]) -> Response[MemberView]:
    """Let a member leave the programme, of their own will; enrolling them again takes them back.

    Their points stay where they are, expire as they would, and cannot be spent meanwhile. Nothing is earned
    and no tier or benefit is theirs until they are back.
    """

    async def effect() -> MemberView:
        now = clock.now()
        await members.go((await members.find(customer_id)).id, now)
        return await view(customer_id, now)

    return await once(effect)


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def list_members(
    user: NamedDependency[Integrator],
    after: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LIST_LIMIT)] = 50,
) -> MembersPage:
    """Everybody who is a member now, page by page; who joins meanwhile is on a later page."""
    async with db.transaction(user.merchant_id):
        found = await members.page(after or FIRST, limit + 1)
        ids = list(found)[:limit]
        shown = await views([found[each] for each in ids], clock.now())
    # Who has left between the two statements is no member any more.
    listed = [each for each in shown if not isinstance(each, NotFound)]
    return MembersPage(members=listed, next_after=ids[-1] if len(found) > limit else None)


@get("/{customer_id:str}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def member(customer_id: FromPath[str], request: Request[Integrator, Any, Any]) -> MemberView:
    """What a member has: points, tier, and the way to the next one."""
    return await VIEWS.do(request.user.merchant_id, customer_id)


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


v1_members = Router(
    "/members",
    route_handlers=[join, leave, list_members, member, earn, entries, entry, widget_token],
    tags=["Members"],
)
