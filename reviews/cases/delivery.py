"""What was said goes out: replies to where the review lives, messages by mail and into the portal.

A reply to a review of ours is public when we say so. One that lives elsewhere is `sending` until its
source has acknowledged it; until then it is tried again, then it has failed and a person may try.
"""

from datetime import datetime
from uuid import UUID

from core import clock, db, outbox
from core.errors import DomainError, Kind, NotFound
from core.notifications import service as notifications
from core.outbox.failures import pause_s
from reviews.accounts import replies
from reviews.accounts.service import can_reply
from reviews.cases import events, machine, queries, service
from reviews.cases.answered import answered
from reviews.cases.contact import telling
from reviews.cases.notices import MESSAGE
from reviews.cases.service import Case
from reviews.connectors.failures import SourceFailure, SourceLimited
from reviews.sources import source_of

DUE = "case.message_due"
POST = "case.reply_post"
OVERTAKEN = "review_revised"
"""Why a reply was not sent: since it was written the customer has changed the review."""
GONE = "review_removed"
"""Why a reply was not sent: its author or its source has taken the review back."""
ERASED = "customer_erased"
"""Why a private message fails: there is nobody any more who could read it."""
NOBODY_LEFT = (GONE, ERASED)
"""There is nothing that a person could do about these."""
MAX_ATTEMPTS = 8
"""With the pauses of the outbox a reply has failed after one to two hours."""


class NothingToRetry(DomainError):
    """No reply of this case has failed, or somebody tries again already."""

    code = "nothing_to_retry"
    kind = Kind.CONFLICT
    title = "There is no failed reply to send again"


async def deliver(message_id: UUID, now: datetime) -> None:
    """Send a message whose ten seconds are over, in the open transaction; again: nothing."""
    found = await db.fetchrow(queries.FIND_MESSAGE, message_id)
    if found is None:
        raise NotFound(f"no message {message_id}")
    case = await service.lock(found["case_id"])
    waiting = await db.fetchrow(queries.FIND_MESSAGE, message_id)
    if waiting is None or waiting["state"] != "queued":
        return
    if waiting["overtaken"] or waiting["gone"]:
        await _failed(case, message_id, GONE if waiting["gone"] else OVERTAKEN, 0, now)
        return
    if waiting["kind"] == "private_message":
        if await db.fetchval(queries.IS_ERASED, case.customer_id):
            await _failed(case, message_id, ERASED, 0, now)
            return
        if case.customer_id:
            # The portal shows it in any case.
            told = {"message": message_id}
            await notifications.notify(
                MESSAGE.code, case.customer_id, told, f"case_message:{message_id}", now
            )
    elif not source_of(waiting["source"]).published_here:
        await _hand_over(await service.about(case, waiting["review_id"]), message_id, now)
        return
    else:
        await db.execute(queries.PUBLISH_REPLY, waiting["review_id"], waiting["body"], now)
    await _sent(case, message_id, waiting, now)


async def post(message_id: UUID) -> None:
    """Take a reply to its source, in the open transaction; once it was sent or has failed: nothing.

    The case is not locked meanwhile: a source may take its time.
    """
    found = await db.fetchrow(queries.FIND_MESSAGE, message_id)
    if found is None or found["state"] != "sending":
        return
    review_id = found["review_id"]
    failure: SourceFailure | None = None
    unsent = found["overtaken"] or found["gone"]
    if not unsent and not source_of(found["source"]).published_here:
        try:
            await replies.post(review_id, found["body"])
        except SourceFailure as error:
            failure = error
    now = clock.now()
    case = await service.lock(found["case_id"])
    if unsent:
        await _failed(case, message_id, GONE if found["gone"] else OVERTAKEN, found["attempts"], now)
    elif failure is None:
        await db.execute(queries.PUBLISH_REPLY, review_id, found["body"], now)
        await _sent(case, message_id, found, now)
    elif failure.again and found["attempts"] + 1 < MAX_ATTEMPTS:
        await _try_again(message_id, failure, found["attempts"] + 1, now)
    else:
        await _failed(case, message_id, failure.code, found["attempts"] + 1, now)


async def retry(case_id: UUID, message_id: UUID, by: UUID, now: datetime) -> None:
    """Send a reply again that has failed. Raises NothingToRetry."""
    await service.person(by, "reply")
    case = await service.lock(case_id)
    if await db.fetchval(queries.WAITING, case.id):
        raise NothingToRetry()
    if await db.fetchval(queries.RETRY, message_id, case.id) is None:
        raise NothingToRetry()
    await service.touch(case, now)
    await events.add(case.id, case.cycle, "send_again", now, staff_id=by, message=message_id)
    await outbox.add(POST, {"message": message_id}, now)


async def _hand_over(case: Case, message_id: UUID, now: datetime) -> None:
    if not await can_reply(case.source or "", case.account or ""):
        await _failed(case, message_id, "source_not_connected", 0, now)
        return
    await db.execute(queries.SENDING, message_id)
    await outbox.add(POST, {"message": message_id}, now)


async def _try_again(message_id: UUID, failure: SourceFailure, attempts: int, now: datetime) -> None:
    asked_s = failure.wait_s if isinstance(failure, SourceLimited) else 0.0
    await db.execute(queries.TRIED, message_id, failure.code, attempts)
    await outbox.add(POST, {"message": message_id}, now, delay_s=max(asked_s, pause_s(attempts)))


async def _failed(case: Case, message_id: UUID, code: str, attempts: int, now: datetime) -> None:
    await db.execute(queries.FAILED, message_id, code, attempts)
    await events.add(case.id, case.cycle, "send_failed", now, message=message_id, failure=code)
    if code not in NOBODY_LEFT and case.state in machine.SETTLED:
        await service.unsettle(case, now)
    else:
        await service.touch(case, now)


async def _sent(case: Case, message_id: UUID, said: db.Row, now: datetime) -> None:
    await db.execute(queries.SENT, message_id, now)
    await events.add(case.id, said["cycle"], "sent", now, message=message_id)
    await answered(case, said["kind"], now, said["cycle"], said["created_at"])
    if said["kind"] == "public_reply":
        await telling.later("answered", case.id, case.cycle, now, of=message_id)
