"""Further reviews of one customer or order join the case that is open: nobody explains twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from reviews.cases import clocks, events, machine, queries, rules, service


async def plan(rows: Sequence[db.Row]) -> dict[UUID, UUID]:
    """By review, the case that it joins, or the review of this batch that opens it; missing: its own.

    Rows have review_id, customer_id, person_id (who stands for the customer) and order_id; the first of each
    customer or order opens. In the open transaction, whose openers take turns.
    """
    found = await candidates([row["review_id"] for row in rows])
    first: dict[UUID, UUID] = {}
    for row in rows:
        if row["review_id"] in found:
            continue
        keys = [key for key in (row["person_id"] or row["customer_id"], row["order_id"]) if key]
        opener = next((first[key] for key in keys if key in first), None)
        if opener:
            found[row["review_id"]] = opener
        for key in keys:
            first.setdefault(key, opener or row["review_id"])
    return found


async def candidates(reviews: Sequence[UUID]) -> dict[UUID, UUID]:
    """By review, the case that is open and which it would join."""
    found: dict[UUID, UUID] = {}
    for statement in (queries.SAME_CUSTOMER, queries.SAME_ORDER):
        for row in await db.fetch(statement, list(reviews)):
            found.setdefault(row["review_id"], row["case_id"])
    return found


async def press(case_id: UUID, parts: dict[str, int]) -> dict[str, int]:
    """Let a case be at least as pressing as these parts are; answers its own parts from now on."""
    before: dict[str, int] = db.from_json(await db.fetchval(queries.PARTS, case_id))
    together = {name: max(before.get(name, 0), parts.get(name, 0)) for name in {**before, **parts}}
    await db.execute(queries.RAISE, case_id, sum(together.values()), db.to_json(together))
    return together


async def join(
    case_id: UUID,
    review_id: UUID,
    version: int,
    reasons: Sequence[str],
    parts: dict[str, int],
    now: datetime,
    answered: bool = False,
) -> None:
    """Put a review into an open case, which becomes at least as pressing as the review alone would be.

    `answered`: the shop has answered it in public already, as in a file of old reviews: nothing more is owed.
    """
    case = await service.lock(case_id)
    together = await press(case_id, parts)
    await db.execute(queries.JOIN_CASE, db.merchant_id(), case_id, review_id, now)
    joined: dict[str, Any] = {"review": review_id, "version": version, "reasons": list(reasons)}
    if answered:
        await service.touch(case, now)
        await events.add(case_id, case.cycle, "review_joined", now, **joined)
        return
    await db.execute(queries.UNANSWERED, case_id)
    case = await service.move(case, "join", now)
    await events.add(case_id, case.cycle, "review_joined", now, by_customer=True, **joined)
    # A case that a review opened has a clock for its first answer; any other needs one now.
    untouched, urgent = case.state in machine.UNTOUCHED, rules.is_urgent(together.get("urgency", 0))
    await clocks.owe_reply(case_id, case.cycle, untouched, urgent, now)
