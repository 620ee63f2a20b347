"""Ask for a back-test, run it part by part, read what came of it."""

from datetime import datetime
from uuid import UUID

import msgspec

from core import db, outbox
from core.errors import DomainError, Kind, NotFound
from loyalty.backtests import queries
from loyalty.backtests.rules import Result, together
from loyalty.rules import compile as compiled
from loyalty.rules import service as rules
from loyalty.rules.backtest import Members, by_month, granted, trial
from loyalty.rules.model import Active, Rule
from loyalty.rules.service import Version

TOPIC = "backtest.asked"
EVENTS_A_PART = 200_000
"""What one part looks at, about: a few seconds of work. Whatever has one part is answered at once."""
PARTS_MOST = 100


class BacktestInvalid(DomainError):
    """It ends before it begins, or the wallet is not one of the rule's."""

    code = "backtest_invalid"
    kind = Kind.INVALID
    title = "The back-test cannot be like this"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A back-test under way or over. `bounds`: where its parts begin."""

    id: UUID
    code: str
    version_id: UUID | None
    definition: Rule
    wallet: str
    starts_at: datetime
    ends_at: datetime
    bounds: tuple[UUID, ...]
    parts_done: int
    result: Result
    asked_at: datetime
    ended_at: datetime | None
    asker: str | None

    @property
    def parts(self) -> int:
        """How many there are."""
        return len(self.bounds) + 1

    @property
    def part(self) -> Members:
        """The members whose turn it is."""
        edges = (None, *self.bounds, None)
        return Members(edges[self.parts_done], edges[self.parts_done + 1])


async def ask(
    rule: Rule | Version, start: datetime, end: datetime, wallet: str, by: UUID | None, now: datetime
) -> Run:
    """Run it at once where that is quick, else leave it to a worker.

    A version that is or was in force is tested as what it was; what is not in force yet, in the place that it
    would take. Raises BacktestInvalid, TimeZoneUnknown, and as rules.check_saved().
    """
    definition = rule.rule if isinstance(rule, Version) else rule
    if not start < end <= now:
        raise BacktestInvalid("it must end after it begins, and not after now")
    if definition.wallets and wallet not in definition.wallets:
        raise BacktestInvalid(f"the rule does not give to {wallet}")
    await rules.check_saved(definition)
    code, version_id = (rule.code, rule.version_id) if isinstance(rule, Version) else ("", None)
    bounds = await _bounds(definition, end)
    run_id = await db.fetchval(
        queries.ADD, code, version_id, db.to_json(definition), wallet, start, end, bounds, by, now
    )
    if bounds:
        await outbox.add(TOPIC, {"id": str(run_id)}, now)
    else:
        await next_part(run_id, now)
    return await find(run_id)


async def next_part(run_id: UUID, now: datetime) -> None:
    """Run one part, and leave the next to a worker; one that is over is left alone."""
    await db.execute(queries.LOCK, run_id)
    run = await find(run_id)
    if run.ended_at:
        return
    tested = await _tested(run)
    found = await by_month(tested, run.starts_at, run.ends_at, run.wallet, run.part)
    result = Result(months=together(run.result.months, found))
    if run.parts_done + 1 == run.parts:
        if run.version_id and tested.version_id == run.version_id:
            span = (run.starts_at, run.ends_at)
            result = Result(months=result.months, granted=await granted(run.version_id, *span, run.wallet))
    else:
        await outbox.add(TOPIC, {"id": str(run_id)}, now)
    await db.execute(queries.DONE, run_id, db.to_json(result), now)


async def find(run_id: UUID) -> Run:
    """One back-test. Raises NotFound."""
    row = await db.fetchrow(queries.ONE, run_id)
    if row is None:
        raise NotFound("there is no such back-test")
    return _run(row)


async def newest(limit: int = 20) -> list[Run]:
    """The newest first."""
    return [_run(row) for row in await db.fetch(queries.NEWEST, limit)]


async def _bounds(definition: Rule, end: datetime) -> list[UUID]:
    events = await db.fetchval(queries.EVENTS, compiled.of_orders(trial(definition)), end)
    parts = min(PARTS_MOST, 1 + events // EVENTS_A_PART)
    return list(await db.fetchval(queries.BOUNDS, parts)) if parts > 1 else []


async def _tested(run: Run) -> Active:
    """The same for each part: what was published since it was asked for is still tested as the draft."""
    if run.version_id is None:
        return trial(run.definition)
    version = await rules.version(run.version_id)
    later = version.valid_from is not None and version.valid_from >= run.asked_at
    if version.state == "draft" or later:
        return trial(run.definition, version.active)
    return version.active


def _run(row: db.Row) -> Run:
    return Run(
        **dict(row)
        | {
            "definition": msgspec.json.decode(row["definition"], type=Rule),
            "bounds": tuple(row["bounds"]),
            "result": msgspec.json.decode(row["result"], type=Result),
        }
    )
