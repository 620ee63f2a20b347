"""SQL over rewards, their stock and vouchers."""

ADD = """
INSERT INTO rewards (merchant_id, code, active, version) VALUES (current_merchant(), $1, true, 1)
ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id
"""

ADD_VERSION = """
INSERT INTO reward_versions (merchant_id, reward_id, number, name, description, terms, cost_points,
                             limit_member, limit_period, period, tiers, offered_from, offered_until,
                             valid_days, valid_until, points_back, pool_id, created_by, created_at, segments)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
        $16, $17, $18, $19)
"""

SEGMENTS = "SELECT id, code, taints FROM segments WHERE code = ANY ($1::text[])"
POOL = "SELECT id FROM code_pools WHERE code = $1"

LOCK = "SELECT id, version FROM rewards WHERE code = $1 FOR NO KEY UPDATE"
SET_VERSION = "UPDATE rewards SET version = $2 WHERE id = $1"
SET_ACTIVE = "UPDATE rewards SET active = $2 WHERE code = $1 RETURNING id"

REWARDS = """
SELECT r.id, r.code, r.version, r.active, v.name, v.description, v.terms, v.cost_points,
       v.limit_member, v.limit_period, v.period, v.tiers, v.segments, v.offered_from, v.offered_until,
       v.valid_days, v.valid_until, v.points_back, p.code AS pool, v.pool_id,
       (SELECT sum(s.units) FROM reward_stock s WHERE s.reward_id = r.id)::bigint AS stock,
       v.pool_id IS NULL OR EXISTS (
           SELECT FROM pool_codes c WHERE c.pool_id = v.pool_id AND c.voucher_id IS NULL) AS has_code
FROM rewards r JOIN reward_versions v ON v.reward_id = r.id AND v.number = r.version
LEFT JOIN code_pools p ON p.id = v.pool_id
"""
CATALOGUE = REWARDS + "WHERE r.active OR NOT $1 ORDER BY v.cost_points, r.code"
BY_ID = REWARDS + "WHERE r.id = $1"
BY_CODE = REWARDS + "WHERE r.code = $1"

VERSIONS = """
SELECT v.number, v.cost_points, v.created_at, s.name AS created_by
FROM reward_versions v LEFT JOIN staff s ON s.id = v.created_by
WHERE v.reward_id = $1 ORDER BY v.number DESC
"""

NAMES = """
SELECT r.code, v.name FROM rewards r JOIN reward_versions v ON v.reward_id = r.id AND v.number = r.version
"""

# ---------------------------------------------------------------- stock

# One unit out of a part that nobody else is taking from, beginning with the part $2. Only where there is none
# do clients wait, all in the order of the parts: that tells "sold out" from "others are choosing".
_TAKE = """
WITH part AS MATERIALIZED (
    SELECT reward_id, part FROM reward_stock WHERE reward_id = $1 AND units > 0
    ORDER BY {order} LIMIT 1 FOR NO KEY UPDATE {wait})
UPDATE reward_stock s SET units = s.units - 1 FROM part
WHERE s.reward_id = part.reward_id AND s.part = part.part RETURNING s.part
"""
TAKE_QUICKLY = _TAKE.format(order="(part + $2::int) % 8", wait="SKIP LOCKED")
TAKE = _TAKE.format(order="part, $2::int", wait="")
COUNTED = "SELECT EXISTS (SELECT FROM reward_stock WHERE reward_id = $1)"
GIVE_BACK = "UPDATE reward_stock SET units = units + 1 WHERE reward_id = $1 AND part = $2"

SET_STOCK = """
INSERT INTO reward_stock AS s (merchant_id, reward_id, part, units)
SELECT current_merchant(), $1, part, $2::int / 8 + (part < $2::int % 8)::int FROM generate_series(0, 7) part
ON CONFLICT (reward_id, part) DO UPDATE SET units = excluded.units
"""
UNCOUNT = "DELETE FROM reward_stock WHERE reward_id = $1"

_TAKE_CODE = """
WITH free AS MATERIALIZED (
    SELECT c.merchant_id, c.code FROM pool_codes c
    WHERE c.pool_id = (SELECT id FROM code_pools WHERE code = $1) AND c.voucher_id IS NULL
    ORDER BY c.code LIMIT 1 FOR NO KEY UPDATE {wait})
UPDATE pool_codes c SET voucher_id = $2 FROM free
WHERE c.merchant_id = free.merchant_id AND c.code = free.code RETURNING c.code
"""
TAKE_CODE_QUICKLY = _TAKE_CODE.format(wait="SKIP LOCKED")
TAKE_CODE = _TAKE_CODE.format(wait="")

CODE_PUT_BY = "SELECT code FROM pool_codes WHERE voucher_id = $1"
FREE_CODE = "UPDATE pool_codes SET voucher_id = NULL WHERE voucher_id = $1"

# ---------------------------------------------------------------- members

MEMBER = """
SELECT m.joined_at, m.left_at IS NOT NULL AS has_left,
       ARRAY(SELECT t.tier_code FROM member_tiers t WHERE t.member_id = m.id) || m.tier_code AS tiers
FROM members m WHERE m.id = $1
"""
LOCK_MEMBER = MEMBER + "FOR NO KEY UPDATE"

