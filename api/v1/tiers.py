"""Tiers: the programme's sets and changing them, where a member stands, what comes with it, tiers by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.changes import service as changes
from loyalty.members import service as members
from loyalty.programme import service as programme
from loyalty.tiers import overrides, standing
from loyalty.tiers import service as tiers
from loyalty.tiers.overrides import By, Override
from loyalty.tiers.rules import Benefit, Metric, Tier, TierSet
from loyalty.tiers.standing import Change, Standing

PAGE_LIMIT = 200


class Sets(msgspec.Struct, frozen=True, kw_only=True):
    """The tier sets of the live version, the one that multiplies points first."""

    version: int
    time_zone: str
    sets: tuple[TierSet, ...]


class PublishSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a preview was shown for, and its `fingerprint` and `as_of`."""

    tier_set: TierSet
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)]
    as_of: Annotated[datetime, Meta(tz=True)]


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """Who would move as of a moment; `fingerprint` stands for just this set and these members."""

    as_of: datetime
    tier_set: TierSet
    members: int
    fingerprint: str
    flows: tuple[tiers.Flow, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    examples: tuple[tiers.Example, ...]


class Published(msgspec.Struct, frozen=True):
    """The version that is live now."""

    version: int


class MemberTier(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands in one set; amounts are in the unit of `metric`.

    `basis`: reached (in this period), requalified (by the period before), soft_landing (on the way down),
    grace (until keep_until), override (given by hand). `value` counts from `counts_from` on. `next_missing`
    is what the next tier takes, by `next_by` if there is such a moment. The tier is kept until `keep_until`
    if nothing more comes (null: for good), and longer with `keep_missing` more by then.
    """

    set: str
    metric: Metric
    tier: str
    name: Mapping[str, str]
    since: datetime
    basis: str
    value: int
    counts_from: datetime
    next_tier: str | None
    next_missing: int | None
    next_by: datetime | None
    keep_until: datetime | None
    keep_missing: int
    benefits: tuple[Benefit, ...]


class MemberTiers(msgspec.Struct, frozen=True, kw_only=True):
    """A member's tiers, one a set, and the overrides in force."""

    customer_id: str
    member_id: UUID
    tiers: list[MemberTier]
    overrides: list[Override]


class MemberBenefit(msgspec.Struct, frozen=True, kw_only=True):
    """A benefit that a member has now, by which set and tier, and until when if nothing more comes."""

    set: str
    tier: str
    benefit: Benefit
    until: datetime | None


class MemberBenefits(msgspec.Struct, frozen=True):
    """What a member has because of their tiers. Empty for who left the programme."""

    benefits: list[MemberBenefit]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes, the newest first. `next_before` asks for the page after it; null: there is none."""

    changes: list[Change]
    next_before: UUID | None


class GiveTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tier, up or down, until a moment, and why."""

    tier: Annotated[str, Meta(min_length=1, max_length=100)]
    until: Annotated[datetime, Meta(tz=True)]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def sets(user: NamedDependency[Integrator]) -> Sets:
    """The live tier sets: what they count, since when, and the way up and down."""
    async with db.transaction(user.merchant_id):
        live = await programme.live()
    return Sets(version=live.number, time_zone=live.time_zone, sets=live.sets)


@post("/preview", guards=[requires_scope("programme:write")], status_code=200, responses=WRITE_PROBLEMS)
async def preview(data: JSONBody[TierSet], once: NamedDependency[Once[Previewed]]) -> Response[Previewed]:
    """Who would move if this set took the place of the live one with its code, or stood beside the others.

    Nothing changes. Publishing needs the answer's `fingerprint` and `as_of`.
    """

    async def effect() -> Previewed:
        found = await tiers.preview(data, clock.now())
        return Previewed(**{name: getattr(found, name) for name in Previewed.__struct_fields__})

    return await once(effect)


@post("/publish", guards=[requires_scope("programme:write")], status_code=200, responses=WRITE_PROBLEMS)
async def publish(data: JSONBody[PublishSet], once: NamedDependency[Once[Published]]) -> Response[Published]:
    """Publish a previewed set as a new version and move exactly the previewed members.

    If others would move by now, nothing is done and the code is `preview_stale`.
    """

    async def effect() -> Published:
        now = clock.now()
        await changes.by_program("tiers", data.tier_set.code, now)
        made = await tiers.publish(data.tier_set, data.fingerprint, data.as_of, None, now)
        return Published(made.number)

    return await once(effect)


@get("/{customer_id:str}/tiers", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def member_tiers(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> MemberTiers:
    """Where a member stands in each set: what is missing to the next tier, what keeps this one, by when."""
    async with db.transaction(user.merchant_id):
        return await _view(customer_id, clock.now())


@get(
    "/{customer_id:str}/tiers/history", guards=[requires_scope("members:read")], responses=problems(401, 403)
)
async def history(
    customer_id: FromPath[str],
    user: NamedDependency[Integrator],
    tier_set: FromQuery[str | None] = None,
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Changes:
    """The tiers that a member has had, with reasons, the newest first."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        changes = await standing.history(found.id, tier_set, before, limit + 1)
    more = len(changes) > limit
    return Changes(changes=changes[:limit], next_before=changes[limit - 1].id if more else None)


@get("/{customer_id:str}/benefits", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def benefits(customer_id: FromPath[str], user: NamedDependency[Integrator]) -> MemberBenefits:
    """What a member's tiers bring: always what their present tiers say, whatever was told before."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        places = [] if found.left_at else await standing.standings(found.id, clock.now())
    return MemberBenefits(
        [
            MemberBenefit(set=each.tier_set.code, tier=each.tier.code, benefit=benefit, until=each.keep.until)
            for each in places
            for benefit in each.tier.all_benefits
        ]
    )


@post(
    "/{customer_id:str}/tiers/{set_code:str}/override",
    guards=[requires_scope("tiers:override")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def override(
    customer_id: FromPath[str],
    set_code: FromPath[str],
    data: JSONBody[GiveTier],
    user: NamedDependency[Integrator],
    once: NamedDependency[Once[MemberTiers]],
) -> Response[MemberTiers]:
    """Put a member into a tier until a moment; then it is again what it would have been."""

    async def effect() -> MemberTiers:
        now, by = clock.now(), By(key_id=user.key_id)
        found = await members.find(customer_id)
        await overrides.put(found.id, set_code, data.tier, data.until, data.reason, by, now)
        return await _view(customer_id, now)

    return await once(effect, status=201)


@post(
    "/{customer_id:str}/tiers/{set_code:str}/override/end",
    guards=[requires_scope("tiers:override")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def end_override(
    customer_id: FromPath[str],
    set_code: FromPath[str],
    user: NamedDependency[Integrator],
    once: NamedDependency[Once[MemberTiers]],
) -> Response[MemberTiers]:
    """End an override before its time."""

    async def effect() -> MemberTiers:
        now = clock.now()
        found = await members.find(customer_id)
        await overrides.end(found.id, set_code, By(key_id=user.key_id), now)
        return await _view(customer_id, now)

    return await once(effect)


async def _view(customer_id: str, now: datetime) -> MemberTiers:
    found = await members.find(customer_id)
    return MemberTiers(
        customer_id=customer_id,
        member_id=found.id,
        tiers=[_tier(each) for each in await standing.standings(found.id, now)],
        overrides=await overrides.in_force(found.id, now),
    )


def _tier(found: Standing) -> MemberTier:
    tier: Tier = found.tier
    return MemberTier(
        set=found.tier_set.code,
        metric=found.tier_set.metric,
        tier=tier.code,
        name=tier.name,
        since=found.since,
        basis=found.basis,
        value=found.value,
        counts_from=found.counts_from,
        next_tier=found.next_tier.code if found.next_tier else None,
        next_missing=found.next_missing,
        next_by=found.next_by,
        keep_until=found.keep.until,
        keep_missing=found.keep.missing,
        benefits=tier.all_benefits,
    )


v1_tiers = Router("/tiers", route_handlers=[sets, preview, publish], tags=["Tiers"])
v1_member_tiers = Router(
    "/members", route_handlers=[member_tiers, history, benefits, override, end_override], tags=["Tiers"]
)
