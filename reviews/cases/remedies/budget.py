"""How much is given in a month, whoever gives it and whoever approves: sealed by the database."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core import db, tenancy
from core.days import day_of, zone_of
from core.errors import DomainError, Kind
from core.ids import new_id
from loyalty.ledger import budgets
from reviews.cases.people import setter
from reviews.cases.remedies import queries
from reviews.cases.remedies.rules import RemedyUnfit


class RemedyBudgetExhausted(DomainError):
    """This month's budget for remedies has not so much left."""

    code = "remedy_budget_exhausted"
    kind = Kind.CONFLICT
    title = "This month's budget for remedies is used up"


class RemedyBudgetBelowUse(DomainError):
    """More than that was given this month already."""

    code = "remedy_budget_below_use"
    kind = Kind.CONFLICT
    title = "More than that was given this month already"


@dataclass(frozen=True)
class Budget:
    """A month's limits; None: without."""

    points_per_month: int | None
    amount_minor_per_month: int | None


async def limits() -> Budget:
    """Those of the merchant."""
    row = await db.fetchrow(queries.BUDGET)
    return Budget(row["points_per_month"], row["amount_minor_per_month"]) if row else Budget(None, None)


async def set_limits(wanted: Budget, by: UUID | None, now: datetime) -> None:
    """From this month on. A limit in points can be changed, but not be taken away again.

    Raises RemedyUnfit, RemedyBudgetBelowUse, loyalty.ledger's BudgetBelowUse or core.errors.Forbidden.
    """
    await setter(by)
    figures = [each for each in (wanted.points_per_month, wanted.amount_minor_per_month) if each is not None]
    if any(not 0 <= each <= 10**12 for each in figures):
        raise RemedyUnfit("a limit of 0 or more")
    row = await db.fetchrow(queries.BUDGET)
    budget_id: UUID | None = row["points_budget_id"] if row else None
    if wanted.points_per_month is None and budget_id:
        raise RemedyUnfit("a limit in points stays; it can be made as high as you like")
    if wanted.points_per_month is not None:
        budget_id = budget_id or new_id()
        zone = (await tenancy.shop()).time_zone
        await budgets.put(
            budgets.Budget(
                id=budget_id, period="month", time_zone=zone, points_per_period=wanted.points_per_month
            ),
            now,
        )
    await db.execute(queries.SET_BUDGET, budget_id, wanted.points_per_month, wanted.amount_minor_per_month)
    month = await month_of(now)
    await db.execute(queries.OPEN_MONTH, month, wanted.amount_minor_per_month)
    if await db.fetchval(queries.LIMIT_MONTH, month, wanted.amount_minor_per_month) is None:
        raise RemedyBudgetBelowUse()


async def points_budget() -> tuple[UUID, ...]:
    """The ledger's budgets that an earn for a remedy takes from."""
    row = await db.fetchrow(queries.BUDGET)
    return (row["points_budget_id"],) if row and row["points_budget_id"] else ()


async def spend(amount_minor: int, now: datetime) -> None:
    """Take money out of this month's budget; without a limit it is counted. Raises RemedyBudgetExhausted."""
    month = await month_of(now)
    await db.execute(queries.OPEN_MONTH, month, (await limits()).amount_minor_per_month)
    if await db.fetchval(queries.SPEND, month, amount_minor) is None:
        raise RemedyBudgetExhausted()


async def month_of(now: datetime) -> date:
    """The first day of the shop's month."""
    return day_of(now, zone_of((await tenancy.shop()).time_zone)).replace(day=1)
