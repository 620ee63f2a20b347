"""A member's postings as a chain of hashes: whoever kept one can tell whether anything before was changed."""

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import db
from loyalty.ledger import reading as ledger
from loyalty.ledger.chain import Link
from loyalty.members import service as members

PAGE_LIMIT = 500


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Links from the first posting on. `next_after` asks for the next page; null: the end."""

    customer_id: str
    wallet: str
    links: list[Link]
    next_after: int | None


@get("/{customer_id:str}/chain", guards=[requires_scope("ledger:read")], responses=problems(401, 403))
async def chain(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    after: FromQuery[int] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 100,
    wallet: FromQuery[str] = "points",
) -> Chain:
    """All that a member's wallet has seen, each posting with its hash, in the order of `seq`.

    `hash` is the SHA-256 of the bytes of the hash before it (of none for the first) and of `content` in
    UTF-8; where a note went with its member, that is `forgotten`. Whoever computes that again finds the
    first posting that is not what was written; whoever keeps a hash can tell later whether anything up to
    there was changed.
    """
    async with db.transaction(user.merchant_id):
        member = await members.find(customer_id)
        links = await ledger.chain(member.id, wallet, after, limit + 1)
    more = len(links) > limit
    return Chain(
        customer_id=customer_id,
        wallet=wallet,
        links=links[:limit],
        next_after=links[limit - 1].seq if more else None,
    )


v1_chains = Router("/members", route_handlers=[chain], tags=["Members"])
