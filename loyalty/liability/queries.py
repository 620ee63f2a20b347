"""SQL over the ledger as movements of outstanding points: added up by day, and in months that close."""

# $1 wallet, $2 time zone, $3 from (NULL: ever), $4 until: by recorded time, so that nothing changes later.
# A posting that was learnt late belongs to the month in which it was learnt.
_SIDED = """
WITH sided AS (
    SELECT j.recorded_at, j.effective_at, s.kind, s.points, CASE WHEN s.rooted THEN l.root_id END AS root
    FROM wallet_types w
    JOIN ledger_accounts a ON a.wallet_type_id = w.id
    JOIN ledger_journal j ON j.account_id = a.id
    JOIN ledger_entries e ON e.journal_id = j.id
    LEFT JOIN ledger_lots l ON l.journal_id = e.lot_journal_id AND l.line = e.lot_line
    CROSS JOIN LATERAL (
        SELECT e.debit::text AS kind, e.points, true AS rooted
        WHERE e.credit IN ('pending', 'active', 'held') AND e.debit NOT IN ('pending', 'active', 'held')
        UNION ALL
        SELECT e.credit::text, -e.points, true
        WHERE e.debit IN ('pending', 'active', 'held') AND e.credit NOT IN ('pending', 'active', 'held')
        UNION ALL
        SELECT CASE WHEN e.debit IN ('pending', 'active', 'held') THEN 'debt' ELSE e.debit::text END,
               e.points, false
        WHERE e.credit = 'debt'
        UNION ALL
        SELECT CASE WHEN e.credit IN ('pending', 'active', 'held') THEN 'debt' ELSE e.credit::text END,
               -e.points, false
        WHERE e.debit = 'debt') s
    WHERE w.code = $1 AND ($3::timestamptz IS NULL OR j.recorded_at >= $3) AND j.recorded_at < $4
)
"""


def _month(moment: str) -> str:
    """The month that a moment belongs to, months that were closed being what they were when they were.

    $5 their ends in order, $6 their first days, $7 the first day of the one after the last (NULL: none is
    closed). The shop may have moved to another time zone since: what came after the last end is of a later
    month, whatever the new zone's calendar says, and of no month twice.
    """
    return f"""coalesce(($6::date[])[width_bucket({moment}, $5::timestamptz[]) + 1],
                greatest(date_trunc('month', {moment} AT TIME ZONE $2)::date, $7::date))"""


_COHORT = f"CASE WHEN r.recorded_at IS NOT NULL THEN {_month('r.recorded_at')} END AS cohort"
_ROOTS = "FROM sided s LEFT JOIN ledger_journal r ON r.id = s.root"

MOVEMENTS = f"""{_SIDED}
SELECT {_month("s.recorded_at")} AS month, {_COHORT}, s.kind,
       sum(s.points)::bigint AS points
{_ROOTS} GROUP BY 1, 2, 3 HAVING sum(s.points) <> 0 ORDER BY 1, 2 NULLS FIRST, 3
"""
DAYS = f"""{_SIDED}
SELECT (s.recorded_at AT TIME ZONE $2)::date AS day, (s.effective_at AT TIME ZONE $2)::date AS happened,
       {_COHORT}, s.kind, sum(s.points)::bigint AS points
{_ROOTS} GROUP BY 1, 2, 3, 4 HAVING sum(s.points) <> 0
"""

# ---------------------------------------------------------------- days as they are kept

