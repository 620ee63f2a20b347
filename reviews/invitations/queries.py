"""The SQL of invitations. No stars, sentiment, cases, surveys or segments are read here."""

from core.notifications.queries import WANTED

SETTINGS = """
    SELECT active, days_after_delivery, reminder_after_days, cooldown_days, valid_days
    FROM review_invitation_settings ORDER BY id DESC LIMIT 1
"""
ADD_SETTINGS = """
    INSERT INTO review_invitation_settings (id, merchant_id, active, days_after_delivery, reminder_after_days,
        cooldown_days, valid_days, changed_by, changed_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8)
"""
BEGAN = "SELECT min(changed_at) FROM review_invitation_settings WHERE active"

# Every order that was delivered, to whomever.
SCHEDULE = """
    INSERT INTO review_invitations (merchant_id, order_id, customer_id, delivered_at, state, due_at)
    SELECT o.merchant_id, o.id, CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END,
           o.delivered_at, 'waiting', o.delivered_at + make_interval(days => $2)
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.merchant_id = current_merchant() AND o.delivered_at >= $1 AND o.delivered_at <= $3
      AND NOT EXISTS (SELECT FROM review_invitations i
                      WHERE i.merchant_id = o.merchant_id AND i.order_id = o.id)
    ORDER BY o.id LIMIT $4
    ON CONFLICT (merchant_id, order_id) DO NOTHING
    RETURNING id
"""

# Who was asked, or whoever they were merged into since, is `c`; all who are one person with them.
_PERSON = """
    JOIN customers a ON a.id = i.customer_id
    JOIN customers c ON c.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
"""
_ONE_PERSON = "(SELECT k.id FROM customers k WHERE k.id = c.id OR k.merged_into = c.id)"
DUE = f"""
    SELECT i.id, i.order_id, c.id AS customer_id, i.due_at, i.sent_at, s.time_zone, s.name AS store_name,
           p.email, p.time_zone AS own_time_zone, {WANTED.format("'mail'", "'reviews'")} AS wanted,
           (SELECT max(y.sent_at) FROM review_invitations y
            WHERE y.customer_id IN {_ONE_PERSON} AND y.id <> i.id) AS asked_at
    FROM review_invitations i {_PERSON}
    JOIN orders o ON o.id = i.order_id JOIN stores s ON s.id = o.store_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    WHERE i.merchant_id = current_merchant() AND i.due_at <= $1
    ORDER BY i.due_at, i.id LIMIT $2 FOR NO KEY UPDATE OF i SKIP LOCKED
"""
TO_WRITE = """
    SELECT i.id, i.order_id, s.name AS store_name
    FROM review_invitations i JOIN orders o ON o.id = i.order_id JOIN stores s ON s.id = o.store_id
    WHERE i.id = $1
"""
LINES = f"""
    SELECT l.order_id, l.line_id, l.sku, l.name, l.amount_minor,
           (SELECT coalesce(sum((back ->> 1)::bigint), 0)::bigint
            FROM order_refunds f CROSS JOIN jsonb_array_elements(f.lines) back
            WHERE f.order_id = l.order_id AND f.refunded_at < o.delivered_at
              AND back ->> 0 = l.line_id) AS refunded_before_minor,
           EXISTS (SELECT FROM reviews r
                   WHERE r.customer_id IN {_ONE_PERSON} AND r.source = 'first_party' AND r.state = 'live'
                   AND (r.order_id, r.order_line_id) = (l.order_id, l.line_id)) AS reviewed
    FROM review_invitations i {_PERSON}
    JOIN orders o ON o.id = i.order_id JOIN order_lines l ON l.order_id = o.id
    WHERE i.id = ANY ($1::uuid[]) ORDER BY l.order_id, l.line_id
"""

SKIP = """
    UPDATE review_invitations
    SET due_at = NULL, state = CASE WHEN sent_at IS NULL THEN 'skipped' ELSE state END,
        skip_reason = CASE WHEN sent_at IS NULL THEN $2 ELSE skip_reason END
    WHERE id = $1
"""
DELAY = "UPDATE review_invitations SET due_at = $2 WHERE id = $1"
SENT = "UPDATE review_invitations SET state = 'sent', sent_at = $2, due_at = $3 WHERE id = $1"
REMINDED = "UPDATE review_invitations SET reminded_at = $2, due_at = NULL WHERE id = $1"

ADD_LINK = """
    INSERT INTO review_invitation_links (token_hash, merchant_id, invitation_id, expires_at)
    VALUES ($1, current_merchant(), $2, $3)
"""
LINK = f"""
    SELECT i.id, i.order_id, c.id AS customer_id, i.answered_at, coalesce(p.name, '') AS name,
           coalesce(p.email, '') AS email,
           coalesce(p.locale, 'en') AS locale
    FROM review_invitation_links l JOIN review_invitations i ON i.id = l.invitation_id
    {_PERSON}
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    WHERE l.token_hash = $1 AND l.expires_at > $2
      AND a.deleted_at IS NULL AND c.deleted_at IS NULL
"""
PURGE_LINKS = """
    DELETE FROM review_invitation_links WHERE merchant_id = current_merchant() AND expires_at < $1
"""

ANSWERED = "UPDATE review_invitations SET answered_at = coalesce(answered_at, $2) WHERE id = $1"
MARK_REVIEW = "UPDATE reviews SET invitation_id = $2 WHERE id = $1"

COVERAGE = """
    SELECT count(*) AS delivered, count(*) FILTER (WHERE i.state = 'sent') AS sent,
           count(*) FILTER (WHERE i.state = 'waiting') AS waiting, count(i.answered_at) AS answered
    FROM orders o LEFT JOIN review_invitations i ON i.merchant_id = o.merchant_id AND i.order_id = o.id
    WHERE o.merchant_id = current_merchant() AND o.delivered_at >= $1 AND o.delivered_at < $2
"""
SKIPPED = """
    SELECT i.skip_reason, count(*) AS skipped
    FROM orders o JOIN review_invitations i ON i.merchant_id = o.merchant_id AND i.order_id = o.id
    WHERE o.merchant_id = current_merchant() AND i.state = 'skipped'
      AND o.delivered_at >= $1 AND o.delivered_at < $2
    GROUP BY 1 ORDER BY 1
"""
