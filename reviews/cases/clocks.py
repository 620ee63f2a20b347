"""The clocks of cases: started with a cycle, and each of their words said once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core import db
from reviews.cases import events, statements
from reviews.cases.rules import Clock, ClockKind

SWEEP_LIMIT = 1000


async def start(started: Sequence[tuple[UUID, int, Clock]], at: datetime) -> None:
    """Start clocks: case, cycle, clock."""
    rows = [(case, cycle, c.kind, c.target_s, c.warn_at, c.due_at) for case, cycle, c in started]
    columns = [[row[n] for row in rows] for n in range(6)]
    await db.execute(statements.INSERT_CLOCKS, db.merchant_id(), at, *columns)


async def satisfy(case_id: UUID, cycle: int, kind: ClockKind, at: datetime) -> bool:
    """What the clock waited for has happened; False: it had happened before, or no such clock runs."""
    due_at = await db.fetchval(statements.SATISFY, case_id, cycle, kind, at)
    if due_at is None:
        return False
    await events.add(case_id, cycle, "clock_satisfied", at, clock=kind, due_at=due_at, late=at > due_at)
    await db.execute(statements.NEXT_DUE, case_id)
    return True


async def stop(case_id: UUID, cycle: int, at: datetime) -> None:
    """The cycle ends: what still runs will not be needed."""
    await db.execute(statements.STOP, case_id, cycle, at)
    await db.execute(statements.NEXT_DUE, case_id)


async def sweep(now: datetime) -> tuple[int, int]:
    """Note every clock of the merchant that has passed a mark, in the open transaction.

    Answers how many were warned and breached now. At most SWEEP_LIMIT of each; safe beside others.
    """
    breached = await db.fetch(statements.BREACH, db.merchant_id(), now, SWEEP_LIMIT)
    warned = await db.fetch(statements.WARN, db.merchant_id(), now, SWEEP_LIMIT)
    return len(warned), len(breached)
