"""Expire lots, in batches; safe to repeat and to run side by side."""

from datetime import datetime

from core import db
from loyalty.ledger import Expire, post

BATCH = 500


async def expire_due(now: datetime) -> int:
    """Expire up to BATCH lots of the open merchant; answers how many, so that the caller goes on until 0."""
    rows = await db.fetch(
        """
        SELECT j.key, a.member_id, w.code AS wallet, l.expires_at, l.journal_id,
               (SELECT count(*) FROM ledger_journal x WHERE x.account_id = l.account_id
                AND x.parent_id = l.journal_id AND x.verb = 'expire') AS times
        FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id
        JOIN ledger_accounts a ON a.id = l.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
        WHERE l.merchant_id = current_merchant() AND l.points_active > 0 AND l.expires_at <= $1
        ORDER BY l.expires_at LIMIT $2
        """,
        now,
        BATCH,
    )
    # A cancelled redemption can bring points back to a lot that expired before: that is another posting.
    commands = [
        Expire(
            key=f"expire:{row['journal_id']}:{row['times']}",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            effective_at=row["expires_at"],
            reason={"rule": "expiry"},
        )
        for row in rows
    ]
    return sum(1 for posting in await post(commands, now) if posting.points)