# What can be spent at a moment: lots that have expired and wait for their sweep cannot. Less what is owed.
SPENDABLE = """
SELECT coalesce(sum(l.points_active), 0)::bigint - a.points_debt
FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'
LEFT JOIN ledger_lots l ON l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0
     AND (l.expires_at IS NULL OR l.expires_at > $2)
WHERE a.member_id = $1 GROUP BY a.id
"""

# $2 of these rewards; $3 to $6 when this day, week, month and year began.
TAKEN = """
SELECT t.reward_id, count(*) AS taken,
       count(*) FILTER (WHERE t.taken_at >= CASE v.period WHEN 'day' THEN $3::timestamptz
           WHEN 'week' THEN $4::timestamptz WHEN 'month' THEN $5::timestamptz ELSE $6::timestamptz END)
           AS taken_in_period
FROM vouchers t JOIN rewards r ON r.id = t.reward_id
JOIN reward_versions v ON v.reward_id = r.id AND v.number = r.version
WHERE t.member_id IN (SELECT id FROM members WHERE id = $1 OR merged_into = $1)
  AND t.reward_id = ANY ($2::uuid[])
  AND t.state IN ('held', 'issued', 'used', 'expired')
GROUP BY 1
"""

# ---------------------------------------------------------------- vouchers

_VOUCHER = """
SELECT t.id, t.code, r.code AS reward_code, v.name AS reward_name, v.terms, t.version,
       t.points AS cost_points, t.worth_minor, t.worth_left_minor, t.currency, t.state, t.journal_id,
       t.taken_at, t.held_until, t.issued_at, t.used_at, t.expires_at, t.member_id, t.reward_id
FROM vouchers t JOIN rewards r ON r.id = t.reward_id
JOIN reward_versions v ON v.reward_id = t.reward_id AND v.number = t.version
"""
# A member's own, and those of whoever they stand for.
_OF_MEMBER = "t.member_id IN (SELECT id FROM members WHERE id = {0} OR merged_into = {0})"
VOUCHER = _VOUCHER + "WHERE t.id = $1 AND " + _OF_MEMBER.format("$2")
VOUCHER_BY_CODE = _VOUCHER + "WHERE t.merchant_id = current_merchant() AND t.code = $1"
# Also what was sent before they were merged, and is sent again.
VOUCHER_BY_KEY = (
    _VOUCHER + f"WHERE {_OF_MEMBER.format('$1')} AND t.key = $2 ORDER BY t.member_id <> $1 LIMIT 1"
)
VOUCHERS = (
    _VOUCHER
    + f"WHERE {_OF_MEMBER.format('$1')}"
    + """ AND t.state NOT IN ('held', 'released') AND ($2::uuid IS NULL OR t.id < $2)
ORDER BY t.id DESC LIMIT $3"""
)

ADD_VOUCHER = """
INSERT INTO vouchers (id, merchant_id, reward_id, version, member_id, key, points, worth_minor,
                      worth_left_minor, currency, state, taken_at, held_until)
VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $7, $8, 'held', $9, $10)
"""

ISSUE = """
UPDATE vouchers t SET state = 'issued', code = $2, journal_id = $3, issued_at = $4, held_until = NULL
FROM reward_versions v, rewards r
WHERE t.id = $1 AND v.reward_id = t.reward_id AND v.number = t.version AND r.id = t.reward_id
RETURNING t.member_id, t.worth_minor, t.currency, v.valid_days, v.valid_until, r.code AS reward_code
"""
SET_EXPIRY = "UPDATE vouchers SET expires_at = $2 WHERE id = $1"

LOCK_VOUCHER = """
SELECT t.id, t.reward_id, t.member_id, t.journal_id, t.state, t.worth_minor, t.worth_left_minor, t.held_until,
       t.issued_at, t.expires_at, r.code AS reward_code, v.points_back,
       (SELECT m.merged_into FROM members m WHERE m.id = t.member_id) AS survivor_id
FROM vouchers t JOIN rewards r ON r.id = t.reward_id
JOIN reward_versions v ON v.reward_id = t.reward_id AND v.number = t.version
WHERE t.id = $1 FOR NO KEY UPDATE OF t
"""

# What time has ended, the oldest first: holds, and vouchers that were not used.
ENDED = """
SELECT id, member_id FROM (
    (SELECT id, member_id, held_until AS at FROM vouchers
     WHERE merchant_id = current_merchant() AND state = 'held' AND held_until <= $1
     ORDER BY held_until LIMIT $2)
    UNION ALL
    (SELECT id, member_id, expires_at FROM vouchers
     WHERE merchant_id = current_merchant() AND state = 'issued' AND expires_at <= $1
     ORDER BY expires_at LIMIT $2)
) due ORDER BY at LIMIT $2
"""
SET_STATE = "UPDATE vouchers SET state = $2, used_at = $3 WHERE id = $1"
TAKE_OFF = "UPDATE vouchers SET worth_left_minor = worth_left_minor - $2 WHERE id = $1"
NOTE_USE = """
INSERT INTO voucher_uses (merchant_id, voucher_id, number, amount_minor, reference, used_at)
SELECT current_merchant(), $1, count(*) + 1, $2, $3, $4 FROM voucher_uses WHERE voucher_id = $1
"""
