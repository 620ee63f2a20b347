"""Cases for programs: all there are, one of them, and a link that asks its customer how it went."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.settings import settings
from reviews.cases import listing
from reviews.cases.listing import CaseLine, Wanted
from reviews.cases.machine import State
from reviews.surveys import service as surveys

PAGE_LIMIT = 200
Asked = State | Literal["open", "done"]
reads, sets = requires_scope("cases:read"), requires_scope("cases:write")


class CasesPage(msgspec.Struct, frozen=True):
    """By number, the newest first. `next_after` asks for the next page; null: the end."""

    cases: list[CaseLine]
    next_after: str | None


class SurveyLink(msgspec.Struct, frozen=True):
    """Opens the survey without signing in: give it to this customer alone."""

    url: str


@get("/", guards=[reads], responses=problems(401, 403, 422))
async def list_cases(
    user: NamedDependency[Integrator],
    state_: Annotated[Asked | None, QueryParameter(name="state")] = None,
    owner: FromQuery[UUID | None] = None,
    unowned: FromQuery[bool] = False,
    priority_from: Annotated[int | None, QueryParameter(ge=0, le=32_767)] = None,
    customer_id: Annotated[str | None, QueryParameter(max_length=200)] = None,
    after: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> CasesPage:
    """All cases that fit. `state`: one of them, open or done; `unowned`: open, and nobody's."""
    wanted = Wanted(
        state=state_, owner=owner, unowned=unowned, priority_from=priority_from, customer_id=customer_id
    )
    async with db.transaction(user.merchant_id):
        page = await listing.listed(wanted, after, limit)
    return CasesPage(list(page.rows), page.next)


@get("/{case_id:uuid}", guards=[reads], responses=problems(401, 403))
async def get_case(case_id: FromPath[UUID], user: NamedDependency[Integrator]) -> CaseLine:
    """One case, as the list shows it."""
    async with db.transaction(user.merchant_id):
        return await listing.one(case_id)


@post("/{case_id:uuid}/survey-links", guards=[sets], status_code=201, responses=WRITE_PROBLEMS)
async def make_survey_link(
    case_id: FromPath[UUID], once: NamedDependency[Once[SurveyLink]]
) -> Response[SurveyLink]:
    """A link to the survey about a resolved case, for the shop's own channel.

    A cycle of a case has one survey: asked again, another link to the same.
    """

    async def effect() -> SurveyLink:
        path = await surveys.of_case(case_id, clock.now())
        return SurveyLink(f"{settings().public_url}{path}")

    return await once(effect, status=201)


v1_cases = Router("/cases", route_handlers=[list_cases, get_case, make_survey_link], tags=["Cases"])
