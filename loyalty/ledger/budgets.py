"""Budgets: how many points may be earned of a campaign; the ledger takes from them with each earn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from core import db
from loyalty.ledger.service import refusals


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in points; None: without this limit. A period begins at midnight in `time_zone`.

    `points_total` is for all earns together, `points_per_period` for those of one period (by their
    `effective_at`); the other two are the same for each member.
    """

    id: UUID
    points_total: int | None = None
    points_per_member: int | None = None
    period: Literal["day", "week", "month", "quarter", "year"] | None = None
    time_zone: str = "UTC"
    points_per_period: int | None = None
    points_per_member_period: int | None = None


class BudgetLeft(msgspec.Struct, frozen=True, kw_only=True):
    """What earns have used of a budget in all; `points_left` None: without a limit in all."""

    points_used: int
    points_left: int | None


async def put(budget: Budget, now: datetime) -> None:
    """Make a budget, or change its limits at once, for periods from that of `now` on.

    Raises BudgetKindFixed if a limit would come or go, BudgetBelowUse.
    """
    with refusals():
        await db.execute(
            "SELECT ledger_budget($1, $2, $3, $4, $5, $6, $7, $8)",
            budget.id,
            budget.points_total,
            budget.points_per_member,
            budget.period,
            budget.time_zone,
            budget.points_per_period,
            budget.points_per_member_period,
            now,
        )


async def left(ids: Sequence[UUID]) -> dict[UUID, BudgetLeft]:
    """What is used and left of these budgets, by id; unknown ones are missing."""
    rows = await db.fetch(
        """
        SELECT b.id,
               (SELECT coalesce(sum(u.points), 0)::bigint FROM ledger_budget_uses u
                WHERE u.budget_id = b.id) AS used,
               (SELECT sum(s.points_left)::bigint FROM ledger_budget_slots s
                WHERE s.budget_id = b.id AND s.period_start = '-infinity') AS points_left
        FROM ledger_budgets b WHERE b.id = ANY ($1::uuid[])
        """,
        list(ids),
    )
    return {row["id"]: BudgetLeft(points_used=row["used"], points_left=row["points_left"]) for row in rows}
