"""SQL over back-tests."""

ADD = """
INSERT INTO backtests (merchant_id, code, version_id, definition, wallet, starts_at, ends_at, bounds,
                       asked_by, asked_at)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
_BACKTEST = """
SELECT b.id, b.code, b.version_id, b.definition, b.wallet, b.starts_at, b.ends_at, b.bounds, b.parts_done,
       b.result, b.asked_at, b.ended_at, s.name AS asker
FROM backtests b LEFT JOIN staff s ON s.id = b.asked_by
"""
ONE = _BACKTEST + "WHERE b.id = $1"
NEWEST = _BACKTEST + "ORDER BY b.asked_at DESC, b.id DESC LIMIT $1"
LOCK = "SELECT parts_done FROM backtests WHERE id = $1 FOR UPDATE"
DONE = """
UPDATE backtests SET parts_done = parts_done + 1, result = $2,
       ended_at = CASE WHEN parts_done = cardinality(bounds) THEN $3::timestamptz END
WHERE id = $1
"""

EVENTS = """
SELECT CASE WHEN $1 THEN (SELECT count(*) FROM orders WHERE counted_at IS NOT NULL AND paid_at < $2)
            ELSE (SELECT count(*) FROM earning_events WHERE occurred_at < $2) END
"""
# Where to part the members, so that each part has about as many.
BOUNDS = """
SELECT ARRAY(SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS every
                             FROM members) m
             WHERE n > 1 AND (n - 1) * $1::bigint / every > (n - 2) * $1::bigint / every ORDER BY id)
"""
