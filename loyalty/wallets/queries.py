"""SQL over wallets and the versions of their rules."""

_WALLET = """
SELECT w.id, w.code, w.name, w.debt_policy, w.expiry, w.settling, w.warn_days, w.earns_on_orders,
       w.rules_version AS version, w.rules_since AS since, m.time_zone AS zone
FROM wallet_types w JOIN merchants m ON m.id = w.merchant_id
"""
ALL = _WALLET + "ORDER BY w.code"
USED = (
    _WALLET
    + """
WHERE EXISTS (SELECT FROM ledger_accounts a JOIN ledger_journal j ON j.account_id = a.id
              WHERE a.wallet_type_id = w.id AND a.member_id = $1)
ORDER BY w.code
"""
)
ONE = _WALLET + "WHERE w.code = $1"
LOCK = _WALLET + "WHERE w.code = $1 FOR UPDATE OF w"

ADD = """
INSERT INTO wallet_types (merchant_id, code, name, earns_on_orders, debt_policy, expiry, settling, warn_days,
                          rules_since, rules_by)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id
"""

CHANGE = """
UPDATE wallet_types SET debt_policy = $2, expiry = $3, settling = $4, warn_days = $5,
       rules_version = rules_version + 1, rules_since = $6, rules_by = $7
WHERE id = $1
"""

VERSIONS = """
SELECT v.number, v.debt_policy, v.expiry, v.settling, v.warn_days, v.since, s.name AS author
FROM wallet_versions v JOIN wallet_types w ON w.id = v.wallet_type_id
LEFT JOIN staff s ON s.merchant_id = v.merchant_id AND s.id = v.created_by
WHERE w.code = $1 ORDER BY v.number DESC
"""

AWAITED = (
    "SELECT DISTINCT settling->>'event' AS event FROM wallet_versions WHERE settling->>'kind' = 'on_event'"
)
