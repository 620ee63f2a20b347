"""How many reviews have how many stars, counted one by one."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import asyncpg

from tests.chaos.verifier.findings import Finding

FOREVER = date.min
NAMES = ("reviews", "one", "two", "three", "four", "five", "stars_sum")
Cell = tuple[str, str, str, date, str]
"""scope, period, key, starts, source"""
Counts = dict[Cell, list[Decimal]]

REVIEWS = """
    SELECT product_sku, store_id, source, written_at, rating_norm FROM reviews
    WHERE merchant_id = $1 AND state = 'live' AND moderation = 'approved' AND kind = 'review'
"""
KEPT = "SELECT * FROM review_ratings WHERE merchant_id = $1"
NOT_YET = "SELECT * FROM review_rating_deltas WHERE merchant_id = $1"


async def check(connection: asyncpg.Connection, merchant: UUID) -> list[Finding]:
    """Compares the kept counts, with what is still to be folded into them, with the reviews."""
    counted, kept = _empty(), _empty()
    for row in await connection.fetch(REVIEWS, merchant):
        _add(counted, row, row["written_at"].astimezone(UTC).date(), _stars(row["rating_norm"]))
    for row in await connection.fetch(NOT_YET, merchant):
        _add(kept, row, row["day"], [Decimal(row[name]) for name in NAMES])
    for row in await connection.fetch(KEPT, merchant):
        cell = kept[row["scope"], row["period"], row["key"], row["starts"], row["source"]]
        cell[:] = [had + row[name] for had, name in zip(cell, NAMES, strict=True)]
    return list(_compare(counted, kept))


def _empty() -> Counts:
    return defaultdict(lambda: [Decimal(0)] * len(NAMES))


def _stars(rating: Decimal | None) -> list[Decimal]:
    whole = rating.quantize(Decimal(1), ROUND_HALF_UP) if rating is not None else None
    return [Decimal(1), *(Decimal(whole == stars) for stars in range(1, 6)), rating or Decimal(0)]


def _add(counts: Counts, row: Any, day: date, by: list[Decimal]) -> None:
    keys = [("product", row["product_sku"]), ("shop", "")]
    if row["store_id"]:
        keys.append(("store", str(row["store_id"])))
    for scope, key in keys:
        for period, starts in (("all", FOREVER), ("month", day.replace(day=1)), ("day", day)):
            cell = counts[scope, period, key, starts, row["source"]]
            cell[:] = [had + more for had, more in zip(cell, by, strict=True)]


def _compare(counted: Counts, kept: Counts) -> Iterator[Finding]:
    for cell in counted.keys() | kept.keys():
        if counted[cell] != kept[cell]:
            yield Finding("wrong", "count of ratings", " ".join(str(part) for part in cell))
