"""Delete what has served its time: answers kept for repeated requests, links and sessions that are over."""

from datetime import datetime, timedelta
from typing import NamedTuple

from celery import shared_task

from core import clock, db, tenancy
from core.people import erasure, export
from core.people import webhooks as sources
from core.settings import settings
from core.worker import run_async

WEBHOOKS_KEPT = timedelta(days=30)
"""Events that were told, with their deliveries: as long as they can be sent again."""
SESSIONS_KEPT = timedelta(days=30)
"""Sessions that are over, in case somebody asks who was signed in; the audit log has the deeds."""
BATCH = 5000
"""Rows that go in one transaction."""

# Somebody's newest one says when they were last here, however long ago. OFFSET 0: one look for each row that
# may go; as a join it would read all sessions of the merchant.
_NOT_THE_NEWEST_OF_STAFF = (
    "staff_id IS NOT NULL AND EXISTS (SELECT FROM sessions n WHERE n.staff_id = t.staff_id"
    " AND (n.seen_at, n.id) > (t.seen_at, t.id) OFFSET 0)"
)


class Served(NamedTuple):
    """Rows of a table that go when `column` is before some moment, and `also` holds."""

    table: str
    column: str
    before: datetime
    also: str = "true"


def _served(now: datetime, idempotency_ttl_s: int) -> tuple[Served, ...]:
    ended = now - SESSIONS_KEPT
    return (
        Served("idempotency_keys", "created_at", now - timedelta(seconds=idempotency_ttl_s)),
        Served("login_links", "expires_at", now),
        Served("company_flows", "expires_at", now),
        # An hour more: what is forgotten could be used again where a clock is behind.
        Served("handoff_uses", "expires_at", now - timedelta(hours=1)),
        Served("staff_links", "expires_at", now),
        Served("notification_links", "expires_at", now),
        Served("person_exports", "asked_at", now - export.KEPT),
        Served("sessions", "expires_at", ended, "staff_id IS NULL"),
        Served("sessions", "expires_at", ended, _NOT_THE_NEWEST_OF_STAFF),
        Served("webhook_events", "created_at", now - WEBHOOKS_KEPT),
    )


async def purge(now: datetime, idempotency_ttl_s: int) -> int:
    """Delete all of it, of all merchants, in batches; how many rows."""
    deleted = 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal deleted
        for each in _served(now, idempotency_ttl_s):
            while True:
                async with db.transaction(merchant.id):
                    gone = await _delete(each)
                deleted += gone
                if gone < BATCH:
                    break
        async with db.transaction(merchant.id):
            await erasure.sweep(now)
            await sources.seal_when_rolled_out(now)

    await tenancy.for_each(of_merchant)
    return deleted


async def _delete(what: Served) -> int:
    """The next batch; how many rows there were."""
    done = await db.execute(statement(what), what.before)
    return int(done.split()[-1])


def statement(what: Served) -> str:
    """Deletes the next batch; $1 is `before`."""
    return (
        f"DELETE FROM {what.table} WHERE ctid = ANY (ARRAY("
        f"SELECT t.ctid FROM {what.table} t WHERE t.{what.column} < $1 AND {what.also} LIMIT {BATCH}))"
    )


def run() -> None:
    """The task."""
    run_async(purge, clock.now(), settings().idempotency_ttl_s)


shared_task(run, name="core.purge", ignore_result=True)
