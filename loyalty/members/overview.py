"""What members have: points by wallet, their place in the first tier set, what expires next.

Asked more often than anything else, so for many members at once and in three statements for all of them.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from loyalty.ledger.queries import Expiring
from loyalty.members.service import Balance
from loyalty.programme import service as programme
from loyalty.tiers import standing
from loyalty.tiers.standing import Standing


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One member. `external_id` is that of the customer who stands for a merged one."""

    id: UUID
    external_id: str
    joined_at: datetime
    balances: list[Balance]
    place: Standing
    next_expiry: Expiring | None


async def overviews(external_ids: Collection[str], now: datetime) -> dict[str, Overview]:
    """By the customer ids that were asked for; who is no member is left out. Raises ProgrammeMissing."""
    live = await programme.live()
    rows = await db.fetch(_OVERVIEW, list(external_ids), live.primary.code, now)
    places = await standing.places(live, live.primary, rows, now)
    return {row["asked"]: _overview(row, places[row["member_id"]]) for row in rows}


def _overview(row: db.Row, place: Standing) -> Overview:
    wallets = zip(row["wallets"], row["pending"], row["active"], row["held"], row["debt"], strict=True)
    return Overview(
        id=row["member_id"],
        external_id=row["external_id"],
        joined_at=row["joined_at"],
        balances=[
            Balance(wallet=code, points_pending=p, points_active=a, points_held=h, points_debt=d)
            for code, p, a, h, d in wallets
        ],
        place=place,
        next_expiry=Expiring(row["points"], row["expires_at"]) if row["expires_at"] else None,
    )


# The columns of loyalty.tiers.queries.STANDINGS, and what the member has. Lots are looked up as
# ledger_lots_open has them: those of one account, not all that expire. For CASE see loyalty.members.queries.
_OVERVIEW = """
SELECT asked.external_id AS asked, m.id AS member_id, c.external_id, m.joined_at,
       m.tier_code AS primary_code, m.tier_since AS primary_since, t.tier_code,
       coalesce(t.since, m.joined_at) AS since, coalesce(t.basis, 'reached') AS basis, t.until,
       b.wallets, b.pending, b.active, b.held, b.debt, x.points, x.expires_at
FROM customers asked
JOIN customers c
     ON c.id = CASE WHEN asked.merged_into IS NULL THEN asked.id ELSE asked.merged_into END
JOIN members m ON m.customer_id = c.id
LEFT JOIN member_tiers t ON t.member_id = m.id AND t.set_code = $2
CROSS JOIN LATERAL (
    SELECT array_agg(w.code ORDER BY w.code) AS wallets,
           array_agg(coalesce(a.points_pending, 0) ORDER BY w.code) AS pending,
           array_agg(coalesce(a.points_active, 0) ORDER BY w.code) AS active,
           array_agg(coalesce(a.points_held, 0) ORDER BY w.code) AS held,
           array_agg(coalesce(a.points_debt, 0) ORDER BY w.code) AS debt,
           max(a.id::text) FILTER (WHERE w.code = 'points')::uuid AS spendable
    FROM wallet_types w LEFT JOIN ledger_accounts a ON a.wallet_type_id = w.id AND a.member_id = m.id) b
LEFT JOIN LATERAL (
    SELECT sum(l.points_active)::bigint AS points, l.expires_at FROM ledger_lots l
    WHERE l.account_id = b.spendable AND l.points_pending + l.points_active + l.points_held > 0
      AND l.points_active > 0 AND l.expires_at > $3
    GROUP BY l.expires_at ORDER BY l.expires_at LIMIT 1) x ON true
WHERE asked.external_id = ANY ($1::text[])
"""
