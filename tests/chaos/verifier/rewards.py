"""Vouchers and stock, from the vouchers that there are and the postings that paid for them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from tests.chaos.verifier.books import Books
from tests.chaos.verifier.findings import Finding, Kind

TAKEN = {"held", "issued", "used"}
"""States in which a voucher keeps its unit of the stock."""

VOUCHERS = """
    SELECT v.*, w.code AS reward FROM vouchers v JOIN rewards w ON w.id = v.reward_id WHERE v.merchant_id = $1
"""
STOCK = """
    SELECT w.code, sum(s.units)::bigint AS units FROM reward_stock s JOIN rewards w ON w.id = s.reward_id
    WHERE s.merchant_id = $1 GROUP BY 1
"""


async def check(
    connection: asyncpg.Connection, merchant: UUID, books: Books, stocked: Mapping[str, int]
) -> list[Finding]:
    """`stocked`: how many of each counted reward there were at first."""
    vouchers = await connection.fetch(VOUCHERS, merchant)
    units = {row["code"]: row["units"] for row in await connection.fetch(STOCK, merchant)}
    return [*_stock(vouchers, units, stocked), *_paid(vouchers, books)]


def _stock(vouchers: list[Any], units: Mapping[str, int], stocked: Mapping[str, int]) -> Iterator[Finding]:
    taken = Counter(row["reward"] for row in vouchers if row["state"] in TAKEN)
    for code, at_first in stocked.items():
        if at_first - taken[code] != units.get(code):
            yield Finding("wrong", "stock of a reward", code)


def _paid(vouchers: list[Any], books: Books) -> Iterator[Finding]:
    """Each was paid for once, and given back once if it was cancelled."""
    journal = {row["id"]: row for row in books.journal}
    by_key = {row["key"]: row for row in books.journal}
    for row in vouchers:
        payment = journal.get(row["journal_id"])
        if row["state"] in ("held", "released"):
            hold = by_key.get(f"hold:{row['id']}")
            left = books.holds[hold["id"]]["points_left"] if hold else None
            if left != (row["points"] if row["state"] == "held" else 0):
                yield Finding("wrong", "points held for a voucher", str(row["id"]))
        elif payment is None:
            yield Finding("lost", "payment of a voucher", str(row["id"]))
        else:
            back = books.children[payment["id"]]["reverse"]
            if payment["points"] != row["points"]:
                yield Finding("wrong", "price of a voucher", str(row["id"]))
            if back != (row["points"] if row["state"] == "cancelled" else 0):
                kind: Kind = "doubled" if back > row["points"] else "wrong"
                yield Finding(kind, "points given back for a voucher", str(row["id"]))
    paid = Counter(row["journal_id"] for row in vouchers if row["journal_id"])
    for row in books.journal:
        if row["verb"] == "redeem" and paid[row["id"]] != 1:
            yield Finding("doubled", "redemption without its voucher", str(row["id"]))
