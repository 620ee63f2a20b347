"""Reviews on their way in by a signed webhook, in the same form as by the API."""

from datetime import datetime
from typing import Any

import msgspec

from api.problems import RequestRefused
from api.v1.reviews import NewReview, Removal, incoming
from loyalty.intake.events import Event, Result
from reviews import intake
from reviews.intake.rules import CLOCK_SKEW, ReviewInvalid, ReviewOfItsAuthor
from reviews.moderation import service as moderation

WRITTEN = frozenset({"review.created", "review.updated"})
REMOVED = "review.deleted"


def is_review(event: Event) -> bool:
    """Whether the event says something of a review's text; other events named review.… are loyalty's."""
    return event.type in WRITTEN or event.type == REMOVED


async def take_review(event: Event, now: datetime) -> Result:
    """Take in what an event says of a review, in the open transaction; again: duplicate, nothing changes.

    `data` is as POST /v1/reviews takes it (review.created, review.updated; which of them does not matter) or
    POST /v1/reviews/removals (review.deleted; without `removed_at`, at the event's time). Raises
    RequestRefused, ReviewInvalid, ReviewOfItsAuthor or DeletionDisabled.
    """
    if event.type == REMOVED:
        changed = await _remove(_read(event.data, Removal), event, now)
    else:
        [received] = await intake.receive([incoming(_read(event.data, NewReview))], now)
        if received.status == "refused":
            raise ReviewOfItsAuthor()
        changed = received.status != "unchanged"
    return Result(id=event.id, status="applied" if changed else "duplicate")


async def _remove(told: Removal, event: Event, now: datetime) -> bool:
    at = told.removed_at or event.time
    if at > now + CLOCK_SKEW:
        raise ReviewInvalid("removed_at", "is in the future")
    await moderation.expect_removable(told.source, told.by)
    return await intake.remove(told.source, told.account, told.external_id, at, now)


def _read(data: dict[str, Any], shape: Any) -> Any:
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise RequestRefused(
            "event_data_invalid", "The event was rejected", str(error), status=422
        ) from error
