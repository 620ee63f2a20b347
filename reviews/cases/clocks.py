"""The clocks of cases: they start, stand still, go on, warn, run out, and say each of their words once.

Each keeps the moments (`marks`) at which 50, 80, 100, 150 and 200 % of its target will have passed in working
time, and how many of them were said. While it stands still those to come are unknown. So what has passed at a
moment is one comparison, for all clocks in one statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db, outbox
from core.telemetry import metrics
from reviews.cases import events, queries
from reviews.cases.machine import State
from reviews.cases.targets import rules as targets
from reviews.cases.targets import service as terms_service
from reviews.cases.targets.rules import ClockKind, Terms

SWEEP_LIMIT = 1000
ESCALATE = "case.escalate"


@dataclass(frozen=True)
class Cycle:
    """A cycle that begins with these clocks; it may have none, and keeps its terms all the same."""

    case_id: UUID
    number: int
    terms: Terms
    kinds: Sequence[ClockKind]


@dataclass(frozen=True)
class _Start:
    case_id: UUID
    cycle: int
    kind: ClockKind
    terms: Terms
    round: int = 1


async def begin(cycles: Sequence[Cycle], now: datetime) -> None:
    """Start the clocks of cycles in the open transaction; one that runs already is left alone."""
    if not cycles:
        return
    kept = await terms_service.keep((each.terms for each in cycles), now)
    due = await _start(
        [_Start(each.case_id, each.number, kind, each.terms) for each in cycles for kind in each.kinds],
        kept,
        now,
    )
    ids = [each.case_id for each in cycles]
    terms = [kept[each.terms] for each in cycles]
    await db.execute(queries.BEGIN_CYCLES, ids, terms, [due.get(each) for each in ids])


async def _start(
    started: Sequence[_Start], kept: Mapping[Terms, UUID], now: datetime
) -> dict[UUID, datetime]:
    """By case, when the first of these clocks is due."""
    if not started:
        return {}
    due: dict[UUID, datetime] = {}
    marks: dict[tuple[Terms, ClockKind], list[datetime]] = {}
    rows = []
    for each in started:
        target_s = each.terms.targets.of(each.kind)
        assert target_s is not None
        found = marks.get((each.terms, each.kind)) or targets.marks(each.terms, target_s, now)
        marks[each.terms, each.kind] = found
        due[each.case_id] = min(found[targets.DUE], due.get(each.case_id, found[targets.DUE]))
        rows.append(
            {
                "case_id": each.case_id, "cycle": each.cycle, "kind": each.kind, "round": each.round,
                "terms_id": kept[each.terms], "target_s": target_s, "marks": found,
                "due_at": found[targets.DUE],
            }
        )  # fmt: skip
    await db.execute(queries.START_CLOCKS, db.merchant_id(), now, db.to_json(rows))
    return due


async def owe_reply(case_id: UUID, cycle: int, untouched: bool, urgent: bool, now: datetime) -> None:
    """The customer has written: the next reply is due from now on, unless one is owed already.

    While nobody has done anything on the case, the first reply is.
    """
    row = await db.fetchrow(queries.OWED, case_id, cycle)
    assert row is not None
    terms = terms_service.read(row["terms"], urgent)
    if row["next"] or (untouched and row["first"]) or terms.targets.next_reply is None:
        return
    kept = await terms_service.keep([terms], now)
    await _start([_Start(case_id, cycle, "next_reply", terms, row["rounds"] + 1)], kept, now)
    await db.execute(queries.NEXT_DUE, case_id)


async def satisfy(
    case_id: UUID, cycle: int, kinds: Sequence[ClockKind], at: datetime, said_at: datetime | None = None
) -> None:
    """What these clocks waited for has happened; one for which it had happened before stays as it is.

    `said_at`: when the words were written that went out `at`; they answer nothing that came later.
    """
    await _say(await db.fetch(queries.SAY_OF_CASE, db.merchant_id(), at, case_id, cycle), at)
    for kind in kinds:
        await _satisfy(case_id, cycle, kind, at, said_at or at)
    await db.execute(queries.NEXT_DUE, case_id)


async def _satisfy(case_id: UUID, cycle: int, kind: ClockKind, at: datetime, said_at: datetime) -> None:
    row = await db.fetchrow(queries.SATISFY, case_id, cycle, kind, at, said_at)
    if row is None:
        return
    worked = row["worked"]
    if row["paused_at"] is None:
        worked += targets.worked(terms_service.read(row["terms"]), row["counted_from"], at)
    await events.add(
        case_id, cycle, "clock_satisfied", at, clock=kind, round=row["round"], due_at=row["due_at"],
        late=(row["paused_at"] or at) > row["due_at"], worked_s=round(worked.total_seconds()),
    )  # fmt: skip


async def stop(case_id: UUID, cycle: int, at: datetime) -> None:
    """The cycle ends: what still runs will not be needed, but what was missed was missed."""
    await _say(await db.fetch(queries.SAY_OF_CASE, db.merchant_id(), at, case_id, cycle), at)
    await db.execute(queries.STOP, case_id, cycle, at)
    await db.execute(queries.NEXT_DUE, case_id)


async def run_on(case_id: UUID, cycle: int) -> None:
    """The cycle had ended too early: what its resolution stopped runs on, as if it had not been stopped."""
    await db.execute(queries.RUN_ON, case_id, cycle)
    await db.execute(queries.NEXT_DUE, case_id)


async def follow(case_id: UUID, cycle: int, state: State, now: datetime) -> None:
    """The case has come to a state: clocks stand still in it or go on, as their terms say."""
    moved = False
    for row in await db.fetch(queries.RUNNING, case_id, cycle):
        terms = terms_service.read(row["terms"])
        if state in terms.pauses and row["paused_at"] is None:
            await _pause(row, terms, now)
        elif state not in terms.pauses and row["paused_at"] is not None:
            await _resume(row, terms, now)
        else:
            continue
        moved = True
    if moved:
        await db.execute(queries.NEXT_DUE, case_id)


async def _pause(row: db.Row, terms: Terms, now: datetime) -> None:
    worked = row["worked"] + targets.worked(terms, row["counted_from"], now)
    # What has passed and is not said yet will still be said.
    marks = [mark if mark is not None and mark <= now else None for mark in row["marks"]]
    await db.execute(queries.PAUSE, *_key(row), marks, worked, now)
    await _note(row, "clock_paused", row["pauses"] + 1, now)


async def _resume(row: db.Row, terms: Terms, now: datetime) -> None:
    anew = targets.marks(terms, row["target_s"], now, row["worked"])
    marks = [old or new for old, new in zip(row["marks"], anew, strict=True)]
    await db.execute(queries.RESUME, *_key(row), marks, marks[targets.DUE], now)
    await _note(row, "clock_resumed", row["pauses"], now)


def _key(row: db.Row) -> tuple[UUID, int, str, int]:
    return row["case_id"], row["cycle"], row["kind"], row["round"]


async def _note(row: db.Row, kind: str, level: int, now: datetime) -> None:
    case_id, cycle, clock, round_ = _key(row)
    await events.add(case_id, cycle, kind, now, clock=clock, round=round_, level=level)


async def sweep(now: datetime) -> tuple[int, int]:
    """Note every clock of the merchant that has passed a mark, in the open transaction.

    Answers how many were warned and breached now. At most SWEEP_LIMIT clocks; safe beside others. What was
    breached is told on by work that is written down with it.
    """
    return await _say(await db.fetch(queries.SWEEP, db.merchant_id(), now, SWEEP_LIMIT), now)


async def _say(said: Sequence[db.Row], now: datetime) -> tuple[int, int]:
    breached = [row for row in said if row["kind"] == "clock_breached"]
    told = [{name: row[name] for name in ("case_id", "cycle", "clock", "round", "level")} for row in breached]
    await outbox.add_many(ESCALATE, told, now)
    for row in breached:
        metrics.BREACHES.labels(row["clock"], row["level"]).inc()
    return len(said) - len(breached), len(breached)
