"""SQL over referrals."""

PUT_TERMS = """
INSERT INTO referral_terms (merchant_id, active, landing_url, currency, min_order_minor, order_within_days,
                            kept_after_days, friends_a_month, changed_at)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (merchant_id) DO UPDATE SET
    active = excluded.active, landing_url = excluded.landing_url, currency = excluded.currency,
    min_order_minor = excluded.min_order_minor, order_within_days = excluded.order_within_days,
    kept_after_days = excluded.kept_after_days, friends_a_month = excluded.friends_a_month,
    changed_at = excluded.changed_at
"""
TERMS = """
SELECT active, landing_url, currency, min_order_minor, order_within_days, kept_after_days, friends_a_month
FROM referral_terms
"""

CODE = "SELECT code FROM referral_codes WHERE member_id = $1"
ADD_CODE = """
INSERT INTO referral_codes (member_id, merchant_id, code, created_at) VALUES ($1, current_merchant(), $2, $3)
ON CONFLICT DO NOTHING RETURNING code
"""

ADVOCATE = """
SELECT m.id, m.customer_id, m.left_at, lower(p.email) AS email, lower(p.name) AS name
FROM referral_codes r JOIN members m ON m.id = r.member_id
LEFT JOIN customer_profiles p ON p.customer_id = m.customer_id WHERE r.code = $1
"""

FRIEND = """
SELECT c.id, lower(p.email) AS email, c.merged_into, c.deleted_at,
       (SELECT min(o.paid_at) FROM customers k JOIN orders o ON o.customer_id = k.id
        WHERE k.id = c.id OR k.merged_into = c.id) AS first_paid_at
FROM customers c LEFT JOIN customer_profiles p ON p.customer_id = c.id WHERE c.external_id = $1
"""

# One claim of a merchant at a time: whom it would close a circle with depends on the others.
TURN = "SELECT pg_advisory_xact_lock(hashtextextended('referrals ' || current_merchant(), 0))"

# Who brought the advocate, who brought them, and so on: customers.
ABOVE = """
WITH RECURSIVE above (customer_id) AS (
    SELECT a.customer_id FROM referrals r JOIN members a ON a.id = r.advocate_id WHERE r.friend_id = $1
    UNION SELECT a.customer_id FROM above u JOIN referrals r ON r.friend_id = u.customer_id
                 JOIN members a ON a.id = r.advocate_id
)
SELECT customer_id FROM above
"""

# $2 the first moment of the advocate's month.
BROUGHT = "SELECT count(*) FROM referrals WHERE advocate_id = $1 AND claimed_at >= $2 AND state <> 'lapsed'"

ADD = """
INSERT INTO referrals (merchant_id, advocate_id, friend_id, state, claimed_at)
VALUES (current_merchant(), $1, $2, 'claimed', $3)
ON CONFLICT (merchant_id, friend_id) DO NOTHING RETURNING id
"""

_ONE = """
SELECT r.id, r.state, a.external_id AS advocate, f.external_id AS friend, o.external_id AS order_id,
       r.claimed_at, r.rewarded_at, r.ended_at
FROM referrals r JOIN members m ON m.id = r.advocate_id JOIN customers a ON a.id = m.customer_id
JOIN customers f ON f.id = r.friend_id LEFT JOIN orders o ON o.id = r.order_id
"""
OF_FRIEND = _ONE + "WHERE f.external_id = $1"
OF_ADVOCATE = (
    _ONE
    + """
WHERE r.advocate_id = $1 AND ($3::uuid IS NULL OR (r.claimed_at, r.id) <
      (SELECT p.claimed_at, p.id FROM referrals p WHERE p.id = $3 AND p.advocate_id = $1))
ORDER BY r.claimed_at DESC, r.id DESC LIMIT $2
"""
)

COUNTS = "SELECT state, count(*) AS referrals FROM referrals GROUP BY 1 ORDER BY 1"

# What of an order is still kept decides.
_WORTH = """
o.currency = t.currency AND o.cancelled_at IS NULL AND o.amount_minor - o.refunded_minor >= t.min_order_minor
"""
_IN_TIME = """
o.paid_at >= r.claimed_at AND o.paid_at < r.claimed_at + make_interval(days => t.order_within_days)
"""

# Customers who are one person with the friend of r: whoever stands for them, and for whom else they stand.
_FRIENDS = """
SELECT k.id FROM (SELECT CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END AS id
                  FROM customers c WHERE c.id = r.friend_id) s
JOIN customers k ON k.id = s.id OR k.merged_into = s.id
"""

# Claims whose friend has kept an order long enough by $1: the first such order, at most $2 of them. Advocate
# and friend are whoever stands for them now; two who turned out to be one bring each other nothing, nor does
# a friend who turned out to be somebody that had ordered before.
KEPT = f"""
SELECT r.id, r.friend_id, k.id AS order_id, k.external_id AS "order",
       CASE WHEN m.merged_into IS NULL THEN m.id ELSE m.merged_into END AS advocate_id
FROM referrals r CROSS JOIN referral_terms t JOIN members m ON m.id = r.advocate_id
JOIN customers a ON a.id = m.customer_id JOIN customers f ON f.id = r.friend_id
CROSS JOIN LATERAL (
    SELECT o.id, o.external_id FROM orders o
    WHERE o.customer_id IN ({_FRIENDS}) AND {_WORTH} AND {_IN_TIME}
      AND o.delivered_at + make_interval(days => t.kept_after_days) <= $1
    ORDER BY o.paid_at, o.id LIMIT 1) k
WHERE r.state = 'claimed' AND t.active
  AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id IN ({_FRIENDS})
                  AND o.paid_at < r.claimed_at - interval '1 hour')
  AND coalesce(a.merged_into, a.id) <> coalesce(f.merged_into, f.id)
ORDER BY r.id LIMIT $2 FOR UPDATE OF r SKIP LOCKED
"""

REWARD = "UPDATE referrals SET state = 'rewarded', order_id = $2, rewarded_at = $3 WHERE id = $1"

# Rewarded ones whose order went back: all of it, or so much that it would not have counted.
GONE = """
SELECT r.id, r.advocate_id, r.friend_id, o.id AS order_id, o.external_id AS "order"
FROM referrals r JOIN orders o ON o.id = r.order_id CROSS JOIN referral_terms t
WHERE r.state = 'rewarded' AND o.refunded_minor + (o.cancelled_at IS NOT NULL)::int > 0
  AND (o.cancelled_at IS NOT NULL
       OR o.amount_minor - o.refunded_minor < least(t.min_order_minor, o.amount_minor))
ORDER BY r.id LIMIT $1 FOR UPDATE OF r SKIP LOCKED
"""

WITHDRAW = "UPDATE referrals SET state = 'withdrawn', ended_at = $2 WHERE id = $1"

# Nothing came in time, and nothing that did can still be kept.
LAPSE = f"""
UPDATE referrals r SET state = 'lapsed', ended_at = $1 FROM referral_terms t
WHERE r.state = 'claimed' AND r.claimed_at + make_interval(days => t.order_within_days) <= $1
  AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id IN ({_FRIENDS}) AND {_WORTH} AND {_IN_TIME})
"""
