"""Pools of voucher codes: made here or imported as a stream, issued once each."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.rewards import codes
from loyalty.rewards import pool_queries as queries

CHUNK_LINES = 20_000
"""Of an import, a transaction."""
CHUNK_CODES = 10_000


class PoolExists(DomainError):
    """The code belongs to a pool already."""

    code = "pool_exists"
    kind = Kind.CONFLICT
    title = "There is such a pool already"


class ImportKeyReused(DomainError):
    """What was imported under this key began with other lines."""

    code = "import_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another import"


class ImportRunning(DomainError):
    """Somebody else is importing under this key."""

    code = "import_running"
    kind = Kind.CONFLICT
    title = "An import with this key is running"


class PoolView(msgspec.Struct, frozen=True, kw_only=True):
    """A pool and what is left in it."""

    id: UUID
    code: str
    low_water: int
    free: int
    """Codes that can still be issued."""
    taken: int
    """Codes of vouchers, or put by for a checkout."""
    low: bool
    """No more are free than the low-water mark."""


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken in; lines count from 1."""

    line: int
    code: str
    """code_invalid, code_duplicate, code_of_another_pool or code_issued."""
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import, all its attempts together: `lines` = added + rejected + empty ones."""

    lines: int
    added: int
    rejected: int


async def create(code: str, low_water: int, now: datetime) -> PoolView:
    """Make an empty pool. Raises PoolExists."""
    if await db.fetchval(queries.ADD, code, low_water, now) is None:
        raise PoolExists(code)
    return await find(code)


async def set_low_water(code: str, low_water: int) -> PoolView:
    """Tell staff from so few free codes on. Raises NotFound."""
    await db.execute(queries.SET_LOW_WATER, code, low_water)
    return await find(code)


async def find(code: str) -> PoolView:
    """One pool. Raises NotFound."""
    row = await db.fetchrow(queries.ONE, code)
    if row is None:
        raise NotFound(f"no pool {code}")
    return PoolView(**row)


async def every() -> list[PoolView]:
    """All pools, by code."""
    return [PoolView(**row) for row in await db.fetch(queries.ALL)]


async def generate(code: str, pattern: str, count: int) -> PoolView:
    """Add so many codes of a pattern, none of which was there before.

    Raises NotFound, PatternInvalid, or PatternTooShort where codes could be guessed.
    """
    pool = await find(code)
    codes.check_pattern(pattern, pool.free + pool.taken + count)
    missing = count
    while missing:
        made = {codes.made(pattern) for _ in range(min(missing, CHUNK_CODES))}
        missing -= int(await db.fetchval(queries.ADD_CODES, pool.id, list(made)))
    return await find(code)


# ---------------------------------------------------------------- import

OnRejects = Callable[[Sequence[Reject]], None]
Chunk = list[tuple[int, bytes]]


@dataclass
class _Import:
    merchant_id: UUID
    pool_id: UUID
    key: str
    on_rejects: OnRejects
    begun_at_line: int
    """Lines that an earlier attempt took in."""
    digest: bytes | None
    """Of those lines."""
    seen: Any = field(default_factory=hashlib.sha256)
    """The digest so far."""


async def take_in(
    merchant_id: UUID, pool: str, key: str, data: AsyncIterator[bytes], on_rejects: OnRejects
) -> Report:
    """Import codes, one a line: plain text, CSV (the first column) or NDJSON with `code`. Any number of them.

    A transaction for each CHUNK_LINES lines: whoever calls again with the same key and data goes on after
    the last of them, and who has finished before changes nothing. `on_rejects` gets what each chunk could
    not take in, before it is committed. Raises NotFound or ImportKeyReused.
    """
    run = await _begin(merchant_id, pool, key, on_rejects)
    lines, chunk = codes.Lines(), list[tuple[int, bytes]]()
    async for block in data:
        for line in lines.feed(block):
            chunk.append(line)
            if len(chunk) == CHUNK_LINES:
                await _take_in(run, chunk)
                chunk = []
    await _take_in(run, [*chunk, *lines.end()])
    if lines.count < run.begun_at_line:
        raise ImportKeyReused(f"there were {run.begun_at_line} lines before, now {lines.count}")
    async with db.transaction(merchant_id):
        row = await db.fetchrow(queries.IMPORT, run.pool_id, key)
    assert row is not None  # it was begun
    return Report(lines=row["lines"], added=row["added"], rejected=row["rejected"])


async def lines_done(merchant_id: UUID, pool: str, key: str) -> int:
    """How many lines an earlier attempt took in. Raises NotFound."""
    async with db.transaction(merchant_id):
        row = await db.fetchrow(queries.IMPORT, (await find(pool)).id, key)
    return int(row["lines"]) if row else 0


async def _begin(merchant_id: UUID, pool: str, key: str, on_rejects: OnRejects) -> _Import:
    async with db.transaction(merchant_id):
        pool_id = (await find(pool)).id
        await db.execute(queries.BEGIN_IMPORT, pool_id, key)
        row = await db.fetchrow(queries.IMPORT, pool_id, key)
    assert row is not None  # just made
    return _Import(merchant_id, pool_id, key, on_rejects, row["lines"], row["digest"])


async def _take_in(run: _Import, chunk: Chunk) -> None:
    new = [(number, line) for number, line in chunk if number > run.begun_at_line]
    for number, line in chunk:
        run.seen.update(line + b"\n")
        if number == run.begun_at_line and run.seen.digest() != run.digest:
            raise ImportKeyReused("its first lines are others than before")
    if not new:
        return
    good, bad = _read(new)
    async with db.transaction(run.merchant_id) as connection:
        if not await db.fetchval(queries.LOCK_IMPORT, run.pool_id, run.key, new[0][0] - 1):
            raise ImportRunning()
        await db.execute(queries.STAGE)
        await connection.copy_records_to_table("staged_codes", records=good, columns=("line", "code"))
        rejects = [Reject(**row) for row in await db.fetch(queries.TAKE_IN, run.pool_id)]
        added = len(good) - len(rejects)
        rejects = sorted([*bad, *rejects], key=lambda each: each.line)
        await db.execute(
            queries.NOTE_IMPORT, run.pool_id, run.key, new[-1][0], added, len(rejects), run.seen.digest()
        )
        run.on_rejects(rejects)


def _read(lines: Chunk) -> tuple[list[tuple[int, str]], list[Reject]]:
    """What can be codes, and what cannot; empty lines and a heading are neither."""
    good: list[tuple[int, str]] = []
    bad: list[Reject] = []
    for number, line in lines:
        text = codes.cell(line)
        if text == "" or (number == 1 and text and text.lower() == "code"):
            continue
        if text and codes.is_code(text):
            good.append((number, text))
        else:
            bad.append(Reject(line=number, code="code_invalid", text=(text or "")[:100]))
    return good, bad
