"""A negative review opens one case, with an owner, its clocks and its reasons, or joins one that is open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import db
from core.ids import new_id
from reviews.cases import events, inserting, joining, machine, queries, rules, service
from reviews.cases.inserting import Opened
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import Wanted
from reviews.cases.targets import service as target_service
from reviews.cases.targets.rules import Subject
from reviews.scoring.rules import Flag


@dataclass(frozen=True)
class Flagged:
    """One wording that was judged; without flags it is not negative."""

    review_id: UUID
    version: int
    rating_norm: Decimal | None
    negative: float
    """Probability that the text is negative."""
    flags: Sequence[Flag]


async def judge(judged: Sequence[Flagged], now: datetime) -> list[UUID]:
    """Open a case for each review whose current wording is negative and that has none; answers their ids.

    One of a customer or an order with an open case joins that one. A review that has a case and was revised
    is noted in it; if the new wording is negative and the case was done, it is reopened. In the open
    transaction.
    """
    ids = sorted({each.review_id for each in judged})
    rows = {row["review_id"]: row for row in await db.fetch(queries.JUDGED, ids)}
    fresh = [each for each in judged if each.flags and _may_open(each, rows[each.review_id])]
    revised = [each for each in judged if rows[each.review_id]["case_id"] and each.version > 1]
    last = await inserting.take_turn() if fresh else 0
    joinable = await joining.candidates([each.review_id for each in fresh]) if fresh else {}
    known = {*joinable.values(), *(rows[each.review_id]["case_id"] for each in revised)}
    await db.fetch(queries.LOCK_MANY, list(known))
    opened = await _open(fresh, rows, last, now) if fresh else []
    for each in sorted(revised, key=lambda one: (one.review_id, one.version)):
        await _revised(rows[each.review_id], each, _parts(each, rows), now)
    return opened


def _may_open(each: Flagged, row: db.Row) -> bool:
    """Only what its author still says opens a case; an older wording is scored, but overtaken."""
    return row["case_id"] is None and row["state"] == "live" and row["version"] == each.version


async def _open(fresh: Sequence[Flagged], rows: dict[UUID, db.Row], last: int, now: datetime) -> list[UUID]:
    taken = await db.fetch(queries.HAVE_CASES, [each.review_id for each in fresh])
    have = {row["review_id"] for row in taken}
    ranked = sorted(
        (each for each in fresh if each.review_id not in have),
        key=lambda each: (-sum(_parts(each, rows).values()), each.review_id),
    )
    plan = await joining.plan([rows[each.review_id] for each in ranked])
    alone = [each for each in ranked if each.review_id not in plan]
    opened = await _opened(alone, rows, last, now)
    await inserting.write(opened, now)
    cases = {each.review_id: each.case_id for each in opened}
    for each in ranked:
        if each.review_id in plan:
            to = plan[each.review_id]
            reasons = [flag.reason for flag in each.flags]
            parts, answered = _parts(each, rows), rows[each.review_id]["replied_at"] is not None
            await joining.join(cases.get(to, to), each.review_id, each.version, reasons, parts, now, answered)
    return [each.case_id for each in opened]


async def _opened(
    alone: Sequence[Flagged], rows: dict[UUID, db.Row], last: int, now: datetime
) -> list[Opened]:
    subjects = [_subject(each, rows[each.review_id], rows) for each in alone]
    wanted = [
        Wanted(rows[each.review_id]["aspects"], subject.language)
        for each, subject in zip(alone, subjects, strict=True)
    ]
    places = await routing.places(wanted, now) if alone else []
    terms = await target_service.terms_for(subjects) if alone else []
    return [
        Opened(
            case_id=new_id(),
            number=last + n,
            review_id=each.review_id,
            customer_id=rows[each.review_id]["customer_id"],
            answered_at=rows[each.review_id]["replied_at"],
            place=place,
            parts=_parts(each, rows),
            subject=subject,
            terms=promised,
            why=_why(each),
        )
        for n, (each, place, subject, promised) in enumerate(
            zip(alone, places, subjects, terms, strict=True), start=1
        )
    ]


def _why(each: Flagged) -> dict[str, Any]:
    reasons = [{"reason": flag.reason, **flag.detail} for flag in each.flags]
    return {"reasons": reasons, "version": each.version}


def _parts(each: Flagged, rows: dict[UUID, db.Row]) -> dict[str, int]:
    return rules.priority(each.flags, each.rating_norm, each.negative, rows[each.review_id]["orders"])


def _subject(each: Flagged, row: db.Row, rows: dict[UUID, db.Row]) -> Subject:
    return Subject(
        source=row["source"],
        tier=row["tier"],
        language=row["language"],
        urgent=rules.is_urgent(_parts(each, rows)["urgency"]),
        answered=row["replied_at"] is not None,
        reachable=row["person_id"] is not None,
    )


async def _revised(row: db.Row, each: Flagged, parts: dict[str, int], now: datetime) -> None:
    case = await service.lock(row["case_id"])
    await events.add(
        case.id, case.cycle, "review_revised", now, by_customer=True,
        version=each.version, reasons=[flag.reason for flag in each.flags],
    )  # fmt: skip
    if not each.flags or row["version"] != each.version:
        await service.touch(case, now)
        return
    together = await joining.press(case.id, parts)
    if case.state in machine.SETTLED:
        await service.begin_cycle(replace(case, urgency=together.get("urgency", 0)), "revised", now)
    elif case.state in machine.OPEN:
        await service.move(case, "revised", now)
    else:
        await service.touch(case, now)
