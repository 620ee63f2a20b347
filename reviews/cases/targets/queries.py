"""SQL over policies and terms."""

KEEP = """
    INSERT INTO case_terms (merchant_id, fingerprint, terms, created_at)
    SELECT $1, fingerprint, terms::jsonb, $4
    FROM unnest($2::bytea[], $3::text[]) AS t (fingerprint, terms)
    ON CONFLICT (merchant_id, fingerprint) DO NOTHING
"""
KEPT = "SELECT fingerprint, id FROM case_terms WHERE merchant_id = $1 AND fingerprint = ANY ($2::bytea[])"

# The language as the source says it, else as it was read.
SUBJECT = """
    SELECT coalesce(r.source, '') AS source, coalesce(m.tier_code, '') AS tier,
           coalesce(nullif(v.lang, ''), s.lang, '') AS language, p.id IS NOT NULL AS reachable
    FROM cases c
    LEFT JOIN customers a ON a.id = c.customer_id
    LEFT JOIN customers p ON p.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
         AND p.deleted_at IS NULL
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN LATERAL (SELECT lang FROM review_scores x WHERE x.review_id = r.id AND x.version = r.version
                       ORDER BY x.scored_at DESC LIMIT 1) s ON true
    LEFT JOIN members m ON m.customer_id = p.id AND m.left_at IS NULL
    WHERE c.id = $1
"""

POLICIES = "SELECT policy FROM case_policies ORDER BY position, code"
PUT = """
    INSERT INTO case_policies AS p (merchant_id, code, position, policy, calendar, changed_by, changed_at)
    VALUES (current_merchant(), $1, (SELECT coalesce(max(position), 0) + 1 FROM case_policies),
            $2::jsonb, $3, $4, $5)
    ON CONFLICT (merchant_id, code) DO UPDATE
        SET policy = $2::jsonb, calendar = $3, changed_by = $4, changed_at = $5
"""
ORDER = """
    UPDATE case_policies SET position = coalesce(array_position($1::text[], code), position + cardinality($1))
"""
REMOVE = "DELETE FROM case_policies WHERE code = $1 RETURNING code"
