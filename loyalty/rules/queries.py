"""SQL over rules, and the events that rules look at."""

_ORDER = """
    SELECT o.id, m.id AS member_id, m.joined_at, o.paid_at AS occurred_at,
           o.paid_at AT TIME ZONE $1::text AS local_at, o.tier_code, o.multiplier_percent, o.segments,
           o.currency, s.external_id AS store, o.channel, o.number,
           (o.amount_minor - o.points_paid_minor)::numeric AS amount_minor, o.amount_minor AS paid_minor
"""
_COUNTED = "o.counted_at IS NOT NULL AND o.paid_at < $2::timestamptz {some}"
# $1 the merchant's zone, $2 events before this moment, {some} a condition on the member `m`. Amounts are what
# was paid in money. Orders of a guest who was merged into a member were counted for that member.
ORDER_FACTS = f"""
facts AS ({_ORDER}
    FROM orders o JOIN members m ON m.customer_id = o.customer_id JOIN stores s ON s.id = o.store_id
    WHERE {_COUNTED}
    UNION ALL {_ORDER}
    FROM customers k JOIN members m ON m.customer_id = k.merged_into
    JOIN orders o ON o.customer_id = k.id JOIN stores s ON s.id = o.store_id
    WHERE k.merged_into IS NOT NULL AND NOT EXISTS (SELECT FROM members own WHERE own.customer_id = k.id)
      AND {_COUNTED}
), lines AS (
    SELECT l.order_id, l.sku, l.category, l.quantity,
           div(l.amount_minor * f.amount_minor,
               greatest(f.paid_minor, sum(l.amount_minor) OVER (PARTITION BY l.order_id), 1)) AS amount_minor
    FROM facts f JOIN order_lines l ON l.order_id = f.id
)
"""

EVENT_FACTS = """
facts AS (
    SELECT e.id, e.member_id, m.joined_at, e.occurred_at, e.occurred_at AT TIME ZONE $1::text AS local_at,
           e.tier_code, e.multiplier_percent, e.segments, e.trigger, e.name, e.data,
           NULL::text AS currency, NULL::text AS store, NULL::text AS channel, NULL::int AS number,
           0::numeric AS amount_minor
    FROM earning_events e JOIN members m ON m.id = e.member_id
    WHERE e.occurred_at < $2::timestamptz {some}
), lines AS (
    SELECT NULL::uuid AS order_id, NULL::text AS sku, NULL::text AS category, 0 AS quantity,
           0::numeric AS amount_minor
    WHERE false
)
"""

_VERSION = """
SELECT r.id AS rule_id, v.id AS version_id, v.number AS version, r.code, r.name, r.campaign_id, v.state,
       v.definition, v.valid_from, v.valid_until, v.created_at, v.created_by, s.name AS author
FROM earning_rule_versions v JOIN earning_rules r ON r.id = v.rule_id LEFT JOIN staff s ON s.id = v.created_by
"""
VERSION = _VERSION + "WHERE v.id = $1"
# By the time of the event: whatever overlaps the stretch from $1 to $2.
IN_FORCE = (
    _VERSION
    + """WHERE v.merchant_id = current_merchant() AND v.state <> 'draft'
  AND (v.valid_from IS NULL OR v.valid_from <= $2) AND (v.valid_until IS NULL OR v.valid_until > $1)
  OR v.id = ANY ($3::uuid[])
ORDER BY r.id, v.number"""
)
NAMED = _VERSION + "WHERE (r.code, v.number) IN (SELECT * FROM unnest($1::text[], $2::int[]))"
OF_RULE = _VERSION + "WHERE r.code = $1 ORDER BY v.number DESC"
# The newest version of each rule, and the one in force.
LIST = (
    _VERSION
    + """WHERE ($1::uuid IS NULL OR r.id < $1) AND ($2::uuid IS NULL OR r.campaign_id = $2)
  AND r.id IN (SELECT id FROM earning_rules WHERE ($1::uuid IS NULL OR id < $1)
                  AND ($2::uuid IS NULL OR campaign_id = $2) ORDER BY id DESC LIMIT $3)
  AND (v.state = 'published'
       OR v.number = (SELECT max(number) FROM earning_rule_versions x WHERE x.rule_id = r.id))
ORDER BY r.id DESC, v.number DESC"""
)

ADD_RULE = """
INSERT INTO earning_rules (merchant_id, code, name, campaign_id, created_at)
VALUES (current_merchant(), $1, $2, $3, $4) ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id
"""

LOCK_RULE = "SELECT id, campaign_id FROM earning_rules WHERE code = $1 FOR UPDATE"
LOCK_RULES = "SELECT id FROM earning_rules WHERE campaign_id = $1 ORDER BY id FOR UPDATE"
LOCK_RULE_OF = """
SELECT r.id FROM earning_rules r JOIN earning_rule_versions v ON v.rule_id = r.id
WHERE v.id = $1 FOR UPDATE OF r
"""

ADD_VERSION = """
INSERT INTO earning_rule_versions (merchant_id, rule_id, number, state, definition, created_by, created_at)
SELECT current_merchant(), $1, coalesce(max(number), 0) + 1, 'draft', $2::jsonb, $3, $4
FROM earning_rule_versions WHERE rule_id = $1
RETURNING id
"""

# Also what was to end later than $2 by itself: a version retired, or to be followed, on a date to come.
END_PUBLISHED = """
UPDATE earning_rule_versions
SET state = 'retired', retired_at = CASE WHEN state = 'published' THEN $3 ELSE retired_at END,
    valid_until = greatest(least(valid_until, $2), valid_from)
WHERE rule_id = $1 AND (state = 'published' OR state = 'retired' AND valid_until > greatest($2, valid_from))
RETURNING id
"""

PUBLISH = """
UPDATE earning_rule_versions SET state = 'published', valid_from = $2, valid_until = $3, published_at = $4
WHERE id = $1 AND state = 'draft' RETURNING id
"""

SETTINGS = "SELECT market, review_points FROM earning_settings"
PUT_SETTINGS = """
INSERT INTO earning_settings (merchant_id, market, review_points, changed_at)
VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (merchant_id) DO UPDATE SET market = $1, review_points = $2, changed_at = $3
"""

# What rules may name: tiers, stores, wallets, segments.
KNOWN = """
SELECT ARRAY(SELECT code FROM tiers t JOIN programme_versions v ON v.id = t.version_id
             WHERE v.state = 'published') AS tiers,
       ARRAY(SELECT external_id FROM stores) AS stores,
       ARRAY(SELECT code FROM wallet_types) AS wallets,
       (SELECT coalesce(jsonb_object_agg(id, taints), '{}') FROM segments) AS segments
"""

# What rules name by code, and what it is called.
NAMES = """
SELECT t.code, t.name FROM tiers t JOIN programme_versions v ON v.id = t.version_id
WHERE v.state = 'published'
UNION ALL SELECT external_id, name FROM stores
UNION ALL SELECT id::text, jsonb_build_object(
    'en', name || CASE version WHEN 1 THEN '' ELSE ' · ' || version END) FROM segments
"""

STORES = "SELECT external_id, name FROM stores ORDER BY external_id"

# What the ledger granted for one version, by the time of the event.
GRANTED = """
SELECT coalesce(sum((r->>'points')::bigint), 0)::bigint
FROM ledger_accounts a JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = $2
JOIN ledger_journal j ON j.account_id = a.id AND j.verb = 'earn'
     AND j.effective_at >= $3 AND j.effective_at < $4
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN j.reason ? 'rules' THEN j.reason->'rules' ELSE '[]' END) r
WHERE r->>'version_id' = $1
"""
