"""SQL over translations, in the open transaction."""

ASK = """
    INSERT INTO review_translations (merchant_id, review_id, version, language, model, asked_by, asked_at)
    SELECT current_merchant(), r.id, r.version, $2, $3, $4, $5 FROM reviews r WHERE r.id = $1
    ON CONFLICT (review_id, version, language) WHERE state <> 'failed' DO NOTHING RETURNING id
"""
# What its author still says, and the names that do not go out.
ASKED = """
    SELECT t.language, t.attempts, v.title || E'\\n\\n' || v.body AS said,
           ARRAY_REMOVE(ARRAY[r.author, p.name, p.email], NULL) AS names
    FROM review_translations t
    JOIN reviews r ON r.id = t.review_id
    JOIN review_versions v ON v.review_id = t.review_id AND v.number = t.version
    LEFT JOIN customer_profiles p ON p.customer_id = r.customer_id
    WHERE t.id = $1 AND t.state = 'asked' FOR NO KEY UPDATE OF t
"""
READY = """
    UPDATE review_translations SET state = 'ready', body = $2, attempts = attempts + 1, ended_at = $3
    WHERE id = $1 AND state = 'asked'
"""
FAILED = """
    UPDATE review_translations SET state = 'failed', failure = $2, attempts = attempts + 1, ended_at = $3
    WHERE id = $1 AND state = 'asked'
"""
TRIED = "UPDATE review_translations SET attempts = attempts + 1 WHERE id = $1 AND state = 'asked'"
LATEST = """
    SELECT t.state, coalesce(t.body, '') AS body, coalesce(t.failure, '') AS failure, t.model
    FROM review_translations t WHERE t.review_id = $1 AND t.version = $2 AND t.language = $3
    ORDER BY t.id DESC LIMIT 1
"""
