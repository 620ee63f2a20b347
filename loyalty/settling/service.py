"""Settle lots, in batches; safe to repeat and to run side by side."""

from datetime import datetime

from core import db
from loyalty.ledger import Settle, post

BATCH = 500

DUE = """
SELECT j.key, a.member_id, w.code AS wallet, l.settles_at, l.journal_id
FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id
JOIN ledger_accounts a ON a.id = l.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
WHERE l.merchant_id = current_merchant() AND l.points_pending > 0 AND l.settles_at <= $1
ORDER BY l.settles_at LIMIT $2
"""


async def settle_due(now: datetime) -> int:
    """Settle up to BATCH lots of the open merchant; answers how many, so that the caller goes on until 0."""
    commands = [
        Settle(
            key=f"settle:{row['journal_id']}",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            effective_at=row["settles_at"],
            reason={"rule": "settling"},
        )
        for row in await db.fetch(DUE, now, BATCH)
    ]
    return sum(1 for posting in await post(commands, now) if posting.points)