ROLLED = "SELECT ends_at FROM liability_rolls WHERE wallet = $1 AND time_zone = $2"
FORGET = "DELETE FROM liability_days WHERE wallet = $1"
KEEP = f"""
INSERT INTO liability_days (merchant_id, wallet, day, happened, cohort, kind, points)
SELECT current_merchant(), $1, d.* FROM ({DAYS}) d
ON CONFLICT (merchant_id, wallet, day, happened, cohort, kind)
DO UPDATE SET points = liability_days.points + excluded.points
"""
NOTE_ROLLED = """
INSERT INTO liability_rolls (merchant_id, wallet, time_zone, ends_at) VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (merchant_id, wallet) DO UPDATE SET time_zone = excluded.time_zone, ends_at = excluded.ends_at
"""
# The days of no time zone: they are added up anew.
UNROLL = "UPDATE liability_rolls SET time_zone = ''"
# Nor do days of another time zone know that of the month that is closed now.
UNROLL_OTHERS = "UPDATE liability_rolls SET time_zone = '' WHERE wallet = $1 AND time_zone <> $2"
# Each with up to when they are kept, in one statement: between two of them somebody may add up.
KEPT_MONTHS = """
SELECT r.ends_at, d.* FROM liability_rolls r LEFT JOIN LATERAL (
    SELECT greatest(date_trunc('month', k.day)::date, $4::date) AS month, k.cohort, k.kind,
           sum(k.points)::bigint AS points
    FROM liability_days k WHERE k.wallet = r.wallet AND ($3::date IS NULL OR k.day >= $3) GROUP BY 1, 2, 3
    ) d ON true
WHERE r.wallet = $1 AND r.time_zone = $2
"""
# What happened from the day $3 to before the day $4, whenever it was recorded.
KEPT_HAPPENED = """
SELECT r.ends_at, d.* FROM liability_rolls r LEFT JOIN LATERAL (
    SELECT k.happened, k.kind, sum(k.points)::bigint AS points FROM liability_days k
    WHERE k.wallet = r.wallet AND k.happened >= $3 AND k.happened < $4 GROUP BY 1, 2
    ) d ON true
WHERE r.wallet = $1 AND r.time_zone = $2
"""
# The same of what is not kept yet; $3 and $4 are of the recording, as above.
NEW_HAPPENED = f"""{_SIDED}
SELECT happened, kind, sum(points)::bigint AS points
FROM (SELECT (effective_at AT TIME ZONE $2)::date AS happened, kind, points FROM sided) s
WHERE happened >= $5 AND happened < $6 GROUP BY 1, 2
"""

# ---------------------------------------------------------------- months

FIRST = """
SELECT min(j.recorded_at) FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $1
"""

CLOSED = """
SELECT m.month, m.ends_at, m.point_cost_micros, m.points_outstanding,
       m.liability_micros::text AS liability_micros, m.breakage_micros::text AS breakage_micros,
       m.closed_at, s.name AS closed_by
FROM liability_months m LEFT JOIN staff s ON s.id = m.closed_by WHERE m.wallet = $1 ORDER BY m.month
"""

# What _month() wants.
CALENDAR = """
SELECT coalesce(array_agg(ends_at ORDER BY month), '{}') AS ends,
       coalesce(array_agg(month ORDER BY month), '{}') AS months,
       (max(month) + interval '1 month')::date AS next
FROM liability_months WHERE wallet = $1
"""

CLOSED_MOVEMENTS = """
SELECT month, cohort, kind, points FROM liability_movements WHERE wallet = $1
ORDER BY month, cohort NULLS FIRST, kind
"""

ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('liability ' || current_merchant(), 0))"

CLOSE = """
INSERT INTO liability_months (merchant_id, wallet, month, ends_at, point_cost_micros, points_outstanding,
                              liability_micros, breakage_micros, closed_by, closed_at)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6::text::numeric, $7::text::numeric, $8, $9)
"""

ADD_MOVEMENTS = """
INSERT INTO liability_movements (merchant_id, wallet, month, cohort, kind, points)
SELECT current_merchant(), $1, $2, * FROM unnest($3::date[], $4::text[], $5::bigint[])
"""

# What the accounts held by what was recorded before $2.
OUTSTANDING = """
SELECT coalesce(sum(j.pending_after + j.active_after + j.held_after - j.debt_after), 0)::bigint
FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $1
CROSS JOIN LATERAL (SELECT * FROM ledger_journal x WHERE x.account_id = a.id AND x.recorded_at < $2
                    ORDER BY x.seq DESC LIMIT 1) j
"""
