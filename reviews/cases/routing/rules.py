"""Which team a case is for, and who of it gets it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Team:
    """A team; without aspects or languages it is for all. `people` are ids of staff."""

    id: UUID
    aspects: frozenset[str]
    languages: frozenset[str]
    people: frozenset[UUID]


@dataclass(frozen=True)
class Worker:
    """Somebody who could own a case; `capacity` None: without limit."""

    id: UUID
    load: int
    """Open cases."""
    capacity: int | None
    assigned_at: datetime | None
    """When they got the newest of these; None: they have none."""
    present: bool

    @property
    def has_room(self) -> bool:
        """Whether one more fits."""
        return self.capacity is None or self.load < self.capacity


def team_for(teams: Sequence[Team], aspects: Collection[str], language: str) -> Team | None:
    """The team that is made for most of it: for aspects before language, then the first; None: for none."""
    found = [team for team in teams if _is_for(team, aspects, language)]
    return max(found, key=lambda team: (bool(team.aspects), bool(team.languages)), default=None)


def _is_for(team: Team, aspects: Collection[str], language: str) -> bool:
    speaks = not team.languages or any(
        language == each or language.startswith(f"{each}-") for each in team.languages
    )
    return speaks and (not team.aspects or bool(team.aspects & set(aspects)))


def share_out(
    workers: Sequence[Worker], wanted: Sequence[Collection[UUID] | None], now: datetime
) -> list[UUID | None]:
    """An owner for each case in turn: whoever is there, has the fewest open ones, then has waited longest.

    `wanted` is who may have the case; None: anybody. Nobody of them has room: nobody gets it.
    """
    pool = {worker.id: worker for worker in workers}
    owners: list[UUID | None] = []
    for people in wanted:
        able = [each for each in pool.values() if each.has_room and (people is None or each.id in people)]
        chosen = min(able, key=_turn, default=None)
        owners.append(chosen.id if chosen else None)
        if chosen:
            pool[chosen.id] = replace(chosen, load=chosen.load + 1, assigned_at=now)
    return owners


def _turn(worker: Worker) -> tuple[bool, int, datetime, UUID]:
    return not worker.present, worker.load, worker.assigned_at or _NEVER, worker.id
