"""What has served its time is deleted, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from core import db
from core.ids import new_id
from core.purge import purge

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TTL_S = 3600


async def test_old_keys_and_expired_links_go(merchant: UUID) -> None:
    customer = new_id()
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO customers (id, merchant_id, external_id, created_at) VALUES ($1, $2, 'c', $3)",
            customer,
            merchant,
            NOW,
        )
        for name, age_s in (("old", TTL_S + 1), ("young", TTL_S - 1)):
            made_at = NOW - timedelta(seconds=age_s)
            await db.execute(
                "INSERT INTO idempotency_keys"
                " (merchant_id, actor, key, fingerprint, status, body, created_at)"
                " VALUES ($1, 'api', $2, '', 200, '', $3)",
                merchant,
                name,
                made_at,
            )
            await db.execute(
                "INSERT INTO login_links (token_hash, merchant_id, customer_id, created_at, expires_at)"
                " VALUES ($1, $2, $3, $4, $5)",
                name.encode() + merchant.bytes,
                merchant,
                customer,
                made_at,
                made_at + timedelta(seconds=TTL_S),
            )
    assert await purge(NOW, TTL_S) >= 2
    async with db.transaction(merchant):
        keys = await db.fetch("SELECT key FROM idempotency_keys")
        links = await db.fetch("SELECT expires_at FROM login_links")
    assert [row["key"] for row in keys] == ["young"]
    assert [row["expires_at"] for row in links] == [NOW + timedelta(seconds=1)]
