"""Reviews: a file of a million, and requests of a hundred."""

import asyncio
import csv
import random
import resource
from pathlib import Path

import asyncpg

from core import clock, db
from reviews.files.service import import_file
from tests.benchmarks.registry import Figures, at_least, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.rounds import alternate, seconds
from tests.benchmarks.served import served
from tests.benchmarks.suites.imports import GROWTH_LIMIT_KB, MemoryGrew

COLUMNS = (
    *("review_id", "date", "rating", "title", "body", "author", "email", "sku", "product", "lang"),
    "incentivised",
)
WORDS = [
    *("parcel", "came", "time", "well", "packed", "but", "sound", "thin", "bass", "weak", "case", "feels"),
    *("cheap", "support", "answered", "after", "two", "days", "refund", "battery", "lasts", "all", "week"),
    *("comfortable", "fit", "for", "long", "walks", "would", "buy", "again"),
]
PRODUCTS = 5_000
BATCH = 100
CLIENTS = 8


@benchmark(
    "reviews.import",
    "import reviews from a CSV file: validated, normalised, versioned, queued; one process",
    "COPY of the same rows into a bare table",
    "s",
    at_most(6),
)
def imports(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as mine:
        file = rig.folder / "reviews.csv"
        rows = write(file, mine.content.members)
        mine.execute(
            "CREATE TABLE bench_reviews (review_id text, date timestamptz, rating numeric, title text,"
            " body text, author text, email text, sku text, product text, lang text, incentivised bool)"
        )
        asyncio.run(_copy(mine, file))
        before = seconds(lambda: asyncio.run(_copy(mine, file)))
        value = seconds(lambda: asyncio.run(_import(mine, file, rows)))
        after = seconds(lambda: asyncio.run(_copy(mine, file)))
        return Figures(value, (before + after) / 2)


@benchmark(
    "http.reviews_batch",
    f"reviews a second in requests of {BATCH}, with a result for each; {CLIENTS} clients",
    f"one review a request; {CLIENTS} clients",
    "1/s",
    at_least(4),
)
def batches(rig: Rig) -> Figures:
    with rig.copy(rig.database()) as mine, served(rig, mine) as server:
        return alternate(
            lambda: BATCH * server.rate(CLIENTS, rig.run_s, "reviews_batch"),
            lambda: server.rate(CLIENTS, rig.run_s, "review"),
            rig.rounds,
        )


def write(file: Path, rows: int) -> int:
    """Write so many reviews, of some 200 characters each; answers how many."""
    chance = random.Random(1)
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(COLUMNS)
        for n in range(1, rows + 1):
            body = " ".join(chance.choices(WORDS, k=chance.randrange(10, 60)))
            product = chance.randrange(PRODUCTS)
            table.writerow(
                (
                    f"r-{n}",
                    f"2026-{n % 9 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00Z",
                    n % 5 + 1,
                    " ".join(chance.choices(WORDS, k=3)).capitalize(),
                    f"{body}, said number {n}.",
                    f"Customer {n}",
                    f"c{n}@example.test",
                    f"sku-{product}",
                    f"Product {product}",
                    "en",
                    "no",
                )
            )
    return rows


async def _copy(database: Database, file: Path) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("TRUNCATE bench_reviews")
        await connection.copy_to_table("bench_reviews", source=file, format="csv", header=True)
    finally:
        await connection.close()


async def _import(database: Database, file: Path, rows: int) -> None:
    peaks_kb: list[tuple[float, int]] = []

    def note(done: int, total: int) -> None:
        peaks_kb.append((done / total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))

    await db.connect(database.app_url, pool_size=2)
    try:
        report = await import_file(file, "generic", database.content.merchant, note, now=clock.now())
    finally:
        await db.disconnect()
    assert report.new == report.rows == rows, report
    early = next(peak for share, peak in peaks_kb if share >= 0.25)
    if peaks_kb[-1][1] - early > GROWTH_LIMIT_KB:
        raise MemoryGrew(f"{early} kB after a quarter, {peaks_kb[-1][1]} kB in the end")
