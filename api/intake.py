"""Events on their way in, from the API or a webhook."""

from datetime import datetime

from api.problems import RequestRefused
from loyalty.intake.events import Event, Result
from loyalty.intake.service import ingest


async def take_one(event: Event, now: datetime) -> Result:
    """Take one event in, in the open transaction. Raises RequestRefused with the event's own code."""
    (result,) = await ingest([event], now)
    if result.status == "rejected":
        raise RequestRefused(
            result.code or "event_rejected", "The event was rejected", result.detail or "", status=422
        )
    return result
