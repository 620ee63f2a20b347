"""`regulars rewards …`: pools of voucher codes."""

import csv
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import click

from admin.commands import whose
from admin.commands.progress import Advance, bar
from core import clock, db
from loyalty.rewards import pools
from loyalty.rewards.pools import Reject, Report

BLOCK_BYTES = 1 << 18
PART_CODES = 100_000
HEADING = ("line", "code", "text")


async def add_pool(merchant: str | None, pool: str, low_water: int) -> None:
    """Make an empty pool."""
    async with db.transaction((await whose.merchant(merchant)).id):
        await pools.create(pool, low_water, clock.now())
    click.echo(f"pool {pool}")


async def generate(merchant: str | None, pool: str, pattern: str, count: int) -> None:
    """Add codes, a part a transaction."""
    owner = await whose.merchant(merchant)
    with bar(f"Codes of {pattern}") as advance:
        for done in range(0, count, PART_CODES):
            async with db.transaction(owner.id):
                await pools.generate(pool, pattern, min(PART_CODES, count - done))
            advance(min(done + PART_CODES, count), count)
    click.echo(f"{count} codes added to {pool}")


async def import_codes(merchant: str | None, pool: str, file: Path) -> Report:
    """Import a file of any size; rejected lines go to `<file>.rejects.csv`. Run again, it goes on."""
    owner = await whose.merchant(merchant)
    key = f"file:{_digest(file)}"
    rejects = Rejects(file, await pools.lines_done(owner.id, pool, key))
    with file.open("rb") as source, bar(f"Importing {file.name}") as advance:
        report = await pools.take_in(owner.id, pool, key, _blocks(source, advance), rejects.add)
    click.echo(f"{report.lines} lines: {report.added} codes added, {report.rejected} rejected")
    if report.rejected:
        click.echo(f"Rejected lines: {rejects.path}", err=True)
    return report


class Rejects:
    """The reject file. What it has of lines that were not committed is dropped before the import goes on."""

    def __init__(self, source: Path, lines_done: int) -> None:
        self.path = source.with_name(f"{source.name}.rejects.csv")
        self._keep(lambda line: line <= lines_done)

    def add(self, rejects: Sequence[Reject]) -> None:
        """Write a chunk's rejects down; they are on disk before the chunk is committed."""
        if not rejects:
            return
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            if new:
                rows.writerow(HEADING)
            rows.writerows((each.line, each.code, _harmless(each.text)) for each in rejects)
            file.flush()
            os.fsync(file.fileno())

    def _keep(self, is_done: Callable[[int], bool]) -> None:
        if not self.path.exists():
            return
        kept = self.path.with_suffix(".part")
        with (
            self.path.open(encoding="utf-8", newline="") as old,
            kept.open("w", encoding="utf-8", newline="") as new,
        ):
            rows = csv.reader(old)
            csv.writer(new).writerow(next(rows, HEADING))
            csv.writer(new).writerows(
                row for row in rows if row and row[0].isdecimal() and is_done(int(row[0]))
            )
        kept.replace(self.path)


def _harmless(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


async def _blocks(file: BinaryIO, advance: Advance) -> AsyncIterator[bytes]:
    size, done = os.fstat(file.fileno()).st_size, 0
    while block := file.read(BLOCK_BYTES):
        yield block
        done += len(block)
        advance(done, size)
