"""SQL over versions of the terms."""

ADD_VERSION = """
INSERT INTO programme_versions (merchant_id, number, state, based_on, guest_claim_days, point_cost_micros,
                                terms_version, created_by, created_at, published_at)
VALUES (current_merchant(), (SELECT coalesce(max(number), 0) + 1 FROM programme_versions),
        $1, $2, $3, $4, $5, $6, $7, CASE WHEN $1 = 'published' THEN $7::timestamptz END)
RETURNING id
"""

# $2: tier sets as a JSON array, in their order.
ADD_SETS = """
INSERT INTO tier_sets (merchant_id, version_id, code, position, name, metric, qualifying_window,
                       requalification, downgrade, grace_days)
SELECT current_merchant(), $1, s->>'code', n - 1, s->'name', s->'metric', s->'window', s->>'requalification',
       s->>'downgrade', (s->>'grace_days')::int
FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS x (s, n)
"""

ADD_TIERS = """
INSERT INTO tiers (merchant_id, version_id, set_code, rank, code, name, threshold, multiplier_percent,
                   benefits)
SELECT current_merchant(), $1, s->>'code', (t->>'rank')::smallint, t->>'code', t->'name',
       (t->>'threshold')::bigint, (t->>'multiplier_percent')::int, t->'benefits'
FROM jsonb_array_elements($2::jsonb) s, jsonb_array_elements(s->'tiers') t
"""

_VERSION = """
SELECT v.id, v.number, v.state, v.based_on, v.guest_claim_days, v.point_cost_micros, v.terms_version,
       v.created_at, v.published_at, (SELECT time_zone FROM merchants WHERE id = v.merchant_id) AS time_zone,
       (SELECT jsonb_agg(jsonb_build_object('code', s.code, 'name', s.name, 'metric', s.metric,
               'window', s.qualifying_window, 'requalification', s.requalification, 'downgrade', s.downgrade,
               'grace_days', s.grace_days, 'tiers',
               (SELECT jsonb_agg(jsonb_build_object('rank', t.rank, 'code', t.code, 'name', t.name,
                       'threshold', t.threshold, 'multiplier_percent', t.multiplier_percent,
                       'benefits', t.benefits) ORDER BY t.rank)
                FROM tiers t WHERE t.version_id = v.id AND t.set_code = s.code)) ORDER BY s.position)
        FROM tier_sets s WHERE s.version_id = v.id) AS sets
FROM programme_versions v
"""
VERSION = _VERSION + "WHERE v.id = $1"
LIVE = _VERSION + "WHERE v.state = 'published'"
VERSIONS = _VERSION + "ORDER BY v.number DESC"

AUTHORS = "SELECT v.id, s.name FROM programme_versions v JOIN staff s ON s.id = v.created_by"

LOCK_LIVE = "SELECT id FROM programme_versions WHERE state = 'published' FOR UPDATE"
RETIRE_LIVE = "UPDATE programme_versions SET state = 'retired' WHERE state = 'published'"
PUBLISH = """
UPDATE programme_versions SET state = 'published', published_at = $2
WHERE id = $1 AND state = 'draft' RETURNING id
"""
