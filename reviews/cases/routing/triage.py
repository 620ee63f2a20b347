"""Give a case to a team by hand, where routing chose another or none."""

from datetime import datetime
from uuid import UUID

from core import db
from core.errors import NotFound
from reviews.cases import events, queries, service
from reviews.cases.people import person
from reviews.cases.routing import service as routing


async def triage(case_id: UUID, team_id: UUID, by: UUID, expected_version: int, now: datetime) -> int:
    """Its owner keeps it who is in the team; else whoever of the team has most room gets it, or nobody yet.

    Answers the new version. Raises core.errors.Forbidden, NotFound for the case or the team,
    service.CaseChanged or service.CaseStateRefuses.
    """
    await person(by, "triage")
    # Before the case, as whoever opens or gives out: nobody gets more than there is room for.
    await db.fetchval(queries.TAKE_TURN, db.merchant_id())
    case = await service.lock(case_id, expected_version)
    team = next((each for each in await routing.teams() if each.id == team_id), None)
    if team is None:
        raise NotFound(f"no team {team_id}")
    moved = await service.move(case, "triage", now)
    await events.add(case.id, case.cycle, "triaged", now, staff_id=by, team=team.id)
    keeps = case.owner_id in team.people
    owner = case.owner_id if keeps else await routing.owner_in(team, now)
    await db.execute(queries.GIVE_TO_TEAM, case.id, team.id, owner, now)
    if owner is None:
        return moved.version
    moved = await service.move(moved, "assign", now, owner_id=owner)
    if not keeps:
        await events.add(case.id, case.cycle, "assigned", now, to=owner, before=case.owner_id)
    return moved.version
