"""One deed on many cases of a list: what refuses it stays as it is, the others go on."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.errors import NotFound
from reviews.cases import service

LIMIT = 200


@dataclass(frozen=True)
class Outcome:
    """How many were done, and how many refused: they are in another state by now."""

    done: int
    refused: int


async def assign(ids: Iterable[UUID], to: UUID, by: UUID, now: datetime) -> Outcome:
    """Give cases to somebody. Raises core.errors.Forbidden, or NotFound for the person."""
    return await _each(ids, lambda case, version: service.assign(case, to, by, version, now))


async def spam(ids: Iterable[UUID], by: UUID, now: datetime) -> Outcome:
    """Mark cases as spam. Raises core.errors.Forbidden."""
    return await _each(ids, lambda case, version: service.spam(case, by, version, now))


async def snooze(ids: Iterable[UUID], until: datetime, by: UUID, now: datetime) -> Outcome:
    """Keep cases out of the queue. Raises service.SnoozeUnfit or core.errors.Forbidden."""
    return await _each(ids, lambda case, version: service.snooze(case, until, by, version, now))


async def _each(ids: Iterable[UUID], deed: Callable[[UUID, int], Awaitable[object]]) -> Outcome:
    """In the order of their ids, so that two people with the same cases never wait for each other."""
    done = refused = 0
    for case_id in sorted(set(ids))[:LIMIT]:
        try:
            case = await service.lock(case_id)
        except NotFound:
            refused += 1
            continue
        try:
            await deed(case_id, case.version)
            done += 1
        except service.CaseStateRefuses:
            refused += 1
    return Outcome(done, refused)


def chosen(ids: Iterable[str]) -> list[UUID]:
    """Ids as a form brings them; what is none is left out."""
    found: list[UUID] = []
    for each in ids:
        try:
            found.append(UUID(each))
        except ValueError:
            continue
    return found
