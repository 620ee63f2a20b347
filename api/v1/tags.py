"""Tags of members: the shop's own words for them, which segments ask for."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.members import service as members
from loyalty.segments import service as segments

Tag = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}\Z")]


class Tags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tags that the shop gives a member. Segments ask for them with `tagged`."""

    tags: Annotated[list[Tag], Meta(max_length=50)]


@get("/{customer_id:str}/tags", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def tags(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> Tags:
    """The shop's tags of a member, by name."""
    async with db.transaction(user.merchant_id):
        return Tags(tags=await segments.tags((await members.find(customer_id)).id))


@put("/{customer_id:str}/tags", guards=[requires_scope("members:write")], responses=WRITE_PROBLEMS)
async def put_tags(
    customer_id: FromPath[str], data: JSONBody[Tags], once: NamedDependency[Once[Tags]]
) -> Response[Tags]:
    """Give a member exactly these tags: others of the shop's are taken away."""

    async def effect() -> Tags:
        found = await members.find(customer_id)
        await segments.put_tags(found.id, data.tags, clock.now())
        return Tags(tags=await segments.tags(found.id))

    return await once(effect)


v1_tags = Router("/members", route_handlers=[tags, put_tags], tags=["Members"])
