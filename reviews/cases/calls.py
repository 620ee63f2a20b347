"""Telephone calls that a cycle owes its customer, because its policy says so.

The step is done when the customer was reached or did not want to talk, or after three calls in vain.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind

Outcome = Literal["reached", "declined", "no_answer", "voicemail", "wrong_number"]
IN_VAIN = 3
"""So many calls are enough, whatever became of them."""

_LOGGED = "SELECT outcome FROM case_messages WHERE case_id = $1 AND cycle = $2 AND kind = 'call'"
_SETTLED = "UPDATE cases SET call_owed = false WHERE id = $1 AND call_owed"
# Nobody can call whom nobody knows.
_OWE = """
    UPDATE cases SET call_owed = true
    WHERE id = ANY ($1::uuid[]) AND customer_id IS NOT NULL AND open AND NOT call_owed
"""
# Whose data was deleted cannot be called any more.
_OWED = """
    SELECT c.call_owed AND NOT EXISTS (SELECT FROM customers u WHERE u.id = c.customer_id
                                       AND u.deleted_at IS NOT NULL) FROM cases c WHERE c.id = $1
"""


class CallRequired(DomainError):
    """The policy wants the customer to be called first."""

    code = "call_required"
    kind = Kind.CONFLICT
    title = "The customer is to be called before the case is resolved"


def settles(outcomes: Sequence[str | None]) -> bool:
    """Whether calls with these outcomes are enough; None: from before outcomes were kept. Pure."""
    spoken = any(each in (None, "reached", "declined") for each in outcomes)
    return spoken or len(outcomes) >= IN_VAIN


async def owe(case_ids: Sequence[UUID]) -> None:
    """These cases begin a cycle whose policy wants a call, in the open transaction."""
    if case_ids:
        await db.execute(_OWE, list(case_ids))


async def logged(case_id: UUID, cycle: int) -> None:
    """A call was logged."""
    if settles([row["outcome"] for row in await db.fetch(_LOGGED, case_id, cycle)]):
        await db.execute(_SETTLED, case_id)


async def owed(case_id: UUID) -> bool:
    """Whether the customer is to be called before the case is resolved."""
    return bool(await db.fetchval(_OWED, case_id))


async def check(case_id: UUID) -> None:
    """Raises CallRequired while a call is owed."""
    if await owed(case_id):
        raise CallRequired()


async def forget(case_id: UUID) -> None:
    """A new cycle begins; it may owe a call of its own."""
    await db.execute(_SETTLED, case_id)
