"""SQL over wallets and versions of the terms."""

ADD_VERSION = """
INSERT INTO programme_versions (merchant_id, number, state, based_on, qualifying_window_days,
                                guest_claim_days, point_cost_micros, terms_version, created_by,
                                created_at, published_at)
VALUES (current_merchant(), (SELECT coalesce(max(number), 0) + 1 FROM programme_versions),
        $1, $2, $3, $4, $5, $6, $7, $8,
        CASE WHEN $1 = 'published' THEN $8::timestamptz END)
RETURNING id
"""

ADD_TIERS = """
INSERT INTO tiers (merchant_id, version_id, rank, code, name, threshold_points, multiplier_percent)
SELECT current_merchant(), $1, n.rank, n.code, n.name::jsonb, n.threshold_points, n.multiplier_percent
FROM unnest($2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::int[])
     AS n (rank, code, name, threshold_points, multiplier_percent)
"""

ADD_RATES = """
INSERT INTO earn_rates (merchant_id, version_id, currency, points_per_100_units)
SELECT current_merchant(), $1, * FROM unnest($2::text[], $3::int[])
"""

_VERSION = """
SELECT v.id, v.number, v.state, v.based_on, v.qualifying_window_days, v.guest_claim_days, v.point_cost_micros,
       v.terms_version, v.created_at, v.published_at,
       (SELECT jsonb_agg(jsonb_build_object('rank', t.rank, 'code', t.code, 'name', t.name,
               'threshold_points', t.threshold_points, 'multiplier_percent', t.multiplier_percent)
               ORDER BY t.rank)
        FROM tiers t WHERE t.version_id = v.id) AS tiers,
       (SELECT coalesce(jsonb_object_agg(r.currency, r.points_per_100_units), '{}')
        FROM earn_rates r WHERE r.version_id = v.id) AS earn_rates
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
