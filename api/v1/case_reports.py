"""The report of cases: how soon, how well, and whether it brought customers back."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from api.auth import Integrator, requires_scope
from api.openapi import problems
from api.problems import RequestRefused
from core import clock, db
from reviews.proof import service
from reviews.proof.figures import Figure, figures
from reviews.proof.service import Only


class CaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a month of the shop, from `start` to before `end`."""

    month: str
    start: datetime
    end: datetime
    figures: list[Figure]


@get(
    "/case-reports",
    guards=[requires_scope("reviews:read")],
    responses=problems(400, 401, 403),
    tags=["Reviews"],
)
async def get_case_report(
    user: NamedDependency[Integrator],
    month: FromQuery[str],
    team: FromQuery[UUID | None] = None,
    person: FromQuery[UUID | None] = None,
    aspect: FromQuery[str] = "",
) -> CaseReport:
    """A month (2026-11) of all cases, or of those of a team, a person or a complaint."""
    day = _month(month)
    async with db.transaction(user.merchant_id):
        start, end = await service.month(day)
        found = await service.report(start, end, Only(team, person, aspect), clock.now())
    return CaseReport(month=f"{day:%Y-%m}", start=start, end=end, figures=figures(found))


def _month(text: str) -> date:
    try:
        return service.month_of(text)
    except ValueError as error:
        raise RequestRefused("month_invalid", "The month is not like 2026-11", text) from error
