"""One deed on many cases of a list: what refuses it stays as it is, the others go on.

A case is chosen as it stood in the list: what somebody did on it since is looked at first.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.errors import NotFound
from reviews.cases import service

LIMIT = 200


@dataclass(frozen=True)
class Outcome:
    """How many were done, and how many refused: they are not any more as they were chosen."""

    done: int
    refused: int


@dataclass(frozen=True, order=True)
class Chosen:
    """A case as somebody saw it."""

    case_id: UUID
    version: int


async def assign(cases: Iterable[Chosen], to: UUID, by: UUID, now: datetime) -> Outcome:
    """Give cases to somebody. Raises core.errors.Forbidden, or NotFound for the person."""
    return await _each(cases, lambda each: service.assign(each.case_id, to, by, each.version, now))


async def spam(cases: Iterable[Chosen], by: UUID, now: datetime) -> Outcome:
    """Mark cases as spam. Raises core.errors.Forbidden."""
    return await _each(cases, lambda each: service.spam(each.case_id, by, each.version, now))


async def snooze(cases: Iterable[Chosen], until: datetime, by: UUID, now: datetime) -> Outcome:
    """Keep cases out of the queue. Raises service.SnoozeUnfit or core.errors.Forbidden."""
    return await _each(cases, lambda each: service.snooze(each.case_id, until, by, each.version, now))


async def _each(cases: Iterable[Chosen], deed: Callable[[Chosen], Awaitable[object]]) -> Outcome:
    """In the order of their ids, so that two people with the same cases never wait for each other."""
    wanted = sorted(set(cases))
    done = 0
    for each in wanted[:LIMIT]:
        try:
            await service.lock(each.case_id, each.version)
        except (NotFound, service.CaseChanged):
            continue
        try:
            await deed(each)
            done += 1
        except service.CaseStateRefuses:
            continue
    return Outcome(done, len(wanted) - done)


def chosen(texts: Iterable[str]) -> list[Chosen]:
    """Cases as a form brings them, id and version with a colon between; what is none is left out."""
    found: list[Chosen] = []
    for each in texts:
        case_id, _, version = each.partition(":")
        try:
            found.append(Chosen(UUID(case_id), int(version)))
        except ValueError:
            continue
    return found
