"""A database with a programme, members and their postings, as after a past import.

Written by the superuser in sets, since a million single postings would take an hour; a small second merchant
gets its rows by the same statements, and ledger_check() must find nothing wrong with them.

Ids are computed, so that pgbench can name a random member: bench_id('be', n) is the member of customer
`c-<n>`, n from 1 to `members`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from core import clock, db, tenancy
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.tiers.rules import Tier

CHUNK_ROWS = 100_000
SAMPLE_MEMBERS = 200
SAMPLE_FIRST = 1_000_000_001
"""Numbers of the second merchant's members, apart from the first's."""

TIERS = [
    Tier(rank=n, code=code, name={"en": code.title()}, threshold=points)
    for n, (code, points) in enumerate([("bronze", 0), ("silver", 200), ("gold", 400)])
]


class Unsound(RuntimeError):
    """ledger_check() found something: the statements below no longer fit the ledger."""


@dataclass(frozen=True)
class Content:
    """What a database was filled with."""

    merchant: UUID
    members: int
    postings: int
    """For each of a member's two wallets."""


async def fill(app_url: str, admin_url: str, members: int, postings: int) -> Content:
    """Fill a migrated, empty database. Raises Unsound."""
    now = clock.now()
    await db.connect(app_url, pool_size=2)
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(PREPARE)
        sample = await _merchant("sample", now)
        await _rows(admin, sample, SAMPLE_FIRST, SAMPLE_MEMBERS, postings, now)
        merchant = await _merchant("bench", now)
        await _rows(admin, merchant, 1, members, postings, now)
        await admin.execute("VACUUM (ANALYZE)")
        await admin.execute("CHECKPOINT")
        await _check(sample)
    finally:
        await admin.close()
        await db.disconnect()
    return Content(merchant, members, postings)


async def _merchant(code: str, now: datetime) -> UUID:
    merchant_id = await tenancy.create_merchant(code, {"en": code}, "UTC", "USD", now)
    async with db.transaction(merchant_id):
        await programme.create(Setup(tiers=TIERS, earn_rates={"USD": 100}), now)
    return merchant_id


async def _rows(
    admin: asyncpg.Connection, merchant: UUID, first: int, members: int, postings: int, now: datetime
) -> None:
    for start in range(first, first + members, CHUNK_ROWS):
        last = min(start + CHUNK_ROWS, first + members) - 1
        for statement in (CUSTOMERS, MEMBERS, ACCOUNTS):
            await admin.execute(
                statement, merchant, start, last, now, *([postings] * (statement == ACCOUNTS))
            )
    for number in range(1, postings + 1):
        for start in range(first, first + members, CHUNK_ROWS):
            last = min(start + CHUNK_ROWS, first + members) - 1
            await admin.execute(POSTINGS, merchant, start, last, now, number, timeout=600)
    await admin.execute(HEADS, merchant, timeout=600)


async def _check(merchant: UUID) -> None:
    async with db.transaction(merchant):
        faults = await db.connection().fetch("SELECT * FROM ledger_check()", timeout=600)
    if faults:
        raise Unsound(f"{len(faults)} faults, the first: {dict(faults[0])}")


# Foreign keys are not checked while a superuser loads what is right by construction.
PREPARE = """
SET session_replication_role = replica;
CREATE FUNCTION bench_id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ('01900000-00' || kind || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION bench_journal(wallet text, seq int, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('0191' || lpad(to_hex(seq), 4, '0') || '-00' || wallet || '-7000-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid
$$;
CREATE VIEW bench_wallets AS
    SELECT merchant_id, id, code, CASE code WHEN 'points' THEN 'a1' ELSE 'a2' END AS kind FROM wallet_types
    WHERE code IN ('points', 'qualifying');
"""

CUSTOMERS = """
INSERT INTO customers (id, merchant_id, external_id, created_at)
SELECT bench_id('cc', n), $1, 'c-' || n, $4::timestamptz - interval '400 days'
FROM generate_series($2::bigint, $3) n
"""

MEMBERS = """
INSERT INTO members (id, merchant_id, customer_id, joined_at, terms_version, tier_code, tier_since)
SELECT bench_id('be', n), $1, bench_id('cc', n), $4::timestamptz - interval '400 days', '1', 'bronze',
       $4::timestamptz - interval '400 days'
FROM generate_series($2::bigint, $3) n
"""

# Every posting of a member brings the same points, so that a balance is a product.
ACCOUNTS = """
INSERT INTO ledger_accounts (id, merchant_id, member_id, wallet_type_id, seq, points_active)
SELECT bench_id(w.kind, n), $1, bench_id('be', n), w.id, $5, $5 * (1 + n * 7919 % 500)
FROM generate_series($2::bigint, $3) n, bench_wallets w
WHERE w.merchant_id = $1 AND $4::timestamptz IS NOT NULL
"""

# The n-th posting of each account: 300 days of history, 2 years to come until all have expired.
POSTINGS = """
WITH p AS (
    SELECT bench_journal(w.kind, $5::int, n) AS id, bench_journal(w.kind, $5::int - 1, n) AS before,
           bench_id(w.kind, n) AS account_id, w.code,
           'import:' || w.code || ':' || n || ':' || $5 AS key, 1 + n * 7919 % 500 AS points,
           $4::timestamptz - make_interval(days => (n % 300)::int) AS at,
           CASE w.code WHEN 'points'
               THEN $4::timestamptz + make_interval(days => (1 + n * 31 % 730)::int) END AS expires_at
    FROM generate_series($2::bigint, $3) n, bench_wallets w WHERE w.merchant_id = $1
), journal AS (
    INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason,
        effective_at, recorded_at, pending_after, active_after, held_after, debt_after, hash)
    SELECT p.id, $1, p.account_id, $5, p.key, sha256(convert_to(p.key, 'UTF8')), 'earn', p.points,
           '{"rule": "import"}', p.at, $4, 0, $5 * p.points, 0, 0,
           sha256(coalesce(b.hash, '') || ledger_content(p.account_id, $5, p.id, 'earn', NULL, p.points, p.at,
               $4, 0, $5 * p.points, 0, 0,
               ledger_entry_text(1, 'opening', 'active', p.points, p.id, 1, p.expires_at),
               '{"rule": "import"}', p.key))
    FROM p LEFT JOIN ledger_journal b ON b.id = p.before
), entries AS (
    INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id,
                                lot_line, expires_at)
    SELECT id, 1, $1, 'opening', 'active', points, id, 1, expires_at FROM p
)
INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active,
                         expires_at, root_id)
SELECT id, 1, $1, account_id, points, 0, points, expires_at, id FROM p
"""

HEADS = """
UPDATE ledger_accounts a SET hash = j.hash FROM ledger_journal j
WHERE j.account_id = a.id AND j.seq = a.seq AND a.merchant_id = $1
"""
