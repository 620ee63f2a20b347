"""What a customer hears of their case without asking: that it began, who has it, and what became of it.

A deed says that there is something to tell; after its commit it is told, if it is still worth it. Each is
told once: the log of messages knows by its key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from core import db, outbox
from core.notifications import service as notifications

What = Literal["opened", "taken", "answered", "remedy", "resolved"]
WHATS: tuple[What, ...] = get_args(What)
TELL = "case.tell"
FRESH = timedelta(days=14)
"""Whoever wrote longer ago, as reviews that come out of a file, is not told that somebody reads it now."""

_FACTS = """
    SELECT c.customer_id, c.cycle, c.state, c.open, c.owner_id IS NOT NULL AS owned, c.cause, r.written_at,
           c.answered_at IS NOT NULL AS answered
    FROM cases c LEFT JOIN reviews r ON r.id = c.review_id WHERE c.id = $1
"""


@dataclass(frozen=True)
class Facts:
    """What is known of a case when it is time to tell."""

    same_cycle: bool
    open: bool
    state: str
    owned: bool
    cause: str
    written_at: datetime | None
    """Of its review."""
    answered: bool = False
    """In this cycle."""


def is_worth_telling(what: What, facts: Facts, now: datetime) -> bool:
    """Whether it is still so, and news. Pure."""
    if not facts.same_cycle:
        return False
    if what == "resolved":
        return facts.state in ("resolved", "closed")
    if what in ("answered", "remedy"):
        return True
    fresh = facts.written_at is None or facts.written_at > now - FRESH
    if what == "taken":
        return facts.open and fresh and facts.owned and not facts.answered
    # What we have noticed ourselves is told by whoever noticed it.
    return facts.open and fresh and facts.cause in ("review", "question", "mail")


async def later(
    what: What, case_id: UUID, cycle: int, now: datetime, of: UUID | None = None, delay_s: float = 0
) -> None:
    """There is something to tell, in the open transaction; `of`: which message or remedy it is about.

    With `delay_s` it is looked at only then: what was taken back by then was never told.
    """
    await outbox.add(TELL, {"what": what, "case": case_id, "cycle": cycle, "of": of}, now, delay_s)


async def all_opened(case_ids: Sequence[UUID], now: datetime) -> None:
    """New cases, of customers who are known."""
    payloads = [{"what": "opened", "case": case_id, "cycle": 1, "of": None} for case_id in case_ids]
    await outbox.add_many(TELL, payloads, now)


async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Say it, in the open transaction. Payload: what, case, cycle, of."""
    what, case_id, cycle, of = (payload[name] for name in ("what", "case", "cycle", "of"))
    row = await db.fetchrow(_FACTS, UUID(case_id))
    if row is None or row["customer_id"] is None:
        return
    known = (row[name] for name in ("open", "state", "owned", "cause", "written_at", "answered"))
    facts = Facts(row["cycle"] == cycle, *known)
    if not is_worth_telling(what, facts, now):
        return
    values = {"case": case_id} if of is None else {"case": case_id, "of": of}
    key = ":".join(filter(None, (f"case_{what}", case_id, str(cycle), of)))
    await notifications.notify(f"case_{what}", row["customer_id"], values, key, now)
