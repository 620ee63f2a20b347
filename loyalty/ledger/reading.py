"""Reading the ledger: statements, the reason of one posting, figures of the whole programme."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from loyalty.ledger.chain import Link
from loyalty.ledger.errors import WalletUnknown


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One posting as its member sees it. `points_change`: what could be spent changed by so much."""

    journal_id: UUID
    seq: int
    verb: str
    points: int
    points_change: int
    points_active: int
    points_pending: int
    reason: dict[str, Any]
    effective_at: datetime
    recorded_at: datetime
    expires_at: datetime | None


class LotUse(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one lot in one posting; `reason` is that of the earn that made the lot."""

    points: int
    expires_at: datetime | None
    reason: dict[str, Any]
    earned_at: datetime


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a posting was made: what it says itself, and which lots it made or moved."""

    line: StatementLine
    lots: tuple[LotUse, ...]


class LotNow(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of the points of one earn."""

    points: int
    points_pending: int
    points_active: int
    points_held: int
    points_clawed_back: int
    settles_at: datetime | None
    expires_at: datetime | None


class LotMove(msgspec.Struct, frozen=True, kw_only=True):
    """What one posting did to one lot. `points`: made or given back (positive), taken (negative)."""

    points: int
    earned_at: datetime
    expires_at: datetime | None
    points_left: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What one wallet holds, in points."""

    wallet: str
    points_pending: int
    points_active: int
    points_held: int
    points_debt: int


class Expiring(msgspec.Struct, frozen=True):
    """Points that expire together."""

    points: int
    expires_at: datetime


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The programme's spendable wallet, in points."""

    points_pending: int
    points_active: int
    points_held: int
    points_debt: int
    points_expiring: int
    members: int


_LINE = """
SELECT j.id AS journal_id, j.seq, j.verb::text AS verb, j.points, j.reason, j.effective_at, j.recorded_at,
       j.active_after - j.debt_after AS points_active, j.pending_after AS points_pending,
       (j.active_after - j.debt_after)
       - coalesce((SELECT p.active_after - p.debt_after FROM ledger_journal p
                   WHERE p.account_id = j.account_id AND p.seq = j.seq - 1), 0) AS points_change,
       (SELECT l.expires_at FROM ledger_lots l WHERE l.journal_id = j.id AND l.line = 1) AS expires_at
FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
JOIN wallet_types w ON w.id = a.wallet_type_id
"""


def _line(row: db.Row) -> StatementLine:
    return StatementLine(**dict(row) | {"reason": db.from_json(row["reason"])})


async def statement(
    member_id: UUID,
    wallet: str = "points",
    before_seq: int | None = None,
    limit: int = 50,
    verbs: Sequence[str] = (),
) -> list[StatementLine]:
    """A member's postings in one wallet, the newest first; `before_seq` pages on. No `verbs`: all of them."""
    rows = await db.fetch(
        _LINE + "WHERE a.member_id = $1 AND w.code = $2 AND ($3::bigint IS NULL OR j.seq < $3)"
        " AND ($5::text[] = '{}' OR j.verb::text = ANY ($5)) ORDER BY j.seq DESC LIMIT $4",
        member_id,
        wallet,
        before_seq,
        limit,
        list(verbs),
    )
    return [_line(row) for row in rows]


async def explain(member_id: UUID, journal_id: UUID) -> Explanation:
    """Why one posting of a member was made. Raises NotFound for another member's."""
    row = await db.fetchrow(_LINE + "WHERE a.member_id = $1 AND j.id = $2", member_id, journal_id)
    if row is None:
        raise NotFound("there is no such entry")
    lots = await db.fetch(
        """
        SELECT u.points, l.expires_at, e.reason, e.effective_at AS earned_at
        FROM (SELECT lot_journal_id, lot_line, sum(points)::bigint AS points FROM ledger_entries
              WHERE journal_id = $1 AND lot_journal_id IS NOT NULL GROUP BY 1, 2) u
        JOIN ledger_lots l ON l.journal_id = u.lot_journal_id AND l.line = u.lot_line
        JOIN ledger_journal e ON e.id = l.journal_id
        ORDER BY l.expires_at NULLS LAST, l.journal_id
        """,
        journal_id,
    )
    uses = tuple(LotUse(**dict(lot) | {"reason": db.from_json(lot["reason"])}) for lot in lots)
    return Explanation(line=_line(row), lots=uses)


async def wallet_of(journal_id: UUID) -> str:
    """Code of the wallet in which a posting was made. Raises NotFound."""
    code = await db.fetchval(
        "SELECT w.code FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
        " JOIN wallet_types w ON w.id = a.wallet_type_id WHERE j.id = $1",
        journal_id,
    )
    if code is None:
        raise NotFound("there is no such entry")
    return str(code)


async def lots_now(journal_ids: Sequence[UUID]) -> dict[UUID, LotNow]:
    """The lots that these postings made, as they are now, by posting; those that made none are left out."""
    rows = await db.fetch(
        """
        SELECT journal_id, points, points_pending, points_active, points_held, points_clawed_back,
               settles_at, expires_at
        FROM ledger_lots WHERE journal_id = ANY ($1::uuid[]) AND line = 1
        """,
        list(journal_ids),
    )
    return {row["journal_id"]: LotNow(**{k: v for k, v in row.items() if k != "journal_id"}) for row in rows}


async def lot_moves(journal_id: UUID) -> list[LotMove]:
    """The lots that one posting made or moved, those that expire first before the others."""
    rows = await db.fetch(
        """
        SELECT u.points, e.effective_at AS earned_at, l.expires_at,
               l.points_pending + l.points_active + l.points_held AS points_left
        FROM (SELECT lot_journal_id, lot_line,
                     sum(CASE WHEN credit IN ('pending', 'active') THEN points
                              ELSE -points END)::bigint AS points
              FROM ledger_entries WHERE journal_id = $1 AND lot_journal_id IS NOT NULL GROUP BY 1, 2) u
        JOIN ledger_lots l ON l.journal_id = u.lot_journal_id AND l.line = u.lot_line
        JOIN ledger_journal e ON e.id = l.journal_id
        ORDER BY l.expires_at NULLS LAST, l.journal_id
        """,
        journal_id,
    )
    return [LotMove(**row) for row in rows]


async def balances_as_of(
    member_id: UUID, effective_at: datetime | None = None, recorded_at: datetime | None = None
) -> list[Balance]:
    """All wallets of a member as of a past moment, by what had happened then and what was known then.

    Counted are the postings that happened up to `effective_at` and were learnt up to `recorded_at`
    (None: all). A posting that came late changes what had happened, never what was known.
    """
    rows = await db.fetch(_AS_OF, member_id, effective_at, recorded_at)
    return [Balance(**row) for row in rows]


async def balance_as_of(
    member_id: UUID,
    wallet: str = "points",
    effective_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Balance:
    """One of them. Raises WalletUnknown."""
    for balance in await balances_as_of(member_id, effective_at, recorded_at):
        if balance.wallet == wallet:
            return balance
    raise WalletUnknown(wallet)


# Points earned before a debt arose but heard of after it paid it: as of the time between, neither had
# happened to the other. Active points less debt are the same either way, and nobody has both.
_AS_OF = """
WITH held AS (
    SELECT a.wallet_type_id,
           sum(((e.credit = 'pending')::int - (e.debit = 'pending')::int) * e.points) AS pending,
           sum(((e.credit = 'held')::int - (e.debit = 'held')::int) * e.points) AS held,
           sum(((e.credit IN ('active', 'debt'))::int - (e.debit IN ('active', 'debt'))::int) * e.points)
               AS spendable
    FROM ledger_accounts a JOIN ledger_journal j ON j.account_id = a.id
    JOIN ledger_entries e ON e.journal_id = j.id
    WHERE a.member_id = $1 AND ($2::timestamptz IS NULL OR j.effective_at <= $2)
      AND ($3::timestamptz IS NULL OR j.recorded_at <= $3)
    GROUP BY 1
)
SELECT w.code AS wallet, coalesce(h.pending, 0)::bigint AS points_pending,
       greatest(h.spendable, 0)::bigint AS points_active, coalesce(h.held, 0)::bigint AS points_held,
       greatest(-h.spendable, 0)::bigint AS points_debt
FROM wallet_types w LEFT JOIN held h ON h.wallet_type_id = w.id ORDER BY w.code
"""


async def next_expiry(member_id: UUID, now: datetime, wallet: str = "points") -> Expiring | None:
    """How much of what can be spent in a wallet expires next, and when."""
    row = await db.fetchrow(
        """
        SELECT sum(l.points_active)::bigint AS points, l.expires_at
        FROM ledger_lots l JOIN ledger_accounts a ON a.id = l.account_id
        JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $3
        WHERE a.member_id = $1 AND l.points_pending + l.points_active + l.points_held > 0
          AND l.points_active > 0 AND l.expires_at > $2
        GROUP BY l.expires_at ORDER BY l.expires_at LIMIT 1
        """,
        member_id,
        now,
        wallet,
    )
    return Expiring(row["points"], row["expires_at"]) if row else None


async def totals(expiring_before: datetime) -> Totals:
    """Figures of the spendable wallet over all members."""
    row = await db.fetchrow(
        """
        WITH w AS (SELECT id FROM wallet_types WHERE code = 'points'),
        a AS (SELECT * FROM ledger_accounts WHERE wallet_type_id = (SELECT id FROM w))
        SELECT coalesce(sum(points_pending), 0)::bigint AS points_pending,
               coalesce(sum(points_active), 0)::bigint AS points_active,
               coalesce(sum(points_held), 0)::bigint AS points_held,
               coalesce(sum(points_debt), 0)::bigint AS points_debt,
               (SELECT coalesce(sum(l.points_active), 0)::bigint
                FROM ledger_lots l JOIN a ON a.id = l.account_id
                WHERE l.points_active > 0 AND l.expires_at < $1) AS points_expiring,
               (SELECT count(*) FROM members WHERE left_at IS NULL) AS members
        FROM a
        """,
        expiring_before,
    )
    assert row is not None  # an aggregate always answers a row
    return Totals(**row)


async def check() -> list[tuple[str, UUID]]:
    """Faults of the open merchant's ledger, recomputed from entries; empty when all agrees."""
    return [(row["fault"], row["id"]) for row in await db.fetch("SELECT * FROM ledger_check()")]


async def note_check(faults: int, now: datetime) -> None:
    """Keep for who watches over the installation what a check of the open merchant's ledger found."""
    await db.execute(
        "INSERT INTO ledger_checks (merchant_id, checked_at, faults) VALUES ($1, $2, $3)"
        " ON CONFLICT (merchant_id) DO UPDATE SET checked_at = excluded.checked_at, faults = excluded.faults",
        db.merchant_id(),
        now,
        faults,
    )


class Tampered(msgspec.Struct, frozen=True):
    """The first posting of an account that is not what was written."""

    account_id: UUID
    seq: int
    journal_id: UUID


async def verify() -> list[Tampered]:
    """Accounts of the open merchant whose hash chain is broken; empty when nothing was changed."""
    return [Tampered(**row) for row in await db.fetch("SELECT * FROM ledger_verify()")]


async def forget_notes(accounts: Sequence[UUID]) -> int:
    """Take the notes out of these accounts' postings, in the open transaction; answers how many had one."""
    return int(await db.fetchval("SELECT ledger_forget($1::uuid[])", list(accounts)))


async def chain(
    member_id: UUID, wallet: str = "points", after_seq: int = 0, limit: int | None = None
) -> list[Link]:
    """Postings of a member's wallet with what is hashed of them, the first one first: to take along.

    `after_seq` pages on; no `limit`: all of them.
    """
    rows = await db.fetch(
        """
        SELECT j.seq, convert_from(ledger_content(j), 'UTF8') AS content, encode(j.hash, 'hex') AS hash,
               coalesce(encode(j.forgotten_hash, 'hex'), '') AS forgotten
        FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
        JOIN wallet_types w ON w.id = a.wallet_type_id
        WHERE a.member_id = $1 AND w.code = $2 AND j.seq > $3 ORDER BY j.seq LIMIT $4
        """,
        member_id,
        wallet,
        after_seq,
        limit,
    )
    return [Link(**row) for row in rows]


async def sum_of_all_sides() -> int:
    """Members' balances plus what the programme's sides hold by entries: 0 when all is well."""
    return int(
        await db.fetchval(
            """
            SELECT (SELECT coalesce(sum(points_pending + points_active + points_held - points_debt), 0)
                    FROM ledger_accounts)
                 + (SELECT coalesce(sum(CASE WHEN NOT is_member_side(credit) THEN points
                                             WHEN NOT is_member_side(debit) THEN -points ELSE 0 END), 0)
                    FROM ledger_entries)
            """
        )
    )
