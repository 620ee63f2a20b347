"""Write down what happened to a case: one line, for ever."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import db
from core.ids import new_id
from reviews.cases.tables import CaseEvent


async def add(
    case_id: UUID,
    cycle: int,
    kind: str,
    at: datetime,
    *,
    staff_id: UUID | None = None,
    by_customer: bool = False,
    **detail: Any,
) -> None:
    """One event, in the open transaction; without a person it was the system."""
    actor = "staff" if staff_id else "customer" if by_customer else "system"
    await CaseEvent.insert(
        CaseEvent(
            id=new_id(),
            merchant_id=db.merchant_id(),
            case_id=case_id,
            cycle=cycle,
            kind=kind,
            actor=actor,
            staff_id=staff_id,
            detail=db.to_json(detail),
            at=at,
        )
    )
