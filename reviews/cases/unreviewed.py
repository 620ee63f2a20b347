"""Cases that no review opened: a question, a mail, or trouble that we see before the customer does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.i18n import negotiate
from core.ids import new_id
from reviews.cases import events, inserting, queries, rules, service
from reviews.cases.inserting import Opened
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import Wanted
from reviews.cases.targets import service as target_service
from reviews.cases.targets.rules import Subject

Cause = Literal["question", "mail", "survey", "late_promise", "silent_carrier", "stock_gone"]
SHIPPING = frozenset({"late_promise", "silent_carrier", "stock_gone"})


class CustomerGone(DomainError):
    """Nobody whom a case could be about: unknown, or their data was deleted."""

    code = "case_customer_gone"
    kind = Kind.CONFLICT
    title = "This customer is not there any more"


@dataclass(frozen=True)
class Asked:
    """What would open a case; `detail` is what its first event says besides the cause."""

    customer_id: UUID
    cause: Cause
    order_id: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Begun:
    """The case that somebody's matter is in."""

    case_id: UUID
    joined: bool
    """It was open already, or another of the same call opened it."""


async def begin(asked: Sequence[Asked], now: datetime) -> list[Begun]:
    """A case for each, in their order, in the open transaction; one of somebody with an open case joins it.

    Raises CustomerGone.
    """
    last = await inserting.take_turn()
    ids = sorted({each.customer_id for each in asked})
    people = {row["id"]: row for row in await db.fetch(queries.ASKING, ids)}
    if missing := set(ids) - people.keys():
        raise CustomerGone(str(missing.pop()))
    stands = sorted({row["stands"] for row in people.values()})
    cases: dict[UUID, UUID] = {}
    going_on = await db.fetch(queries.OPEN_CASES, stands)
    for row in sorted(going_on, key=lambda each: (each["opened_at"], each["id"])):
        cases.setdefault(row["stands"], row["id"])
    fresh: dict[UUID, Asked] = {}
    for each in asked:
        stand = people[each.customer_id]["stands"]
        if stand not in cases:
            fresh.setdefault(stand, each)
    opened = await _opened(list(fresh.values()), people, last, now)
    await inserting.write(opened, now)
    mine = {stand: new.case_id for stand, new in zip(fresh, opened, strict=True)}
    begun = []
    for each in asked:
        stand = people[each.customer_id]["stands"]
        found = cases.get(stand) or mine[stand]
        joined = fresh.get(stand) is not each
        if joined:
            await _join(found, each, now)
        begun.append(Begun(found, joined))
    return begun


async def _opened(
    fresh: Sequence[Asked], people: Mapping[UUID, db.Row], last: int, now: datetime
) -> list[Opened]:
    if not fresh:
        return []
    rows = [people[each.customer_id] for each in fresh]
    subjects = [Subject(tier=row["tier"], language=_language(row["locale"]), reachable=True) for row in rows]
    wanted = [
        Wanted({"shipping"} if each.cause in SHIPPING else frozenset(), subject.language)
        for each, subject in zip(fresh, subjects, strict=True)
    ]
    places = await routing.places(wanted, now)
    terms = await target_service.terms_for(subjects)
    return [
        Opened(
            case_id=new_id(),
            number=last + n,
            review_id=None,
            customer_id=row["stands"],
            answered_at=None,
            place=place,
            parts=rules.priority_unreviewed(each.cause, row["orders"]),
            subject=subject,
            terms=promised,
            why={"cause": each.cause, **each.detail},
            cause=each.cause,
            order_id=each.order_id,
        )
        for n, (each, row, place, subject, promised) in enumerate(
            zip(fresh, rows, places, subjects, terms, strict=True), start=1
        )
    ]


def _language(locale: str | None) -> str:
    return negotiate(locale, locale) if locale else ""


async def _join(case_id: UUID, each: Asked, now: datetime) -> None:
    """The matter is noted in a case that is open; whoever answers there sees it first."""
    case = await service.lock(case_id)
    await service.move(case, "join", now)
    await events.add(case.id, case.cycle, "matter_joined", now, cause=each.cause, **each.detail)
