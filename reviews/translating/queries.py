"""SQL over translations, in the open transaction."""

ASK = """
    INSERT INTO review_translations (merchant_id, review_id, version, language, model, asked_by, asked_at)
    SELECT current_merchant(), r.id, r.version, $2, $3, $4, $5
    FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    WHERE r.id = $1 AND r.state = 'live' AND (v.title <> '' OR v.body <> '')
    ON CONFLICT (review_id, version, language) WHERE state <> 'failed' DO NOTHING RETURNING id
"""
ASKED = """
    SELECT review_id, version, language, attempts FROM review_translations WHERE id = $1 AND state = 'asked'
"""
# A wording that its author still stands by, and what does not go out of it; an erased one has no words.
SAID = """
    SELECT v.title || E'\\n\\n' || v.body AS said,
           ARRAY_REMOVE(ARRAY[r.author, p.name, p.email, o.external_id], NULL) AS names
    FROM reviews r
    JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN customer_profiles p ON p.customer_id = r.customer_id
    LEFT JOIN orders o ON o.id = r.order_id
    WHERE r.id = $1 AND r.version = $2 AND r.state = 'live'
"""
# Erasures and new wordings take the same row first.
LOCK = "SELECT FROM reviews WHERE id = $1 FOR SHARE"
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
    SELECT state, coalesce(body, '') AS body, coalesce(failure, '') AS failure, model
    FROM review_translations WHERE review_id = $1 AND version = $2 AND language = $3 ORDER BY id DESC LIMIT 1
"""
