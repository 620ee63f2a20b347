"""SQL over pools of codes."""

ADD = """
INSERT INTO code_pools (merchant_id, code, low_water, created_at) VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id
"""
SET_LOW_WATER = "UPDATE code_pools SET low_water = $2 WHERE code = $1"

_POOL = """
SELECT p.id, p.code, p.low_water, n.free, n.taken, n.free <= p.low_water AS low
FROM code_pools p CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE c.voucher_id IS NULL) AS free,
           count(*) FILTER (WHERE c.voucher_id IS NOT NULL) AS taken
    FROM pool_codes c WHERE c.pool_id = p.id) n
"""
ONE = _POOL + "WHERE p.code = $1"
ALL = _POOL + "ORDER BY p.code"

# Neither twice in any pool, nor one that a voucher has without a pool.
_NEW = """
    INSERT INTO pool_codes (merchant_id, code, pool_id)
    SELECT current_merchant(), n.code, $1 FROM {source} n
    WHERE NOT EXISTS (SELECT FROM vouchers v WHERE v.merchant_id = current_merchant() AND v.code = n.code)
    ORDER BY n.code
    ON CONFLICT (merchant_id, code) DO NOTHING RETURNING code
"""
ADD_CODES = f"""
WITH made AS (SELECT unnest($2::text[]) AS code), added AS ({_NEW.format(source="made")})
SELECT count(*) FROM added
"""

# ---------------------------------------------------------------- import

BEGIN_IMPORT = """
INSERT INTO code_imports (merchant_id, pool_id, key) VALUES (current_merchant(), $1, $2)
ON CONFLICT (pool_id, key) DO NOTHING
"""
IMPORT = "SELECT lines, added, rejected, digest FROM code_imports WHERE pool_id = $1 AND key = $2"
LOCK_IMPORT = "SELECT 1 FROM code_imports WHERE pool_id = $1 AND key = $2 AND lines = $3 FOR UPDATE"
NOTE_IMPORT = """
UPDATE code_imports SET lines = $3, added = added + $4, rejected = rejected + $5, digest = $6
WHERE pool_id = $1 AND key = $2
"""

# COPY does not work under row-level security: it fills a table of this transaction alone.
STAGE = "CREATE TEMPORARY TABLE staged_codes (line bigint, code text) ON COMMIT DROP"

TAKE_IN = f"""
WITH once AS (SELECT DISTINCT ON (code) code, line FROM staged_codes ORDER BY code, line),
added AS ({_NEW.format(source="once")})
SELECT s.line, s.code AS text, CASE
           WHEN EXISTS (SELECT FROM vouchers v WHERE v.merchant_id = current_merchant() AND v.code = s.code)
               THEN 'code_issued'
           WHEN EXISTS (SELECT FROM pool_codes c WHERE c.merchant_id = current_merchant() AND c.code = s.code
                        AND c.pool_id <> $1) THEN 'code_of_another_pool'
           ELSE 'code_duplicate' END AS code
FROM staged_codes s
WHERE NOT EXISTS (SELECT FROM once o JOIN added a ON a.code = o.code WHERE o.line = s.line)
ORDER BY s.line
"""
