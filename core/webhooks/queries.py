"""The SQL of webhooks; everything runs in the open transaction of the merchant."""

WANTED = """
SELECT EXISTS (SELECT FROM webhook_endpoints
               WHERE deleted_at IS NULL AND (types = '{}' OR types && $1::text[]))
"""
EMIT = """
INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
SELECT current_merchant(), $1, p::jsonb, $3, $3 FROM unnest($2::text[]) WITH ORDINALITY AS t (p, n)
WHERE EXISTS (SELECT FROM webhook_endpoints WHERE deleted_at IS NULL AND (types = '{}' OR $4 = ANY (types)))
ORDER BY n
"""
# An endpoint that is off gets its deliveries, too: they can be sent when it is on again.
PUBLISH = """
WITH told AS (
    INSERT INTO webhook_events (id, merchant_id, type, version, customer_id, body, created_at)
    SELECT g.id, current_merchant(), $1, $2, g.customer, g.body, $6
    FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS g (id, customer, body)
    WHERE EXISTS (SELECT FROM webhook_endpoints
                  WHERE deleted_at IS NULL AND (id = $7 OR $7 IS NULL AND (types = '{}' OR $1 = ANY (types))))
    RETURNING id
), due AS (
    INSERT INTO webhook_deliveries (merchant_id, event_id, endpoint_id, state, reason, next_at, settled_at,
                                    created_at)
    SELECT current_merchant(), t.id, e.id, CASE e.state WHEN 'on' THEN 'queued' ELSE 'failed' END,
           CASE e.state WHEN 'on' THEN '' ELSE 'endpoint_off' END, CASE e.state WHEN 'on' THEN $6 END,
           CASE e.state WHEN 'on' THEN NULL ELSE $6 END, $6
    FROM told t, webhook_endpoints e
    WHERE e.deleted_at IS NULL AND (e.id = $7 OR $7 IS NULL AND (e.types = '{}' OR $1 = ANY (e.types)))
    ORDER BY t.id RETURNING id, state
)
INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
SELECT current_merchant(), $8, jsonb_build_object('delivery', id), $6, $6 FROM due WHERE state = 'queued'
"""

# ---------------------------------------------------------------- endpoints

_ENDPOINT = """
SELECT e.id, e.url, e.note, e.types, e.state, e.reason, e.old_until, e.failing_since, e.succeeded_at,
       e.created_at, e.changed_at, {counts}
FROM webhook_endpoints e WHERE e.deleted_at IS NULL {{which}}
"""
_COUNT = """(SELECT count(*) FROM (SELECT FROM webhook_deliveries d WHERE d.endpoint_id = e.id
        AND d.state = '{state}' LIMIT 10000) x) AS {state}"""
_ENDPOINT = _ENDPOINT.format(
    counts=", ".join(_COUNT.format(state=state) for state in ("queued", "delivered", "failed"))
)
ENDPOINTS = _ENDPOINT.format(which="AND ($1::uuid IS NULL OR e.id > $1) ORDER BY e.id LIMIT $2")
ENDPOINT = _ENDPOINT.format(which="AND e.id = $1")
# So that two who add one at the same time do not both pass the limit.
COUNT = "SELECT count(*) FROM webhook_endpoints WHERE deleted_at IS NULL"
TURN = "SELECT pg_advisory_xact_lock(hashtextextended('webhook endpoints ' || current_merchant(), 0))"
ADD = """
INSERT INTO webhook_endpoints (id, merchant_id, url, note, types, state, secret, created_at, changed_at)
VALUES ($1, current_merchant(), $2, $3, $4, 'on', $5, $6, $6)
"""
CHANGE = """
UPDATE webhook_endpoints
SET url = $2, note = $3, types = $4, state = $5, reason = CASE WHEN $5 = state THEN reason ELSE '' END,
    failing_since = CASE WHEN $5 = state AND url = $2 THEN failing_since END,
    quiet_until = CASE WHEN $5 = state AND url = $2 THEN quiet_until END, changed_at = $6
WHERE id = $1 AND deleted_at IS NULL RETURNING id
"""
DROP = """
UPDATE webhook_endpoints SET deleted_at = $2, state = 'off', reason = '', changed_at = $2, old_secret = NULL,
                             old_until = NULL
WHERE id = $1 AND deleted_at IS NULL RETURNING id
"""
ROTATE = """
UPDATE webhook_endpoints SET secret = $2, old_secret = CASE WHEN $3::timestamptz > $4 THEN secret END,
                             old_until = CASE WHEN $3::timestamptz > $4 THEN $3 END, changed_at = $4
WHERE id = $1 AND deleted_at IS NULL RETURNING id
"""
DISABLE = """
UPDATE webhook_endpoints SET state = 'disabled', reason = $2, changed_at = $3
WHERE id = $1 AND state = 'on' AND deleted_at IS NULL RETURNING url
"""
SUCCEEDED = """
UPDATE webhook_endpoints SET failing_since = NULL, quiet_until = NULL, succeeded_at = $2
WHERE id = $1 AND (failing_since IS NOT NULL OR succeeded_at IS NULL
                   OR succeeded_at < $2::timestamptz - interval '10 s')
"""
FAILED = """
UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, $2) WHERE id = $1
RETURNING failing_since
"""
BE_QUIET = "UPDATE webhook_endpoints SET quiet_until = greatest(quiet_until, $2) WHERE id = $1"
SECRET = "SELECT secret FROM webhook_endpoints WHERE id = $1 AND deleted_at IS NULL"
OWNERS = "SELECT email, locale, name FROM staff WHERE role = 'owner' AND disabled_at IS NULL ORDER BY id"

