"""What has served its time is deleted, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import db
from core import purge as sweeping
from core.ids import new_id
from core.people import customers, sessions, staff, team
from core.people.customers import CustomerRow
from core.purge import SESSIONS_KEPT, purge
from core.settings import settings

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


async def test_sessions_go_when_they_have_been_over_for_long(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    """Whoever is signed in stays so; of staff the last one stays, too: it says when they were here."""
    sweep_only(merchant)
    lives = timedelta(seconds=settings().session_ttl_s)
    long_ago, lately, now = NOW - lives - SESSIONS_KEPT, NOW - SESSIONS_KEPT, NOW
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow("c", NOW)])
        customer = await db.fetchval("SELECT id FROM customers")
        mina = await staff.create(
            f"{merchant.hex}@example.test", "Mina", "agent", "a good long password", NOW
        )
        old = {"customer_id": customer}, {"staff_id": mina}
        tokens: dict[str, str] = {}
        for begun, name in ((long_ago - timedelta(days=1), "old"), (lately, "over"), (now, "new")):
            for who in old:
                of: dict[str, Any] = who
                tokens[f"{name} {next(iter(of))}"] = await sessions.start(begun, **of)
    await purge(NOW, 10**9)
    async with db.transaction(merchant):
        left = await db.fetch("SELECT created_at FROM sessions ORDER BY created_at, id")
    assert [row["created_at"] for row in left] == [lately] * 2 + [now] * 2
    for name in ("new customer_id", "new staff_id"):
        assert await sessions.find(tokens[name], NOW)
    await purge(NOW + lives + SESSIONS_KEPT + timedelta(days=1), 10**9)
    async with db.transaction(merchant):
        [last] = await db.fetch("SELECT staff_id FROM sessions")
        [listed] = await team.everybody()
    assert last["staff_id"] == mina and listed.seen_at == now


async def test_it_goes_in_batches(
    merchant: UUID, sweep_only: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_only(merchant)
    monkeypatch.setattr(sweeping, "BATCH", 3)
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO handoff_uses (merchant_id, jti, expires_at)"
            " SELECT $1, n::text, $2 FROM generate_series(1, 10) n",
            merchant,
            NOW - timedelta(hours=2),
        )
        await db.execute(
            "INSERT INTO handoff_uses (merchant_id, jti, expires_at) VALUES ($1, 'young', $2)", merchant, NOW
        )
    seen = 0
    delete = sweeping._delete

    async def counted(what: sweeping.Served) -> int:
        nonlocal seen
        gone = await delete(what)
        seen += gone > 0
        assert gone <= 3
        return gone

    monkeypatch.setattr(sweeping, "_delete", counted)
    assert await purge(NOW, 10**9) == 10
    assert seen == 4
    async with db.transaction(merchant):
        assert [row["jti"] for row in await db.fetch("SELECT jti FROM handoff_uses")] == ["young"]
