"""Campaigns with budgets, and the segments that they are for."""

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
from api.v1.rules import PAGE_LIMIT, Name
from core import clock, db
from core.i18n import Locale
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign, CampaignBudget, rules_of
from loyalty.campaigns.service import CampaignView
from loyalty.changes import service as changes
from loyalty.members import service as members
from loyalty.rules import service as rules
from loyalty.rules.check import Overlap
from loyalty.segments import service as segments
from loyalty.segments.model import Segment, SegmentView

ShortCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,89}\Z")]
"""Rules of a campaign and later versions of a segment have it with a number, in at most 100 characters."""


class NewCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign, as a draft. `name` is for staff. Its rules get its code with -1, -2, …"""

    code: ShortCode
    name: Name
    campaign: Campaign


class SavedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as it is stored, each of its rules in words.

    `overlaps`: what a draft's rules and those in force would do to each other.
    """

    campaign: CampaignView
    sentences: list[str]
    overlaps: list[Overlap]


class Campaigns(msgspec.Struct, frozen=True, kw_only=True):
    """A page of campaigns, the youngest first.

    `next_before` asks for the page after it; None: there is none.
    """

    campaigns: list[CampaignView]
    next_before: UUID | None


class NewSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members for whom all conditions hold. It never changes: another meaning is its next version."""

    code: ShortCode
    name: Name
    segment: Segment


class NextSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version of a segment: the whole segment, not a change of it.

    `based_on` is the version that was looked at: if there is a newer one by now, nothing is saved. Without
    `name` it is called as before.
    """

    segment: Segment
    based_on: Annotated[int, Meta(ge=1)]
    name: Name | None = None


class SavedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment and how many members are in it now."""

    segment: SegmentView
    members: int


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """Segments by name, of each all versions, the newest first."""

    segments: list[SegmentView]


class Within(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a member is in a segment now."""

    within: bool


async def _saved(found: CampaignView, locale: Locale) -> SavedCampaign:
    say = await rules.words(locale)
    overlaps = await campaigns.warnings(found.campaign, clock.now()) if found.state == "draft" else []
    sentences = [say.rule(each) for each in rules_of(found.campaign)]
    return SavedCampaign(campaign=found, sentences=sentences, overlaps=overlaps)