# ---------------------------------------------------------------- deliveries

SENDING = """
SELECT d.id, d.event_id, d.endpoint_id, d.step, d.attempts, e.body, p.url, p.secret, p.old_secret,
       p.old_until, p.quiet_until, p.state, p.deleted_at IS NOT NULL AS deleted
FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id
JOIN webhook_endpoints p ON p.id = d.endpoint_id
WHERE d.id = ANY ($1::uuid[]) AND d.state = 'queued'
"""
NOTE_ATTEMPT = """
WITH tried AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, step = step + 1
    WHERE id = $1 AND state = 'queued' AND attempts = $2 RETURNING id, attempts, step)
INSERT INTO webhook_attempts (delivery_id, number, merchant_id, at, duration_ms, status, failure, answer)
SELECT id, attempts, current_merchant(), $3, $4, $5, $6, $7 FROM tried RETURNING number
"""
SETTLE = """
UPDATE webhook_deliveries SET state = $2, reason = $3, settled_at = $4, next_at = NULL
WHERE id = $1 AND state = 'queued'
"""
POSTPONE = "UPDATE webhook_deliveries SET next_at = $2 WHERE id = $1 AND state = 'queued'"
_DELIVERY = """
SELECT d.id, d.event_id, d.endpoint_id, e.type, d.state, d.reason, d.attempts, d.created_at, d.next_at,
       d.settled_at, (SELECT a.status FROM webhook_attempts a
                      WHERE a.delivery_id = d.id ORDER BY a.number DESC LIMIT 1) AS status {more}
FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id
"""
DELIVERIES = (
    _DELIVERY.format(more="")
    + """
WHERE ($1::uuid IS NULL OR d.endpoint_id = $1) AND ($2 = '' OR d.state = $2) AND ($3 = '' OR e.type = $3)
  AND ($4::uuid IS NULL OR d.id < $4)
ORDER BY d.id DESC LIMIT $5
"""
)
DELIVERY = _DELIVERY.format(more=", e.body") + "WHERE d.id = $1"
ATTEMPTS = """
SELECT number, at, duration_ms, status, failure, answer FROM webhook_attempts
WHERE delivery_id = $1 ORDER BY number
"""
_AGAIN = """
WITH again AS (
    UPDATE webhook_deliveries SET state = 'queued', reason = '', step = 0, next_at = $2, settled_at = NULL
    WHERE {which} RETURNING id
), sent AS (
    INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
    SELECT current_merchant(), $3, jsonb_build_object('delivery', id), $2, $2 FROM again ORDER BY id)
SELECT count(*) FROM again
"""
SEND_AGAIN = _AGAIN.format(which="id = $1 AND state <> 'queued'")
REPLAY = _AGAIN.format(
    which="""id IN (SELECT id FROM webhook_deliveries
                WHERE endpoint_id = $1 AND state = 'failed' AND created_at >= $4 ORDER BY id LIMIT $5)"""
)
