"""Cases as a program reads them one after another: all there are, by number, the newest first."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core import db
from core.errors import NotFound
from reviews import pages
from reviews.cases.machine import State
from reviews.pages import Page

Number = Annotated[int, Meta(ge=0, lt=2**31)]


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case. `customer_id` is the shop's own, of who stands for the customer by now; null: not known.

    `cause`: review, or what else opened it. `due_at`: of the clock that runs out next. `answered_at`: null
    while the customer waits for a word of the shop.
    """

    id: UUID
    number: int
    state: State
    cycle: int
    cause: str
    priority: int
    owner: UUID | None
    team: UUID | None
    customer_id: str | None
    review_id: UUID | None
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    snoozed_until: datetime | None
    resolved_at: datetime | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """All of it holds; None asks for nothing. `customer_id` is the shop's own."""

    state: State | Literal["open", "done"] | None = None
    owner: UUID | None = None
    unowned: bool = False
    """Open, and nobody's."""
    priority_from: int | None = None
    customer_id: str | None = None


_LINES = """
    SELECT c.id, c.number, c.state, c.cycle, c.cause, c.priority, c.owner_id AS owner, c.team_id AS team,
           s.external_id AS customer_id, c.review_id, c.opened_at, c.updated_at, c.due_at, c.answered_at,
           c.snoozed_until, c.resolved_at
    FROM (SELECT * FROM cases c WHERE c.merchant_id = $1 {where} ORDER BY c.number DESC LIMIT {limit}) c
    LEFT JOIN customers k ON k.id = c.customer_id
    LEFT JOIN customers s ON s.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
    ORDER BY c.number DESC
"""
# Of a customer, of whoever stands for them, and of those who were merged into that one.
_OF_CUSTOMER = """c.customer_id IN (
    SELECT f.id FROM customers a
    CROSS JOIN LATERAL (SELECT CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END AS id) p
    JOIN customers f ON f.id = p.id OR f.merged_into = p.id
    WHERE a.merchant_id = $1 AND a.external_id = {})"""


async def listed(wanted: Wanted, after: str, limit: int) -> Page[CaseLine]:
    """A page of what fits, in the open transaction. Raises pages.CursorInvalid."""
    args: list[Any] = [db.merchant_id()]
    said: list[str] = []

    def add(condition: str, value: Any) -> None:
        args.append(value)
        said.append(condition.format(f"${len(args)}"))

    if after:
        add("c.number < {}", pages.place(after, (Number,))[0])
    if wanted.state in ("open", "done"):
        said.append("c.open" if wanted.state == "open" else "NOT c.open")
    elif wanted.state:
        add("c.state = {}", wanted.state)
    if wanted.unowned:
        said.append("c.open AND c.owner_id IS NULL")
    if wanted.owner:
        add("c.owner_id = {}", wanted.owner)
    if wanted.priority_from is not None:
        add("c.priority >= {}", wanted.priority_from)
    if wanted.customer_id:
        add(_OF_CUSTOMER, wanted.customer_id)
    args.append(limit + 1)
    where = "".join(f" AND {each}" for each in said)
    rows = await db.fetch(_LINES.format(where=where, limit=f"${len(args)}"), *args)
    lines = [CaseLine(**row) for row in rows[:limit]]
    return Page(lines, pages.cursor([lines[-1].number]) if len(rows) > limit else None)


async def one(case_id: UUID) -> CaseLine:
    """One case, in the open transaction. Raises NotFound."""
    row = await db.fetchrow(_LINES.format(where="AND c.id = $2", limit="1"), db.merchant_id(), case_id)
    if row is None:
        raise NotFound(f"no case {case_id}")
    return CaseLine(**row)
