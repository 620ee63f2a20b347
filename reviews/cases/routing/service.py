"""Who gets a case: the merchant's teams, fair turns, and cases of nobody given out once somebody has room."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind, NotFound
from core.people.roles import PERMISSIONS
from reviews.cases import machine
from reviews.cases import queries as case_queries
from reviews.cases.codes import NAME_LIMIT_CHARS
from reviews.cases.contact import telling
from reviews.cases.people import setter
from reviews.cases.routing import presence, queries, rules
from reviews.cases.routing.rules import Team, Worker

LIMIT = 50
GIVE_LIMIT = 500


class TeamUnfit(DomainError):
    """A name that is taken or empty, or people who cannot work on cases."""

    code = "team_unfit"
    kind = Kind.INVALID
    title = "The team cannot be like this"


@dataclass(frozen=True)
class TeamOf:
    """A team as it is written; `people`: how many open cases each can own."""

    id: UUID
    name: str
    aspects: tuple[str, ...]
    languages: tuple[str, ...]
    lead_id: UUID | None
    people: Mapping[UUID, int]


@dataclass(frozen=True)
class Wanted:
    """What of a case decides who gets it."""

    aspects: Collection[str]
    """Of which the review complains."""
    language: str


@dataclass(frozen=True)
class Place:
    """Where a case goes."""

    team_id: UUID | None
    owner_id: UUID | None

    @property
    def state(self) -> machine.State:
        """In which a case begins that comes here."""
        return "assigned" if self.owner_id else "triaged" if self.team_id else "new"


async def teams() -> list[TeamOf]:
    """All teams of the merchant, by name."""
    return [
        TeamOf(
            row["id"],
            row["name"],
            tuple(row["aspects"]),
            tuple(row["languages"]),
            row["lead_id"],
            {UUID(each): capacity for each, capacity in db.from_json(row["people"]).items()},
        )
        for row in await db.fetch(queries.TEAMS)
    ]


async def put(team: TeamOf, by: UUID | None, now: datetime) -> UUID:
    """Make a team, or change the one with this id. Raises TeamUnfit or core.errors.Forbidden."""
    await setter(by)
    name = team.name.strip()
    if not 0 < len(name) <= NAME_LIMIT_CHARS or await db.fetchval(queries.TAKEN, team.id, name):
        raise TeamUnfit("a name that no other team has")
    others = [each for each in await teams() if each.id != team.id]
    if len(others) >= LIMIT:
        raise TeamUnfit(f"at most {LIMIT} teams")
    wanted = {*team.people, *({team.lead_id} if team.lead_id else ())}
    able = {row["id"] for row in await db.fetch(queries.ABLE, list(wanted), list(_roles()))}
    if wanted - able or not all(1 <= capacity <= 10_000 for capacity in team.people.values()):
        raise TeamUnfit("people who can work on cases, with room for 1 to 10000")
    columns = (team.id, name, list(team.aspects), list(team.languages), team.lead_id, by, now)
    kept = await db.fetchval(queries.CHANGE_TEAM, *columns) or await db.fetchval(queries.ADD_TEAM, *columns)
    if kept is None:  # it is a team of another merchant, which cannot be seen
        raise TeamUnfit("an id that is not taken")
    await db.execute(queries.CLEAR_PEOPLE, team.id)
    await db.execute(queries.PUT_PEOPLE, team.id, list(team.people), list(team.people.values()))
    return team.id


def _roles() -> Sequence[str]:
    return PERMISSIONS[machine.PERMISSIONS["reply"]]


async def remove(team_id: UUID, by: UUID | None) -> None:
    """Its cases stay with their owners. Raises core.errors.NotFound or Forbidden."""
    await setter(by)
    if await db.fetchval(queries.REMOVE_TEAM, team_id) is None:
        raise NotFound(f"no team {team_id}")


async def places(wanted: Sequence[Wanted], now: datetime) -> list[Place]:
    """Where new cases go, in this order; in the open transaction, whose openers take turns."""
    known = [
        Team(each.id, frozenset(each.aspects), frozenset(each.languages), frozenset(each.people))
        for each in await teams()
    ]
    found = [rules.team_for(known, each.aspects, each.language) for each in wanted]
    owners = rules.share_out(await _workers(), [team.people if team else None for team in found], now)
    return [Place(team.id if team else None, owner) for team, owner in zip(found, owners, strict=True)]


async def owner_in(team: TeamOf, now: datetime) -> UUID | None:
    """Whoever of a team would get one more case; None: nobody has room. After the openers' turn."""
    (owner,) = rules.share_out(await _workers(), [set(team.people)], now)
    return owner


async def _workers() -> list[Worker]:
    rows = await db.fetch(queries.WORKERS, db.merchant_id(), list(_roles()))
    there = await presence.present(db.merchant_id(), [row["id"] for row in rows])
    return [Worker(**row, present=row["id"] in there) for row in rows]


async def give_out(now: datetime) -> int:
    """Give cases of nobody to whoever has room, the most pressing first; answers how many got an owner.

    In a transaction of its own: it takes its turn among those who open cases, so that nobody gets more than
    there is room for.
    """
    merchant, roles = db.merchant_id(), list(_roles())
    if not await db.fetchval(queries.ANYTHING_WAITS, merchant, roles):
        return 0
    await db.fetchval(case_queries.TAKE_TURN, merchant)
    workers = await _workers()
    room = {each.id for each in workers if each.has_room}
    people = {team.id: set(team.people) for team in await teams()}
    able = [team for team, members in people.items() if members & room]
    waiting = await db.fetch(queries.WAITING, merchant, roles, GIVE_LIMIT, able) if room else []
    if not waiting:
        return 0
    owners = rules.share_out(workers, [people.get(row["team_id"]) for row in waiting], now)
    given = [(row, owner) for row, owner in zip(waiting, owners, strict=True) if owner]
    await db.execute(
        queries.ASSIGN, db.merchant_id(), now, [row["id"] for row, _ in given], [owner for _, owner in given]
    )
    noted = [(row["id"], row["cycle"], "assigned", db.to_json({"to": owner})) for row, owner in given]
    columns = [[line[n] for line in noted] for n in range(4)]
    await db.execute(case_queries.INSERT_EVENTS, db.merchant_id(), now, *columns)
    for row, _ in given:
        await telling.later("taken", row["id"], row["cycle"], now)
    return len(given)


async def wake(now: datetime) -> int:
    """Cases whose snooze is over come back into the queue; answers how many."""
    return len(await db.fetch(queries.WAKE, db.merchant_id(), now, GIVE_LIMIT))
