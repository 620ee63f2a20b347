"""What is left of the work that follows a commit, once everything is quiet."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from tests.chaos.verifier.findings import Finding

DUE = "SELECT id, topic FROM outbox WHERE merchant_id = $1 AND parked_at IS NULL AND available_at <= now()"
UNSCORED = """
    SELECT v.review_id FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    WHERE r.merchant_id = $1 AND r.state = 'live' AND (v.title <> '' OR v.body <> '')
      AND NOT EXISTS (SELECT FROM review_scores s WHERE s.review_id = r.id AND s.version = r.version)
"""
UNHEARD = """
    SELECT DISTINCT f.review_id
    FROM review_flags f JOIN reviews r ON r.id = f.review_id AND r.version = f.version
    WHERE f.merchant_id = $1 AND r.state = 'live'
      AND NOT EXISTS (SELECT FROM case_reviews c WHERE c.review_id = f.review_id)
"""


async def check(connection: asyncpg.Connection, merchant: UUID) -> list[Finding]:
    """Rows that are due and not done, and effects that should have followed; parked rows are for people."""
    return [
        *(Finding("stuck", row["topic"], str(row["id"])) for row in await connection.fetch(DUE, merchant)),
        *_missing(await connection.fetch(UNSCORED, merchant), "review that nobody has read"),
        *_missing(await connection.fetch(UNHEARD, merchant), "negative review without a case"),
    ]


def _missing(rows: Sequence[asyncpg.Record], what: str) -> list[Finding]:
    return [Finding("stuck", what, str(row["review_id"])) for row in rows]
