"""Who goes first in a queue: what somebody waits for, then imports, then what nobody waits for."""

from datetime import timedelta
from uuid import UUID

import pytest

from core import clock, db, outbox
from reviews.intake import IncomingReview, receive
from reviews.scoring.service import EXPLAIN
from tests.worker.servers import Processes, until

pytestmark = pytest.mark.slow

ANGRY = "Terrible. It broke on the first day, and nobody answers my mails. I want my money back."
MANY = 1500
EXPLAINED = "SELECT count(*) FROM review_evidence"
IN_HAND = 2 * 16
"""What both children of a worker may have begun to explain."""


def complaint(number: int, age: timedelta) -> IncomingReview:
    return IncomingReview(
        source="import",
        external_id=f"r{number}",
        body=f"{ANGRY} {number}",
        written_at=clock.now() - age,
    )


async def number(merchant: UUID, sql: str) -> int:
    async with db.transaction(merchant):
        return int(await db.fetchval(sql))


async def test_a_new_review_opens_its_case_while_an_import_and_explanations_wait(
    merchant: UUID, processes: Processes
) -> None:
    """The import's scores go before the explanations, and the new review before both."""
    async with db.transaction(merchant):
        old = await receive([complaint(n, timedelta(days=90)) for n in range(MANY)], clock.now())
        explained = [{"review": each.review_id, "version": 1} for each in old]
        await outbox.add_many(EXPLAIN, explained, clock.now())
    processes.scheduler()
    processes.worker(reads=True)

    async def begun() -> bool:
        return await number(merchant, "SELECT count(*) FROM review_scores") > 0

    await until(begun, "the import is being scored")
    explained_first = await number(merchant, EXPLAINED)  # none of the import was in the queue yet
    async with db.transaction(merchant):
        [new] = await receive([complaint(MANY, timedelta())], clock.now())

    async def opened() -> bool:
        return await number(merchant, f"SELECT count(*) FROM cases WHERE review_id = '{new.review_id}'") == 1

    await until(opened, "the new review has its case")
    assert await number(merchant, "SELECT count(*) FROM review_scores") < MANY
    assert await number(merchant, EXPLAINED) <= explained_first + IN_HAND
    async with db.transaction(merchant):
        await db.execute("DELETE FROM outbox")
