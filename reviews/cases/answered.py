"""The shop has spoken: the clocks that waited for it are satisfied."""

from datetime import datetime
from typing import Literal

from core import db
from reviews.accounts.service import can_reply
from reviews.cases import clocks, machine, queries, rules, service
from reviews.cases.service import Case
from reviews.cases.targets.rules import ClockKind
from reviews.sources import source_of

Spoken = Literal["public_reply", "private_message", "call"]


async def answered(
    case: Case, kind: Spoken, now: datetime, cycle: int | None = None, said_at: datetime | None = None
) -> None:
    """A public reply was published, a message was sent, or somebody spoke with the customer.

    `said_at` and `cycle`: when and in which the words were written, if not now. The sender has not seen what
    the customer wrote since: that is still to be answered, and its clock runs from then on.
    """
    cycle, said_at = cycle or case.cycle, said_at or now
    await clocks.satisfy(case.id, cycle, satisfied_by(kind, await _in_public(case, cycle)), now, said_at)
    if cycle != case.cycle:
        return
    since = await db.fetchrow(queries.SPOKE_SINCE, case.id, said_at)
    assert since is not None
    if since["owed_since"]:
        untouched, urgent = case.state in machine.UNTOUCHED, rules.is_urgent(case.urgency)
        await clocks.owe_reply(case.id, cycle, untouched, urgent, since["owed_since"])
        await clocks.follow(case.id, cycle, case.state, now)
    if since["spoke"]:
        return
    await db.execute(queries.ANSWERED, case.id, now)
    if kind == "private_message" and machine.after("message_sent", case.state):
        await service.move(case, "message_sent", now, noticed=False)


def satisfied_by(kind: Spoken, in_public: bool) -> tuple[ClockKind, ...]:
    """Clocks that waited for this; where nobody can answer `in_public`, a private word is the first."""
    if kind == "public_reply":
        return "first_reply", "next_reply"
    private: tuple[ClockKind, ...] = ("private_contact", "next_reply")
    return private if in_public else ("first_reply", *private)


async def _in_public(case: Case, cycle: int) -> bool:
    if case.source is None or await db.fetchval(queries.PRIVATE_WILL_DO, case.id, cycle):
        return False
    return source_of(case.source).published_here or await can_reply(case.source, case.account or "")
