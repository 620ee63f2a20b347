"""Points that one member gives to another, and how many the programme allows."""

from typing import Annotated
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
from core.ids import new_id
from loyalty.members import service as members
from loyalty.transfers import service as transfers
from loyalty.transfers.rules import Terms


class Give(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for another member. `note` is shown to both."""

    to_customer_id: Annotated[str, Meta(min_length=1, max_length=200)]
    points: Annotated[int, Meta(ge=1, le=10**12)]
    note: Annotated[str, Meta(max_length=500)] = ""


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """The giver's posting, and what the giver can spend after it."""

    entry_id: UUID
    points: int
    points_active: int


class TransferTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What members may give each other; null: nothing."""

    terms: Terms | None


@post(
    "/members/{customer_id:str}/transfers",
    guards=[requires_scope("ledger:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def give(
    customer_id: FromPath[str], data: JSONBody[Give], once: NamedDependency[Once[Gift]]
) -> Response[Gift]:
    """Give points to another member: those that expire first, which keep their expiry."""

    async def effect() -> Gift:
        giver, receiver = await members.find(customer_id), await members.find(data.to_customer_id)
        posting = await transfers.transfer(
            giver.id, receiver.id, data.points, str(new_id()), data.note, clock.now()
        )
        assert posting.journal_id is not None  # a transfer always posts
        return Gift(entry_id=posting.journal_id, points=posting.points, points_active=posting.points_active)

    return await once(effect, status=201)


@get("/transfer-terms", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def terms(user: NamedDependency[Integrator]) -> TransferTerms:
    """What members may give each other."""
    async with db.transaction(user.merchant_id):
        return TransferTerms(terms=await transfers.terms())


@put("/transfer-terms", guards=[requires_scope("programme:write")], responses=WRITE_PROBLEMS)
async def put_terms(
    data: JSONBody[TransferTerms], once: NamedDependency[Once[TransferTerms]]
) -> Response[TransferTerms]:
    """Allow transfers, change their limits, or end them."""

    async def effect() -> TransferTerms:
        await transfers.set_terms(data.terms)
        return TransferTerms(terms=await transfers.terms())

    return await once(effect)


v1_transfers = Router("/", route_handlers=[give, terms, put_terms], tags=["Transfers"])
