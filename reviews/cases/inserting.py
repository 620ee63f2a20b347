"""New cases as they are written, many at once, whatever opened them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from core.webhooks import service as webhooks
from reviews.cases import calls, clocks, queries
from reviews.cases.clocks import Cycle
from reviews.cases.contact import telling
from reviews.cases.routing.service import Place
from reviews.cases.targets import rules as targets
from reviews.cases.targets.rules import Subject, Terms


@dataclass(frozen=True)
class Opened:
    """A case as it is written."""

    case_id: UUID
    number: int
    review_id: UUID | None
    customer_id: UUID | None
    answered_at: datetime | None
    place: Place
    parts: Mapping[str, int]
    """Of its priority."""
    subject: Subject
    terms: Terms
    why: Mapping[str, Any]
    """What its first event says."""
    cause: str = "review"
    order_id: UUID | None = None


async def take_turn() -> int:
    """Wait until no other opener of the merchant is at it; answers the last number that was given."""
    last: int = await db.fetchval(queries.TAKE_TURN, db.merchant_id())
    return last


async def write(opened: Sequence[Opened], now: datetime) -> None:
    """Write the cases with their first events and clocks, in the open transaction after take_turn()."""
    if not opened:
        return
    merchant_id = db.merchant_id()
    await db.execute(queries.TAKE_NUMBERS, merchant_id, len(opened))
    columns = zip(*[_columns(each) for each in opened], strict=True)
    await db.execute(queries.INSERT_CASES, merchant_id, now, *map(list, columns))
    noted: list[tuple[UUID, int, str, str]] = []
    for each in opened:
        noted.append((each.case_id, 1, "opened", db.to_json({**each.why, "priority": each.parts})))
        if each.place.team_id:
            noted.append((each.case_id, 1, "triaged", db.to_json({"team": each.place.team_id})))
        if each.place.owner_id:
            noted.append((each.case_id, 1, "assigned", db.to_json({"to": each.place.owner_id})))
    await db.execute(queries.INSERT_EVENTS, merchant_id, now, *map(list, zip(*noted, strict=True)))
    begun = [
        Cycle(each.case_id, 1, each.terms, targets.first_clocks(each.terms, each.subject)) for each in opened
    ]
    await clocks.begin(begun, now)
    await calls.owe([each.case_id for each in opened if each.terms.call])
    await webhooks.emit("case.opened", [each.case_id for each in opened], now)
    await telling.all_opened([each.case_id for each in opened if each.customer_id], now)


def _columns(each: Opened) -> tuple[Any, ...]:
    return (
        each.case_id,
        each.number,
        each.review_id,
        each.customer_id,
        each.place.state,
        sum(each.parts.values()),
        db.to_json(each.parts),
        each.place.owner_id,
        each.place.team_id,
        each.answered_at,
        each.cause,
        each.order_id,
    )
