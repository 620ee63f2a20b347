"""Opening balances: a million rows of a file, a lot each."""

import asyncio
import csv
import resource
from pathlib import Path

import asyncpg

from core import clock, db
from loyalty.openings.files import import_file
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import seconds

COLUMNS = ("id", "customer_id", "wallet", "points", "earned_at", "expires_at", "note")
GROWTH_LIMIT_KB = 64 * 1024


class MemoryGrew(RuntimeError):
    """The import took more memory for more rows."""


@benchmark(
    "loyalty.import",
    "import one opening balance of each member from a CSV file, each row checked; one process",
    "COPY of the same rows into a bare table",
    "s",
    at_most(6),
)
def imports(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as mine:
        file = rig.folder / "openings.csv"
        _write(file, mine.content.members)
        mine.execute(
            "CREATE TABLE bench_bare (id text, customer_id text, wallet text, points bigint,"
            " earned_at timestamptz, expires_at timestamptz, note text)"
        )
        asyncio.run(_copy(mine, file))
        before = seconds(lambda: asyncio.run(_copy(mine, file)))
        value = seconds(lambda: asyncio.run(_import(mine, file)))
        after = seconds(lambda: asyncio.run(_copy(mine, file)))
        return Figures(value, (before + after) / 2)


def _write(file: Path, members: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for n in range(1, members + 1):
            # Members in no order of the tables: 7919 is a prime, so that each comes once.
            who = n * 7919 % members + 1
            rows.writerow(
                (
                    f"old-{n}",
                    f"c-{who}",
                    "points",
                    n % 900 + 1,
                    "2026-01-05T10:00:00Z",
                    "2040-12-31",
                    "Carried over",
                )
            )


async def _copy(database: Database, file: Path) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("TRUNCATE bench_bare")
        await connection.copy_to_table("bench_bare", source=file, format="csv", header=True)
    finally:
        await connection.close()


async def _import(database: Database, file: Path) -> None:
    peaks_kb: list[tuple[float, int]] = []

    def note(done: int, total: int) -> None:
        peaks_kb.append((done / total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))

    await db.connect(database.app_url, pool_size=2)
    try:
        report = await import_file(file, database.content.merchant, note, now=clock.now())
    finally:
        await db.disconnect()
    assert report.new == report.rows == database.content.members, report
    early = next(peak for share, peak in peaks_kb if share >= 0.25)
    if peaks_kb[-1][1] - early > GROWTH_LIMIT_KB:
        raise MemoryGrew(f"{early} kB after a quarter, {peaks_kb[-1][1]} kB in the end")
