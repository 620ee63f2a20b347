"""Achievements: challenges and streaks, and how far members are."""

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.achievements import service as achievements
from loyalty.achievements.rules import Definition
from loyalty.achievements.service import Achievement, Award, Code, Progress
from loyalty.members import service as members


class DefineAchievement(Definition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An achievement; a `code` that exists gets a new version, and what members have reached stays."""

    code: Code


class Achievements(msgspec.Struct, frozen=True):
    """Those that can be reached now, by code."""

    achievements: list[Achievement]


class MemberAchievements(msgspec.Struct, frozen=True):
    """Progress towards what can be reached now, and everything that was reached, the newest first."""

    progress: list[Progress]
    reached: list[Award]


@get("/achievements", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def listed(user: NamedDependency[Integrator]) -> Achievements:
    """The achievements that can be reached now."""
    async with db.transaction(user.merchant_id):
        return Achievements(await achievements.live())


@post("/achievements", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def define(
    data: JSONBody[DefineAchievement], once: NamedDependency[Once[Achievement]]
) -> Response[Achievement]:
    """Make an achievement, or the next version of one. It counts from the next ten minutes on."""

    async def effect() -> Achievement:
        fields = {name: getattr(data, name) for name in Definition.__struct_fields__}
        return await achievements.define(data.code, Definition(**fields), clock.now())

    return await once(effect, status=201)


@post(
    "/achievements/{code:str}/retire",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def retire(code: FromPath[str], once: NamedDependency[Once[Achievement]]) -> Response[Achievement]:
    """End an achievement. What was reached stays."""

    async def effect() -> Achievement:
        return await achievements.retire(code, clock.now())

    return await once(effect)


@get(
    "/members/{customer_id:str}/achievements",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def of_member(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> MemberAchievements:
    """How far a member is, and what they have reached."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return MemberAchievements(
            await achievements.progress(found.id, clock.now()), await achievements.reached(found.id)
        )


v1_achievements = Router("/", route_handlers=[listed, define, retire, of_member], tags=["Achievements"])