@post("/", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(
    data: JSONBody[NewCampaign], once: NamedDependency[Once[SavedCampaign]], locale: FromQuery[Locale] = "en"
) -> Response[SavedCampaign]:
    """Draft a campaign. Nothing is given before it is published."""

    async def effect() -> SavedCampaign:
        made = await campaigns.create(data.code, data.name, data.campaign, clock.now())
        return await _saved(made, locale)

    return await once(effect, status=201)


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def listed(
    user: NamedDependency[Integrator],
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Campaigns:
    """Campaigns with what they have given and what is left of their budgets."""
    async with db.transaction(user.merchant_id):
        found = await campaigns.page(before, limit + 1)
    more = len(found) > limit
    return Campaigns(campaigns=found[:limit], next_before=found[limit - 1].id if more else None)


@get("/{code:str}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def one(
    code: FromPath[str], user: NamedDependency[Integrator], locale: FromQuery[Locale] = "en"
) -> SavedCampaign:
    """One campaign, its rules in words."""
    async with db.transaction(user.merchant_id):
        return await _saved(await campaigns.get(code), locale)


@post(
    "/{code:str}/publish",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def publish(
    code: FromPath[str], once: NamedDependency[Once[SavedCampaign]], locale: FromQuery[Locale] = "en"
) -> Response[SavedCampaign]:
    """Put the campaign's rules in force, from its start or from now on, and open its budget.

    Where the shop asks for a second person, it goes live in the studio alone.
    """

    async def effect() -> SavedCampaign:
        now = clock.now()
        await changes.by_program("campaign", code, now)
        return await _saved(await campaigns.publish(code, now), locale)

    return await once(effect)


@post(
    "/{code:str}/end", guards=[requires_scope("programme:write")], status_code=200, responses=WRITE_PROBLEMS
)
async def end(
    code: FromPath[str], once: NamedDependency[Once[SavedCampaign]], locale: FromQuery[Locale] = "en"
) -> Response[SavedCampaign]:
    """End the campaign now."""

    async def effect() -> SavedCampaign:
        return await _saved(await campaigns.end(code, clock.now()), locale)

    return await once(effect)


@post(
    "/{code:str}/budget",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def change_budget(
    code: FromPath[str],
    data: JSONBody[CampaignBudget],
    once: NamedDependency[Once[SavedCampaign]],
    locale: FromQuery[Locale] = "en",
) -> Response[SavedCampaign]:
    """Raise or lower the limits of a running campaign; the kinds of limits stay as they were.

    Where the shop asks for a second person, they stay as two people approved them.
    """

    async def effect() -> SavedCampaign:
        await changes.refuse_alone()
        return await _saved(await campaigns.change_budget(code, data, clock.now()), locale)

    return await once(effect)


v1_campaigns = Router(
    "/campaigns", route_handlers=[create, listed, one, publish, end, change_budget], tags=["Campaigns"]
)


@post("/", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create_segment(
    data: JSONBody[NewSegment], once: NamedDependency[Once[SavedSegment]]
) -> Response[SavedSegment]:
    """Make a segment. One that uses data of reviews, cases or surveys says so in `taints`."""

    async def effect() -> SavedSegment:
        now = clock.now()
        made = await segments.create(data.code, data.name, data.segment, now)
        return SavedSegment(segment=made, members=await segments.count(data.segment, now))

    return await once(effect, status=201)


@post(
    "/{code:str}/versions",
    guards=[requires_scope("programme:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def revise_segment(
    code: FromPath[str], data: JSONBody[NextSegment], once: NamedDependency[Once[SavedSegment]]
) -> Response[SavedSegment]:
    """Make the next version of a segment. Campaigns, rules and rewards keep the version that they name."""

    async def effect() -> SavedSegment:
        now = clock.now()
        name = data.name or (await segments.versions(code))[0].name
        made = await segments.revise(code, name, data.segment, data.based_on, now)
        return SavedSegment(segment=made, members=await segments.count(data.segment, now))

    return await once(effect, status=201)


@get("/{code:str}/versions", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def versions_of_segment(code: FromPath[str], user: NamedDependency[Integrator]) -> Segments:
    """All versions of a segment, the newest first."""
    async with db.transaction(user.merchant_id):
        return Segments(segments=await segments.versions(code))


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def list_segments(user: NamedDependency[Integrator]) -> Segments:
    """All segments."""
    async with db.transaction(user.merchant_id):
        return Segments(segments=await segments.every())


@get("/{segment_id:uuid}", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def one_segment(segment_id: FromPath[UUID], user: NamedDependency[Integrator]) -> SavedSegment:
    """One segment with the number of its members."""
    async with db.transaction(user.merchant_id):
        found = await segments.get(segment_id)
        return SavedSegment(segment=found, members=await segments.count(found.segment, clock.now()))


@get(
    "/{segment_id:uuid}/members/{customer_id:str}",
    guards=[requires_scope("members:read")],
    responses=problems(401, 403),
)
async def is_within(
    segment_id: FromPath[UUID], customer_id: FromPath[str], user: NamedDependency[Integrator]
) -> Within:
    """Whether one member is in a segment."""
    async with db.transaction(user.merchant_id):
        found = await members.find(customer_id)
        return Within(within=await segments.contains(segment_id, found.id, clock.now()))


v1_segments = Router(
    "/segments",
    route_handlers=[
        create_segment, revise_segment, versions_of_segment, list_segments, one_segment, is_within,
    ],
    tags=["Segments"],
)  # fmt: skip
