"""SQL over drafts, in the open transaction."""

ASK = """
    INSERT INTO case_drafts (merchant_id, case_id, cycle, asked_by, asked_at, model)
    VALUES (current_merchant(), $1, $2, $3, $4, $5)
    ON CONFLICT (case_id) WHERE state = 'asked' DO NOTHING RETURNING id
"""
ASKED = """
    SELECT d.case_id, d.attempts, d.asked_by, c.review_id FROM case_drafts d JOIN cases c ON c.id = d.case_id
    WHERE d.id = $1 AND d.state = 'asked' FOR NO KEY UPDATE OF d
"""
READY = """
    UPDATE case_drafts SET state = 'ready', body = $2, sources = $3::jsonb, attempts = attempts + 1,
           ended_at = $4
    WHERE id = $1 AND state = 'asked'
"""
FAILED = """
    UPDATE case_drafts SET state = 'failed', failure = $2, attempts = attempts + 1, ended_at = $3
    WHERE id = $1 AND state = 'asked'
"""
TRIED = "UPDATE case_drafts SET attempts = attempts + 1 WHERE id = $1 AND state = 'asked'"
LATEST = """
    SELECT d.id, d.state, coalesce(d.body, '') AS body, d.sources, coalesce(d.failure, '') AS failure, d.model
    FROM case_drafts d JOIN cases c ON c.id = d.case_id AND c.cycle = d.cycle
    WHERE d.case_id = $1 ORDER BY d.id DESC LIMIT 1
"""
# What the customer said, and the names that do not go out.
SAID = """
    SELECT coalesce(v.title || E'\\n' || v.body, '') AS review,
           ARRAY(SELECT body FROM case_messages m WHERE m.case_id = c.id AND m.cycle = c.cycle
                 AND m.kind = 'customer_message' ORDER BY m.created_at, m.id) AS messages,
           ARRAY_REMOVE(ARRAY[r.author, p.name, p.email, s.name, o.external_id], NULL) AS names,
           EXISTS (SELECT FROM customers u WHERE u.id = c.customer_id AND u.deleted_at IS NOT NULL) AS erased
    FROM cases c
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    LEFT JOIN staff s ON s.id = c.owner_id
    LEFT JOIN orders o ON o.id = CASE WHEN r.order_id IS NULL THEN c.order_id ELSE r.order_id END
    WHERE c.id = $1
"""
