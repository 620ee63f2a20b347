"""Tell events, and deliver them: many at a time, in no transaction while somebody else's server thinks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import clock, db, outbox
from core.outbox import Turn
from core.vault import vault
from core.webhooks import endpoints, notices, queries, rules, sending, service
from core.webhooks.sending import Outcome, Request

TOGETHER = 16
"""Requests at the same time: an endpoint that is silent keeps a worker for the time of one of them."""


@outbox.handles(service.DEED)
async def tell(payload: dict[str, Any], now: datetime) -> None:
    """Write the events of a deed."""
    ids = [UUID(each) for each in payload["of"]]
    await service.tell(payload["type"], ids, datetime.fromisoformat(payload["at"]), now)


@dataclass(frozen=True)
class Due:
    """A delivery to be made. `request` None: not now; then `wait_until`, or its endpoint is off."""

    id: UUID
    endpoint_id: UUID
    step: int
    attempts: int
    request: Request | None
    wait_until: datetime | None


@outbox.handles_batch(service.DELIVER, queue="events", size=TOGETHER, turn=Turn.BULK)
class Deliver:
    """Deliveries of all merchants."""

    async def load(self, payloads: list[dict[str, Any]]) -> list[Due | None]:
        """What is to be sent; None where it was settled before."""
        now = clock.now()
        ids = [UUID(each["delivery"]) for each in payloads]
        rows = {row["id"]: row for row in await db.fetch(queries.SENDING, ids)}
        return [_due(rows[each], now) if each in rows else None for each in ids]

    def compute(self, items: list[Due]) -> list[Outcome | None]:
        """Send those whose time it is, all at once."""
        outcomes = iter(sending.send_all([each.request for each in items if each.request]))
        return [next(outcomes) if each.request else None for each in items]

    async def store(self, loaded: list[Due], results: list[Outcome | None], now: datetime) -> None:
        """Note what came of it, and when to go on."""
        for due, outcome in zip(loaded, results, strict=True):
            if outcome is not None:
                await _note(due, outcome, now)
            elif due.wait_until is not None:
                await _later(due, (due.wait_until - now).total_seconds(), now)
            else:
                await db.execute(queries.SETTLE, due.id, "failed", "endpoint_off", now)


def _due(row: db.Row, now: datetime) -> Due:
    place, request, wait_until = endpoints.place(row["endpoint_id"]), None, None
    if row["state"] == "on" and not row["deleted"]:
        if row["quiet_until"] and row["quiet_until"] > now:
            wait_until = row["quiet_until"]
        else:
            sealed = [row["secret"]]
            if row["old_until"] and row["old_until"] > now:
                sealed.append(row["old_secret"])
            secrets = [vault().open(each, place).decode() for each in sealed]
            request = Request(row["url"], row["event_id"], row["body"], secrets)
    return Due(row["id"], row["endpoint_id"], row["step"], row["attempts"], request, wait_until)


async def _note(due: Due, outcome: Outcome, now: datetime) -> None:
    """One attempt was made. Another worker may have made it, too: then that one's counts."""
    failure = outcome.failure
    what = (outcome.at, outcome.duration_ms, outcome.status, failure or "", outcome.answer)
    if await db.fetchval(queries.NOTE_ATTEMPT, due.id, due.attempts, *what) is None:
        return
    if failure is None:
        await db.execute(queries.SETTLE, due.id, "delivered", "", now)
        await db.execute(queries.SUCCEEDED, due.endpoint_id, now)
        return
    since: datetime = await db.fetchval(queries.FAILED, due.endpoint_id, outcome.at)
    if until := rules.quiet_until(failure, since, now):
        await db.execute(queries.BE_QUIET, due.endpoint_id, until)
    if because := rules.disables(failure, since, now):
        await _disable(due.endpoint_id, because, since, now)
    pause = rules.pause_s(due.step + 1, outcome.asked_s)
    if pause is None or failure == "gone":
        await db.execute(queries.SETTLE, due.id, "failed", failure, now)
    else:
        await _later(due, pause, now)


async def _later(due: Due, pause_s: float, now: datetime) -> None:
    await db.execute(queries.POSTPONE, due.id, now + timedelta(seconds=pause_s))
    await outbox.add(service.DELIVER, {"delivery": due.id}, now, delay_s=pause_s)


async def _disable(endpoint_id: UUID, because: str, since: datetime, now: datetime) -> None:
    url: str | None = await db.fetchval(queries.DISABLE, endpoint_id, because, now)
    if url is not None:
        await notices.tell_owners(url, because, since, now)
