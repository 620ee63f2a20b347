"""Delete what has served its time: answers kept for repeated requests, links that no longer open."""

from datetime import datetime, timedelta

from celery import shared_task

from core import clock, db, tenancy
from core.people import erasure, export
from core.settings import settings
from core.webhooks import queries as webhooks
from core.worker import run_async

WEBHOOKS_KEPT = timedelta(days=30)
"""Events that were told, with their deliveries: as long as they can be sent again."""


async def purge(now: datetime, idempotency_ttl_s: int) -> int:
    """Delete idempotency keys older than this, expired links and old webhooks, of all merchants; how many."""
    deleted = 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal deleted
        async with db.transaction(merchant.id):
            deleted += await _delete(
                "DELETE FROM idempotency_keys WHERE created_at < $1",
                now - timedelta(seconds=idempotency_ttl_s),
            )
            deleted += await _delete("DELETE FROM login_links WHERE expires_at < $1", now)
            deleted += await _delete("DELETE FROM company_flows WHERE expires_at < $1", now)
            deleted += await _delete("DELETE FROM handoff_uses WHERE expires_at < $1", now)
            deleted += await _delete("DELETE FROM staff_links WHERE expires_at < $1", now)
            deleted += await _delete("DELETE FROM notification_links WHERE expires_at < $1", now)
            deleted += await _delete("DELETE FROM person_exports WHERE asked_at < $1", now - export.KEPT)
            await erasure.sweep(now)
            deleted += await _delete(webhooks.PURGE, now - WEBHOOKS_KEPT)

    await tenancy.for_each(of_merchant)
    return deleted


async def _delete(sql: str, before: datetime) -> int:
    return int((await db.execute(sql, before)).split()[-1])


def run() -> None:
    """The task."""
    run_async(purge, clock.now(), settings().idempotency_ttl_s)


shared_task(run, name="core.purge", ignore_result=True)
