"""All that is recomputed, at one moment of the database."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from tests.chaos.verifier import books, cases, orders, promises, ratings, rewards, work
from tests.chaos.verifier.findings import Finding

POINTS = "SELECT id FROM wallet_types WHERE merchant_id = $1 AND code = 'points'"


async def verify(
    connection: asyncpg.Connection, merchant: UUID, said: Sequence[promises.Said], stocked: Mapping[str, int]
) -> list[Finding]:
    """In a snapshot of a superuser, who sees every row.

    `said`, `stocked`: see promises.check() and rewards.check().
    """
    kept = await books.read(connection, merchant)
    points = await connection.fetchval(POINTS, merchant)
    return [
        *books.check(kept),
        *await rewards.check(connection, merchant, kept, stocked),
        *await orders.check(connection, merchant, kept, points),
        *await cases.check(connection, merchant),
        *await ratings.check(connection, merchant),
        *await promises.check(connection, merchant, said),
        *await work.check(connection, merchant),
    ]
