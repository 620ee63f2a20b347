"""The SQL of notifications; everything runs in the open transaction of the merchant."""

SETTINGS = """
    SELECT quiet_from, quiet_until, marketing_needs_consent, kinds
    FROM notification_settings ORDER BY id DESC LIMIT 1
"""
ADD_SETTINGS = """
    INSERT INTO notification_settings (id, merchant_id, quiet_from, quiet_until, marketing_needs_consent,
        kinds, changed_by, changed_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5::jsonb, $6, $7)
"""

# The newest word of anybody who is one person with `c` by now; {} is the channel.
WANTED = """
    (SELECT x.wanted FROM notification_choices x
     WHERE x.customer_id IN (SELECT k.id FROM customers k WHERE k.id = c.id OR k.merged_into = c.id)
       AND x.channel = {} AND x.about = {}
     ORDER BY x.said_at DESC, x.id DESC LIMIT 1)
"""
RECIPIENT = f"""
    SELECT c.id AS customer_id, c.external_id, c.deleted_at IS NOT NULL AS erased,
           coalesce(p.email, '') AS email, coalesce(p.name, '') AS name, coalesce(p.locale, 'en') AS locale,
           coalesce(p.time_zone, '') AS time_zone,
           (SELECT jsonb_object_agg(h.channel, h.wanted) FROM (
                SELECT w.channel, {WANTED.format("w.channel", "$2")} AS wanted
                FROM unnest(ARRAY['mail', 'sms', 'push']) AS w (channel)) h
            WHERE h.wanted IS NOT NULL) AS wanted
    FROM customers a
    JOIN customers c ON c.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    WHERE a.id = $1
"""
CHOICES = f"""
    SELECT b.about, w.channel, {WANTED.format("w.channel", "b.about")} AS wanted
    FROM unnest($2::text[]) AS b (about) CROSS JOIN unnest($3::text[]) AS w (channel)
    JOIN customers c ON c.id = $1
"""
ADD_CHOICE = """
    INSERT INTO notification_choices (id, merchant_id, customer_id, about, channel, wanted, via, said_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7)
"""
SET_TIME_ZONE = "UPDATE customer_profiles SET time_zone = nullif($2, '') WHERE customer_id = $1"

GATEWAYS = "SELECT channel, url, secret FROM notification_gateways ORDER BY channel"
SET_GATEWAY = """
    INSERT INTO notification_gateways (merchant_id, channel, url, secret, changed_at)
    VALUES (current_merchant(), $1, $2, $3, $4)
    ON CONFLICT (merchant_id, channel) DO UPDATE SET url = $2, secret = $3, changed_at = $4
"""
DROP_GATEWAY = "DELETE FROM notification_gateways WHERE channel = $1"

ADD = """
    INSERT INTO notifications (id, merchant_id, customer_id, kind, about, channel, key, fingerprint, zone,
        told, state, created_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8, $9::jsonb, 'queued', $10)
    ON CONFLICT (merchant_id, key, channel) DO NOTHING RETURNING id
"""
BY_KEY = "SELECT id, channel, state, reason, fingerprint FROM notifications WHERE key = $1 AND channel = $2"
HOLD = "UPDATE notifications SET state = 'held', due_at = $2 WHERE id = $1"
SUPPRESS = """
    UPDATE notifications SET state = 'suppressed', reason = $2, settled_at = $3, due_at = NULL, told = '{}'
    WHERE id = $1
"""
QUEUE = "UPDATE notifications SET state = 'queued', reason = '', due_at = NULL WHERE id = $1"
HAND_OVER = """
    UPDATE notifications SET state = 'queued', mail_id = $2, settled_at = $3, due_at = NULL, told = '{}'
    WHERE id = $1
"""
SENT = """
    UPDATE notifications SET state = 'sent', reason = '', attempts = attempts + 1, settled_at = $2,
        told = '{}'
    WHERE id = $1
"""
TRIED = "UPDATE notifications SET reason = $2, attempts = attempts + 1 WHERE id = $1"
FAILED = """
    UPDATE notifications SET state = 'failed', reason = $2, attempts = attempts + 1, settled_at = $3
    WHERE id = $1
"""
RETRY = """
    UPDATE notifications SET state = 'queued', attempts = 0, settled_at = NULL
    WHERE id = $1 AND state = 'failed' RETURNING id
"""
DUE = """
    SELECT id, customer_id, kind, channel, zone, told FROM notifications
    WHERE merchant_id = current_merchant() AND state = 'held' AND due_at <= $1
    ORDER BY due_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
"""
QUEUED = """
    SELECT id, customer_id, kind, channel, zone, told, attempts FROM notifications
    WHERE id = $1 AND state = 'queued' FOR NO KEY UPDATE
"""

ADD_LINK = """
    INSERT INTO notification_links (token_hash, merchant_id, customer_id, about, channel, expires_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5)
"""
LINK = """
    SELECT customer_id, about, channel FROM notification_links WHERE token_hash = $1 AND expires_at > $2
"""

# What a mail server says of a mail is said with the mail.
_LOG = """
    SELECT n.id, n.kind, n.channel, n.reason, n.attempts, n.due_at, n.mail_id, n.created_at,
           CASE WHEN m.sent_at IS NOT NULL THEN 'sent' ELSE n.state END AS state,
           c.external_id, coalesce(p.name, '') AS name, coalesce(m.subject, '') AS subject,
           coalesce(m.locale, '') AS locale
    FROM notifications n JOIN customers c ON c.id = n.customer_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    LEFT JOIN mails m ON m.id = n.mail_id
    WHERE n.merchant_id = current_merchant() {}
    ORDER BY n.id DESC LIMIT $1
"""
LOG = _LOG.format("AND ($2::uuid IS NULL OR n.id < $2)")
LOG_IN_STATE = _LOG.format("AND n.state = $3 AND ($2::uuid IS NULL OR n.id < $2)")
COUNTS = """
    SELECT state, count(*)::int AS count FROM notifications
    WHERE merchant_id = current_merchant() GROUP BY 1
"""
