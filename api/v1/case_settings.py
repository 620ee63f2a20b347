"""How cases are handled, for programs: calendars, policies with their order, and teams."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from reviews.cases.calendars import rules as calendar_rules
from reviews.cases.calendars import service as calendars
from reviews.cases.calendars.rules import Calendar, Shift
from reviews.cases.codes import NAME_LIMIT_CHARS
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import TeamOf
from reviews.cases.targets import rules as target_rules
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, Targets
from sentiment.types import ASPECTS

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT_CHARS)]
Code = Annotated[str, Meta(max_length=40)]
Codes = Annotated[list[Code], Meta(max_length=100)]
Minutes = Annotated[int, Meta(ge=0, le=2 * calendar_rules.DAY_MIN)]
Seconds = Annotated[int, Meta(ge=60, le=target_rules.LONGEST_TARGET_S)]
Aspect = Literal[ASPECTS]  # type: ignore[valid-type]
Pause = Literal[target_rules.MAY_PAUSE]  # type: ignore[valid-type]
reads, sets = requires_scope("cases:read"), requires_scope("cases:write")


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `begins_min` minutes after midnight of each `weekday` (0 Monday); past 1440: into the next day."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    begins_min: Minutes
    ends_min: Minutes


class CalendarBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When somebody works. `country`: whose public holidays are free, such as DE or DE-BY; "": none."""

    name: Name
    zone: Annotated[str, Meta(max_length=60)]
    shifts: Annotated[list[Span], Meta(min_length=1, max_length=calendar_rules.SHIFTS_LIMIT)]
    country: Annotated[str, Meta(max_length=10)] = ""
    closed: Annotated[list[date], Meta(max_length=calendar_rules.CLOSED_LIMIT)] = []


class KeptCalendar(CalendarBody, frozen=True, kw_only=True):
    """A calendar under its code."""

    code: str


class Calendars(msgspec.Struct, frozen=True):
    """All of them, by name."""

    calendars: list[KeptCalendar]


class FitsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which cases; what is empty or null fits all."""

    sources: Codes = []
    tiers: Codes = []
    languages: Codes = []
    urgent: bool | None = None


class TargetsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds of working time; null: no such clock."""

    first_reply: Seconds | None = None
    private_contact: Seconds | None = None
    next_reply: Seconds | None = None
    resolution: Seconds | None = None


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a case is promised. `calendar`: the code of one, "": every moment counts.

    `pauses`: states in which its clocks stand still.
    """

    name: Name
    targets: TargetsBody
    fits: FitsBody = msgspec.field(default_factory=FitsBody)
    pauses: Annotated[list[Pause], Meta(max_length=len(target_rules.MAY_PAUSE))] = msgspec.field(
        default_factory=lambda: list(target_rules.PAUSES)
    )
    calendar: Code = ""
    call: bool = False
    """The customer is called by telephone before the case is resolved."""


class KeptPolicy(PolicyBody, frozen=True, kw_only=True):
    """A policy under its code."""

    code: str


class Policies(msgspec.Struct, frozen=True):
    """All of them; the first that fits a case counts."""

    policies: list[KeptPolicy]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which policies are looked at; those that are not named follow."""

    codes: Codes


class TeamBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For complaints about these aspects and in these languages (empty: any), and who is in it.

    `people`: by id of staff, how many open cases each can own. `lead_id` is told when a target was missed.
    """

    name: Name
    aspects: list[Aspect] = []
    languages: Codes = []
    lead_id: UUID | None = None
    people: Annotated[dict[UUID, Annotated[int, Meta(ge=1, le=10_000)]], Meta(max_length=1000)] = {}


class KeptTeam(TeamBody, frozen=True, kw_only=True):
    """A team under its id."""

    id: UUID


class Teams(msgspec.Struct, frozen=True):
    """All of them, by name."""

    teams: list[KeptTeam]


class Removed(msgspec.Struct, frozen=True):
    """What is gone."""

    removed: str


# ---------------------------------------------------------------- calendars


@get("/calendars", guards=[reads], responses=problems(401, 403))
async def list_calendars(user: NamedDependency[Integrator]) -> Calendars:
    """Every calendar."""
    async with db.transaction(user.merchant_id):
        return await _calendars()


@put("/calendars/{code:str}", guards=[sets], responses=WRITE_PROBLEMS)
async def put_calendar(
    code: FromPath[str], data: JSONBody[CalendarBody], once: NamedDependency[Once[KeptCalendar]]
) -> Response[KeptCalendar]:
    """Make a calendar or change it, for cycles that begin from now on."""

    async def effect() -> KeptCalendar:
        shifts = tuple(Shift(each.weekday, each.begins_min, each.ends_min) for each in data.shifts)
        calendar = Calendar(data.zone, shifts, data.country, tuple(sorted(set(data.closed))))
        await calendars.put(code, data.name, calendar, None, clock.now())
        return next(each for each in (await _calendars()).calendars if each.code == code)

    return await once(effect)


@delete("/calendars/{code:str}", guards=[sets], status_code=200, responses=WRITE_PROBLEMS)
async def delete_calendar(code: FromPath[str], once: NamedDependency[Once[Removed]]) -> Response[Removed]:
    """Remove a calendar that no policy uses."""

    async def effect() -> Removed:
        await calendars.remove(code, None)
        return Removed(code)

    return await once(effect)


async def _calendars() -> Calendars:
    return Calendars(
        [
            KeptCalendar(
                code=each.code,
                name=each.name,
                zone=each.calendar.zone,
                shifts=[
                    Span(weekday=shift.weekday, begins_min=shift.begins_min, ends_min=shift.ends_min)
                    for shift in each.calendar.shifts
                ],
                country=each.calendar.country,
                closed=list(each.calendar.closed),
            )
            for each in await calendars.every()
        ]
    )


# ---------------------------------------------------------------- policies


@get("/policies", guards=[reads], responses=problems(401, 403))
async def list_policies(user: NamedDependency[Integrator]) -> Policies:
    """Every policy, in the order in which they are looked at."""
    async with db.transaction(user.merchant_id):
        return await _policies()


@put("/policies/{code:str}", guards=[sets], responses=WRITE_PROBLEMS)
async def put_policy(
    code: FromPath[str], data: JSONBody[PolicyBody], once: NamedDependency[Once[KeptPolicy]]
) -> Response[KeptPolicy]:
    """Make a policy, the last in order, or change it where it stands; for cycles that begin from now on."""

    async def effect() -> KeptPolicy:
        fits, pauses = data.fits, tuple(dict.fromkeys(data.pauses))
        await targets.put(
            Policy(
                code,
                data.name,
                Fits(tuple(fits.sources), tuple(fits.tiers), tuple(fits.languages), fits.urgent),
                Targets(**msgspec.structs.asdict(data.targets)),
                pauses,
                data.calendar,
                data.call,
            ),
            None,
            clock.now(),
        )
        return next(each for each in (await _policies()).policies if each.code == code)

    return await once(effect)


@put("/policies", guards=[sets], responses=WRITE_PROBLEMS)
async def put_order(data: JSONBody[Order], once: NamedDependency[Once[Policies]]) -> Response[Policies]:
    """Change the order in which policies are looked at."""

    async def effect() -> Policies:
        await targets.order(data.codes, None)
        return await _policies()

    return await once(effect)


@delete("/policies/{code:str}", guards=[sets], status_code=200, responses=WRITE_PROBLEMS)
async def delete_policy(code: FromPath[str], once: NamedDependency[Once[Removed]]) -> Response[Removed]:
    """Remove a policy; cases that it was promised to keep it."""

    async def effect() -> Removed:
        await targets.remove(code, None)
        return Removed(code)

    return await once(effect)


async def _policies() -> Policies:
    return Policies([_policy(each) for each in await targets.policies()])


def _policy(kept: Policy) -> KeptPolicy:
    fits = kept.fits
    return KeptPolicy(
        code=kept.code,
        name=kept.name,
        targets=TargetsBody(**msgspec.structs.asdict(kept.targets)),
        fits=FitsBody(
            sources=list(fits.sources),
            tiers=list(fits.tiers),
            languages=list(fits.languages),
            urgent=fits.urgent,
        ),
        pauses=list(kept.pauses),
        calendar=kept.calendar,
        call=kept.call,
    )


# ---------------------------------------------------------------- teams


@get("/teams", guards=[reads], responses=problems(401, 403))
async def list_teams(user: NamedDependency[Integrator]) -> Teams:
    """Every team."""
    async with db.transaction(user.merchant_id):
        return await _teams()


@put("/teams/{team_id:uuid}", guards=[sets], responses=WRITE_PROBLEMS)
async def put_team(
    team_id: FromPath[UUID], data: JSONBody[TeamBody], once: NamedDependency[Once[KeptTeam]]
) -> Response[KeptTeam]:
    """Make a team with an id of your choice, or change it."""

    async def effect() -> KeptTeam:
        aspects = tuple(dict.fromkeys(data.aspects))
        team = TeamOf(team_id, data.name, aspects, tuple(data.languages), data.lead_id, data.people)
        await routing.put(team, None, clock.now())
        return next(each for each in (await _teams()).teams if each.id == team_id)

    return await once(effect)


@delete("/teams/{team_id:uuid}", guards=[sets], status_code=200, responses=WRITE_PROBLEMS)
async def delete_team(team_id: FromPath[UUID], once: NamedDependency[Once[Removed]]) -> Response[Removed]:
    """Remove a team; its cases stay with their owners."""

    async def effect() -> Removed:
        await routing.remove(team_id, None)
        return Removed(str(team_id))

    return await once(effect)


async def _teams() -> Teams:
    return Teams(
        [
            KeptTeam(
                id=each.id,
                name=each.name,
                aspects=list(each.aspects),
                languages=list(each.languages),
                lead_id=each.lead_id,
                people=dict(each.people),
            )
            for each in await routing.teams()
        ]
    )


v1_case_settings = Router(
    "/cases",
    route_handlers=[
        *(list_calendars, put_calendar, delete_calendar),
        *(list_policies, put_policy, put_order, delete_policy),
        *(list_teams, put_team, delete_team),
    ],
    tags=["Cases"],
)
