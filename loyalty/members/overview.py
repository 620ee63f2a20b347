"""What members have: points by wallet, their place in the first tier set, what expires next.

Asked more often than anything else, so for many members at once and in one statement for all of them. The
programme's terms are kept from one time to the next; each answer says whether they are live still.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from loyalty.ledger.reading import Expiring
from loyalty.members.service import Balance
from loyalty.programme import service as programme
from loyalty.programme.service import Version
from loyalty.tiers import standing
from loyalty.tiers.queries import statement, with_facts
from loyalty.tiers.standing import Standing

_terms: dict[UUID, Version] = {}
"""By merchant, the version that was live when somebody was last asked for."""
TERMS_LIMIT = 1_000


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One member. `external_id` is that of the customer who stands for a merged one."""

    id: UUID
    external_id: str
    joined_at: datetime
    left_at: datetime | None
    terms_version: str
    balances: list[Balance]
    place: Standing
    next_expiry: Expiring | None


async def overviews(external_ids: Collection[str], now: datetime) -> dict[str, Overview]:
    """By the customer ids that were asked for; who is no member is left out. Raises ProgrammeMissing."""
    live, rows = await _rows(list(external_ids), now)
    facts = {row["member_id"]: _facts(row) for row in rows}
    places = standing.placed(live, live.primary, rows, facts, now)
    return {row["asked"]: _overview(row, places[row["member_id"]]) for row in rows}


async def _rows(external_ids: list[str], now: datetime) -> tuple[Version, Sequence[db.Row]]:
    """The live version, and what is stored of them as it asks. Raises ProgrammeMissing."""
    merchant_id = db.merchant_id()
    while True:
        live = _terms.get(merchant_id) or await programme.live()
        rows = await db.fetch(*_statement(external_ids, live, now))
        if all((row["version_id"], row["time_zone"]) == (live.id, live.time_zone) for row in rows[:1]):
            if len(_terms) >= TERMS_LIMIT:
                _terms.clear()
            _terms[merchant_id] = live
            return live, rows
        _terms.pop(merchant_id, None)


def _statement(external_ids: list[str], live: Version, now: datetime) -> tuple[Any, ...]:
    sql = with_facts(type(live.primary.metric), "overview", _OVERVIEW)
    values = {"asked": external_ids, "set_code": live.primary.code}
    return statement(sql, values | standing.facts_values(live, live.primary, now))


def _facts(row: db.Row) -> list[standing.Fact]:
    return list(zip(row["moments"], row["deltas"], strict=True)) if row["moments"] else []


def _overview(row: db.Row, place: Standing) -> Overview:
    wallets = zip(row["wallets"], row["pending"], row["active"], row["held"], row["debt"], strict=True)
    return Overview(
        id=row["member_id"],
        external_id=row["external_id"],
        joined_at=row["joined_at"],
        left_at=row["left_at"],
        terms_version=row["terms_version"],
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
SELECT asked.external_id AS asked, m.id AS member_id, m.joined_at, m.left_at, m.terms_version,
       coalesce(c.external_id, asked.external_id) AS external_id,
       m.tier_code AS primary_code, m.tier_since AS primary_since, t.tier_code,
       coalesce(t.since, m.joined_at) AS since, coalesce(t.basis, 'reached') AS basis, t.until,
       b.wallets, b.pending, b.active, b.held, b.debt, x.points, x.expires_at,
       (SELECT v.id FROM programme_versions v WHERE v.state = 'published') AS version_id,
       (SELECT time_zone FROM merchants) AS time_zone
FROM customers asked
LEFT JOIN customers c ON c.id = asked.merged_into
JOIN members m
     ON m.customer_id = CASE WHEN asked.merged_into IS NULL THEN asked.id ELSE asked.merged_into END
LEFT JOIN member_tiers t ON t.member_id = m.id AND t.set_code = :set_code
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
      AND l.points_active > 0 AND l.expires_at > :at
    GROUP BY l.expires_at ORDER BY l.expires_at LIMIT 1) x ON true
WHERE asked.external_id = ANY (:asked::text[])
"""
