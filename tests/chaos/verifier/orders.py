"""What orders are worth in points, from the shop's events as they were received, whatever their order."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from tests.chaos.verifier.books import Books
from tests.chaos.verifier.findings import Finding

MINOR_A_POINT = 100
"""The shop of these tests gives one point for each whole unit of its currency, without rounding."""

EVENTS = "SELECT type, data::text AS data FROM events WHERE merchant_id = $1 AND type LIKE 'order.%'"
ORDERS = "SELECT external_id, amount_minor, refunded_minor FROM orders WHERE merchant_id = $1"


@dataclass
class Told:
    """Everything that events say of one order."""

    paid_minor: int | None = None
    cancelled: bool = False
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def refunded_minor(self) -> int:
        """In minor units."""
        return sum(self.refunds.values())

    @property
    def points(self) -> int:
        """What its member keeps, pending or not."""
        if self.cancelled or self.paid_minor is None:
            return 0
        return (self.paid_minor - self.refunded_minor) // MINOR_A_POINT


async def check(connection: asyncpg.Connection, merchant: UUID, books: Books, wallet: UUID) -> list[Finding]:
    """Orders and their points in one wallet type."""
    told: dict[str, Told] = defaultdict(Told)
    for row in await connection.fetch(EVENTS, merchant):
        _hear(told, row["type"], json.loads(row["data"]))
    orders = {row["external_id"]: row for row in await connection.fetch(ORDERS, merchant)}
    return [*_orders(told, orders), *_points(told, _earned(books, wallet))]


def _hear(told: dict[str, Told], kind: str, data: dict[str, object]) -> None:
    order, amount = told[str(data["order_id"])], data.get("amount_minor", 0)
    assert isinstance(amount, int)
    if kind == "order.paid":
        order.paid_minor = amount
    elif kind == "order.cancelled":
        order.cancelled = True
    elif kind == "order.refunded":
        order.refunds[str(data["refund_id"])] = amount


def _orders(told: dict[str, Told], orders: dict[str, asyncpg.Record]) -> Iterator[Finding]:
    for order_id, order in told.items():
        row = orders.get(order_id)
        if row is None:
            yield Finding("lost", "order of an event", order_id)
        elif (row["amount_minor"], row["refunded_minor"]) != (order.paid_minor, order.refunded_minor):
            yield Finding("wrong", "amounts of an order", order_id)


def _earned(books: Books, wallet: UUID) -> dict[str, int]:
    """Points by order: what was earned less what was taken back."""
    signs = {"earn": 1, "void": -1, "clawback": -1}
    points: dict[str, int] = defaultdict(int)
    for row in books.journal:
        order = json.loads(row["said"]).get("order")
        if order and row["verb"] in signs and books.accounts[row["account_id"]]["wallet_type_id"] == wallet:
            points[order] += signs[row["verb"]] * row["points"]
    return points


def _points(told: dict[str, Told], earned: dict[str, int]) -> Iterator[Finding]:
    for order_id in told.keys() | earned.keys():
        kept = told[order_id].points if order_id in told else 0
        if earned.get(order_id, 0) < kept:
            yield Finding("lost", "points of an order", order_id)
        elif earned.get(order_id, 0) > kept:
            yield Finding("doubled", "points of an order", order_id)
