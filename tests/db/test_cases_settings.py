"""What a merchant sets for cases cannot lose one: calendars that reach, teams of one's own."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from core import db
from core.ids import new_id
from reviews.cases.calendars import service as calendars
from reviews.cases.calendars.rules import Calendar, CalendarUnfit, Shift
from reviews.cases.calendars.service import CalendarInUse
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import TeamOf, TeamUnfit
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, PolicyUnfit, Targets
from tests.conftest import new_merchant
from tests.fixtures.reviews.shop import NOW, employee, open_case, rows, value

DAY_S = 86_400
OFFICE = Calendar("UTC", tuple(Shift(day, 9 * 60, 17 * 60) for day in range(5)))
AN_HOUR = Calendar("UTC", (Shift(0, 9 * 60, 10 * 60),))


def policy(days: int, calendar: str = "c", code: str = "p") -> Policy:
    return Policy(code, "Slow", Fits(), Targets(resolution=days * DAY_S), (), calendar)


async def test_no_target_is_further_than_its_calendar_reaches(merchant: UUID) -> None:
    boss = await employee(merchant, "owner")
    async with db.transaction(merchant):
        await calendars.put("c", "Mondays", AN_HOUR, boss, NOW)
    with pytest.raises(PolicyUnfit):
        async with db.transaction(merchant):
            await targets.put(policy(5), boss, NOW)
    async with db.transaction(merchant):
        await calendars.put("c", "Office", OFFICE, boss, NOW)
        await targets.put(policy(5), boss, NOW)
    with pytest.raises(CalendarUnfit):
        async with db.transaction(merchant):
            await calendars.put("c", "Mondays", AN_HOUR, boss, NOW)
    assert await value(merchant, "SELECT name FROM case_calendars") == "Office"


async def test_a_case_opens_though_its_calendar_no_longer_reaches(merchant: UUID) -> None:
    boss = await employee(merchant, "owner")
    async with db.transaction(merchant):
        await calendars.put("c", "Office", OFFICE, boss, NOW)
        await targets.put(policy(30), boss, NOW)
        await db.execute("UPDATE case_calendars SET calendar = $1::jsonb", db.to_json(AN_HOUR))
    await open_case(merchant)
    assert await rows(merchant, "SELECT due_at FROM case_clocks") == [(NOW + timedelta(days=30),)]


async def test_a_calendar_is_not_removed_while_a_policy_takes_it(merchant: UUID) -> None:
    boss = await employee(merchant, "owner")
    async with db.transaction(merchant):
        await calendars.put("c", "Office", OFFICE, boss, NOW)

    async def take() -> None:
        async with db.transaction(merchant):
            await targets.put(policy(1), boss, NOW)

    async def remove() -> None:
        async with db.transaction(merchant):
            await calendars.remove("c", boss)

    results = await asyncio.gather(take(), remove(), return_exceptions=True)
    assert all(each is None or isinstance(each, PolicyUnfit | CalendarInUse) for each in results)
    assert sum(each is None for each in results) == 1


async def test_a_team_of_another_merchant_is_not_there(merchant: UUID) -> None:
    other = await new_merchant()
    team = TeamOf(new_id(), "Parcels", (), (), None, {})
    for shop, refused in ((other, False), (merchant, True)):
        boss = await employee(shop, "owner")
        async with db.transaction(shop):
            if not refused:
                await routing.put(team, boss, NOW)
                continue
            with pytest.raises(TeamUnfit):
                await routing.put(team, boss, NOW)
    assert await value(merchant, "SELECT count(*) FROM case_teams") == 0


async def test_two_teams_with_one_name_that_come_at_once(merchant: UUID) -> None:
    boss = await employee(merchant, "owner")

    async def put() -> None:
        async with db.transaction(merchant):
            await routing.put(TeamOf(new_id(), "Parcels", (), (), None, {}), boss, NOW)

    results = await asyncio.gather(*(put() for _ in range(3)), return_exceptions=True)
    assert sorted(str(type(each).__name__) for each in results) == ["NoneType", "TeamUnfit", "TeamUnfit"]
