"""Cases and their clocks, from what their events say happened and when."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from tests.chaos.verifier.findings import Finding

Row = asyncpg.Record


class Name(NamedTuple):
    """Which clock."""

    case_id: UUID
    cycle: int
    kind: str
    round: int


@dataclass
class Clock:
    """One clock as its events tell of it; without a calendar every moment is working time."""

    started_at: datetime
    target: timedelta
    counted_from: datetime
    due_at: datetime
    worked: timedelta = timedelta()
    paused_at: datetime | None = None
    pauses: int = 0
    satisfied_at: datetime | None = None

    def hear(self, kind: str, at: datetime) -> None:
        """What happens to it next."""
        if kind == "clock_paused":
            self.worked += max(at - self.counted_from, timedelta())
            self.paused_at, self.pauses = at, self.pauses + 1
        elif kind == "clock_resumed":
            self.counted_from, self.paused_at = at, None
            self.due_at = at + max(self.target - self.worked, timedelta())
        elif kind == "clock_satisfied":
            self.satisfied_at = at


CASES = "SELECT * FROM cases WHERE merchant_id = $1"
CLOCKS = "SELECT * FROM case_clocks WHERE merchant_id = $1"
EVENTS = """
    SELECT id, case_id, cycle, kind, detail::text AS detail, at FROM case_events
    WHERE merchant_id = $1 ORDER BY id
"""
LAST = "SELECT last FROM case_numbers WHERE merchant_id = $1"


async def check(connection: asyncpg.Connection, merchant: UUID) -> list[Finding]:
    """Cases, their numbers, their clocks."""
    cases = await connection.fetch(CASES, merchant)
    clocks = await connection.fetch(CLOCKS, merchant)
    events = await connection.fetch(EVENTS, merchant)
    last = await connection.fetchval(LAST, merchant) or 0
    said = [(row, json.loads(row["detail"])) for row in events]
    return [
        *_numbers(cases, last),
        *_clocks(clocks, said),
        *_due(cases, clocks),
        *_once(said),
    ]


def _numbers(cases: Sequence[Row], last: int) -> Iterator[Finding]:
    if sorted(row["number"] for row in cases) != list(range(1, last + 1)):
        yield Finding("wrong", "numbers of cases", f"1 to {last}")


def _clocks(clocks: Sequence[Row], said: Sequence[tuple[Row, dict[str, Any]]]) -> Iterator[Finding]:
    rows = {Name(row["case_id"], row["cycle"], row["kind"], row["round"]): row for row in clocks}
    told: dict[Name, Clock] = {}
    for event, detail in said:
        if "clock" not in detail:
            continue
        name = Name(event["case_id"], event["cycle"], detail["clock"], int(detail.get("round", 1)))
        if name not in rows:
            yield Finding("lost", "clock of an event", _said(name))
        elif event["kind"] == "clock_started":
            target = timedelta(seconds=rows[name]["target_s"])
            at = event["at"]
            told[name] = Clock(at, target, at, at + target)
        elif name in told:
            told[name].hear(event["kind"], event["at"])
    for name, row in rows.items():
        if name not in told:
            yield Finding("wrong", "clock that never started", _said(name))
        else:
            yield from _differences(name, row, told[name])


def _differences(name: Name, row: Row, clock: Clock) -> Iterator[Finding]:
    for field in vars(clock):
        if field != "target" and row[field] != getattr(clock, field):
            yield Finding("wrong", f"{field} of a clock", _said(name))


def _said(name: Name) -> str:
    return " ".join(str(part) for part in name)


def _due(cases: Sequence[Row], clocks: Sequence[Row]) -> Iterator[Finding]:
    """What a case shows as due is the first of its clocks that runs."""
    due: dict[tuple[UUID, int], list[datetime]] = defaultdict(list)
    for row in clocks:
        if row["satisfied_at"] is None and row["stopped_at"] is None and row["paused_at"] is None:
            due[row["case_id"], row["cycle"]].append(row["due_at"])
    for case in cases:
        if case["due_at"] != min(due[case["id"], case["cycle"]], default=None):
            yield Finding("wrong", "when a case is due", str(case["id"]))


def _once(said: Sequence[tuple[Row, dict[str, Any]]]) -> Iterator[Finding]:
    """No clock says one thing twice."""
    heard = Counter(
        (row["case_id"], row["cycle"], detail["clock"], detail.get("round"), row["kind"], detail.get("level"))
        for row, detail in said
        if "clock" in detail and row["kind"].startswith("clock_")
    )
    for word, times in heard.items():
        if times > 1:
            yield Finding("doubled", "word of a clock", " ".join(str(part) for part in word))
